"""Single things of a place as objects: plants, rocks, sea life, and creatures with their rig and a cycle of motion."""

import json
from types import SimpleNamespace

import bpy
from bpy.app.translations import pgettext_tip as tip_
from bpy.props import EnumProperty, FloatVectorProperty, IntProperty, StringProperty

from ...procgen.params import SpecError, child, to_dict
from ..errors import reported
from ..fields.settling import busy
from .catalogue import THING_ITEMS, THINGS

THING = "thing"  # property of the object: the JSON document of its kind and spec
_ROWS = {row.name: row for rows in THINGS.values() for row in rows}


def add(name: str, seed: int, cycle: str = ""):
    """Add a thing to the open scene, dressed, at the origin; an animal with a rig is its armature with the body below.

    ``cycle`` names the animal's motion; its first one if empty.
    """
    from ...procgen.places.things import asset_object, dressed

    if name not in _ROWS:
        raise SpecError(f"{name}: no such thing; allowed are {', '.join(_ROWS)}")
    row = _ROWS[name]
    spec = row.load("sample")(child(seed, name), None)
    asset = row.load("build")(spec)
    site = SimpleNamespace(materials={})  # materials that surfaces share
    if asset.rig is None:
        obj = asset_object(site, name, asset)
        bpy.context.scene.collection.objects.link(obj)
        parts = [obj]
    else:
        from ...procgen.places.creatures.armature import creature_object

        if cycle and cycle not in asset.rig.cycles:
            raise SpecError(f"cycle: {cycle} is not one of the {name}'s; allowed are {', '.join(asset.rig.cycles)}")
        cycle = cycle or next(iter(asset.rig.cycles))
        rate = bpy.context.scene.render.fps / bpy.context.scene.render.fps_base
        frames = max(round(asset.rig.period[cycle] * rate), 1) + 1
        materials = [dressed(site, surface) for surface in asset.surfaces]
        obj, bodies = creature_object(asset, cycle, frames, rate, materials, name)
        parts = [obj, *bodies]
    for part in parts:
        part["class"] = asset.kind
    obj[THING] = json.dumps({"kind": name, "seed": seed, "spec": to_dict(spec)})
    return obj


class SIMULACRA_OT_add_thing(bpy.types.Operator):
    """Add a plant, rock, animal or other thing at the 3D cursor, with its materials"""

    bl_idname = "simulacra.add_thing"
    bl_label = "Add Thing"
    bl_options = {"REGISTER", "UNDO"}

    thing: EnumProperty(name="Thing", description="What to add", items=THING_ITEMS, default="tree")
    seed: IntProperty(name="Seed", description="The same seed gives the same thing everywhere", min=0, default=1)
    cycle: StringProperty(name="Motion", description="Cycle of an animal, as walk or swim; its first one if empty")
    location: FloatVectorProperty(name="Location", description="Where it stands", subtype="TRANSLATION", unit="LENGTH")

    @classmethod
    def poll(cls, context):
        """Object Mode is needed: rigs are made there."""
        if context.mode != "OBJECT":
            cls.poll_message_set(tip_("Switch to Object Mode first"))
            return False
        return True

    def invoke(self, context, event):
        """Take what is not given from the sidebar."""
        settings = context.scene.simulacra.things
        for name in ("thing", "seed"):
            if not self.properties.is_property_set(name):
                setattr(self, name, getattr(settings, name))
        return self.execute(context)

    @reported
    def execute(self, context):
        """Build it and put it there, where nothing else is said at the 3D cursor."""
        if not self.properties.is_property_set("location"):
            self.location = context.scene.cursor.location
        selected = list(context.selected_objects)
        with busy():
            obj = add(self.thing, self.seed, self.cycle)
        put(context, obj, self.location)
        for other in selected:
            other.select_set(False)
        for part in (obj, *obj.children):
            part.select_set(True)
        context.view_layer.objects.active = obj
        self.report({"INFO"}, f"{obj.name}, seed {self.seed}")
        return {"FINISHED"}


def put(context, obj, location) -> None:
    """Bring a thing to a place and into the active collection; what walks is carried by an empty, for its way is keyed."""
    parts = [obj, *obj.children]
    if obj.animation_data is None:
        obj.location = location
    else:
        stand = bpy.data.objects.new(f"{obj.name} stand", None)
        stand.empty_display_size = 0.2
        stand.location = location
        obj.parent = stand
        parts.append(stand)
    for part in parts:
        for collection in list(part.users_collection):
            collection.objects.unlink(part)
        context.collection.objects.link(part)


class SIMULACRA_OT_find_thing(bpy.types.Operator):
    """Search the things by name"""

    bl_idname = "simulacra.find_thing"
    bl_label = "Find Thing"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}
    bl_property = "thing"

    thing: EnumProperty(name="Thing", description="Which one", items=[row for row in THING_ITEMS if row[0]])

    def invoke(self, context, event):
        """Ask which."""
        context.window_manager.invoke_search_popup(self)
        return {"RUNNING_MODAL"}

    def execute(self, context):
        """Choose it."""
        context.scene.simulacra.things.thing = self.thing
        return {"FINISHED"}


CLASSES = (SIMULACRA_OT_add_thing, SIMULACRA_OT_find_thing)
