"""Pigment that a shell's lip lays down as it grows: an activator and its substrate in one dimension (Meinhardt 1995)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Chemistry(NamedTuple):
    """Rates a step: how fast activator and substrate decay, come of themselves and diffuse, and how they saturate."""

    decay: float
    supply: float
    loss: float
    spread: float
    substrate_spread: float
    basal: float
    saturation: float


# A substrate that diffuses far leaves the activator standing in bands along the growth; one that stays in place gives
# pulses that run along the lip, as zigzags; where both are quick the lip fires as one, in rays across the growth.
PATTERNS = {
    "bands": Chemistry(0.020, 0.030, 0.0, 0.010, 0.40, 0.001, 0.0),
    "lines": Chemistry(0.050, 0.040, 0.0, 0.006, 0.20, 0.001, 0.1),
    "zigzag": Chemistry(0.080, 0.070, 0.0, 0.012, 0.0, 0.0008, 0.0),
    "rays": Chemistry(0.100, 0.060, 0.0, 0.20, 0.02, 0.002, 0.0),
}
STEPS = {"bands": 6, "lines": 6, "zigzag": 6, "rays": 18}  # of time in a row of a shell


def pigment(pattern: str, cells: int, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Activator (rows, cells) of a lip of ``cells`` as it lays down row after row, as 0…1 of its greatest values."""
    every = STEPS[pattern]
    decay, supply, loss, spread, far, basal, saturation = PATTERNS[pattern]
    source = decay * (0.96 + 0.08 * rng.random(cells))
    a, b = 0.2 + 0.6 * rng.random(cells), np.full(cells, 0.9)
    laid = np.zeros((rows, cells))
    for step in range((rows + 30) * every):
        left, right = np.concatenate([a[:1], a[:-1]]), np.concatenate([a[1:], a[-1:]])
        low, high = np.concatenate([b[:1], b[:-1]]), np.concatenate([b[1:], b[-1:]])
        burst = source * b * (a * a / (1 + saturation * a * a) + basal * 10)
        a, b = (np.clip(a + burst - decay * a + spread * (left + right - 2 * a), 0, 20),
                np.clip(b + supply - burst - loss * b + far * (low + high - 2 * b), 0, 20))  # fmt: skip
        row = step // every - 30
        if row >= 0:
            laid[row] = a
    return np.clip(laid / max(np.quantile(laid, 0.97), 1e-9), 0, 1)
