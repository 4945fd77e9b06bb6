"""The sidebar's Materials panel: one of many materials, its fields as sliders, and the button that applies it."""

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..fields import properties
from ..fields.panels import Sidebar, field_column
from ..thumbnails.menus import draw_pictures
from . import material


class SIMULACRA_PT_materials(Sidebar, bpy.types.Panel):
    """Materials for any mesh; those that the active object wears change with their sliders"""

    bl_label = "Materials"
    bl_order = 3
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        """Draw the panel."""
        layout, root = self.layout, material.active_settings(context)
        if isinstance(root.id_data, bpy.types.Material):
            layout.template_ID(context.object, "active_material")
        draw_pictures(layout, root, "picture", 6.0)
        column = field_column(layout)
        row = column.row(align=True)
        row.prop(root, "kind")
        row.operator("simulacra.find_material", text="", icon="VIEWZOOM")
        row = column.row(align=True)
        row.prop(root, "seed")
        row.operator("simulacra.roll_material", text="", icon="FILE_REFRESH")
        row = column.row(align=True)
        row.prop(root, "relief")
        inner = row.row()
        inner.enabled = root.relief
        inner.prop(root, "strength", text="")
        header, body = layout.panel("SIMULACRA_material_fields")
        header.label(text="Fields")
        if body:
            body.use_property_split = True
            body.use_property_decorate = False
            sliders = getattr(root, root.kind)
            for control in properties.CONTROLS[root.kind]:
                text = {"text": iface_("Pattern")} if control.attribute == "seed" else {}
                body.prop(sliders, control.attribute, slider=control.slider, **text)
        row = layout.row()
        row.scale_y = 1.4
        row.operator("simulacra.apply_material", icon="MATERIAL")


CLASSES = (SIMULACRA_PT_materials,)
