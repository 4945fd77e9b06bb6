"""Opens a Blender file as data, readies it for renders, and reads what of it can be labelled (needs bpy)."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import bpy

from ..cameras import frame_size
from ..errors import BadInput
from ..scene_recipe import UNLABELLED, SceneRecipe, parse_frames, parse_size
from .label_nodes import name_of

ENGINES = ("CYCLES", "BLENDER_EEVEE", "BLENDER_EEVEE_NEXT", "BLENDER_WORKBENCH")
OTHER_SAMPLES = 64  # of a picture in Cycles where the file's engine is another, whose numbers mean something else


def open_scene(path: Path):
    """Open a file without its scripts and return its scene and active view layer; it is never written.

    Raises BadInput for what is missing, not a Blender file, or of another engine.
    """
    if not path.is_file():
        raise BadInput(f"{path}: is {'a folder' if path.is_dir() else 'missing'}; allowed is a .blend file")
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    try:
        bpy.ops.wm.open_mainfile(filepath=str(path.resolve()), load_ui=False, use_scripts=False)
    except RuntimeError as error:
        reason = " ".join(str(error).split()).removeprefix("Error: ")
        raise BadInput(f"{path}: cannot be opened as a Blender file ({reason})") from None
    scene = bpy.context.scene
    if scene.render.engine not in ENGINES:
        engine = scene.render.engine or "unknown here"
        raise BadInput(f"{path}: its render engine is {engine}; allowed are Cycles, EEVEE and Workbench")
    if not hasattr(scene, "cycles"):
        raise BadInput("Cycles: is not part of this Blender; allowed is a build with it")
    return scene, bpy.context.view_layer


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Send what Blender itself prints to nowhere."""
    sys.stdout.flush()
    sys.stderr.flush()
    nowhere, kept = os.open(os.devnull, os.O_WRONLY), (os.dup(1), os.dup(2))
    try:
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        # Reports go through Python's own streams.
        with open(os.devnull, "w") as unseen, contextlib.redirect_stdout(unseen), contextlib.redirect_stderr(unseen):
            yield
    finally:
        with contextlib.suppress(OSError, AttributeError):  # what Blender holds back would come out later
            (ctypes.cdll.ucrtbase if os.name == "nt" else ctypes.CDLL(None)).fflush(None)
        for number, file in enumerate(kept, 1):
            os.dup2(file, number)
            os.close(file)
        os.close(nowhere)


def plan(
    path: Path, *, labels=(), frames="", cameras="active", samples=0, classes="collection", size=""
) -> SceneRecipe:
    """The recipe of a label run from what was asked and what the file holds; raises BadInput."""
    scene, _ = open_scene(path)
    first, last = parse_frames(frames, scene.frame_current)
    width, height = parse_size(size) or frame_size(scene.render)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return SceneRecipe(
        source=path.name, sha256=sha256, cameras=_cameras(path, scene, cameras, first, last), first=first, last=last,
        width=width, height=height, engine=scene.render.engine, class_names=_class_names(scene, classes), classes=classes,
        samples=samples, labels=tuple(labels), path=str(path.resolve()),
    )  # fmt: skip


def _cameras(path: Path, scene, asked: str, first: int, last: int) -> tuple[str, ...]:
    known = {obj.name: obj for obj in scene.objects if obj.type == "CAMERA"}
    if not known:
        raise BadInput(f"{path}: the scene {scene.name} has no camera; add one")
    if asked == "all":
        chosen = sorted(known)
    elif asked == "active":
        chosen = [scene.camera.name] if scene.camera else []
        bound = [marker for marker in scene.timeline_markers if marker.camera]
        before = [marker.frame for marker in bound if marker.frame <= first]
        start = max(before) if before else min((marker.frame for marker in bound), default=first)
        cuts = {marker.camera.name for marker in bound if start <= marker.frame <= max(last, start)}
        if len(cuts) > 1:
            raise BadInput(f"cameras: markers cut between {', '.join(sorted(cuts))} in these frames; name the cameras")
        chosen = sorted(cuts) or chosen
        if not chosen:
            raise BadInput(
                f"{path}: the scene has no active camera; allowed with --cameras are {', '.join(sorted(known))}"
            )
    else:
        chosen = sorted({name.strip() for name in asked.split(",")})
    for name in chosen:
        if name not in known:
            raise BadInput(f"cameras: {name} is not in the scene; allowed are all, active, {', '.join(sorted(known))}")
        if known[name].data.type != "PERSP":
            raise BadInput(f"cameras: {name} is {known[name].data.type.lower()}; allowed is perspective, which has a K")
    return tuple(chosen)


def _class_names(scene, classes: str) -> tuple[str, ...]:
    if classes == "collection":
        names = {collection.name for collection in scene.collection.children}
        names |= {scene.collection.name} if scene.collection.objects else set()
    elif classes.startswith("property:") and classes != "property:":
        name = classes.partition(":")[2]
        owners = [*bpy.data.objects, *bpy.data.collections]
        owners += [obj.data for obj in bpy.data.objects if obj.data]
        names = {_class_of(owner, name) for owner in owners} - {""}
        if not names:
            raise BadInput(f"classes: no object, data or collection has the property {name}")
    else:
        raise BadInput(f"classes: {classes} is not allowed; allowed are collection and property:NAME")
    if len(names) >= UNLABELLED:
        raise BadInput(
            f"classes: {len(names)} classes are too many; allowed are {UNLABELLED - 1}, which 8 bits can number"
        )
    return tuple(sorted(names))


def _class_of(owner, name: str) -> str:
    value = owner.get(name)
    if value is None:
        return ""
    if not isinstance(value, int | str):
        raise BadInput(
            f"classes: {name} of {owner.name} is {type(value).__name__}; allowed is a text or a whole number"
        )
    return str(value)


class Classes:
    """The class of objects and their instances.

    By collection: the top-most collection below the scene's own that holds the object, or the instancer of an instance;
    where several do, the first by name. By property: the object's, else its data's, else that of a collection which
    holds it, else all this for the instancer.
    """

    def __init__(self, scene, recipe: SceneRecipe):
        self.ids = {name: number for number, name in enumerate(recipe.class_names, 1)}
        self.property = recipe.classes.partition(":")[2]
        self.objects = {name_of(obj): obj for obj in bpy.data.objects}
        self.within: dict[tuple, list] = {}
        for top in sorted(scene.collection.children, key=lambda collection: collection.name):
            for obj in top.all_objects:
                self.within.setdefault(name_of(obj), []).append(top.name)
        for obj in scene.collection.objects:
            self.within.setdefault(name_of(obj), []).append(scene.collection.name)

    def of(self, key: tuple) -> str:
        """The class name of a thing by its key; nothing where none is known."""
        names = [key[:2], key[2:4]] if key[2] else [key[:2]]
        if self.property:
            return next((found for name in names if (found := self._of_object(self.objects[name]))), "")
        return next(iter(self.within.get(names[-1], [])), "")

    def _of_object(self, obj) -> str:
        holders = sorted(obj.users_collection, key=lambda collection: collection.name)
        owners = [obj, *([obj.data] if obj.data else []), *holders]
        return next((found for owner in owners if (found := _class_of(owner, self.property))), "")

    def number(self, name: str) -> int:
        """The id of a class."""
        return self.ids.get(name, UNLABELLED)


def ready(scene, layer, recipe: SceneRecipe, camera: str):
    """Settle what picture and labels share: one camera, one view layer, the whole frame, and Cycles alone."""
    render = scene.render
    for marker in scene.timeline_markers:
        marker.camera = None  # a marker would change the camera under a render
    scene.camera = scene.objects[camera]
    for other in scene.view_layers:
        other.use = other == layer
        for name in dir(other):
            if name.startswith("use_pass_"):
                setattr(other, name, False)
    if (recipe.width, recipe.height) != frame_size(render):
        render.resolution_x, render.resolution_y, render.resolution_percentage = recipe.width, recipe.height, 100
    # The compositor may move pixels, and write files of its own.
    for name in ("use_compositing", "use_sequencer", "use_border", "use_crop_to_border", "use_multiview", "use_stamp",
                 "use_single_layer"):  # fmt: skip
        setattr(render, name, False)
    if render.engine != "CYCLES":
        render.engine = "CYCLES"
        scene.cycles.samples = OTHER_SAMPLES
        scene.cycles.use_denoising = True
    if recipe.samples:
        scene.cycles.samples, layer.samples = recipe.samples, 0
    render.threads_mode = "FIXED" if recipe.threads else "AUTO"
    if recipe.threads:
        render.threads = recipe.threads
    render.use_persistent_data = True


def unit_scale(scene) -> float:
    """Metres in one unit of the scene."""
    settings = scene.unit_settings
    return 1.0 if settings.system == "NONE" else settings.scale_length
