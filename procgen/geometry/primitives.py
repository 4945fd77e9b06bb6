"""Simple shapes as meshes: grids, spheres, tubes along curves, ribbons and surfaces of revolution."""

from __future__ import annotations

import numpy as np

from .mesh import Mesh


def lattice_faces(rows: int, columns: int, around: bool = False) -> np.ndarray:
    """Quads (m, 4) of a lattice of rows × columns vertices numbered row by row; ``around`` joins the last column to the
    first. Counter-clockwise seen from where columns run right and rows run up."""
    first = np.arange(columns if around else columns - 1)
    second = (first + 1) % columns
    row = np.arange(rows - 1)[:, None] * columns
    return np.stack([row + first, row + second, row + columns + second, row + columns + first], -1).reshape(-1, 4)


def grid(rows: int, columns: int, height: np.ndarray | float = 0.0, size: float = 1.0) -> Mesh:
    """A square of the edge ``size`` metres around the origin with heights (rows, columns)."""
    y, x = np.meshgrid(np.linspace(-size / 2, size / 2, rows), np.linspace(-size / 2, size / 2, columns), indexing="ij")
    z = np.broadcast_to(np.asarray(height, float), x.shape)
    return Mesh(np.stack([x, y, z], -1).reshape(-1, 3), lattice_faces(rows, columns))


def frames_along(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit tangents, and two unit vectors across a curve (k, 3) that turn as little as they can (Wang et al. 2008)."""
    points = np.asarray(points, float)
    tangent = np.gradient(points, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-12)
    start = np.eye(3)[np.argmin(np.abs(tangent[0]))]
    across = np.zeros_like(points)
    across[0] = start - tangent[0] * (start @ tangent[0])
    across[0] /= np.linalg.norm(across[0])
    for index in range(len(points) - 1):
        step = points[index + 1] - points[index]
        length = step @ step
        if length < 1e-18:
            across[index + 1] = across[index]
            continue
        mirrored = across[index] - 2 / length * (step @ across[index]) * step
        mirrored_tangent = tangent[index] - 2 / length * (step @ tangent[index]) * step
        second = tangent[index + 1] - mirrored_tangent
        length = second @ second
        across[index + 1] = mirrored - (2 / length * (second @ mirrored) * second if length > 1e-18 else 0)
    return tangent, across, np.cross(tangent, across)


def tube(points: np.ndarray, radii, sides: int = 8, closed: bool = True) -> Mesh:
    """A tube along a curve (k, 3) with radii (k,), metres; ``closed`` caps its ends.

    Attributes: along 0…1 over the length, around 0…1 over the turn.
    """
    points = np.asarray(points, float)
    radii = np.broadcast_to(np.asarray(radii, float), (len(points),))
    _, across, other = frames_along(points)
    angle = np.arange(sides) * (2 * np.pi / sides)
    ring = np.cos(angle)[:, None] * across[:, None] + np.sin(angle)[:, None] * other[:, None]
    vertices = (points[:, None] + radii[:, None, None] * ring).reshape(-1, 3)
    faces = lattice_faces(len(points), sides, around=True)
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    along = np.repeat(length / max(length[-1], 1e-12), sides)
    around = np.tile(angle / (2 * np.pi), len(points))
    if closed:
        turn = np.arange(sides)
        last = (len(points) - 1) * sides
        bottom = np.stack([np.full(sides, len(vertices)), (turn + 1) % sides, turn, np.full(sides, -1)], 1)
        top = np.stack(
            [np.full(sides, len(vertices) + 1), last + turn, last + (turn + 1) % sides, np.full(sides, -1)], 1
        )
        faces = np.concatenate([faces, bottom, top])
        vertices = np.concatenate([vertices, points[[0, -1]]])
        along, around = np.concatenate([along, [0, 1]]), np.concatenate([around, [0, 0]])
    return Mesh(vertices, faces, attributes={"along": along, "around": around})


def revolution(radii: np.ndarray, heights: np.ndarray, sides: int = 24) -> Mesh:
    """A surface of revolution about z from a profile of radii (k,) and heights (k,), bottom first seen from outside.

    Attributes: along 0…1 over the profile, around 0…1.
    """
    radii, heights = np.asarray(radii, float), np.asarray(heights, float)
    angle = np.arange(sides) * (2 * np.pi / sides)
    x, y = radii[:, None] * np.cos(angle), radii[:, None] * np.sin(angle)
    vertices = np.stack([x, y, np.broadcast_to(heights[:, None], x.shape)], -1).reshape(-1, 3)
    along = np.repeat(np.linspace(0, 1, len(radii)), sides)
    return Mesh(vertices, lattice_faces(len(radii), sides, around=True),
                attributes={"along": along, "around": np.tile(angle / (2 * np.pi), len(radii))})  # fmt: skip


def icosphere(subdivisions: int = 3, radius: float = 1.0) -> Mesh:
    """A sphere of triangles about the origin: 20 · 4^subdivisions of them."""
    golden = (1 + np.sqrt(5)) / 2
    vertices = np.array([(-1, golden, 0), (1, golden, 0), (-1, -golden, 0), (1, -golden, 0), (0, -1, golden), (0, 1, golden),
                         (0, -1, -golden), (0, 1, -golden), (golden, 0, -1), (golden, 0, 1), (-golden, 0, -1),
                         (-golden, 0, 1)])  # fmt: skip
    faces = np.array([(0, 11, 5), (0, 5, 1), (0, 1, 7), (0, 7, 10), (0, 10, 11), (1, 5, 9), (5, 11, 4), (11, 10, 2), (10, 7, 6),
                      (7, 1, 8), (3, 9, 4), (3, 4, 2), (3, 2, 6), (3, 6, 8), (3, 8, 9), (4, 9, 5), (2, 4, 11), (6, 2, 10),
                      (8, 6, 7), (9, 8, 1)])  # fmt: skip
    vertices = vertices / np.linalg.norm(vertices[0])
    for _ in range(subdivisions):
        edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
        unique, place = np.unique(edges, axis=0, return_inverse=True)
        middle = vertices[unique].sum(1)
        middle /= np.linalg.norm(middle, axis=1, keepdims=True)
        a, b, c = len(vertices) + place.reshape(3, -1)
        vertices = np.concatenate([vertices, middle])
        faces = np.concatenate([np.stack(corners, 1) for corners in (
            (faces[:, 0], a, c), (faces[:, 1], b, a), (faces[:, 2], c, b), (a, b, c))])  # fmt: skip
    return Mesh(vertices * radius, faces)
