"""Edits a person that stands in a scene: a quick preview of its body, and the rebuild of the parts that a change touched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import bpy
from mathutils import Matrix

from ..params import to_dict
from .attach import follow_of, to_bone
from .face import PARTS, build_part
from .hair.colour import shadow_colour
from .head import Person
from .skin import luminance
from .wear.headwear import cover

BUILT = "built"  # property of the rig: part -> the fingerprint of the spec that it was built from
BODY = {"shape": ("identity",), "pose": ("expression",)}  # what the head itself stands on


def fingerprint(spec, groups: tuple[str, ...]) -> str:
    """A short name of all that some groups of a spec say."""
    said = json.dumps({name: to_dict(getattr(spec, name)) for name in groups}, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _fingerprints(spec) -> dict[str, str]:
    rows = {name: fingerprint(spec, groups) for name, groups in BODY.items()}
    return rows | {name: fingerprint(spec, (name, *part.needs)) for name, part in PARTS.items()}


def mark_built(person: Person, without: tuple[str, ...] = ()) -> None:
    """Remember on the rig that all parts but those in ``without`` were built from the person's spec."""
    rows = _fingerprints(person.spec)
    person.armature[BUILT] = json.dumps({name: row for name, row in rows.items() if name not in without})


def _built(rig) -> dict[str, str]:
    return json.loads(rig[BUILT])


def stale(rig, spec) -> list[str]:
    """What must change for a rig's person to be what ``spec`` builds: "shape", "pose" and parts, in build order.

    Parts that the person was built without do not count.
    """
    built, now = _built(rig), _fingerprints(spec)
    return [name for name in now if name in built and built[name] != now[name]]


def attach(spec, collection) -> Person:
    """The person of a collection, with what its parts leave for each other."""
    person = Person.attached(spec, collection)
    order = {name: index for index, name in enumerate(PARTS)}
    parts = [obj for obj in collection.objects if obj.get("part_of") in order]
    person.objects = [
        person.armature,
        person.head,
        *sorted(parts, key=lambda obj: (order[obj["part_of"]], obj["place"])),
    ]
    person.cameras = [obj for obj in person.objects if obj.type == "CAMERA"]
    person.hair_shadow = shadow_colour(spec.hair.colour)
    person.skin_luminance = luminance(spec.skin)
    if spec.wear.headwear.kind != "none":
        person.hat_cover = cover(spec.wear.headwear.kind)
    return person


def number_places(person: Person) -> None:
    """Give every object its place in the order of the build, and its instance id."""
    for index, obj in enumerate(person.objects):
        obj["place"] = index
    person.number_objects()


def remove(objects) -> None:
    """Remove objects with the data and materials that nothing else uses."""
    for obj in list(objects):
        data = obj.data
        materials = [slot.material for slot in obj.material_slots if slot.material]
        bpy.data.objects.remove(obj)
        if data is not None and data.users == 0:
            bpy.data.batch_remove([data])
        _drop_materials(materials)


def _drop_materials(materials) -> None:
    for material in set(materials):
        if material.users:
            continue
        pictures = {node.image for node in material.node_tree.nodes if getattr(node, "image", None)}
        bpy.data.materials.remove(material)
        for picture in pictures:
            if picture.users == 0:
                bpy.data.images.remove(picture)


def rebuild(collection, rig, spec) -> Iterator[str]:
    """Bring a person to ``spec`` part by part; yields the name of each step once it is done.

    However far it is followed, what is built by then is recorded on the rig, so that another call goes on from there.
    The result equals a fresh build of the spec.
    """
    for name in stale(rig, spec):
        with _AtOrigin(rig):
            person = attach(spec, collection)
            if name == "shape":
                person.reshape()
                person.place_bones()
                person.remember_rest()
                for obj in person.objects:
                    if obj.parent_type == "BONE":
                        to_bone(rig, obj, obj.parent_bone)
            elif name == "pose":
                person.set_expression(spec.expression)
            else:
                _rebuild_part(person, name)
            number_places(person)
        built = _built(rig)
        rig[BUILT] = json.dumps(built | {name: _fingerprints(spec)[name]})
        yield name


def add_parts(collection, rig, spec, names) -> None:
    """Build parts that a person was made without, as light and camera; those that it has are built again."""
    for name in names:
        with _AtOrigin(rig):
            person = attach(spec, collection)
            _rebuild_part(person, name)
            number_places(person)
        rig[BUILT] = json.dumps(_built(rig) | {name: _fingerprints(spec)[name]})


def drop_parts(rig, objects, names) -> None:
    """Remove the objects of parts; from then on the person is one that was made without them."""
    remove(objects)
    rig[BUILT] = json.dumps({name: row for name, row in _built(rig).items() if name not in names})


def _rebuild_part(person: Person, name: str) -> None:
    old = [obj for obj in person.objects if obj.get("part_of") == name]
    views = max(sum(obj.type == "CAMERA" for obj in old), 1)
    others = [obj for obj in person.objects if obj not in old]
    remove(old)
    if name == "skin":
        materials = list(person.head.data.materials)
        person.head.data.materials.clear()
        _drop_materials(materials)
    world = bpy.context.scene.world
    names = list(PARTS)
    is_before = [obj.get("part_of") is None or names.index(obj["part_of"]) < names.index(name) for obj in others]
    before = [obj for obj, first in zip(others, is_before, strict=True) if first]
    after = [obj for obj, first in zip(others, is_before, strict=True) if not first]
    # A part is built as if nothing that comes later were there, as in a fresh build.
    person.objects = before
    person.cameras = []
    build_part(name, person, **({"views": views} if name == "camera" else {}))
    person.objects = person.objects + after
    keep_together(person)
    if name == "light" and world is not None and world.get("part_of") == "light" and world.users == 0:
        drop_world(world)


def drop_world(world) -> None:
    """Remove a world that a person's light made, with its picture."""
    pictures = {node.image for node in world.node_tree.nodes if getattr(node, "image", None)}
    bpy.data.worlds.remove(world)
    for picture in pictures:
        if picture.users == 0:
            bpy.data.images.remove(picture)


def keep_together(person: Person) -> None:
    """Parent lamps and cameras to the rig, so that a person moves as one thing."""
    for obj in person.objects:
        if obj.parent is None and obj is not person.armature:
            obj.parent = person.armature


class _AtOrigin:
    """Holds a rig at the origin of the world, where builders expect it, and puts it back."""

    def __init__(self, rig):
        self.rig = rig

    def __enter__(self):
        self.parent, self.basis = self.rig.parent, self.rig.matrix_basis.copy()
        self.inverse = self.rig.matrix_parent_inverse.copy()
        self.rig.parent = None
        self.rig.matrix_basis = Matrix.Identity(4)
        bpy.context.view_layer.update()

    def __exit__(self, *_):
        self.rig.parent = self.parent
        self.rig.matrix_parent_inverse = self.inverse
        self.rig.matrix_basis = self.basis
        bpy.context.view_layer.update()


class Preview:
    """Shows a changed body at once: skin, bones and what follows them; clothes and masks wait until they are built again."""

    def __init__(self, collection, spec):
        self.collection, self.identity = collection, spec.identity
        self.person = attach(spec, collection)
        self.eyes = [(obj, obj["follow"]) for obj in self.person.objects if follow_of(obj) in ("eye.L", "eye.R")]

    def show(self, spec) -> None:
        """Show the body of a spec."""
        person = self.person
        person.spec = spec
        if spec.identity != self.identity:
            person.take_body(spec)
            person.reshape()
            self.identity = spec.identity
            for obj, bone in self.eyes:
                eye = person.neutral.eyes["left" if bone == "eye.L" else "right"]
                obj.matrix_basis = Matrix.Translation(eye.centre.tolist())
        person.set_expression(spec.expression)
