"""Operators that make people and places from a seed."""

import bpy
import numpy as np
from bpy.app.translations import pgettext_tip as tip_
from bpy.props import BoolProperty, EnumProperty, FloatVectorProperty, IntProperty

from ...procgen import registry
from ...procgen.params import OneOf
from ..errors import reported
from ..places.catalogue import ANY, PLACE_KINDS
from . import subject as subjects

LARGEST_SEED = 2**31 - 1
OF_FAMILY = {"people": ("location",), "places": ("place", "stereo", "sequence")}  # options that only one family has


def fresh_seed() -> int:
    """A seed that nobody chose."""
    return int(np.random.default_rng().integers(LARGEST_SEED))


class SIMULACRA_OT_generate(bpy.types.Operator):
    """Make a person or a place from the seed; a place takes some seconds. The scene's camera, world and settings stay"""

    bl_idname = "simulacra.generate"
    bl_label = "Generate"
    bl_options = {"REGISTER", "UNDO"}

    kind: EnumProperty(name="Kind", description="What to generate", items=subjects.KINDS)
    seed: IntProperty(name="Seed", description="The same seed gives the same person or place everywhere", min=0)
    light: BoolProperty(name="Surroundings", description=subjects.LIGHT, default=False)
    camera: BoolProperty(name="Camera", description=subjects.CAMERA, default=False)
    location: FloatVectorProperty(
        name="Location", description="Where the eyes' midpoint comes to", subtype="TRANSLATION", unit="LENGTH"
    )
    place: EnumProperty(name="Place", description="Kind of place", items=PLACE_KINDS)
    stereo: BoolProperty(name="Stereo", description="Build a left and a right camera", default=False)
    sequence: BoolProperty(
        name="Sequence",
        description="Build for the scene's frames: the camera travels, and what lives moves",
        default=False,
    )

    @classmethod
    def poll(cls, context):
        """Object Mode is needed: rigs are made there."""
        if context.mode != "OBJECT":
            cls.poll_message_set(tip_("Switch to Object Mode first"))
            return False
        return True

    def invoke(self, context, event):
        """Take what is not given from the sidebar."""
        settings = context.scene.simulacra.generate
        for name in ("kind", "seed", "light", "camera", "place", "stereo", "sequence"):
            if not self.properties.is_property_set(name):
                setattr(self, name, getattr(settings, name))
        return self.execute(context)

    def draw(self, context):
        """Draw the options of the family in the redo panel."""
        layout = self.layout
        layout.use_property_split = True
        for name in ("kind", "seed", "light", "camera", *OF_FAMILY[subjects.family_of(self.kind)]):
            layout.prop(self, name)

    @reported
    def execute(self, context):
        """Make it, where nothing else is said at the 3D cursor."""
        scene = context.scene
        if not self.properties.is_property_set("location"):
            self.location = scene.cursor.location
        options = {"light": self.light, "camera": self.camera}
        fixed = None
        if subjects.family_of(self.kind) == "people":
            options |= {"location": self.location, "name": f"Person {self.seed}"}
        else:
            fixed = None if self.place == ANY else {"kind": OneOf((self.place,))}
            options["eyes"] = 2 if self.stereo else 1
            options["frames"] = scene.frame_end - scene.frame_start + 1 if self.sequence else 1
            options["name"] = f"Place {self.seed}"
        subject = subjects.make(context, self.kind, registry.sample(self.kind, self.seed, fixed), **options)
        subject.bring_into_view(context)
        self.report({"INFO"}, f"{subject.owner.name}, seed {self.seed}")
        return {"FINISHED"}


class SIMULACRA_OT_dice(bpy.types.Operator):
    """Roll another seed"""

    bl_idname = "simulacra.dice"
    bl_label = "Roll"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    target: EnumProperty(
        name="Target",
        description="Whose seed",
        items=[(name, name.capitalize(), "Whose seed") for name in ("generate", "dataset", "model", "things")],
    )

    def execute(self, context):
        """Set a seed."""
        getattr(context.scene.simulacra, self.target).seed = fresh_seed() % 1_000_000
        return {"FINISHED"}


CLASSES = (SIMULACRA_OT_generate, SIMULACRA_OT_dice)
