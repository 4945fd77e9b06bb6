"""How a headscarf folds: from where it is gathered under the jaw over the head, in swags below the chin, and down the chest."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...geometry.angles import arctan2

GATHERED = (0.026, -0.090)  # y and z where cloth is gathered under one side of the jaw, metres
PINNED = (0.056, 0.004)  # and where the end that comes around under the chin is pinned on the other side
FAN, FAN_HEIGHT = (
    (0.24, 0.62),
    0.0085,
)  # radians from fold to fold about the one and the other, and their height in metres
SWAG, SWAG_HEIGHT = 0.036, 0.0125  # metres from swag to swag below the chin, and their height
HANGING, HANGING_HEIGHT = (
    0.30,
    0.0085,
)  # radians about the neck from fold to fold over chest and shoulders, height in metres
FINE, FINE_HEIGHT = 2.3, 0.0008  # small creases to a fold, and their height in metres
LAYER = 0.0036  # metres that the pinned end lies above the rest
EDGE = (-0.118, 0.135, 0.055)  # height of its edge under the chin, its rise to the pin and its fall behind it, metres


def ridges(phase: np.ndarray, sharp: float = 0.7) -> np.ndarray:
    """Folds of hanging cloth along a phase in periods: round crests, sharp valleys; 0…1."""
    return np.abs(np.sin(np.pi * (phase + 0.12 * np.sin(2 * np.pi * phase)))) ** sharp


def step(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 below one value and 1 above another, smooth between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def _warp(x: np.ndarray, z: np.ndarray, fineness: float, rng: Generator) -> np.ndarray:
    """A slow wave -1…1 over places (n,) that keeps folds from being alike."""
    phases = zip((1, 2, 3), rng.uniform(0, 6.28, 3), rng.uniform(0, 6.28, 3), strict=True)
    return sum(np.sin(fineness * k * x + p) * np.sin(0.8 * fineness * k * z + q) for k, p, q in phases) / 3


def _uneven(phase: np.ndarray, rng: Generator) -> np.ndarray:
    """How high (0.25…1) the fold at each phase is: no two are alike."""
    shift, other = rng.uniform(0, 6.28, 2)
    return 0.625 + 0.375 * np.sin(2.1 * phase + shift) * np.cos(0.77 * phase + other)


def scarf_folds(places: np.ndarray, depth: np.ndarray, rng: Generator) -> np.ndarray:
    """The height (n,) of a headscarf's folds over places (n, 3) of the neutral head's frame, metres, never below 0.

    ``depth`` (n,) is 0 at the edge around the face and 1 from 3 cm behind it.
    """
    x, y, z = places.T
    warp, fine = _warp(x, z, 15.0, rng), _warp(x + 0.7 * y, z, 45.0, rng)
    low, back = step(-z, 0.080, 0.125), step(depth, 0.10, 0.8)
    pinned = rng.choice([-1.0, 1.0])
    # The end that comes around under the chin lies over the rest, up to where it is pinned.
    turn = pinned * arctan2(x, -(y - 0.07))
    edge = EDGE[0] + EDGE[1] * step(turn, -0.2, 1.45) - EDGE[2] * step(turn, 1.7, 2.9) + 0.006 * warp
    height = LAYER * back * step(turn, -0.3, 0.5) * step(edge - z, 0.0, 0.009)  # no steeper than the mesh is fine
    for side in (pinned, -pinned):  # a fan over cheek, ear and temple
        ends = int(side == pinned)
        at = (PINNED if ends else GATHERED) + rng.uniform(-0.008, 0.008, 2)
        angle, far = arctan2(z - at[1], y - at[0]), np.hypot(z - at[1], y - at[0])
        phase = angle / (FAN[ends] * rng.uniform(0.85, 1.2)) + 0.35 * warp + rng.uniform(0, 1)
        near, reach = ((0.018, 0.060), (0.10, 0.19)) if ends else ((0.015, 0.055), (0.15, 0.25))
        here = step(side * x, 0.010, 0.045) * step(far, *near) * (1 - step(far, *reach))
        fold = _uneven(phase, rng) * ridges(phase) + FINE_HEIGHT / FAN_HEIGHT * ridges(FINE * phase + fine, 1.0)
        height += FAN_HEIGHT * here * (1 - (0.4 if ends else 1.0) * low) * back * fold
    # Over the crown long shallow folds run from the brow back.
    over = x / 0.034 + 0.6 * warp + rng.uniform(0, 1)
    height += 0.0030 * step(z, 0.035, 0.075) * step(depth, 0.2, 1.0) * ridges(over, 1.1) * _uneven(over, rng)
    # Below the chin cloth hangs from side to side, lower on the side that it comes from.
    lean = pinned * rng.uniform(0.25, 0.55)
    swag = (z + 2.6 * x**2 - lean * x - 0.25 * (y - 0.05)) / SWAG + 0.6 * warp + rng.uniform(0, 1)
    chest = step(-z, 0.185, 0.245)
    fold = _uneven(swag, rng) * ridges(swag) + FINE_HEIGHT / SWAG_HEIGHT * ridges(FINE * swag + fine, 1.0)
    height += low * (1 - 0.9 * chest) * SWAG_HEIGHT * fold
    # And from the neck down over chest and shoulders.
    down = arctan2(x, -(y - 0.06)) / HANGING + 0.35 * warp + 4.0 * lean * z
    return height + HANGING_HEIGHT * chest * ridges(down) * _uneven(down, rng)
