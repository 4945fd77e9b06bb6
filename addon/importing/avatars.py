"""Operators that decode avatars."""

from pathlib import Path

import bpy
from bpy.app.translations import pgettext_tip as tip_
from bpy.props import EnumProperty, IntProperty, StringProperty
from bpy_extras.io_utils import poll_file_object_drop

from ..avatar.format import AvatarError, read_avatar
from ..errors import expect, reported
from .files import ToPlace
from .settings import SHAPES

expect(AvatarError)


def put(context, objects, location) -> None:
    """Select objects, and bring them to a place."""
    for obj in context.selected_objects:
        obj.select_set(False)
    for obj in objects:
        if obj.name not in context.scene.collection.all_objects:
            context.scene.collection.objects.link(obj)
        obj.location = location
        obj.select_set(True)
        context.view_layer.objects.active = obj


def decoded(path: Path, shape: str, resolution: int) -> bpy.types.Object:
    """The avatar of a file in one of SHAPES, in no collection yet."""
    from ..avatar.objects import avatar_mesh, avatar_volume

    avatar = read_avatar(path)
    if shape == "VOLUME":
        obj = avatar_volume(avatar, resolution)
    else:
        obj = avatar_mesh(avatar, resolution, "texture" if shape == "TEXTURE" else "attribute")
    obj.name = path.name.split(".")[0]
    obj["avatar_shape"] = shape
    return obj


def replace_by(old: bpy.types.Object, new: bpy.types.Object) -> None:
    """Give an avatar's object the data of another one, which goes; where it is and what was done to it stays."""
    data, old.data = old.data, new.data
    for name in new.keys():
        old[name] = new[name]
    bpy.data.objects.remove(new)
    if not data.users:
        bpy.data.batch_remove([data])


class SIMULACRA_OT_import_avatar(ToPlace, bpy.types.Operator):
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
        """Read, decode, and put it there."""
        obj = decoded(Path(bpy.path.abspath(self.filepath)), self.shape, self.resolution)
        put(context, [obj], self.place(context))
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
        from ..avatar.objects import redecode

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


CLASSES = (SIMULACRA_OT_import_avatar, SIMULACRA_OT_redecode_avatar, SIMULACRA_FH_avatar)
