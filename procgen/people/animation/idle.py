"""Idle: a head that is held is never quite still, and the eyes stay on what they look at."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from .track import Track

SWAY = np.array([1.3, 0.8, 0.6])  # degrees, deviation of yaw, pitch and roll
SLOWEST, FASTEST, WAVES = 0.06, 0.6, 7  # Hz, and how many


def draw_sway(rng: Generator) -> np.ndarray:
    """Waves (3, WAVES, 3) of yaw, pitch and roll: amplitude in degrees, frequency in Hz, phase in radians."""
    frequency = np.geomspace(SLOWEST, FASTEST, WAVES) * rng.uniform(0.85, 1.15, (3, WAVES))
    amplitude = rng.uniform(0.5, 1.0, (3, WAVES)) / frequency**0.5  # slow waves are the large ones
    amplitude *= SWAY[:, None] * np.sqrt(2) / np.linalg.norm(amplitude, axis=1, keepdims=True)
    return np.stack([amplitude, frequency, rng.uniform(0, 2 * np.pi, (3, WAVES))], 2)


def sway(times: np.ndarray, waves: np.ndarray) -> np.ndarray:
    """Yaw, pitch and roll (n, 3) in degrees at times (n,)."""
    amplitude, frequency, phase = waves.transpose(2, 0, 1)[:, None]
    return (amplitude * np.sin(2 * np.pi * frequency * times[:, None, None] + phase)).sum(2)


def with_idle(track: Track, waves: np.ndarray, amount: float) -> Track:
    """A track whose head sways; the eyes turn against it."""
    moved = amount * sway(track.times, waves)
    return track.replace(head=track.head + moved, gaze=track.gaze - moved[:, :2])
