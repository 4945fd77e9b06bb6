"""The sidebar's panels of places: the selected place's fields, and single things to add."""

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..fields import settling
from ..fields.locks import locked
from ..fields.panels import Sidebar, draw_changes, draw_search, draw_single, field_column, group_panels
from ..subjects.subject import Person, Place, at_hand, family_of
from . import live as place_live
from . import motion, place

MOST = 6  # places that are offered to be selected


class SIMULACRA_PT_place(Sidebar, bpy.types.Panel):
    """The selected place's fields"""

    bl_label = "Place"
    bl_order = 1

    @classmethod
    def poll(cls, context):
        """Where no person is meant."""
        subject = at_hand(context)
        return isinstance(subject, Place) or (
            not isinstance(subject, Person) and family_of(context.scene.simulacra.generate.kind) == "places"
        )

    def draw(self, context):
        """Draw the panel."""
        layout, settings, subject = self.layout, context.scene.simulacra.generate, at_hand(context)
        if subject is None:
            found = place.places()
            layout.label(
                text=iface_("No place is selected" if found else "Press Generate to make a place"), icon="INFO"
            )
            for collection in found[:MOST]:
                button = layout.operator("simulacra.select", text=collection.name, icon="WORLD_DATA")
                button.subject, button.family = collection.name, "places"
            return
        collection = subject.owner
        row = layout.row(align=True)
        row.prop(collection, "name", text="", icon="WORLD_DATA")
        row.operator("simulacra.rebuild_place", text="", icon="FILE_REFRESH")
        row.operator("simulacra.remove_place", text="", icon="TRASH")
        row = layout.row(align=True)
        row.operator("simulacra.look_from_here", icon="VIEW_CAMERA")
        options = place.options_of(collection)
        if not (options.light and options.camera):
            row.operator("simulacra.place_shot", icon="WORLD")
        draw_changes(layout, settings)
        if place.is_stale(collection) or settling.is_waiting("places"):
            layout.operator("simulacra.settle", icon="SORTTIME")
        elif not place_live.is_grown(collection):
            layout.label(text="Ground and plants are as before", icon="INFO")
        elif place.options_of(collection).frames > 1 and not motion.is_known(collection[place.NUMBER]):
            layout.label(text="Build again to move water and animals", icon="INFO")
        if not draw_search(layout, settings, subject):
            draw_single(layout, subject.sliders, collection.simulacra.kind, locked(collection))


class SIMULACRA_PT_things(Sidebar, bpy.types.Panel):
    """Plants, rocks, animals and other things to add at the 3D cursor"""

    bl_label = "Things"
    bl_order = 3
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        """Draw the panel."""
        layout, settings = self.layout, context.scene.simulacra.things
        column = field_column(layout)
        row = column.row(align=True)
        row.prop(settings, "thing")
        row.operator("simulacra.find_thing", text="", icon="VIEWZOOM")
        row = column.row(align=True)
        row.prop(settings, "seed")
        row.operator("simulacra.dice", text="", icon="FILE_REFRESH").target = "things"
        layout.operator("simulacra.add_thing", icon="ADD")


CLASSES = (SIMULACRA_PT_place, *group_panels("places", "SIMULACRA_PT_place"), SIMULACRA_PT_things)
