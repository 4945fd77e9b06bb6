"""Shapes of floating things: solid, thin, pierced and crooked ones, each drawn anew and about one metre in radius."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from ...geometry.mesh import Mesh, copies, merged
from ...geometry.noise import fractal
from ...geometry.primitives import grid, icosphere, lattice_faces, revolution, tube

THIN = (0.015, 0.08)  # radii of rods and wires, m
SMOOTH = 72  # points along a curve that bends


def _powered(values: np.ndarray, exponent: float) -> np.ndarray:
    return np.sign(values) * np.abs(values) ** exponent


def superquadric(rng: Generator) -> Mesh:
    """A superquadric (Barr 1981), from a box through an ellipsoid to a star of four points."""
    first, second = np.exp(rng.uniform(np.log(0.12), np.log(2.4), 2))
    rows, columns = 28, 48
    up = np.linspace(-np.pi / 2, np.pi / 2, rows)[:, None]
    turn = np.arange(columns) * (2 * np.pi / columns)
    flat = _powered(np.cos(up), first)
    points = np.stack([flat * _powered(np.cos(turn), second), flat * _powered(np.sin(turn), second),
                       np.broadcast_to(_powered(np.sin(up), first), (rows, columns))], -1)  # fmt: skip
    return Mesh(points.reshape(-1, 3) * rng.uniform(0.45, 1.0, 3), lattice_faces(rows, columns, around=True))


def box(rng: Generator, size=None) -> Mesh:
    """A box of sharp edges."""
    half = np.asarray(rng.uniform(0.3, 1.0, 3) if size is None else size)
    corners = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    sides = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = np.arange(24).reshape(6, 4)  # corners of their own, so that edges stay sharp
    return Mesh(corners[np.array(sides).ravel()] * half, faces, smooth=False)


def vase(rng: Generator) -> Mesh:
    """A surface of revolution of any profile, closed at both ends."""
    count = 24
    along = np.linspace(0, 1, count)
    profile = np.interp(along, np.linspace(0, 1, 5), rng.uniform(0.15, 0.8, 5))
    profile += 0.08 * rng.random() * np.sin(2 * np.pi * rng.integers(1, 5) * along)
    profile = np.concatenate([[1e-3], np.maximum(profile, 0.05), [1e-3]])
    heights = np.concatenate([[-1.0], 2 * along - 1, [1.0]])
    return revolution(profile, heights, int(rng.choice([5, 6, 8, 32])))


def ring(rng: Generator) -> Mesh:
    """A torus, from a tyre to a hoop of wire."""
    turn = np.linspace(0, 2 * np.pi, SMOOTH)
    thick = np.exp(rng.uniform(np.log(THIN[0]), np.log(0.4)))
    squash = rng.uniform(0.5, 1.0)
    circle = np.stack([np.cos(turn), squash * np.sin(turn), 0 * turn], 1) * (1 - thick / 2)
    return tube(circle, thick, 12, closed=False)


def knot(rng: Generator) -> Mesh:
    """A torus knot."""
    p, q = [(2, 3), (3, 2), (2, 5), (3, 4), (1, 4), (5, 2)][rng.integers(6)]
    t = np.linspace(0, 2 * np.pi, 3 * SMOOTH)
    away = 0.65 + 0.3 * np.cos(q * t)
    curve = np.stack([away * np.cos(p * t), away * np.sin(p * t), 0.35 * np.sin(q * t)], 1)
    return tube(curve, rng.uniform(0.02, 0.14), 8, closed=False)


def rod(rng: Generator) -> Mesh:
    """A thin rod, straight or a little bent, of one thickness or pointed."""
    along = np.linspace(-1, 1, 16)
    bend = rng.normal(scale=0.25, size=2) * (rng.random() < 0.5)
    curve = np.stack([bend[0] * (along**2 - 0.5), bend[1] * (along**3 - along), along], 1)
    thick = np.exp(rng.uniform(*np.log(THIN)))
    return tube(curve, thick * (np.linspace(1, 0.15, 16) if rng.random() < 0.3 else 1.0), 8)


def spring(rng: Generator) -> Mesh:
    """A helix of wire."""
    turns = rng.integers(3, 8)
    t = np.linspace(0, 1, 24 * turns)
    wide = rng.uniform(0.25, 0.6)
    curve = np.stack([wide * np.cos(2 * np.pi * turns * t), wide * np.sin(2 * np.pi * turns * t), 2 * t - 1], 1)
    return tube(curve, np.exp(rng.uniform(*np.log(THIN))), 6)


def lattice(rng: Generator) -> Mesh:
    """A grille of rods across each other, as fences and cages are."""
    across, along = rng.integers(3, 9, 2)
    thick = np.exp(rng.uniform(np.log(0.008), np.log(0.04)))
    rows = [(np.array([[-0.7, y, 0.0], [0.7, y, 0.0]])) for y in np.linspace(-0.7, 0.7, across)]
    rows += [(np.array([[x, -0.7, 0.0], [x, 0.7, 0.0]])) for x in np.linspace(-0.7, 0.7, along)]
    return merged(tube(row, thick, 6) for row in rows)


def frame(rng: Generator) -> Mesh:
    """A rectangular frame that one looks through."""
    wide, high, thick = rng.uniform(0.4, 0.75), rng.uniform(0.4, 0.75), np.exp(rng.uniform(np.log(0.02), np.log(0.15)))
    parts = [box(rng, (wide, thick, thick)).moved((0, side * high, 0)) for side in (-1, 1)]
    parts += [box(rng, (thick, high - thick, thick)).moved((side * (wide - thick), 0, 0)) for side in (-1, 1)]
    return merged(parts)


def plate(rng: Generator) -> Mesh:
    """A sheet, flat, bent or wavy."""
    count = 24
    sheet = grid(count, count, size=1.5)
    x, y = sheet.vertices[:, 0], sheet.vertices[:, 1] * rng.uniform(0.4, 1.0)
    bend = rng.normal(scale=0.35) * (rng.random() < 0.6)
    wave = 0.06 * (rng.random() < 0.4) * np.sin(rng.uniform(4, 14) * x + rng.uniform(0, 6))
    return Mesh(np.stack([x, y, bend * x**2 + wave], 1), sheet.faces)


def leaf(rng: Generator) -> Mesh:
    """A leaf with a point and a fold along its middle."""
    count = 20
    sheet = grid(count, count, size=2.0)
    along, side = sheet.vertices[:, 0], sheet.vertices[:, 1]
    share = (along + 1) / 2
    wide = rng.uniform(0.25, 0.6) * np.sin(np.pi * share ** rng.uniform(0.6, 1.2)) + 1e-3
    droop, fold = rng.normal(scale=0.3), rng.uniform(0, 0.5)
    return Mesh(np.stack([along, side * wide, droop * along**2 + fold * np.abs(side) * wide], 1), sheet.faces)


def star(rng: Generator) -> Mesh:
    """An extruded star or gear."""
    points = int(rng.integers(3, 13))
    radius = np.where(np.arange(2 * points) % 2, rng.uniform(0.35, 0.85), 1.0)
    turn = np.arange(2 * points) * (np.pi / points)
    outline = np.stack([radius * np.cos(turn), radius * np.sin(turn)], 1)
    deep = np.exp(rng.uniform(np.log(0.02), np.log(0.5)))
    rings = [np.column_stack([outline * scale, np.full(2 * points, z)])
             for scale, z in ((1e-3, -deep), (1, -deep), (1, -deep), (1, deep), (1, deep), (1e-3, deep))]  # fmt: skip
    faces = lattice_faces(6, 2 * points, around=True)
    return Mesh(np.concatenate(rings), faces, smooth=False)


def blob(rng: Generator) -> Mesh:
    """A lump."""
    ball = icosphere(4)
    way = ball.vertices
    rough = fractal(way * rng.uniform(0.8, 2.5) + rng.uniform(0, 50, 3), int(rng.integers(2**16)), 3)
    return Mesh(way * (0.8 + rng.uniform(0.1, 0.5) * rough)[:, None] * rng.uniform(0.6, 1.0, 3), ball.faces)


def twig(rng: Generator) -> Mesh:
    """A crooked stem with side branches."""
    along = np.linspace(0, 1, 14)[:, None]
    parts, thick = [], np.exp(rng.uniform(np.log(0.015), np.log(0.05)))
    stem = along * [0, 0, 2.0] - [0, 0, 1.0] + 0.15 * np.cumsum(rng.normal(scale=0.25, size=(14, 3)), 0) * along
    parts.append(tube(stem, thick * np.linspace(1, 0.3, 14), 7))
    for _ in range(rng.integers(3, 9)):
        start = stem[rng.integers(2, 12)]
        way = rng.normal(size=3) + [0, 0, 0.8]
        way *= rng.uniform(0.3, 0.8) / np.linalg.norm(way)
        side = start + along[::2] * way + 0.1 * along[::2] ** 2 * rng.normal(size=3)
        parts.append(tube(side, thick * np.linspace(0.6, 0.15, len(side)), 6))
    return merged(parts)


def jack(rng: Generator) -> Mesh:
    """Rods or bars through one point, with knobs at their ends or without."""
    rods = []
    for _ in range(rng.integers(2, 6)):
        way = rng.normal(size=3)
        way /= np.linalg.norm(way)
        rods.append(tube(np.stack([-way, way]), np.exp(rng.uniform(np.log(0.02), np.log(0.12))), 8))
        if rng.random() < 0.4:
            ends = np.tile(np.eye(4), (2, 1, 1))
            ends[:, :3, :3] *= rng.uniform(0.08, 0.2)
            ends[:, :3, 3] = (-0.95 * way, 0.95 * way)
            rods.append(copies(icosphere(2), ends))
    return merged(rods)


# Shapes by their odds.
SHAPES: dict[Callable[[Generator], Mesh], float] = {
    superquadric: 2.0, box: 1.2, vase: 1.0, ring: 1.0, knot: 0.9, rod: 1.4, spring: 0.5, lattice: 0.8, frame: 0.7,
    plate: 1.6, leaf: 1.0, star: 0.8, blob: 1.2, twig: 0.9, jack: 0.8,
}  # fmt: skip


def draw_shape(rng: Generator) -> tuple[str, Mesh]:
    """A shape's name and its mesh, whose farthest vertex is 1 m from the origin."""
    makers, odds = list(SHAPES), np.array(list(SHAPES.values()))
    maker = makers[rng.choice(len(makers), p=odds / odds.sum())]
    mesh = maker(rng)
    mesh = mesh.moved(-(mesh.vertices.min(0) + mesh.vertices.max(0)) / 2)
    return maker.__name__, mesh.transformed(np.eye(3) / np.linalg.norm(mesh.vertices, axis=1).max())
