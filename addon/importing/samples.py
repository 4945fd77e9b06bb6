"""Operators that take JSON files for what they are: samples of datasets, presets, cameras."""

from pathlib import Path

import bpy
from bpy.props import StringProperty
from bpy_extras.io_utils import poll_file_object_drop

from ...procgen import registry
from ..errors import reported
from ..files import json_of
from ..presets.files import PresetError
from ..subjects import subject
from . import transforms
from .files import ToPlace

LARGEST_JSON = 64 << 20


class SIMULACRA_OT_import_sample(ToPlace, bpy.types.Operator):
    """Build a sample of a dataset again from its spec.json, to look at it or change it"""

    bl_idname = "simulacra.import_sample"
    bl_label = "Import Sample"

    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    @reported
    def execute(self, context):
        """Build from the spec."""
        path = Path(bpy.path.abspath(self.filepath))
        kind, spec = registry.parse(json_of(path / "spec.json" if path.is_dir() else path, LARGEST_JSON))
        title = path.parent.name if path.name == "spec.json" else path.name
        name = f"{subject.family_of(kind).removesuffix('s').replace('people', 'person').capitalize()} {title}"
        made = subject.make(context, kind, spec, name=name, location=self.place(context))
        made.bring_into_view(context)
        return {"FINISHED"}


class SIMULACRA_OT_drop_json(ToPlace, bpy.types.Operator):
    """Take a JSON file for what it is: a preset, the spec of a person or place, or cameras"""

    bl_idname = "simulacra.drop_json"
    bl_label = "Import JSON"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    @reported
    def execute(self, context):
        """Look inside and call the operator that it is for."""
        document = json_of(Path(bpy.path.abspath(self.filepath)), LARGEST_JSON)
        if isinstance(document, dict) and document.get("simulacra") == "preset":
            return bpy.ops.simulacra.import_preset(filepath=self.filepath)
        if isinstance(document, dict) and "spec" in document:
            return bpy.ops.simulacra.import_sample(filepath=self.filepath, location=self.place(context))
        if transforms.is_transforms(document):
            return bpy.ops.simulacra.import_cameras(filepath=self.filepath)
        raise PresetError(f"{Path(self.filepath).name}: is no preset, no spec and no transforms.json")


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


CLASSES = (SIMULACRA_OT_import_sample, SIMULACRA_OT_drop_json, SIMULACRA_FH_json)
