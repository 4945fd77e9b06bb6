"""Coiled shells after Raup (1966): a generating curve that turns about an axis, and grows and slides by the same share."""

from __future__ import annotations

import numpy as np


def section(distance: float, shape: float, around: np.ndarray) -> np.ndarray:
    """The generating curve (n, 2), radius and height, of Raup's D and S, with its centre at the radius 1.

    D is the distance of its inner margin from the axis as a share of that of its outer one, S its height as a share of
    its width; ``around`` (n,) are angles from the outer margin.
    """
    half = (1 - distance) / (1 + distance)
    return np.stack([1 + half * np.cos(around), half * shape * np.sin(around)], -1)


def helicospiral(curve: np.ndarray, expansion: float, translation: float, turns: np.ndarray) -> np.ndarray:
    """A coil (k, n, 3) about z: the curve (n, 2) or (k, n, 2) at each of the turns (k,), at full size at turn 0.

    ``expansion`` W is the growth in a turn, ``translation`` T the slide along the axis per radius of the curve's centre.
    """
    size = float(expansion) ** np.asarray(turns, float)[:, None]
    angle = 2 * np.pi * np.asarray(turns, float)[:, None]
    radius, height = curve[..., 0] * size, (curve[..., 1] + translation) * size
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), height], -1)
