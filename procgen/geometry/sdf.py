"""Meshes of implicit surfaces: naive surface nets (Gibson 1998) over a grid that may be warped."""

from __future__ import annotations

import numpy as np

from .mesh import Mesh


def surface_nets(values: np.ndarray, points: np.ndarray) -> Mesh:
    """The surface between negative (inside) and positive values (i, j, k) at lattice points (i, j, k, 3), metres.

    One vertex a cell that the surface crosses, at the mean of its crossings; one quad a crossed inner edge, facing the
    positive side where the lattice is right-handed.
    """
    values = np.asarray(values, float)
    corners = [(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)]
    shape = tuple(n - 1 for n in values.shape)

    def at(array, corner):
        return array[tuple(slice(c, c + n) for c, n in zip(corner, shape, strict=True))]

    inside = values < 0
    count = sum(at(inside, corner).astype(np.int8) for corner in corners)
    active = (count > 0) & (count < 8)
    number = np.full(shape, -1, np.int64)
    number[active] = np.arange(active.sum())
    total, crossings = np.zeros((active.sum(), 3)), np.zeros(active.sum())
    for a in corners:
        for axis in range(3):
            if a[axis]:
                continue
            b = tuple(c + (axis == place) for place, c in enumerate(a))
            va, vb = at(values, a)[active], at(values, b)[active]
            crossed = (va < 0) != (vb < 0)
            share = np.where(crossed, va / np.where(crossed, va - vb, 1), 0)[:, None]
            place = at(points, a)[active] * (1 - share) + at(points, b)[active] * share
            total += np.where(crossed[:, None], place, 0)
            crossings += crossed
    faces = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        # Edges along the axis whose four cells all exist.
        keep = [slice(None)] * 3
        keep[u], keep[v] = slice(1, -1), slice(1, -1)
        low, high = list(keep), list(keep)
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        a, b = inside[tuple(low)], inside[tuple(high)]
        around = []
        for du, dv in ((-1, -1), (0, -1), (0, 0), (-1, 0)):
            cell = [slice(None)] * 3
            cell[u] = slice(1 + du, shape[u] + du)
            cell[v] = slice(1 + dv, shape[v] + dv)
            around.append(number[tuple(cell)])
        quads = np.stack(around, -1)
        out, into = a & ~b, ~a & b
        faces += [quads[out], quads[into][:, ::-1]]
    return Mesh(total / np.maximum(crossings, 1)[:, None], np.concatenate(faces).reshape(-1, 4))
