"""What the Import panel keeps: how an avatar is decoded."""

import bpy
from bpy.props import EnumProperty, IntProperty

SHAPES = [
    ("MESH", "Coloured mesh", "A surface with a colour attribute"),
    ("TEXTURE", "Textured mesh", "A surface with UVs and a texture"),
    ("VOLUME", "Volume", "A cube whose density and colour Cycles renders as the field that the avatar is"),
]


class SIMULACRA_PG_import(bpy.types.PropertyGroup):
    """How an avatar is decoded."""

    shape: EnumProperty(name="As", items=SHAPES, description="What an avatar becomes")
    resolution: IntProperty(
        name="Resolution", description="Cells along the edge of an avatar's cube", min=16, max=512, default=128
    )
