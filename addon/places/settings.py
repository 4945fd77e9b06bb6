"""What the panel of things keeps."""

import bpy
from bpy.props import EnumProperty, IntProperty

from .catalogue import THING_ITEMS


class SIMULACRA_PG_things(bpy.types.PropertyGroup):
    """Which thing is added next."""

    thing: EnumProperty(name="Thing", description="What to add", items=THING_ITEMS, default="tree")
    seed: IntProperty(name="Seed", description="The same seed gives the same thing everywhere", min=0, default=1)
