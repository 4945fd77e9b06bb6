"""Operators that bring files in: avatars, meshes, cameras, samples of a dataset; by button or by dropping the file."""

import json
from pathlib import Path

import bpy
from bpy.app.translations import pgettext_tip as tip_
from bpy.props import EnumProperty, IntProperty, StringProperty
from bpy_extras.io_utils import poll_file_object_drop
from mathutils import Matrix

from ..procgen import registry
from . import mesh_files, presets, subjects, transforms
from .avatar.format import AvatarError, read_avatar
from .choices import SHAPES
from .errors import expect, reported

LARGEST_JSON = 64 << 20
SENSOR = 36.0  # mm, of imported cameras; only its ratio to the lens counts
expect(AvatarError, mesh_files.MeshFileError, transforms.TransformsError)


class FromFile:
    """What operators on a file share: the browser asks for it unless it was given, as by dropping it."""

    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(
        name="File", description="The file to bring in", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )

    def invoke(self, context, event):
        """Ask which file, or take the one that was dropped."""
        if self.filepath:
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}


def put(context, objects) -> None:
    """Select objects, and bring them to the 3D cursor."""
    for obj in context.selected_objects:
        obj.select_set(False)
    for obj in objects:
        if obj.name not in context.scene.collection.all_objects:
            context.scene.collection.objects.link(obj)
        obj.location = context.scene.cursor.location
        obj.select_set(True)
        context.view_layer.objects.active = obj


class SIMULACRA_OT_import_avatar(FromFile, bpy.types.Operator):
    """Decode a triplane avatar (.avatar.safetensors) into a mesh or a volume; needs no torch"""

    bl_idname = "simulacra.import_avatar"
    bl_label = "Import Avatar"

    shape: EnumProperty(name="As", description="What the avatar becomes", items=SHAPES)
    resolution: IntProperty(
        name="Resolution", description="Cells along the edge of its cube", min=16, max=512, default=128
    )
    filter_glob: StringProperty(default="*.avatar.safetensors", options={"HIDDEN"})

    def invoke(self, context, event):
        """Take shape and resolution from the sidebar."""
        settings = context.scene.simulacra.imports
        for name in ("shape", "resolution"):
            if not self.properties.is_property_set(name):
                setattr(self, name, getattr(settings, name))
        return super().invoke(context, event)

    @reported
    def execute(self, context):
        """Read, decode, and put it at the 3D cursor."""
        from .avatar.objects import avatar_mesh, avatar_volume

        path = Path(bpy.path.abspath(self.filepath))
        avatar = read_avatar(path)
        if self.shape == "VOLUME":
            obj = avatar_volume(avatar, self.resolution)
        else:
            obj = avatar_mesh(avatar, self.resolution, "texture" if self.shape == "TEXTURE" else "attribute")
        obj.name = path.name.split(".")[0]
        obj["avatar_shape"] = self.shape
        put(context, [obj])
        points = f", {len(obj.data.vertices)} points" if self.shape != "VOLUME" else ""
        self.report({"INFO"}, f"{obj.name}: {self.resolution}³{points}")
        return {"FINISHED"}


class SIMULACRA_OT_redecode_avatar(bpy.types.Operator):
    """Decode the selected avatar again at the resolution and in the shape of the panel, from its file"""

    bl_idname = "simulacra.redecode_avatar"
    bl_label = "Decode Again"
    bl_options = {"REGISTER", "UNDO"}

    resolution: IntProperty(
        name="Resolution", description="Cells along the edge of its cube", min=16, max=512, default=128
    )
    shape: EnumProperty(name="As", description="What the avatar becomes", items=SHAPES)

    @classmethod
    def poll(cls, context):
        """An imported avatar must be selected."""
        if context.object is None or "avatar_source" not in context.object:
            cls.poll_message_set(tip_("Select an avatar that was imported"))
            return False
        return True

    def invoke(self, context, event):
        """Take the panel's settings."""
        settings = context.scene.simulacra.imports
        self.resolution, self.shape = settings.resolution, settings.shape
        return self.execute(context)

    @reported
    def execute(self, context):
        """Decode into the object that is there, or put one of another shape in its place."""
        from .avatar.objects import redecode

        old = context.object
        if not Path(old["avatar_source"]).is_file():
            raise AvatarError(f"{old['avatar_source']}: is not there any more; import it again")
        if old.get("avatar_shape") == self.shape:
            redecode(old, self.resolution)
            return {"FINISHED"}
        matrix, name, data = old.matrix_world.copy(), old.name, old.data
        source = old["avatar_source"]
        bpy.ops.simulacra.import_avatar(filepath=source, shape=self.shape, resolution=self.resolution)
        obj = context.object
        bpy.data.objects.remove(old)
        if data and not data.users:
            bpy.data.batch_remove([data])
        obj.name, obj.matrix_world = name, matrix
        return {"FINISHED"}


class SIMULACRA_OT_import_mesh(FromFile, bpy.types.Operator):
    """Import a mesh (.glb, .ply, .obj) after a look at whether the file holds what it claims"""

    bl_idname = "simulacra.import_mesh"
    bl_label = "Import Mesh"

    filter_glob: StringProperty(default="*.glb;*.ply;*.obj", options={"HIDDEN"})

    @reported
    def execute(self, context):
        """Check, then hand it to Blender's own importer."""
        path = Path(bpy.path.abspath(self.filepath))
        kind = mesh_files.check(path)
        importer = {"glb": bpy.ops.import_scene.gltf, "ply": bpy.ops.wm.ply_import, "obj": bpy.ops.wm.obj_import}[kind]
        before = set(bpy.data.objects)
        try:
            importer(filepath=str(path))
        except RuntimeError as error:
            raise mesh_files.MeshFileError(f"{path.name}: {str(error).strip().splitlines()[-1]}") from None
        new = [obj for obj in bpy.data.objects if obj not in before]
        if not any(obj.type == "MESH" and len(obj.data.vertices) for obj in new):
            raise mesh_files.MeshFileError(f"{path.name}: Blender found no mesh in it")
        self.report({"INFO"}, f"{path.name}: {len(new)} objects")
        return {"FINISHED"}


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


class SIMULACRA_OT_import_sample(FromFile, bpy.types.Operator):
    """Build a sample of a dataset again from its spec.json, to look at it or change it"""

    bl_idname = "simulacra.import_sample"
    bl_label = "Import Sample"

    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    @reported
    def execute(self, context):
        """Build from the spec."""
        path = Path(bpy.path.abspath(self.filepath))
        kind, spec = registry.parse(read_json(path / "spec.json" if path.is_dir() else path))
        subjects.make(context, kind, spec, location=context.scene.cursor.location)
        return {"FINISHED"}


def read_json(path: Path):
    """A JSON document of a bounded size; raises PresetError that names the file."""
    try:
        if path.stat().st_size > LARGEST_JSON:
            raise presets.PresetError(f"{path.name}: has {path.stat().st_size} bytes; allowed are {LARGEST_JSON}")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise presets.PresetError(f"{path.name}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise presets.PresetError(f"{path.name}: is not a JSON file ({error})") from None


class SIMULACRA_OT_drop_json(FromFile, bpy.types.Operator):
    """Take a JSON file for what it is: a preset, the spec of a person or place, or cameras"""

    bl_idname = "simulacra.drop_json"
    bl_label = "Import JSON"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    @reported
    def execute(self, context):
        """Look inside and call the operator that it is for."""
        document = read_json(Path(bpy.path.abspath(self.filepath)))
        if isinstance(document, dict) and document.get("simulacra") == "preset":
            return bpy.ops.simulacra.import_preset(filepath=self.filepath)
        if isinstance(document, dict) and "spec" in document:
            return bpy.ops.simulacra.import_sample(filepath=self.filepath)
        if transforms.is_transforms(document):
            return bpy.ops.simulacra.import_cameras(filepath=self.filepath)
        raise presets.PresetError(f"{Path(self.filepath).name}: is no preset, no spec and no transforms.json")


class SIMULACRA_FH_avatar(bpy.types.FileHandler):
    """An avatar dropped on the viewport"""

    bl_idname = "SIMULACRA_FH_avatar"
    bl_label = "Simulacra avatar"
    bl_import_operator = "simulacra.import_avatar"
    bl_file_extensions = ".safetensors"

    @classmethod
    def poll_drop(cls, context):
        """On a viewport."""
        return poll_file_object_drop(context)


class SIMULACRA_FH_json(bpy.types.FileHandler):
    """A preset, spec or transforms.json dropped on the viewport"""

    bl_idname = "SIMULACRA_FH_json"
    bl_label = "Simulacra JSON"
    bl_import_operator = "simulacra.drop_json"
    bl_file_extensions = ".json"

    @classmethod
    def poll_drop(cls, context):
        """On a viewport."""
        return poll_file_object_drop(context)


CLASSES = (
    SIMULACRA_OT_import_avatar, SIMULACRA_OT_redecode_avatar, SIMULACRA_OT_import_mesh, SIMULACRA_OT_import_cameras,
    SIMULACRA_OT_import_sample, SIMULACRA_OT_drop_json, SIMULACRA_FH_avatar, SIMULACRA_FH_json,
)  # fmt: skip
