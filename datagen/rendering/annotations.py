"""The records of a frame: landmarks with visibility, head pose, gaze, and boxes of objects."""

from __future__ import annotations

import numpy as np

from ..cameras import project, to_camera

BEHIND_SKIN = 0.003  # metres of skin that a landmark may lie behind: lips touch, and a lid is thin
BEHIND_MESHES = (
    0.0005  # metres that a vertex of the head may lie behind a mesh: its own faces end at it, and lids touch the eye
)
BEHIND_THINGS = 0.004  # metres that it may lie behind hair or a frame, which stand off the skin
# Which part of the spec makes an object of a class.
SPEC_PART = {
    "skin": "identity", "eye": "eyes", "teeth": "mouth", "gums": "mouth", "tongue": "mouth", "hair": "hair",
    "brow": "brows", "lash": "lashes", "beard": "beard", "garment": "wear", "headwear": "wear", "glasses": "wear",
    "facewear": "wear", "earring": "wear",
}  # fmt: skip


def hidden_by_skin(tree, eye: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Whether skin (a BVHTree in the world) stands between a camera at ``eye`` (3,) and each of the points (k, 3)."""
    rays = points - eye
    length = np.linalg.norm(rays, axis=1)
    hits = [tree.ray_cast(eye.tolist(), ray.tolist(), reach - BEHIND_SKIN)
            for ray, reach in zip(rays / length[:, None], length, strict=True)]  # fmt: skip
    return np.array([hit[0] is not None for hit in hits])


def in_the_open(pixels: np.ndarray, distance: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Whether points (k,) at pixels (k, 2) and a planar distance (k,) lie in the frame and behind nothing else.

    others (h, w) is the depth of what is not skin; a point is hidden if most pixels around it show such a thing nearer
    than it, so a single strand hides nothing.
    """
    height, width = others.shape
    inside = (pixels >= 0).all(1) & (pixels[:, 0] < width) & (pixels[:, 1] < height) & (distance > 0)
    x, y = np.clip(pixels.astype(int), 0, [width - 1, height - 1]).T
    around = np.pad(others, 1, mode="edge")
    nearer = sum((around[y + dy, x + dx] < distance - BEHIND_THINGS).astype(int) for dy in range(3) for dx in range(3))
    return inside & (nearer < 5)


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


def landmark_record(person, frame: int, number: int, record: dict, labels: dict[str, np.ndarray]) -> dict:
    """The landmark record of one shot; ``labels`` holds its depth and instance."""
    from ...procgen.people.landmarks import landmark_points
    from ...procgen.people.motion import state_of_frame

    state = state_of_frame(person, frame)
    points = landmark_points(person, state.surface, state.pose)
    pixels, distance = project(record, points)
    seen = ~hidden_by_skin(state.surface.bvh(), np.asarray(record["cam2world"])[:3, 3], points)
    others = np.where(labels["instance"] == person.head.pass_index, np.inf, labels["depth"])
    seen &= in_the_open(pixels, distance, others)
    world_to_camera = np.asarray(record["cam2world"])[:3, :3].T
    return {
        "frame": number,
        "points_2d": pixels.tolist(),
        "points_3d": points.tolist(),
        "visible": seen.tolist(),
        "head_pose": head_pose(record, state.pose.bones["head"]),
        "gaze": {
            side: (world_to_camera @ eye.rotation @ [0.0, -1.0, 0.0]).tolist() for side, eye in state.pose.eyes.items()
        },
        "eye_centres_3d": {side: eye.centre.tolist() for side, eye in state.pose.eyes.items()},
    }


def hidden_by_meshes(objects, eye: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Whether one of the mesh objects, as the scene shows them, stands between ``eye`` (3,) and each point (k, 3)."""
    import bpy
    from mathutils.bvhtree import BVHTree

    graph, hidden = bpy.context.evaluated_depsgraph_get(), np.zeros(len(points), bool)
    for obj in objects:
        inverse = np.linalg.inv(np.array(obj.matrix_world))
        local_eye, local = eye @ inverse[:3, :3].T + inverse[:3, 3], points @ inverse[:3, :3].T + inverse[:3, 3]
        # The matrix may scale: what is left open is a share of each ray.
        shares = 1 - BEHIND_MESHES / np.linalg.norm(points - eye, axis=1)
        left = np.nonzero(~hidden)[0]
        rays = (local - local_eye) * shares[:, None]
        tree = BVHTree.FromObject(obj, graph)
        hidden[left] = [tree.ray_cast(local_eye.tolist(), rays[k].tolist(), float(np.linalg.norm(rays[k])))[0] is not None
                        for k in left]  # fmt: skip
    return hidden


def dense_landmarks(person, frame: int, record: dict, labels: dict[str, np.ndarray]) -> np.ndarray:
    """The label (n, 6) of one shot: px, metres in the world and visibility of every vertex of the head's mesh.

    ``labels`` holds the shot's depth and instance. The vertices are those of the mesh before its subdivision, which keeps
    them as its first ones, where the rendered surface has them. One is seen in the frame where no mesh stands between it and
    the camera, but for the last half millimetre, and no strands over most of the pixels around it.
    """
    from ...procgen.people.motion import state_of_frame

    surface = state_of_frame(person, frame).surface
    points = surface.positions[: len(person.head.data.vertices)].astype(np.float32)
    pixels, distance = project(record, points)
    shown = [obj for obj in person.objects if obj.pass_index and not obj.hide_render]
    strands = [obj.pass_index for obj in shown if obj.type == "CURVES"]
    seen = in_the_open(pixels, distance, np.where(np.isin(labels["instance"], strands), labels["depth"], np.inf))
    eye = np.asarray(record["cam2world"])[:3, 3]
    meshes = [person.head, *(obj for obj in shown if obj.type == "MESH" and obj is not person.head)]
    seen[seen] = ~hidden_by_meshes(meshes, eye, points[seen].astype(np.float64))
    return np.concatenate([pixels, points, seen[:, None]], 1)


def object_records(person, instance: np.ndarray) -> list[dict]:
    """The record of every object with an instance id; ``instance`` (h, w) is the label."""
    import bpy

    graph = bpy.context.evaluated_depsgraph_get()
    records = []
    for obj in person.objects:
        if not obj.pass_index:
            continue
        rows, columns = np.nonzero(instance == obj.pass_index)
        box = None
        if len(rows):
            box = [int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1]
        corners = np.array([list(corner) for corner in obj.evaluated_get(graph).bound_box])
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
