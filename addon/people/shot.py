"""A portrait shot of a person: its camera, lamps and world, a square picture and Cycles, set up in one step and taken back in one."""

from __future__ import annotations

import json

import bpy

from ...procgen.people.belonging import PERSON, parts_of
from . import naming
from .person import spec_of

BEFORE, WORLD, CAMERA = "before_shot", "world_before", "camera_before"  # properties of the rig: what the scene had
PARTS = ("light", "camera")
SAMPLES = 128
EDGE = 1024  # pixels of a portrait at most; a smaller picture of the scene stays as small


def _settings(scene) -> dict[str, tuple]:
    """What a shot sets besides camera and world: where each setting is, and what to."""
    edge = min(scene.render.resolution_x, scene.render.resolution_y, EDGE)
    return {
        "engine": (scene.render, "CYCLES"), "resolution_x": (scene.render, edge), "resolution_y": (scene.render, edge),
        "resolution_percentage": (scene.render, 100), "pixel_aspect_x": (scene.render, 1.0), "pixel_aspect_y": (scene.render, 1.0),
        "samples": (scene.cycles, SAMPLES), "use_denoising": (scene.cycles, True),
        "view_transform": (scene.view_settings, "AgX"), "look": (scene.view_settings, "AgX - Medium High Contrast"),
    }  # fmt: skip


def has_shot(rig) -> bool:
    """Whether a portrait shot of a person was set up and is still there."""
    return BEFORE in rig


def set_up(rig) -> str:
    """Build the camera, lamps and world of a person's spec and make the scene a portrait of it; says what was set."""
    from ...procgen.people import edit

    scene = bpy.context.scene
    if not has_shot(rig):
        rig[BEFORE] = json.dumps({name: getattr(owner, name) for name, (owner, _) in _settings(scene).items()})
        if scene.world is not None:
            rig[WORLD] = scene.world  # which also keeps it in the file
        rig[CAMERA] = scene.camera.name if scene.camera is not None else ""
    edit.add_parts(rig, spec_of(rig)[1], PARTS)
    made = [obj for obj in parts_of(rig) if obj.get("part_of") in PARTS]
    naming.follow(rig)
    scene.camera = next(obj for obj in made if obj.type == "CAMERA")
    for name, (owner, value) in _settings(scene).items():
        setattr(owner, name, value)
    lamps = sum(obj.type == "LIGHT" for obj in made)
    return f"{scene.camera.name}, world {scene.world.name}, {lamps} lamps, {scene.render.resolution_x} px square, Cycles with {SAMPLES} samples, AgX"


def take_back(rig) -> None:
    """Remove a person's camera, lamps and world, and give the scene what it had before."""
    from ...procgen.people import edit

    scene = bpy.context.scene
    made = [obj for obj in parts_of(rig) if obj.get("part_of") in PARTS]
    was_camera = scene.camera in made
    worlds = [world for world in bpy.data.worlds if world.get(PERSON) == rig[PERSON]]
    edit.drop_parts(rig, made, PARTS)
    before = bpy.data.objects.get(rig.get(CAMERA, ""))
    if was_camera and before is not None and before.name in scene.objects:
        scene.camera = before
    if scene.world in worlds:
        scene.world = rig.get(WORLD)
    for world in worlds:
        if world.users == 0:
            edit.drop_world(world)
    for name, value in json.loads(rig.get(BEFORE, "{}")).items():
        owner, set_to = _settings(scene)[name]
        if getattr(owner, name) == set_to:  # what the artist changed since then is theirs
            setattr(owner, name, value)
    forget(rig)


def forget(rig) -> None:
    """Drop what is remembered of the scene before a shot."""
    for name in (BEFORE, WORLD, CAMERA):
        if name in rig:
            del rig[name]
