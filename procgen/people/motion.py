"""Motion: a built person over the frames of a sequence; everything attached follows the skin, a bone or the head."""

from __future__ import annotations

from typing import NamedTuple

import bpy
import numpy as np
from mathutils import Matrix

from ..nodes.geometry import position_from_frame_attribute
from .expression import Expression, blend
from .head_data import head_data
from .pose import Pose, pose, rigid_fit
from .surface import Surface, evaluated_surface

# What each class of object moves with, unless it says otherwise itself in obj["follow"].
FOLLOWS = {
    "hair": "head", "headwear": "head", "glasses": "head", "earring": "head", "brow": "skin", "lash": "skin",
    "beard": "skin", "facewear": "skin", "garment": "skin", "teeth": "head", "tongue": "jaw", "eye": "eye",
    "gums": "head", "wet_line": "skin", "caruncle": "skin",
}  # fmt: skip


def expressions(spec, frames: int) -> list[Expression]:
    """The expression of every frame: eased from the spec's expression to its motion."""
    steps = np.arange(frames) / max(frames - 1, 1)
    return [blend(spec.expression, spec.motion, float(t * t * (3 - 2 * t))) for t in steps]


class State(NamedTuple):
    """The evaluated skin and the pose of one frame."""

    surface: Surface
    pose: Pose


def state_of_frame(person, frame: int) -> State:
    """The state of a frame; a person that was not animated has one."""
    states = getattr(person, "states", None) or [State(person.surface, person.pose)]
    return states[frame]


def animate(person, frames: int) -> None:
    """Key the person on frames 0 … frames - 1; before and after it holds still.

    Between frames every vertex moves on a straight line, so the motion of a frame is exact at its ends.
    """
    poses, surfaces = [], []
    sequence = expressions(person.spec, frames)
    for frame, expression in enumerate(sequence):
        person.set_expression(expression, frame)
        bpy.context.scene.frame_set(frame)
        poses.append(pose(person.rest, expression))
        surfaces.append(evaluated_surface(person.head))
    for owner in (person.head.data.shape_keys, person.armature):
        _make_linear(owner)
    for obj in person.objects:
        if obj.type not in ("MESH", "CURVES") or obj is person.head:
            continue
        follow = obj.get("follow", FOLLOWS.get(obj.get("class"), "none"))
        if follow == "skin":
            _follow_skin(obj, surfaces)
        elif follow != "none":
            _follow_bone(obj, follow, poses)
    person.states = [State(*state) for state in zip(surfaces, poses, strict=True)]
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 0, frames - 1
    bpy.context.scene.frame_set(0)


def _make_linear(owner) -> None:
    """Straight lines between keys; the two releases keep their curves in different places."""
    action = owner.animation_data.action
    if hasattr(action, "fcurves"):
        curves = list(action.fcurves)
    else:
        curves = [curve for layer in action.layers for strip in layer.strips for bag in strip.channelbags
                  for curve in bag.fcurves]  # fmt: skip
    for curve in curves:
        for point in curve.keyframe_points:
            point.interpolation = "LINEAR"


def transform_of(follow: str, obj, current: Pose) -> np.ndarray:
    """The (4, 4) deformation that an object which follows a bone undergoes, neutral to posed."""
    if follow == "eye":
        follow = "eye.L" if obj.matrix_world.translation.x > 0 else "eye.R"
    if follow != "jaw":
        return current.bones[follow]
    # The lower teeth and tongue go where the jaw action takes them: the rigid motion nearest to their vertices.
    members = head_data().groups["helper-lower-teeth"]
    return rigid_fit(head_data().template[members], current.positions[members])


def _follow_bone(obj, follow: str, poses: list[Pose]) -> None:
    start = np.linalg.inv(transform_of(follow, obj, poses[0])) @ np.array(obj.matrix_world)
    bones = [transform_of(follow, obj, current) for current in poses]
    obj.rotation_mode = "QUATERNION"
    for frame, bone in enumerate(bones):
        obj.matrix_world = Matrix((bone @ start).tolist())
        for channel in ("location", "rotation_quaternion", "scale"):
            obj.keyframe_insert(channel, frame=frame)
    _make_linear(obj)


class Anchors(NamedTuple):
    """Places of a surface that points hang on: triangle (k,) and barycentric weights (k, 3)."""

    triangles: np.ndarray
    weights: np.ndarray


def anchors_of(surface: Surface, points: np.ndarray) -> Anchors:
    """The place of the surface nearest to each point."""
    tree = surface.bvh()
    nearest = [tree.find_nearest(point) for point in points.tolist()]
    triangles = np.array([found[2] for found in nearest])
    a, b, c = (surface.positions[surface.triangles[triangles, i]] for i in range(3))
    edges = np.stack([b - a, c - a], 2)
    offset = np.array([found[0] for found in nearest]) - a
    tail = np.einsum("kij,kj->ki", np.linalg.pinv(edges), offset)
    return Anchors(triangles, np.concatenate([1 - tail.sum(1, keepdims=True), tail], 1))


def _frames_of(surface: Surface, anchors: Anchors) -> tuple[np.ndarray, np.ndarray]:
    """The position (k, 3) and the orthonormal frame (k, 3, 3) of the triangle of each anchor."""
    corners = surface.positions[surface.triangles[anchors.triangles]]
    a, b, c = corners.transpose(1, 0, 2)
    x = (b - a) / np.linalg.norm(b - a, axis=1, keepdims=True)
    z = np.cross(x, c - a)
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    return np.einsum("kc,kci->ki", anchors.weights, corners), np.stack([x, np.cross(z, x), z], 2)


def carried(points: np.ndarray, anchors: Anchors, first: Surface, current: Surface) -> np.ndarray:
    """Points (k, 3) carried rigidly by the place that each hangs on."""
    centre, frame = _frames_of(first, anchors)
    new_centre, new_frame = _frames_of(current, anchors)
    local = np.einsum("kij,ki->kj", frame, points - centre)
    return new_centre + np.einsum("kij,kj->ki", new_frame, local)


def _follow_skin(obj, surfaces: list[Surface]) -> None:
    world = np.array(obj.matrix_world)
    inverse = np.linalg.inv(world)
    curves = obj.type == "CURVES"
    source = obj.data.points if curves else obj.data.vertices
    flat = np.zeros(len(source) * 3, np.float32)
    source.foreach_get("position" if curves else "co", flat)
    points = flat.reshape(-1, 3).astype(np.float64) @ world[:3, :3].T + world[:3, 3]
    if curves:
        sizes = np.array([curve.points_length for curve in obj.data.curves])
        roots = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        at_roots = anchors_of(surfaces[0], points[roots])
        anchors = Anchors(*(np.repeat(values, sizes, 0) for values in at_roots))
    else:
        anchors = anchors_of(surfaces[0], points)
        obj.shape_key_add(name="Basis", from_mix=False)
    for frame, surface in enumerate(surfaces):
        moved = carried(points, anchors, surfaces[0], surface)
        local = (moved @ inverse[:3, :3].T + inverse[:3, 3]).astype(np.float32)
        if curves:
            attribute = obj.data.attributes.new(f"frame_{frame}", "FLOAT_VECTOR", "POINT")
            attribute.data.foreach_set("vector", local.ravel())
        else:
            key = obj.shape_key_add(name=f"frame_{frame}", from_mix=False)
            key.data.foreach_set("co", local.ravel())
            for at, value in ((frame - 1, 0.0), (frame, 1.0), (frame + 1, 0.0)):
                if 0 <= at < len(surfaces):
                    key.value = value
                    key.keyframe_insert("value", frame=at)
    if curves:
        position_from_frame_attribute(obj, len(surfaces))
    else:
        _make_linear(obj.data.shape_keys)
