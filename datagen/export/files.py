"""Copies what a dataset holds into an export, and brings an export to the disk."""

from __future__ import annotations

from pathlib import Path

from ..formats.writing import flush
from ..labels import file_name
from ..readers import Sample


def copy_label(sample: Sample, frame: int, label: str, target: Path) -> None:
    """Copy a label's file as it is to ``target``, whose folder is made; raises BadInput where it is none of the dataset's."""
    target.parent.mkdir(parents=True, exist_ok=True)
    sample.copy(file_name(frame, label), target)


def flush_tree(folder: Path) -> None:
    """Bring all files below a folder, and the names in it, to the disk."""
    for path in folder.rglob("*"):
        flush(path)
    flush(folder)
