"""A closed skin over a skeleton of tapering rods: smooth union of their distance fields, netted."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ...geometry.mesh import Mesh


class Rods(NamedTuple):
    """Rods from ``start`` to ``end`` (n, 3) with the radii ``low`` and ``high`` (n,) there; metres.

    ``across`` (n, 3) is a unit vector along which a rod is thinner by the factor ``flat`` (n,).
    """

    start: np.ndarray
    end: np.ndarray
    low: np.ndarray
    high: np.ndarray
    across: np.ndarray | None = None
    flat: np.ndarray | None = None


def area(rods: Rods) -> float:
    """About the area of the rods' sides, square metres."""
    length = np.sqrt(((rods.end - rods.start) ** 2).sum(1))
    return float(
        (np.pi * (rods.low + rods.high) * (length + 0.5 * (rods.low + rods.high) / np.sqrt(len(length)))).sum()
    )


def distance(axes: list[np.ndarray], rods: Rods, index: int) -> np.ndarray:
    """Distance (i, j, k) float32 of one rod from the points of a lattice with straight axes."""
    start, step = rods.start[index], rods.end[index] - rods.start[index]
    x, y, z = ((axes[axis] - start[axis]).astype(np.float32).reshape(np.roll([-1, 1, 1], axis)) for axis in range(3))
    sx, sy, sz = (np.float32(part) for part in step)
    length = np.float32(max(step @ step, 1e-18))
    dot = sx * x + sy * y + sz * z
    along = np.clip(dot / length, 0, 1)
    square = np.maximum((x * x + y * y + z * z) - along * (2 * dot - along * length), 0)
    if rods.across is not None:
        cx, cy, cz = (np.float32(part) for part in rods.across[index])
        lean = (cx * x + cy * y + cz * z) - along * np.float32(rods.across[index] @ step)
        square = square + lean * lean * np.float32(rods.flat[index] ** 2 - 1)
    return np.sqrt(square) - (np.float32(rods.low[index]) + along * np.float32(rods.high[index] - rods.low[index]))


def skin(rods: Rods, cell: float, blend: float, floor: float | None = None) -> Mesh:
    """The skin of rods on a lattice of the edge ``cell``, joined smoothly over ``blend`` metres (Quílez's smooth minimum).

    Attributes: rod the index of the nearest rod, along 0…1 the place on it. ``floor`` cuts all below that height away.
    """
    widest = np.maximum(rods.low, rods.high)[:, None]
    low = np.minimum(rods.start, rods.end) - widest
    high = np.maximum(rods.start, rods.end) + widest
    margin = blend + 2.5 * cell
    origin = low.min(0) - margin - cell
    shape = np.ceil((high.max(0) + margin + cell - origin) / cell).astype(int) + 1
    field = np.full(shape, 1e3, np.float32)
    nearest = np.full(shape, 1e3, np.float32)
    owner = np.zeros(shape, np.int32)
    axes = [origin[axis] + cell * np.arange(shape[axis]) for axis in range(3)]
    first = np.maximum(np.floor((low - margin - origin) / cell).astype(int), 0)
    last = np.minimum(np.ceil((high + margin - origin) / cell).astype(int) + 1, shape)
    for index in range(len(rods.start)):
        box = tuple(slice(a, b) for a, b in zip(first[index], last[index], strict=True))
        value = distance([axes[axis][box[axis]] for axis in range(3)], rods, index)
        now = field[box]
        mixed = np.maximum(blend - np.abs(value - now), 0)
        field[box] = np.minimum(value, now) - mixed * mixed / np.float32(4 * blend)
        closer = value < nearest[box]
        owner[box] = np.where(closer, index, owner[box])
        nearest[box] = np.where(closer, value, nearest[box])
    if floor is not None:
        field = np.maximum(field, (floor - axes[2]).astype(np.float32))
    mesh = netted(field, axes)
    place = np.round((mesh.vertices - origin) / cell).astype(int)
    rod = owner[place[:, 0], place[:, 1], place[:, 2]]
    step = rods.end[rod] - rods.start[rod]
    along = ((mesh.vertices - rods.start[rod]) * step).sum(1) / np.maximum((step * step).sum(1), 1e-18)
    return replace(mesh, attributes={"rod": rod, "along": np.clip(along, 0, 1)})


def netted(field: np.ndarray, axes: list[np.ndarray]) -> Mesh:
    """The surface between negative and positive values of a field over straight axes, by naive surface nets (Gibson 1998).

    Only the cells that are crossed are looked at, as most of the lattice round branches is empty.
    """
    inside = field < 0
    shape = np.array(field.shape)
    stride = np.array([shape[1] * shape[2], shape[2], 1])
    corners = np.array([(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    low = tuple(slice(0, n - 1) for n in shape)
    every, some = inside[low].copy(), inside[low].copy()
    for corner in corners[1:]:
        part = inside[tuple(slice(c, c + n - 1) for c, n in zip(corner, shape, strict=True))]
        every &= part
        some |= part
    cells = np.stack(np.nonzero(some & ~every), 1)
    flat = cells @ stride
    values, solid = field.ravel(), inside.ravel()
    number = np.full(field.size, -1, np.int32)
    number[flat] = np.arange(len(flat))
    total, crossings = np.zeros((len(flat), 3)), np.zeros(len(flat))
    for corner in corners:
        for axis in range(3):
            if corner[axis]:
                continue
            one = flat + corner @ stride
            va, vb = values[one].astype(float), values[one + stride[axis]].astype(float)
            crossed = (va < 0) != (vb < 0)
            place = np.broadcast_to(corner, (len(flat), 3)).astype(float)
            place[:, axis] += np.where(crossed, va / np.where(crossed, va - vb, 1), 0)
            total += np.where(crossed[:, None], place, 0)
            crossings += crossed
    faces = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        edge = flat[(cells[:, u] > 0) & (cells[:, v] > 0)]
        edge = edge[solid[edge] != solid[edge + stride[axis]]]
        around = [number[edge - du * stride[u] - dv * stride[v]] for du, dv in ((1, 1), (0, 1), (0, 0), (1, 0))]
        quads = np.stack(around, 1)
        faces.append(np.where(solid[edge][:, None], quads, quads[:, ::-1]))
    places = cells + total / np.maximum(crossings, 1)[:, None]
    step = np.array([axis[1] - axis[0] for axis in axes])
    return Mesh(np.array([axis[0] for axis in axes]) + places * step, np.concatenate(faces).reshape(-1, 4))
