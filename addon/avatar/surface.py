"""The surface at a level of a grid: marching cubes (Lorensen and Cline 1987) whose table is derived, not listed.

On each face of a cell the runs of inside corners are cut off one by one, so two cells agree on their common face; the
cut edges join into cycles, and a cycle is filled with triangles none of whose inner edges lies in a face of the cell.
Each edge then has two triangles and each point one fan: the surface is closed and manifold.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from .decode import Progress, cells_of_grid, surface_grid
from .format import Avatar, AvatarError

NEAREST = 1e-3  # of a cell: a point never reaches a grid node, where points of several edges would coincide
# Corner c lies at bits (x, y, z) = (c & 1, c >> 1 & 1, c >> 2 & 1); an edge is its lower corner and its axis.
EDGES = [(corner, axis) for axis in range(3) for corner in range(8) if not corner >> axis & 1]


def avatar_surface(avatar: Avatar, resolution: int, keep: float = 0.01, progress: Progress = None):
    """The avatar's surface: points float32 (n, 3) in metres, triangles int32 (m, 3), unit normals float32 (n, 3).

    Normals and winding point outwards. Pieces of less than ``keep`` of the largest one's area are dropped; 0 keeps all,
    1 only the largest. Raises AvatarError where there is no surface.
    """
    meta = avatar.meta
    values = surface_grid(avatar, resolution, progress)
    sign = -1 if meta.density == "sdf" else 1
    cell = meta.box / resolution
    low = np.array(meta.center) - meta.box / 2
    grid, level = values * np.float32(sign), meta.level * sign
    if meta.density == "exp":
        # Exponents are what is nearly linear between samples; their powers would push the surface outwards.
        grid, level = np.log(np.maximum(grid, np.float32(1e-30))), float(np.log(level))
    if avatar.kept is not None:
        below = int((cells_of_grid(resolution, len(avatar.kept)) < avatar.kept.any((0, 1)).argmax()).sum())
        # As far outside as what is above the cut is inside, so that the cut is a plane midway.
        grid[:, :, :below] = np.float32(level) - np.abs(grid[:, :, below : below + 1] - np.float32(level))
    points, triangles, normals = isosurface(grid, level, cell, low + cell / 2)
    if not len(triangles):
        raise AvatarError(
            f"level {meta.level:g} meets no surface at {resolution}³; the field holds {values.min():g}..{values.max():g}"
        )
    return without_floaters(points, triangles, normals, keep)


def isosurface(grid: np.ndarray, level: float, cell: float, origin: np.ndarray):
    """The surface where grid (x, y, z) falls through a level, closed half a cell outside the outermost samples.

    Gives points float32 (n, 3), triangles int32 (m, 3) and unit normals float32 (n, 3), all facing lower values.
    ``origin`` is the place of sample (0, 0, 0), ``cell`` the distance between samples.
    """
    grid = _closed(np.asarray(grid, np.float32), level)
    inside = grid > level
    cells = tuple(size - 1 for size in grid.shape)
    code = np.zeros(cells, np.uint8)
    for corner in range(8):
        code |= inside[tuple(slice(bit, bit + n) for bit, n in zip(_bits(corner), cells, strict=True))] << np.uint8(
            corner
        )
    active = np.argwhere((code != 0) & (code != 255)).astype(np.int32)
    keys, points, normals = [], [], []
    for axis in range(3):
        upper = [slice(None)] * 3
        upper[axis] = slice(1, None)
        lower = tuple(slice(None, -1) if index == axis else slice(None) for index in range(3))
        nodes = np.argwhere(inside[lower] != inside[tuple(upper)])
        keys.append(np.ravel_multi_index(nodes.T, grid.shape) + axis * grid.size)
        place, normal = _crossings(grid, nodes, axis, level)
        points.append(place)
        normals.append(normal)
    keys = np.concatenate(keys)
    triangles = _triangles(code[tuple(active.T)], active, grid.shape, keys)
    points = np.asarray(origin) + cell * (np.concatenate(points) - 1)  # 1: the ring that closes it
    return points.astype(np.float32), triangles, np.concatenate(normals).astype(np.float32)


def without_floaters(points: np.ndarray, triangles: np.ndarray, normals: np.ndarray, keep: float):
    """Points, triangles and normals of the connected pieces with at least ``keep`` of the largest one's area."""
    labels = components(len(points), triangles)
    corners = points[triangles].astype(np.float64)
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    total = np.bincount(labels[triangles[:, 0]], areas, len(points))
    kept = (total >= keep * total.max()) & (total > 0)
    stays = kept[labels]
    number = np.cumsum(stays, dtype=np.int32) - 1
    return points[stays], number[triangles[stays[triangles[:, 0]]]], normals[stays]


def components(count: int, triangles: np.ndarray) -> np.ndarray:
    """The lowest point of each point's connected piece, int (count,): labels are hooked, then shortened to roots."""
    labels = np.arange(count)
    first, second = triangles[:, [0, 1]].ravel(), triangles[:, [1, 2]].ravel()
    while len(first):
        one, other = labels[first], labels[second]
        apart = one != other
        first, second, one, other = first[apart], second[apart], one[apart], other[apart]
        np.minimum.at(labels, np.maximum(one, other), np.minimum(one, other))
        while (shorter := labels[labels]).tobytes() != labels.tobytes():
            labels = shorter
    return labels


def _bits(corner: int) -> tuple[int, int, int]:
    return corner & 1, corner >> 1 & 1, corner >> 2 & 1


def _closed(grid: np.ndarray, level: float) -> np.ndarray:
    """The grid with a ring outside the level, such that what is cut ends midway to the ring."""
    for axis in range(3):
        first, last = np.take(grid, [0], axis), np.take(grid, [-1], axis)
        ends = [np.where(end > level, np.float32(2 * level) - end, end) for end in (first, last)]
        grid = np.concatenate([ends[0], grid, ends[1]], axis)
    return grid


def _crossings(grid: np.ndarray, nodes: np.ndarray, axis: int, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Where the level is met on the edges that leave nodes (n, 3) along an axis, in samples, and the normals there."""
    step = np.eye(3, dtype=np.intp)[axis]
    below, above = (grid[tuple(place.T)].astype(np.float64) for place in (nodes, nodes + step))
    fraction = np.clip((level - below) / (above - below), NEAREST, 1 - NEAREST)[:, None]
    downhill = _downhill(grid, nodes) * (1 - fraction) + _downhill(grid, nodes + step) * fraction
    length = np.linalg.norm(downhill, axis=1, keepdims=True)
    flat = (np.sign(below - above)[:, None] * step).astype(np.float64)
    return nodes + fraction * step, np.where(length > 0, downhill / np.maximum(length, 1e-300), flat)


def _downhill(grid: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    slopes = []
    for axis in range(3):
        step = np.eye(3, dtype=np.intp)[axis]
        lower, upper = np.maximum(nodes - step, 0), np.minimum(nodes + step, grid.shape[axis] - 1)
        before, after = grid[tuple(lower.T)].astype(np.float64), grid[tuple(upper.T)]
        slopes.append((before - after) / (upper - lower)[:, axis])
    return np.stack(slopes, 1)


def _triangles(cases: np.ndarray, cells: np.ndarray, shape: tuple, keys: np.ndarray) -> np.ndarray:
    """Triangles int32 (m, 3) of indices into the sorted keys of the edges, for cells of mixed corners."""
    counts, table = _table()
    strides = np.array([shape[1] * shape[2], shape[2], 1])
    offsets = np.array([np.dot(_bits(corner), strides) + axis * np.prod(shape) for corner, axis in EDGES])
    base = cells @ strides
    found = []
    for slot in range(table.shape[1]):
        has = counts[cases] > slot
        found.append(base[has, None] + offsets[table[cases[has], slot]])
    return np.searchsorted(keys, np.concatenate(found)).astype(np.int32)


@cache
def _table() -> tuple[np.ndarray, np.ndarray]:
    """How many triangles each of the 256 cases has (256,), and their edges (256, most, 3)."""
    rows = [[triangle for cycle in _cycles(case) for triangle in _filled(cycle)] for case in range(256)]
    most = max(len(row) for row in rows)
    table = np.zeros((256, most, 3), np.intp)
    for case, row in enumerate(rows):
        table[case, : len(row)] = np.reshape(row, (-1, 3))
    return np.array([len(row) for row in rows]), table


def _cycles(case: int) -> list[list[int]]:
    """The cycles of cut edges of a case, a bit per inside corner."""
    follows = {}
    for axis in range(3):
        for side in (0, 1):
            one, other = 1 << (axis + 1) % 3, 1 << (axis + 2) % 3
            base = side << axis
            ring = [base, base | one, base | one | other, base | other]
            ring = ring if side else ring[::-1]  # anticlockwise seen from outside the cell
            for index in range(4):
                if case >> ring[index] & 1 or not case >> ring[(index + 1) % 4] & 1:
                    continue
                end = index + 1  # a run of inside corners starts here
                while case >> ring[(end + 1) % 4] & 1:
                    end += 1
                follows[_edge(ring[index], ring[(index + 1) % 4])] = _edge(ring[end % 4], ring[(end + 1) % 4])
    cycles = []
    while follows:
        start, after = follows.popitem()
        cycle = [start]
        while after != start:
            cycle.append(after)
            after = follows.pop(after)
        cycles.append(cycle)
    return cycles


def _edge(corner: int, other: int) -> int:
    return EDGES.index((min(corner, other), (corner ^ other).bit_length() - 1))


def _filled(cycle: list[int]) -> list[list[int]]:
    """Triangles that fill a cycle, no inner edge of which lies in a face of the cell; [] where there are none."""
    if len(cycle) == 3:
        return [cycle]
    for apex in range(1, len(cycle) - 1):
        parts = [cycle[: apex + 1], cycle[apex:]]
        inner = [part for part in parts if len(part) > 2]
        if any(_share_a_face(part[0], part[-1]) for part in inner):
            continue
        filled = [_filled(part) for part in inner]
        if all(filled):
            return [[cycle[0], cycle[apex], cycle[-1]], *(triangle for part in filled for triangle in part)]
    return []


def _share_a_face(first: int, second: int) -> bool:
    (one, along), (other, across) = EDGES[first], EDGES[second]
    return any(axis not in (along, across) and not (one ^ other) >> axis & 1 for axis in range(3))
