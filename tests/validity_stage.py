"""A sound sample of a person made from arrays, and renderers that write it, or one with a fault, without Blender."""

import json
from pathlib import Path

import numpy as np

from simulacra.datagen.formats.files import write_label
from simulacra.datagen.labels import file_name
from simulacra.procgen.people.parts import PART

SIZE = 64


def sound() -> dict[str, np.ndarray]:
    """The labels of a frame: a bright disc of a head before a dark ground, its parts in stripes."""
    y, x = (np.mgrid[:SIZE, :SIZE] + 0.5) / SIZE * 2 - 1
    head = x**2 + y**2 < 0.5
    grey = np.where(head, 170.0 + 40 * x, 30.0)
    parts = np.select(
        [y < -0.5, y < -0.4, np.abs(y) < 0.1], [PART["headwear"], PART["hair"], PART["glasses"]], PART["skin"]
    )
    parts = np.where(head & (y > 0.4), PART["facewear"], parts)
    far = np.where(head, 2 - np.sqrt(np.maximum(0.5 - x**2 - y**2, 0)), np.inf)
    normal = np.stack([x, y, -np.sqrt(np.maximum(1 - x**2 - y**2, 0))], -1)
    return {
        "rgb": np.repeat(grey[..., None], 3, -1).astype(np.uint8),
        "alpha": np.where(head, 255, 0).astype(np.uint8),
        "linear": np.repeat((grey[..., None] / 255) ** 2.2, 3, -1).astype(np.float32),
        "depth": far.astype(np.float32),
        "normal": np.where(head[..., None], normal / np.linalg.norm(normal, axis=-1, keepdims=True), 0).astype(np.float32),
        "position": np.where(head[..., None], np.stack([x, y, far], -1), np.nan).astype(np.float32),
        "parts": np.where(head, parts, 0).astype(np.uint8),
        "hair_alpha": np.where(head & (parts == PART["hair"]), 1.0, 0.0).astype(np.float32),
        "instance": head.astype(np.uint16),
    }  # fmt: skip


def write(folder: Path, labels: dict[str, np.ndarray], frame: int = 0, yaw: float = 5.0) -> None:
    """Write a frame's labels, and how far its head is turned."""
    for name, values in labels.items():
        write_label(folder / file_name(frame, name), name, values)
    record = {"frames": [{"frame": frame, "head_pose": {"yaw": yaw}}]}
    (folder / "landmarks.json").write_text(json.dumps(record))


def picture(spec, recipe, folder: Path) -> dict:
    """A picture that tells its spec; black for two specs of three, by the seed of the skin."""
    labels = sound()
    chance = spec.light.seed % 3
    rgb = labels["rgb"] if chance == 0 else labels["rgb"] // 100
    write_label(folder / file_name(0, "rgb"), "rgb", rgb)
    (folder / "spec.json").write_text(repr(spec))
    if chance:
        (folder / f"left_by_{spec.light.seed}.txt").write_text("of an attempt that was thrown away")
    return {"frames": [0], "seconds": {}}


def night(spec, recipe, folder: Path) -> dict:
    """A picture that is always black."""
    write_label(folder / file_name(0, "rgb"), "rgb", sound()["rgb"] // 100)
    return {"frames": [0], "seconds": {}}
