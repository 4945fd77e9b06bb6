"""Tells which files of a sample differ from its record: missing, of another size, or of other bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from ..errors import BadInput
from .limits import most_of
from .reading import MIB, open_regular


def open_recorded(folder: Path, name: str, files: dict):
    """Open a file of a sample for reading, its size compared with the record's ``files`` before any of it is read.

    Raises BadInput where it is missing, a link, no regular file, larger than its kind may be, or of another size.
    """
    path = folder / name
    file = open_regular(path, most_of(name), folder.parent)
    expected = files.get(name, {}).get("bytes")
    size = file.seek(0, 2)
    file.seek(0)
    if expected is not None and size != expected:
        file.close()
        raise BadInput(f"{path}: differs from what was written (it holds {size} bytes, its record says {expected})")
    return file


def differing(folder: Path, files: dict) -> Iterator[tuple[str, str]]:
    """The name of each file that differs from what a sample.json says under "files", and one line about it."""
    for name, facts in files.items():
        try:
            with open_recorded(folder, name, files) as file:
                digest = hashlib.sha256()
                while block := file.read(MIB):
                    digest.update(block)
        except BadInput as error:
            yield name, str(error)
        except OSError as error:
            yield name, f"{folder / name}: cannot be read ({error.strerror or error})"
        else:
            if digest.hexdigest() != facts.get("sha256"):
                yield name, f"{folder / name}: differs from what was written"
