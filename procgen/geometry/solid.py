"""Surfaces of triangles as solids: points on them, whether they close, and how often they wind around points."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

TURNS = 4  # times that the six rays from a point are turned
CELLS = 96  # along an edge of the grid by which rays find triangles
WELD = 1e-6  # of the extent: vertices so near count as one
PAIRS = 4_000_000  # of rays and triangles that are held at once


class Drawn(NamedTuple):
    """Points drawn evenly on triangles: which triangle (n,) each lies on, and its weights of the corners (n, 3)."""

    triangle: np.ndarray
    weights: np.ndarray

    def of(self, corners: np.ndarray) -> np.ndarray:
        """Values (n, c) of the points, from those (k, 3, c) of the triangles' corners."""
        return np.einsum("nk,nkc->nc", self.weights, corners[self.triangle])


def flat_normals(corners: np.ndarray) -> np.ndarray:
    """Unit normals (k, 3) of triangles with corners (k, 3, 3), out of the side from which they run anticlockwise."""
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-30)


def draw_on(corners: np.ndarray, count: int, rng: Generator) -> Drawn:
    """Draw points evenly by area on triangles with corners (k, 3, 3), stratified over their order.

    Even on a triangle: Osada et al. 2002, Shape Distributions.
    """
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    total = np.cumsum(area)
    wanted = (np.arange(count) + rng.random(count)) / count * total[-1]
    triangle = np.minimum(np.searchsorted(total, wanted, side="right"), len(area) - 1)
    root, along = np.sqrt(rng.random(count)), rng.random(count)
    return Drawn(triangle, np.stack([1 - root, root * (1 - along), root * along], 1))


def is_closed(vertices: np.ndarray, triangles: np.ndarray) -> bool:
    """Whether every edge of a mesh is run through as often one way as the other, vertices that touch made one."""
    grain = WELD * np.ptp(vertices, axis=0).max()
    _, same = np.unique(np.rint(vertices / grain).astype(np.int64), axis=0, return_inverse=True)
    corner = same.ravel()[triangles]
    edges = np.concatenate([corner[:, [0, 1]], corner[:, [1, 2]], corner[:, [2, 0]]])
    edges = edges[edges[:, 0] != edges[:, 1]]
    way = np.where(edges[:, 0] < edges[:, 1], 1, -1)
    _, which = np.unique(np.sort(edges, 1), axis=0, return_inverse=True)
    return not np.bincount(which.ravel(), way).any()


def winding(points: np.ndarray, corners: np.ndarray, turns: int = TURNS) -> np.ndarray:
    """How often triangles with corners (k, 3, 3) wind around points (n, 3): the mean over 6 ``turns`` rays from each.

    Around a closed surface every ray tells the same whole number, 1 within and 0 without, and more where closed surfaces
    overlap; around open ones the mean nears the generalised winding number (Jacobson et al. 2013), the share of all
    directions in which a surface is left.
    """
    rng = np.random.default_rng(20130721)  # directions in general position, the same for all
    total = np.zeros(len(points))
    for _ in range(turns):
        turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        turn *= np.sign(np.linalg.det(turn))
        there, turned = points @ turn, corners @ turn
        for axis in range(3):
            order = [(axis + 1) % 3, (axis + 2) % 3, axis]
            total += _crossed(there[:, order], turned[:, :, order])
    return total / (6 * turns)


def _crossed(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Surfaces left minus surfaces entered (n,) along the rays up and down from points, together."""
    low, high = corners[:, :, :2].min((0, 1)), corners[:, :, :2].max((0, 1))
    size = np.maximum((high - low) / CELLS, 1e-12)
    triangle, cell = _cells(corners, low, size)
    order = np.argsort(cell, kind="stable")
    triangle, cell = triangle[order], cell[order]
    place = np.floor((points[:, :2] - low) / size).astype(np.int64)
    over = ((place >= 0) & (place < CELLS)).all(1)
    rays = np.nonzero(over)[0]
    wanted = place[rays, 0] * CELLS + place[rays, 1]
    start, stop = np.searchsorted(cell, wanted), np.searchsorted(cell, wanted, side="right")
    total = np.zeros(len(points))
    done = 0
    while done < len(rays):
        count = np.cumsum(stop[done:] - start[done:])
        end = done + max(int(np.searchsorted(count, PAIRS, side="right")), 1)
        each = stop[done:end] - start[done:end]
        ray = np.repeat(rays[done:end], each)
        first = np.repeat(start[done:end] - np.concatenate([[0], np.cumsum(each)[:-1]]), each)
        total += _signs(points, corners, ray, triangle[first + np.arange(len(ray))])
        done = end
    return total


def _cells(corners: np.ndarray, low: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every triangle with every cell of the grid that its bounds touch."""
    flat = corners[:, :, :2]
    first = np.clip(np.floor((flat.min(1) - low) / size).astype(np.int64), 0, CELLS - 1)
    last = np.clip(np.floor((flat.max(1) - low) / size).astype(np.int64), 0, CELLS - 1)
    wide = last - first + 1
    count = wide.prod(1)
    triangle = np.repeat(np.arange(len(corners)), count)
    index = np.arange(len(triangle)) - np.repeat(np.concatenate([[0], np.cumsum(count)[:-1]]), count)
    x, y = index // wide[triangle, 1], index % wide[triangle, 1]
    return triangle, (first[triangle, 0] + x) * CELLS + first[triangle, 1] + y


def _signs(points: np.ndarray, corners: np.ndarray, ray: np.ndarray, triangle: np.ndarray) -> np.ndarray:
    """The signed crossings (n,) of rays along both ways of z with triangles, pair by pair."""
    a, b, c = (corners[triangle, k] for k in range(3))
    p = points[ray]

    def side(u, v):
        # Ends in one order, so that two triangles tell the same of the edge that they share.
        swap = (u[:, 0] > v[:, 0]) | ((u[:, 0] == v[:, 0]) & (u[:, 1] > v[:, 1]))
        s, e = np.where(swap[:, None], v, u), np.where(swap[:, None], u, v)
        value = (e[:, 0] - s[:, 0]) * (p[:, 1] - s[:, 1]) - (e[:, 1] - s[:, 1]) * (p[:, 0] - s[:, 0])
        return (value >= 0) ^ swap

    left = side(a, b), side(b, c), side(c, a)
    inside = (left[0] == left[1]) & (left[1] == left[2])
    ray, p, a, b, c, up = ray[inside], p[inside], a[inside], b[inside], c[inside], left[0][inside]
    normal = np.cross(b - a, c - a)
    flat = np.where(np.abs(normal[:, 2]) > 1e-30, normal[:, 2], 1e-30)
    height = a[:, 2] - ((p - a)[:, 0] * normal[:, 0] + (p - a)[:, 1] * normal[:, 1]) / flat
    leaving = np.where(up, 1.0, -1.0) * np.where(height >= p[:, 2], 1.0, -1.0)
    return np.bincount(ray, leaving, len(points))


def distance(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """The distance (n,) from points (n, 3) to the nearest of triangles with corners (k, 3, 3), pair by pair and exact.

    It takes memory for ``PAIRS`` pairs at once, and is for a few points: there is no tree.
    """
    step = max(PAIRS // 8 // max(len(corners), 1), 1)
    return np.concatenate([_distance(points[at : at + step], corners) for at in range(0, len(points), step)])


def _distance(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    normal = flat_normals(corners)
    p = points[:, None]
    nearest = np.full((len(points), len(corners)), np.inf)
    above = np.ones(nearest.shape, bool)
    for start, end in ((0, 1), (1, 2), (2, 0)):
        a, edge = corners[None, :, start], (corners[:, end] - corners[:, start])[None]
        away = p - a
        along = np.clip((away * edge).sum(-1) / np.maximum((edge * edge).sum(-1), 1e-30), 0, 1)
        nearest = np.minimum(nearest, np.linalg.norm(away - along[..., None] * edge, axis=-1))
        above &= (np.cross(normal[None], edge) * away).sum(-1) >= 0
    height = np.abs(((p - corners[None, :, 0]) * normal[None]).sum(-1))
    return np.where(above, height, nearest).min(1)
