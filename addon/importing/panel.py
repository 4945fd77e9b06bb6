"""The sidebar's Import panel."""

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..fields.panels import Sidebar, field_column
from ..systems.operators import missing
from ..worker import jobs
from ..worker.panel import draw_job
from ..wrapping import draw_wrapped
from . import photographs


class SIMULACRA_PT_import(Sidebar, bpy.types.Panel):
    """Avatars, meshes, cameras, samples and the people of photographs; files can also be dropped on the viewport"""

    bl_label = "Import"
    bl_order = 6
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        """Draw the panel."""
        layout, settings = self.layout, context.scene.simulacra.imports
        column = field_column(layout)
        column.prop(settings, "shape")
        column.prop(settings, "resolution")
        layout.operator("simulacra.import_avatar", text="Avatar…", icon="OUTLINER_OB_VOLUME")
        layout.operator("simulacra.redecode_avatar", icon="MOD_REMESH")
        column = layout.column(align=True)
        column.operator("simulacra.import_mesh", text="Mesh (.glb .ply .obj)…", icon="MESH_DATA")
        column.operator("simulacra.import_cameras", text="Cameras (transforms.json)…", icon="CAMERA_DATA")
        column.operator("simulacra.import_sample", text="Sample of a Dataset…", icon="USER")
        self.draw_photograph(layout, settings)

    def draw_photograph(self, layout, settings):
        """The person of a photograph, which a face net finds."""
        reason = missing()
        column = field_column(layout)
        column.prop(settings, "run", text="Face analysis", placeholder=iface_("shipped weights"))
        column.prop(settings, "seed")
        draw_wrapped(layout, reason, "INFO")
        layout.operator("simulacra.import_photograph", text="Photograph of a Person…", icon="IMAGE_DATA")
        draw_job(layout, photographs.JOB)
        draw_wrapped(layout, photographs.told(jobs.current(photographs.JOB)), "INFO")


CLASSES = (SIMULACRA_PT_import,)
