"""The evaluated skin as numpy arrays: what hair, clothes and labels stand on."""

from __future__ import annotations

from functools import cached_property
from itertools import chain

import numpy as np

FLAT = 1e-12  # squared sine between two edges of a triangle below which it has no area


class Surface:
    """A triangle mesh in the world: positions, normals, template (n, 3), uv (n, 2), triangles (m, 3), part (m,)."""

    def __init__(self, positions, normals, template, uv, triangles, part):
        self.positions, self.normals, self.template = positions, normals, template
        self.uv, self.triangles, self.part = uv, triangles, part

    @cached_property
    def areas(self) -> np.ndarray:
        """The area (m,) of each triangle, m²."""
        a, b, c = (self.positions[self.triangles[:, i]] for i in range(3))
        return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2

    def bvh(self):
        """A mathutils BVHTree for nearest points and rays, made once."""
        return self._bvh

    @cached_property
    def _bvh(self):
        from mathutils.bvhtree import BVHTree

        return BVHTree.FromPolygons(self.positions.tolist(), self.triangles.tolist())

    def sample(self, rng, count: int, density):
        """Scatter points by area times ``density(template)``.

        Returns positions, normals, template (count, 3), triangle index (count,) and barycentric weights (count, 3).
        """
        weight = np.asarray(density(self.template), float)[self.triangles].mean(1) * self.areas
        if not weight.sum() > 0:
            count, weight = 0, np.ones(len(weight))
        cumulative = np.cumsum(weight) / weight.sum()
        index = np.minimum(np.searchsorted(cumulative, rng.random(count), side="right"), len(weight) - 1)
        u, v = np.sqrt(rng.random(count)), rng.random(count)
        barycentric = np.stack([1 - u, u * (1 - v), u * v], 1)
        return *self.at(index, barycentric), index, barycentric

    def at(self, triangle: np.ndarray, barycentric: np.ndarray):
        """Positions, unit normals and template coordinates (k, 3) at barycentric places."""
        corners = self.triangles[triangle]
        values = [np.einsum("kc,kci->ki", barycentric, a[corners])
                  for a in (self.positions, self.normals, self.template)]  # fmt: skip
        values[1] = values[1] / np.maximum(np.linalg.norm(values[1], axis=1, keepdims=True), 1e-12)
        return tuple(values)


def vectors(found: list, column: int) -> np.ndarray:
    """One column (k, 3) of what a BVHTree found, k tuples that hold vectors there."""
    # As sequences vectors are read fourteen times as slowly.
    return np.fromiter(chain.from_iterable(hit[column] for hit in found), float, 3 * len(found)).reshape(-1, 3)


def edges_of(triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The edges (k, 2) of triangles (m, 3), lower vertex first, in order, and of how many (k,) each is."""
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    size = int(edges.max(initial=0)) + 1
    # One number an edge: rows are sorted ten times as slowly.
    keys, counts = np.unique(edges[:, 0] * size + edges[:, 1], return_counts=True)
    return np.stack([keys // size, keys % size], 1), counts


def vertex_normals(positions: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Area-weighted unit normals (n, 3)."""
    a, b, c = (positions[triangles[:, i]] for i in range(3))
    face = np.cross(b - a, c - a)
    normals = np.zeros_like(positions)
    for axis in range(3):
        for corner in range(3):
            normals[:, axis] += np.bincount(triangles[:, corner], face[:, axis], len(positions))
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20)


def evaluated_surface(obj) -> Surface:
    """The surface of a mesh object with its shape keys, armature and subdivision applied (needs bpy)."""
    import bpy

    graph = bpy.context.evaluated_depsgraph_get()
    evaluated = obj.evaluated_get(graph)
    mesh = evaluated.to_mesh()
    try:
        mesh.calc_loop_triangles()
        count, triangle_count = len(mesh.vertices), len(mesh.loop_triangles)
        positions, template = np.zeros(count * 3, np.float32), np.zeros(count * 3, np.float32)
        mesh.attributes["position"].data.foreach_get("vector", positions)
        mesh.attributes["template"].data.foreach_get("vector", template)
        triangles = np.zeros(triangle_count * 3, np.int32)
        mesh.loop_triangles.foreach_get("vertices", triangles)
        polygon = np.zeros(triangle_count, np.int32)
        mesh.loop_triangles.foreach_get("polygon_index", polygon)
        part = np.zeros(len(mesh.polygons), np.float32)
        mesh.attributes["part"].data.foreach_get("value", part)
        loop_vertex = np.zeros(len(mesh.loops), np.int32)
        mesh.attributes[".corner_vert"].data.foreach_get("value", loop_vertex)
        loop_uv = np.zeros(len(mesh.loops) * 2, np.float32)
        mesh.uv_layers[0].uv.foreach_get("vector", loop_uv)
    finally:
        evaluated.to_mesh_clear()
    positions = positions.reshape(-1, 3).astype(np.float64)
    matrix = np.array(obj.matrix_world)
    positions = positions @ matrix[:3, :3].T + matrix[:3, 3]
    triangles = triangles.reshape(-1, 3).astype(np.int64)
    uv = np.zeros((count, 2))
    uv[loop_vertex] = loop_uv.reshape(-1, 2)  # at a seam the last corner wins
    return Surface(
        positions, vertex_normals(positions, triangles), template.reshape(-1, 3).astype(np.float64), uv,
        triangles, part[polygon].astype(np.int64),
    )  # fmt: skip


def shares_of(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """The barycentric weights (k, 3) in triangles (k, 3, 3) of the places of their planes nearest to points (k, 3)."""
    a, b, c = corners.transpose(1, 0, 2)
    first, second, offset = b - a, c - a, points - a

    def dot(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.einsum("ki,ki->k", one, other)

    # Least squares by the normal equations: pseudo-inverses take nine times as long.
    long, wide, mixed = dot(first, first), dot(second, second), dot(first, second)
    along, across = dot(first, offset), dot(second, offset)
    area = long * wide - mixed**2
    flat = area <= FLAT * long * wide  # a triangle without area counts as its first corner
    tail = np.stack([wide * along - mixed * across, long * across - mixed * along], 1)
    tail = np.where(flat[:, None], 0.0, tail / np.where(flat, 1.0, area)[:, None])
    return np.concatenate([1 - tail.sum(1, keepdims=True), tail], 1)
