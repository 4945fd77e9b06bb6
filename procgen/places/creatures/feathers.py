"""Feathers as little closed meshes: contour feathers that lie over the skin, wings spread or folded, tails."""

from __future__ import annotations

import numpy as np

from ...geometry.mesh import Mesh, copies
from .parts import blade, unit

# Half widths along a vane, of its greatest: contour feathers are round, flight feathers are blades.
CONTOUR = (0.35, 0.85, 1.0, 0.95, 0.7, 0.1)
FLIGHT = (0.30, 0.75, 0.95, 1.0, 1.0, 0.95, 0.75, 0.12)


def vane(widths, slender: float, rows: int, columns: int, camber: float = 0.3) -> Mesh:
    """A feather of length one along +y, its upper side up; ``slender`` half its width."""
    return blade((0, 0, 0), (0, 1, 0), (1, 0, 0), 1.0, [slender * width for width in widths], 0.012, curl=-camber, bend=-0.03,
                 rows=rows, columns=columns)  # fmt: skip


def placed(mesh: Mesh, roots: np.ndarray, along: np.ndarray, up: np.ndarray, length, width=None) -> Mesh:
    """Copies of a feather at roots (n, 3) that point along (n, 3) with their upper side to ``up`` (n, 3); lengths (n,)
    metres, and widths of the feather's own (n,)."""
    along = unit(along)
    across = unit(np.cross(along, up))
    over = np.cross(across, along)
    length = np.broadcast_to(np.asarray(length, float), (len(roots),))
    width = np.ones(len(roots)) if width is None else np.broadcast_to(np.asarray(width, float), (len(roots),))
    matrices = np.zeros((len(roots), 4, 4))
    matrices[:, :3, 0] = across * (length * width)[:, None]
    matrices[:, :3, 1] = along * length[:, None]
    matrices[:, :3, 2] = over * length[:, None]
    matrices[:, :3, 3] = roots
    matrices[:, 3, 3] = 1
    return copies(mesh, matrices)


def spread_out(points: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """The indices (k,) of points (n, 3), in their order, that keep a gap (n,) metres from those kept before."""
    kept: list[int] = []
    places = np.zeros((0, 3))
    for index, (point, room) in enumerate(zip(points, gap, strict=True)):
        if not len(places) or ((places - point) ** 2).sum(1).min() > room * room:
            kept.append(index)
            places = np.concatenate([places, point[None]])
    return np.array(kept)


def coverage(
    skin: Mesh, backwards: np.ndarray, size: np.ndarray, rng: np.random.Generator, count: int, lift: float = 0.08
):
    """Roots, directions and upper sides (k, 3) of contour feathers on a skin and the vertices (k,) they stand on.

    ``backwards`` (n, 3) is where they point, ``size`` (n,) their length, 0 where none grows; at most ``count`` are tried.
    """
    normals = skin.normals()
    triangles = skin.triangles()
    corners = skin.vertices[triangles]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    weight = area / np.maximum(size[triangles[:, 0]], 1e-4) ** 2 * (size[triangles[:, 0]] > 0)
    chosen = triangles[
        np.searchsorted(np.cumsum(weight) / weight.sum(), rng.random(count)).clip(0, len(triangles) - 1), 0
    ]
    chosen = chosen[spread_out(skin.vertices[chosen], 0.30 * size[chosen])]
    normal = normals[chosen]
    along = backwards[chosen] - (backwards[chosen] * normal).sum(1, keepdims=True) * normal
    along = unit(along) + lift * normal
    return skin.vertices[chosen] - 0.04 * size[chosen, None] * normal, along, normal, chosen
