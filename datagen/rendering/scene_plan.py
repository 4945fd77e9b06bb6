"""What of a Blender file is labelled: cameras, frames and classes as they were asked for, and what cannot be (needs bpy)."""

from __future__ import annotations

import hashlib
from pathlib import Path

import bpy
import numpy as np

from ..cameras import camera_model, frame_size
from ..errors import BadInput
from ..projections import MODELS
from ..scene_recipe import UNLABELLED, SceneRecipe, parse_frames, parse_size
from .scene_file import class_of, open_scene, plain_text
from .scene_remarks import remarks
from .simulations import refuse_unbaked_fluids

LARGEST_FRAME = 1048574  # of Blender


def plan(
    path: Path, *, labels=(), frames="", cameras="active", samples=0, classes="collection", size=""
) -> SceneRecipe:
    """The recipe of a label run from what was asked and what the file holds; raises BadInput."""
    scene, _ = open_scene(path)
    first, last = parse_frames(frames, scene.frame_current)
    if last > LARGEST_FRAME or first < -LARGEST_FRAME:
        raise BadInput(f"frames: {first}..{last} is not allowed; allowed is up to {LARGEST_FRAME}")
    width, height = parse_size(size) or frame_size(scene.render)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    found, skipped = _cameras(path, scene, cameras, first, last)
    refuse_unbaked_fluids(scene)
    return SceneRecipe(
        source=plain_text(path.name), sha256=sha256, cameras=tuple(found), first=first, last=last,
        width=width, height=height, engine=scene.render.engine, class_names=_class_names(scene, classes), classes=classes,
        samples=samples, labels=tuple(labels), path=str(path.resolve()),
        models=tuple(camera_model(camera.data) for camera in found.values()),
        transparent=scene.render.film_transparent, remarks=(*skipped, *remarks(scene)),
    )  # fmt: skip


def _cameras(path: Path, scene, asked: str, first: int, last: int) -> tuple[dict, list[str]]:
    """The cameras by name, and a line for each that ``all`` asks for and that has no labels."""
    known: dict = {}
    for obj in scene.objects:
        if obj.type == "CAMERA" and known.setdefault(plain_text(obj.name), obj) != obj:
            raise BadInput(f"{path}: two cameras are called {plain_text(obj.name)}; rename one")
    if not known:
        raise BadInput(f"{path}: the scene {plain_text(scene.name)} has no camera; add one")
    if asked == "all":
        wrong = {name: why for name, camera in sorted(known.items()) if (why := _unfit(scene, camera))}
        if len(wrong) == len(known):
            raise BadInput(f"cameras: {'; '.join(f'{name} {why}' for name, why in wrong.items())}")
        chosen = {name: known[name] for name in sorted(known) if name not in wrong}
        return chosen, [f"cameras: {name} is left out; it {why}" for name, why in wrong.items()]
    names = (
        _active(path, scene, known, first, last) if asked == "active" else [name.strip() for name in asked.split(",")]
    )
    chosen = {}
    for name in sorted(set(names)):
        if name not in known:
            raise BadInput(f"cameras: {name} is not in the scene; allowed are all, active, {', '.join(sorted(known))}")
        if why := _unfit(scene, known[name]):
            raise BadInput(f"cameras: {name} {why}")
        chosen[name] = known[name]
    return chosen, []


def _active(path: Path, scene, known: dict, first: int, last: int) -> list[str]:
    """The name of the scene's camera, which markers may choose."""
    bound = [marker for marker in scene.timeline_markers if marker.camera]
    before = [marker.frame for marker in bound if marker.frame <= first]
    start = max(before) if before else min((marker.frame for marker in bound), default=first)
    cuts = {plain_text(marker.camera.name) for marker in bound if start <= marker.frame <= max(last, start)}
    if len(cuts) > 1:
        raise BadInput(f"cameras: markers cut between {', '.join(sorted(cuts))} in these frames; name the cameras")
    chosen = sorted(cuts) or ([plain_text(scene.camera.name)] if scene.camera else [])
    if not chosen or chosen[0] not in known:
        raise BadInput(f"{path}: the scene has no active camera; allowed with --cameras are {', '.join(sorted(known))}")
    return chosen


def _unfit(scene, camera) -> str:
    """Why a camera has no labels; empty where it has."""
    if camera_model(camera.data) not in MODELS:
        return "is projected by a shader of its own; allowed are perspective, orthographic and panoramic ones"
    matrix = np.array(camera.matrix_world)
    if not np.isfinite(matrix).all() or not np.linalg.norm(matrix[:3, :3], axis=0).all():
        return "has a size of zero, or a place that is no number"
    return ""


def _class_names(scene, classes: str) -> tuple[str, ...]:
    if classes == "collection":
        names = {plain_text(collection.name) for collection in scene.collection.children}
        names |= {plain_text(scene.collection.name)} if scene.collection.objects else set()
    elif classes.startswith("property:") and classes != "property:":
        name = classes.partition(":")[2]
        owners = [*bpy.data.objects, *bpy.data.collections]
        owners += [obj.data for obj in bpy.data.objects if obj.data]
        names = {class_of(owner, name) for owner in owners} - {""}
        if not names:
            raise BadInput(f"classes: no object, data or collection has the property {name}")
    else:
        raise BadInput(f"classes: {classes} is not allowed; allowed are collection and property:NAME")
    if len(names) >= UNLABELLED:
        raise BadInput(
            f"classes: {len(names)} classes are too many; allowed are {UNLABELLED - 1}, which 8 bits can number"
        )
    return tuple(sorted(names))
