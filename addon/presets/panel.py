"""The sidebar's Presets panel."""

import bpy

from ..fields.panels import Sidebar
from ..library import operators as library
from ..thumbnails.menus import draw_pictures
from ..worker.panel import draw_job


class SIMULACRA_PT_presets(Sidebar, bpy.types.Panel):
    """Looks to apply, save and share"""

    bl_label = "Presets"
    bl_order = 2
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        """Draw the panel."""
        layout, settings = self.layout, context.scene.simulacra.presets
        draw_pictures(layout, settings, "chosen", 6.0)
        layout.prop(settings, "chosen", text="")
        row = layout.row(align=True)
        row.operator("simulacra.apply_preset", icon="CHECKMARK")
        row.operator("simulacra.delete_preset", text="", icon="TRASH")
        layout.separator()
        layout.prop(settings, "title")
        layout.prop(settings, "scope")
        layout.operator("simulacra.save_preset", icon="ADD")
        row = layout.row(align=True)
        row.operator("simulacra.import_preset", text="Import", icon="IMPORT")
        row.operator("simulacra.export_preset", text="Share", icon="EXPORT")
        layout.separator()
        layout.operator("simulacra.add_library", icon="ASSET_MANAGER") if library.added() is None else layout.operator(
            "simulacra.remove_library", icon="TRASH"
        )
        draw_job(layout, "library")


CLASSES = (SIMULACRA_PT_presets,)
