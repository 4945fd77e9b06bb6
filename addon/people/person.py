"""People in a scene: made from a spec, found from any of their objects, and changed field by field."""

from __future__ import annotations

import json

import bpy
from bpy.app.translations import pgettext_tip as tip_

from ...procgen import registry
from ...procgen.blender import require_supported_blender
from ...procgen.params import SpecError, from_dict, to_dict

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
    """The rig of the person that an object belongs to."""
    while obj is not None:
        if SPEC in obj and obj.type == "ARMATURE":
            return obj
        obj = obj.parent
    return None


def collection_of(rig) -> bpy.types.Collection:
    """The collection that holds a person; raises SpecError where its head is gone."""
    for collection in rig.users_collection:
        if any(obj.get("class") == "skin" and rig_of(obj) == rig for obj in collection.objects):
            return collection
    raise SpecError(f"{rig.name}: its head is gone; undo, or generate the person again")


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


def generate(kind: str, spec, *, light: bool = True, camera: bool = True, location=(0.0, 0.0, 0.0)):
    """Build a person into the open scene and return its rig; the same objects as ``registry.build`` makes.

    Without ``light`` the scene keeps its world, without ``camera`` its camera. The eyes' midpoint of the unposed head
    comes to ``location`` (m, world).
    """
    from ...procgen.people import edit

    require_supported_blender()
    without = tuple(name for name, wanted in (("light", light), ("camera", camera)) if not wanted)
    person = registry.build(kind, spec, without=without)
    edit.keep_together(person)
    edit.number_places(person)
    edit.mark_built(person, without)
    rig = person.armature
    rig.location = location
    rig.show_in_front = True
    rig.data.display_type = "STICK"  # solid bones in front would hide the face
    store(rig, kind, spec)
    scene = bpy.context.scene
    if camera:
        scene.camera = person.cameras[0]
        scene.render.resolution_x = scene.render.resolution_y = min(
            scene.render.resolution_x, scene.render.resolution_y
        )
    for obj in bpy.context.selected_objects:
        obj.select_set(False)
    rig.select_set(True)
    bpy.context.view_layer.objects.active = rig
    return rig


def replaced(kind: str, spec, path: str, value):
    """The spec with the field at a dotted path set; raises SpecError where the value is not allowed."""
    document = to_dict(spec)
    *groups, field = path.split(".")
    inner = document
    for name in groups:
        inner = inner[name]
    inner[field] = value
    return from_dict(registry.find(kind).load("spec"), document)
