"""Rigs: rest frames, posed matrices and linear blend skinning in numpy, as Blender's armatures have them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...assets import Asset, Bone, Rig

STILL = np.array([1.0, 0.0, 0.0, 0.0])


def turn(axis, angle: float) -> np.ndarray:
    """The quaternion (4,) (w, x, y, z) of a rotation by ``angle`` radians about an axis (3,)."""
    axis = np.asarray(axis, float)
    axis = axis / max(np.linalg.norm(axis), 1e-12)
    return np.concatenate([[np.cos(angle / 2)], np.sin(angle / 2) * axis])


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The quaternion of the rotation b followed by a."""
    return np.concatenate([[a[0] * b[0] - a[1:] @ b[1:]], a[0] * b[1:] + b[0] * a[1:] + np.cross(a[1:], b[1:])])


def matrix(quaternion: np.ndarray) -> np.ndarray:
    """The rotation matrix (3, 3) of a unit quaternion."""
    w, x, y, z = quaternion
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ])  # fmt: skip


def frame(bone: Bone) -> np.ndarray:
    """The rest frame (4, 4) of a bone: y along it, x as near the world's x as can be (z up where the bone lies along x)."""
    head, tail = np.array(bone.head), np.array(bone.tail)
    y = (tail - head) / max(np.linalg.norm(tail - head), 1e-12)
    if abs(y[0]) < 0.95:
        x = np.array([1.0, 0, 0]) - y[0] * y
        x /= np.linalg.norm(x)
        z = np.cross(x, y)
    else:
        z = np.array([0, 0, 1.0]) - y[2] * y
        z /= np.linalg.norm(z)
        x = np.cross(y, z)
    result = np.eye(4)
    result[:3] = np.stack([x, y, z, head], 1)
    return result


def frames(bones: tuple[Bone, ...]) -> np.ndarray:
    """The rest frames (b, 4, 4) of bones."""
    return np.stack([frame(bone) for bone in bones])


def in_frame(rotation: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """A quaternion given in the axes of the whole animal at rest, in the rest frame (4, 4) of a bone."""
    return np.concatenate([rotation[:1], rest[:3, :3].T @ rotation[1:]])


def about(bone: Bone, rotation: np.ndarray) -> np.ndarray:
    """The matrix (4, 4) of a turn about a bone's head, given in the bone's rest frame."""
    axes = frame(bone)[:3, :3]
    result = np.eye(4)
    result[:3, :3] = axes @ matrix(rotation) @ axes.T
    result[:3, 3] = np.array(bone.head) - result[:3, :3] @ np.array(bone.head)
    return result


def into_rest(carried: np.ndarray, point: np.ndarray) -> np.ndarray:
    """The point (3,) that a rigid matrix (4, 4) carries to ``point``."""
    return carried[:3, :3].T @ (point - carried[:3, 3])


def posed(bones: tuple[Bone, ...], pose: Mapping[str, np.ndarray]) -> np.ndarray:
    """The matrices (b, 4, 4) that carry each bone's rest into a pose; parents come before their children."""
    number = {bone.name: index for index, bone in enumerate(bones)}
    result = np.zeros((len(bones), 4, 4))
    for index, bone in enumerate(bones):
        local = np.eye(4)
        if bone.name in pose:
            local = about(bone, pose[bone.name])
        if not bone.parent:
            local[:3, 3] += pose.get("", np.zeros(3))
            result[index] = local
        else:
            result[index] = result[number[bone.parent]] @ local
    return result


def skin(vertices: np.ndarray, rig: Rig, pose: Mapping[str, np.ndarray]) -> np.ndarray:
    """Vertices (n, 3) in a pose by linear blend skinning."""
    matrices = posed(rig.bones, pose)
    result = np.zeros_like(vertices)
    for index in range(len(rig.bones)):
        weight = rig.weights[:, index]
        rows = np.flatnonzero(weight)
        moved = vertices[rows] @ matrices[index, :3, :3].T + matrices[index, :3, 3]
        result[rows] += weight[rows, None] * moved
    return result


def skinned(asset: Asset, cycle: str, phase: float) -> np.ndarray:
    """The vertices (n, 3) of an animal at a phase 0…1 of a cycle, on the spot."""
    return skin(asset.mesh.vertices, asset.rig, asset.rig.cycles[cycle](phase))


# The direction of travel of cycles that do not go ahead.
HEADINGS = {"sidle": (1.0, 0.0, 0.0)}


def velocity(rig: Rig, cycle: str) -> np.ndarray:
    """The velocity (3,) metres a second that a cycle carries the animal with."""
    return rig.speed[cycle] * np.array(HEADINGS.get(cycle, (0.0, -1.0, 0.0)))
