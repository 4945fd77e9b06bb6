"""Operators that put a material on what is selected, draw another, and find one by name."""

import bpy
from bpy.app.translations import pgettext_tip as tip_
from bpy.props import EnumProperty

from ..errors import reported
from ..subjects.generate import fresh_seed
from . import material
from .settings import NAMED


class SIMULACRA_OT_apply_material(bpy.types.Operator):
    """Give all selected mesh objects the material that is shown, in place of their own; sliders change it afterwards too"""

    bl_idname = "simulacra.apply_material"
    bl_label = "Apply to Selected"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        """A mesh must be selected, in Object Mode."""
        if context.mode != "OBJECT":
            cls.poll_message_set(tip_("Switch to Object Mode first"))
            return False
        if not any(obj.type == "MESH" for obj in context.selected_objects):
            cls.poll_message_set(tip_("Select the mesh objects that shall wear it"))
            return False
        return True

    @reported
    def execute(self, context):
        """Apply."""
        objects = sorted(
            (obj for obj in context.selected_objects if obj.type == "MESH"), key=lambda obj: obj != context.object
        )
        advice = material.apply(objects, material.active_settings(context))
        if advice:
            self.report({"WARNING"}, advice)
        return {"FINISHED"}


class SIMULACRA_OT_roll_material(bpy.types.Operator):
    """Draw the material that is shown from another seed"""

    bl_idname = "simulacra.roll_material"
    bl_label = "Roll"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    def execute(self, context):
        """Set a seed."""
        material.active_settings(context).seed = fresh_seed() % 1_000_000
        return {"FINISHED"}


class SIMULACRA_OT_find_material(bpy.types.Operator):
    """Search the materials by name"""

    bl_idname = "simulacra.find_material"
    bl_label = "Find Material"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}
    bl_property = "material"

    material: EnumProperty(name="Material", description="Which one", items=NAMED)

    def invoke(self, context, event):
        """Ask which."""
        context.window_manager.invoke_search_popup(self)
        return {"RUNNING_MODAL"}

    @reported
    def execute(self, context):
        """Show it."""
        material.active_settings(context).kind = self.material
        return {"FINISHED"}


CLASSES = (SIMULACRA_OT_apply_material, SIMULACRA_OT_roll_material, SIMULACRA_OT_find_material)
