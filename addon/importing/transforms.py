"""Reads cameras from nerfstudio's transforms.json; outside data is checked before it is believed.

Source: the data conventions of nerfstudio's documentation. ``transform_matrix`` is camera-to-world with Blender's and
OpenGL's camera axes (x right, y up, looking along -z); lengths of the intrinsics are pixels.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...datagen.errors import BadInput
from ..files import json_of

LARGEST = 64 << 20  # bytes
MOST = 10_000  # cameras
DISTORTION = ("k1", "k2", "k3", "k4", "p1", "p2")


class TransformsError(ValueError):
    """A file of cameras that cannot be used; the message names the file, the frame and what is allowed."""


class View(NamedTuple):
    """One camera: cam2world (4, 4) with Blender's axes, size and intrinsics in pixels."""

    name: str
    matrix: np.ndarray
    width: int
    height: int
    focal: tuple[float, float]
    centre: tuple[float, float]
    distorted: bool


def read(path: Path) -> list[View]:
    """The cameras of a file; raises TransformsError that names it."""
    try:
        document = json_of(path, LARGEST)
    except BadInput as error:
        raise TransformsError(str(error)) from None
    try:
        return parse(document)
    except TransformsError as error:
        raise TransformsError(f"{path.name}: {error}") from None


def is_transforms(document) -> bool:
    """Whether a JSON document looks like one."""
    return isinstance(document, dict) and isinstance(document.get("frames"), list)


def parse(document) -> list[View]:
    """The cameras of a document; raises TransformsError."""
    if not is_transforms(document):
        raise TransformsError("allowed is an object with a list of frames")
    frames = document["frames"]
    if not 1 <= len(frames) <= MOST:
        raise TransformsError(f"holds {len(frames)} frames; allowed are 1..{MOST}")
    return [_view(document, frame, index) for index, frame in enumerate(frames)]


def _view(document: dict, frame, index: int) -> View:
    where = f"frame {index}"
    if not isinstance(frame, dict):
        raise TransformsError(f"{where}: allowed is an object")
    about = document | frame  # what a frame says itself counts before what stands above it
    matrix = _matrix(frame.get("transform_matrix"), where)
    width, height = (_whole(about, name, where) for name in ("w", "h"))
    if "fl_x" in about:
        focal_x = _positive(about, "fl_x", where)
    elif "camera_angle_x" in about:
        angle = _number(about["camera_angle_x"], "camera_angle_x", where)
        if not 0 < angle < math.pi:
            raise TransformsError(f"{where}: camera_angle_x is {angle:g}; allowed is above 0 and below pi")
        focal_x = width / 2 / math.tan(angle / 2)
    else:
        raise TransformsError(f"{where}: neither fl_x nor camera_angle_x is there")
    focal_y = _positive(about, "fl_y", where) if "fl_y" in about else focal_x
    centre = (_number(about.get("cx", width / 2), "cx", where), _number(about.get("cy", height / 2), "cy", where))
    name = frame.get("file_path", f"frame_{index:04d}")
    if not isinstance(name, str):
        raise TransformsError(f"{where}: file_path is not a text")
    distorted = any(_number(about[term], term, where) != 0 for term in DISTORTION if term in about)
    return View(
        Path(name).stem[:50] or f"frame_{index:04d}", matrix, width, height, (focal_x, focal_y), centre, distorted
    )


def _number(value, name: str, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e9:
        raise TransformsError(f"{where}: {name} is not a finite number")
    return float(value)


def _positive(about: dict, name: str, where: str) -> float:
    value = _number(about[name], name, where)
    if value <= 0:
        raise TransformsError(f"{where}: {name} is {value:g}; allowed is above 0")
    return value


def _whole(about: dict, name: str, where: str) -> int:
    if name not in about:
        raise TransformsError(f"{where}: {name}, the picture's size in pixels, is missing")
    value = _number(about[name], name, where)
    if value != int(value) or not 1 <= value <= 65536:
        raise TransformsError(f"{where}: {name} is {value:g}; allowed is a whole number in 1..65536")
    return int(value)


def _matrix(rows, where: str) -> np.ndarray:
    if not isinstance(rows, list) or len(rows) not in (3, 4):
        raise TransformsError(f"{where}: transform_matrix is not 4 rows of 4 numbers")
    if not all(isinstance(row, list) and len(row) == 4 for row in rows):
        raise TransformsError(f"{where}: transform_matrix is not 4 rows of 4 numbers")
    matrix = np.eye(4)
    matrix[: len(rows)] = [[_number(value, "transform_matrix", where) for value in row] for row in rows]
    turn = matrix[:3, :3]
    scale = np.linalg.norm(turn, axis=0)
    if not (scale > 1e-6).all() or np.abs((turn / scale).T @ (turn / scale) - np.eye(3)).max() > 1e-3:
        raise TransformsError(f"{where}: transform_matrix is not a rotation with a place")
    if np.linalg.det(turn / scale) < 0:
        raise TransformsError(f"{where}: transform_matrix mirrors; allowed is a rotation with a place")
    matrix[:3, :3] = turn / scale
    matrix[3] = (0, 0, 0, 1)
    return matrix
