"""The operator that imports meshes."""

from pathlib import Path

import bpy
from bpy.props import StringProperty

from ..errors import expect, reported
from . import mesh_files
from .files import ToPlace
from .mending import mend

expect(mesh_files.MeshFileError)


class SIMULACRA_OT_import_mesh(ToPlace, bpy.types.Operator):
    """Import a mesh (.glb, .ply, .obj) after a look at whether the file holds what it claims"""

    bl_idname = "simulacra.import_mesh"
    bl_label = "Import Mesh"

    filter_glob: StringProperty(default="*.glb;*.ply;*.obj", options={"HIDDEN"})

    @reported
    def execute(self, context):
        """Check, then hand it to Blender's own importer, and put what it brings there."""
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
        mend(new)
        place = self.place(context)
        for obj in new:
            if obj.parent is None:
                obj.location += place
        self.report({"INFO"}, f"{path.name}: {len(new)} objects")
        return {"FINISHED"}


CLASSES = (SIMULACRA_OT_import_mesh,)
