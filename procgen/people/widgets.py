"""Shapes of wire that bones are drawn as: made once a file, shared by all people."""

from __future__ import annotations

import bpy
import numpy as np

PREFIX = "Simulacra widget "


def _circle(count: int = 32, share: float = 1.0, radius: float = 1.0) -> np.ndarray:
    """Points (count, 3) around the bone's own axis, which is y, or a share of the way around."""
    angle = 2 * np.pi * share * np.arange(count) / (count if share == 1.0 else count - 1)
    return radius * np.stack([np.cos(angle), np.zeros(count), np.sin(angle)], 1)


def _ring() -> tuple[np.ndarray, list]:
    points = _circle() + [0.0, 0.5, 0.0]
    return points, [(i, (i + 1) % len(points)) for i in range(len(points))]


def _arc() -> tuple[np.ndarray, list]:
    points = _circle(17, 0.5, 0.6)[:, [0, 2, 1]] + [0.0, 0.55, 0.0]  # under the chin, across the bone's tip
    return points, [(i, i + 1) for i in range(len(points) - 1)]


def _arrow() -> tuple[np.ndarray, list]:
    points = np.array([[0, 0.2, 0], [0, 1.0, 0], [0.12, 0.8, 0], [-0.12, 0.8, 0], [0, 0.8, 0.12], [0, 0.8, -0.12]])
    return points, [(0, 1), (1, 2), (1, 3), (1, 4), (1, 5)]


def _cross() -> tuple[np.ndarray, list]:
    ring = _circle(32, 1.0, 0.7)
    cross = np.array([[-1.0, 0, 0], [1.0, 0, 0], [0, 0, -1.0], [0, 0, 1.0]])
    edges = [(i, (i + 1) % len(ring)) for i in range(len(ring))]
    return np.concatenate([ring, cross]), [*edges, (32, 33), (34, 35)]


SHAPES = {"ring": _ring, "arc": _arc, "arrow": _arrow, "cross": _cross}


def widget(name: str) -> bpy.types.Object:
    """The object of a shape; it is in no scene, and every bone that is drawn as it uses the same one."""
    title = PREFIX + name
    found = bpy.data.objects.get(title)
    if found is not None and found.library is None:
        return found
    points, edges = SHAPES[name]()
    mesh = bpy.data.meshes.new(title)
    mesh.from_pydata(points.tolist(), edges, [])
    return bpy.data.objects.new(title, mesh)
