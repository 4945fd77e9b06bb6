"""Operators that render datasets through the worker, and show one sample of them in advance."""

import json
import shutil
from pathlib import Path

import bpy
from bpy.app.translations import pgettext_tip as tip_
from bpy.props import BoolProperty

from ...datagen.formats.reading import read_regular
from ...procgen.params import to_dict
from ...procgen.vary import value_at
from ..errors import reported
from ..places.catalogue import ANY
from ..preferences import caller, dataset_folder, preferences, user_path
from ..subjects.subject import at_hand, family_of
from ..worker import jobs
from .labels import labels_of

LARGEST_JSON = 64 << 20  # bytes of a dataset.json
DRY = {"samples": 16}  # a dry run shows what there will be, not how fine


def arguments(settings, out: Path, locked: dict, workers: int) -> list[str]:
    """The arguments of ``simulacra render`` for the panel's recipe; ``locked`` maps dotted paths to values."""
    places = family_of(settings.kind) == "places"
    labels = sorted(settings.labels & set(offered(settings)))
    found = ["render", settings.kind, str(out)]
    for option in ("count", "seed", "samples", "frames"):
        found += [f"--{option}", str(getattr(settings, option))]
    found += ["--size", f"{settings.width}x{settings.height}" if places else str(settings.size)]
    found += ["--views", str((2 if settings.stereo else 1) if places else settings.views)]
    if labels:
        found += ["--labels", ",".join(labels)]
    if settings.hdri and not places:
        found += ["--hdri", bpy.path.abspath(settings.hdri)]
    if places and settings.place != ANY:
        locked = locked | {"kind": settings.place}
    for path, value in sorted(locked.items()):
        found += ["--set", f"{path}={json.dumps(value) if isinstance(value, bool) else value}"]
    return [*found, "--workers", str(workers or "auto"), "--json"]


def offered(settings) -> list[str]:
    """The labels that the panel's recipe can have."""
    family = family_of(settings.kind)
    return labels_of(family, settings.frames, family == "places" and settings.stereo)


def out_folder(settings) -> Path:
    """The dataset's folder as the panel names it, or one by kind and seed in the preferred place."""
    if settings.out:
        return Path(bpy.path.abspath(settings.out))
    return dataset_folder() / f"{settings.kind}_{settings.seed}"


def locked_values(context, settings) -> dict:
    """The values of the locked fields of the selected person or place, if the recipe is of such and keeps them."""
    subject = at_hand(context)
    if not settings.keep_locked or subject is None or subject.kind != settings.kind:
        return {}
    document = to_dict(subject.kind_and_spec()[1])
    return {path: value_at(document, path) for path in subject.locked}


def recipe_of(folder: Path) -> dict | None:
    """The recipe of the dataset in a folder, or None where there is none."""
    try:
        recipe = json.loads(read_regular(folder / "dataset.json", LARGEST_JSON))["recipe"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return recipe if isinstance(recipe, dict) else None


class Follows:
    """What operators that start a job share: scripts wait for its end, people do not."""

    wait: BoolProperty(
        name="Wait", description="Return only when the job has ended", default=False, options={"HIDDEN", "SKIP_SAVE"}
    )

    @classmethod
    def idle(cls, what: str, otherwise: str) -> bool:
        """Whether no job of a kind runs; ``otherwise`` is told where one does."""
        if jobs.running(what):
            cls.poll_message_set(otherwise)
            return False
        return True

    def follow(self, what: str):
        """Return at once, or once the job has ended."""
        if not (self.wait or bpy.app.background):
            return {"FINISHED"}
        job = jobs.wait(what)
        if job.state != "finished":
            self.report({"ERROR"}, job.error or job.state)
            return {"CANCELLED"}
        return {"FINISHED"}


class SIMULACRA_OT_render_dataset(Follows, bpy.types.Operator):
    """Render the dataset in the background; a folder that holds a part of it is finished"""

    bl_idname = "simulacra.render_dataset"
    bl_label = "Render Dataset"

    @classmethod
    def poll(cls, context):
        """One dataset at a time."""
        return cls.idle("dataset", tip_("A dataset is being rendered; cancel it, or wait for it"))

    @reported
    def execute(self, context):
        """Start the worker."""
        settings = context.scene.simulacra.dataset
        out = out_folder(settings)
        out.parent.mkdir(parents=True, exist_ok=True)
        locked = locked_values(context, settings)
        command = caller()(arguments(settings, out, locked, preferences().workers))
        jobs.start("dataset", f"{settings.count} × {settings.kind}", [command], folder=out)
        settings.out = str(out)
        return self.follow("dataset")


class SIMULACRA_OT_resume_dataset(Follows, bpy.types.Operator):
    """Finish the dataset in the folder with the recipe that it was begun with"""

    bl_idname = "simulacra.resume_dataset"
    bl_label = "Resume"

    @classmethod
    def poll(cls, context):
        """The folder must hold a dataset."""
        if not cls.idle("dataset", tip_("A dataset is being rendered; cancel it, or wait for it")):
            return False
        if recipe_of(out_folder(context.scene.simulacra.dataset)) is None:
            cls.poll_message_set(tip_("The folder holds no dataset to go on with; choose one, or press Render Dataset"))
            return False
        return True

    @reported
    def execute(self, context):
        """Start the worker with the folder's own recipe."""
        out = out_folder(context.scene.simulacra.dataset)
        recipe = recipe_of(out)
        command = ["render", str(recipe["generator"]), str(out)]
        for option in ("count", "seed", "samples", "frames", "views"):
            command += [f"--{option}", str(recipe[option])]
        height = recipe.get("height", 0)
        command += ["--size", f"{recipe['size']}x{height}" if height else str(recipe["size"])]
        for option in ("hdri", "spec"):
            command += [f"--{option}", recipe[option]] if recipe[option] else []
        command += ["--labels", ",".join(recipe["labels"])] if recipe["labels"] else []
        for setting in recipe["settings"]:
            command += ["--set", setting]
        command += ["--workers", str(preferences().workers or "auto"), "--json"]
        jobs.start("dataset", f"{out.name}: the rest", [caller()(command)], folder=out)
        return self.follow("dataset")


class SIMULACRA_OT_dry_run(Follows, bpy.types.Operator):
    """Render the first sample with few Cycles samples and show all its labels as images in the Image Editor"""

    bl_idname = "simulacra.dry_run"
    bl_label = "Dry Run"

    @classmethod
    def poll(cls, context):
        """One dry run at a time."""
        return cls.idle("dry_run", tip_("A dry run goes on; cancel it, or wait for it"))

    @reported
    def execute(self, context):
        """Start the worker: render, then export pictures."""
        settings = context.scene.simulacra.dataset
        place = user_path("dry_run")
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        out, pictures = place / "sample", place / "pictures"
        command = arguments(settings, out, locked_values(context, settings), 1)
        for option, value in (DRY | {"count": 1}).items():
            index = command.index(f"--{option}") + 1
            command[index] = str(min(value, int(command[index])))
        if "--labels" in command:  # all of them, whatever was chosen
            index = command.index("--labels")
            del command[index : index + 2]
        command += ["--labels", ",".join(offered(settings))]
        title = f"{settings.kind} {settings.seed}"  # an undo while it runs would leave the settings in freed memory
        call = caller()
        commands = [call(command), call(["export", str(out), "--to", "pictures", "--out", str(pictures)])]
        jobs.start("dry_run", "dry run", commands, lambda job: show_pictures(pictures, title))
        return self.follow("dry_run")


def show_pictures(folder: Path, title: str) -> list[bpy.types.Image]:
    """Load every picture of a folder as an image of this file, the last dry run's in its place, and show the first."""
    images = []
    for path in sorted(folder.glob("*.png")):
        name = f"{path.stem} ({title})"
        old = bpy.data.images.get(name)
        if old is not None:
            bpy.data.images.remove(old)
        image = bpy.data.images.load(str(path))
        image.pack()  # the folder is the next dry run's
        image.name = name
        image["simulacra"] = "dry run"
        images.append(image)
    first = next((image for image in images if ".rgb" in image.name), images[0] if images else None)
    for window in bpy.context.window_manager.windows if first else ():
        for area in window.screen.areas:
            if area.type == "IMAGE_EDITOR":
                area.spaces.active.image = first
    return images


class SIMULACRA_OT_view_pictures(bpy.types.Operator):
    """Open the pictures of the last dry run in an Image Editor window"""

    bl_idname = "simulacra.view_pictures"
    bl_label = "Show Images"

    @classmethod
    def poll(cls, context):
        """There must be a dry run."""
        if not any(image.get("simulacra") == "dry run" for image in bpy.data.images):
            cls.poll_message_set(tip_("Press Dry Run first"))
            return False
        return True

    @reported
    def execute(self, context):
        """Open a window with an Image Editor."""
        images = [image for image in bpy.data.images if image.get("simulacra") == "dry run"]
        first = next((image for image in images if ".rgb" in image.name), images[0])
        bpy.ops.wm.window_new()
        area = max(context.window_manager.windows[-1].screen.areas, key=lambda area: area.width * area.height)
        area.type = "IMAGE_EDITOR"
        area.spaces.active.image = first
        return {"FINISHED"}


class SIMULACRA_OT_open_gallery(Follows, bpy.types.Operator):
    """Write the gallery page of the dataset and open it in the browser"""

    bl_idname = "simulacra.open_gallery"
    bl_label = "Open Gallery"

    show: BoolProperty(name="Open", description="Open the page in the browser", default=True, options={"HIDDEN"})

    @classmethod
    def poll(cls, context):
        """The folder must hold a dataset."""
        if recipe_of(out_folder(context.scene.simulacra.dataset)) is None:
            cls.poll_message_set(tip_("The folder holds no dataset yet"))
            return False
        return not jobs.running("gallery")

    @reported
    def execute(self, context):
        """Start the worker, then the browser."""
        out = out_folder(context.scene.simulacra.dataset)

        show = self.show and not bpy.app.background  # the operator itself is gone when the job has ended

        def opened(job):
            if job.state == "finished" and show:
                bpy.ops.wm.url_open(url=(out / "gallery.html").resolve().as_uri())

        jobs.start("gallery", "gallery", [caller()(["view", str(out)])], opened)
        return self.follow("gallery")


CLASSES = (
    SIMULACRA_OT_render_dataset, SIMULACRA_OT_resume_dataset, SIMULACRA_OT_dry_run, SIMULACRA_OT_view_pictures,
    SIMULACRA_OT_open_gallery,
)  # fmt: skip
