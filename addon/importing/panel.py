"""The sidebar's Import panel."""

import bpy

from ..fields.panels import Sidebar, field_column


class SIMULACRA_PT_import(Sidebar, bpy.types.Panel):
    """Avatars, meshes, cameras and samples; they can also be dropped on the viewport"""

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


CLASSES = (SIMULACRA_PT_import,)
