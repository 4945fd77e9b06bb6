"""Dense landmarks as a file: every vertex of the head's mesh in a frame, in pixels and metres, and whether it is seen."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import BadInput
from .npz import decode_npz, encode_npz

MOST_POINTS = 2**20
POINT_BYTES = 24  # of its six numbers


class Dense(NamedTuple):
    """The head's vertices in a frame: px (n, 2), m in the world (n, 3), both float32, and whether each is seen (n,) bool."""

    points_2d: np.ndarray
    points_3d: np.ndarray
    visible: np.ndarray


def encode_dense(values: np.ndarray) -> bytes:
    """The bytes of a label (n, 6): x and y in px, x, y and z in m, and 1 where it is seen."""
    values = np.asarray(values, np.float32)
    return encode_npz(Dense(values[:, :2], values[:, 2:5], values[:, 5] > 0.5)._asdict())


def decode_dense(data: bytes, where: str | Path) -> np.ndarray:
    """The label (n, 6) float32 of a file's bytes; raises BadInput where it is something else."""
    found = Dense(**decode_npz(data, where, Dense._fields, MOST_POINTS * POINT_BYTES))
    if (
        [values.shape[1:] for values in found] != [(2,), (3,), ()]
        or len({len(values) for values in found}) != 1
        or found.points_2d.dtype != np.float32
        or found.points_3d.dtype != np.float32
        or found.visible.dtype != bool
        or not np.isfinite(found.points_3d).all()
    ):
        raise BadInput(f"{where}: is not {' and '.join(Dense._fields)} of the same points")
    return np.concatenate([found.points_2d, found.points_3d, found.visible[:, None].astype(np.float32)], 1)


def split_dense(values: np.ndarray) -> Dense:
    """The fields of a label (n, 6)."""
    return Dense(values[:, :2], values[:, 2:5], values[:, 5] > 0.5)
