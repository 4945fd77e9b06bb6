"""The sidebar's Animate panel."""

import bpy

from ..fields.panels import Sidebar, field_column
from ..subjects.subject import Place, at_hand


class SIMULACRA_PT_animate(Sidebar, bpy.types.Panel):
    """What the selected person does over time: its motion, captures, and speech"""

    bl_label = "Animate"
    bl_order = 3
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context):
        """Where no place is meant."""
        return not isinstance(at_hand(context), Place)

    def draw(self, context):
        """Draw the panel."""
        layout, settings = self.layout, context.scene.simulacra.animate
        column = field_column(layout)
        column.prop(settings, "seconds")
        for name in ("blinks", "breath", "saccades", "idle"):
            column.prop(settings, name, slider=True)
        column.prop(settings, "seed")
        layout.operator("simulacra.animate", icon="ANIM")
        column = layout.column(align=True)
        column.operator("simulacra.import_face_capture", text="Face Capture (.csv)…", icon="SHAPEKEY_DATA")
        column.operator("simulacra.import_head_motion", text="Head Motion (.bvh)…", icon="BONE_DATA")
        layout.prop(settings, "spoken", text="", icon="SPEAKER")
        column = field_column(layout)
        column.prop(settings, "spelling")
        column.prop(settings, "pace")
        column.prop(settings, "strength")
        layout.operator("simulacra.speak", icon="PLAY_SOUND")


CLASSES = (SIMULACRA_PT_animate,)
