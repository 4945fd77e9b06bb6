"""Writes whole files: beside their place under a name of chance, flushed to the disk, then renamed."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from ..errors import BadInput

BESIDE = ".writing-"  # how names begin of what is being written


def beside(path: Path) -> Path:
    """A new name next to a path; no two processes on any machine draw the same."""
    return path.with_name(f"{BESIDE}{path.name[:100]}-{secrets.token_hex(8)}")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write to, which takes the place of ``path`` when the block ends well, and is removed when it does not.

    A file stands there whole or not at all, also after a loss of power. Raises BadInput where ``path`` is something
    else than a regular file: a device, a pipe, a folder.
    """
    path = Path(path)
    if path.is_symlink():
        path = path.resolve()
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(path.stat().st_mode):
            raise BadInput(f"{path}: is no regular file; allowed is the name of a new file, or of one to replace")
    temporary = beside(path)
    try:
        yield temporary
        flush(temporary)
        os.replace(temporary, path)
        flush(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """Put a file of these bytes at ``path``; see replacing."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def flush(path: Path) -> None:
    """Bring what was written to a file, or the names in a folder, to the disk, where the system can be told to."""
    if path.is_dir() and os.name == "nt":  # a folder cannot be opened there
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() or os.name != "nt" else os.O_RDWR)
    try:
        with contextlib.suppress(OSError):  # some network file systems refuse it
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
