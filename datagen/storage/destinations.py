"""Where a dataset goes: a folder, or a store of objects behind a URL that fsspec knows (s3://…, gs://…, memory://…)."""

from __future__ import annotations

from pathlib import Path

from ..errors import BadInput, DestinationTrouble, trouble_of
from .dataset import DatasetFolder


def is_url(out: str) -> bool:
    """Whether a destination is a URL that is no local folder's."""
    return "://" in out and not out.startswith(("file://", "local://"))


def destination(out: str, recipe) -> DatasetFolder:
    """The dataset of a recipe at a path or URL, as workers find it."""
    if is_url(out):
        from .remote import RemoteFolder

        return RemoteFolder(out, recipe)
    return DatasetFolder(local(out), recipe)


def open_destination(out: str, recipe) -> DatasetFolder:
    """Make a dataset there or go on with one; raises BadInput where it holds something else, DestinationTrouble otherwise."""
    try:
        if is_url(out):
            from .remote import RemoteFolder

            return RemoteFolder.open(out, recipe)
        return DatasetFolder.open(local(out), recipe)
    except OSError as error:
        trouble = trouble_of(error)
        if trouble:
            raise DestinationTrouble(f"{out}: {trouble}, and run the same command again") from None
        raise BadInput(f"{out}: {error.strerror or error}") from None


def local(out: str) -> Path:
    """The path of a local folder, told as one or as a file:// URL."""
    if "\0" in out:
        raise BadInput(f"{out}: no path has a zero character")
    return Path(out.partition("://")[2] if "://" in out else out)
