"""Lips that meet: how far apart those of a head are, and targets that bring them together."""

from __future__ import annotations

from functools import cache

import numpy as np

from .measures import probe
from .rims import RIMS

TOUCH = -0.0002  # m: the gap of lips at rest; soft, they press on each other a little
MOST = 9.0  # mm that a target closes at most
ROUNDS = 6  # which of a rim's vertices touches changes on the way


def _apart(heights: dict[str, np.ndarray]) -> np.ndarray:
    """The gap at each station (k,), the mean of both sides, of heights by rim."""
    return np.array([
        np.mean([heights[f"upper_{station}_{side}"].min() - heights[f"lower_{station}_{side}"].max() for side in "lr"])
        for station in RIMS
    ])  # fmt: skip


def _heights(places: np.ndarray) -> dict[str, np.ndarray]:
    return {name: places[rows, 2] for name, rows in probe().rows.items() if name.startswith(("upper_", "lower_"))}


def gaps(places: np.ndarray) -> np.ndarray:
    """How far apart the lips are at each of RIMS (k,), metres, of the probe's places (m, 3); below zero they cut each other."""
    return _apart(_heights(places))


@cache
def _solver() -> np.ndarray:
    """The weights of the closing targets (k,) for a change of the gaps (k,) in metres."""
    from .sizes import effects

    answers = np.zeros((len(RIMS), len(RIMS)))
    for column, station in enumerate(RIMS):
        moved = _heights(effects()[1][f"own/lips_{station}"])
        for row, name in enumerate(RIMS):
            answers[row, column] = np.mean(
                [moved[f"upper_{name}_{side}"].mean() - moved[f"lower_{name}_{side}"].mean() for side in "lr"]
            )
    return np.linalg.inv(answers)


def closing(weights: dict[str, float]) -> dict[str, float]:
    """The weights of the targets that let the lips of a head with these weights of its targets meet."""
    from .sizes import effects, places_of

    places, found = places_of(weights), np.zeros(len(RIMS))
    moves = [effects()[1][f"own/lips_{station}"] for station in RIMS]
    for _ in range(ROUNDS):
        now = places + sum(weight * move for weight, move in zip(found, moves, strict=True))
        found = np.clip(found + _solver() @ (TOUCH - gaps(now)), -MOST, MOST)
    return {f"own/lips_{station}": float(weight) for station, weight in zip(RIMS, found, strict=True)}
