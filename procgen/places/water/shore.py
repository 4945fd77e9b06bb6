"""Where the sea meets the land: waves that shoal, break in lines along the shore and run up the beach."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...geometry.noise import fractal
from .spectrum import GRAVITY, peak_frequency
from .waves import Waves

BREAKING = 0.78  # height of a breaking wave over the depth (McCowan 1894)
FORESHORE = (0.015, 0.2)  # slopes of beaches that the run-up is told for


class Shore(NamedTuple):
    """What the shore does to the water at points (n,): metres, but foam and shape 0…1."""

    level: np.ndarray  # of the water over its mean level
    fade: np.ndarray  # what is left of the waves of the open sea 0…1
    depth: np.ndarray  # of the water, run-up included
    foam: np.ndarray


class Surf:
    """The surf of a sea on a shore whose bottom falls with a slope: ``height`` and ``length`` of the waves that arrive."""

    def __init__(self, waves: Waves, slope: float):
        sea = waves.sea
        self.waves, self.slope = waves, float(np.clip(slope, *FORESHORE))
        wind = peak_frequency(sea.wind_speed, sea.fetch * 1000)
        swell = np.sqrt(GRAVITY * 2 * np.pi / sea.swell_length)
        self.height = waves.significant_height
        self.frequency = float(swell if sea.swell_height > 0.5 * self.height else wind)
        self.length = 2 * np.pi * GRAVITY / self.frequency**2
        self.seed = sea.seed

    @property
    def run_up(self) -> float:
        """The height over the mean level, metres, that two waves in a hundred pass (Stockdon et al. 2006)."""
        reach = np.sqrt(self.height * self.length)
        return float(
            1.1 * (0.35 * self.slope * reach + np.sqrt(self.height * self.length * (0.563 * self.slope**2 + 0.004)) / 2)
        )

    def at(self, points: np.ndarray, depth: np.ndarray, seconds: float, cell: np.ndarray) -> Shore:
        """The shore at rest points (n, 2) of a still depth (n,), negative on land, with mesh cells of (n,) metres."""
        lengths = points / max(self.length, 4.0)
        along = fractal(lengths * 0.9, self.seed + 11, 3, cell=cell / max(self.length, 4.0))
        strength = np.clip(0.62 + 0.75 * fractal(lengths * 0.6 + 31.0, self.seed + 12, 2), 0.15, 1.0)
        still = np.maximum(depth, 0.0)
        # A wave in shallow water travels √(g d): over an even slope it needs 2 √(d/g) / slope to the shore.
        travel = 2 * np.sqrt(still / GRAVITY) / self.slope
        phase = self.frequency * (seconds + travel) + 2.4 * along + (self.seed % 997)
        beat = 0.5 + 0.5 * np.cos(self.frequency * seconds * 0.61 + 1.7 * along + (self.seed % 89))
        swash = 0.55 * self.run_up * (0.3 + 0.7 * beat) * strength
        rise = swash * (0.5 + 0.5 * np.cos(phase - 0.6 + 0.4 * np.sin(phase)))
        level = rise * np.exp(-still / max(2 * self.run_up, 0.05))
        under = np.maximum(depth + level, 0.0)
        # Green's law lets a wave grow by d^-1/4 until it breaks; crests narrow and lean forward as they do.
        reach = 2.5 * max(self.height, 0.05)
        grown = 0.55 * self.height * strength * (reach / np.maximum(still, 0.1 * reach)) ** 0.25
        limit = BREAKING * 0.75 * under
        near = np.clip(2 - still / reach, 0, 1)
        resolved = np.clip(self.length * np.sqrt(np.minimum(still / reach, 1)) / (4 * np.maximum(cell, 1e-9)) - 1, 0, 1)
        tall = limit * np.tanh(grown / np.maximum(limit, 1e-9)) * near * resolved
        turn = np.mod(phase, 2 * np.pi)
        crest = np.exp(3.2 * (np.cos(phase + 0.35 * np.sin(phase)) - 1)) - 0.22
        # Foam: where the wave is as tall as it can be, from the crest back over the trough; and at the edge of the swash.
        broken = np.clip(grown / np.maximum(limit, 1e-9) * 1.5 - 0.9, 0, 1) * near
        after = np.maximum(np.exp(-turn / 1.1), np.clip(turn - 2 * np.pi + 0.35, 0, 0.35) / 0.35)
        edge = np.exp(-under / max(0.12 * self.run_up, 0.015)) * (0.35 + 0.65 * np.clip(np.sin(phase - 0.6), 0, 1))
        foam = np.clip(np.maximum(broken * (0.12 + 0.88 * after) * strength, 0.9 * edge), 0, 1) * (
            depth > -2 * self.run_up
        )
        level = level + tall * crest
        fade = np.tanh(0.55 * under / max(self.height, 1e-3)) if self.height > 1e-3 else np.ones(len(under))
        return Shore(level, fade, under, foam)


def foreshore_slope(points: np.ndarray, depth: np.ndarray, sample, reach: float) -> float:
    """Slope of the bottom near the water line, the median over points (n, 2) no deeper than ``reach`` metres."""
    near = np.flatnonzero(np.abs(depth) < reach)
    if not len(near):
        return 0.05
    near = near[:: max(len(near) // 4000, 1)]
    step = 0.5
    x = sample(points[near] + [step, 0.0]) - sample(points[near] - [step, 0.0])
    y = sample(points[near] + [0.0, step]) - sample(points[near] - [0.0, step])
    return float(np.median(np.hypot(x, y)) / (2 * step))
