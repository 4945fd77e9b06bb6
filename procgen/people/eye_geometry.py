"""The shape of an eye in its own frame: -y to the front, z up; metres. Proportions of the adult human eye."""

from __future__ import annotations

import numpy as np

IRIS_SHARE = 0.472  # radius of the iris over that of the eyeball: 11.7 mm over 24.8 mm
IRIS_DEPTH = 0.065  # of the iris plane behind the limbus plane, eyeball radii
IRIS_CONE = 0.050  # how far the iris falls back from pupil to rim
BULGE = 0.070  # of the cornea over the sphere, eyeball radii
TEARS = 0.009  # thickness of the film over the sclera, eyeball radii
SEGMENTS = 72


def _revolve(rings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A closed surface from rings (k, 2) of radius and y; the first ring is a point on the axis."""
    angle = 2 * np.pi * np.arange(SEGMENTS) / SEGMENTS
    radius, y = rings[1:, 0, None], rings[1:, 1, None]
    circle = np.stack([radius * np.cos(angle), np.broadcast_to(y, (len(y), SEGMENTS)), radius * np.sin(angle)], -1)
    vertices = np.concatenate([[[0.0, rings[0, 1], 0.0]], circle.reshape(-1, 3)])
    j = np.arange(SEGMENTS)
    following = (j + 1) % SEGMENTS
    # All corners run counter-clockwise as seen from the front; the fan at the tip doubles its first vertex.
    faces = [[0, 1 + a, 1 + b] for a, b in zip(j, following, strict=True)]
    for ring in range(len(rings) - 2):
        low, high = 1 + ring * SEGMENTS, 1 + (ring + 1) * SEGMENTS
        faces += np.stack([low + j, high + j, high + following, low + following], 1).tolist()
    return vertices, faces


def iris_y() -> float:
    """The y of the iris's centre on the axis, in eyeball radii: where the pupil is."""
    return -np.sqrt(1 - IRIS_SHARE**2) + IRIS_DEPTH - IRIS_CONE


def inner_eye(radius: float) -> tuple[np.ndarray, list]:
    """Iris and sclera: vertices (n, 3) and faces."""
    share = np.linspace(0, 1, 15)
    limbus = np.arcsin(IRIS_SHARE)
    iris = np.stack([share * IRIS_SHARE, iris_y() + IRIS_CONE * share**1.3], 1)
    polar = np.concatenate([limbus + np.linspace(0.004, 0.95, 26), np.linspace(limbus + 1.1, np.pi - 0.05, 8)])
    sclera = np.stack([np.sin(polar), -np.cos(polar)], 1)
    return _scaled(np.concatenate([iris, sclera]), radius)


def outer_eye(radius: float) -> tuple[np.ndarray, list]:
    """Cornea and tear film: vertices (n, 3) and faces."""
    limbus = np.arcsin(IRIS_SHARE)
    polar = np.concatenate([np.linspace(0, 1.35 * limbus, 18), np.linspace(1.45 * limbus, np.pi - 0.05, 22)])
    t = np.clip(polar / (1.22 * limbus), 0, 1)
    length = 1 + TEARS + BULGE * (1 - t * t * (3 - 2 * t)) ** 0.9
    return _scaled(np.stack([length * np.sin(polar), -length * np.cos(polar)], 1), radius)


def _scaled(rings: np.ndarray, radius: float):
    vertices, faces = _revolve(rings)
    return vertices * radius, faces


def lid_margin(tree, centre: np.ndarray, rotation: np.ndarray, radius: float, count: int = 72):
    """Where the lids touch the eyeball: a closed loop (count, 3) in the world, by rays from the eye's centre.

    ``tree`` is the BVH of the skin. Returns the loop and, for each angle, the polar angle of the margin.
    """
    from mathutils import Vector

    loop, polar = [], []
    for angle in 2 * np.pi * np.arange(count) / count:
        low, high = 0.0, 1.35
        for _ in range(9):  # halve the interval between open eye and covered eye
            middle = (low + high) / 2
            local = np.array([np.sin(middle) * np.cos(angle), -np.cos(middle), np.sin(middle) * np.sin(angle)])
            direction = Vector((rotation @ local).tolist())
            start = Vector(centre.tolist()) + direction * (radius * 0.97)
            covered = tree.ray_cast(start, direction, 0.012)[0] is not None
            low, high = (low, middle) if covered else (middle, high)
        local = np.array([np.sin(low) * np.cos(angle), -np.cos(low), np.sin(low) * np.sin(angle)])
        loop.append(centre + rotation @ local * radius)
        polar.append(low)
    return np.array(loop), np.array(polar)
