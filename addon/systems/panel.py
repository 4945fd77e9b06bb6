"""The sidebar's panel of trained systems."""

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..fields.panels import Sidebar, field_column
from ..worker.panel import draw_job
from ..wrapping import draw_wrapped
from . import drag, operators
from .made import thing_at_hand


class SIMULACRA_PT_model(Sidebar, bpy.types.Panel):
    """Let a trained system make an avatar or a thing"""

    bl_label = "Generate with a Model"
    bl_order = 8
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        """Draw the panel."""
        layout, settings = self.layout, context.scene.simulacra.model
        reason = operators.missing()
        if reason:
            box = layout.box().column(align=True)
            draw_wrapped(box, reason, "INFO")
            box.operator("simulacra.open_preferences", icon="PREFERENCES")
        chosen = operators.chosen(settings)
        column = field_column(layout)
        column.prop(settings, "system")
        column.prop(settings, "run", placeholder=iface_("shipped weights"))
        column.prop(settings, "mode")
        if settings.mode in ("prompt", "edit"):
            column.prop(settings, "prompt")
        if settings.mode == "photo":
            column.prop(settings, "photo")
        if settings.mode == "edit":
            at_hand = operators.avatar_at_hand(context)
            column.prop(settings, "edit", placeholder=at_hand.replace("\\", "/").rpartition("/")[2])
        row = column.row(align=True)
        row.prop(settings, "seed")
        row.operator("simulacra.dice", text="", icon="FILE_REFRESH").target = "model"
        column = field_column(layout)
        if settings.mode != "unconditional":
            column.prop(settings, "guidance")
        if chosen.steps:
            column.prop(settings, "steps")
        if chosen.suffix != ".glb":
            column.prop(settings, "shape")
            column.prop(settings, "resolution")
        short = "" if reason else operators.unready(context)
        draw_wrapped(layout, short, "INFO")
        row = layout.row()
        row.scale_y = 1.4
        text = iface_("Generate Thing") if chosen.things else iface_("Generate Avatar")
        row.operator("simulacra.generate_with_model", text=text, icon="OUTLINER_OB_POINTCLOUD")
        if thing_at_hand(context):
            row = layout.row(align=True)
            row.operator("simulacra.add_handles", icon="EMPTY_AXIS")
            row.operator("simulacra.pull_thing", icon="CON_STRETCHTO")
            draw_wrapped(layout, "" if reason else drag.unready(context), "INFO")
        draw_job(layout, "model")


CLASSES = (SIMULACRA_PT_model,)
