"""Copies what a dataset holds into an export: regular files of the dataset alone, of a size that is allowed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..formats.files import decode_label
from ..formats.reading import GIB, read_regular
from ..formats.writing import flush
from ..labels import file_name
from ..readers import Sample

MOST = 2 * GIB  # bytes of one file


def label_bytes(sample: Sample, frame: int, label: str) -> bytes:
    """The bytes of a label's file; raises BadInput where it is a link, no regular file or too large."""
    return record_bytes(sample, file_name(frame, label))


def record_bytes(sample: Sample, name: str) -> bytes:
    """The bytes of any file of a sample; raises as label_bytes does."""
    return read_regular(sample.path / name, MOST, root=sample.path.parent)


def label_of(sample: Sample, frame: int, label: str) -> np.ndarray:
    """A label's array as Sample.label gives it, read as label_bytes reads."""
    return decode_label(label, label_bytes(sample, frame, label), sample.path / file_name(frame, label))


def copy_label(sample: Sample, frame: int, label: str, target: Path) -> None:
    """Copy a label's file as it is to ``target``, whose folder is made."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(label_bytes(sample, frame, label))


def flush_tree(folder: Path) -> None:
    """Bring all files below a folder, and the names in it, to the disk."""
    for path in folder.rglob("*"):
        flush(path)
    flush(folder)
