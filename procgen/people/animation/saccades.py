"""Saccades: the eyes jump between what they look at.

How often, how far and where to: Lee, Badler and Badler, "Eyes Alive" (SIGGRAPH 2002), a person who talks. How fast: the
main sequence of Bahill, Clark and Stark (Mathematical Biosciences 24, 1975); durations on Carpenter's line.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from .track import Track

SHORTEST, PER_DEGREE = 0.021, 0.0022  # s, and s for each degree
LARGEST = 15.0  # degrees away from what is looked at; more turns the head
STAYS, AWAY = 3.13, 0.93  # s, mean time on what is looked at and beside it
FIXATION = (0.3, 1.1)  # s, within a stay
SCAN = 1.2  # degrees, deviation of the places within a face that one looks at
DIRECTIONS = np.array([15.54, 6.46, 17.69, 7.44, 16.80, 7.89, 20.38, 7.79])  # percent, from 0° in steps of 45°


def duration(amplitude: float) -> float:
    """How long a saccade of an amplitude in degrees takes, in seconds."""
    return SHORTEST + PER_DEGREE * amplitude


def draw_targets(rng: Generator, seconds: float) -> list[tuple[float, np.ndarray]]:
    """When the eyes leave for another place, and that place as yaw and pitch in degrees beside the one looked at."""
    targets = []
    at, leave = 0.0, rng.exponential(STAYS)
    while at < seconds:
        if at < leave:
            targets.append((at, rng.normal(0, SCAN, 2) * (1.0, 0.7)))
            at += rng.uniform(*FIXATION)
        else:
            size = min(-6.9 * np.log(rng.uniform(0.5, 15.0) / 15.7), LARGEST)
            angle = np.radians(45 * (rng.choice(8, p=DIRECTIONS / DIRECTIONS.sum())) + rng.normal(0, 8))
            targets.append((at, size * np.array([np.cos(angle), 0.8 * np.sin(angle)])))
            at += max(rng.exponential(AWAY), 0.2)
            leave = at + rng.exponential(STAYS)
    return targets


def offsets(times: np.ndarray, targets: list[tuple[float, np.ndarray]]) -> np.ndarray:
    """Yaw and pitch (n, 2) in degrees at times (n,), beside what is looked at."""
    gaze, jumped = np.zeros((len(times), 2)), np.zeros((len(times) + 1, 2))
    here = np.zeros(2)
    for start, there in targets:
        step = there - here
        length = duration(float(np.hypot(*step)))
        first, last = np.searchsorted(times, (start, start + length))
        u = ((times[first:last] - start) / length)[:, None]
        gaze[first:last] += u**3 * (10 - 15 * u + 6 * u * u) * step  # minimum jerk
        jumped[last] += step
        here = there
    return gaze + np.cumsum(jumped, 0)[:-1]


def with_saccades(track: Track, targets: list[tuple[float, np.ndarray]], amount: float) -> Track:
    """A track whose eyes jump as well; ``amount`` 0..1 scales how far."""
    return track.replace(gaze=track.gaze + amount * offsets(track.times, targets))
