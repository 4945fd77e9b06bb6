"""Operators that make people and change them."""

import bpy
import numpy as np
from bpy.app.translations import pgettext_tip as tip_
from bpy.props import BoolProperty, EnumProperty, FloatProperty, FloatVectorProperty, IntProperty, StringProperty

from ..procgen import registry, vary
from ..procgen.distributions import SpecError, rounded
from . import live, scene_settings
from .errors import reported
from .person import generate, rig_of, spec_of

LARGEST_SEED = 2**31 - 1


class OnPerson:
    """What operators on the selected person share."""

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


def show_spec(rig, kind: str, spec) -> None:
    """Make a person show another spec: sliders, body and all parts."""
    before = spec_of(rig)[1]
    live.change(rig, kind, before, spec)
    live.show(rig)
    live.settle(rig)


def fresh_seed() -> int:
    """A seed that nobody chose."""
    return int(np.random.default_rng().integers(LARGEST_SEED))


class SIMULACRA_OT_generate(bpy.types.Operator):
    """Make a person from the seed: skin, eyes, hair, clothes, shape keys and rig"""

    bl_idname = "simulacra.generate"
    bl_label = "Generate"
    bl_options = {"REGISTER", "UNDO"}

    kind: EnumProperty(name="Kind", description="What to generate", items=scene_settings.KINDS)
    seed: IntProperty(name="Seed", description="The same seed gives the same person everywhere", min=0)
    light: BoolProperty(name="Surroundings", description="Build the person's world and lamps too", default=True)
    camera: BoolProperty(name="Camera", description="Build the portrait camera and make it the scene's", default=True)
    location: FloatVectorProperty(
        name="Location", description="Where the eyes' midpoint comes to", subtype="TRANSLATION", unit="LENGTH"
    )

    @classmethod
    def poll(cls, context):
        """Object Mode is needed: the rig is made there."""
        if context.mode != "OBJECT":
            cls.poll_message_set(tip_("Switch to Object Mode first"))
            return False
        return True

    def invoke(self, context, event):
        """Take what is not given from the sidebar and the 3D cursor."""
        settings = context.scene.simulacra.generate
        for name in ("kind", "seed", "light", "camera"):
            if not self.properties.is_property_set(name):
                setattr(self, name, getattr(settings, name))
        if not self.properties.is_property_set("location"):
            self.location = context.scene.cursor.location
        return self.execute(context)

    @reported
    def execute(self, context):
        """Make the person."""
        spec = registry.sample(self.kind, self.seed)
        rig = generate(self.kind, spec, light=self.light, camera=self.camera, location=self.location)
        live.show(rig)
        self.report({"INFO"}, f"Person of seed {self.seed}: {len(rig.children_recursive)} objects")
        return {"FINISHED"}


class SIMULACRA_OT_coming(bpy.types.Operator):
    """A kind that this version does not make yet"""

    bl_idname = "simulacra.coming"
    bl_label = "Not There Yet"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context):
        """Never: it tells what is missing."""
        cls.poll_message_set(tip_("Places come with their generator, in a later version of the extension"))
        return False

    def execute(self, context):
        """Nothing."""
        return {"CANCELLED"}


class SIMULACRA_OT_dice(bpy.types.Operator):
    """Roll another seed"""

    bl_idname = "simulacra.dice"
    bl_label = "Roll"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    target: EnumProperty(
        name="Target",
        description="Whose seed",
        items=[(name, name.capitalize(), "Whose seed") for name in ("generate", "dataset", "model")],
    )

    def execute(self, context):
        """Set a seed."""
        getattr(context.scene.simulacra, self.target).seed = fresh_seed() % 1_000_000
        return {"FINISHED"}


class Draws(OnPerson):
    """What operators that draw the selected person anew share; ``drawn`` says how."""

    bl_options = {"REGISTER", "UNDO"}

    seed: IntProperty(
        name="Seed", description="The seed to draw from; -1 rolls one", min=-1, default=-1, options={"SKIP_SAVE"}
    )

    @reported
    def execute(self, context):
        """Draw and build."""
        rig = rig_of(context.object)
        kind, spec = spec_of(rig)
        self.seed = fresh_seed() if self.seed < 0 else self.seed
        show_spec(rig, kind, self.drawn(kind, spec, sorted(scene_settings.locked(rig))))
        return {"FINISHED"}


class SIMULACRA_OT_randomise(Draws, bpy.types.Operator):
    """Draw the selected person anew, all of it or one group; locked fields stay"""

    bl_idname = "simulacra.randomise"
    bl_label = "Randomise"

    group: StringProperty(name="Group", description="Only this group of fields; empty for all")

    def drawn(self, kind, spec, locked):
        """The whole person or a group of another seed."""
        return vary.redraw(kind, spec, self.seed, group=self.group, locked=locked)


class SIMULACRA_OT_vary(Draws, bpy.types.Operator):
    """Go a little way from the selected person toward somebody else; locked fields stay"""

    bl_idname = "simulacra.vary"
    bl_label = "Vary from Here"

    amount: FloatProperty(name="Amount", description="How far to go", min=0.0, max=1.0, default=0.15, subtype="FACTOR")

    def invoke(self, context, event):
        """Take the amount from the sidebar."""
        if not self.properties.is_property_set("amount"):
            self.amount = context.scene.simulacra.generate.amount
        return self.execute(context)

    def drawn(self, kind, spec, locked):
        """The person a little way off."""
        return vary.vary(kind, spec, self.seed, rounded(self.amount), locked=locked)


class SIMULACRA_OT_lock(OnPerson, bpy.types.Operator):
    """Keep this as it is when others are drawn anew, or let it go"""

    bl_idname = "simulacra.lock"
    bl_label = "Lock"
    bl_options = {"UNDO", "INTERNAL"}

    path: StringProperty(name="Field", description="Dotted path of a field, or of a group with all its fields")

    @reported
    def execute(self, context):
        """Toggle the lock; a group is locked unless all of it is."""
        rig = rig_of(context.object)
        kind, _ = spec_of(rig)
        every = vary.paths(registry.find(kind).load("spec"))
        chosen = {path for path in every if path == self.path or path.startswith(f"{self.path}.")}
        if not chosen:
            raise SpecError(f"{self.path}: no such field")
        scene_settings.lock(rig, chosen, not chosen <= scene_settings.locked(rig))
        return {"FINISHED"}


class SIMULACRA_OT_settle(OnPerson, bpy.types.Operator):
    """Build now what the sliders say and the person does not show yet"""

    bl_idname = "simulacra.settle"
    bl_label = "Update Now"
    bl_options = {"REGISTER", "UNDO"}

    @reported
    def execute(self, context):
        """Build what is stale."""
        rig = rig_of(context.object)
        live.show(rig)
        live.settle(rig)
        return {"FINISHED"}


class SIMULACRA_OT_select_person(bpy.types.Operator):
    """Select a person of this scene"""

    bl_idname = "simulacra.select_person"
    bl_label = "Select Person"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    rig: StringProperty(name="Rig", description="Name of the person's rig")

    def execute(self, context):
        """Make the rig active."""
        rig = context.view_layer.objects.get(self.rig)
        if rig is None:
            self.report({"ERROR"}, f"{self.rig}: is not in this view layer")
            return {"CANCELLED"}
        for obj in context.selected_objects:
            obj.select_set(False)
        rig.select_set(True)
        context.view_layer.objects.active = rig
        return {"FINISHED"}


CLASSES = (
    SIMULACRA_OT_generate, SIMULACRA_OT_coming, SIMULACRA_OT_dice, SIMULACRA_OT_randomise, SIMULACRA_OT_vary, SIMULACRA_OT_lock,
    SIMULACRA_OT_settle, SIMULACRA_OT_select_person,
)  # fmt: skip
