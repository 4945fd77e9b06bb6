"""What a file keeps of materials: which one is shown, its seed and relief, and the sliders of each kind."""

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty

from ...procgen.materials.catalogue import MATERIALS
from ...procgen.params import to_dict
from ..fields.items import by_heading, headed
from ..thumbnails.menus import twin
from ..thumbnails.pictures import icon_of
from . import material

FIRST_SEED = 1
ITEMS = headed(by_heading(MATERIALS))
NAMED = [row for row in ITEMS if row[0]]


def kinds() -> dict:
    """The materials with the callback of their sliders."""
    return {row.name: material.on_update for row in MATERIALS}


def defaults() -> dict:
    """What the sliders of each material are before anything was drawn: what the first seed draws."""
    return {row.name: to_dict(material.sampled(row.name, FIRST_SEED)) for row in MATERIALS}


def pictured(self) -> list[tuple]:
    """The materials with their pictures, without headings."""
    return [(name, label, about, icon_of("material", name), number) for name, label, about, *_, number in NAMED]


def group_class(made: dict) -> type:
    """The property group of a material: which it is, its seed, its relief, and the sliders of each kind."""
    seed = "The same seed draws the same material everywhere"
    update = {"update": lambda self, context: material.changed(self)}
    annotations = {
        "picture": twin("Material", "kind", pictured, "What it is, chosen by eye"),
        "kind": EnumProperty(name="Material", description="What it is", items=ITEMS, default="soil", update=material.redrawn),
        "seed": IntProperty(name="Seed", description=seed, min=0, default=FIRST_SEED, update=material.redrawn),
        "relief": BoolProperty(name="Relief", description="Displace the mesh too; it needs fine faces", **update),
        "strength": FloatProperty(name="Strength", description="Factor on the height of the relief", min=0.0, max=4.0, default=1.0, **update),
        **{row.name: PointerProperty(type=made[row.name]) for row in MATERIALS},
    }  # fmt: skip
    return type("SIMULACRA_PG_material", (bpy.types.PropertyGroup,), {"__annotations__": annotations})
