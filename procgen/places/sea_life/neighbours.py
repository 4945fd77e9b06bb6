"""Pairs of near points, found through a grid of cells."""

from __future__ import annotations

import numpy as np


def pairs_within(points: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """The indices (p,), (p,) of all pairs of points (n, 2) or (n, 3) nearer than a radius, each pair once."""
    dimensions = points.shape[1]
    cell = np.floor((points - points.min(0)) / radius).astype(np.int64) + 1
    shape = cell.max(0) + 2
    stride = np.concatenate([np.cumprod(shape[::-1])[-2::-1], [1]])
    key = sum(cell[:, axis] * stride[axis] for axis in range(dimensions))
    order = np.argsort(key, kind="stable")
    ranked = key[order]
    one, two = [], []
    for index in range(3**dimensions // 2, 3**dimensions):  # the cell itself and one of each two opposite neighbours
        offset = [(index // 3 ** (dimensions - 1 - axis)) % 3 - 1 for axis in range(dimensions)]
        shift = sum(int(offset[axis]) * int(stride[axis]) for axis in range(dimensions))
        low, high = np.searchsorted(ranked, ranked + shift, "left"), np.searchsorted(ranked, ranked + shift, "right")
        if not any(offset):
            low = np.arange(len(ranked)) + 1
        size = np.maximum(high - low, 0)
        first = np.repeat(np.arange(len(ranked)), size)
        within = np.arange(len(first)) - np.repeat(np.cumsum(size) - size, size)
        one.append(order[first])
        two.append(order[np.repeat(low, size) + within])
    one, two = np.concatenate(one), np.concatenate(two)
    apart = points[one] - points[two]
    near = (apart * apart).sum(1) < radius * radius
    return one[near], two[near]
