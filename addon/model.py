"""The operator that asks a trained system for an avatar through the worker, and says honestly what is missing."""

from pathlib import Path

import bpy
from bpy.app.translations import pgettext_tip as tip_

from ..__main__ import COMMANDS
from . import jobs
from .dataset import Follows
from .errors import reported
from .preferences import caller, preferences, tested, user_path


def missing() -> str:
    """What keeps a trained system from running, as one line that says how to get it; "" if nothing is known to."""
    if "generate" not in COMMANDS:
        return tip_("This version of Simulacra has no trained systems yet; they come with a later one")
    if not preferences().python:
        return tip_("Needs a Python with simulacra and torch: choose it in the preferences")
    if tested["models"] is False:
        return tip_("The Python in the preferences has no torch: pip install torch there")
    return ""


def arguments(settings, out: Path) -> list[str]:
    """The arguments of ``simulacra generate`` for the panel's settings."""
    command = [
        "generate",
        settings.system,
        bpy.path.abspath(settings.run),
        "--out",
        str(out),
        "--seed",
        str(settings.seed),
    ]
    command += ["--prompt", settings.prompt] if settings.prompt else []
    command += ["--photo", bpy.path.abspath(settings.photo)] if settings.photo else []
    return [*command, "--guidance", f"{settings.guidance:g}", "--json"]


class SIMULACRA_OT_generate_with_model(Follows, bpy.types.Operator):
    """Let a trained system make an avatar from a prompt or a photo, and bring it into the scene"""

    bl_idname = "simulacra.generate_with_model"
    bl_label = "Generate Avatar"

    @classmethod
    def poll(cls, context):
        """The worker must be able to run a trained system."""
        reason = missing()
        if not reason and not context.scene.simulacra.model.run:
            reason = tip_("Choose the folder of a trained system")
        if not reason and jobs.running("model"):
            reason = tip_("An avatar is being generated; cancel that, or wait for it")
        if reason:
            cls.poll_message_set(reason)
        return not reason

    @reported
    def execute(self, context):
        """Start the worker; the avatar arrives when it has ended."""
        settings = context.scene.simulacra.model
        out = user_path("avatars") / f"{settings.system}-{settings.seed}.avatar.safetensors"

        def arrive(job):
            if job.state == "finished":
                bpy.ops.simulacra.import_avatar(filepath=str(out))

        jobs.start("model", f"{settings.system} {settings.seed}", [caller()(arguments(settings, out))], arrive)
        return self.follow("model")


CLASSES = (SIMULACRA_OT_generate_with_model,)
