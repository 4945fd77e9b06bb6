"""The operator that imports cameras."""

from pathlib import Path

import bpy
from bpy.props import StringProperty
from mathutils import Matrix

from ..errors import expect, reported
from . import transforms
from .files import FromFile

SENSOR = 36.0  # mm, of imported cameras; only its ratio to the lens counts
expect(transforms.TransformsError)


def aspect(view: transforms.View) -> tuple[float, float]:
    """The pixel aspect of a view: Blender has one focal length and pixels that need not be square."""
    ratio = view.focal[0] / view.focal[1]
    return (1.0, ratio) if ratio >= 1 else (1 / ratio, 1.0)


def camera_object(view: transforms.View) -> bpy.types.Object:
    """A camera with the intrinsics of a view."""
    data = bpy.data.cameras.new(view.name)
    data.sensor_fit = "HORIZONTAL"
    data.sensor_width = SENSOR
    data.lens = view.focal[0] * SENSOR / view.width
    data.shift_x = (view.width / 2 - view.centre[0]) / view.width
    data.shift_y = (view.centre[1] - view.height / 2) / view.width * (view.focal[0] / view.focal[1])
    obj = bpy.data.objects.new(view.name, data)
    obj.matrix_world = Matrix(view.matrix.tolist())
    return obj


class SIMULACRA_OT_import_cameras(FromFile, bpy.types.Operator):
    """Import the cameras of a nerfstudio transforms.json; a marker on each frame makes playback step through them"""

    bl_idname = "simulacra.import_cameras"
    bl_label = "Import Cameras"

    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    @reported
    def execute(self, context):
        """Make a camera a frame."""
        path = Path(bpy.path.abspath(self.filepath))
        views = transforms.read(path)
        scene = context.scene
        collection = bpy.data.collections.new(f"Cameras of {path.parent.name or path.stem}")
        scene.collection.children.link(collection)
        start = scene.frame_current
        for index, view in enumerate(views):
            obj = camera_object(view)
            collection.objects.link(obj)
            marker = scene.timeline_markers.new(obj.name, frame=start + index)
            marker.camera = obj
            if index == 0:
                scene.camera = obj
                scene.render.resolution_x, scene.render.resolution_y = view.width, view.height
                scene.render.pixel_aspect_x, scene.render.pixel_aspect_y = aspect(view)
        notes = [f"{len(views)} cameras"]
        if any(view.distorted for view in views):
            notes.append("lens distortion is left out: Blender's cameras have none")
        if len({(view.width, view.height) for view in views}) > 1:
            notes.append("sizes differ: the scene has the first one's")
        self.report({"WARNING"} if len(notes) > 1 else {"INFO"}, "; ".join(notes))
        return {"FINISHED"}


CLASSES = (SIMULACRA_OT_import_cameras,)
