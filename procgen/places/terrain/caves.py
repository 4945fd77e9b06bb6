"""Caves: passages and halls in a hillside as a solid with a distance, a path to walk, and openings for daylight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...params import child
from .fields import smoothstep, waves
from .solids import bedded, craggy, smooth_cut, smooth_union
from .spec import Terrain

EYE = 1.6  # m above the floor that the path runs
RELIEF = 0.45  # m: no roughness of the rock reaches farther
CLEAR = 1.0  # m around the path that no dripstone stands in
BIN = 0.5  # m


@dataclass(frozen=True)
class Passage:
    """A passage along an axis of the plane: its centre, radius and width by the distance along the axis."""

    origin: np.ndarray  # (2,) m
    angle: float  # of its axis from +x, rad
    along: np.ndarray  # (k,) m, evenly spaced from the origin
    aside: np.ndarray  # (k,) m
    middle: np.ndarray  # (k,) m: height of the centre
    radius: np.ndarray  # (k,) m
    wide: np.ndarray  # (k,) width over height

    def place(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How far along the axis and to its left points (n, 3) lie."""
        c, s = np.cos(self.angle), np.sin(self.angle)
        x, y = points[:, 0] - self.origin[0], points[:, 1] - self.origin[1]
        return x * c + y * s, y * c - x * s

    def distance(self, points: np.ndarray) -> np.ndarray:
        """Distance (n,) to the passage's wall, negative within."""
        along, across = self.place(points)
        spot = np.clip((along - self.along[0]) / (self.along[1] - self.along[0]), 0, len(self.along) - 1.000001)
        index = spot.astype(np.int64)
        share = spot - index
        table = np.stack([self.aside, self.middle, self.radius, self.wide], 1)
        aside, middle, radius, wide = (table[index] * (1 - share)[:, None] + table[index + 1] * share[:, None]).T
        tube = np.hypot((across - aside) / wide, points[:, 2] - middle) - radius
        ends = np.maximum(self.along[0] - along, along - self.along[-1])
        return 0.85 * smooth_cut(tube, ends, 1.0)

    def centreline(self) -> np.ndarray:
        """The middle of the passage (k, 3), metres."""
        c, s = np.cos(self.angle), np.sin(self.angle)
        x = self.origin[0] + self.along * c - self.aside * s
        y = self.origin[1] + self.along * s + self.aside * c
        return np.column_stack([x, y, self.middle])


@dataclass(frozen=True)
class Opening:
    """Where daylight comes in: its centre (3,) m, the unit vector (3,) that points outside, and its radius, metres."""

    centre: np.ndarray
    outward: np.ndarray
    radius: float


@dataclass(frozen=True)
class Cave:
    """A cave behind a wall of rock that looks along -y; the ground before it is about at the height 0."""

    terrain: Terrain
    passages: tuple[Passage, ...]
    shaft: tuple[float, float, float]  # x, y and radius of a hole in the roof; radius 0 for none
    roof: float  # height of the hill above, m
    spikes: np.ndarray  # (k, 5) dripstone: x, y, height of its root, height of its tip, radius at the root; metres
    path: np.ndarray  # (k, 3) eyes of one who walks in, metres
    openings: tuple[Opening, ...]

    def floor(self, points: np.ndarray) -> np.ndarray:
        """Height (n,) of the sediment on the floor at points (n, 2 or more)."""
        main = self.passages[0]
        along, _ = main.place(points)
        low = np.interp(along, main.along, main.middle - 0.62 * main.radius)
        x, y = points[:, 0], points[:, 1]
        return (
            low
            + 0.22 * waves(x, y, self.terrain.seed % 65521, 3.1, 3)
            + 0.25 * waves(x, y, self.terrain.seed % 65519, 14, 2)
        )

    def hollow(self, points: np.ndarray) -> np.ndarray:
        """The distance (n,) without roughness and dripstone: positive in the air."""
        points = np.asarray(points, float)
        rough = waves(points[:, 0], points[:, 2], self.terrain.seed % 65497, 9, 2)
        wall = points[:, 1] + 0.12 * np.maximum(points[:, 2], 0) + 1.6 * rough
        air = np.minimum(wall, self.roof - points[:, 2])
        for passage in self.passages:
            air = smooth_union(air, passage.distance(points), 0.9)
        x, y, radius = self.shaft
        if radius:
            shaft = np.hypot(points[:, 0] - x, points[:, 1] - y) - radius
            middle = np.interp(y, self.passages[0].along, self.passages[0].middle)
            air = smooth_union(air, np.maximum(shaft, middle - points[:, 2]), 0.8)
        return -smooth_cut(air, self.floor(points) - points[:, 2], 0.5)

    def relief(self, points: np.ndarray) -> np.ndarray:
        """How far (n,) m the rock's surface is pushed into the air: blocks and ledges on the walls, little on the floor."""
        terrain, seed = self.terrain, self.terrain.seed % 65479
        wall = smoothstep(0.0, 0.7, points[:, 2] - self.floor(points) - 0.1)
        total = (1 - wall) * 0.05 * waves(points[:, 0], points[:, 1], seed + 60, 0.5, 5, 0.55)
        on = wall > 0
        bare = points[on]
        rough = (0.4 + terrain.roughness) * (0.42 * craggy(bare, seed, 1.7, 3) + 0.13 * craggy(bare, seed + 9, 0.42, 2))
        beds = 0.22 * terrain.strata * (bedded(bare[:, 2], bare, seed + 30, 0.9) - 0.5)
        total[on] += wall[on] * (rough + beds)
        return np.clip(total, -RELIEF, RELIEF)

    def distance(self, points: np.ndarray) -> np.ndarray:
        """Distance (n,) at points (n, 3) to the surface, metres: negative in rock."""
        points = np.asarray(points, float)
        value = self.hollow(points)
        near = np.abs(value) < 2 * RELIEF
        if near.any():
            value[near] -= self.relief(points[near])
        return np.minimum(value, self.dripstone(points))

    def dripstone(self, points: np.ndarray) -> np.ndarray:
        """Distance (n,) to the nearest stalactite or stalagmite, negative within; large where none is near."""
        total = np.full(len(points), 1e3)
        if not len(self.spikes):
            return total
        order = np.argsort(points[:, 0], kind="stable")
        line = points[order, 0]
        for x, y, root, tip, radius in self.spikes:
            part = order[np.searchsorted(line, x - radius - BIN) : np.searchsorted(line, x + radius + BIN)]
            away = np.hypot(points[part, 0] - x, points[part, 1] - y)
            share = np.clip((points[part, 2] - tip) / (root - tip), 0, 1.0)
            beyond = np.maximum((points[part, 2] - tip) * np.sign(tip - root), 0)
            total[part] = np.minimum(
                total[part],
                np.hypot(np.maximum(away - radius * share**0.75, 0), beyond)
                + np.minimum(away - radius * share**0.75, 0),
            )
        return total


def _winding(rng, length: float, step: float, swing: float) -> np.ndarray:
    """A smooth random offset (k,) along a length, 0 at its start, with slopes of at most about ``swing``."""
    along = np.arange(0, length + step, step)
    total = np.zeros(len(along))
    for wave in (31.0, 17.0, 11.0):
        phase = rng.uniform(0, 2 * np.pi)
        total += swing * wave / 14 * (np.sin(2 * np.pi * along / wave + phase) - np.sin(phase)) * rng.uniform(0.3, 1.0)
    return total * smoothstep(0, 12, along)


def _passage(rng, origin, angle: float, length: float, height: float, girth: float, halls: int) -> Passage:
    step = 0.25
    aside, rise = _winding(rng, length, step, 0.55), _winding(rng, length, step, 0.09)
    along = np.arange(len(aside)) * step
    radius = girth * (
        1 + 0.16 * np.sin(along / 3.7 + rng.uniform(0, 6)) + 0.1 * np.sin(along / 1.9 + rng.uniform(0, 6))
    )
    for index in range(halls):
        centre = length * (index + rng.uniform(0.75, 0.95)) / (halls + 0.25)
        radius = radius + rng.uniform(1.0, 2.2) * girth * np.exp(-(((along - centre) / rng.uniform(5, 9)) ** 2))
    radius = np.maximum(radius, 2.1)
    middle = height + rise + 0.62 * (radius - girth)  # halls rise and keep their floor
    wide = 1.15 + 0.35 * np.sin(along / 6.1 + rng.uniform(0, 6))
    return Passage(np.asarray(origin, float), angle, along, aside, middle, radius, np.maximum(wide, 0.9))


def build_cave(terrain: Terrain) -> Cave:
    """Build the cave of a terrain: a main passage with halls, side passages, dripstone, perhaps a hole in the roof."""
    rng = child(terrain.seed, "cave")
    length, girth = rng.uniform(45, 75), rng.uniform(2.3, 3.4)
    main = _passage(rng, (0.0, -6.0), np.pi / 2, length, 0.62 * girth, girth, int(rng.integers(2, 4)))
    line, passages = main.centreline(), [main]
    for side in (-1, 1):
        if rng.random() < 0.75:
            start = line[int(len(line) * rng.uniform(0.3, 0.7))]
            passages.append(
                _passage(
                    rng, start[:2], np.pi / 2 - side * rng.uniform(0.7, 1.1), rng.uniform(14, 26), start[2], 2.2, 0
                )
            )
    hall = int(np.argmax(main.radius))
    open_above = rng.random() < 0.6
    shaft = (
        (float(line[hall, 0]), float(line[hall, 1]), float(rng.uniform(1.2, 0.45 * main.radius[hall])))
        if open_above
        else (0.0, 0.0, 0.0)
    )
    roof = float((main.middle + main.radius).max() + rng.uniform(3, 8))
    bare = Cave(terrain, tuple(passages), shaft, roof, np.zeros((0, 5)), np.zeros((0, 3)), ())
    walk = line[4:-24].copy()
    walk[:, 2] = bare.floor(walk) + EYE
    spikes = _dripstone(rng, bare, walk)
    mouth = line[np.searchsorted(line[:, 1], 0.0)]
    openings = [Opening(mouth, np.array([0.0, -1.0, 0.0]), float(main.radius[np.searchsorted(line[:, 1], 0.0)]))]
    if open_above:
        openings.append(Opening(np.array([shaft[0], shaft[1], roof]), np.array([0.0, 0.0, 1.0]), shaft[2]))
    return Cave(terrain, tuple(passages), shaft, roof, spikes, walk, tuple(openings))


def _dripstone(rng, cave: Cave, walk: np.ndarray) -> np.ndarray:
    """Stalactites where the roof drips, stalagmites below them, columns where they have met."""
    main = cave.passages[0]
    count = int(rng.integers(120, 260))
    weight = np.maximum(main.radius - 2.0, 0) ** 2 * smoothstep(16, 24, main.along)  # none grow near the mouth
    # They stand in groups along cracks of the roof.
    spots = np.repeat(rng.choice(len(main.along), count // 6, p=weight / weight.sum()), 6)
    across = np.repeat(rng.uniform(-0.8, 0.8, count // 6), 6) + rng.normal(0, 0.12, len(spots))
    along = main.along[spots] + rng.normal(0, 0.6, len(spots))
    at = [np.interp(along, main.along, values) for values in (main.aside, main.middle, main.radius, main.wide)]
    across = np.clip(across, -0.9, 0.9)
    x = main.origin[0] - (at[0] + across * at[2] * at[3])
    y = main.origin[1] + along
    top = at[1] + at[2] * np.sqrt(1 - across**2)
    low = cave.floor(np.column_stack([x, y]))
    gap = top - low
    length = np.minimum(rng.lognormal(-0.4, 0.6, len(x)), 0.55 * gap)
    free = np.min(np.hypot(x[:, None] - walk[::4, 0], y[:, None] - walk[::4, 1]), 1) > CLEAR + 0.5
    free &= (gap > 1.5) & (np.hypot(x - cave.shaft[0], y - cave.shaft[1]) > cave.shaft[2] + 0.8)
    girth = 0.05 + 0.1 * length * rng.uniform(0.7, 1.3, len(x))
    columns = free & (rng.random(len(x)) < 0.06)
    below = free & ~columns & (rng.random(len(x)) < 0.5)
    hang = free & ~columns
    rows = [np.column_stack([x, y, top + 0.3, top - length, girth])[hang]]
    rows.append(np.column_stack([x, y, low - 0.3, low + 0.6 * length, 1.5 * girth])[below])
    middle = low + 0.45 * gap
    rows.append(np.column_stack([x, y, top + 0.3, middle - 0.3 * gap, girth + 0.16])[columns])
    rows.append(np.column_stack([x, y, low - 0.3, middle + 0.35 * gap, 1.4 * girth + 0.18])[columns])
    return np.concatenate(rows)
