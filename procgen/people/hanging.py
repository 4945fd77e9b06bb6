"""Long hair between a head that turns and the shoulders that it lies on: where it goes over, and how it keeps its length."""

from __future__ import annotations

import numpy as np

from .surface import Surface

HANG = (-0.09, -0.235)  # m: heights between which hair that touches nothing goes over from the head to the shoulders
HIGHEST = -0.165  # m: hair that lies on something is all with the shoulders from here on at most
LEAST_HANG = 0.01  # m below the upper height that makes hair long
ON_BODY = 0.012  # m: hair so near to the body lies on it, or on the cloth over it
FALL = 2.5  # m of height by which hair that is a metre farther off goes over later
CELL = 0.015  # m of the grid in which distances to the body are looked up
GRAIN = 512  # steps of a metre that heights are rounded to


def landing(points: np.ndarray, first: np.ndarray, cage: Surface, body: np.ndarray) -> np.ndarray:
    """The height (c,), metres, from which on each strand goes with the shoulders: where it comes to lie on the body.

    ``points`` (n, 3) are those of all strands, which begin at ``first`` (c,); ``body`` (m, 3) are triangles of the cage.
    """
    near = points[:, 2] < HANG[0]
    height = np.full(len(points), HANG[1])
    far = _distances(points[near], Surface(cage.positions, None, None, None, body, None))
    height[near] = points[near, 2] - FALL * np.maximum(far - ON_BODY, 0)
    low = np.clip(np.maximum.reduceat(height, first), HANG[1], HIGHEST)
    return np.rint(low * GRAIN) / GRAIN


def _distances(points: np.ndarray, surface: Surface) -> np.ndarray:
    """How far points (n, 3) are from a surface, to about a millimetre: between the corners of a grid's cells."""
    if len(points) == 0:
        return np.zeros(0)
    start = points.min(0) - CELL
    cells = np.floor((points - start) / CELL).astype(int)
    shape = cells.max(0) + 2
    used = np.zeros(shape, bool)
    corners = [np.array([i >> 2, i >> 1 & 1, i & 1]) for i in range(8)]
    for corner in corners:
        used[tuple((cells + corner).T)] = True
    tree, grid = surface.bvh(), np.zeros(shape)
    places = np.argwhere(used)
    grid[used] = [tree.find_nearest(place)[3] for place in (places * CELL + start).tolist()]
    share = (points - start) / CELL - cells
    return sum(np.where(corner, share, 1 - share).prod(1) * grid[tuple((cells + corner).T)] for corner in corners)


def hang_of(height: np.ndarray, low: np.ndarray | float, root: np.ndarray | float = 0.0) -> np.ndarray:
    """How far hair at a height (k,) goes with the shoulders, 0…1, by as much more as its root (k,) does not.

    ``low`` (k,) is where its strand lands; heights are metres.
    """
    t = np.clip((height - HANG[0]) / (low - HANG[0]), 0, 1)
    return np.clip((t * t * (3 - 2 * t) - root) / np.maximum(1 - root, 1e-6), 0, 1)


def as_long(points: np.ndarray, moved: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Points (n, 3) along moved strands (n, 3) of so many points each (c,), every piece as long as it was before.

    A strand that was drawn out slides back along its own path; one that was pressed together runs on straight.
    """
    first = np.cumsum(sizes) - sizes
    each = np.repeat(np.arange(len(sizes)), sizes)
    before, now = _along(points, first, each), _along(moved, first, each)
    whole = now[first + sizes - 1]
    start = np.concatenate([[0.0], np.cumsum(whole + 1.0)[:-1]])[each]  # all strands one after another
    place = np.minimum(before, whole[each])
    found = np.stack([np.interp(place + start, now + start, moved[:, axis]) for axis in range(3)], 1)
    last = first + sizes - 1
    end = moved[last] - moved[np.maximum(last - 1, first)]
    end /= np.maximum(np.linalg.norm(end, axis=1, keepdims=True), 1e-12)
    found += np.maximum(before - whole[each], 0)[:, None] * end[each]
    # Pieces cut the corners of the path: each gets its length again, one after the other.
    pieces = np.diff(found, axis=0, prepend=found[:1])
    size = np.maximum(np.linalg.norm(pieces, axis=1), 1e-12)
    pieces *= (np.diff(before, prepend=0.0) / size)[:, None]
    pieces[first] = 0.0
    total = np.cumsum(pieces, axis=0)
    return total - (total[first] - moved[first])[each]


def _along(points: np.ndarray, first: np.ndarray, each: np.ndarray) -> np.ndarray:
    """How far along its strand each point (n,) lies, metres."""
    steps = np.linalg.norm(np.diff(points, axis=0, prepend=points[:1]), axis=1)
    steps[first] = 0.0
    total = np.cumsum(steps)
    return total - total[first][each]
