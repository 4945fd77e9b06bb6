"""The sidebar's Person panel."""

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..fields import settling
from ..fields.panels import Sidebar, draw_changes, draw_search, group_panels
from ..subjects.subject import Person, Place, at_hand, family_of
from ..wrapping import draw_wrapped
from .person import SPEC, by_hand
from .shot import has_shot

MOST = 6  # people that are offered to be selected


class SIMULACRA_PT_person(Sidebar, bpy.types.Panel):
    """The selected person's fields"""

    bl_label = "Person"
    bl_order = 1

    @classmethod
    def poll(cls, context):
        """Where no place is meant."""
        subject = at_hand(context)
        return isinstance(subject, Person) or (
            not isinstance(subject, Place) and family_of(context.scene.simulacra.generate.kind) == "people"
        )

    def draw(self, context):
        """Draw the panel."""
        layout, settings, subject = self.layout, context.scene.simulacra.generate, at_hand(context)
        if subject is None:
            people = [obj for obj in context.view_layer.objects if obj.type == "ARMATURE" and SPEC in obj]
            layout.label(
                text=iface_("No person is selected" if people else "Press Generate to make a person"), icon="INFO"
            )
            for obj in people[:MOST]:
                button = layout.operator("simulacra.select", text=obj.name, icon="USER")
                button.subject, button.family = obj.name, "people"
            return
        row = layout.row(align=True)
        row.prop(subject.owner, "name", text="", icon="USER")
        row.operator("simulacra.rebuild_person", text="", icon="FILE_REFRESH")
        row.operator("simulacra.remove_person", text="", icon="TRASH")
        row = layout.row(align=True)
        row.operator("simulacra.portrait_shot", icon="CAMERA_DATA")
        if has_shot(subject.owner):
            row.operator("simulacra.remove_portrait_shot", text="", icon="X")
        row.operator_menu_enum("simulacra.rename_bones", "names", text="", icon="BONE_DATA")
        kept = by_hand(subject.owner)
        if kept:
            names = ", ".join(kept)
            draw_wrapped(layout, iface_("Edited by hand and kept: {names}").format(names=names), "INFO")
        draw_changes(layout, settings)
        if settling.is_waiting("people"):
            layout.operator("simulacra.settle", icon="SORTTIME")
        draw_search(layout, settings, subject)


CLASSES = (SIMULACRA_PT_person, *group_panels("people", "SIMULACRA_PT_person"))
