"""Entries in Blender's own menus, and the way to the preferences."""

import bpy

from . import PACKAGE
from .fields.items import title
from .places.catalogue import THINGS


class SIMULACRA_OT_open_preferences(bpy.types.Operator):
    """Open the preferences of Simulacra, where the worker's Python is chosen"""

    bl_idname = "simulacra.open_preferences"
    bl_label = "Preferences"

    def execute(self, context):
        """Open them."""
        bpy.ops.preferences.addon_show(module=PACKAGE)
        return {"FINISHED"}


def _things_menu(family: str) -> type:
    """The menu of the things of a family."""

    def draw(self, context):
        self.layout.operator_context = "INVOKE_DEFAULT"
        for row in THINGS[family]:
            self.layout.operator("simulacra.add_thing", text=title(row.name)).thing = row.name

    name = f"SIMULACRA_MT_{family.lower().replace(' ', '_')}"
    about = {"__doc__": f"{family} to add at the 3D cursor", "bl_idname": name, "bl_label": family, "draw": draw}
    return type(name, (bpy.types.Menu,), about)


THING_MENUS = tuple(_things_menu(family) for family in THINGS)


class SIMULACRA_MT_add(bpy.types.Menu):
    """Add what Simulacra makes"""

    bl_idname = "SIMULACRA_MT_add"
    bl_label = "Simulacra"

    def draw(self, context):
        """Draw the entries."""
        self.layout.operator_context = "INVOKE_DEFAULT"
        self.layout.operator("simulacra.generate", text="Generate Person", icon="USER").kind = "faces"
        self.layout.operator("simulacra.generate", text="Generate Place", icon="WORLD").kind = "places"
        self.layout.operator("simulacra.portrait_shot", icon="CAMERA_DATA")
        for menu in THING_MENUS:
            self.layout.menu(menu.bl_idname)
        self.layout.separator()
        self.layout.operator("simulacra.import_avatar", text="Avatar…", icon="OUTLINER_OB_VOLUME")
        self.layout.operator("simulacra.import_sample", text="Sample of a Dataset…", icon="FILE")


def draw_add(self, context):
    """Add ▸ Mesh ▸ Simulacra."""
    self.layout.menu(SIMULACRA_MT_add.bl_idname, icon="USER")


def draw_object(self, context):
    """Object ▸ Asset: a person is marked with its picture."""
    self.layout.operator("simulacra.mark_asset", icon="ASSET_MANAGER")


CLASSES = (SIMULACRA_OT_open_preferences, *THING_MENUS, SIMULACRA_MT_add)


def register() -> None:
    """Append the entries."""
    bpy.types.VIEW3D_MT_mesh_add.append(draw_add)
    bpy.types.VIEW3D_MT_object_asset.append(draw_object)


def unregister() -> None:
    """Take them away."""
    bpy.types.VIEW3D_MT_object_asset.remove(draw_object)
    bpy.types.VIEW3D_MT_mesh_add.remove(draw_add)
