"""Opens files that others may have made: regular ones alone, reached through no link, of a size that is allowed."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from ..errors import BadInput

KIB, MIB, GIB = 2**10, 2**20, 2**30
NO_LINK = getattr(os, "O_NOFOLLOW", 0)  # Windows has none: lstat below stands for it
NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # a FIFO opens at once, and is refused


def open_regular(path: Path, most: int, root: Path | None = None) -> BinaryIO:
    """Open the regular file at ``path`` for reading, of at most ``most`` bytes.

    Below ``root`` (the file's folder by default) no part of the path may be a link: what lies outside a dataset must
    not be read as if it were in it. Raises BadInput, which names the file and what is allowed.
    """
    path = Path(path)
    for part in _below(path, path.parent if root is None else Path(root)):
        if part.is_symlink():
            raise BadInput(f"{part}: is a link; allowed is what lies in the dataset itself")
    try:
        descriptor = os.open(path, os.O_RDONLY | NO_LINK | NO_WAIT | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise BadInput(f"{path}: is missing") from None
    except (OSError, ValueError) as error:  # a name with a zero byte
        raise BadInput(f"{path}: cannot be opened ({getattr(error, 'strerror', None) or error})") from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise BadInput(f"{path}: is no regular file")
        if found.st_size > most:
            raise BadInput(f"{path}: holds {found.st_size} bytes; allowed are {most}")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_regular(path: Path, most: int, root: Path | None = None) -> bytes:
    """The bytes of a regular file of at most ``most`` bytes; see open_regular."""
    with open_regular(path, most, root) as file:
        try:
            data = file.read(most + 1)  # it may grow meanwhile
        except OSError as error:
            raise BadInput(f"{path}: cannot be read ({error.strerror or error})") from None
    if len(data) > most:
        raise BadInput(f"{path}: holds more than {most} bytes, which is what is allowed")
    return data


def _below(path: Path, root: Path) -> list[Path]:
    """What must be no link: the path and its parents as far as the root, which may be one."""
    parts = [path]
    while parts[-1].parent != root and parts[-1].parent != parts[-1]:
        parts.append(parts[-1].parent)
    return parts if parts[-1].parent == root else [path]
