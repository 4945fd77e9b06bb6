"""A restricted quadtree over the plane: squares that halve where they look too large, no neighbour twice as fine again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

SIDES = ((0, -1), (1, 0), (0, 1), (-1, 0))  # south, east, north, west
DEEPEST = 24


def _codes(cells: np.ndarray) -> np.ndarray:
    return (cells[:, 0] << 32) | cells[:, 1]


def _cells(codes: np.ndarray) -> np.ndarray:
    return np.stack([codes >> 32, codes & 0xFFFFFFFF], 1)


def _has(sorted_codes: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Which codes are among sorted ones."""
    if not len(sorted_codes):
        return np.zeros(len(codes), bool)
    place = np.minimum(np.searchsorted(sorted_codes, codes), len(sorted_codes) - 1)
    return sorted_codes[place] == codes


def split_cells(size: float, excess: Callable, limit: int) -> list[np.ndarray]:
    """The cells that are split on each level as sorted codes, balanced so that neighbours differ by one level at most.

    ``excess(centres (n, 2), edge)`` is how much too large cells look: they are split above 1. ``limit`` bounds the leaves.
    """
    levels, cells, leaves = [], np.zeros((1, 2), np.int64), 1
    for level in range(DEEPEST):
        edge = size / 2**level
        centres = (cells + 0.5) * edge - size / 2
        cells = cells[excess(centres, edge) > 1]
        leaves += 3 * len(cells)
        if not len(cells) or leaves > limit:
            break
        levels.append(np.sort(_codes(cells)))
        cells = (2 * cells[:, None] + np.array([(0, 0), (1, 0), (0, 1), (1, 1)])).reshape(-1, 2)
    for level in range(len(levels) - 1, 0, -1):
        cells, count = _cells(levels[level]), 2**level
        needed = [cells]
        for side in SIDES:
            other = cells + side
            needed.append(other[((other >= 0) & (other < count)).all(1)])
        levels[level - 1] = np.unique(np.concatenate([levels[level - 1], _codes(np.concatenate(needed) >> 1)]))
    return levels


# The faces of a leaf by which of its sides (bit 0 south, 1 east, 2 north, 3 west) carry a vertex halfway. Corners 0…3 run
# counter-clockwise from the south-west, 4…7 are the middles of the sides. Found once: cut off ears at the middles.
def _patterns() -> list[list[tuple[int, int, int, int]]]:
    patterns = []
    for mask in range(16):
        ring = [place for side in range(4) for place in ((side, side + 4) if mask >> side & 1 else (side,))]
        middles = [place for place in ring if place > 3]
        if len(middles) == 0:
            faces = [(0, 1, 2, 3)]
        elif len(middles) == 1:  # a triangle and a quad would be lopsided: three triangles from the middle
            at = ring.index(middles[0])
            ring = ring[at:] + ring[:at]
            faces = [(ring[0], ring[i], ring[i + 1], -1) for i in range(1, len(ring) - 1)]
        elif mask in (5, 10):  # opposite sides: two quads
            faces = [(0, 4, 6, 3), (4, 1, 2, 6)] if mask == 5 else [(0, 1, 5, 7), (7, 5, 2, 3)]
        else:  # a corner between two middles is an ear; what is left is a triangle fan from the first middle
            faces, left = [], list(ring)
            for corner in range(4):
                if corner in left:
                    at = left.index(corner)
                    before, after = left[at - 1], left[(at + 1) % len(left)]
                    if before > 3 and after > 3:
                        faces.append((before, corner, after, -1))
                        left.pop(at)
            at = next(i for i, place in enumerate(left) if place > 3)
            left = left[at:] + left[:at]
            if len(left) == 4:
                faces.append(tuple(left))
            else:
                faces += [(left[0], left[i], left[i + 1], -1) for i in range(1, len(left) - 1)]
        patterns.append(faces)
    return patterns


PATTERNS = _patterns()
FACES_OF = np.array([len(faces) for faces in PATTERNS])


def leaves_of(levels: list[np.ndarray]):
    """For each level its leaves (n, 2) and the bits of their sides that border on smaller leaves."""
    for level in range(len(levels) + 1):
        if level == 0:
            cells = np.zeros((1, 2), np.int64)
        else:
            cells = (2 * _cells(levels[level - 1])[:, None] + np.array([(0, 0), (1, 0), (0, 1), (1, 1)])).reshape(-1, 2)
        split = levels[level] if level < len(levels) else np.zeros(0, np.int64)
        cells = cells[~_has(split, _codes(cells))]
        count, mask = 2**level, np.zeros(len(cells), np.int64)
        for bit, side in enumerate(SIDES):
            other = cells + side
            inside = ((other >= 0) & (other < count)).all(1)
            mask |= (_has(split, _codes(other)) & inside).astype(np.int64) << bit
        yield cells, mask


def count_faces(levels: list[np.ndarray]) -> int:
    """How many faces the leaves have."""
    return int(sum(FACES_OF[mask].sum() for _, mask in leaves_of(levels)))


def triangulated(levels: list[np.ndarray], size: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices (n, 2) m about the origin, faces (m, 4), and the edge (n,) m of the smallest leaf at each vertex."""
    finest = len(levels)
    keys, edges = [], []
    for level, (cells, mask) in enumerate(leaves_of(levels)):
        unit = 1 << (finest + 1 - level)  # of half the finest cell
        low, half = cells * unit, unit // 2
        ring = np.array([(0, 0), (unit, 0), (unit, unit), (0, unit), (half, 0), (unit, half), (half, unit), (0, half)])
        for pattern in range(16):
            chosen = low[mask == pattern]
            if not len(chosen):
                continue
            corners = _codes((chosen[:, None] + ring).reshape(-1, 2)).reshape(-1, 8)
            for face in PATTERNS[pattern]:
                key = corners[:, [max(place, 0) for place in face]]
                if face[3] < 0:
                    key[:, 3] = -1
                keys.append(key)
                edges.append(np.full(len(key), size / 2**level))
    keys, edges = np.concatenate(keys), np.concatenate(edges)
    unique, place = np.unique(keys.ravel(), return_inverse=True)
    place = place.reshape(-1, 4)
    if unique[0] < 0:
        unique, place = unique[1:], place - 1
    smallest = np.full(len(unique), np.inf)
    for corner in range(4):
        on = place[:, corner] >= 0
        np.minimum.at(smallest, place[on, corner], edges[on])
    return _cells(unique) * (size / 2 ** (finest + 1)) - size / 2, place.astype(np.int32), smallest
