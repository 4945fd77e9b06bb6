"""Shapes that sea life is made of: stacks of rings, bundles of tubes, tubes along a tree, thick sheets, geodesic spheres."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...geometry.mesh import NO_CORNER, Mesh
from ...geometry.primitives import lattice_faces


def ring_faces(rings: int, sides: int, bottom: bool, top: bool) -> np.ndarray:
    """Faces (m, 4) of a stack of rings, with a pole under the first and over the last; poles follow the rings."""
    faces = [lattice_faces(rings, sides, around=True)]
    turn, pole = np.arange(sides), rings * sides
    none = np.full(sides, NO_CORNER)
    if bottom:
        faces.append(np.stack([np.full(sides, pole), (turn + 1) % sides, turn, none], 1))
        pole += 1
    if top:
        last = (rings - 1) * sides
        faces.append(np.stack([np.full(sides, pole), last + turn, last + (turn + 1) % sides, none], 1))
    return np.concatenate(faces)


def stack(rings: np.ndarray, bottom=None, top=None, **attributes: np.ndarray) -> Mesh:
    """A mesh of rings (k, sides, 3) that run counter-clockwise seen from the last; poles (3,) close its ends.

    Attributes (k, sides) or (k, sides, 3) are kept; a pole takes the mean of its ring.
    """
    count, sides = rings.shape[:2]
    poles = [np.asarray(pole, float).reshape(1, 3) for pole in (bottom, top) if pole is not None]
    ends = [end for end, pole in ((0, bottom), (-1, top)) if pole is not None]
    kept = {name: np.concatenate([values.reshape(-1, *values.shape[2:]), *(values[end].mean(0)[None] for end in ends)])
            for name, values in attributes.items()}  # fmt: skip
    faces = ring_faces(count, sides, bottom is not None, top is not None)
    return Mesh(np.concatenate([rings.reshape(-1, 3), *poles]), faces, attributes=kept)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (…, 3) at length one."""
    return vectors / np.maximum(np.sqrt((vectors * vectors).sum(-1, keepdims=True)), 1e-12)


def tube_vertices(curves: np.ndarray, radii: np.ndarray, sides: int) -> np.ndarray:
    """Vertices (m · (k · sides + 2), 3) of tubes along curves (m, k, 3) with radii (m, k); see ``tubes``."""
    tangent = unit(np.gradient(curves, axis=1))
    first = np.eye(3)[np.argmin(np.abs(tangent[:, 0]), axis=1)]
    across = np.zeros_like(curves)
    for index in range(curves.shape[1]):  # each frame is the one before, turned as little as it can
        t = tangent[:, index]
        before = across[:, index - 1] if index else first
        across[:, index] = unit(before - t * (before * t).sum(1, keepdims=True))
    other = np.cross(tangent, across)
    angle = np.arange(sides) * (2 * np.pi / sides)
    ring = np.cos(angle)[:, None] * across[:, :, None] + np.sin(angle)[:, None] * other[:, :, None]
    rings = curves[:, :, None] + np.asarray(radii, float)[:, :, None, None] * ring
    each = np.concatenate([rings.reshape(len(curves), -1, 3), curves[:, :1], curves[:, -1:]], 1)
    return each.reshape(-1, 3)


def tubes(curves: np.ndarray, radii: np.ndarray, sides: int = 6) -> Mesh:
    """Closed tubes along curves (m, k, 3) with radii (m, k), metres.

    Attributes: along 0…1, owner the index of the curve.
    """
    count, length = curves.shape[:2]
    radii = np.broadcast_to(np.asarray(radii, float), (count, length))
    vertices = tube_vertices(curves, radii, sides)
    faces = ring_faces(length, sides, True, True)
    each = length * sides + 2
    faces = np.where(faces < 0, NO_CORNER, faces + (np.arange(count) * each)[:, None, None]).reshape(-1, 4)
    along = np.concatenate([np.repeat(np.linspace(0, 1, length), sides), [0.0, 1.0]])
    return Mesh(
        vertices, faces, attributes={"along": np.tile(along, count), "owner": np.repeat(np.arange(count), each)}
    )


def tree_tubes(points: np.ndarray, parents: np.ndarray, radii: np.ndarray, sides: int = 6) -> Mesh:
    """Tubes along the edges of trees: nodes (n, 3) after their parents (n,), -1 a root; radii (n,) metres.

    A node is one ring that the tubes of its children share, and an end is closed by a pole. Attribute node: its index.
    """
    count = len(points)
    up = np.where(parents >= 0, parents, 0)
    root = parents < 0
    step = unit(points - points[up])
    child_sum = np.stack([np.bincount(up[~root], step[~root, axis], count) for axis in range(3)], 1)
    tangent = unit(np.where(root[:, None], 0, step) + 0.999 * unit(child_sum))
    level = np.zeros(count, np.int64)
    for index in range(count):
        if not root[index]:
            level[index] = level[parents[index]] + 1
    across = np.zeros((count, 3))
    for depth in range(level.max() + 1):
        here = np.flatnonzero(level == depth)
        t = tangent[here]
        before = across[up[here]] if depth else np.eye(3)[np.argmin(np.abs(t), axis=1)]
        side = before - t * (before * t).sum(1, keepdims=True)
        lost = (side * side).sum(1) < 1e-6  # the tube turned onto its own frame
        side[lost] = np.cross(t[lost], before[lost] + [0.3, 0.5, 0.7])
        across[here] = unit(side)
    other = np.cross(tangent, across)
    angle = np.arange(sides) * (2 * np.pi / sides)
    ring = np.cos(angle)[:, None] * across[:, None] + np.sin(angle)[:, None] * other[:, None]
    vertices = (points[:, None] + radii[:, None, None] * ring).reshape(-1, 3)
    turn = np.arange(sides)
    low, high = (up * sides)[~root, None], (np.arange(count) * sides)[~root, None]
    after = (turn + 1) % sides
    walls = np.stack([low + turn, low + after, high + after, high + turn], -1).reshape(-1, 4)
    tips = np.flatnonzero(np.bincount(up[~root], minlength=count) == 0)
    pole = (count * sides + np.arange(len(tips)))[:, None]
    first = (tips * sides)[:, None]
    caps = np.stack(np.broadcast_arrays(pole, first + turn, first + after, NO_CORNER), -1).reshape(-1, 4)
    vertices = np.concatenate([vertices, points[tips] + tangent[tips] * radii[tips, None]])
    node = np.concatenate([np.repeat(np.arange(count), sides), tips])
    return Mesh(vertices, np.concatenate([walls, caps]), attributes={"node": node})


def thickened(sheet: Mesh, thickness: np.ndarray | float) -> Mesh:
    """A closed skin around an open sheet of triangles: two sides ``thickness`` metres apart, and a wall at its borders."""
    count = len(sheet.vertices)
    offset = sheet.normals() * (np.broadcast_to(thickness, (count,)) / 2)[:, None]
    triangle = sheet.triangles()
    edges = np.concatenate([triangle[:, [0, 1]], triangle[:, [1, 2]], triangle[:, [2, 0]]]).astype(np.int64)
    key, back = edges[:, 0] * count + edges[:, 1], edges[:, 1] * count + edges[:, 0]
    border = edges[~np.isin(key, back)]
    a, b = border[:, 0], border[:, 1]
    four = np.concatenate([triangle, np.full((len(triangle), 1), NO_CORNER)], 1)
    under = np.concatenate([triangle[:, ::-1] + count, np.full((len(triangle), 1), NO_CORNER)], 1)
    wall = np.stack([b, a, a + count, b + count], 1)
    attributes = {name: np.concatenate([values, values]) for name, values in sheet.attributes.items()}
    return Mesh(np.concatenate([sheet.vertices + offset, sheet.vertices - offset]),
                np.concatenate([four, under, wall]), attributes=attributes)  # fmt: skip


def geodesic(frequency: int) -> Mesh:
    """A unit sphere of 20 · frequency² triangles: the faces of an icosahedron cut into ``frequency`` rows."""
    golden = (1 + np.sqrt(5)) / 2
    corner = np.array([(x, y * golden, 0) for x in (-1, 1) for y in (-1, 1)], float)
    corner = np.concatenate([corner, corner[:, [2, 0, 1]], corner[:, [1, 2, 0]]])
    length = np.sqrt(((corner[:, None] - corner[None]) ** 2).sum(-1))
    near = (length > 0.1) & (length < 2.1)
    faces = []
    for a in range(12):
        for b in range(a + 1, 12):
            for c in range(b + 1, 12):
                if near[a, b] and near[b, c] and near[a, c]:
                    flip = np.linalg.det(corner[[a, b, c]]) < 0
                    faces.append((a, c, b) if flip else (a, b, c))
    i, j = (grid.ravel() for grid in np.meshgrid(np.arange(frequency + 1), np.arange(frequency + 1), indexing="ij"))
    inside = i + j <= frequency
    i, j = i[inside], j[inside]
    number = np.full((frequency + 2, frequency + 2), -1)
    number[i, j] = np.arange(len(i))
    weight = np.stack([frequency - i - j, i, j], 1) / frequency
    a = np.stack([number[i, j], number[i + 1, j], number[i, j + 1]], 1)
    b = np.stack([number[i + 1, j], number[i + 1, j + 1], number[i, j + 1]], 1)
    pattern = np.concatenate([a, b])
    pattern = pattern[(pattern >= 0).all(1)]
    points = np.concatenate([weight @ corner[list(face)] for face in faces])
    triangles = np.concatenate([pattern + index * len(i) for index in range(len(faces))])
    _, first, place = np.unique(np.round(points, 6) + 0.0, axis=0, return_index=True, return_inverse=True)
    return Mesh(unit(points[first]), place.reshape(-1)[triangles])


def edges_of(mesh: Mesh) -> np.ndarray:
    """The edges (e, 2) of a mesh, each once, the lower vertex first; the diagonals of quads are none."""
    quad = mesh.faces[:, 3] >= 0
    third = np.where(quad, mesh.faces[:, 3], mesh.faces[:, 2])
    sides = [
        mesh.faces[:, [0, 1]],
        mesh.faces[:, [1, 2]],
        np.stack([third, mesh.faces[:, 0]], 1),
        mesh.faces[quad][:, 2:],
    ]
    pairs = np.sort(np.concatenate(sides), axis=1).astype(np.int64)
    count = len(mesh.vertices)
    key = np.unique(pairs[:, 0] * count + pairs[:, 1])
    return np.stack([key // count, key % count], 1)


def neighbour_mean(mesh: Mesh, values: np.ndarray, edges: np.ndarray | None = None) -> np.ndarray:
    """The mean of values (n,) or (n, 3) over the neighbours of each vertex."""
    edges = edges_of(mesh) if edges is None else edges
    count = len(mesh.vertices)
    one, two = np.concatenate([edges[:, 0], edges[:, 1]]), np.concatenate([edges[:, 1], edges[:, 0]])
    degree = np.maximum(np.bincount(one, minlength=count), 1)
    columns = values.reshape(count, -1)
    total = np.stack([np.bincount(one, columns[two, axis], count) for axis in range(columns.shape[1])], 1)
    return (total / degree[:, None]).reshape(values.shape)


def smoothed(mesh: Mesh, rounds: int = 1) -> Mesh:
    """The mesh with each vertex moved halfway to the mean of its neighbours, some times."""
    edges, vertices = edges_of(mesh), mesh.vertices
    for _ in range(rounds):
        vertices = 0.5 * vertices + 0.5 * neighbour_mean(mesh, vertices, edges)
    return replace(mesh, vertices=vertices)
