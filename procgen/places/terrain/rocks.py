"""Rocks that lie on the ground: boulders that broke along planes, and pebbles that water or wind has rounded."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.mesh import Mesh
from ...geometry.noise import fractal, ridged
from ...geometry.primitives import icosphere
from ...params import beta, child, choice, draw, flag, lognormal, seed, spec, uniform
from .solids import bedded, craggy

ROCKS = {"granite": 2.0, "sandstone": 1.2, "limestone": 1.2, "basalt": 1.0, "slate": 0.6, "lichen_rock": 1.2, "strata": 0.6,
         "chalk": 0.3, "marble": 0.2}  # fmt: skip


@spec
class Boulder:
    """A piece of rock that broke off along planes and has weathered since."""

    rock: str = choice(ROCKS, says="a {} boulder", doc="what it is made of")
    width: float = lognormal(1.1, 0.55, 0.15, 6.0, unit="m", doc="largest extent along the ground")
    depth: float = uniform(0.55, 1.0, doc="extent across, as a share of the width")
    height: float = uniform(0.4, 0.95, doc="height as a share of the width")
    planes: float = uniform(9, 22, doc="how many planes it broke along")
    weathering: float = beta(2, 3, doc="how far edges are worn")
    strata: float = beta(1.5, 4, doc="how far its beds stand out")
    cracks: float = beta(2, 2, doc="how deep it has cracked")
    buried: float = uniform(0.12, 0.38, doc="share of the height that lies below the ground")
    seed: int = seed()


@spec
class Pebble:
    """A small stone."""

    rock: str = choice(ROCKS, says="{} pebbles", doc="what it is made of")
    width: float = lognormal(0.05, 0.5, 0.01, 0.25, unit="m", doc="largest extent")
    flatness: float = uniform(0.35, 0.85, doc="height as a share of the width")
    rounded: bool = flag(0.5, doc="worn round by water, else a chip with edges")
    seed: int = seed()


def sample_boulder(rng: Generator, fixed=None) -> Boulder:
    """Draw a boulder."""
    return draw(Boulder, rng, fixed)


def sample_pebble(rng: Generator, fixed=None) -> Pebble:
    """Draw a pebble."""
    return draw(Pebble, rng, fixed)


def _level(detail: float, hero: int) -> int:
    """How often the icosahedron is halved: each level has a quarter of the faces."""
    return int(np.clip(np.round(hero + np.log(max(detail, 1e-6)) / np.log(4)), 1, hero))


def _cut(directions: np.ndarray, normals: np.ndarray, offsets: np.ndarray, worn: float) -> np.ndarray:
    """Radius (n,) of the convex body that planes cut, in unit directions (n, 3); ``worn`` rounds the edges."""
    facing = directions @ normals.T
    radius = np.where(facing > 0.05, offsets / np.maximum(facing, 0.05), 50.0)
    if worn < 1e-3:
        return radius.min(1)
    # A power mean is a smooth minimum; its exponent falls with wear.
    power = 1.4 / worn
    least = radius.min(1, keepdims=True)
    return least[:, 0] * ((least / radius) ** power).sum(1) ** (-1 / power)


def _even_directions(rng: Generator, count: int) -> np.ndarray:
    """Unit vectors (count, 3), spread by the golden angle and jittered."""
    z = 1 - (2 * np.arange(count) + 1) / count
    turn = np.arange(count) * 2.399963
    flat = np.sqrt(1 - z * z)
    spread = np.stack([flat * np.cos(turn), flat * np.sin(turn), z], 1) + rng.normal(0, 0.34, (count, 3))
    return spread / np.linalg.norm(spread, axis=1, keepdims=True)


def _broken(directions: np.ndarray, rng: Generator, planes: int, worn: float, chips: int) -> np.ndarray:
    """Points (n, 3) of a body broken along large planes, its edges chipped by small ones."""
    normals = _even_directions(rng, planes)
    # Rock breaks along few directions: parallel pairs of planes make slabs and wedges.
    pairs = planes // 3
    normals[1 : 2 * pairs : 2] = -normals[: 2 * pairs : 2] + rng.normal(0, 0.1, (len(normals[1 : 2 * pairs : 2]), 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    offsets = rng.uniform(0.62, 1.0, planes)
    corner = _even_directions(rng, chips)
    reach = _cut(corner, normals, offsets, 0.0)
    normals = np.concatenate([normals, corner])
    offsets = np.concatenate([offsets, reach * rng.uniform(0.93, 1.0, chips)])
    return directions * _cut(directions, normals, offsets, worn)[:, None]


def build_boulder(boulder: Boulder, detail: float = 1.0) -> Asset:
    """Build a boulder: planes cut a sphere of triangles, then beds, cracks and grain are worn into it."""
    rng = child(boulder.seed, "boulder")
    ball = icosphere(_level(detail, 5))
    key = int(rng.integers(2**30))
    points = _broken(ball.vertices, rng, round(boulder.planes), 0.004 + 0.05 * boulder.weathering, 60)
    points = points / np.ptp(points, axis=0).max() * 2
    points *= np.array([1.0, boulder.depth, boulder.height]) / (np.ptp(points, axis=0) / 2)
    out = Mesh(points, ball.faces).normals()
    tilt = rng.normal(0, 0.25, 3) + np.array([0, 0, 1.0])
    tilt /= np.linalg.norm(tilt)
    push = 0.04 * fractal(points * 0.9, key, 2) + (1 - 0.6 * boulder.weathering) * 0.16 * craggy(points, key + 9, 0.75)
    push += 0.018 * (ridged(points * 5, key + 20, 5, 0.6) - 0.4)
    push -= boulder.strata * 0.12 * (1 - bedded(points @ tilt, points, key + 30, 0.26 * boulder.height))
    push -= boulder.cracks * _cracks(points, rng, key + 40)
    points = points + out * push[:, None]
    points *= boulder.width / np.ptp(points[:, :2], axis=0).max()
    low, high = points[:, 2].min(), points[:, 2].max()
    ground = low + boulder.buried * (high - low)
    # What lies below the ground is pressed flat: it is never seen, and must not hang out of a slope.
    below = points[:, 2] < ground
    points[below, 2] = ground + 0.6 * (points[below, 2] - ground)
    points -= (0.0, 0.0, ground)
    return Asset("boulder", Mesh(points, ball.faces), (Surface(boulder.rock, boulder.seed),))


def _cracks(points: np.ndarray, rng: Generator, key: int) -> np.ndarray:
    """Depth (n,) of cracks along wavy planes."""
    depth = np.zeros(len(points))
    for index in range(4):
        normal = rng.normal(size=3)
        normal /= np.linalg.norm(normal)
        away = points @ normal - rng.uniform(-0.5, 0.5) + 0.09 * fractal(points * 2.1, key + index, 3)
        opens = np.clip(0.6 + 0.9 * fractal(points * 1.1 + 31, key + 7 + index, 2), 0, 1)
        depth = np.maximum(depth, 0.13 * opens * np.exp(-((away / 0.035) ** 2)))
        # One side of a crack has slipped a little.
        depth = np.maximum(depth, 0.03 * opens * (away > 0) * np.exp(-away / 0.5))
    return depth


def build_pebble(pebble: Pebble, detail: float = 1.0) -> Asset:
    """Build a pebble of 320 faces, of 80 at a detail of a quarter."""
    rng = child(pebble.seed, "pebble")
    ball = icosphere(_level(detail, 2))
    key = int(rng.integers(2**30))
    points = _broken(ball.vertices, rng, 11, 0.22 if pebble.rounded else 0.02, 6 if pebble.rounded else 10)
    points += ball.vertices * (0.06 * fractal(points * 1.5, key, 2))[:, None]
    points /= np.ptp(points, axis=0)
    points *= np.array([1.0, rng.uniform(0.6, 0.95), pebble.flatness]) * pebble.width
    points -= (0.0, 0.0, points[:, 2].min() + 0.12 * pebble.flatness * pebble.width)
    return Asset("pebble", Mesh(points, ball.faces, smooth=pebble.rounded), (Surface(pebble.rock, pebble.seed),))
