"""Operators on the selected person as a whole: its portrait shot, and its end."""

import bpy
from bpy.app.translations import pgettext_tip as tip_

from .. import views
from ..errors import reported
from . import live, removal, shot, watch
from .person import OnPerson, rig_of, select


class SIMULACRA_OT_portrait_shot(OnPerson, bpy.types.Operator):
    """Make the scene a portrait of the selected person: its camera, lamps and world, a square picture, Cycles. Your own camera and world stay in the file"""

    bl_idname = "simulacra.portrait_shot"
    bl_label = "Set Up a Portrait Shot"
    bl_options = {"REGISTER", "UNDO"}

    @reported
    def execute(self, context):
        """Build and set all of it."""
        watch.attend()
        self.report({"INFO"}, shot.set_up(rig_of(context.object)))
        views.look_through_camera(context)
        return {"FINISHED"}


class SIMULACRA_OT_remove_portrait_shot(OnPerson, bpy.types.Operator):
    """Remove the camera, lamps and world of the selected person's portrait shot, and give the scene back what it had"""

    bl_idname = "simulacra.remove_portrait_shot"
    bl_label = "Remove the Portrait Shot"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        """There must be one."""
        if not super().poll(context):
            return False
        if not shot.has_shot(rig_of(context.object)):
            cls.poll_message_set(tip_("No portrait shot was set up"))
            return False
        return True

    @reported
    def execute(self, context):
        """Take it back; where its camera was selected, the person is."""
        rig = rig_of(context.object)
        shot.take_back(rig)
        select(rig)
        return {"FINISHED"}


class SIMULACRA_OT_rebuild_person(OnPerson, bpy.types.Operator):
    """Build all of the selected person afresh: hair and clothes that were carried along with a changed shape grow and are cut for it. What you did to the objects stays"""

    bl_idname = "simulacra.rebuild_person"
    bl_label = "Build Again"
    bl_options = {"REGISTER", "UNDO"}

    @reported
    def execute(self, context):
        """Build."""
        live.build_again(rig_of(context.object))
        return {"FINISHED"}


class SIMULACRA_OT_remove_person(OnPerson, bpy.types.Operator):
    """Remove the selected person with its parts, materials and pictures; actions, and what you hung on the rig, stay"""

    bl_idname = "simulacra.remove_person"
    bl_label = "Remove Person"
    bl_options = {"REGISTER", "UNDO"}

    @reported
    def execute(self, context):
        """Remove all of it."""
        watch.attend()
        rig = rig_of(context.object)
        name = rig.name
        removal.remove(rig)
        watch.learn()
        self.report({"INFO"}, f"{name}: removed")
        return {"FINISHED"}


CLASSES = (
    SIMULACRA_OT_portrait_shot,
    SIMULACRA_OT_remove_portrait_shot,
    SIMULACRA_OT_rebuild_person,
    SIMULACRA_OT_remove_person,
)
