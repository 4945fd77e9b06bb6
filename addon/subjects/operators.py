"""Operators that change what is at hand, a person or a place: draw it anew, vary it, lock fields, build what waits."""

import bpy
from bpy.app.translations import pgettext_tip as tip_
from bpy.props import EnumProperty, FloatProperty, IntProperty, StringProperty

from ...procgen import registry, vary
from ...procgen.distributions import SpecError, rounded
from ..errors import reported
from ..fields import locks
from ..places import live as place_live
from ..places import place
from . import subject as subjects
from .generate import fresh_seed
from .subject import OnSubject, at_hand


class Draws(OnSubject):
    """What operators that draw anew what is at hand share; ``drawn`` says how."""

    bl_options = {"REGISTER", "UNDO"}

    seed: IntProperty(
        name="Seed", description="The seed to draw from; -1 rolls one", min=-1, default=-1, options={"SKIP_SAVE"}
    )

    @reported
    def execute(self, context):
        """Draw and build."""
        self.seed = fresh_seed() if self.seed < 0 else self.seed
        subject = at_hand(context)
        subject.show(self.drawn(subject))
        return {"FINISHED"}


class SIMULACRA_OT_randomise(Draws, bpy.types.Operator):
    """Draw what is selected anew, all of it or one group; locked fields stay"""

    bl_idname = "simulacra.randomise"
    bl_label = "Randomise"

    group: StringProperty(name="Group", description="Only this group of fields; empty for all")

    def drawn(self, subject):
        """All or a group of another seed."""
        return subject.redrawn(self.seed, self.group)


class SIMULACRA_OT_vary(Draws, bpy.types.Operator):
    """Go a little way from what is selected toward another one; locked fields stay, and so does the kind of a place"""

    bl_idname = "simulacra.vary"
    bl_label = "Vary from Here"

    amount: FloatProperty(name="Amount", description="How far to go", min=0.0, max=1.0, default=0.15, subtype="FACTOR")

    def invoke(self, context, event):
        """Take the amount from the sidebar."""
        if not self.properties.is_property_set("amount"):
            self.amount = context.scene.simulacra.generate.amount
        return self.execute(context)

    def drawn(self, subject):
        """The one a little way off."""
        return subject.varied(self.seed, rounded(self.amount))


class SIMULACRA_OT_lock(OnSubject, bpy.types.Operator):
    """Keep this as it is when others are drawn anew, or let it go"""

    bl_idname = "simulacra.lock"
    bl_label = "Lock"
    bl_options = {"UNDO", "INTERNAL"}

    path: StringProperty(name="Field", description="Dotted path of a field, or of a group with all its fields")

    @reported
    def execute(self, context):
        """Toggle the lock; a group is locked unless all of it is."""
        subject = at_hand(context)
        every = vary.paths(registry.find(subject.kind).load("spec"))
        chosen = {path for path in every if path == self.path or path.startswith(f"{self.path}.")}
        if not chosen:
            raise SpecError(f"{self.path}: no such field")
        locks.lock(subject.owner, chosen, not chosen <= locks.locked(subject.owner))
        return {"FINISHED"}


class SIMULACRA_OT_settle(OnSubject, bpy.types.Operator):
    """Build now what the sliders say and the scene does not show yet"""

    bl_idname = "simulacra.settle"
    bl_label = "Update Now"
    bl_options = {"REGISTER", "UNDO"}

    @reported
    def execute(self, context):
        """Build what is stale."""
        at_hand(context).settle()
        return {"FINISHED"}


class OnPlace(OnSubject):
    """What operators on the selected place share."""

    @classmethod
    def poll(cls, context):
        """A place must be selected, in Object Mode."""
        if not super().poll(context):
            return False
        if not isinstance(at_hand(context), subjects.Place):
            cls.poll_message_set(tip_("Select a place, or press Generate to make one"))
            return False
        return True


class SIMULACRA_OT_rebuild_place(OnPlace, bpy.types.Operator):
    """Build all of the selected place afresh: ground and plants for the view as it is now, and motion that a saved file forgot"""

    bl_idname = "simulacra.rebuild_place"
    bl_label = "Build Again"
    bl_options = {"REGISTER", "UNDO"}

    @reported
    def execute(self, context):
        """Build."""
        collection = place.place_of(context)
        place_live.show(collection)
        place_live.grow(collection)
        return {"FINISHED"}


class SIMULACRA_OT_look_from_here(OnPlace, bpy.types.Operator):
    """See the selected place from where this 3D view stands: its camera comes here, and ground and plants are built for that"""

    bl_idname = "simulacra.look_from_here"
    bl_label = "Look from Here"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        """A 3D view is needed."""
        if not super().poll(context):
            return False
        if context.region_data is None:
            cls.poll_message_set(tip_("Press this in a 3D view"))
            return False
        return True

    @reported
    def execute(self, context):
        """Stand there and build."""
        collection = place.place_of(context)
        place.stand_at(collection, context.region_data.view_matrix.inverted())
        place_live.show(collection)
        place_live.grow(collection, moved=True)
        return {"FINISHED"}


class SIMULACRA_OT_place_shot(OnPlace, bpy.types.Operator):
    """Give the scene the sky, the sun and the camera of the selected place; its own world and camera stay in the file"""

    bl_idname = "simulacra.place_shot"
    bl_label = "Set Up the Place's Shot"
    bl_options = {"REGISTER", "UNDO"}

    @reported
    def execute(self, context):
        """Build it with them."""
        collection = place.place_of(context)
        place.bring_shot(collection)
        place_live.grow(collection)
        scene = context.scene
        self.report({"INFO"}, f"{scene.camera.name}, world {scene.world.name}")
        return {"FINISHED"}


class SIMULACRA_OT_remove_place(OnPlace, bpy.types.Operator):
    """Remove the selected place with its sky, its variants and its materials"""

    bl_idname = "simulacra.remove_place"
    bl_label = "Remove Place"
    bl_options = {"REGISTER", "UNDO"}

    @reported
    def execute(self, context):
        """Remove all of it."""
        place.remove(place.place_of(context))
        return {"FINISHED"}


class SIMULACRA_OT_select(bpy.types.Operator):
    """Select a person or a place of this scene"""

    bl_idname = "simulacra.select"
    bl_label = "Select"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    subject: StringProperty(name="Name", description="Name of the person's rig or of the place's collection")
    family: EnumProperty(
        name="Family",
        description="What it is",
        items=[("people", "Person", "A rig"), ("places", "Place", "A collection")],
    )

    def execute(self, context):
        """Make it active."""
        if not subjects.select(self.subject, self.family):
            self.report({"ERROR"}, f"{self.subject}: is not in this view layer")
            return {"CANCELLED"}
        return {"FINISHED"}


CLASSES = (
    SIMULACRA_OT_randomise, SIMULACRA_OT_vary, SIMULACRA_OT_lock, SIMULACRA_OT_settle, SIMULACRA_OT_rebuild_place, SIMULACRA_OT_look_from_here,
    SIMULACRA_OT_place_shot,
    SIMULACRA_OT_remove_place, SIMULACRA_OT_select,
)  # fmt: skip
