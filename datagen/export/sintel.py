"""MPI Sintel: training/<pass>/<scene>/frame_NNNN with flow, occlusions, depth, cameras and, of stereo pairs, disparities."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..formats.png import write_png
from ..readers import Dataset, Sample
from .files import copy_label
from .needs import needs
from .splits import sequences

TAG = np.float32(202021.25)  # "PIEH" as a little-endian float: the head of all the dataset's binary files


@needs("rgb", "flow", "occlusion", "camera", pinhole=True)
def sintel(dataset: Dataset, out: Path) -> None:
    """flow, occlusions, depth, cameras and disparities of sequences, as MPI Sintel lays them out"""
    root = out / "training"
    for sample in dataset:
        eyes = sample.record.get("eyes", 1)
        for view, frames in enumerate(sequences(sample)):
            scene = f"scene_{sample.name}" + (f"_view_{view + 1:02d}" if view else "")
            for place, number in enumerate(frames, 1):
                name = f"frame_{place:04d}"
                copy_label(
                    sample, number, "rgb", root / ("final_left" if eyes == 2 else "final") / scene / f"{name}.png"
                )
                if eyes == 2:
                    copy_label(sample, number + 1, "rgb", root / "final_right" / scene / f"{name}.png")
                _labels(sample, number, root, scene, name, last=number == frames[-1])


def _labels(sample: Sample, frame: int, root: Path, scene: str, name: str, last: bool) -> None:
    def path(folder: str, suffix: str) -> Path:
        place = root / folder / scene / f"{name}.{suffix}"
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    if not last:
        flow = sample.label("flow", frame)
        known = np.isfinite(flow).all(-1)
        write_flo(path("flow", "flo"), np.where(known[..., None], flow, 0))
        write_png(path("invalid", "png"), np.where(known, 0, 255).astype(np.uint8))
        write_png(path("occlusions", "png"), sample.label("occlusion", frame))
    if sample.has("depth", frame):
        depth = sample.label("depth", frame)
        write_dpt(path("depth", "dpt"), np.where(np.isfinite(depth), depth, 0))
    if sample.has("disparity", frame):
        write_png(path("disparities", "png"), encode_disparity(sample.label("disparity", frame)))
    write_cam(path("camdata_left", "cam"), sample.camera(frame))


def write_flo(path: Path, flow: np.ndarray) -> None:
    """Write flow (h, w, 2) px as a Middlebury .flo file."""
    height, width = flow.shape[:2]
    with path.open("wb") as file:
        file.write(TAG.tobytes() + np.array([width, height], "<i4").tobytes() + flow.astype("<f4").tobytes())


def write_dpt(path: Path, depth: np.ndarray) -> None:
    """Write depth (h, w) in metres as Sintel's .dpt file; 0 stands where nothing is."""
    height, width = depth.shape
    with path.open("wb") as file:
        file.write(TAG.tobytes() + np.array([width, height], "<i4").tobytes() + depth.astype("<f4").tobytes())


def write_cam(path: Path, record: dict) -> None:
    """Write K (3, 3) and world-to-camera (3, 4), both float64, as Sintel's .cam file."""
    extrinsic = np.linalg.inv(np.asarray(record["cam2world"], float))[:3]
    with path.open("wb") as file:
        file.write(TAG.tobytes() + np.asarray(record["K"], "<f8").tobytes() + extrinsic.astype("<f8").tobytes())


def encode_disparity(disparity: np.ndarray) -> np.ndarray:
    """Disparity (h, w) px below 1024 as Sintel's picture (h, w, 3) uint8: 4 R + G / 64 + B / 16384."""
    steps = np.clip(np.rint(np.nan_to_num(disparity) * 16384), 0, 2**24 - 1).astype(np.int64)
    return np.stack([steps >> 16, steps >> 8 & 255, steps & 255], -1).astype(np.uint8)
