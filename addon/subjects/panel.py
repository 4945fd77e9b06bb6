"""The sidebar's Generate panel."""

import bpy

from .. import errors
from ..fields import settling
from ..fields.panels import Sidebar
from ..thumbnails.families import shown
from ..thumbnails.menus import draw_pictures
from ..wrapping import draw_wrapped
from .subject import family_of


class SIMULACRA_PT_generate(Sidebar, bpy.types.Panel):
    """Make a person or a place"""

    bl_label = "Generate"
    bl_order = 0

    def draw_header_preset(self, context):
        """The way to the pages."""
        self.layout.operator("simulacra.manual", text="", icon="HELP", emboss=False)

    def draw(self, context):
        """Draw the panel."""
        layout, settings = self.layout, context.scene.simulacra.generate
        row = layout.row(align=True)
        row.prop(settings, "kind", expand=True)
        places = family_of(settings.kind) == "places"
        if places:
            if shown("place"):
                draw_pictures(layout, settings, "place_picture")
            layout.prop(settings, "place", text="")
        row = layout.row(align=True)
        row.prop(settings, "seed")
        row.operator("simulacra.dice", text="", icon="FILE_REFRESH").target = "generate"
        if places:  # a person gets a portrait shot once it is there
            row = layout.row(align=True)
            row.prop(settings, "light", toggle=True)
            row.prop(settings, "camera", toggle=True)
            row = layout.row(align=True)
            row.prop(settings, "stereo", toggle=True)
            row.prop(settings, "sequence", toggle=True)
            layout.label(
                text=f"{context.scene.render.resolution_x} × {context.scene.render.resolution_y} px", icon="OUTPUT"
            )
        row = layout.row()
        row.scale_y = 1.6
        row.operator("simulacra.generate", icon="WORLD" if places else "OUTLINER_OB_ARMATURE")
        draw_error(layout)


def draw_error(layout) -> None:
    """What went wrong last, whole, until it is dismissed or goes well; with the way to report it."""
    text = settling.message or errors.shown()
    if not text:
        return
    box = layout.box()
    row = box.row()
    draw_wrapped(row, text, "ERROR")
    row.operator("simulacra.dismiss_error", text="", icon="X", emboss=False)
    if errors.last:
        box.operator("simulacra.error_report", icon="TEXT")


CLASSES = (SIMULACRA_PT_generate,)
