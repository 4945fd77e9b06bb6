"""What wind and frost lay on the land, at any resolution: dunes and ripples of sand, floes of sea ice, drifts of snow."""

from __future__ import annotations

import numpy as np

from .fields import cells2, noise2, seen, smoothstep, waves

REPOSE = 0.62  # rise over run at which dry sand slides (32°)


def smooth_min(a, b, width):
    """The smaller of two, rounded where they are within ``width`` of each other (Quilez's quadratic one); C1."""
    mix = np.maximum(width - np.abs(a - b), 0)
    return np.minimum(a, b) - mix * mix / (4 * width)


def _smooth_max(a, b, width):
    return -smooth_min(-a, -b, width)


def _ridge(along, across, seed: int, spacing: float, crest: float, bend: float):
    """One set of transverse dunes: a gentle windward side, a sharp brink, a lee side at the angle of repose."""
    sway = bend * waves(along, across, seed, 3.1 * spacing, 2, 0.4) + 0.16 * waves(
        along, across, seed + 7, 0.9 * spacing, 2, 0.4
    )
    phase = along / spacing + sway
    share = phase - np.floor(phase)
    height = crest * np.clip(0.72 + 0.75 * waves(along, across, seed + 3, 2.3 * spacing, 2, 0.5), 0.06, None)
    rounded = 0.05 * crest
    t = share / 0.97
    windward = 1.3 * height * t * t * (3 - 2 * t) - rounded
    lee = REPOSE * spacing * (0.985 - share)
    return _smooth_max(smooth_min(windward, lee, rounded), np.zeros_like(share), rounded)


def dunes(x, y, seed: int, spacing: float, crest: float, wind: float, cell=None):
    """Heights (n,) of a sea of sand: two sets of dunes that run into each other, small dunes upon them, and ripples."""
    c, s = np.cos(wind), np.sin(wind)
    along, across = x * c + y * s, y * c - x * s
    c2, s2 = np.cos(0.35), np.sin(0.35)
    large = _smooth_max(
        _ridge(along, across, seed, spacing, crest, 0.75),
        0.8 * _ridge(along * c2 - across * s2, across * c2 + along * s2, seed + 20, 1.45 * spacing, crest, 0.8),
        0.06 * crest,
    )
    fine = seen(spacing / 9, cell)
    small = 0.0
    if np.any(fine > 0):
        small = fine * smoothstep(0.9, 0.5, large / crest) * _ridge(along * c2 + across * s2, across * c2 - along * s2, seed + 40, spacing / 4.5, crest / 11, 0.5)  # fmt: skip
    return large + small + ripples(along, across, seed + 60, 0.16, 0.011, cell)


def ripples(along, across, seed: int, spacing: float, crest: float, cell=None):
    """Heights (n,) of ripples across the wind or current, steeper in the lee, with forks where they meet."""
    fade = np.broadcast_to(np.asarray(seen(spacing, cell), float), np.shape(along))
    total = np.zeros(np.shape(along))
    on = fade > 0
    if on.any():
        a, b = along[on], across[on]
        phase = (
            a / spacing
            + 1.1 * noise2(a / (9 * spacing), b / (17 * spacing), seed)
            + 0.35 * noise2(a / (2.2 * spacing), b / (6 * spacing), seed + 1)
        )
        turn = 2 * np.pi * phase
        strength = 0.65 + 0.5 * noise2(a / (31 * spacing), b / (31 * spacing), seed + 2)
        total[on] = crest * fade[on] * strength * 0.5 * (np.sin(turn) + 0.3 * np.sin(2 * turn + 0.6))
    return total


def floes(x, y, seed: int, cell=None):
    """Pack ice: heights (n,) of its plates over the water's surface, and where there is ice 0…1.

    Plates with open leads between some of them, pressure ridges of broken blocks between others.
    """
    large, brash = 46.0, 9.0
    bend = 5 * waves(x, y, seed, 60, 3), 5 * waves(x, y, seed + 5, 60, 3)
    u, v = x + bend[0], y + bend[1]
    first, second, owner = cells2(u / large, v / large, seed)
    edge = (second - first) * (large / 2)
    strain = waves(x, y, seed + 9, 260, 3)
    gap = np.clip(9 * (strain - 0.02), 0, 5.0)  # half width of the lead
    first, second, piece = cells2(u / brash, v / brash, seed + 1)
    broken = (second - first) * (brash / 2)
    sheet = np.where(gap > 0, smoothstep(0, 0.35, edge - gap), 1.0)
    # Small floes drift in the leads.
    loose = smoothstep(0.25, 0.55, broken) * (piece > 0.45) * smoothstep(0.3, 1.2, gap)
    ice = np.maximum(sheet, loose)
    top = np.where(sheet >= loose, 0.28 + 0.3 * owner, 0.12 + 0.12 * piece)
    height = ice * (top + 1.6) - 1.6
    press = np.clip(-5 * strain, 0, 2.6) * np.exp(-((edge / 2.6) ** 2))
    fine = seen(1.7, cell)
    if np.any(fine > 0):
        near, far, block = cells2(u / 1.7, v / 1.7, seed + 2)
        rubble = block * smoothstep(0.0, 0.25, far - near)
        height = height + press * (0.55 + fine * (0.9 * rubble - 0.45))
    else:
        height = height + press * 0.55
    return height, ice


def sastrugi(x, y, seed: int, wind: float, cell=None):
    """Heights (n,) of wind-cut snow: drifts drawn out along the wind."""
    c, s = np.cos(wind), np.sin(wind)
    along, across = x * c + y * s, y * c - x * s
    return 0.12 * waves(along / 3.2, across, seed, 5.0, 4, 0.5, cell=None if cell is None else cell * 1.0, shape=_drift)


def _drift(value):
    return np.sqrt(value * value + 0.02) * 1.2 - 0.35 + 0.4 * value
