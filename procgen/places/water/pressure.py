"""The pressure that keeps a liquid's volume: Poisson's equation on the cells that hold it, by conjugate gradients."""

from __future__ import annotations

import numpy as np

MOST = 400  # iterations


def divergence(velocities: list[np.ndarray], open_faces: list[np.ndarray]) -> np.ndarray:
    """What flows out of each cell (nx, ny, nz) through its open faces, m/s."""
    flow = [velocity * share for velocity, share in zip(velocities, open_faces, strict=True)]
    return sum(np.diff(values, axis=axis) for axis, values in enumerate(flow))


def project(velocities: list[np.ndarray], open_faces: list[np.ndarray], liquid: np.ndarray, tolerance: float) -> float:
    """Take the divergence out of face velocities, in place; the share of it that is left.

    ``liquid`` (nx, ny, nz) bool holds p > 0, air p = 0; closed faces carry no flow.
    """
    for velocity, share in zip(velocities, open_faces, strict=True):
        velocity[share <= 0] = 0.0
    # A cell all of whose faces are closed is solid, whatever particles stray into it.
    total = sum(share[_cut(axis, 0)] + share[_cut(axis, 1)] for axis, share in enumerate(open_faces))
    liquid = liquid & (total > 0)
    count = int(liquid.sum())
    if not count:
        return 0.0
    number = np.full(liquid.shape, count)  # what is not liquid looks up the zero at the end
    number[liquid] = np.arange(count)
    neighbours, weights = [], []
    for axis, share in enumerate(open_faces):
        padded = np.pad(number, [(1, 1) if place == axis else (0, 0) for place in range(3)], constant_values=count)
        for side in (0, 1):
            other = [slice(None)] * 3
            other[axis] = slice(2 * side, 2 * side + liquid.shape[axis])
            neighbours.append(padded[tuple(other)][liquid])
            weights.append(share[_cut(axis, side)][liquid])
    neighbours, weights = np.stack(neighbours), np.stack(weights)
    diagonal = weights.sum(0)
    right = -divergence(velocities, open_faces)[liquid]
    # A pocket with no air is fixed but for a constant: the least diagonal lift keeps the system solvable.
    pressure = _solve(diagonal * (1 + 1e-10), neighbours, weights, right, tolerance)
    full = np.zeros(liquid.shape)
    full[liquid] = pressure
    for axis, (velocity, share) in enumerate(zip(velocities, open_faces, strict=True)):
        padded = np.pad(full, [(1, 1) if place == axis else (0, 0) for place in range(3)])
        velocity -= np.where(share > 0, np.diff(padded, axis=axis), 0.0)
    left = np.abs(divergence(velocities, open_faces)[liquid]).max()
    return float(left / max(np.abs(right).max(), 1e-30))


def _cut(axis: int, side: int):
    place = [slice(None)] * 3
    place[axis] = slice(1, None) if side else slice(None, -1)
    return tuple(place)


def _solve(diagonal, neighbours, weights, right, tolerance) -> np.ndarray:
    """Conjugate gradients with the diagonal as preconditioner, until the largest residual is ``tolerance`` of the first."""
    padded = np.zeros(len(right) + 1)

    def apply(x):
        padded[:-1] = x
        return diagonal * x - (weights * padded[neighbours]).sum(0)

    # Sums, not dot products: those differ in their last bits from one numpy to the next, and splashes are chaotic.
    x, residual = np.zeros(len(right)), right.copy()
    goal = tolerance * max(np.abs(right).max(), 1e-30)
    if np.abs(right).max() < 1e-14:
        return x
    steered = residual / diagonal
    direction, energy = steered.copy(), (residual * steered).sum()
    for _ in range(MOST):
        image = apply(direction)
        length = energy / (direction * image).sum()
        x += length * direction
        residual -= length * image
        if np.abs(residual).max() < goal:
            break
        steered = residual / diagonal
        fresh = (residual * steered).sum()
        direction = steered + fresh / energy * direction
        energy = fresh
    return x
