"""Outlines of masks: polygons along the edges of pixels, which rasterise to exactly the mask that they came from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

RIGHT, DOWN, LEFT, UP = range(4)
STEP = ((1, 0), (0, 1), (-1, 0), (0, -1))  # x right, y down


def outlines(mask: np.ndarray) -> list[np.ndarray]:
    """The polygons (k, 2) int of a mask (h, w) bool in pixels, corner of the first pixel at (0, 0); one for each piece.

    Pixels that touch at a corner alone are two pieces. A hole is joined to its piece by a cut of no width, horizontal,
    which is drawn there and back: whoever fills by the even-odd rule, as COCO's own reader does, gets the mask.
    """
    rings = _rings(mask)
    owner = {edge: index for index, ring in enumerate(rings) for edge in _left_edges(ring)}
    # Left edges run upwards around a piece, right edges downwards; around a hole it is the other way.
    holes = {index: min(_right_edges(ring)) for index, ring in enumerate(rings) if _area(ring) < 0}
    joins: dict[tuple[int, int, int], list[tuple[int, tuple[int, int]]]] = {}
    for index, (x, y) in holes.items():
        # A hole's first right edge has a pixel of its piece on the left; the way left ends at that piece's next ring.
        row = mask[y, :x]
        start = x - int(np.argmin(row[::-1])) if not row.all() else 0
        joins.setdefault((owner[start, y], start, y), []).append((index, (x, y)))
    pieces = [index for index in range(len(rings)) if index not in holes]
    return [_corners(np.array(list(_walk(rings, joins, index)))) for index in pieces]


def joined(polygons: list[np.ndarray]) -> np.ndarray:
    """One polygon (k, 2) of several: cuts of no width lead from each to the next one near it, and back.

    Readers that draw outlines too show a cut as a line, so cuts are short: a tree by the gaps between the pieces' boxes.
    """
    rings = [list(map(tuple, polygon.tolist())) for polygon in polygons]
    low, high = (np.array([way(polygon, 0) for polygon in polygons]) for way in (np.min, np.max))
    gap, parent = np.full(len(rings), np.inf), np.zeros(len(rings), int)
    joins: dict[tuple[int, int, int], list[tuple[int, tuple[int, int]]]] = {}
    chosen = root = int((high - low).prod(1).argmax())
    left = np.ones(len(rings), bool)
    for _ in rings[1:]:
        left[chosen] = False
        between = np.maximum(np.maximum(low - high[chosen], low[chosen] - high), 0)
        now = np.hypot(*between.T)
        parent[now < gap], gap = chosen, np.minimum(now, gap)
        chosen = int(np.where(left, gap, np.inf).argmin())
        here, there = _nearest(polygons[parent[chosen]], polygons[chosen])
        joins.setdefault((int(parent[chosen]), *here), []).append((chosen, there))
    return np.array(list(_walk(rings, joins, root)))


def _nearest(first: np.ndarray, second: np.ndarray) -> tuple[tuple[int, int], tuple[int, int]]:
    """The corner of each of two polygons that is nearest to the other, by the second's corner nearest to the first's box."""
    outside = np.maximum(np.maximum(first.min(0) - second, second - first.max(0)), 0)
    there = second[(outside**2).sum(1).argmin()]
    here = first[((first - there) ** 2).sum(1).argmin()]
    there = second[((second - here) ** 2).sum(1).argmin()]
    return tuple(here.tolist()), tuple(there.tolist())


def _rings(mask: np.ndarray) -> list[list[tuple[int, int]]]:
    """Closed ways along pixel edges with the mask on the right hand: pieces clockwise in the picture, holes against it."""
    inside = np.pad(np.asarray(mask, bool), 1)
    here = inside[1:-1, 1:-1]
    starts: dict[tuple[int, int], list[int]] = {}
    for way, (dy, dx), (sy, sx) in (
        (RIGHT, (-1, 0), (0, 0)), (DOWN, (0, 1), (0, 1)), (LEFT, (1, 0), (1, 1)), (UP, (0, -1), (1, 0)),
    ):  # fmt: skip
        beside = inside[1 + dy : inside.shape[0] - 1 + dy, 1 + dx : inside.shape[1] - 1 + dx]
        rows, columns = np.nonzero(here & ~beside)
        for y, x in zip((rows + sy).tolist(), (columns + sx).tolist(), strict=True):
            starts.setdefault((x, y), []).append(way)
    rings = []
    while starts:
        place = next(iter(starts))
        way, ring = starts[place][0], []
        while place in starts:
            ways = starts[place]
            # Where pixels touch at a corner two ways lead on; the right hand's keeps them apart.
            turn = (way + 1) % 4
            way = turn if len(ways) > 1 and turn in ways else ways[0]
            ways.remove(way)
            if not ways:
                del starts[place]
            ring.append(place)
            place = place[0] + STEP[way][0], place[1] + STEP[way][1]
            if place == ring[0]:
                break
        rings.append(ring)
    return rings


def _edges(ring: list[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    return zip(ring, ring[1:] + ring[:1], strict=True)


def _left_edges(ring) -> Iterator[tuple[int, int]]:
    """(x, y) of every edge that has the mask to its right: it spans y to y + 1."""
    return ((x, y - 1) for (x, y), (_, to) in _edges(ring) if to < y)


def _right_edges(ring) -> Iterator[tuple[int, int]]:
    """(x, y) of every edge that has the mask to its left."""
    return ((x, y) for (x, y), (_, to) in _edges(ring) if to > y)


def _area(ring: list[tuple[int, int]]) -> int:
    """Pixels within, negative of a hole."""
    return sum(x * below - right * y for (x, y), (right, below) in _edges(ring)) // 2


def _walk(rings, joins, index: int) -> Iterator[tuple[int, int]]:
    """The places of a ring, and where a hole is joined, those of the hole after the cut and before the way back."""
    ways = [_steps(rings[index], joins, index)]
    while ways:
        place, inner = next(ways[-1], (None, None))
        if place is None:
            ways.pop()
            continue
        yield place
        if inner is not None:
            hole, start = inner
            ring = rings[hole]
            first = ring.index(start)
            ways.append(_steps(ring[first:] + ring[: first + 1], joins, hole))


def _steps(ring, joins, index: int) -> Iterator[tuple[tuple[int, int], tuple | None]]:
    done = set()
    for place in ring:
        yield place, None
        for inner in joins.get((index, *place), ()):
            if inner not in done:
                done.add(inner)
                yield place, inner
                yield place, None


def _corners(ring: np.ndarray) -> np.ndarray:
    """A ring (k, 2) without the places at which it goes straight on, or stands still."""
    ring = ring[(ring != np.roll(ring, 1, 0)).any(1)]
    before, after = ring - np.roll(ring, 1, 0), np.roll(ring, -1, 0) - ring
    straight = (np.sign(before) == np.sign(after)).all(1)
    return ring[~straight]
