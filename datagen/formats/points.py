"""What a thing's points.npz and sdf.npz hold: points on its surface, and signed distances in its box."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import BadInput
from .npz import decode_npz, encode_npz

POINTS, SDF = "points.npz", "sdf.npz"
MOST = 2**22  # points
MOST_BYTES = MOST * 64


class SurfacePoints(NamedTuple):
    """Points drawn evenly on a thing's mesh: places and unit normals (n, 3) float32 in the box's frame.

    colour (n, 3) uint8 sRGB from the mesh's picture, part (n,) uint8 what the surface is made of, triangle (n,) uint32 of
    mesh.glb that each lies on.
    """

    place: np.ndarray
    normal: np.ndarray
    colour: np.ndarray
    part: np.ndarray
    triangle: np.ndarray


class Distances(NamedTuple):
    """Signed distances, in lengths of the box, below 0 within: near the surface and evenly over the whole box.

    Places (n, 3) and distances (n,) are float32, ``occupied`` (n,) bool.
    """

    near: np.ndarray
    near_distance: np.ndarray
    near_occupied: np.ndarray
    far: np.ndarray
    far_distance: np.ndarray
    far_occupied: np.ndarray


KINDS = {
    SurfacePoints: ((np.float32, (3,)), (np.float32, (3,)), (np.uint8, (3,)), (np.uint8, ()), (np.uint32, ())),
    Distances: ((np.float32, (3,)), (np.float32, ()), (np.bool_, ())) * 2,
}


def encode_points(values: SurfacePoints | Distances) -> bytes:
    """The bytes of a file; raises ValueError where an array is not as its kind declares."""
    _check(values)
    return encode_npz(values._asdict())


def decode_points(data: bytes, where: str | Path, kind: type):
    """The points of a file's bytes; raises BadInput, which tells ``where`` they are from, where they are of no such kind."""
    found = kind(**decode_npz(data, where, kind._fields, MOST_BYTES))
    try:
        _check(found)
    except ValueError as error:
        raise BadInput(f"{where}: {error}") from None
    return found


def _check(values) -> None:
    counts = {}
    for name, array, (dtype, shape) in zip(values._fields, values, KINDS[type(values)], strict=True):
        if array.dtype != dtype or array.shape[1:] != shape or array.ndim != 1 + len(shape):
            raise ValueError(
                f"{name} is {array.dtype} {array.shape}; allowed is {np.dtype(dtype).name} of (n, {shape})"
            )
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(f"{name} holds numbers that are none")
        counts.setdefault(name.partition("_")[0] if type(values) is Distances else "", set()).add(len(array))
    if any(len(found) != 1 for found in counts.values()):
        raise ValueError(f"{', '.join(values._fields)} are not of the same points")
