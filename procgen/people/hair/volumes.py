"""Meshes that hair meets: their bounding volumes, made when a place is near enough to be asked about."""

from __future__ import annotations

from functools import cached_property

import numpy as np

SLACK = 1e-4  # m: single precision of the volumes, and more


class Volumes:
    """Polygons over points (n, 3), metres, with the box around them."""

    def __init__(self, points: np.ndarray, mesh):
        self.points = points
        self.low, self.high = (
            (points.min(0), points.max(0)) if len(points) else (np.full(3, np.inf), np.full(3, -np.inf))
        )
        self._corners = np.zeros(len(mesh.loops), np.int32)
        self._starts = np.zeros(len(mesh.polygons), np.int32)
        mesh.loops.foreach_get("vertex_index", self._corners)
        mesh.polygons.foreach_get("loop_start", self._starts)

    def near(self, places: np.ndarray, reach: float) -> np.ndarray:
        """Those (k,) of places (n, 3) that lie within ``reach`` metres of the box: no other is so near the mesh."""
        room = reach + SLACK
        return np.flatnonzero(((places > self.low - room) & (places < self.high + room)).all(1))

    @cached_property
    def tree(self):
        """A mathutils BVHTree."""
        from mathutils.bvhtree import BVHTree

        corners, starts = self._corners.tolist(), self._starts.tolist()
        ends = [*starts[1:], len(corners)]
        return BVHTree.FromPolygons(self.points.tolist(), [corners[a:b] for a, b in zip(starts, ends, strict=True)])
