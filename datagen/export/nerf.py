"""NeRF: one scene a sample, as nerfstudio, instant-ngp and the readers of the synthetic Blender scenes take it.

Cameras are cam2world with OpenGL's axes (x right, y up, looking along -z), lengths are metres of the world, intrinsics pixels
with the first pixel's centre at (0.5, 0.5). Sources: nerfstudio's data conventions; load_blender.py of NeRF (arXiv
2003.08934); D-NeRF (arXiv 2011.13961), whose ``time`` runs from 0 to 1 over a sequence.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np

from ..cameras import FLIP
from ..formats.png import encode_png
from ..readers import Dataset, Sample
from .files import copy_label
from .needs import needs

HELD = 8  # one picture in eight is kept for validation, one for the test
MILLIMETRES = 1000  # of depth pictures, as nerfstudio reads them


@needs("rgb", "camera", pinhole=True)
def nerf(dataset: Dataset, out: Path) -> None:
    """one folder a person, place or thing with transforms.json and its splits, pictures (RGBA with the label alpha), depth, mesh"""
    for sample in dataset:
        folder = out / sample.name
        folder.mkdir()
        cameras = [sample.camera(frame) for frame in sample.frames]
        # A lens that all share stands once, where every reader finds it.
        lenses = [_lens(camera) for camera in cameras]
        shared = lenses[0] if all(lens == lenses[0] for lens in lenses) else {}
        frames = [
            _frame(sample, frame, camera, folder) | moment | ({} if shared else lens)
            for frame, camera, lens, moment in zip(
                sample.frames, cameras, lenses, _moments(sample, cameras), strict=True
            )
        ]
        kept = splits(frames)
        names = {f"{split}_filenames": [row["file_path"] for row in rows] for split, rows in kept.items()}
        _write(folder / "transforms.json", {"camera_model": "OPENCV", **shared, **names, "frames": frames})
        if sample.holds("mesh.glb"):  # what the views show, in the frame of their cameras but for its node
            sample.copy("mesh.glb", folder / "mesh.glb")
        for split, rows in kept.items():
            # These readers put the suffix there themselves.
            bare = [row | {"file_path": f"./{Path(row['file_path']).stem}"} for row in rows]
            _write(folder / f"transforms_{split}.json", {**lenses[0], **shared, "frames": bare})


def splits(frames: list) -> dict[str, list]:
    """The frames for train, val and test: one in eight each is held out, evenly; of one or two pictures all are in each."""
    count = len(frames)
    if count < 3:
        return {"train": frames, "val": frames, "test": frames}
    held = max(count // HELD, 1)
    val, test = ({(3 * index + part) * count // (3 * held) for index in range(held)} for part in (1, 2))
    return {
        "train": [row for index, row in enumerate(frames) if index not in val | test],
        "val": [frames[index] for index in sorted(val)], "test": [frames[index] for index in sorted(test)],
    }  # fmt: skip


def _lens(camera: dict) -> dict:
    k, width = camera["K"], camera["width"]
    return {
        "camera_angle_x": 2 * math.atan(width / 2 / k[0][0]), "camera_angle_y": 2 * math.atan(camera["height"] / 2 / k[1][1]),
        "fl_x": k[0][0], "fl_y": k[1][1], "cx": k[0][2], "cy": k[1][2], "w": width, "h": camera["height"],
    }  # fmt: skip


def _moments(sample: Sample, cameras: list[dict]) -> list[dict]:
    """When each picture was taken, from 0 to 1 over the sequence, and by which eye where there are two."""
    times = np.array([camera.get("time", 0.0) for camera in cameras], float)
    span = float(np.ptp(times))
    moments = (times - times.min()) / (span or 1.0)
    eyes = [{"eye": camera["eye"]} if isinstance(camera.get("eye"), str) else {} for camera in cameras]
    return [{"time": float(moment), **eye} for moment, eye in zip(moments, eyes, strict=True)]


def _frame(sample: Sample, frame: int, camera: dict, folder: Path) -> dict:
    """Write a frame's pictures; its row, without a lens."""
    name = f"{frame:04d}.png"
    row = {"file_path": name, "transform_matrix": (np.array(camera["cam2world"], float) @ FLIP).tolist()}
    if sample.has("alpha", frame):
        rgb, alpha = sample.label("rgb", frame), sample.label("alpha", frame)
        (folder / name).write_bytes(encode_png(np.concatenate([rgb, alpha[..., None]], -1)))
    else:
        copy_label(sample, frame, "rgb", folder / name)
    if sample.has("depth", frame):
        row["depth_file_path"] = f"{frame:04d}_depth.png"
        (folder / row["depth_file_path"]).write_bytes(encode_png(millimetres(sample.label("depth", frame))))
    return row


def millimetres(depth: np.ndarray) -> np.ndarray:
    """Depth (h, w) in metres as uint16 millimetres; 0 where nothing is or 65.5 m and more."""
    known = np.isfinite(depth) & (depth * MILLIMETRES < 2**16 - 1)
    return np.where(known, np.rint(np.where(known, depth, 0) * MILLIMETRES), 0).astype(np.uint16)


def _write(path: Path, document: dict) -> None:
    path.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n", encoding="utf-8")
