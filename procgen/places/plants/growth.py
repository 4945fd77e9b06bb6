"""Growing branch skeletons: space colonisation, batches of random walks, and radii by the pipe model."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

CHILDREN = 3  # a node that has forked twice more has used up the light around it


@dataclass(frozen=True)
class Skeleton:
    """Branches as a tree of nodes, every parent before its children.

    points (n, 3) metres; parent (n,) int, -1 at the root; order (n,) int, 0 the trunk, 1 branches, 2 twigs; radius (n,) metres.
    """

    points: np.ndarray
    parent: np.ndarray
    order: np.ndarray
    radius: np.ndarray | None = None

    @property
    def length(self) -> np.ndarray:
        """The length (n,) of the segment that ends in a node, 0 at the root."""
        steps = self.points - self.points[np.maximum(self.parent, 0)]
        return np.sqrt((steps**2).sum(1))


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (…, 3) at length one."""
    return vectors / np.maximum(np.sqrt((vectors**2).sum(-1, keepdims=True)), 1e-12)


def depths(parent: np.ndarray) -> np.ndarray:
    """How many nodes each node (n,) stands from the root."""
    depth, up = np.zeros(len(parent), np.int64), np.where(parent < 0, np.arange(len(parent)), parent)
    depth[parent >= 0] = 1
    while True:  # pointer doubling
        further = depth + depth[up]
        if (further == depth).all():
            return depth
        depth, up = further, up[up]


def path_sums(parent: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The sum (n,) of values over the path from the root to each node."""
    total, up = np.array(values, float), np.array(parent)
    while (up >= 0).any():
        reach = np.maximum(up, 0)
        total = total + np.where(up >= 0, total[reach], 0)
        up = np.where(up >= 0, up[reach], -1)
    return total


def stem(points: np.ndarray) -> Skeleton:
    """A skeleton of one stem through points (k, 3)."""
    count = len(points)
    return Skeleton(np.asarray(points, float), np.arange(count) - 1, np.zeros(count, np.int64))


def colonise(
    skeleton: Skeleton,
    attractors: np.ndarray,
    rng: Generator,
    *,
    step: float,
    kill: float,
    influence: float,
    tropism: float = 0.1,
    inertia: float = 0.3,
    wander: float = 0.12,
    rounds: int = 150,
    limit: int = 5000,
) -> Skeleton:
    """Grow branches towards attractors (a, 3) (Runions, Lane and Prusinkiewicz 2007, "Modeling Trees with a Space
    Colonization Algorithm"); distances are kept up for new nodes only. ``tropism`` turns growth up, or down below zero."""
    first = len(skeleton.points)
    points, parent = np.zeros((limit, 3)), np.full(limit, -1, np.int64)
    points[:first], parent[:first] = skeleton.points, skeleton.parent
    children, count = np.bincount(np.maximum(skeleton.parent, 0), minlength=limit), first
    distance, owner = np.full(len(attractors), np.inf), np.zeros(len(attractors), np.int64)
    new, reach = np.arange(first), influence
    for _ in range(rounds):
        gap = sum((attractors[:, None, axis] - points[None, new, axis]) ** 2 for axis in range(3))
        best = gap.argmin(1)
        nearest = np.sqrt(gap[np.arange(len(gap)), best])
        closer = nearest < distance
        owner = np.where(closer, new[best], owner)
        distance = np.minimum(nearest, distance)
        left = (distance > kill) & (children[owner] < CHILDREN)
        attractors, distance, owner = attractors[left], distance[left], owner[left]
        pulls = distance < reach
        if not len(attractors):
            break
        if not pulls.any():
            reach *= 1.5  # nothing in reach: look further
            new = new[:1]
            continue
        pull = unit(attractors[pulls] - points[owner[pulls]])
        growing, place = np.unique(owner[pulls], return_inverse=True)
        towards = unit(np.stack([np.bincount(place, pull[:, axis]) for axis in range(3)], 1))
        before = unit(points[growing] - points[np.maximum(parent[growing], 0)])
        towards = towards + inertia * before + wander * rng.normal(size=towards.shape)
        towards[:, 2] += tropism
        if count + len(growing) > limit:
            break
        new = np.arange(count, count + len(growing))
        points[new] = points[growing] + step * unit(towards)
        parent[new] = growing
        children[growing] += 1
        count += len(growing)
    order = np.concatenate([skeleton.order, np.ones(count - first, np.int64)])
    return Skeleton(points[:count], parent[:count], order)


def shoots(
    skeleton: Skeleton,
    base: np.ndarray,
    direction: np.ndarray,
    length: np.ndarray,
    segments: int,
    rng: Generator,
    *,
    tropism: np.ndarray | float = 0.0,
    wander: float = 0.1,
    order: int = 2,
) -> tuple[Skeleton, np.ndarray]:
    """Add random walks that leave nodes ``base`` (m,) in unit directions (m, 3) over lengths (m,).

    ``tropism`` ((m,) or one, up above zero) bends each step. Returns the skeleton and the new nodes (m, segments).
    """
    count, start = len(base), len(skeleton.points)
    place, heading = skeleton.points[base], np.array(direction, float)
    walk = np.zeros((count, segments, 3))
    for index in range(segments):
        heading = heading + wander * rng.normal(size=(count, 3))
        heading[:, 2] += tropism
        heading = unit(heading)
        place = place + heading * (np.asarray(length) / segments)[:, None]
        walk[:, index] = place
    nodes = start + np.arange(count * segments).reshape(count, segments)
    parents = np.concatenate([np.asarray(base, np.int64)[:, None], nodes[:, :-1]], 1)
    grown = Skeleton(
        np.concatenate([skeleton.points, walk.reshape(-1, 3)]),
        np.concatenate([skeleton.parent, parents.ravel()]),
        np.concatenate([skeleton.order, np.full(nodes.size, order)]),
    )
    return grown, nodes


def pipe_model(skeleton: Skeleton, exponent: float, base: float) -> Skeleton:
    """Radii by the pipe model (Shinozaki et al. 1964; Murray 1926): at a fork r^e is the sum of the children's r^e, all
    twigs end equally thin, and the root has the radius ``base`` metres."""
    parent = skeleton.parent
    load = np.zeros(len(parent))
    load[np.bincount(parent[parent >= 0], minlength=len(parent)) == 0] = 1
    depth = depths(parent)
    ranked = np.argsort(depth, kind="stable")
    bounds = np.searchsorted(depth[ranked], np.arange(depth.max() + 2))
    for level in range(depth.max(), 0, -1):
        nodes = ranked[bounds[level] : bounds[level + 1]]
        np.add.at(load, parent[nodes], load[nodes])
    return replace(skeleton, radius=base * (load / load[0]) ** (1 / exponent))


def main_children(skeleton: Skeleton) -> np.ndarray:
    """The child (n,) that carries a branch on, the thickest one; -1 at the ends."""
    parent, main = skeleton.parent, np.full(len(skeleton.parent), -1, np.int64)
    child = np.arange(1, len(parent))
    # Thickest first, then oldest; the last write to a parent wins, so the order is turned round.
    ranked = child[np.lexsort((child, -np.round(skeleton.radius[child], 12), skeleton.order[child]))][::-1]
    main[parent[ranked]] = ranked
    return main


def chains(skeleton: Skeleton) -> list[np.ndarray]:
    """The branches as lists of nodes, each beginning at the node of its parent branch that it leaves; the trunk first."""
    main, parent = main_children(skeleton), skeleton.parent
    following = main.tolist()
    starts = np.flatnonzero((parent >= 0) & (main[np.maximum(parent, 0)] != np.arange(len(parent))))
    found = []
    for start in [0, *starts.tolist()]:
        branch = [start] if start == 0 else [int(parent[start]), start]
        while following[branch[-1]] >= 0:
            branch.append(following[branch[-1]])
        found.append(np.array(branch))
    return found


def smoothed(skeleton: Skeleton, passes: int, strength: float = 0.5) -> Skeleton:
    """The skeleton with kinks taken out of its branches; the root and all ends stay."""
    main, parent, points = main_children(skeleton), skeleton.parent, skeleton.points
    inner = np.flatnonzero((parent >= 0) & (main >= 0))
    for _ in range(passes):
        middle = (points[parent[inner]] + points[main[inner]]) / 2
        points = points.copy()
        points[inner] += strength * (middle - points[inner])
    return replace(skeleton, points=points)
