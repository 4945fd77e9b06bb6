"""NeRF: one scene a sample with transforms.json as nerfstudio reads it (OpenGL camera axes)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np

from ..cameras import FLIP
from ..formats.png import write_png
from ..labels import file_name
from ..readers import Dataset


def nerf(dataset: Dataset, out: Path) -> None:
    """one folder a person with transforms.json, pictures and depth"""
    for sample in dataset:
        folder = out / sample.name
        folder.mkdir()
        frames = []
        for frame in sample.frames:
            camera = sample.camera(frame)
            k = camera["K"]
            entry = {
                "file_path": f"{frame:04d}.png", "transform_matrix": (np.array(camera["cam2world"]) @ FLIP).tolist(),
                "fl_x": k[0][0], "fl_y": k[1][1], "cx": k[0][2], "cy": k[1][2], "w": camera["width"], "h": camera["height"],
            }  # fmt: skip
            shutil.copyfile(sample.path / file_name(frame, "rgb"), folder / entry["file_path"])
            if sample.has("depth", frame):
                # nerfstudio reads 16-bit millimetres
                depth = sample.label("depth", frame)
                _write_millimetres(folder / f"{frame:04d}_depth.png", depth)
                entry["depth_file_path"] = f"{frame:04d}_depth.png"
            frames.append(entry)
        (folder / "transforms.json").write_text(json.dumps({"camera_model": "OPENCV", "frames": frames}, indent=1))


def _write_millimetres(path: Path, depth: np.ndarray) -> None:
    known = np.isfinite(depth) & (depth < 65.535)
    write_png(path, np.where(known, np.rint(np.where(known, depth, 0) * 1000), 0).astype(np.uint16))
