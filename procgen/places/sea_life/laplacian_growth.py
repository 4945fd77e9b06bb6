"""Laplacian growth: dielectric breakdown on a cubic lattice (Niemeyer et al. 1984), summed as by Kim et al. (2007)."""

from __future__ import annotations

import numpy as np

NEAR = 0.5  # radius of a charge in lattice edges (Kim et al.)


def _potential(offsets: np.ndarray) -> np.ndarray:
    """The potential (…,) of a charge at offsets (…, d): that of a sphere in space, of a disc in the plane."""
    square = (offsets * offsets).sum(-1)
    return 1 - NEAR / np.sqrt(square) if offsets.shape[-1] == 3 else 0.5 * np.log(square / NEAR**2)


def _around(dimensions: int, flat: bool) -> np.ndarray:
    """The steps to the sites that touch one: all that share a corner, or without those along y."""
    steps = np.stack(np.meshgrid(*[np.arange(-1, 2)] * dimensions, indexing="ij"), -1).reshape(-1, dimensions)
    steps = steps[np.any(steps != 0, axis=1)]
    return steps[steps[:, 1] == 0] if flat else steps


def breakdown(
    count: int,
    exponent: int,
    rng: np.random.Generator,
    *,
    dimensions: int = 3,
    upward: float = 0.0,
    thickness: int | None = None,
    floor: bool = True,
    within: float | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Up to ``count`` sites (n, dimensions) int in order of growth from the origin, and each one's parent (n,), -1 the first.

    A free site is taken with a chance that grows as its potential to a whole ``exponent`` (0 Eden's clusters, 1 those of
    diffusion-limited aggregation, 3 sparse branches). ``upward`` favours steps along the last axis, ``thickness`` keeps
    |y| to it, ``floor`` keeps the last axis from falling below 0, ``within`` bounds the distance from the origin.
    """
    steps = _around(dimensions, thickness == 0)
    lift = 1 + upward * steps[:, -1] / np.sqrt((steps * steps).sum(1))
    side = 2 * count + 3
    stride = np.array([side ** (dimensions - 1 - axis) for axis in range(dimensions)], np.int64)
    sites, parents = np.zeros((count, dimensions), np.int64), np.full(count, -1)
    known = {0}
    room = 4096
    free, potential = np.zeros((room, dimensions)), np.zeros(room)
    source, weight = np.zeros(room, np.int64), np.zeros(room)
    held = 0
    for index in range(1, count + 1):
        newest = sites[index - 1]
        if held:
            potential[:held] += _potential(free[:held] - newest)
        fresh = newest + steps
        allowed = np.ones(len(fresh), bool)
        if floor:
            allowed &= fresh[:, -1] >= 0
        if thickness is not None:
            allowed &= np.abs(fresh[:, 1]) <= thickness
        if within is not None:
            allowed &= (fresh * fresh).sum(1) <= within * within
        keys = fresh @ stride
        chosen = [place for place in np.flatnonzero(allowed) if int(keys[place]) not in known]
        known.update(int(keys[place]) for place in chosen)
        if chosen:
            if held + len(chosen) > room:
                room *= 2
                free, potential = np.resize(free, (room, dimensions)), np.resize(potential, room)
                source, weight = np.resize(source, room), np.resize(weight, room)
            add = slice(held, held + len(chosen))
            free[add], source[add], weight[add] = fresh[chosen], index - 1, lift[chosen]
            potential[add] = _potential(free[add, None] - sites[None, :index]).sum(1)
            held += len(chosen)
        if index == count or not held:  # full, or nowhere left to grow
            return sites[:index], parents[:index]
        low, high = potential[:held].min(), potential[:held].max()
        share = (potential[:held] - low) / max(high - low, 1e-12)
        chance = weight[:held].copy()
        for _ in range(exponent):
            chance *= share
        total = np.cumsum(chance)
        pick = min(int(np.searchsorted(total, rng.random() * total[-1], "right")), held - 1)
        sites[index], parents[index] = free[pick], source[pick]
        held -= 1
        for array in (free, potential, source, weight):  # the last takes the place of the one that was used
            array[pick] = array[held]
    raise AssertionError("the last turn returns")


def relaxed(points: np.ndarray, parents: np.ndarray, rounds: int) -> np.ndarray:
    """Nodes (n, d) of a tree moved some times halfway to the mean of their neighbours; the root and the tips stay."""
    count = len(points)
    child = np.flatnonzero(parents >= 0)
    up = parents[child]
    degree = 1.0 + np.bincount(up, minlength=count)
    fixed = (np.bincount(up, minlength=count) == 0) | (parents < 0)
    for _ in range(rounds):
        total = np.stack([np.bincount(up, points[child, axis], count) + np.bincount(child, points[up, axis], count)
                          for axis in range(points.shape[1])], 1)  # fmt: skip
        points = np.where(fixed[:, None], points, 0.5 * points + 0.5 * total / degree[:, None])
    return points


def to_tip(parents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each node of a tree (n,): the steps to the farthest tip above it, and the number of tips it carries."""
    height, load = np.zeros(len(parents), np.int64), np.zeros(len(parents), np.int64)
    for index in range(len(parents) - 1, -1, -1):
        load[index] = max(load[index], 1)
        up = parents[index]
        if up >= 0:
            height[up] = max(height[up], height[index] + 1)
            load[up] += load[index]
    return height, load
