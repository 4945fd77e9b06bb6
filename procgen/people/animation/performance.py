"""A performance: the expression and the motion of a spec over a length, with what keeps a face alive."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...params import child
from ..expression import Expression
from .blinks import RATE, draw_blinks, with_blinks
from .breath import draw_breaths, with_breath
from .idle import draw_sway, with_idle
from .saccades import draw_targets, with_saccades
from .track import Track, eased


class Life(NamedTuple):
    """How much of each there is, 0..1: blinks scale in number, the others in size."""

    blinks: float = 1.0
    breath: float = 1.0
    saccades: float = 0.5
    idle: float = 0.5


def perform(times: np.ndarray, first: Expression, last: Expression, seed: int, life: Life = Life()) -> Track:  # noqa: B008
    """A face at times (n,) in seconds from 0, eased from one expression to another and alive."""
    seconds = float(times[-1])
    track = eased(times, first, last)
    if life.idle:
        track = with_idle(track, draw_sway(child(seed, "idle")), life.idle)
    if life.saccades:
        track = with_saccades(track, draw_targets(child(seed, "saccades"), seconds), life.saccades)
    if life.breath:
        track = with_breath(track, draw_breaths(child(seed, "breath"), seconds), life.breath)
    return with_blinks(track, draw_blinks(child(seed, "blinks"), seconds, RATE * life.blinks))
