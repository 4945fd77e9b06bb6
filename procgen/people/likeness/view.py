"""How a head is seen: its rotation, the camera before it, and what the generator's fields say of both."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...camera import HEAD_CENTRE
from ...geometry.angles import arctan2
from ..pose import NECK_SHARE, rotation

TO_CAMERA = np.array(
    [[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]
)  # from the world to a camera before a person: x right, y down, z away
AWAY = 1.25  # metres to the camera that are taken for granted
STEP, ROUNDS, CLOSE = 1e-5, 30, 1e-9  # radians: of slopes, and how near angles come to a rotation after so many steps


class View(NamedTuple):
    """How a head is seen: its rotation (3, 3) in the camera's frame, where its middle is in the picture and px a metre there, metres."""

    rotation: np.ndarray
    centre: np.ndarray
    scale: float
    distance: float

    def seen(self, places: np.ndarray) -> np.ndarray:
        """The pixels (n, 2) of places (n, 3) in the head's frame."""
        camera = (places - HEAD_CENTRE) @ self.rotation.T
        return self.centre + self.scale * camera[:, :2] / (1 + camera[:, 2:] / self.distance)


def turned(vector: np.ndarray) -> np.ndarray:
    """The rotation (3, 3) about a vector (3,) by its length in radians (Rodrigues)."""
    angle = float(np.linalg.norm(vector))
    x, y, z = vector / max(angle, 1e-12)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def first_view(places: np.ndarray, points: np.ndarray) -> View:
    """The view (affine, made one of a camera far away) that takes landmarks (n, 3) nearest to pixels (n, 2)."""
    middle = places.mean(0)
    affine = np.linalg.lstsq(places - middle, points - points.mean(0), rcond=None)[0].T
    u, singular, vt = np.linalg.svd(affine, full_matrices=False)
    two = u @ vt
    turn = np.stack([*two, np.cross(*two)])
    scale = float(singular.mean())
    return View(turn, points.mean(0) - scale * two @ (middle - HEAD_CENTRE), scale, AWAY)


def look_of(gaze: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """Gaze yaw and pitch (2,) in degrees, in the head, of a look (3,) in the camera's frame."""
    x, y, z = turn.T @ gaze / np.linalg.norm(gaze)
    return np.degrees([arctan2(x, -y), np.arcsin(np.clip(z, -1, 1))])


def head_turn(angles: np.ndarray) -> np.ndarray:
    """The rotation (3, 3) in the world of a head whose neck and head turn by yaw, pitch and roll in radians."""
    return rotation(*(NECK_SHARE * angles)) @ rotation(*((1 - NECK_SHARE) * angles))


def head_angles(turn: np.ndarray) -> np.ndarray:
    """Yaw, pitch and roll (3,) in degrees by which neck and head together turn as a rotation (3, 3) in the world says."""
    angles = np.zeros(3)
    for _ in range(ROUNDS):
        now = head_turn(angles)
        off = _vector(turn @ now.T)
        if np.linalg.norm(off) < CLOSE:
            break
        slopes = [_vector(head_turn(angles + STEP * axis) @ now.T) / STEP for axis in np.eye(3)]
        angles = angles + np.linalg.solve(np.array(slopes).T, off)
    return np.degrees(angles)


def _vector(turn: np.ndarray) -> np.ndarray:
    """The vector (3,) that a rotation (3, 3) turns about, by its length in radians."""
    axis = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]]) / 2
    sine = float(np.linalg.norm(axis))
    return axis * (float(arctan2(sine, (np.trace(turn) - 1) / 2)) / max(sine, 1e-12))
