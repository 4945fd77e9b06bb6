"""The operator that asks a trained system for an avatar or a thing through the worker, and says honestly what is missing."""

import json
import re
import zlib
from pathlib import Path

import bpy
from bpy.app.translations import pgettext_tip as tip_

from ..avatar.format import AvatarError
from ..datasets.render import Follows
from ..errors import reported
from ..importing.avatars import decoded, replace_by
from ..preferences import caller, preferences, tested, user_path, wrong
from ..worker import jobs
from .catalogue import SYSTEM_CHOICES, SystemChoice
from .coarse import Shown
from .made import remember

COARSE = 64  # cells along the edge of the cube of an avatar that is shown until the final one is there


def missing() -> str:
    """What keeps a trained system from running, as one line that says how to get it; "" if nothing is known to."""
    if not preferences().python:
        return tip_("Needs a Python with simulacra[models]: choose it in the preferences")
    if wrong["python"]:
        return wrong["python"]
    if tested["models"] is False:
        return tip_("The Python in the preferences has no torch: pip install simulacra[models] there")
    return ""


def chosen(settings) -> SystemChoice:
    """The system that the panel names."""
    return next(row for row in SYSTEM_CHOICES if row.name == settings.system)


def avatar_at_hand(context) -> str:
    """The file of the selected avatar, "" where none is selected."""
    return str(context.object.get("avatar_source", "")) if context.object else ""


def unready(context) -> str:
    """What the panel's settings lack, as one line; "" if nothing."""
    settings = context.scene.simulacra.model
    if settings.mode not in chosen(settings).can:
        return tip_("This system cannot do that; choose another way to make the avatar, or another system")
    if settings.mode in ("prompt", "edit") and not settings.prompt.strip():
        return tip_("Write a prompt")
    if settings.mode == "photo" and not settings.photo:
        return tip_("Choose a photo")
    if settings.mode == "edit" and not (settings.edit or avatar_at_hand(context)):
        return tip_("Choose the file of an avatar, or select one that was imported")
    return ""


def arguments(context, settings) -> list[str]:
    """The arguments of ``simulacra generate`` for the panel's settings, but for where the avatar goes."""
    found = ["generate", settings.system]
    found += [bpy.path.abspath(settings.run)] if settings.run else []
    found += ["--seed", str(settings.seed)]
    if settings.mode in ("prompt", "edit"):
        found += [f"--prompt={settings.prompt.strip()}"]  # it may begin with a dash
    if settings.mode == "photo":
        found += ["--photo", bpy.path.abspath(settings.photo)]
    if settings.mode == "edit":
        found += ["--edit", bpy.path.abspath(settings.edit) if settings.edit else avatar_at_hand(context)]
    if settings.guidance and settings.mode != "unconditional":
        found += ["--guidance", f"{settings.guidance:g}"]
    found += ["--steps", str(settings.steps)] if settings.steps and chosen(settings).steps else []
    return [*found, "--no-turntable", "--json"]


def out_file(settings, words: list[str]) -> Path:
    """Where the avatar goes: the same request has the same file, so what was imported can be decoded again."""
    said = {"prompt": settings.prompt, "edit": settings.prompt, "photo": Path(settings.photo).stem}.get(
        settings.mode, ""
    )
    name = re.sub(r"[^a-z0-9]+", "_", said.lower()).strip("_")[:40] or settings.system
    mark = zlib.crc32(json.dumps(words).encode()) & 0xFFFF
    return user_path("avatars") / f"{name}_{settings.seed}_{mark:04x}{chosen(settings).suffix}"


def take_away(obj: bpy.types.Object) -> None:
    """Remove a coarse avatar whose job made no final one, and that nobody has changed."""
    data = obj.data
    bpy.data.objects.remove(obj)
    if not data.users:
        bpy.data.batch_remove([data])


def startable(operator: type[bpy.types.Operator], reason: str) -> bool:
    """Whether an operator may start the job of models; ``reason`` is what else keeps it from that, "" if nothing."""
    if not reason and jobs.running("model"):
        reason = tip_("An avatar is being generated; cancel that, or wait for it")
    if reason:
        operator.poll_message_set(reason)
    return not reason


def push_undo(what: str) -> None:
    """Let what a job has changed be undone by itself; there is no undo in the background."""
    if not bpy.app.background:
        bpy.ops.ed.undo_push(message=f"Simulacra: {what}")


class SIMULACRA_OT_generate_with_model(Follows, bpy.types.Operator):
    """Let a trained system make an avatar or a thing, and bring it to the 3D cursor"""

    bl_idname = "simulacra.generate_with_model"
    bl_label = "Generate Avatar"

    @classmethod
    def poll(cls, context):
        """The worker must be able to run a trained system, and know what to make."""
        return startable(cls, missing() or unready(context))

    @reported
    def execute(self, context):
        """Start the worker; the avatar arrives when it has ended, a coarse one before, in whose place it comes."""
        settings = context.scene.simulacra.model
        words = arguments(context, settings)
        out = out_file(settings, words)
        words += ["--out", str(out)] + (["--coarse"] if chosen(settings).coarse and settings.mode != "edit" else [])
        # An undo while it runs would leave the settings in freed memory.
        how = {"shape": settings.shape, "resolution": settings.resolution}
        made, pullable = (settings.system, settings.run, settings.seed), chosen(settings).drag

        seen: list[Shown] = []

        def show(job):
            coarse = how | {"resolution": min(how["resolution"], COARSE)}
            bpy.ops.simulacra.import_avatar(filepath=job.coarse, **coarse)
            seen.append(Shown(job.coarse))

        def arrive(job):
            before = seen[0].object() if seen else None
            try:
                if job.state != "finished":
                    if before and not seen[0].untouched:
                        text = tip_("{name}: was changed since it came, and is kept as it is").format(name=before.name)
                        job.warnings = [*job.warnings, text]
                        return
                    if before:
                        take_away(before)
                elif before:
                    replace_by(before, decoded(out, **how))
                elif out.suffix == ".glb":
                    there = set(bpy.data.objects)
                    bpy.ops.simulacra.import_mesh(filepath=str(out))
                    for obj in [
                        obj for obj in bpy.data.objects if pullable and obj not in there and obj.type == "MESH"
                    ]:
                        remember(obj, *made)
                else:
                    bpy.ops.simulacra.import_avatar(filepath=str(out), **how)
            except (RuntimeError, AvatarError) as error:  # an operator's report
                job.fail(str(error).removeprefix("Error: ").strip())
            if before:
                push_undo("the final avatar")

        jobs.start("model", f"{settings.system} {settings.seed}", [caller()(words)], arrive, early=show)
        return self.follow("model")


CLASSES = (SIMULACRA_OT_generate_with_model,)
