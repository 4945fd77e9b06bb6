"""The records of a frame: landmarks with visibility, head pose, gaze, and boxes of objects."""

from __future__ import annotations

import numpy as np

from .cameras import project, to_camera

TOLERANCE = 0.004  # metres that a landmark may lie behind the surface its pixel shows
# Which part of the spec makes an object of a class.
SPEC_PART = {
    "skin": "identity", "eye": "eyes", "teeth": "mouth", "gums": "mouth", "tongue": "mouth", "hair": "hair",
    "brow": "brows", "lash": "lashes", "beard": "beard", "garment": "wear", "headwear": "wear", "glasses": "wear",
    "facewear": "wear", "earring": "wear",
}  # fmt: skip


def visible(pixels: np.ndarray, depth: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Whether points (k,) at pixels (k, 2) and planar depth (k,) are the nearest thing around their pixel."""
    height, width = truth.shape
    inside = (pixels >= 0).all(1) & (pixels[:, 0] < width) & (pixels[:, 1] < height) & (depth > 0)
    x = np.clip(pixels[:, 0].astype(int), 0, width - 1)
    y = np.clip(pixels[:, 1].astype(int), 0, height - 1)
    deepest = np.zeros(len(pixels))
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            near = truth[np.clip(y + dy, 0, height - 1), np.clip(x + dx, 0, width - 1)]
            deepest = np.maximum(deepest, np.where(np.isfinite(near), near, 0))
    return inside & (depth <= deepest + TOLERANCE) & (depth <= truth[y, x] + 5 * TOLERANCE)


def head_pose(record: dict, head: np.ndarray) -> dict:
    """Pose of the head bone in the camera frame; yaw, pitch and roll in degrees are zero when it faces the camera.

    Yaw is positive to the right of the picture, pitch up, roll clockwise in the picture.
    """
    rotation = np.asarray(record["cam2world"])[:3, :3].T @ head[:3, :3]
    forward, up = rotation @ [0.0, -1.0, 0.0], rotation @ [0.0, 0.0, 1.0]
    return {
        "rotation": rotation.tolist(),
        "translation": to_camera(record, head[:3, 3]).tolist(),
        "yaw": float(np.degrees(np.arctan2(forward[0], -forward[2]))),
        "pitch": float(np.degrees(np.arcsin(np.clip(-forward[1], -1, 1)))),
        "roll": float(np.degrees(np.arctan2(up[0], -up[1]))),
    }


def landmark_record(person, frame: int, number: int, record: dict, depth: np.ndarray) -> dict:
    """The landmark record of one shot; ``depth`` is its label."""
    from ..procgen.people.landmarks import landmark_points
    from ..procgen.people.motion import state_of_frame

    state = state_of_frame(person, frame)
    points = landmark_points(person, state.surface, state.pose)
    pixels, distance = project(record, points)
    world_to_camera = np.asarray(record["cam2world"])[:3, :3].T
    return {
        "frame": number,
        "points_2d": pixels.tolist(),
        "points_3d": points.tolist(),
        "visible": [bool(value) for value in visible(pixels, distance, depth)],
        "head_pose": head_pose(record, state.pose.bones["head"]),
        "gaze": {
            side: (world_to_camera @ eye.rotation @ [0.0, -1.0, 0.0]).tolist() for side, eye in state.pose.eyes.items()
        },
        "eye_centres_3d": {side: eye.centre.tolist() for side, eye in state.pose.eyes.items()},
    }


def object_records(person, instance: np.ndarray) -> list[dict]:
    """The record of every object with an instance id; ``instance`` (h, w) is the label."""
    records = []
    for obj in person.objects:
        if not obj.pass_index:
            continue
        rows, columns = np.nonzero(instance == obj.pass_index)
        box = None
        if len(rows):
            box = [int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1]
        corners = np.array([list(corner) for corner in obj.bound_box])
        low, high = corners.min(0), corners.max(0)
        matrix = np.array(obj.matrix_world)
        scale = np.linalg.norm(matrix[:3, :3], axis=0)
        kind = obj.get("class", "object")
        records.append({
            "id": obj.pass_index, "name": obj.name, "class": kind, "box_2d": box,
            "box_3d": {
                "center": (matrix[:3, :3] @ ((low + high) / 2) + matrix[:3, 3]).tolist(),
                "size": ((high - low) * scale).tolist(), "rotation": (matrix[:3, :3] / scale).tolist(),
            },
            "pose": matrix.tolist(), "spec": SPEC_PART.get(kind, ""),
        })  # fmt: skip
    return records
