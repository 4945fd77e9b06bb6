"""What the Generate panel keeps."""

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, StringProperty

from ..places.catalogue import PLACE_KINDS
from ..thumbnails.menus import twin
from ..thumbnails.pictures import icon_of
from .subject import CAMERA, KINDS, LIGHT


def pictured_places(self) -> list[tuple]:
    """The kinds of places with their pictures."""
    return [
        (name, label, about, icon_of("place", name) or "WORLD", index)
        for index, (name, label, about) in enumerate(PLACE_KINDS)
    ]


class SIMULACRA_PG_generate(bpy.types.PropertyGroup):
    """How the next person or place is made, and how the one at hand is changed."""

    kind: EnumProperty(name="Kind", description="What to generate", items=KINDS)
    seed: IntProperty(
        name="Seed", description="The same seed gives the same person or place everywhere", min=0, default=1
    )
    light: BoolProperty(name="Surroundings", description=LIGHT, default=False)
    camera: BoolProperty(name="Camera", description=CAMERA, default=False)
    place: EnumProperty(name="Place", description="Kind of place", items=PLACE_KINDS)
    place_picture: twin("Place", "place", pictured_places, "Kind of place, chosen by eye")
    stereo: BoolProperty(name="Stereo", description="Build a left and a right camera", default=False)
    sequence: BoolProperty(
        name="Sequence", default=False,
        description="Build for the scene's frames: the camera travels, and what lives moves",
    )  # fmt: skip
    search: StringProperty(
        name="Search",
        description="Show only fields whose name or meaning holds these words",
        options={"TEXTEDIT_UPDATE"},
    )
    amount: FloatProperty(
        name="Amount",
        description="How far a variation goes toward another one",
        min=0.0,
        max=1.0,
        default=0.15,
        subtype="FACTOR",
    )
