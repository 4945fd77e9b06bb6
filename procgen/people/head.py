"""Builds the head: skin mesh with ARKit shape keys, armature and subdivision, and the Person that parts attach to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ..blender import mesh_object, set_attribute
from .expression import ACTIONS, action_weights
from .head_data import head_data
from .identity import neutral_shape
from .parts import skin_parts
from .pose import Pose, joints, pose
from .surface import Surface, evaluated_surface

SUBDIVISION = 2  # levels of Catmull-Clark; the median edge of the face is then 0.9 mm
BONES = {  # bone -> (parent, joint at its head, joint at its tail)
    "spine": (None, "joint-spine-1", "joint-neck"),
    "neck": ("spine", "joint-neck", "joint-head"),
    "head": ("neck", "joint-head", "joint-head-2"),
    "jaw": ("head", "joint-mouth", None),
    "eye.L": ("head", "joint-l-eye", None),
    "eye.R": ("head", "joint-r-eye", None),
}


class Person:
    """A built person: the objects, and the shape that each further part stands on."""

    def __init__(self, spec: Any, collection: bpy.types.Collection):
        self._take(spec, collection)
        self.armature = _build_armature(self)
        self.head = _build_skin(self)
        self.set_expression(spec.expression)
        _ = self.surface  # now, before anything moves

    @classmethod
    def attached(cls, spec: Any, collection: bpy.types.Collection) -> Person:
        """The person that a collection already holds, taken for one of this spec; nothing is built or moved."""
        person = cls.__new__(cls)
        person._take(spec, collection)
        by_class = {obj["class"]: obj for obj in collection.objects if obj.get("class") in ("rig", "skin")}
        person.armature, person.head = by_class["rig"], by_class["skin"]
        return person

    def _take(self, spec: Any, collection: bpy.types.Collection) -> None:
        self.spec = spec
        self.collection = collection
        self.objects: list[bpy.types.Object] = []
        self.cameras: list[bpy.types.Object] = []
        self.take_body(spec)

    def take_body(self, spec: Any) -> None:
        """Compute the neutral and posed cage of a spec; nothing in the scene changes."""
        self.rest = neutral_shape(spec.identity)
        self.pose: Pose = pose(self.rest, spec.expression)
        data = head_data()
        self.cage = SimpleNamespace(
            template=data.template, rest=self.rest, faces=data.faces, uv=data.uv, groups=data.groups
        )
        self.posed = self.pose.positions
        self.head_matrix, self.neck_matrix = self.pose.bones["head"], self.pose.bones["neck"]

    @cached_property
    def surface(self) -> Surface:
        """The posed skin with its subdivision."""
        return evaluated_surface(self.head)

    def reshape(self) -> None:
        """Give the head and rig that are there the shape of this person's identity."""
        members = head_data().groups["body"]
        for key, points in _key_shapes(self.rest):
            self.head.data.shape_keys.key_blocks[key].data.foreach_set("co", points[members].astype(np.float32).ravel())
        self.head.data.vertices.foreach_set("co", self.rest[members].astype(np.float32).ravel())
        set_attribute(self.head.data, "rest", "FLOAT_VECTOR", "POINT", self.rest[members])
        self.head.data.update()

    def place_bones(self) -> None:
        """Set the rig's rest bones at the joints of this person's shape."""
        bpy.context.view_layer.objects.active = self.armature
        bpy.ops.object.mode_set(mode="EDIT")
        _set_bones(self.armature.data, joints(self.rest))
        bpy.ops.object.mode_set(mode="OBJECT")

    def link(self, obj: bpy.types.Object, kind: str, parent: bool = True) -> bpy.types.Object:
        """Put an object into the person's collection; ``kind`` is its class name."""
        self.collection.objects.link(obj)
        obj["class"] = kind
        if parent:
            obj.parent = self.armature
        self.objects.append(obj)
        return obj

    def number_objects(self) -> None:
        """Give every visible object its instance id, in build order from 1."""
        visible = [obj for obj in self.objects if obj.type in ("MESH", "CURVES")]
        for index, obj in enumerate(visible, start=1):
            obj.pass_index = index

    def set_expression(self, expression: Any, frame: int | None = None) -> None:
        """Set shape keys and bones to an expression, and key them on a frame if one is given."""
        keys = self.head.data.shape_keys.key_blocks
        for name, weight in action_weights(expression).items():
            keys[name].value = weight
            if frame is not None:
                keys[name].keyframe_insert("value", frame=frame)
        deformation = {name: Matrix(m) for name, m in pose(self.rest, expression).bones.items()}
        for name, (parent, _, _) in BONES.items():
            bone = self.armature.pose.bones[name]
            rest = bone.bone.matrix_local
            above = deformation[parent] if parent else Matrix.Identity(4)
            bone.matrix_basis = rest.inverted() @ above.inverted() @ deformation[name] @ rest
            if frame is not None:
                for channel in ("location", "rotation_quaternion"):
                    bone.keyframe_insert(channel, frame=frame)


def _build_armature(person: Person) -> bpy.types.Object:
    place = joints(person.rest)
    data = bpy.data.armatures.new("Rig")
    rig = bpy.data.objects.new("Rig", data)
    person.link(rig, "rig", parent=False)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    for name, (parent, _, _) in BONES.items():
        bone = data.edit_bones.new(name)
        bone.parent = data.edit_bones[parent] if parent else None
    _set_bones(data, place)
    bpy.ops.object.mode_set(mode="OBJECT")
    return rig


def _set_bones(data: bpy.types.Armature, place: dict[str, np.ndarray]) -> None:
    """Bring the edit bones to their joints."""
    for name, (_, head, tail) in BONES.items():
        bone = data.edit_bones[name]
        bone.head = place[head]
        bone.tail = place[tail] if tail else place[head] + np.array([0.0, -0.03, 0.0])


def _key_shapes(rest: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """The name and cage (n, 3) of every shape key over a neutral shape."""
    yield "Basis", rest
    for action in ACTIONS:
        indices, deltas = head_data().targets["action/" + action]
        points = rest.copy()
        points[indices] += deltas
        yield action, points


def _build_skin(person: Person) -> bpy.types.Object:
    data = head_data()
    body = data.face_group == "body"
    members = data.groups["body"]
    local = np.full(len(data.template), -1)
    local[members] = np.arange(len(members))
    faces, uv_faces = data.faces[body], data.uv_faces[body]
    obj = mesh_object(
        "Head", person.rest[members], local[faces],
        part=skin_parts(data, faces, uv_faces), uv=data.uv[uv_faces].reshape(-1, 2),
        attributes={"template": ("FLOAT_VECTOR", "POINT", data.template[members])},
    )  # fmt: skip
    person.link(obj, "skin")
    for name, points in _key_shapes(person.rest):
        key = obj.shape_key_add(name=name, from_mix=False)
        key.data.foreach_set("co", points[members].astype(np.float32).ravel())
    for index, bone in enumerate(data.bones):
        group = obj.vertex_groups.new(name=bone)
        weights = data.weights[members, index]
        # Blender has no array access to groups: add once for each distinct weight.
        quantised = np.round(weights, 4)
        for weight in np.unique(quantised[quantised > 0]):
            group.add(np.nonzero(quantised == weight)[0].tolist(), float(weight), "REPLACE")
    armature = obj.modifiers.new("Armature", "ARMATURE")
    armature.object = person.armature
    subdivision = obj.modifiers.new("Subdivision", "SUBSURF")
    subdivision.levels = subdivision.render_levels = SUBDIVISION
    set_attribute(obj.data, "rest", "FLOAT_VECTOR", "POINT", person.rest[members])
    return obj
