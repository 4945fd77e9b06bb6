"""Horns and antlers as curves, in lengths of the head: to the left, back and up from the crown."""

from __future__ import annotations

import numpy as np

from ...params import child
from .genome import spline

BONE = (0.22, 0.15, 0.09)
KERATIN = (0.06, 0.048, 0.038)
PALE = (0.33, 0.26, 0.18)

Horn = tuple[np.ndarray, np.ndarray, tuple[float, float, float]]


def horn(kind: str, seed: int, length: float) -> list[Horn]:
    """The curves (k, 3), radii (k,) and colours of a left horn of a kind (antlers, lyre, short, spiral, curved)."""
    t = np.linspace(0, 1, 22)
    if kind == "antlers":
        return _antlers(seed, length)
    if kind == "lyre":
        points = spline([[0, 0, 0], [0.10, 0.15, 0.32], [0.24, 0.42, 0.62], [0.20, 0.50, 0.95], [0.10, 0.42, 1.2]], 22)
        return [(length * points, _ringed(0.075 * (1 - 0.85 * t**1.3), t, 16), KERATIN)]
    if kind == "short":
        points = spline(
            [[0, 0, 0], [0.22, -0.02, 0.02], [0.42, -0.10, 0.10], [0.52, -0.20, 0.26], [0.52, -0.24, 0.38]], 22
        )
        return [(length * points, 0.07 * (1 - 0.9 * t**1.4), PALE)]
    if kind == "curved":
        points = spline([[0, 0, 0], [0.05, 0.12, 0.30], [0.12, 0.40, 0.52], [0.22, 0.72, 0.50], [0.30, 0.92, 0.30]], 22)
        return [(length * points, _ringed(0.085 * (1 - 0.85 * t), t, 18), KERATIN)]
    # The spiral of a ram: radius and breadth shrink evenly with the turn, as Thompson's logarithmic spiral has it.
    t = np.linspace(0, 1, 40)
    turn = 1.0 + 6.6 * t
    radius = 0.36 * np.exp(-0.12 * turn)
    points = np.stack(
        [0.08 + 0.46 * t, 0.30 - radius * np.cos(turn - 1.2) * 1.1, radius * np.sin(turn) * 1.1 - 0.10], 1
    )
    points = points - points[0]
    return [(length * points, _ringed(0.13 * np.exp(-1.9 * t) * (1 - 0.6 * t**6), t, 24), PALE)]


def _ringed(radii: np.ndarray, t: np.ndarray, rings: int) -> np.ndarray:
    return radii * (1 + 0.07 * np.cos(2 * np.pi * rings * t) * (t < 0.8))


def _antlers(seed: int, length: float) -> list[Horn]:
    """A beam that sweeps out, back and forward, and tines that stand on its front."""
    rng = child(seed, "antlers")
    beam = np.array([[0, 0, 0], [0.16, 0.16, 0.28], [0.42, 0.34, 0.62], [0.60, 0.26, 1.02], [0.56, 0.02, 1.42]])
    beam = beam * (1 + 0.06 * rng.standard_normal(beam.shape))
    beam[0] = 0
    t = np.linspace(0, 1, 20)
    curve = spline(beam, 20)
    parts = [(length * curve, 0.058 * (1 - 0.72 * t) + 0.02 * np.exp(-14 * t), BONE)]
    places = np.concatenate([[0.06], np.sort(rng.uniform(0.3, 0.9, int(rng.integers(2, 5))))])
    for place in places:
        root = curve[int(place * 19)]
        size = 0.42 * (1 - 0.45 * place) * rng.uniform(0.85, 1.15)
        tine = spline([[0, 0, 0], [0.06, -0.35 * size, 0.22 * size], [0.05, -0.62 * size, 0.85 * size]], 8)
        parts.append((length * (root + tine), 0.036 * (1 - 0.5 * place) * (1 - 0.9 * np.linspace(0, 1, 8)), BONE))
    return parts
