"""Datasets of cartoon faces with exact labels, without Blender: what the tests of shots and of the nets that read them use."""

import json
from pathlib import Path

import numpy as np
import torch
from loading_stage import hashes

from simulacra.datagen.formats.files import write_json, write_label
from simulacra.datagen.formats.records import FORMAT
from simulacra.datagen.labels import file_name, table
from simulacra.datagen.storage.naming import SPLITS, sample_name, split_of
from simulacra.models.core.cameras import Cameras, orbit
from simulacra.models.core.toyheads import DISTANCE, FIELD_OF_VIEW, toy_head, view
from simulacra.procgen.people.landmarks import POINTS

LABELS = ("rgb", "depth", "normal", "parts")
HEAD = 6.0  # box units to a metre of landmarks: the scheme's points lie about where the cartoon's features are


def cameras_of(azimuth: float, elevation: float) -> Cameras:
    """One camera around a head."""
    return orbit(torch.tensor([azimuth]), torch.tensor([elevation]), DISTANCE, FIELD_OF_VIEW)


def pixels_of(cameras: Cameras, height: int, width: int) -> np.ndarray:
    """The intrinsics (3, 3) in pixels."""
    return cameras.intrinsics[0].double().numpy() * np.array([[width], [height], [1.0]])


def labels_of(head, cameras: Cameras, size: int) -> dict:
    """The arrays of the labels, as the label table has them."""
    seen = view(head, cameras, size, size)
    rotation = cameras.c2w[0, :3, :3].T
    normal = torch.einsum("ij,jhw->ihw", rotation, seen.normals[0]).permute(1, 2, 0)
    depth = seen.depth[0]
    white = 255 - seen.rgba[0, 3:]
    return {
        "rgb": (seen.rgba[0, :3] * (seen.rgba[0, 3:] > 0) + white).permute(1, 2, 0).numpy(),
        "depth": torch.where(depth > 0, depth, torch.inf).numpy(), "normal": normal.numpy(),
        "parts": seen.parts[0].numpy(),
    }  # fmt: skip


def marks_of(head, cameras: Cameras, size: int) -> dict:
    """The row of landmarks.json: the scheme's points on the cartoon, a head that faces −y, and straight looks."""
    eyes = np.array(head.eyes)[:, :3] - [0, 0.07, 0]
    points = np.concatenate([POINTS * HEAD + [0, 0, 0.05], eyes])
    c2w = cameras.c2w[0].double().numpy()
    inverse = np.linalg.inv(c2w)
    local = points @ inverse[:3, :3].T + inverse[:3, 3]
    image = local @ pixels_of(cameras, size, size).T
    look = (inverse[:3, :3] @ [0, -1.0, 0]).tolist()
    pose = {"rotation": inverse[:3, :3].tolist(), "translation": inverse[:3, 3].tolist()}
    return {"points_2d": (image[:, :2] / image[:, 2:]).tolist(), "points_3d": points.tolist(), "visible": [True] * 70,
            "head_pose": pose, "gaze": {"right": look, "left": look}}  # fmt: skip


def make_faces(path: Path, samples: int = 4, size: int = 48, seed: int = 0) -> Path:
    """Write a dataset of cartoon faces, each seen from a side of its own."""
    splits = {name: [] for name, _ in SPLITS}
    for index in range(samples):
        rng = np.random.default_rng([seed, index])
        head, cameras = toy_head(rng), cameras_of(*rng.uniform([-30, -15], [30, 15]))
        folder = path / sample_name(index)
        folder.mkdir(parents=True)
        splits[split_of(seed + index)].append(folder.name)
        for label, values in labels_of(head, cameras, size).items():
            write_label(folder / file_name(0, label), label, values)
        camera = {"K": pixels_of(cameras, size, size).tolist(), "cam2world": cameras.c2w[0].tolist(), "width": size,
                  "height": size}  # fmt: skip
        write_json(folder / "camera.json", {"frames": [{"frame": 0} | camera]})
        write_json(folder / "landmarks.json", {"frames": [{"frame": 0} | marks_of(head, cameras, size)]})
        (folder / "caption.txt").write_text(f"cartoon {index}\n")
        write_json(
            folder / "sample.json", {"index": index, "seed": seed + index, "frames": [0], "files": hashes(folder)}
        )
    described = {
        "format": FORMAT, "recipe": {"generator": "faces", "seed": seed, "count": samples}, "versions": {},
        "labels": table(), "rendered": list(LABELS), "taxonomy": {}, "splits": splits,
    }  # fmt: skip
    (path / "dataset.json").write_text(json.dumps(described))
    return path
