"""Lines of the face where anatomy has them: across the forehead, between the brows, around eyes and mouth, on the neck.

Every line is a curve over the template (millimetres, x to the person's left, z up); how far a texel lies from it gives a groove with
raised shoulders. Where lines run: Lemperle et al., "A classification of facial wrinkles", Plast Reconstr Surg 108 (2001).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from ...geometry.angles import arctan2
from ...params import child

BROAD = np.float32(0.55)  # depth of the hollow around a fold, of the fold's own
SHOULDER, SHOULDER_WIDTH = 0.22, 2.0  # height of the ridges beside a groove over its depth, and where, in widths


class Around(NamedTuple):
    """Places near lines (k,): coordinates in millimetres, and smooth noises of deviation one."""

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    long: np.ndarray  # waves of about 36 mm
    middle: np.ndarray  # of 21 mm
    short: np.ndarray  # of 15 mm


def groove(distance: np.ndarray, width: float | np.ndarray) -> np.ndarray:
    """The profile of a line, -1 in its middle; ``distance`` and ``width`` (standard deviation) in millimetres."""
    away = np.abs(distance) / np.float32(width)
    result = -np.exp(np.float32(-0.5) * away * away)
    away -= np.float32(SHOULDER_WIDTH)
    result += np.float32(SHOULDER) * np.exp(np.float32(-0.9) * away * away)
    return result


def broad(distance: np.ndarray, width: float) -> np.ndarray:
    """The profile of the hollow that a deep fold lies in, -1 in its middle; millimetres."""
    away = distance / np.float32(width)
    return -np.exp(np.float32(-0.5) * away * away)


def within(value: np.ndarray, low: float, high: float, soft: float) -> np.ndarray:
    """One from low to high, and zero from ``soft`` beyond either."""
    inside = np.clip((np.minimum(value - low, high - value) + soft) / np.float32(soft), 0, 1)
    return inside * inside * (3 - 2 * inside)


def forehead(place: Around, rng: Generator) -> np.ndarray:
    """Lines across the forehead: three to six, that follow the brows and waver."""
    x, _, z, long, middle, short = place
    total = np.zeros_like(x)
    count = int(rng.integers(3, 7))
    gull = np.float32(rng.uniform(1.0, 4.0)) * np.cos(x * np.float32(np.pi / 34)) * np.float32(-1)
    fall = np.float32(rng.uniform(0.0, 0.0022)) * x * x
    for level in np.linspace(33, 70, count) + rng.uniform(-2.6, 2.6, count):
        wave = np.float32(rng.normal(0, 1.3)) * long + np.float32(rng.normal(0, 0.9)) * middle
        reach = rng.uniform(26, 46)
        middle_x = rng.normal(0, 6)
        depth = within(x - middle_x, -reach, reach, 14) * np.clip(0.75 + 0.45 * middle + 0.2 * short, 0.1, 1.3)
        total += (
            depth * np.float32(rng.uniform(0.55, 1.0)) * groove(z - level - gull + fall - wave, rng.uniform(0.75, 1.25))
        )
    return total


def glabella(place: Around, rng: Generator) -> np.ndarray:
    """Lines between the brows: two upright ones, seldom alike, and one across the root of the nose."""
    x, _, z, long, middle, _ = place
    total = np.zeros_like(x)
    for side in (-1, 1):
        lean, start = rng.uniform(-0.02, 0.14), rng.uniform(5.0, 8.0)
        line = side * (start + lean * (z - 12)) + 0.7 * middle
        depth = within(z, rng.uniform(6, 9), rng.uniform(20, 31), 7) * np.float32(rng.uniform(0.4, 1.0))
        total += depth * groove(x - line, rng.uniform(0.8, 1.15))
    across = groove(z - 2 - 0.02 * x * x - 0.6 * long, 0.9) * within(x, -7, 7, 5)
    return total + np.float32(rng.uniform(0.2, 0.8)) * across


def crows_feet(place: Around, rng: Generator) -> np.ndarray:
    """A fan of lines beyond the outer corner of each eye, and fine ones below it."""
    x, y, z, _, middle, short = place
    total = np.zeros_like(x)
    for side in (-1, 1):
        out = side * x - 45
        away = np.sqrt(out * out + (y + 3) ** 2) * np.sign(out + np.float32(1e-6))
        radius = np.hypot(away, z + 1)
        angle = arctan2(z + 1, away)
        count = int(rng.integers(4, 7))
        for ray in np.linspace(-0.95, 0.5, count) + rng.uniform(-0.10, 0.10, count):
            bend = ray * (1 - 0.006 * radius) + 0.05 * middle
            depth = within(radius, rng.uniform(4, 8), rng.uniform(13, 26), 6) * (away > 0)
            off = radius * np.clip(angle - bend, -1, 1)
            total += depth * np.float32(rng.uniform(0.45, 1.0)) * groove(off, 0.65 + 0.012 * np.clip(radius, 0, 30))
        # Below the eye: arcs, and the trough from the inner corner.
        arc = np.hypot((side * x - 32) / np.float32(1.5), z + 1)
        below = within(-z, 3.5, 22, 2.5) * within(side * x, 18, 47, 6) * np.clip(0.6 + 0.5 * short, 0, 1.2)
        for distance in rng.uniform(6.0, 13.0, 4):
            wave = distance + 0.5 * middle + 0.05 * (side * x - 32)
            total += below * np.float32(rng.uniform(0.2, 0.45)) * groove(arc - wave, 0.65)
    return total


def trough(place: Around, rng: Generator) -> np.ndarray:
    """The tear trough: a broad furrow from the inner corner of the eye down and out."""
    x, _, z, _, middle, _ = place
    total = np.zeros_like(x)
    for side in (-1, 1):
        s = side * x
        line = -7.5 - np.float32(0.62) * (s - 19) + np.float32(0.004) * (s - 19) ** 2 + 0.6 * middle
        total -= within(s, 17, 36, 8) * np.exp(-0.5 * ((z - line) / 2.4) ** 2) * np.float32(rng.uniform(0.7, 1.0))
    return total


def nasolabial(place: Around, rng: Generator) -> np.ndarray:
    """The fold from the wing of the nose past the corner of the mouth; cheeks stand out beside it."""
    x, _, z, _, middle, _ = place
    total = np.zeros_like(x)
    for side in (-1, 1):
        shift = rng.normal(0, 1.0)
        line = np.interp(z, [-82, -75, -66, -56, -45, -36, -30], [37, 36.5, 34, 29, 23.5, 18.5, 16.5]) + shift
        off = (side * x - line) * np.float32(0.86) + 0.5 * middle
        along = within(z, rng.uniform(-76, -66), -35, 8)
        hollow = within(z, -60, -30, 14)  # broad beside the nose, and finer below
        cheek = np.exp(-0.5 * ((off - 4.5) / 3.2) ** 2)
        total += (
            along
            * np.float32(rng.uniform(0.8, 1.0))
            * (groove(off, 1.25 + 0.5 * hollow) + BROAD * broad(off, 3.4) + np.float32(0.3) * cheek)
        )
    return total


def marionette(place: Around, rng: Generator) -> np.ndarray:
    """The line from each corner of the mouth down towards the jaw."""
    x, _, z, _, middle, _ = place
    total = np.zeros_like(x)
    for side in (-1, 1):
        line = np.interp(z, [-98, -88, -78, -70], [30, 30.5, 29, 26.5]) + rng.normal(0, 0.6)
        off = side * x - line + 0.5 * middle
        total += (
            within(z, rng.uniform(-91, -81), -70, 7)
            * np.float32(rng.uniform(0.5, 1.0))
            * (groove(off, 1.3) + BROAD * broad(off, 3.2))
        )
    return total


def lip_lines(place: Around, rng: Generator) -> np.ndarray:
    """Upright lines above and below the lips."""
    x, _, z, _, middle, short = place
    spacing = rng.uniform(3.2, 4.4)
    turn = x / np.float32(spacing) + 0.35 * middle + np.float32(rng.random())
    off = (turn - np.round(turn)) * np.float32(spacing)
    fan = within(x, -21, 21, 6) * np.clip(0.6 + 0.5 * short, 0, 1.2)
    return fan * (within(z, -56.5, -51, 3) + np.float32(0.5) * within(z, -86, -80, 3)) * groove(off, 0.5)


def neck(place: Around, rng: Generator) -> np.ndarray:
    """Rings around the neck."""
    x, y, z, long, middle, _ = place
    total = np.zeros_like(x)
    for level in np.array([-128, -146, -163]) + rng.uniform(-4, 4, 3):
        line = level - np.float32(0.10) * (y - 52) + 1.3 * long + 0.5 * middle
        depth = within(y, 20, 95, 25) * (z < -108) * np.clip(0.7 + 0.3 * long, 0.2, 1.2)
        total += depth * np.float32(rng.uniform(0.4, 1.0)) * groove(z - line, rng.uniform(0.9, 1.4))
    return total


class Family:
    """A kind of lines: how they run, where they may be, and how deep they get."""

    def __init__(self, draw: Callable, box: tuple, depth: float, start: float, full: float):
        """``box``: least |x|, greatest |x|, least z, greatest z, greatest y, all mm; ``depth`` mm; from the wrinkles ``start`` up to
        ``full`` the lines of a resting face grow from nothing to all."""
        self.draw, self.box, self.depth, self.start, self.full = draw, box, depth, start, full

    def at_rest(self, wrinkles: float) -> float:
        """The share of the depth that lines of a resting face have."""
        return float(np.clip((wrinkles - self.start) / (self.full - self.start), 0, 1))


FAMILIES = {
    "forehead": Family(forehead, (0, 62, 26, 80, 25), 0.95, 0.10, 1.0),
    "glabella": Family(glabella, (0, 16, -2, 38, 10), 1.00, 0.15, 1.0),
    "crows_feet": Family(crows_feet, (14, 75, -27, 24, 42), 0.72, 0.12, 1.0),
    "trough": Family(trough, (14, 44, -28, -2, 10), 1.10, -0.12, 1.0),
    "nasolabial": Family(nasolabial, (10, 48, -86, -26, 20), 1.25, 0.05, 1.0),
    "marionette": Family(marionette, (18, 40, -102, -66, 30), 0.80, 0.2, 0.95),
    "lips": Family(lip_lines, (0, 28, -90, -46, 10), 0.45, 0.3, 1.0),
    "neck": Family(neck, (0, 90, -175, -106, 110), 1.20, 0.0, 1.0),
}  # fmt: skip


def drawn(name: str, seed: int, place: np.ndarray, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where a family's lines may be (k,), and their relief (k,) there in metres at full depth.

    ``place`` (n, 3) is in metres over the template, ``noise`` a function of texels that gives smooth noises (k, 4).
    """
    family = FAMILIES[name]
    near, far, low, high, back = (np.float32(value / 1000) for value in family.box)
    x = np.abs(place[:, 0])
    at = np.nonzero((x >= near) & (x <= far) & (place[:, 2] >= low) & (place[:, 2] <= high) & (place[:, 1] <= back))[0]
    here = place[at].T * np.float32(1000)
    waves = noise(at).T
    height = family.draw(Around(*here, *waves[1:]), child(seed, "lines", name))
    return at, (height * np.float32(family.depth / 1000)).astype(np.float32)
