"""The operator that labels the open scene, whatever is in it, through the worker."""

from pathlib import Path

import bpy
from bpy.app.translations import pgettext_tip as tip_

from ..errors import reported
from ..preferences import caller, dataset_folder, user_path
from ..worker import jobs
from .render import Follows


def arguments(settings, scene, source: Path, out: Path) -> list[str]:
    """The arguments of ``simulacra label`` for the panel's settings."""
    found = ["label", str(source), str(out), "--cameras", settings.cameras]
    if settings.frames == "RANGE":
        found += ["--frames", f"{scene.frame_start}..{scene.frame_end}"]
    else:
        found += ["--frames", f"{scene.frame_current}..{scene.frame_current}"]
    by = "collection" if settings.classes == "COLLECTION" else f"property:{settings.property}"
    found += ["--classes", by]
    if settings.samples:
        found += ["--samples", str(settings.samples)]
    return [*found, "--json"]


def default_folder() -> Path:
    """Where the labels of this file go if the user names no folder."""
    return dataset_folder() / f"{Path(bpy.data.filepath).stem or 'untitled'}_labels"


class SIMULACRA_OT_label_scene(Follows, bpy.types.Operator):
    """Render this file's scene with exact depth, normals, flow, occlusion, instances, classes and boxes; the file stays as it is"""

    bl_idname = "simulacra.label_scene"
    bl_label = "Label This Scene"

    @classmethod
    def poll(cls, context):
        """A camera is needed."""
        if context.scene.camera is None:
            cls.poll_message_set(tip_("The scene has no camera; add one first"))
            return False
        return cls.idle("labels", tip_("Labels are being rendered; cancel that, or wait for it"))

    @reported
    def execute(self, context):
        """Save a copy for the worker and start it."""
        settings = context.scene.simulacra.labels
        name = Path(bpy.data.filepath).stem or "untitled"
        out = Path(bpy.path.abspath(settings.out)) if settings.out else default_folder()
        out.parent.mkdir(parents=True, exist_ok=True)
        copy = user_path("scenes") / f"{name}.blend"
        bpy.ops.wm.save_as_mainfile(filepath=str(copy), copy=True, compress=True, relative_remap=True)
        jobs.start("labels", f"labels of {name}", [caller()(arguments(settings, context.scene, copy, out))], folder=out)
        settings.out = str(out)
        return self.follow("labels")


CLASSES = (SIMULACRA_OT_label_scene,)
