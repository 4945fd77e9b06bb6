"""What the Import panel keeps: how an avatar is decoded, and by what a photograph is looked at."""

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty

SHAPES = [
    ("MESH", "Coloured mesh", "A surface with a colour attribute"),
    ("TEXTURE", "Textured mesh", "A surface with UVs and a texture"),
    ("VOLUME", "Volume", "A cube whose density and colour Cycles renders as the field that the avatar is"),
]


class SIMULACRA_PG_import(bpy.types.PropertyGroup):
    """How an avatar is decoded, and by what a photograph is looked at."""

    shape: EnumProperty(name="As", items=SHAPES, description="What an avatar becomes")
    resolution: IntProperty(
        name="Resolution", description="Cells along the edge of an avatar's cube", min=16, max=512, default=128
    )
    run: StringProperty(
        name="Run",
        description="Folder of a face analysis that you trained; empty takes the weights that Simulacra ships",
        subtype="DIR_PATH",
    )
    seed: IntProperty(name="Seed", description="Draws what a photograph does not tell", min=0, default=0)
