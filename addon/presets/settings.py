"""What the Presets panel keeps."""

import bpy
from bpy.props import EnumProperty, StringProperty

from ..thumbnails.menus import kept
from ..thumbnails.pictures import icon
from .files import available
from .pictures import picture_of


def preset_items(self, context) -> list[tuple]:
    """The presets there are."""
    found = available()
    rows = tuple(
        (name, row.name, row.description, icon(picture_of(name)), index)
        for index, (name, row) in enumerate(found.items())
    )
    return kept(rows or (("", "None", "No preset", 0, 0),))


class SIMULACRA_PG_presets(bpy.types.PropertyGroup):
    """Which preset is chosen, and what is saved."""

    chosen: EnumProperty(name="Preset", description="A preset to apply to what is selected", items=preset_items)
    title: StringProperty(name="Name", description="Name of the preset to save", default="My preset")
    scope: EnumProperty(
        name="Save", description="What the preset holds", default="ALL",
        items=[
            ("ALL", "Everything", "All fields, with light, weather and camera"),
            ("LOCKED", "Locked fields", "Only the fields that are locked; all else stays as it is when it is applied"),
            ("LOOK", "Look", "The person without light and camera, or the place without weather and camera"),
        ],
    )  # fmt: skip
