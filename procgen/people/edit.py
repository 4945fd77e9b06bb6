"""Edits a person that stands in a scene: a quick preview of its body, and the rebuild of the parts that a change touched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import bpy
from mathutils import Matrix

from ..params import SpecError, to_dict
from .attach import to_bone
from .belonging import PERSON, claim, parts_of
from .carry import Carrier
from .face import PARTS, build_part
from .hair.colour import shadow_colour
from .head import Person
from .skin import luminance
from .transplant import BUILT as MATERIAL_BUILT
from .transplant import bare, is_by_hand, remember, remember_materials, take_over
from .wear.headwear import cover

BUILT = "built"  # property of the rig: part -> the fingerprint of the spec that it was built from
HEAD_SLOTS = {"skin": 0, "mouth": 1}  # parts that give the head a material, and its slot
BY_HAND = "by_hand"  # property of the rig: the materials that were edited by hand and that the last rebuild kept, JSON


def fingerprint(spec, groups: tuple[str, ...]) -> str:
    """A short name of all that some groups of a spec say."""
    said = json.dumps({name: to_dict(getattr(spec, name)) for name in groups}, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _fingerprints(spec) -> dict[str, str]:
    """What every step stands on: all but the identity, and the identity where it stands on that."""
    shape = fingerprint(spec, ("identity",))
    rows = {"shape": shape, "pose": fingerprint(spec, ("expression",))}
    for name, part in PARTS.items():
        groups = tuple(group for group in (name, *part.needs) if group != "identity")
        rows[name] = fingerprint(spec, groups) + (f" {shape}" if "identity" in part.needs else "")
    return rows


def mark_built(person: Person, without: tuple[str, ...] = ()) -> None:
    """Remember on the rig that all parts but those in ``without`` were built from the person's spec."""
    rows = _fingerprints(person.spec)
    person.armature[BUILT] = json.dumps({name: row for name, row in rows.items() if name not in without})


def _built(rig) -> dict[str, str]:
    return json.loads(rig[BUILT])


def _mark(rig, spec, names) -> None:
    """Remember that steps show a spec."""
    now = _fingerprints(spec)
    rig[BUILT] = json.dumps(_built(rig) | {name: now[name] for name in names})


def stale(rig, spec) -> list[str]:
    """What must change for a rig's person to be what ``spec`` builds: "shape", "pose" and parts, in build order.

    Parts that the person was built without do not count.
    """
    built, now = _built(rig), _fingerprints(spec)
    return [name for name in now if name in built and built[name] != now[name]]


def forget_built(rig) -> None:
    """Let every part of a person count as stale."""
    rig[BUILT] = json.dumps(dict.fromkeys(_built(rig), ""))


def attach(spec, rig) -> Person:
    """The person of a rig, with what its parts leave for each other; raises SpecError where its head is gone."""
    parts = parts_of(rig)
    head = next((obj for obj in parts if obj.get("class") == "skin"), None)
    if head is None:
        raise SpecError(f"{rig.name}: its head is gone; undo, or generate the person again")
    person = Person.attached(spec, rig, head)
    order = {name: index for index, name in enumerate(PARTS)}
    built = [obj for obj in parts if obj.get("part_of") in order]
    person.objects = [rig, head, *sorted(built, key=lambda obj: (order[obj["part_of"]], obj["place"]))]
    person.cameras = [obj for obj in person.objects if obj.type == "CAMERA"]
    person.hair_shadow = shadow_colour(spec.hair.colour)
    person.skin_luminance = luminance(spec.skin)
    if spec.wear.headwear.kind != "none":
        person.hat_cover = cover(spec.wear.headwear.kind)
    return person


def number_places(person: Person) -> None:
    """Give every object its place in the order of the build, its instance id and whose it is, and note what the build gave it."""
    for index, obj in enumerate(person.objects):
        obj["place"] = index
    person.number_objects()
    parts = person.objects[1:]
    claim(person.armature, parts, person.armature.get(PERSON, ""))
    remember(parts)


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
        if material.users or material.library is not None:
            continue
        pictures = _pictures(material)
        bpy.data.materials.remove(material)
        for picture in pictures:
            if picture.users == 0:
                bpy.data.images.remove(picture)


def rebuild(rig, spec, carrier: Carrier | None = None) -> Iterator[str]:
    """Bring a person to ``spec`` part by part, in the objects that are there; yields the name of each step once it is done.

    However far it is followed, what is built by then is recorded on the rig, so that another call goes on from there.
    The result equals a fresh build of the spec but for what an artist did; with a ``carrier``, which noted the person at
    another shape, what stands on the shape alone is carried to the new one, and not built anew.
    """
    rig[BY_HAND] = "[]"
    for name in stale(rig, spec):
        if name not in stale(rig, spec):
            continue  # it was carried
        person = attach(spec, rig)
        if name == "shape":
            _reshape(person, carrier)
        elif name == "pose":
            person.set_expression(spec.expression)
        else:
            with _AtOrigin(rig):
                _rebuild_part(person, name)
        number_places(person)
        _mark(rig, spec, [name])
        yield name


def _reshape(person: Person, carrier: Carrier | None) -> None:
    """Bring head, bones and, with a carrier, all that stands on the shape alone to the person's shape."""
    rig, spec = person.armature, person.spec
    person.reshape()
    if carrier is not None:
        carrier.settle(person)
        built, now = _built(rig), _fingerprints(spec)
        same = [name for name in PARTS if name in built and built[name].split(" ")[0] == now[name].split(" ")[0]]
        _mark(rig, spec, [name for name in same if name != "camera"])  # that one is aimed anew
        return
    person.place_bones()
    person.remember_rest()
    for obj in person.objects:
        if obj.parent_type == "BONE" and obj.parent == rig:
            to_bone(rig, obj, obj.parent_bone)


def add_parts(rig, spec, names) -> None:
    """Build parts that a person was made without, as light and camera; those that it has are built again."""
    for name in names:
        with _AtOrigin(rig):
            person = attach(spec, rig)
            _rebuild_part(person, name)
            number_places(person)
        _mark(rig, spec, [name])


def drop_parts(rig, objects, names) -> None:
    """Remove the objects of parts; from then on the person is one that was made without them."""
    remove(objects)
    rig[BUILT] = json.dumps({name: row for name, row in _built(rig).items() if name not in names})


def _rebuild_part(person: Person, name: str) -> None:
    rig = person.armature
    old = [obj for obj in person.objects if obj.get("part_of") == name]
    views = max(sum(obj.type == "CAMERA" for obj in old), 1)
    others = [obj for obj in person.objects if obj not in old]
    worn = {slot.material.session_uid for obj in old for slot in obj.material_slots if slot.material is not None}
    known = {material.session_uid for material in bpy.data.materials}
    slots = len(person.head.data.materials)
    scene = bpy.context.scene
    world, was_shown = _world_of(rig), scene.world is not None and scene.world.get(PERSON) == rig.get(PERSON)
    shown = scene.world
    names = list(PARTS)
    is_before = [obj.get("part_of") is None or names.index(obj["part_of"]) < names.index(name) for obj in others]
    before = [obj for obj, first in zip(others, is_before, strict=True) if first]
    after = [obj for obj, first in zip(others, is_before, strict=True) if not first]
    # A part is built as if nothing that comes later were there, as in a fresh build.
    person.objects = list(before)
    person.cameras = []
    build_part(name, person, **({"views": views} if name == "camera" else {}))
    keep_together(person)
    now, spare, kept = take_over(old, person.objects[len(before) :])
    remove(spare)
    # Those of the old parts, and new ones in whose place an artist's stays.
    _drop_materials([material for material in bpy.data.materials
                     if material.session_uid in worn or material.session_uid not in known])  # fmt: skip
    person.objects = [*before, *now, *after]
    person.cameras = [obj for obj in person.objects if obj.type == "CAMERA"]
    if len(person.head.data.materials) > slots:
        kept += _move_slot(person.head, HEAD_SLOTS[name], slots)
    _rename([slot.material for obj in (*now, person.head) for slot in obj.material_slots], kept)
    if name == "light":
        scene.world[PERSON] = rig.get(PERSON, "")
        if world is not None:
            if not was_shown:
                scene.world = shown  # the artist shows another one
            drop_world(world)
    rig[BY_HAND] = json.dumps(sorted({*json.loads(rig.get(BY_HAND, "[]")), *(material.name for material in kept)}))


def _rename(materials, kept) -> None:
    """Give new materials and their pictures the names that their predecessors left free."""
    for material in dict.fromkeys(materials):
        if material is None or material in kept or MATERIAL_BUILT not in material:
            continue
        for item in (material, *_pictures(material)):
            if item.name != bare(item.name):
                item.name = bare(item.name)


def _pictures(owner) -> set:
    """The pictures in the nodes of a material or world."""
    return {node.image for node in owner.node_tree.nodes if getattr(node, "image", None)} if owner.node_tree else set()


def _world_of(rig):
    """The world that a person's light made; None where it has none."""
    identity = rig.get(PERSON)
    return next((world for world in bpy.data.worlds if identity and world.get(PERSON) == identity), None)


def _move_slot(head, to: int, new: int) -> list:
    """Bring a material of the head that was built into a new slot to the slot of its predecessor, unless that was edited by
    hand; returns those that were."""
    materials = head.data.materials
    remember_materials([materials[new]])
    if to >= new:
        return []  # the head had none
    before, kept = materials[to], []
    if before is not None and is_by_hand(before):
        kept = [before]
    else:
        materials[to] = materials[new]
    spare = materials[new]
    materials.pop(index=new)  # faces of the new slot come to the one before it
    _drop_materials([material for material in (before, spare) if material is not None and material.users == 0])
    return kept


def drop_world(world) -> None:
    """Remove a world that a person's light made, with its picture."""
    pictures = _pictures(world)
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
    """Shows a changed body at once: the skin exactly, and all that hangs on it carried along."""

    def __init__(self, rig, spec):
        self.identity, self.person = spec.identity, attach(spec, rig)
        self.carrier: Carrier | None = None

    def show(self, spec) -> None:
        """Show the body of a spec."""
        person = self.person
        person.spec = spec
        if spec.identity != self.identity:
            self.carrier = self.carrier or Carrier(person)
            person.take_body(spec)
            person.reshape()
            self.carrier.show(person)
            self.identity = spec.identity
        person.set_expression(spec.expression)
