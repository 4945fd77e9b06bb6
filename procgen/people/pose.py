"""Poses the bust with numpy: actions, linear blend skinning of neck and head, and the turn of the eyes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .expression import ACTIONS, LOOK_LIMITS, Expression, action_weights
from .head_data import head_data

NECK_SHARE = 0.4  # of the head's turn that the neck makes
JAW = "joint-mouth"  # where the lower teeth turn when the jaw opens


class Eye(NamedTuple):
    """One eyeball in the world: centre (3,), rotation (3, 3) from the neutral frame, radius in metres."""

    centre: np.ndarray
    rotation: np.ndarray
    radius: float


class Pose(NamedTuple):
    """A posed bust: cage (n, 3), a (4, 4) deformation of each bone, and both eyes; world frame, metres."""

    positions: np.ndarray
    bones: dict[str, np.ndarray]
    eyes: dict[str, Eye]


def rotation(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Turn to the person's left, lift, tilt to the person's left; radians; the person faces -y, z up."""
    cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (np.cos, np.sin))
    turn = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
    lift = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    tilt = np.array([[cr, 0, sr], [0, 1, 0], [-sr, 0, cr]])
    return turn @ lift @ tilt


def about(matrix: np.ndarray, point: np.ndarray) -> np.ndarray:
    """The (4, 4) transform that turns by a (3, 3) matrix about a point."""
    result = np.eye(4)
    result[:3, :3] = matrix
    result[:3, 3] = point - matrix @ point
    return result


def transform(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Apply a (4, 4) transform to points (…, 3)."""
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def joints(rest: np.ndarray) -> dict[str, np.ndarray]:
    """Where the bones of a neutral shape turn: the mean of the vertices around each joint."""
    return {name: rest[vertices].mean(0) for name, vertices in head_data().joints.items()}


def head_turns(expression: Expression) -> tuple[np.ndarray, np.ndarray]:
    """The turns (3, 3) that neck and head make, each on top of what is below it."""
    angles = np.radians([expression.head_yaw, expression.head_pitch, expression.head_roll])
    return rotation(*(NECK_SHARE * angles)), rotation(*((1 - NECK_SHARE) * angles))


def eye_rotations(expression: Expression) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The turn (3, 3) of each eye in the head that the eyeLook keys make, and the whole of it.

    The whole turn is the gaze and what the expression's own eyeLook actions add; the keys end where the lids' shapes do.
    """
    keys, own = action_weights(expression), dict(zip(ACTIONS, expression.actions, strict=True))
    gaze = np.radians([expression.gaze_yaw, expression.gaze_pitch])
    found = {}
    for side, outward in (("left", 1.0), ("right", -1.0)):

        def turned(weights: dict[str, float], side=side, outward=outward) -> np.ndarray:
            angle = {d: weights[f"eyeLook{d}{side.capitalize()}"] * limit for d, limit in LOOK_LIMITS.items()}
            return np.array([outward * (angle["Out"] - angle["In"]), angle["Up"] - angle["Down"]])

        found[side] = (rotation(*turned(keys), 0.0), rotation(*(turned(own) + gaze), 0.0))
    return found


def bone_transforms(rest: np.ndarray, expression: Expression) -> dict[str, np.ndarray]:
    """The (4, 4) deformation of each bone, neutral to posed."""
    place = joints(rest)
    neck_turn, head_turn = head_turns(expression)
    neck = about(neck_turn, place["joint-neck"])
    head = neck @ about(head_turn, place["joint-head"])
    eyes = {side: whole for side, (_, whole) in eye_rotations(expression).items()}
    return {
        "spine": np.eye(4), "neck": neck, "head": head, "jaw": head,
        "eye.L": head @ about(eyes["left"], place["joint-l-eye"]),
        "eye.R": head @ about(eyes["right"], place["joint-r-eye"]),
    }  # fmt: skip


def apply_actions(rest: np.ndarray, weights: dict[str, float]) -> np.ndarray:
    """The neutral shape (n, 3) with actions applied."""
    data = head_data()
    points = rest.copy()
    for name, weight in weights.items():
        if weight:
            indices, deltas = data.targets["action/" + name]
            points[indices] += weight * deltas
    return points


def pose(rest: np.ndarray, expression: Expression) -> Pose:
    """Pose a neutral shape (n, 3)."""
    data = head_data()
    bones = bone_transforms(rest, expression)
    acted = apply_actions(rest, action_weights(expression))
    posed = sum(data.weights[:, i : i + 1] * transform(bones[name], acted) for i, name in enumerate(data.bones))
    eyes = {}
    for side, bone, group in (("left", "eye.L", "helper-l-eye"), ("right", "eye.R", "helper-r-eye")):
        members = data.groups[group]
        centre = rest[members].mean(0)
        radius = float(np.linalg.norm(rest[members] - centre, axis=1).mean())
        posed[members] = transform(bones[bone], rest[members])
        eyes[side] = Eye(transform(bones[bone], centre), bones[bone][:3, :3], radius)
    return Pose(posed, bones, eyes)


def rigid_fit(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The (4, 4) similarity nearest in least squares from points to points (Umeyama 1991)."""
    a, b = source.mean(0), target.mean(0)
    u, singular, vt = np.linalg.svd((target - b).T @ (source - a))
    sign = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
    turn = u @ np.diag(sign) @ vt
    scale = (singular * sign).sum() / ((source - a) ** 2).sum()
    matrix = np.eye(4)
    matrix[:3, :3] = scale * turn
    matrix[:3, 3] = b - scale * turn @ a
    return matrix
