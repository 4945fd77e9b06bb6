"""The sidebar's Export panel."""

import bpy

from ..fields.panels import Sidebar
from ..worker.panel import draw_job


class SIMULACRA_PT_export(Sidebar, bpy.types.Panel):
    """The selected person for other programs"""

    bl_label = "Export"
    bl_order = 7
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        """Draw the panel."""
        self.layout.operator_context = "INVOKE_DEFAULT"
        self.layout.operator("simulacra.export_character", text="Character (.glb .fbx .usdc)…", icon="EXPORT")
        draw_job(self.layout, "character")


CLASSES = (SIMULACRA_PT_export,)
