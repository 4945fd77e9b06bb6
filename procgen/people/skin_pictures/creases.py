"""Where skin lies against skin and light does not get out: between the lips, beside the wings of the nose, in nostrils, over lids."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .texels import texels


class Crease(NamedTuple):
    """A line of the template (|x|, y, z in mm), the standard deviation in mm of the shade about it, and what it takes of the light."""

    line: tuple[tuple[float, float, float], ...]
    width: float
    dark: float


CREASES = (
    # Between the lips, and on a little beyond their corners.
    Crease(((0.0, -29.9, -68.6), (10.0, -27.7, -67.9), (20.0, -20.1, -67.3), (24.5, -17.1, -67.4), (27.0, -16.6, -68.0)), 0.75, 0.42),
    # Beside the wings of the nose.
    Crease(((14.6, -26.6, -30.0), (16.7, -24.6, -33.3), (17.4, -23.9, -37.2), (17.6, -23.3, -40.5), (16.8, -23.8, -43.0),
            (14.7, -24.9, -45.8), (12.0, -26.8, -47.3)), 1.25, 0.42),
    # Over the upper lids.
    Crease(((19.7, -15.8, 3.2), (23.4, -16.5, 6.6), (27.1, -16.5, 8.1), (31.1, -16.2, 8.8), (36.6, -14.9, 8.6), (41.9, -12.8, 6.6),
            (47.0, -9.3, 3.2)), 0.85, 0.36),
)  # fmt: skip
NOSTRIL, NOSTRIL_SPREAD, NOSTRIL_DARK = (9.4, -31.0, -41.4), (3.0, 3.9, 1.5), 0.92  # centre and spread in mm
RED = np.array([0.94, 1.0, 1.0], np.float32)  # red light finds out of skin a little more easily
FAR = 3.5  # standard deviations beyond which nothing is shaded


def _distance(places: np.ndarray, line: np.ndarray) -> np.ndarray:
    """How far places (n, 3) are from a polyline (k, 3)."""
    near = np.full(len(places), np.inf)
    for start, stop in zip(line[:-1], line[1:], strict=True):
        along = stop - start
        share = np.clip((places - start) @ along / (along @ along), 0, 1)
        near = np.minimum(near, np.linalg.norm(places - start - share[:, None] * along, axis=1))
    return near


@lru_cache(maxsize=2)
def shaded(size: int) -> tuple[np.ndarray, np.ndarray]:
    """The texels (k,) that creases shade, and the factors (k, 3) on their colour; the same for every head."""
    places = texels(size).place * np.float32(1000)
    places = np.stack([np.abs(places[:, 0]), places[:, 1], places[:, 2]], 1)
    left = np.ones(len(places), np.float32)
    for crease in CREASES:
        line, reach = np.array(crease.line, np.float32), FAR * crease.width
        at = np.nonzero((places > line.min(0) - reach).all(1) & (places < line.max(0) + reach).all(1))[0]
        left[at] *= 1 - np.float32(crease.dark) * np.exp(-0.5 * (_distance(places[at], line) / crease.width) ** 2)
    off = ((places - np.array(NOSTRIL, np.float32)) / np.array(NOSTRIL_SPREAD, np.float32)) ** 2
    # Flat in the middle: a nostril is dark up to its rim.
    left *= 1 - np.float32(NOSTRIL_DARK) * np.exp(-0.5 * off.sum(1) ** 2)
    at = np.nonzero(left < 0.995)[0]
    return at, 1 - (1 - left[at, None]) * RED


def left_at(size: int, texels_at: np.ndarray) -> np.ndarray:
    """The factors (m, 3) that creases leave on the colour of texels (m,)."""
    at, left = shaded(size)
    place = np.minimum(np.searchsorted(at, texels_at), len(at) - 1)
    return np.where((at[place] == texels_at)[:, None], left[place], np.float32(1))
