"""The operator that marks a person as an asset, with a small picture rendered of it."""

import tempfile
from pathlib import Path

import bpy
import numpy as np
from bpy.props import IntProperty

from ...procgen.people.belonging import PERSON, parts_of
from ..errors import reported
from . import shot, watch
from .person import OnPerson, collection_of, rig_of, spec_of

EDGE = 160  # pixels of a preview


class SIMULACRA_OT_mark_asset(OnPerson, bpy.types.Operator):
    """Mark the selected person as an asset, with a picture of it for the Asset Browser"""

    bl_idname = "simulacra.mark_asset"
    bl_label = "Mark Person as Asset"
    bl_options = {"REGISTER", "UNDO"}

    samples: IntProperty(
        name="Samples", description="Cycles samples of the picture; 0 makes none", min=0, max=256, default=12
    )

    @reported
    def execute(self, context):
        """Mark the collection and give it a preview."""
        watch.attend()
        rig = rig_of(context.object)
        collection = alone(rig)
        kind, spec = spec_of(rig)
        collection.asset_mark()
        collection.asset_data.description = (
            f"{kind}: {spec.hair.groom.replace('_', ' ')} hair, {round(spec.identity.age)} years"
        )
        for tag in ("simulacra", kind):
            if tag not in collection.asset_data.tags:
                collection.asset_data.tags.new(tag)
        if self.samples:
            was_set_up = shot.has_shot(rig)
            if not was_set_up:
                shot.set_up(rig)
            try:
                picture = portrait(context, rig, self.samples)
            finally:
                if not was_set_up:
                    shot.take_back(rig)
            preview = collection.preview_ensure()
            preview.image_size = (EDGE, EDGE)
            preview.image_pixels_float.foreach_set(picture.ravel())
        return {"FINISHED"}


def alone(rig):
    """The collection of a person; where others are in it too, a new one inside that takes this person."""
    collection = collection_of(rig)
    own = [rig, *parts_of(rig)]
    if all(rig_of(obj) == rig for obj in collection.all_objects):
        return collection
    made = bpy.data.collections.new(rig.name)
    made[PERSON] = rig[PERSON]
    collection.children.link(made)
    for obj in own:
        made.objects.link(obj)
        if obj.name in collection.objects:
            collection.objects.unlink(obj)
    return made


def portrait(context, rig, samples: int) -> np.ndarray:
    """A small picture (EDGE, EDGE, 4) of a person through its portrait's camera, first row at the bottom; nothing stays changed."""
    scene = context.scene
    render, settings = scene.render, scene.render.image_settings
    camera = next(obj for obj in parts_of(rig) if obj.type == "CAMERA")
    cycles = ("samples", "use_denoising")
    kept = {
        name: getattr(render, name)
        for name in ("engine", "resolution_x", "resolution_y", "resolution_percentage", "filepath")
    }
    kept_cycles = {name: getattr(scene.cycles, name) for name in cycles}
    kept_camera, kept_format = scene.camera, settings.file_format
    with tempfile.TemporaryDirectory(prefix="simulacra-") as folder:
        path = Path(folder, "portrait.png")
        try:
            scene.camera, render.engine = camera, "CYCLES"
            render.resolution_x = render.resolution_y = EDGE
            render.resolution_percentage = 100
            scene.cycles.samples, scene.cycles.use_denoising = samples, False
            if hasattr(settings, "media_type"):
                settings.media_type = "IMAGE"
            settings.file_format = "PNG"
            render.filepath = str(path)
            bpy.ops.render.render(write_still=True)
        finally:
            scene.camera, settings.file_format = kept_camera, kept_format
            for name, value in kept.items():
                setattr(render, name, value)
            for name, value in kept_cycles.items():
                setattr(scene.cycles, name, value)
        image = bpy.data.images.load(str(path))
        pixels = np.zeros(EDGE * EDGE * 4, np.float32)
        image.pixels.foreach_get(pixels)
        bpy.data.images.remove(image)
    return pixels.reshape(EDGE, EDGE, 4)


CLASSES = (SIMULACRA_OT_mark_asset,)
