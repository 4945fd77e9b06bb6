"""Blinks: when they come and how the lids move.

Rates after Bentivoglio et al., "Analysis of blink rate patterns in normal subjects" (Movement Disorders 12, 1997): 17 a
minute at rest. The shape, a fast closing and an opening of about twice that, after Trutoiu et al., "Modeling and
animating eye blinks" (ACM TAP 8, 2011).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from .track import COLUMN, Track, smooth

RATE = 17.0  # a minute, at rest
SHAPE = 3.0  # of the gamma distribution of the pauses: few are short, some are long
SHORTEST = 0.5  # s, of a pause between two that do not touch


class Blink(NamedTuple):
    """One blink in seconds: when the lids are closed first, and how long they close, stay closed and open."""

    closed: float
    closing: float
    hold: float
    opening: float


def draw_blinks(rng: Generator, seconds: float, rate: float = RATE) -> list[Blink]:
    """The blinks of a length in seconds, ``rate`` a minute."""
    if rate <= 0:
        return []
    pause = 60.0 / rate
    found = []
    at = rng.uniform(0.3, 1.0) * pause
    while at < seconds:
        closing = rng.uniform(0.100, 0.150)
        found.append(Blink(at, closing, rng.uniform(0.02, 0.06), closing * rng.uniform(1.6, 2.4)))
        taken = found[-1].hold + found[-1].opening + SHORTEST
        at += taken + rng.gamma(SHAPE, max(pause - taken, 0.1) / SHAPE)
    return found


def lids(times: np.ndarray, blinks: list[Blink]) -> np.ndarray:
    """How far the lids are closed at times (n,), 0 open and 1 closed; every blink is closed on one of the times."""
    closed = np.zeros(len(times))
    for blink in blinks:
        at = times[np.abs(times - blink.closed).argmin()]
        down = smooth((times - at) / blink.closing + 1)
        # Lids let go fast and settle slowly.
        up = 1 - smooth(np.clip((times - at - blink.hold) / blink.opening, 0, 1) ** 0.8)
        closed = np.maximum(closed, np.minimum(down, up))
    return closed


def with_blinks(track: Track, blinks: list[Blink]) -> Track:
    """A track whose lids also blink; a blink begins where the lids are and ends there."""
    weights = track.weights.copy()
    closed = lids(track.times, blinks)
    for side in ("Left", "Right"):
        column = COLUMN[f"eyeBlink{side}"]
        weights[:, column] += (1 - weights[:, column]) * closed
        for other in ("eyeWide", "eyeSquint"):  # what pulls at the lids lets go
            weights[:, COLUMN[other + side]] *= 1 - closed
        weights[:, COLUMN["browDown" + side]] += 0.04 * closed
    return track.replace(weights=np.clip(weights, 0, 1))
