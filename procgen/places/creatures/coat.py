"""Coat patterns: spots and stripes of a reaction that diffuses (Turing 1952), patches of noise, countershading."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ...geometry.noise import fractal
from ...params import child

CELLS, WAVES = 32, 5  # of the periodic volume that patterns grow in: lattice points and wave lengths an edge


@lru_cache(maxsize=8)
def turing(seed: int, spots: bool) -> np.ndarray:
    """A grown pattern (32, 32, 32) of about -1…1, periodic: spots are islands, otherwise it is a maze of stripes.

    The Swift–Hohenberg equation (1977), the normal form of a Turing instability, stepped half implicitly.
    """
    frequency = np.fft.fftfreq(CELLS, 1 / CELLS)
    square = (
        frequency[:, None, None] ** 2 + frequency[None, :, None] ** 2 + frequency[None, None, : CELLS // 2 + 1] ** 2
    )
    decay = 1 / (1 + 0.6 * ((1 - square / WAVES**2) ** 2 - 0.35))
    field = 0.3 * child(seed, "turing").standard_normal((CELLS,) * 3)
    for _ in range(28):
        reaction = field + 0.6 * field * field * ((1.1 if spots else 0.0) - field)
        field = np.fft.irfftn(np.fft.rfftn(reaction) * decay, s=(CELLS,) * 3, axes=(0, 1, 2))
        field = np.clip(field, -2, 2)
    field = field - np.median(field)
    return field / np.abs(field).max()


def sampled(volume: np.ndarray, points: np.ndarray, wave: float) -> np.ndarray:
    """A periodic pattern (n,) at points (n, 3), its wave length in metres."""
    place = np.asarray(points) / wave * (CELLS / WAVES)
    whole = np.floor(place).astype(int)
    share = place - whole
    total = np.zeros(len(place))
    for corner in range(8):
        offset = np.array([(corner >> axis) & 1 for axis in range(3)])
        weight = np.prod(np.where(offset, share, 1 - share), axis=1)
        x, y, z = ((whole + offset) % CELLS).T
        total += weight * volume[x, y, z]
    return total


def smoothstep(low: float, high: float, value: np.ndarray) -> np.ndarray:
    """0 below low, 1 above high, smooth between (either way round)."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def mixed(a, b, share: np.ndarray) -> np.ndarray:
    """Colours (n, 3) between two."""
    share = np.asarray(share)[:, None]
    return np.asarray(a) * (1 - share) + np.asarray(b) * share


def spots(points: np.ndarray, seed: int, wave: float, rosettes: bool = False, share: float = 0.28) -> np.ndarray:
    """How dark a spot is 0…1 (n,), over about a share of the points; rosettes are hollow."""
    field = sampled(turing(seed, True), points, wave)
    high = np.quantile(field, 1 - share)
    top = np.quantile(field, 0.97)
    mark = smoothstep(high - 0.06, high + 0.06, field)
    if rosettes:
        mark = mark * (1 - 0.8 * smoothstep(0.62 * top + 0.38 * high, 0.8 * top + 0.2 * high, field))
    return mark


def stripes(points: np.ndarray, seed: int, wave: float, along: np.ndarray) -> np.ndarray:
    """How dark a stripe is 0…1 (n,); stripes run along unit vectors ``along`` (n, 3)."""
    stretched = points - 0.72 * np.einsum("ni,ni->n", points, along)[:, None] * along
    field = sampled(turing(seed, False), stretched, wave)
    return smoothstep(0.02, 0.22, field - np.quantile(field, 0.42))


def patches(points: np.ndarray, seed: int, wave: float, share: float) -> np.ndarray:
    """Large patches 0…1 (n,) with crisp edges that cover a share of the points."""
    field = fractal(points / wave, seed, 4, 0.45)
    bar = np.quantile(field, 1 - share)
    return smoothstep(bar - 0.015, bar + 0.015, field)


def mottled(colour: np.ndarray, points: np.ndarray, seed: int, wave: float, amount: float) -> np.ndarray:
    """A colour (n, 3) that noise makes lighter and darker."""
    return np.asarray(colour) * np.exp(amount * fractal(points / wave, seed, 3))[:, None]
