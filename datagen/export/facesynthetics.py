"""FaceSynthetics: NNNNNN.png, NNNNNN_seg.png and NNNNNN_ldmks.txt, as the Microsoft dataset lays them out."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..errors import BadInput
from ..labels import file_name
from ..readers import Dataset


def facesynthetics(dataset: Dataset, out: Path) -> None:
    """pictures, 19-class masks and 70 landmarks as text"""
    if not all(
        sample.holds("landmarks.json") and sample.has("parts", frame) for sample in dataset for frame in sample.frames
    ):
        raise BadInput("facesynthetics: needs landmarks and parts, which only people have")
    number = 0
    for sample in dataset:
        for frame in sample.frames:
            stem = f"{number:06d}"
            shutil.copyfile(sample.path / file_name(frame, "rgb"), out / f"{stem}.png")
            shutil.copyfile(sample.path / file_name(frame, "parts"), out / f"{stem}_seg.png")
            points = sample.landmarks(frame)["points_2d"]
            (out / f"{stem}_ldmks.txt").write_text("".join(f"{x:.4f} {y:.4f}\n" for x, y in points))
            number += 1
