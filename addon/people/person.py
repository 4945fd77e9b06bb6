"""People in a scene: made from a spec, found from any of their objects, and changed field by field."""

from __future__ import annotations

import json

import bpy
from bpy.app.translations import pgettext_tip as tip_

from ...procgen import registry
from ...procgen.blender import require_supported_blender
from ...procgen.params import SpecError, from_dict, to_dict
from ...procgen.people import belonging
from . import naming

SHOWN = 0.3  # share of the strands that viewports show: a million points take a tenth of a second a tick
SPEC = "spec"  # property of the rig: the JSON document of what the person shows


class OnPerson:
    """What operators on the selected person alone share."""

    @classmethod
    def poll(cls, context):
        """A person must be selected, in Object Mode."""
        if context.mode != "OBJECT":
            cls.poll_message_set(tip_("Switch to Object Mode first"))
            return False
        if rig_of(context.object) is None:
            cls.poll_message_set(tip_("Select a person, or press Generate to make one"))
            return False
        return True


def rig_of(obj):
    """The rig of the person that an object belongs to, by its parents or by its identity."""
    rig = belonging.rig_of(obj)
    return rig if rig is not None and SPEC in rig else None


def people() -> list:
    """The rigs of all people of this file."""
    return [rig for rig in belonging.rigs() if SPEC in rig]


def collection_of(rig) -> bpy.types.Collection:
    """The collection of a person: the one that holds its head; raises SpecError where that is gone."""
    heads = [obj for obj in belonging.parts_of(rig) if obj.get("class") == "skin"]
    held = [collection for head in heads for collection in head.users_collection]
    if not held:
        raise SpecError(f"{rig.name}: its head is gone; undo, or generate the person again")
    return next((collection for collection in held if rig.name in collection.objects), held[0])


def by_hand(rig) -> list[str]:
    """The names of the materials that were edited by hand and that the last rebuild kept."""
    try:
        return [str(name) for name in json.loads(rig.get("by_hand", "[]"))]
    except ValueError:
        return []


def spec_of(rig):
    """The kind and the spec of a person; raises SpecError where the stored text is damaged."""
    try:
        document = json.loads(rig[SPEC])
    except ValueError as error:
        raise SpecError(f"{rig.name}: its stored spec is not JSON ({error})") from None
    return registry.parse(document)


def store(rig, kind: str, spec) -> None:
    """Write a spec onto its rig, so that a saved file can be edited on."""
    rig[SPEC] = json.dumps(registry.dump(kind, spec))


def generate(
    kind: str, spec, *, name: str = "Person", light: bool = False, camera: bool = False, location=(0.0, 0.0, 0.0)
):
    """Build a person into the open scene and return its rig; the same objects as ``registry.build`` makes, by its name.

    The scene keeps its world and camera; ``light`` and ``camera`` build those of the spec and make them the scene's.
    The eyes' midpoint of the unposed head comes to ``location`` (m, world).
    """
    from ...procgen.people import edit
    from ...procgen.people.attach import lighten

    require_supported_blender()
    without = tuple(part for part, wanted in (("light", light), ("camera", camera)) if not wanted)
    person = registry.build(kind, spec, without=without)
    edit.keep_together(person)
    lighten(person, SHOWN)
    rig = person.armature
    person.collection[belonging.PERSON] = belonging.claim(rig, ())
    edit.number_places(person)
    edit.mark_built(person, without)
    if light:
        bpy.context.scene.world[belonging.PERSON] = rig[belonging.PERSON]
    naming.call(rig, name)
    person.collection.name = rig.name
    rig.location = location
    rig.show_in_front = True
    rig.data.display_type = "STICK"  # solid bones in front would hide the face
    store(rig, kind, spec)
    if camera:
        bpy.context.scene.camera = person.cameras[0]
    select(rig)
    return rig


def select(rig) -> None:
    """Select a person by its rig, and nothing else."""
    for obj in bpy.context.selected_objects:
        obj.select_set(False)
    rig.select_set(True)
    bpy.context.view_layer.objects.active = rig


def replaced(kind: str, spec, path: str, value):
    """The spec with the field at a dotted path set; raises SpecError where the value is not allowed."""
    document = to_dict(spec)
    *groups, field = path.split(".")
    inner = document
    for name in groups:
        inner = inner[name]
    inner[field] = value
    return from_dict(registry.find(kind).load("spec"), document)
