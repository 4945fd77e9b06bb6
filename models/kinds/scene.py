"""Scenes: things of a class, each in an oriented box, as a dataset's objects.json tells of them."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...datagen.errors import BadInput
from ...datagen.formats.writing import write_whole
from ..core import pictures
from .table import Result

SIZE, MARGIN = 512, 24  # pixels of a plan, and of its empty border


@dataclass(frozen=True)
class Thing:
    """Something in a scene: its class, and its box by centre and size in metres, turned about z by ``yaw`` radians."""

    kind: str
    centre: tuple[float, float, float]
    size: tuple[float, float, float]
    yaw: float = 0.0

    def __post_init__(self):
        numbers = (*self.centre, *self.size, self.yaw)
        if not all(math.isfinite(value) for value in numbers) or min(self.size) <= 0:
            raise BadInput(f"scene: {self.kind} has the box {numbers}; allowed are finite numbers, and sizes above 0")

    def rotation(self) -> list[list[float]]:
        """The box's axes as the columns of a rotation."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        return [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]

    def corners(self) -> np.ndarray:
        """The corners (4, 2) of the box's outline from above, one after another."""
        half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * np.asarray(self.size[:2]) / 2
        return half @ np.asarray(self.rotation())[:2, :2].T + np.asarray(self.centre[:2])


@dataclass(frozen=True)
class Scene(Result):
    """Things; ids are their places in the list, from 1."""

    kind = "scene"
    things: tuple[Thing, ...]


def write_json(path: Path, result: Scene) -> None:
    """Write what a frame of objects.json holds, with the version of this file."""
    objects = [
        {"id": number, "class": thing.kind,
         "box_3d": {"center": list(thing.centre), "size": list(thing.size), "rotation": thing.rotation()}}
        for number, thing in enumerate(result.things, 1)
    ]  # fmt: skip
    write_whole(path, (json.dumps({"version": 1, "objects": objects}, indent=1, allow_nan=False) + "\n").encode())


def preview(stem: Path, result: Scene) -> list[Path]:
    """The scene from above, y up: STEM.plan.png; each class has a colour of its own, what is higher is drawn later."""
    from PIL import Image, ImageDraw

    sheet = Image.new("RGB", (SIZE, SIZE), "white")
    draw = ImageDraw.Draw(sheet)
    if result.things:
        every = np.concatenate([thing.corners() for thing in result.things])
        middle, half = (every.max(0) + every.min(0)) / 2, (every.max(0) - every.min(0)).max() / 2
        scale = (SIZE / 2 - MARGIN) / max(float(half), 1e-9)
        classes = sorted({thing.kind for thing in result.things})
        for thing in sorted(result.things, key=lambda one: one.centre[2] + one.size[2] / 2):
            at = (thing.corners() - middle) * [scale, -scale] + SIZE / 2
            hue = 360 * classes.index(thing.kind) // len(classes)
            draw.polygon([tuple(corner) for corner in at], f"hsl({hue}, 60%, 65%)", "black")
    path = stem.with_name(f"{stem.name}.plan.png")
    pictures.write_png(path, np.asarray(sheet))
    return [path]
