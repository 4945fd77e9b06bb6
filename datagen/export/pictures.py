"""Pictures: every label as a PNG that a person can read, in one folder."""

from __future__ import annotations

from pathlib import Path

from ..formats.png import write_png
from ..labels import LABELS
from ..pictures import picture
from ..readers import Dataset
from .needs import needs


@needs("rgb")
def pictures(dataset: Dataset, out: Path) -> None:
    """every label as a picture for people, named SAMPLE.FRAME.LABEL.png"""
    for sample in dataset:
        for frame in sample.frames:
            for name in LABELS:
                if sample.has(name, frame):
                    write_png(out / f"{sample.name}.{frame:04d}.{name}.png", picture(name, sample.label(name, frame)))
