"""The operator that lets a trained face net look at a photograph, and builds the person whom it shows."""

import re
import zlib
from pathlib import Path

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_tip as tip_
from bpy.props import IntProperty, StringProperty

from ..datasets.render import Follows
from ..errors import reported
from ..preferences import caller, user_path
from ..systems.operators import missing
from ..worker import jobs
from .files import FromFile

JOB = "likeness"


def told(job) -> str:
    """How far the person's landmarks are from the photograph's, as one line; "" where nothing is known of it."""
    error = job.result.get("landmark_error") if job is not None and job.state == "finished" else None
    if not isinstance(error, int | float):
        return ""
    return iface_("Landmark error {error} % of the eyes' distance").format(error=f"{100 * error:.1f}")


class SIMULACRA_OT_import_photograph(FromFile, Follows, bpy.types.Operator):
    """Build the person whom a photograph shows: shape, expression, pose, tone of skin and hair; the rest is drawn"""

    bl_idname = "simulacra.import_photograph"
    bl_label = "Import Photograph"
    bl_options = {"REGISTER"}

    run: StringProperty(
        name="Run",
        description="Folder of a face analysis that you trained; empty takes the weights that Simulacra ships",
        subtype="DIR_PATH",
    )
    seed: IntProperty(name="Seed", description="Draws what the photograph does not tell", min=0, default=0)
    filter_glob: StringProperty(default="*.png;*.jpg;*.jpeg", options={"HIDDEN"})

    @classmethod
    def poll(cls, context):
        """The worker must have torch, and one photograph is looked at at a time."""
        if missing():
            cls.poll_message_set(missing())
            return False
        return cls.idle(JOB, tip_("A photograph is being looked at; cancel that, or wait for it"))

    def invoke(self, context, event):
        """Take run and seed from the sidebar."""
        settings = context.scene.simulacra.imports
        for name in ("run", "seed"):
            if not self.properties.is_property_set(name):
                setattr(self, name, getattr(settings, name))
        return super().invoke(context, event)

    @reported
    def execute(self, context):
        """Start the worker; the person arrives when it has ended."""
        photo = Path(bpy.path.abspath(self.filepath))
        words = ["fit", str(photo), "--seed", str(self.seed), "--json"]
        words += ["--run", bpy.path.abspath(self.run)] if self.run else []
        name = re.sub(r"[^a-z0-9]+", "_", photo.stem.lower()).strip("_")[:40] or "photograph"
        out = user_path("likenesses") / f"{name}_{zlib.crc32(repr(words).encode()) & 0xFFFF:04x}.json"
        place = tuple(context.scene.cursor.location)

        def arrive(job):
            if job.state != "finished":
                return
            try:
                bpy.ops.simulacra.import_sample(filepath=str(out), location=place)
            except RuntimeError as error:  # an operator's report
                job.fail(str(error).removeprefix("Error: ").strip())

        jobs.start(JOB, photo.name, [caller()([*words, "--out", str(out)])], arrive)
        found = self.follow(JOB)
        if told(jobs.current(JOB)):
            self.report({"INFO"}, told(jobs.current(JOB)))
        return found


def draw_import(self, context):
    """File ▸ Import."""
    self.layout.operator("simulacra.import_photograph", text="Photograph of a Person (.png .jpg)")


def register() -> None:
    """Append the entry."""
    bpy.types.TOPBAR_MT_file_import.append(draw_import)


def unregister() -> None:
    """Take it away."""
    bpy.types.TOPBAR_MT_file_import.remove(draw_import)


CLASSES = (SIMULACRA_OT_import_photograph,)
