"""Corals that branch: skeletons of Laplacian growth under a smooth skin. Shapes are in lattice edges, whatever their size.

Each kind gives a mesh with the attributes pale (0…1 towards the colour of its tips) and deep (0…1 that of its hollows).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...geometry.mesh import Mesh
from .forms import tree_tubes, unit
from .laplacian_growth import breakdown, relaxed, to_tip
from .pigments import ramp
from .skeleton import Rods, area, skin

FACES = 46000  # about those of a skin seen from metres away


def _skin(rods: Rods, blend: float, detail: float, floor: float) -> Mesh:
    cell = np.sqrt(1.3 * area(rods) / (FACES * detail))
    least = 0.75 * cell * (1.0 if rods.flat is None else rods.flat)  # a thinner rod would slip through the lattice
    wide = rods._replace(low=np.maximum(rods.low, least), high=np.maximum(rods.high, least))
    return skin(wide, cell, blend, floor)


def _shades(mesh: Mesh, pale: np.ndarray, height: float = 0.35) -> Mesh:
    """The mesh with its shades: what is low and inside a colony sees little light and is deeper in colour."""
    vertices = mesh.vertices
    reach = np.sqrt((vertices[:, :2] ** 2).sum(1)) / max(np.abs(vertices[:, :2]).max(), 1e-9)
    out = np.maximum(vertices[:, 2] / max(vertices[:, 2].max(), 1e-9), reach)
    return replace(mesh, attributes={"pale": pale, "deep": 0.75 * (1 - ramp(0, height * 2, out))})


def _tree(count, exponent, rng, jitter, smooth, **growth) -> tuple[np.ndarray, np.ndarray]:
    sites, parents = breakdown(count, exponent, rng, **growth)
    points = sites + jitter * (rng.random(sites.shape) * 2 - 1)
    return relaxed(points, parents, smooth), parents


def _rods(points, parents, radius, tip_radius, swell) -> tuple[Rods, np.ndarray, np.ndarray]:
    """Rods of a tree, thicker by the power ``swell`` of the tips they carry; and how far (n,) their ends are from a tip."""
    height, load = to_tip(parents)
    child = np.flatnonzero(parents >= 0)
    up = parents[child]
    radii = radius * load**swell * (tip_radius + (1 - tip_radius) * ramp(-0.5, 2.5, height))
    return Rods(points[up], points[child], radii[up], radii[child]), height[up], height[child]


def _gathered(parts, marks) -> tuple[Rods, np.ndarray, np.ndarray]:
    columns = [None if arrays[0] is None else np.concatenate(arrays) for arrays in zip(*parts, strict=True)]
    low, high = (np.concatenate(arrays) for arrays in zip(*marks, strict=True))
    return Rods(*columns), low, high


def _tip_shade(mesh: Mesh, low: np.ndarray, high: np.ndarray, reach: float) -> np.ndarray:
    rod, along = mesh.attributes["rod"].astype(int), mesh.attributes["along"]
    return 1 - ramp(-0.2, reach, low[rod] + along * (high[rod] - low[rod]))


def staghorn(rng: np.random.Generator, detail: float) -> Mesh:
    """Open antlers of long round branches."""
    parts, marks = [], []
    stems = 5
    for index in range(stems):
        points, parents = _tree(100, 1, rng, 0.3, 2, upward=1.0, within=9.0)
        turn = 2 * np.pi * index / stems + 0.6 * rng.random()
        away = np.array([np.cos(turn), np.sin(turn), 0])
        points = points * [1.1, 1.1, 1.35] + 0.35 * points[:, 2:] * away + 0.9 * away * (index > 0)
        rods, low, high = _rods(points, parents, 0.40, 0.62, 0.04)
        parts.append(rods)
        marks.append((low, high))
    rods, low, high = _gathered(parts, marks)
    mesh = _skin(rods, 0.2, detail, -0.25)
    return _shades(mesh, _tip_shade(mesh, low, high, 1.5))


def bush(rng: np.random.Generator, detail: float) -> Mesh:
    """A dense head of blunt, knobbed branches, as cauliflower coral."""
    points, parents = _tree(330, 1, rng, 0.35, 1, upward=0.35, within=8.5)
    rods, low, high = _rods(points * [1.15, 1.15, 1.0], parents, 0.50, 1.12, 0.04)
    mesh = _skin(rods, 0.25, detail, -0.3)
    return _shades(mesh, 0.8 * _tip_shade(mesh, low, high, 1.2), 0.42)


def fire(rng: np.random.Generator, detail: float) -> Mesh:
    """Upright plates with fingered edges, as fire coral."""
    parts, marks = [], []
    plates = 5
    for index in range(plates):
        points, parents = _tree(190, 1, rng, 0.25, 1, dimensions=2, upward=0.1, within=13.0)
        turn = np.pi * (index / plates) + 0.25 * (rng.random() - 0.5)
        side = np.array([np.cos(turn), np.sin(turn), 0])
        away = np.array([-np.sin(turn), np.cos(turn), 0])
        bend = 0.03 * (rng.random() - 0.5) * points[:, :1] ** 2 + 2.5 * (rng.random() - 0.5)
        points = points[:, :1] * side + points[:, 1:] * [0, 0, 1] * (0.8 + 0.25 * rng.random()) + bend * away
        rods, low, high = _rods(points, parents, 0.56, 0.8, 0.03)
        normal = np.broadcast_to(away, rods.start.shape)
        parts.append(rods._replace(across=normal, flat=np.full(len(normal), 1.7)))
        marks.append((low, high))
    rods, low, high = _gathered(parts, marks)
    mesh = _skin(rods, 0.35, detail, -0.3)
    return _shades(mesh, _tip_shade(mesh, low, high, 1.6))


def twig(rng: np.random.Generator, detail: float) -> Mesh:
    """A thicket of thin pointed twigs, as bird's nest coral."""
    points, parents = _tree(int(300 + 1300 * min(detail, 1.0)), 1, rng, 0.35, 1, within=11.5)
    height, load = to_tip(parents)
    radii = 0.21 * load**0.10 * (0.3 + 0.7 * ramp(-0.3, 2.2, height))
    mesh = tree_tubes(points, parents, radii, 8 if detail > 0.5 else 5)
    node = mesh.attributes["node"].astype(int)
    return _shades(mesh, 1 - ramp(-0.2, 2.2, height[node]))


def elkhorn(rng: np.random.Generator, detail: float) -> Mesh:
    """A trunk that opens into broad flattened antlers."""
    trunk = np.array([[0, 0, -0.5], [0.3, 0.2, 2.2], [0.2, 0.5, 4.6]])
    parts = [Rods(trunk[:-1], trunk[1:], np.array([1.9, 1.35]), np.array([1.35, 1.0]),
                  np.tile([1.0, 0, 0], (2, 1)), np.ones(2))]  # fmt: skip
    marks = [(np.full(2, 9), np.full(2, 9))]
    blades = 7
    for index in range(blades):
        points, parents = _tree(95, 1, rng, 0.3, 1, dimensions=2, upward=0.7, within=10.5)
        azimuth = index * 2.39996 + 0.5 * (rng.random() - 0.5)
        rise = np.radians(8 + 38 * (index / blades) + 12 * rng.random())
        away = np.array([np.cos(azimuth), np.sin(azimuth), 0])
        side = np.array([-away[1], away[0], 0])
        forth = np.cos(rise) * away + np.sin(rise) * np.array([0, 0, 1])
        normal = np.cross(forth, side)
        curl = 0.035 * points[:, 1:] ** 2 + 0.03 * points[:, :1] ** 2
        base = np.array([0.2, 0.3, 1.2 + 3.4 * index / blades])
        placed = base + 0.85 * points[:, :1] * side + 0.95 * points[:, 1:] * forth + curl * [0, 0, 1]
        rods, low, high = _rods(placed, parents, 0.82, 0.75, 0.02)
        parts.append(rods._replace(across=np.tile(normal, (len(low), 1)), flat=np.full(len(low), 2.0)))
        marks.append((low, high))
    rods, low, high = _gathered(parts, marks)
    mesh = _skin(rods, 0.5, detail, -0.5)
    return _shades(mesh, _tip_shade(mesh, low, high, 1.5))


def pillar(rng: np.random.Generator, detail: float) -> Mesh:
    """Blunt columns that stand on one foot."""
    count, pieces = 9, 6
    starts, ends, low, high = [], [], [], []
    for index in range(count):
        reach = 0.9 * np.sqrt(index) * (0.9 + 0.3 * rng.random())
        turn = index * 2.39996
        foot = np.array([reach * np.cos(turn), reach * np.sin(turn), -0.3])
        tall = (5.2 - 0.45 * index) * (0.75 + 0.5 * rng.random())
        lean = 0.28 * unit(foot * [1, 1, 0]) + 0.16 * (rng.random(3) - 0.5)
        heights = np.linspace(0, 1, pieces + 1)[:, None]
        wander = np.cumsum(0.16 * (rng.random((pieces + 1, 3)) - 0.5), 0)
        line = foot + heights * tall * (lean * [1, 1, 0] + [0, 0, 1]) + wander * [1, 1, 0.2]
        radii = (0.50 + 0.16 * rng.random(pieces + 1)) * np.linspace(0.95, 1.08, pieces + 1)
        starts += [line[:-1], foot[None] - [0, 0, 0.1]]  # each column, and its root towards the others
        ends += [line[1:], foot[None] * [0.3, 0.3, 1.0]]
        low += [radii[:-1], np.array([0.55])]
        high += [radii[1:], np.array([0.7])]
    rods = Rods(*(np.concatenate(part) for part in (starts, ends, low, high)))
    mesh = _skin(rods, 0.3, detail, -0.3)
    top = mesh.vertices[:, 2] / mesh.vertices[:, 2].max()
    return _shades(mesh, 0.25 * ramp(0.4, 1.0, top) * mesh.normals()[:, 2].clip(0, 1), 0.25)
