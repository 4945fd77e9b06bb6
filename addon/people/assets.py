"""The operator that marks a person as an asset, with a small picture rendered of it."""

import tempfile
from pathlib import Path

import bpy
import numpy as np
from bpy.props import IntProperty

from ..errors import reported
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
        rig = rig_of(context.object)
        collection = collection_of(rig)
        kind, spec = spec_of(rig)
        collection.asset_mark()
        collection.asset_data.description = (
            f"{kind}: {spec.hair.groom.replace('_', ' ')} hair, {round(spec.identity.age)} years"
        )
        for tag in ("simulacra", kind):
            if tag not in collection.asset_data.tags:
                collection.asset_data.tags.new(tag)
        if self.samples:
            picture = portrait(context, rig, self.samples)
            preview = collection.preview_ensure()
            preview.image_size = (EDGE, EDGE)
            preview.image_pixels_float.foreach_set(picture.ravel())
        return {"FINISHED"}


def portrait(context, rig, samples: int) -> np.ndarray:
    """A small picture (EDGE, EDGE, 4) of a person, first row at the bottom, with the scene as it is; nothing stays changed."""
    scene = context.scene
    render, settings = scene.render, scene.render.image_settings
    cameras = [obj for obj in rig.children_recursive if obj.type == "CAMERA"]
    camera = cameras[0] if cameras else scene.camera
    if camera is None:
        raise OSError("the person has no camera, and neither has the scene; add one first")
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
