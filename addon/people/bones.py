"""The operator that renames the bones of a person."""

import bpy
from bpy.props import EnumProperty

from ..errors import reported
from .person import OnPerson, rig_of


class SIMULACRA_OT_rename_bones(OnPerson, bpy.types.Operator):
    """Give the person's bones the names of Rigify or their own; weights, drivers, keys and what hangs on them go along"""

    bl_idname = "simulacra.rename_bones"
    bl_label = "Rename Bones"
    bl_options = {"REGISTER", "UNDO"}

    names: EnumProperty(
        name="Names",
        description="Which names",
        items=[
            ("rigify", "Rigify", "The names of a Rigify metarig"),
            ("own", "Simulacra", "spine, neck, head, jaw, eye.L, eye.R"),
        ],
    )

    @reported
    def execute(self, context):
        """Rename."""
        from ...procgen.people.rig import rename_bones

        rename_bones(rig_of(context.object), self.names == "rigify")
        return {"FINISHED"}


CLASSES = (SIMULACRA_OT_rename_bones,)
