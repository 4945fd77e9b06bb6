"""A track: the weights of all keys, gaze, head and breath of a face over time."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from ..expression import ACTIONS, LOOK_LIMITS, Expression

COLUMN = {name: index for index, name in enumerate(ACTIONS)}  # of an action in a track's weights
LONGEST = 600.0  # s, of what is made here: 36,000 frames at 60 a second


@dataclass(frozen=True)
class Track:
    """What a face does over time.

    ``times`` (n,) in seconds, rising; ``weights`` (n, 52) of the keys in the order of ACTIONS, 0..1; ``gaze`` (n, 2)
    yaw and pitch, ``head`` (n, 3) yaw, pitch and roll, in degrees with the signs of an Expression; ``breath`` (n,)
    from 0 breathed out to 1 breathed in.
    """

    times: np.ndarray
    weights: np.ndarray
    gaze: np.ndarray
    head: np.ndarray
    breath: np.ndarray

    def at(self, times: np.ndarray) -> Track:
        """The track at other times (m,), on straight lines between its own and still outside them."""
        return Track(times, *(_between(times, self.times, getattr(self, name)) for name in PARTS))

    def replace(self, **parts: np.ndarray) -> Track:
        """The track with some parts exchanged."""
        return dataclasses.replace(self, **parts)

    def key_values(self) -> np.ndarray:
        """The weights (n, 52) of the keys, with the lids and eyes following the gaze as ``action_weights`` has it."""
        values = self.weights.copy()
        yaw, pitch = np.radians(self.gaze.T)
        for side, outward in (("Left", yaw), ("Right", -yaw)):
            for direction, angle in (("Up", pitch), ("Down", -pitch), ("Out", outward), ("In", -outward)):
                values[:, COLUMN[f"eyeLook{direction}{side}"]] += np.maximum(angle, 0.0) / LOOK_LIMITS[direction]
        return np.clip(values, 0.0, 1.0)


PARTS = ("weights", "gaze", "head", "breath")


def still(times: np.ndarray, expression: Expression) -> Track:
    """An expression held over times (n,), breathed out."""
    count = len(times)
    weights, gaze, head = (np.tile(np.asarray(values, float), (count, 1)) for values in _numbers(expression))
    return Track(times, weights, gaze, head, np.zeros(count))


def eased(times: np.ndarray, first: Expression, last: Expression) -> Track:
    """From one expression at the first of times (n,) to another at the last, starting and ending at rest."""
    span = times[-1] - times[0]
    t = (times - times[0]) / span if span else np.zeros_like(times)
    amount = smooth(t)[:, None]
    parts = [
        a + (b - a) * amount
        for a, b in zip(map(np.asarray, _numbers(first)), map(np.asarray, _numbers(last)), strict=True)
    ]
    return Track(times, *parts, np.zeros(len(times)))


def frames_of(seconds: float, rate: float) -> np.ndarray:
    """The times (n,) of the frames of a length in seconds, both ends among them, at ``rate`` a second."""
    return np.arange(round(seconds * rate) + 1) / rate


def smooth(t: np.ndarray) -> np.ndarray:
    """A step from 0 to 1 over t in 0..1 that starts and ends at rest."""
    t = np.clip(t, 0.0, 1.0)
    return t * t * (3 - 2 * t)


def _numbers(expression: Expression):
    return (
        expression.actions,
        (expression.gaze_yaw, expression.gaze_pitch),
        (expression.head_yaw, expression.head_pitch, expression.head_roll),
    )


def _between(times: np.ndarray, own: np.ndarray, values: np.ndarray) -> np.ndarray:
    if values.ndim == 1:
        return np.interp(times, own, values)
    return np.stack([np.interp(times, own, column) for column in values.T], 1)
