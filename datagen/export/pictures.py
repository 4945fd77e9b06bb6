"""Pictures: every label as a PNG that a person can read, in one folder."""

from __future__ import annotations

from pathlib import Path

from ..formats.png import write_png
from ..labels import LABELS
from ..pictures import picture
from ..readers import Dataset
from .needs import needs
from .splits import frames_of


@needs("rgb")
def pictures(dataset: Dataset, out: Path) -> None:
    """every label as a picture for people, named SAMPLE.FRAME.LABEL.png"""
    for sample, frame in frames_of(dataset):
        rgb = sample.label("rgb", frame)
        for name in (name for name in LABELS if sample.has(name, frame)):
            shown = picture(name, sample.label(name, frame), rgb)
            write_png(out / f"{sample.name}.{frame:04d}.{name}.png", shown)
