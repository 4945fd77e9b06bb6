"""FaceSynthetics: NNNNNN.png, NNNNNN_seg.png and NNNNNN_ldmks.txt, as the Microsoft dataset lays them out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..formats.npz import encode_npz
from ..formats.topology import TOPOLOGY
from ..readers import Dataset
from .files import copy_label
from .needs import needs
from .splits import frames_of


@needs("rgb", "parts", "landmarks")
def facesynthetics(dataset: Dataset, out: Path) -> None:
    """pictures, 19-class masks and 70 landmarks as text; with dense_landmarks every vertex of the head too"""
    for number, (sample, frame) in enumerate(frames_of(dataset)):
        stem = f"{number:06d}"
        copy_label(sample, frame, "rgb", out / f"{stem}.png")
        copy_label(sample, frame, "parts", out / f"{stem}_seg.png")
        _write_points(out / f"{stem}_ldmks.txt", sample.landmarks(frame)["points_2d"])
        if sample.has("dense_landmarks", frame):
            dense = sample.dense_landmarks(frame)
            _write_points(out / f"{stem}_ldmks_dense.txt", dense.points_2d)
            (out / f"{stem}_ldmks_dense_visible.txt").write_text(
                "".join(f"{seen:d}\n" for seen in dense.visible), encoding="utf-8"
            )
    if (dataset.path / TOPOLOGY).exists():
        (out / TOPOLOGY).write_bytes(encode_npz(dataset.topology()._asdict()))


def _write_points(path: Path, points: Iterable) -> None:
    """One line a point: x and y in pixels, the first pixel's centre at (0.5, 0.5)."""
    path.write_text("".join(f"{x:.4f} {y:.4f}\n" for x, y in points), encoding="utf-8")
