"""The surface of liquid particles (Zhu and Bridson 2005), with drops that have come away from it."""

from __future__ import annotations

import numpy as np

from ...geometry.mesh import Mesh, merged
from ...geometry.primitives import icosphere
from ...geometry.sdf import surface_nets
from .liquid import Particles

REACH = 2.6  # radii that a particle's kernel reaches
LONE = 5  # particles with fewer others around them are drops
DROPS = 3000  # the most drops that are built


def liquid_mesh(particles: Particles, radius: float, spacing: float | None = None, spray: bool = True) -> Mesh:
    """The surface of a liquid of particles of a radius in metres, on a grid of ``spacing`` metres (the radius if None).

    Attributes as ``water_mesh``: foam is the air in it, depth the thickness of water below, at most 2 m, rest where it is.
    """
    position = np.asarray(particles.position, float)
    if not len(position):
        return Mesh(np.zeros((0, 3)), np.zeros((0, 4), np.int32))
    spacing = spacing or radius
    reach = REACH * radius
    lone = neighbours(position, 2 * radius) < LONE
    bulk = position[~lone]
    parts = []
    if len(bulk):
        low = bulk.min(0) - reach - 2 * spacing
        shape = np.ceil((bulk.max(0) + reach + 2 * spacing - low) / spacing).astype(int) + 1
        weight, air, *middle = _gather(bulk, np.asarray(particles.air, float)[~lone], low, shape, spacing, reach)
        index = np.stack(np.indices(tuple(shape)), -1)
        points = low + index * spacing
        held = np.maximum(weight, 1e-9)
        apart = np.sqrt(sum((points[..., axis] - middle[axis] / held) ** 2 for axis in range(3)))
        field = np.where(weight > 1e-9, apart - radius, radius)
        field = _blurred(_blurred(np.minimum(field, radius)))
        mesh = surface_nets(field, points)
        parts.append(_described(mesh, field, low, spacing, air / held))
    drops = position[lone]
    if spray and len(drops):
        drops = drops[:: max(int(np.ceil(len(drops) / DROPS)), 1)]
        parts.append(
            _drops(
                drops, np.asarray(particles.velocity, float)[lone][:: max(int(np.ceil(lone.sum() / DROPS)), 1)], radius
            )
        )
    return merged(parts)


def neighbours(position: np.ndarray, size: float) -> np.ndarray:
    """How many other particles (n,) lie in the 27 cells of the edge ``size`` metres around each."""
    low = position.min(0) - size
    cell = ((position - low) / size).astype(np.int64)
    shape = cell.max(0) + 2
    count = np.bincount((cell[:, 0] * shape[1] + cell[:, 1]) * shape[2] + cell[:, 2], minlength=int(np.prod(shape)))
    count = count.reshape(tuple(shape))
    for axis in range(3):
        padded = np.pad(count, [(1, 1) if place == axis else (0, 0) for place in range(3)])
        count = sum(np.take(padded, np.arange(shape[axis]) + shift, axis) for shift in range(3))
    return count[tuple(cell.T)] - 1


def _gather(position, air, low, shape, spacing, reach):
    """Sums on a grid over the kernels of particles: weight, weighted air and weighted places along three axes."""
    first = np.floor((position - reach - low) / spacing).astype(np.int64) + 1
    steps = int(np.ceil(2 * reach / spacing))
    size = int(np.prod(shape))
    sums = np.zeros((5, size))
    for i in range(steps):
        for j in range(steps):
            for k in range(steps):
                node = first + [i, j, k]
                apart = (((low + node * spacing - position) / reach) ** 2).sum(1)
                weight = np.maximum(1 - apart, 0) ** 3
                flat = (node[:, 0] * shape[1] + node[:, 1]) * shape[2] + node[:, 2]
                for row, values in enumerate((None, air, *position.T)):
                    sums[row] += np.bincount(flat, weight if values is None else weight * values, size)
    return sums.reshape(5, *shape)


def _blurred(field: np.ndarray) -> np.ndarray:
    """The field averaged with its neighbours along each axis, which takes the bumps of single particles off."""
    for axis in range(3):
        padded = np.pad(field, [(1, 1) if place == axis else (0, 0) for place in range(3)], mode="edge")
        count = field.shape[axis]
        field = sum(
            share * np.take(padded, np.arange(count) + shift, axis) for shift, share in enumerate((0.25, 0.5, 0.25))
        )
    return field


def _described(mesh: Mesh, field, low, spacing, air) -> Mesh:
    cell = np.clip(np.rint((mesh.vertices - low) / spacing).astype(int), 0, np.array(field.shape) - 1)
    # Thickness: liquid in the column below, down to the first air.
    inside = field < 0
    run = np.zeros(field.shape)
    for k in range(1, field.shape[2]):
        run[..., k] = (run[..., k - 1] + spacing) * inside[..., k - 1]
    cover = np.clip(_blurred(air)[tuple(cell.T)] * 1.15, 0, 1)
    depth = np.clip(run[tuple(cell.T)], 0.02, 2.0)
    return mesh.with_attributes(foam=cover, depth=depth, rough=0.012, shore=0.0, rest=mesh.vertices)


def _drops(position, velocity, radius) -> Mesh:
    """Drops drawn out along their way, smaller the faster they are."""
    ball = icosphere(0)
    speed = np.linalg.norm(velocity, axis=1)
    size = radius * (0.16 + 0.3 / (1 + 0.35 * speed))
    along = velocity / np.maximum(speed, 1e-6)[:, None]
    stretch = 1 + np.minimum(0.12 * speed, 1.2)
    far = ball.vertices @ along.T  # (12, n)
    shaped = ball.vertices[None] + ((stretch - 1) * far).T[..., None] * along[:, None]
    vertices = (position[:, None] + size[:, None, None] * shaped).reshape(-1, 3)
    faces = np.where(
        ball.faces[None] < 0, -1, ball.faces[None] + (np.arange(len(position)) * 12)[:, None, None]
    ).reshape(-1, 4)
    return Mesh(vertices, faces).with_attributes(foam=0.35, depth=0.02, rough=0.012, shore=0.0, rest=vertices)
