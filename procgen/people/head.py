"""Builds the head: skin mesh with ARKit shape keys, rig and subdivision, and the Person that parts attach to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, cached_property
from typing import Any

import bpy
import numpy as np

from ..blender import mesh_object, on_its_own, set_attribute, set_points
from ..nodes.follow import REST
from .attach import add_armature, add_weights, bone_weights, cage_surface
from .expression import ACTIONS, NEUTRAL
from .head_data import head_data
from .identity import neutral_shape
from .parts import skin_parts
from .pose import pose
from .rig import LID_KEYS, drive, make_bones, place_bones, set_expression
from .surface import Surface, evaluated_surface

SUBDIVISION = 2  # levels of Catmull-Clark; the median edge of the face is then 0.9 mm
TEXTURE = 1024  # pixels along an edge of the skin's pictures, where nobody asks for more


class Person:
    """A built person: the objects, and the neutral shape that each part is built on.

    ``rest`` (n, 3) is the cage and ``surface`` the subdivided skin with all keys at 0 and all bones at rest; ``neutral`` and
    ``pose`` are the poses (cage, bones, eyes) without and with the spec's expression. Parts are built around the first; the
    rig brings them into the second.
    """

    def __init__(self, spec: Any, collection: bpy.types.Collection, texture: int = TEXTURE):
        self._take(spec, collection)
        self.texture = texture
        self.armature = _build_armature(self)
        self.head = _build_skin(self)
        drive(self.armature, self.head)
        self.set_expression(spec.expression)

    @classmethod
    def attached(cls, spec: Any, armature: bpy.types.Object, head: bpy.types.Object) -> Person:
        """The person that a rig and its head already are, taken for one of this spec; nothing is built or moved.

        What is built for it comes into a collection that holds the rig.
        """
        person = cls.__new__(cls)
        held = (*head.users_collection, *armature.users_collection)
        person._take(spec, next((each for each in held if armature.name in each.objects), held[0]))
        person.armature, person.head = armature, head
        person.texture = int(armature.get("texture", TEXTURE))
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
        self.neutral, self.pose = pose(self.rest, NEUTRAL), pose(self.rest, spec.expression)
        self.head_matrix = np.eye(4)  # where builders place what they made in the head's own frame
        for name in ("surface", "posed_surface", "cage"):
            self.__dict__.pop(name, None)

    @cached_property
    def cage(self) -> Surface:
        """The neutral cage as triangles."""
        return cage_surface(self.rest)

    @cached_property
    def surface(self) -> Surface:
        """The neutral skin with its subdivision."""
        return neutral_surface(self.rest)

    @cached_property
    def posed_surface(self) -> Surface:
        """The skin as the scene shows it."""
        return evaluated_surface(self.head)

    def reshape(self) -> None:
        """Give the head that is there the shape of this person's identity."""
        keys = self.head.data.shape_keys.key_blocks
        for key, points in _key_shapes(self.rest):
            set_points(keys[key], points)
        set_points(self.head.data, self.rest[head_data().groups["body"]])
        self.head.data.update()

    def remember_rest(self) -> None:
        """Store the neutral skin on the head, for what follows it from there."""
        count = len(self.head.data.vertices)
        set_attribute(self.head.data, REST, "FLOAT_VECTOR", "POINT", self.surface.positions[:count])

    def place_bones(self) -> None:
        """Set the rig's rest bones at the joints of this person's shape."""
        place_bones(self.armature, self.rest)

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
        set_expression(self.armature, self.head, expression, frame)


def _build_armature(person: Person) -> bpy.types.Object:
    rig = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    rig["texture"] = person.texture
    person.link(rig, "rig", parent=False)
    make_bones(rig, person.rest)
    return rig


def _key_shapes(rest: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """The name and the skin's points (k, 3) float32 of every shape key over a neutral shape (n, 3)."""
    skin = rest[head_data().groups["body"]]
    basis = skin.astype(np.float32)
    yield "Basis", basis
    for key, (indices, deltas) in _key_moves().items():
        points = basis.copy()
        points[indices] = skin[indices] + deltas
        yield key, points


@cache
def _key_moves() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Which points (k,) of the skin's mesh each key moves, and how far (k, 3), metres."""
    data, moves = head_data(), {}
    local = np.full(len(data.template), -1)
    local[data.groups["body"]] = np.arange(len(data.groups["body"]))
    for key, action in ({action: action for action in ACTIONS} | LID_KEYS).items():
        indices, deltas = data.targets["action/" + action]
        skin = local[indices] >= 0
        moves[key] = local[indices[skin]], deltas[skin]
    return moves


def _skin_mesh(name: str, rest: np.ndarray) -> bpy.types.Object:
    """A mesh object of the skin's faces with uv, part and template coordinates."""
    data = head_data()
    body = data.face_group == "body"
    members = data.groups["body"]
    local = np.full(len(data.template), -1)
    local[members] = np.arange(len(members))
    faces, uv_faces = data.faces[body], data.uv_faces[body]
    return mesh_object(
        name, rest[members], local[faces], part=skin_parts(data, faces, uv_faces), uv=data.uv[uv_faces].reshape(-1, 2),
        attributes={"template": ("FLOAT_VECTOR", "POINT", data.template[members])},
    )  # fmt: skip


def _subdivide(obj: bpy.types.Object) -> None:
    subdivision = obj.modifiers.new("Subdivision", "SUBSURF")
    subdivision.levels = subdivision.render_levels = SUBDIVISION
    # The pictures are drawn for coordinates that are straight within a face; smooth ones hold 19 MB more, at half the pace.
    subdivision.uv_smooth = "NONE"


def neutral_surface(rest: np.ndarray, levels: int = SUBDIVISION) -> Surface:
    """The subdivided skin of a cage (n, 3), whatever a person in the scene is posed like."""
    obj = _skin_mesh("Neutral skin", rest)
    _subdivide(obj)
    obj.modifiers["Subdivision"].levels = levels
    try:
        with on_its_own(obj):
            return evaluated_surface(obj)
    finally:
        mesh = obj.data
        bpy.data.objects.remove(obj)
        bpy.data.meshes.remove(mesh)


def _build_skin(person: Person) -> bpy.types.Object:
    obj = _skin_mesh("Head", person.rest)
    person.link(obj, "skin")
    for name, points in _key_shapes(person.rest):
        set_points(obj.shape_key_add(name=name, from_mix=False), points)
    members = head_data().groups["body"]
    add_weights(obj, {name: values[members] for name, values in bone_weights().items()}, 4)
    add_armature(obj, person.armature)
    _subdivide(obj)
    person.head = obj
    person.remember_rest()
    return obj
