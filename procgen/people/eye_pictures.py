"""The picture of an eye as bytes: fibres, crypts and rings of the iris, and the sclera with its vessels."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ..geometry.angles import arctan2
from ..materials.pigment import IRIS_COLOURS
from ..params import child

REACH = 2.15  # radii of the iris from the axis to the picture's edge: a little more than the eyeball's own
IRIS = 0.0059  # m: radius of an adult's iris, whatever the eyeball's scale
LIMBUS = (0.92, 1.08)  # iris radii between which the iris goes over into the sclera
PALE = (1.55, 1.50, 1.42)  # factor on the colour of a fibre over that of the depth between fibres
RUFF = (0.020, 0.009, 0.005)  # the brown seam of the pupil
LIMBAL = (0.060, 0.062, 0.070)  # what the iris's rim fades into under the edge of the sclera
IRIS_SHADE = 0.82  # of the pigments' lightness: beside that white a light iris would glow, as none does on photographs
SCLERA = (0.345, 0.318, 0.296)  # as the eye of a photograph shows it: darker than the tissue, see docs/people.md
YELLOW = (0.0, 0.022, 0.10)  # what yellowing takes off it
PINK = (0.32, 0.20, 0.17)  # of the sclera towards the corners
VESSEL = (0.28, 0.055, 0.042)
VESSELS, BRANCHES = 16, 3  # of a calm eye; of one vessel, at most
STEP = 0.03  # iris radii between the points of a vessel


def eye_picture(eyes, shade: float, side: str, size: int) -> np.ndarray:
    """The linear sRGB (size, size, 3) of one eye seen along its axis, bottom row first.

    The picture spans REACH radii of the iris to every side of the axis; ``shade`` is the iris's lightness relative to its
    colour family, ``side`` "left" or "right".
    """
    rng = child(eyes.seed, side)
    line = REACH * ((np.arange(size) + 0.5) / size * 2 - 1)
    x, z = np.meshgrid(line, line)
    radius, angle = np.hypot(x, z), arctan2(z, x)
    picture = _sclera(eyes, x, z, radius, rng)
    at = radius < LIMBUS[1] + 0.02
    iris = _iris(eyes, shade, radius[at], angle[at], rng)
    ragged = radius[at] + 0.004 * _around(angle[at], radius[at], 22, 0.0, rng)
    picture[at] = iris + _smooth(ragged, *LIMBUS)[:, None] * (picture[at] - iris)
    return picture.astype(np.float32)


def _smooth(value, low: float, high: float):
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def _around(angle, radius, cells: int, rings: float, rng: Generator, drift: float = 0.0) -> np.ndarray:
    """Smooth noise of deviation about one over angle and radius: ``cells`` values around, ``rings`` a radius; its rays
    wander by ``drift`` cells."""
    count = int(np.ceil(rings * 1.2)) + 2
    values = rng.normal(size=(count, cells))
    wander = rng.normal(size=count) * drift
    level = np.clip(radius * rings, 0, count - 1.001)
    row, down = level.astype(int), level % 1
    down = down * down * (3 - 2 * down)
    turn = (angle / (2 * np.pi) % 1) * cells + wander[row] * (1 - down) + wander[row + 1] * down
    column, along = np.floor(turn).astype(int), turn % 1
    along = along * along * (3 - 2 * along)
    left, right = column % cells, (column + 1) % cells
    near = values[row, left] * (1 - along) + values[row, right] * along
    far = values[row + 1, left] * (1 - along) + values[row + 1, right] * along
    return 1.6 * (near * (1 - down) + far * down)


def _colour(base: tuple, shade: float, saturation: float) -> np.ndarray:
    grey = float(np.dot(base, (0.2126, 0.7152, 0.0722)))
    return np.maximum((grey + (np.array(base) - grey) * saturation) * shade, 0.001)


def _iris(eyes, shade: float, radius, angle, rng: Generator) -> np.ndarray:
    """The iris (…, 3): a pupillary and a ciliary zone of fibres, the collarette between them, crypts, furrows and rings."""
    outer, inner = (_colour(c, IRIS_SHADE * eyes.shade * shade, eyes.saturation) for c in IRIS_COLOURS[eyes.iris])
    pupil = 0.5 * eyes.pupil / IRIS
    # The collarette is a zigzag a third of the way from the pupil to the rim.
    collarette = pupil + (1 - pupil) * (0.30 + 0.035 * _around(angle, radius, 17, 0.0, rng))
    ciliary = _smooth(radius, collarette - 0.03, collarette + 0.07)
    coarse = _around(angle, radius, 46, 3.2, rng, 0.8)
    fine = _around(angle, radius, 130, 2.4, rng, 1.2)
    hair = _around(angle, radius, 220, 5.0, rng, 0.9)
    strand = (1 - np.abs(coarse) * 0.9) * (0.55 + 0.45 * ciliary) + 0.55 * (1 - np.abs(fine)) + 0.30 * hair
    light = np.clip(0.5 + 0.42 * strand, 0, 1.25) - 0.45
    crypts = _crypts(radius, angle, pupil, rng)
    cover = 0.65 + 0.35 * eyes.collarette
    near_pupil = (1 - _smooth(radius + 0.05 * coarse, collarette, collarette + 0.08 + 0.30 * eyes.collarette)) * cover
    colour = outer + near_pupil[..., None] * (inner - outer)
    depth = eyes.fibres * light
    colour = colour * np.exp(depth[..., None] * np.log(np.array(PALE)) * 2.6)
    furrow = np.abs(np.sin((radius - 0.03 * _around(angle, radius, 9, 0.0, rng)) * 21)) ** 6 * _smooth(
        radius, 0.62, 0.80
    )
    ring = np.exp(-0.5 * ((radius - collarette) / 0.028) ** 2)
    dark = (1 - 0.5 * eyes.fibres * crypts) * (1 - 0.16 * furrow) * (1 + 0.30 * eyes.collarette * ring)
    colour = colour * dark[..., None]
    rim = _smooth(radius + 0.012 * hair, 0.72, 1.0) * (0.30 + 0.70 * eyes.limbal_ring)
    limbal = np.minimum(np.array(LIMBAL), 0.22 * outer + 0.008)
    colour = colour + rim[..., None] * (limbal - colour)
    beads = pupil + 0.006 + 0.004 * _around(angle, radius, 60, 0.0, rng)
    colour = colour + (1 - _smooth(radius, beads, beads + 0.045))[..., None] * (np.array(RUFF) - colour)
    return colour * _smooth(radius, pupil - 0.02, pupil + 0.02)[..., None]


def _crypts(radius, angle, pupil: float, rng: Generator) -> np.ndarray:
    """How deep the gaps of the front leaf are 0…1: lozenges that stand around the collarette, some further out."""
    result = np.zeros_like(radius)
    for _ in range(int(rng.integers(6, 16))):
        turn, place = (
            rng.uniform(-np.pi, np.pi),
            pupil + (1 - pupil) * rng.choice([rng.normal(0.40, 0.05), rng.uniform(0.5, 0.8)]),
        )
        wide, long = rng.uniform(0.03, 0.06), rng.uniform(0.06, 0.14)
        across = np.abs((angle - turn + np.pi) % (2 * np.pi) - np.pi) * place / wide
        result = np.maximum(result, 1 - _smooth(np.hypot(across, (radius - place) / long), 0.35, 1.15))
    return result


def _sclera(eyes, x, z, radius, rng: Generator) -> np.ndarray:
    """The white (…, 3): warmer with age, pink towards the corners, bluish at the limbus, with vessels."""
    white = np.array(SCLERA) - eyes.yellowing * np.array(YELLOW)
    blotch = 0.5 * (_around(arctan2(z, x), radius, 7, 2.0, rng) + _around(arctan2(z, x), radius, 19, 4.0, rng))
    corner = _smooth(np.abs(x) + 0.10 * blotch, 1.25, 2.1) * (0.40 + 0.45 * eyes.redness)
    far = _smooth(radius, 1.3, 2.1) * (0.16 + 0.30 * eyes.redness)
    share = np.clip(np.maximum(corner, far) + 0.035 * blotch, 0, 1)[..., None]
    colour = white + share * (np.array(PINK) - white)
    thin = 1 - _smooth(radius, 1.0, 1.22)
    colour = colour * (1 - 0.20 * thin[..., None] * np.array([1.0, 0.75, 0.55]))
    red = np.clip(_vessels(len(x), 0.25 + eyes.redness, rng), 0, 1)[..., None]
    return colour + red * (np.array(VESSEL) - colour)


def _vessels(size: int, amount: float, rng: Generator) -> np.ndarray:
    """How much of each pixel (size, size) vessels cover: they come from the corners, wind, fork and thin out."""
    places, weights = [], []
    for _ in range(int(VESSELS * (0.6 + amount))):
        side = rng.choice([0.0, np.pi])
        turn = side + rng.normal(0, 0.45)
        start = REACH * 0.97 * np.array([np.cos(turn), np.sin(turn)])
        stack = [(start, turn + np.pi + rng.normal(0, 0.35), rng.uniform(0.4, 1.0), rng.uniform(0.5, 1.15), 0)]
        while stack:
            place, heading, strength, length, forks = stack.pop()
            for step in range(int(length / STEP)):
                heading += rng.normal(0, 0.30)
                place = place + STEP * np.array([np.cos(heading), np.sin(heading)])
                if np.hypot(*place) < 1.10:
                    break
                left = 1 - step * STEP / length
                places.append(place)
                weights.append(strength * (0.25 + 0.75 * left))
                if forks < BRANCHES and rng.random() < 0.05:
                    forks += 1
                    stack.append(
                        (place, heading + rng.choice([-0.7, 0.7]), 0.7 * strength, 0.7 * left * length, BRANCHES)
                    )
    return amount * _drawn(np.array(places), np.array(weights), size)


def _drawn(places: np.ndarray, weights: np.ndarray, size: int) -> np.ndarray:
    """Polylines of points (n, 2) drawn into a picture, each point as a small soft dot; unit of ``weights``."""
    result = np.zeros((size, size))
    pixel = 2 * REACH / size
    spread = max(0.012, 0.55 * pixel)
    at = (places / REACH + 1) / 2 * size - 0.5
    middle = np.rint(at).astype(int)
    for right in range(-2, 3):
        for up in range(-2, 3):
            column, row = middle[:, 0] + right, middle[:, 1] + up
            inside = (column >= 0) & (column < size) & (row >= 0) & (row < size)
            off = ((column - at[:, 0]) ** 2 + (row - at[:, 1]) ** 2) * pixel**2
            np.maximum.at(result, (row[inside], column[inside]), (weights * np.exp(-0.5 * off / spread**2))[inside])
    return result * min(0.012 / spread, 1.0)
