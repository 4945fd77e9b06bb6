"""KITTI 2015: image_2/3, flow_occ, flow_noc, disp_occ_0, depth and calibration; a pair of frames an item."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import BadInput
from ..formats.png import write_png
from ..readers import Dataset, Sample
from .files import copy_label
from .needs import needs
from .splits import sequences


@needs("rgb", "camera", pinhole=True)
def kitti(dataset: Dataset, out: Path) -> None:
    """pairs of frames with flow, disparity, depth and calibration, as KITTI 2015 lays them out"""
    root = out / "training"
    number = 0
    for sample in dataset:
        eyes = sample.record.get("eyes", 1)
        for frames in sequences(sample):
            # The last frame of a sequence belongs to the pair before.
            for frame, following in zip(frames, frames[1:], strict=False) if len(frames) > 1 else [(frames[0], None)]:
                _item(sample, frame, following, eyes, root, f"{number:06d}")
                number += 1
    if not number:
        raise BadInput("kitti: the dataset holds no frame")


def _item(sample: Sample, frame: int, following: int | None, eyes: int, root: Path, name: str) -> None:
    def path(folder: str, suffix: str) -> Path:
        place = root / folder / f"{name}{suffix}"
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    for moment, shot in (("10", frame), ("11", following)):
        for eye in range(eyes):
            if shot is not None:
                copy_label(sample, shot + eye, "rgb", path(f"image_{2 + eye}", f"_{moment}.png"))
    if following is not None and sample.has("flow", frame):
        flow, hidden = sample.label("flow", frame), sample.label("occlusion", frame) > 0
        write_png(path("flow_occ", "_10.png"), encode_flow(flow))
        write_png(path("flow_noc", "_10.png"), encode_flow(np.where(hidden[..., None], np.nan, flow)))
    if sample.has("disparity", frame):
        write_png(path("disp_occ_0", "_10.png"), encode_256(sample.label("disparity", frame)))
    if sample.has("depth", frame):
        write_png(path("depth", "_10.png"), encode_256(sample.label("depth", frame)))
    if sample.has("instance", frame):
        write_png(path("obj_map", "_10.png"), sample.label("instance", frame))
    path("calib_cam_to_cam", ".txt").write_text(calibration(sample, frame, eyes), encoding="utf-8")


def encode_flow(flow: np.ndarray) -> np.ndarray:
    """Flow (h, w, 2) px as KITTI's picture (h, w, 3) uint16: 64 u + 2^15, 64 v + 2^15, and whether it is known.

    What 16 bits cannot hold, flow of 512 px and more, is left unknown.
    """
    flow = flow.astype(np.float64)
    known = np.isfinite(flow).all(-1) & (np.abs(np.nan_to_num(flow)) < 511.9).all(-1)
    values = np.rint(np.where(known[..., None], np.nan_to_num(flow), 0) * 64 + 2**15)
    picture = np.concatenate([values, np.ones((*known.shape, 1))], -1) * known[..., None]
    return picture.astype(np.uint16)


def encode_256(values: np.ndarray) -> np.ndarray:
    """Disparity in px or depth in metres (h, w) as KITTI's picture uint16: 256 times it, 0 where it is unknown or too large."""
    steps = np.where(np.isfinite(values), np.rint(np.nan_to_num(values, posinf=0) * 256), 0)
    return np.where((steps > 0) & (steps < 2**16), steps, 0).astype(np.uint16)


def calibration(sample: Sample, frame: int, eyes: int) -> str:
    """The rectified projection matrices P_rect_02 and P_rect_03 (3, 4) of the cameras, the left one at the origin."""
    lines = []
    left = np.asarray(sample.camera(frame)["cam2world"], float)
    for eye in range(eyes):
        record = sample.camera(frame + eye)
        matrix = np.linalg.inv(np.asarray(record["cam2world"], float)) @ left
        projection = np.asarray(record["K"], float) @ matrix[:3]
        lines.append(f"S_rect_0{2 + eye}: {record['width']:.6e} {record['height']:.6e}")
        lines.append(f"P_rect_0{2 + eye}: " + " ".join(f"{value:.12e}" for value in projection.ravel()))
    return "\n".join(lines) + "\n"
