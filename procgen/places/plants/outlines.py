"""The shapes of leaves in closed form, over numpy arrays and over fields of geometry nodes alike.

Every function takes ``m``, the mathematics to use (``Arrays`` here, ``Fields`` in leaf_nodes), and values that add and
multiply; so a leaf that geometry nodes make has the very outline of the one that numpy makes.
"""

from __future__ import annotations

import numpy as np

PI = float(np.pi)


class Arrays:
    """Mathematics on numpy arrays."""

    sin, cos, absolute, sqrt = staticmethod(np.sin), staticmethod(np.cos), staticmethod(np.abs), staticmethod(np.sqrt)
    maximum, minimum = staticmethod(np.maximum), staticmethod(np.minimum)
    power = staticmethod(np.power)

    @staticmethod
    def fraction(x):
        return x - np.floor(x)


def _tapered(m, v, low: float, high: float):
    """A half width of peak one over 0…1: v^low (1-v)^high, nothing at both ends."""
    peak = low / (low + high)
    v = m.minimum(m.maximum(v, 0.0), 1.0)
    return m.power(v, low) * m.power(1 - v, high) * (1 / (peak**low * (1 - peak) ** high))


# Half widths relative to the greatest over the way v 0…1 along the midrib, of blades with one midrib.
def _oak(m, v, lobes):
    wave = 0.5 + 0.5 * m.cos((v * 1.06 - 0.10) * lobes * 2 * PI)
    return _tapered(m, v, 0.85, 0.42) * (0.46 + 0.54 * m.power(wave, 0.8))


def _birch(m, v, lobes):
    tooth = 1 - 0.12 * m.fraction(v * lobes * 4)
    return _tapered(m, v, 0.42, 1.05) * tooth


def _beech(m, v, lobes):
    return _tapered(m, v, 0.62, 0.72) * (1 + 0.025 * m.sin(v * lobes * 4 * PI))


def _willow(m, v, lobes):
    return _tapered(m, v, 0.55, 0.95) * (1 - 0.06 * m.fraction(v * lobes * 8))


def _lanceolate(m, v, lobes):
    return _tapered(m, v, 0.60, 1.15)


def _banana(m, v, lobes):
    return _tapered(m, v, 0.32, 0.40) * (1 + 0.02 * m.sin(v * lobes * 6 * PI))


def _needle(m, v, lobes):
    return _tapered(m, v, 0.12, 0.35)


# Radii relative to the greatest over the angle u -1…1 from the tip to either side, of blades with veins from one point.
def _fan(m, u, lobes, sharp: float, depth: float, shrink: float):
    wave = m.absolute(m.cos(u * lobes * PI / 2))
    return (1 - shrink * m.power(m.absolute(u), 1.4)) * (1 - depth + depth * m.power(wave, sharp))


def _maple(m, u, lobes):
    tooth = 1 - 0.10 * m.absolute(m.sin(u * lobes * 2 * PI))
    return _fan(m, u, lobes, 1.35, 0.66, 0.42) * tooth


def _ivy(m, u, lobes):
    return _fan(m, u, lobes, 0.9, 0.45, 0.42)


def _ginkgo(m, u, lobes):
    notch = m.power(m.absolute(m.cos(u * PI / 2)), 10.0)
    return 1 - 0.30 * notch - 0.05 * m.power(m.absolute(u), 2.0) + 0.02 * m.cos(u * lobes * 9)


def _heart(m, u, lobes):
    # A cardioid with a drawn-out tip.
    return 0.62 + 0.38 * m.power(1 - m.absolute(u), 1.6) - 0.06 * m.power(m.absolute(u), 4.0)


# What a blade is made of: ("rib", half width, greatest half width by length, …) or ("fan", radius, …, half angle).
RIB = {"oak": _oak, "birch": _birch, "beech": _beech, "willow": _willow, "lanceolate": _lanceolate, "banana": _banana,
       "needle": _needle}  # fmt: skip
FAN = {"maple": (_maple, 0.80), "ivy": (_ivy, 0.85), "ginkgo": (_ginkgo, 0.34), "heart": (_heart, 1.0)}
# Compound leaves: pairs of leaflets along a stalk; the leaflet's outline, its length and how far it leans to the tip.
COMPOUND = {"palm": ("lanceolate", 0.36, 0.95), "fern": ("willow", 0.30, 1.25), "compound": ("beech", 0.30, 1.15)}


def blade(m, shape: str, u, v, width, lobes):
    """Places (x, y) of a blade of length one for u -1…1 across and v 0…1 outwards; ``width`` is its whole width, ``lobes``
    how many lobes (or teeth) it has."""
    if shape in RIB:
        return u * RIB[shape](m, v, lobes) * width * 0.5, v
    outline, half = FAN[shape]
    reach = outline(m, u, lobes) * v
    angle = u * (half * PI)
    # The stalk's end lies as far from the tip as the widest lobes reach back.
    return m.sin(angle) * reach * width * 0.62, m.cos(angle) * reach


def shaped(m, x, y, fold, curl, wave):
    """Height and place (x, y, z) of a flat blade of length one that is folded along its midrib by ``fold`` radians a side, bent
    down along its length by ``curl`` radians, with edges that go up and down by ``wave``."""
    z = m.absolute(x) * m.sin(fold) + wave * x * m.sin(y * 11.0) * m.absolute(x) * 1.6
    x = x * m.cos(fold)
    bend = m.maximum(m.absolute(curl), 1e-4)
    turn = y * bend
    # Along a circle of the radius 1/bend that bends down.
    return x, m.sin(turn) * (1 / bend) + z * m.sin(turn), z * m.cos(turn) - (1 - m.cos(turn)) * (1 / bend)


def leaflet_place(m, i, pairs: int, sign, span: float, lean: float):
    """Where the i-th pair of leaflets sits along the stalk 0…1, how long it is relative to the longest, and the angle in
    radians that it leans from the stalk to the side ``sign``."""
    t = (i + 0.5) / pairs
    size = 0.25 + 0.75 * m.sin(PI * (0.18 + 0.76 * t))
    return 0.14 + 0.84 * t, size * span, sign * lean * (1.12 - 0.50 * t)
