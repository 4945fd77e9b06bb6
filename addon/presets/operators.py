"""Operators that apply, save and share presets."""

import shutil
from pathlib import Path

import bpy
from bpy.app.translations import pgettext_tip as tip_
from bpy.props import BoolProperty, StringProperty

from ...procgen import registry, vary
from ..errors import reported
from ..subjects.subject import OnSubject, at_hand
from ..worker import jobs
from . import files as presets
from . import pictures


def paths_of(subject, scope: str) -> list[str]:
    """The fields that a preset of a scope holds: ALL, LOCKED, or LOOK (without what surrounds it)."""
    every = vary.paths(registry.find(subject.kind).load("spec"))
    if scope == "LOCKED":
        return subject.locked
    return [path for path in every if scope == "ALL" or path.split(".")[0] not in subject.surroundings]


class SIMULACRA_OT_apply_preset(OnSubject, bpy.types.Operator):
    """Set the fields of what is selected to those of the preset; what it does not hold stays"""

    bl_idname = "simulacra.apply_preset"
    bl_label = "Apply"
    bl_options = {"REGISTER", "UNDO"}

    preset: StringProperty(name="Preset", description="Which one, as user/FILE or shipped/FILE")

    def invoke(self, context, event):
        """Take the one that is chosen in the panel."""
        if not self.properties.is_property_set("preset"):
            self.preset = context.scene.simulacra.presets.chosen
        return self.execute(context)

    @reported
    def execute(self, context):
        """Apply and build."""
        found = presets.available()
        if self.preset not in found:
            raise presets.PresetError(f"{self.preset or 'preset'}: is not there; allowed are {', '.join(found)}")
        subject = at_hand(context)
        kind, spec = subject.kind_and_spec()
        if found[self.preset].kind != kind:
            raise presets.PresetError(f"{self.preset}: is a preset of {found[self.preset].kind}; allowed is {kind}")
        subject.show(presets.apply(found[self.preset], spec))
        return {"FINISHED"}


class SIMULACRA_OT_save_preset(OnSubject, bpy.types.Operator):
    """Save fields of what is selected as a preset of your own"""

    bl_idname = "simulacra.save_preset"
    bl_label = "Save Preset"

    title: StringProperty(name="Name", description="Name of the preset")
    scope: StringProperty(name="Scope", description="ALL, LOCKED or LOOK", default="ALL")
    picture: BoolProperty(
        name="Picture", description="Let the worker render a small picture for the menu", default=not bpy.app.background
    )
    wait: BoolProperty(
        name="Wait", description="Return only when the picture is there", default=False, options={"HIDDEN", "SKIP_SAVE"}
    )

    def invoke(self, context, event):
        """Take name and scope from the panel."""
        settings = context.scene.simulacra.presets
        for name in ("title", "scope"):
            if not self.properties.is_property_set(name):
                setattr(self, name, getattr(settings, name))
        return self.execute(context)

    @reported
    def execute(self, context):
        """Write the file."""
        subject = at_hand(context)
        kind, spec = subject.kind_and_spec()
        chosen = paths_of(subject, self.scope)
        if not chosen:
            raise presets.PresetError("no field is locked; lock what the preset shall hold, or save everything")
        name = presets.file_name(self.title)
        presets.write(presets.user_folder() / name, presets.of_spec(kind, spec, self.title, chosen))
        key = f"user/{name}"
        pictures.picture_of(key).unlink(missing_ok=True)  # of an earlier preset of that name
        context.scene.simulacra.presets.chosen = key
        if self.picture:
            job = pictures.start(kind, spec, key)
            if self.wait:
                jobs.wait(job.title)
        self.report({"INFO"}, f"{name}: saved {len(chosen)} fields")
        return {"FINISHED"}


class SIMULACRA_OT_delete_preset(bpy.types.Operator):
    """Delete the chosen preset, if it is your own"""

    bl_idname = "simulacra.delete_preset"
    bl_label = "Delete Preset"

    preset: StringProperty(name="Preset", description="Which one, as user/FILE")

    @classmethod
    def poll(cls, context):
        """Only one's own can go."""
        if not context.scene.simulacra.presets.chosen.startswith("user/"):
            cls.poll_message_set(tip_("Presets that ship stay; choose one of your own"))
            return False
        return True

    def invoke(self, context, event):
        """Ask first."""
        if not self.properties.is_property_set("preset"):
            self.preset = context.scene.simulacra.presets.chosen
        return context.window_manager.invoke_confirm(self, event)

    @reported
    def execute(self, context):
        """Delete the file."""
        if not self.preset.startswith("user/") or self.preset not in presets.available():
            raise presets.PresetError(f"{self.preset}: is not a preset of yours")
        presets.path_of(self.preset).unlink()
        pictures.picture_of(self.preset).unlink(missing_ok=True)
        return {"FINISHED"}


class SIMULACRA_OT_import_preset(bpy.types.Operator):
    """Take a preset that somebody shared into your own ones"""

    bl_idname = "simulacra.import_preset"
    bl_label = "Import Preset"

    filepath: StringProperty(
        name="File", description="A preset's JSON file", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    def invoke(self, context, event):
        """Ask which."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    @reported
    def execute(self, context):
        """Check the file and copy it."""
        path = Path(self.filepath)
        preset = presets.read(path)
        name = presets.file_name(preset.name)
        presets.write(presets.user_folder() / name, preset)
        context.scene.simulacra.presets.chosen = f"user/{name}"
        self.report({"INFO"}, f"{preset.name}: imported")
        return {"FINISHED"}


class SIMULACRA_OT_export_preset(bpy.types.Operator):
    """Write the chosen preset to a file to share"""

    bl_idname = "simulacra.export_preset"
    bl_label = "Share Preset"

    filepath: StringProperty(name="File", description="Where to write it", subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    def invoke(self, context, event):
        """Ask where."""
        self.filepath = Path(context.scene.simulacra.presets.chosen).name
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    @reported
    def execute(self, context):
        """Copy the file."""
        chosen = context.scene.simulacra.presets.chosen
        if chosen not in presets.available():
            raise presets.PresetError("no preset is chosen")
        shutil.copyfile(presets.path_of(chosen), Path(self.filepath).with_suffix(".json"))
        return {"FINISHED"}


CLASSES = (
    SIMULACRA_OT_apply_preset, SIMULACRA_OT_save_preset, SIMULACRA_OT_delete_preset, SIMULACRA_OT_import_preset,
    SIMULACRA_OT_export_preset,
)  # fmt: skip
