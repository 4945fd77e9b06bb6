"""What a track sets on a rig: values of the keys, and rotations of bones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...geometry.angles import arctan2
from ..expression import ACTIONS, LOOK_LIMITS
from ..pose import NECK_SHARE
from .track import COLUMN, Track

CHEST = 0.5  # degrees that a full breath leans the chest back; the neck makes up for it
SHOULDERS = 1.6  # degrees that it lifts the shoulders
HEAD_BONES = ("neck", "head")


class Channels(NamedTuple):
    """Values (n,) of each key by name, and rotations (n, 3, 3) of each bone about its head, in the rig's axes."""

    keys: dict[str, np.ndarray]
    bones: dict[str, np.ndarray]


def channels(track: Track) -> Channels:
    """The keys and bones of a track; eyes turn by their keys as far as these go, and by their bones beyond."""
    values = track.key_values()
    keys = {name: values[:, index] for index, name in enumerate(ACTIONS)}
    chest = rotations(pitch=CHEST * track.breath)
    bones = {"spine": chest}
    for side, sign in (("L", -1), ("R", 1)):
        bones[f"shoulder.{side}"] = rotations(roll=sign * SHOULDERS * track.breath)
    bones["neck"] = chest.swapaxes(1, 2) @ rotations(*(NECK_SHARE * track.head.T))
    bones["head"] = rotations(*((1 - NECK_SHARE) * track.head.T))
    for name, side, outward in (("eye.L", "Left", 1), ("eye.R", "Right", -1)):
        whole = _looks(track.weights, side, outward) + track.gaze
        by_keys = rotations(*_looks(values, side, outward).T)
        bones[name] = by_keys.swapaxes(1, 2) @ rotations(*whole.T)
    return Channels(keys, bones)


def _looks(weights: np.ndarray, side: str, outward: int) -> np.ndarray:
    """Yaw and pitch (n, 2) in degrees that the look actions of weights (n, 52) turn an eye by."""
    out, into, up, down = (
        weights[:, COLUMN[f"eyeLook{way}{side}"]] * np.degrees(LOOK_LIMITS[way]) for way in ("Out", "In", "Up", "Down")
    )
    return np.stack([outward * (out - into), up - down], 1)


def rotations(yaw=0.0, pitch=0.0, roll=0.0) -> np.ndarray:
    """Rotations (n, 3, 3) of angles (n,) in degrees, as ``pose.rotation`` makes one of radians."""
    angles = np.radians(np.broadcast_arrays(*(np.atleast_1d(a).astype(float) for a in (yaw, pitch, roll))))
    (cy, cp, cr), (sy, sp, sr) = np.cos(angles), np.sin(angles)
    return np.stack([
        np.stack([cy * cr + sy * sp * sr, -sy * cp, cy * sr - sy * sp * cr], 1),
        np.stack([sy * cr - cy * sp * sr, cy * cp, sy * sr + cy * sp * cr], 1),
        np.stack([-cp * sr, -sp, cp * cr], 1),
    ], 1)  # fmt: skip


def angles_of(matrices: np.ndarray) -> np.ndarray:
    """Yaw, pitch and roll (n, 3) in degrees of rotations (n, 3, 3), without jumps from one to the next."""
    m = matrices
    yaw = arctan2(-m[:, 0, 1], m[:, 1, 1])
    pitch = np.arcsin(np.clip(-m[:, 2, 1], -1, 1))
    roll = arctan2(-m[:, 2, 0], m[:, 2, 2])
    return np.degrees(np.unwrap(np.stack([yaw, pitch, roll], 1), axis=0))
