"""What readers of captured motion share: one error, and lines of a bounded file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...datagen.errors import BadInput
from ..files import open_chosen

LARGEST = 64 << 20  # bytes: twenty minutes of a face at 60 frames a second are 40 MiB
MOST = 100_000  # frames, 28 minutes at 60 a second
FURTHEST = 1e6  # of a number in a file; angles and lengths are far below


class CaptureError(ValueError):
    """A capture that cannot be used; the message names the file, the line and what is allowed."""


def lines_of(path: Path) -> list[str]:
    """The lines of a text file of at most LARGEST bytes; raises CaptureError that names it."""
    try:
        with open_chosen(path, LARGEST) as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise CaptureError(f"{path.name}: holds more than {LARGEST} bytes, which is what is allowed")
        return data.decode("utf-8-sig").splitlines()
    except BadInput as error:
        raise CaptureError(str(error)) from None
    except UnicodeDecodeError as error:
        raise CaptureError(f"{path.name}: is no text in UTF-8 ({error.reason} at byte {error.start})") from None


def numbers(words: list[str], line: int) -> np.ndarray:
    """Finite numbers (n,) of the words of a line; raises CaptureError that names it."""
    try:
        values = np.array([float(word) for word in words])
    except ValueError as error:
        raise CaptureError(f"line {line}: {str(error)[:80]}") from None
    if not np.all(np.abs(values) <= FURTHEST):  # false for what is not a number, too
        bad = words[int(np.argmin(np.abs(values) <= FURTHEST))]
        raise CaptureError(f"line {line}: {bad.strip()[:20]} is not allowed; allowed are numbers up to {FURTHEST:g}")
    return values
