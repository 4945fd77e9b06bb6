"""The sidebar's Generate panel."""

import bpy

from ..errors import last
from ..fields import settling
from ..fields.panels import Sidebar
from .subject import family_of


class SIMULACRA_PT_generate(Sidebar, bpy.types.Panel):
    """Make a person or a place"""

    bl_label = "Generate"
    bl_order = 0

    def draw(self, context):
        """Draw the panel."""
        layout, settings = self.layout, context.scene.simulacra.generate
        row = layout.row(align=True)
        row.prop(settings, "kind", expand=True)
        places = family_of(settings.kind) == "places"
        if places:
            layout.prop(settings, "place", text="")
        row = layout.row(align=True)
        row.prop(settings, "seed")
        row.operator("simulacra.dice", text="", icon="FILE_REFRESH").target = "generate"
        row = layout.row(align=True)
        row.prop(settings, "light", toggle=True)
        row.prop(settings, "camera", toggle=True)
        if places:
            row = layout.row(align=True)
            row.prop(settings, "stereo", toggle=True)
            row.prop(settings, "sequence", toggle=True)
            layout.label(
                text=f"{context.scene.render.resolution_x} × {context.scene.render.resolution_y} px", icon="OUTPUT"
            )
        row = layout.row()
        row.scale_y = 1.6
        row.operator("simulacra.generate", icon="WORLD" if places else "OUTLINER_OB_ARMATURE")
        if settling.message or last:
            box = layout.box()
            box.label(text=settling.message or last["message"][:90], icon="ERROR")
            box.operator("simulacra.error_report", icon="TEXT")


CLASSES = (SIMULACRA_PT_generate,)
