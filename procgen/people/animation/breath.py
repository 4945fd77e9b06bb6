"""Breath: twelve to sixteen a minute, in faster than out."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from .track import COLUMN, Track, smooth

RATES = (12.0, 16.0)  # a minute
INHALED = 0.4  # of a breath goes in
FLARE = 0.05  # of noseSneer, while air goes in


def draw_breaths(rng: Generator, seconds: float) -> np.ndarray:
    """When breaths begin (m,), in seconds: from before 0 to after the end, each a little longer or shorter."""
    length = 60.0 / rng.uniform(*RATES)
    count = int(seconds / (0.7 * length)) + 3
    return np.concatenate([[0.0], np.cumsum(length * np.clip(rng.normal(1, 0.08, count), 0.8, 1.2))]) - rng.uniform(
        0, length
    )


def phase(times: np.ndarray, breaths: np.ndarray) -> np.ndarray:
    """How far each breath is at times (n,): 0 where it begins, toward 1 where it ends."""
    index = np.clip(np.searchsorted(breaths, times, side="right") - 1, 0, len(breaths) - 2)
    return np.clip((times - breaths[index]) / (breaths[index + 1] - breaths[index]), 0, 1)


def with_breath(track: Track, breaths: np.ndarray, amount: float) -> Track:
    """A track that breathes; ``amount`` 0..1 scales chest and shoulders, and the nostrils with them."""
    t = phase(track.times, breaths)
    full = smooth(np.where(t < INHALED, t / INHALED, (1 - t) / (1 - INHALED)))
    weights = track.weights.copy()
    flare = FLARE * amount * np.sin(np.pi * np.clip(t / INHALED, 0, 1)) ** 2
    for side in ("Left", "Right"):
        column = COLUMN[f"noseSneer{side}"]
        weights[:, column] = np.minimum(weights[:, column] + flare, 1)
    return track.replace(weights=weights, breath=track.breath + amount * full)
