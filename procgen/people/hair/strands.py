"""Strands as arrays: bending, clumping, frizz and curls of (n, k, 3) polylines."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (…, 3) of length one."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def bent(roots: np.ndarray, start: np.ndarray, end: np.ndarray, length: np.ndarray, points: int) -> np.ndarray:
    """Strands (n, points, 3) that leave along ``start`` and turn to ``end`` (unit vectors (n, 3)) over their length (n,)."""
    t = (np.arange(points - 1) + 0.5) / (points - 1)
    direction = unit(start[:, None] * (1 - t)[None, :, None] + end[:, None] * t[None, :, None])
    steps = direction * (length / (points - 1))[:, None, None]
    return np.concatenate([roots[:, None], roots[:, None] + np.cumsum(steps, 1)], 1)


def tapered(count: int, points: int, root: float | np.ndarray, tip: float, power: float = 1.8) -> np.ndarray:
    """Radii (count, points) in metres from root, one or (count, 1), to tip; the higher ``power`` the later they thin."""
    t = np.linspace(0, 1, points) ** power
    return np.broadcast_to(root * (1 - t) + tip * t, (count, points))


def smooth_noise(rng: Generator, count: int, points: int, bends: int) -> np.ndarray:
    """Noise (count, points, 3), zero at the root, with about ``bends`` turns along a strand; unit scale."""
    knots = rng.normal(size=(count, bends + 2, 3))
    knots[:, 0] = 0
    place = np.linspace(0, bends + 1, points)
    low = np.minimum(place.astype(int), bends)
    t = (place - low)[None, :, None]
    t = t * t * (3 - 2 * t)
    return knots[:, low] * (1 - t) + knots[:, low + 1] * t


def frames(strands: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tangent, side and third axis (n, k, 3) along strands."""
    tangent = unit(np.gradient(strands, axis=1))
    # One reference a strand, across its chord, so that the frame never flips along it.
    chord = unit(strands[:, -1] - strands[:, 0])
    reference = np.where(np.abs(chord[:, 2:]) > 0.7, [1.0, 0.0, 0.0], [0.0, 0.0, 1.0])[:, None]
    side = unit(np.cross(tangent, reference))
    return tangent, side, np.cross(tangent, side)


def curled(
    strands: np.ndarray, radius: np.ndarray, pitch: float, phase: np.ndarray, onset: float = 0.01, handed=1.0
) -> np.ndarray:
    """Wind strands into helices of a radius (n,) and pitch, metres, starting over ``onset`` metres from the root.

    ``handed`` is +1 or -1, the way that each turns.
    """
    segments = np.linalg.norm(np.diff(strands, axis=1), axis=2)
    length = np.concatenate([np.zeros((len(strands), 1)), np.cumsum(segments, 1)], 1)
    _, side, third = frames(strands)
    angle = 2 * np.pi * length / pitch + phase[:, None]
    grow = np.clip(length / onset, 0, 1) * np.reshape(radius, (-1, 1))
    across = np.sin(angle) * np.reshape(handed, (-1, 1))
    offset = np.cos(angle)[..., None] * side + across[..., None] * third
    return strands + grow[..., None] * (offset - np.where(length[..., None] == 0, offset, 0))


def clumped(strands: np.ndarray, leader: np.ndarray, amount: np.ndarray, power: float) -> np.ndarray:
    """Draw each strand toward its leader strand (n,) by ``amount`` (n,), more toward the tip."""
    t = np.linspace(0, 1, strands.shape[1]) ** power
    pull = (amount[:, None] * t)[..., None]
    target = strands[leader] + (strands[:, :1] - strands[leader, :1]) * (1 - t)[None, :, None]
    return strands * (1 - pull) + target * pull


def shortened(strands: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Strands (n, k, 3) cut to a share (n,) of their length, with as many points."""
    count, points = strands.shape[:2]
    place = np.linspace(0, 1, points)[None] * np.clip(share, 0, 1)[:, None] * (points - 1)
    low = np.minimum(place.astype(np.int32), points - 2)
    part = (place - low)[..., None]
    rows = np.arange(count)[:, None]
    return strands[rows, low] * (1 - part) + strands[rows, low + 1] * part


def resampled(strands: np.ndarray, points: int) -> np.ndarray:
    """Strands (n, k, 3) with another number of points."""
    place = np.linspace(0, strands.shape[1] - 1, points)
    low = np.minimum(place.astype(int), strands.shape[1] - 2)
    part = (place - low)[None, :, None]
    return strands[:, low] * (1 - part) + strands[:, low + 1] * part


def above(strands: np.ndarray, height: np.ndarray) -> np.ndarray:
    """The share (n,) of each strand that comes before it falls below a height (n,)."""
    z = strands[..., 2]
    below = z < height[:, None]
    below[:, 0] = False
    first = np.where(below.any(1), below.argmax(1), z.shape[1] - 1)
    rows = np.arange(len(z))
    before, after = z[rows, first - 1], z[rows, first]
    part = np.clip((before - height) / np.maximum(before - after, 1e-9), 0, 1)
    return np.where(below.any(1), (first - 1 + part) / (z.shape[1] - 1), 1.0)


def leaders_of(template: np.ndarray, number: int, rng: Generator) -> np.ndarray:
    """The index (n,) of the leader strand nearest to each root, among ``number`` chosen ones."""
    from mathutils.kdtree import KDTree

    chosen = rng.choice(len(template), number, replace=False)
    tree = KDTree(number)
    for index in chosen.tolist():
        tree.insert(template[index].tolist(), index)
    tree.balance()
    return np.array([tree.find(place)[1] for place in template.tolist()])


def along_cells(places: np.ndarray, size: float = 0.006) -> np.ndarray:
    """The order (n,) that leads through places (n, 3) from cell to neighbouring cell of ``size`` metres.

    Source: Morton, A Computer Oriented Geodetic Data Base and a New Technique in File Sequencing (1966).
    """
    cells = ((places - places.min(0)) / size).astype(np.int64)
    code = sum(((cells[:, axis] >> bit) & 1) << (3 * bit + axis) for bit in range(8) for axis in range(3))
    return np.argsort(code, kind="stable")
