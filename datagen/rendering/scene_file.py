"""Opens a Blender file as data, readies it for renders, and reads what of it can be labelled (needs bpy)."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import bpy

from ..cameras import frame_size
from ..errors import BadInput
from ..scene_recipe import UNLABELLED, SceneRecipe
from .label_nodes import name_of

ENGINES = ("CYCLES", "BLENDER_EEVEE", "BLENDER_EEVEE_NEXT", "BLENDER_WORKBENCH")
OTHER_SAMPLES = 64  # of a picture in Cycles where the file's engine is another, whose numbers mean something else


def open_scene(path: Path):
    """Open a file without its scripts and return its scene and active view layer; it is never written.

    Raises BadInput for what is missing, not a Blender file, or of another engine.
    """
    if not path.is_file():
        raise BadInput(f"{path}: is {'a folder' if path.is_dir() else 'missing'}; allowed is a .blend file")
    close_scene()
    atexit.unregister(close_scene)
    atexit.register(close_scene)
    try:
        bpy.ops.wm.open_mainfile(filepath=str(path.resolve()), load_ui=False, use_scripts=False)
    except RuntimeError as error:
        reason = " ".join(str(error).split()).removeprefix("Error: ")
        raise BadInput(f"{path}: cannot be opened as a Blender file ({reason})") from None
    _name_the_unnamable(path)
    scene = bpy.context.scene
    if scene is None or bpy.context.view_layer is None:
        raise BadInput(f"{path}: holds no scene")
    if scene.render.engine not in ENGINES:
        engine = scene.render.engine or "unknown here"
        raise BadInput(f"{path}: its render engine is {engine}; allowed are Cycles, EEVEE and Workbench")
    if not hasattr(scene, "cycles"):
        raise BadInput("Cycles: is not part of this Blender; allowed is a build with it")
    return scene, bpy.context.view_layer


def _name_the_unnamable(path: Path) -> None:
    """Give a name to what has one that is no UTF-8, which Python cannot read; Blender numbers those that are alike."""
    blocks = [(block, block.id_type.capitalize()) for prop in bpy.data.bl_rna.properties if prop.type == "COLLECTION"
              for block in getattr(bpy.data, prop.identifier) if isinstance(block, bpy.types.ID)]  # fmt: skip
    blocks += [(layer, "View layer") for scene in bpy.data.scenes for layer in scene.view_layers]
    for block, kind in blocks:
        try:
            block.name  # noqa: B018
        except UnicodeDecodeError:
            try:
                block.name = f"{kind} \N{REPLACEMENT CHARACTER}"
            except AttributeError:  # it is of a library
                raise BadInput(
                    f"{path}: the name of a linked {kind.lower()} is no UTF-8; rename it in its library"
                ) from None


def close_scene() -> None:
    """Let go of the open file. A driver that Blender compiled as Python must not outlive Python: 4.5 waits for it at its
    exit for ever."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)


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


def class_of(owner, name: str) -> str:
    """The class that a property of an object, data or collection gives it; nothing where there is none."""
    value = owner.get(name)
    if value is None:
        return ""
    if not isinstance(value, int | str):
        raise BadInput(
            f"classes: {name} of {plain_text(owner.name)} is {type(value).__name__}; allowed is a text or a whole number"
        )
    return plain_text(str(value))


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
                self.within.setdefault(name_of(obj), []).append(plain_text(top.name))
        for obj in scene.collection.objects:
            self.within.setdefault(name_of(obj), []).append(plain_text(scene.collection.name))

    def of(self, key: tuple) -> str:
        """The class name of a thing by its key; nothing where none is known."""
        names = [key[:2], key[2:4]] if key[2] else [key[:2]]
        if self.property:
            return next((found for name in names if (found := self._of_object(self.objects[name]))), "")
        return next(iter(self.within.get(names[-1], [])), "")

    def _of_object(self, obj) -> str:
        holders = sorted(obj.users_collection, key=lambda collection: collection.name)
        owners = [obj, *([obj.data] if obj.data else []), *holders]
        return next((found for owner in owners if (found := class_of(owner, self.property))), "")

    def number(self, name: str) -> int:
        """The id of a class."""
        return self.ids.get(name, UNLABELLED)


def ready(scene, layer, recipe: SceneRecipe, camera: str) -> None:
    """Settle what picture and labels share: one camera, one view layer, the whole frame, and Cycles alone."""
    render = scene.render
    for marker in scene.timeline_markers:
        marker.camera = None  # a marker would change the camera under a render
    scene.camera = find_camera(scene, camera)
    for other in scene.view_layers:
        other.use = other == layer
        for name in dir(other):
            if name.startswith("use_pass_") or name == "use_freestyle":
                setattr(other, name, False)
    if (recipe.width, recipe.height) != frame_size(render):
        render.resolution_x, render.resolution_y, render.resolution_percentage = recipe.width, recipe.height, 100
    # The compositor may move pixels, and write files of its own; Freestyle draws over pixels, and ends the process without
    # a window.
    for name in ("use_compositing", "use_sequencer", "use_border", "use_crop_to_border", "use_multiview", "use_stamp",
                 "use_single_layer", "use_freestyle"):  # fmt: skip
        setattr(render, name, False)
    if render.engine != "CYCLES":
        render.engine = "CYCLES"
        scene.cycles.samples = OTHER_SAMPLES
        scene.cycles.use_denoising = True
    if recipe.samples:
        scene.cycles.samples, layer.samples = recipe.samples, 0
    render.film_transparent = recipe.transparent
    render.threads_mode = "FIXED" if recipe.threads else "AUTO"
    if recipe.threads:
        render.threads = recipe.threads
    render.use_persistent_data = True


def find_camera(scene, name: str):
    """The camera of a scene by the name that records give it."""
    return next(obj for obj in scene.objects if obj.type == "CAMERA" and plain_text(obj.name) == name)


def plain_text(text: str) -> str:
    """A name from a file as records, terminals and pages can hold it: what is no printable character becomes U+FFFD."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def unit_scale(scene) -> float:
    """Metres in one unit of the scene."""
    settings = scene.unit_settings
    return 1.0 if settings.system == "NONE" else settings.scale_length
