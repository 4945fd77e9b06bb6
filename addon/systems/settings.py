"""What the panel of trained systems keeps."""

import bpy
from bpy.props import EnumProperty, FloatProperty, IntProperty, StringProperty

from ..importing.settings import SHAPES
from .catalogue import MODES, SYSTEMS


class SIMULACRA_PG_model(bpy.types.PropertyGroup):
    """What a trained system is asked for."""

    system: EnumProperty(name="System", description="Which trained system", items=SYSTEMS)
    mode: EnumProperty(name="Make", description="What the avatar or thing is made from", items=MODES, default="prompt")
    run: StringProperty(
        name="Run",
        description="Folder of a system that you trained; empty takes the weights that Simulacra ships",
        subtype="DIR_PATH",
    )
    prompt: StringProperty(name="Prompt", description="What the avatar or thing should look like")
    photo: StringProperty(
        name="Photo",
        description="A picture of what is made: a face, or one thing before a plain background",
        subtype="FILE_PATH",
    )
    edit: StringProperty(
        name="Avatar",
        description="File of the avatar to change; empty takes the selected one",
        subtype="FILE_PATH",
    )
    seed: IntProperty(name="Seed", description="Seed of the sampler", min=0, default=0)
    guidance: FloatProperty(
        name="Guidance",
        description="How strictly the prompt or photo is followed; 0 leaves it to the system",
        min=0.0,
        max=30.0,
        default=0.0,
    )
    steps: IntProperty(
        name="Steps", description="Steps of sampling; 0 leaves them to the system", min=0, max=1000, default=0
    )
    shape: EnumProperty(name="Arrives as", items=SHAPES, description="What the avatar becomes")
    resolution: IntProperty(
        name="Resolution", description="Cells along the edge of an avatar's cube", min=16, max=512, default=128
    )
