"""Where a character comes from: a spec that is built, or a person in a Blender file (needs bpy)."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, NamedTuple

import bpy

from ...procgen import registry
from ...procgen.distributions import SpecError
from ...procgen.people.belonging import is_rig, parts_of
from ...procgen.people.expression import ACTIONS
from ..errors import BadInput
from ..formats.reading import read_regular

LARGEST_SPEC = 4 << 20  # bytes
SPEC = "spec"  # property of a rig: the JSON document of its person


class Source(NamedTuple):
    """A person in the open file: rig, head, all objects of the person, and its spec where one is known."""

    rig: Any
    head: Any
    objects: list
    spec: Any


def open_source(path: Path, person: str = "") -> Source:
    """Build the person of a spec file, or find that of a Blender file; ``person`` names one where there are several.

    Raises BadInput for what holds none. A Blender file's scripts are not run.
    """
    if path.suffix.lower() == ".blend":
        return _in_file(path, person)
    if person:
        raise BadInput(f"--person: {path.name} is a spec and holds one person; allowed is it with a .blend file")
    return _built(path)


def _built(path: Path) -> Source:
    from ...procgen.people.face import build_face

    if not path.is_file():
        raise BadInput(
            f"{path}: is {'a folder' if path.is_dir() else 'missing'}; allowed is a spec (JSON) or a .blend file"
        )
    try:
        document = json.loads(read_regular(path, LARGEST_SPEC))
    except (ValueError, RecursionError):
        raise BadInput(f"{path}: is no JSON; allowed is what simulacra sample faces prints, or a .blend file") from None
    try:
        kind, spec = registry.parse(document)
    except SpecError as error:
        raise BadInput(f"{path}: {error}") from None
    if registry.find(kind).family != "people":
        raise BadInput(f"{path}: is a spec of {kind}; allowed is one of a person")
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    return of_person(build_face(neutral(spec), without=("light", "camera")))


def neutral(spec):
    """The spec of the same person with a resting face that looks ahead."""
    turns = dict.fromkeys(("gaze_yaw", "gaze_pitch", "head_yaw", "head_pitch", "head_roll"), 0.0)
    still = dataclasses.replace(spec.expression, name="neutral", actions=(0.0,) * len(ACTIONS), **turns)
    return dataclasses.replace(spec, expression=still)


def of_person(person) -> Source:
    """The source of a built person."""
    bpy.context.view_layer.update()
    return Source(person.armature, person.head, list(person.objects), person.spec)


def _in_file(path: Path, name: str) -> Source:
    from ..rendering.scene_file import open_scene

    scene, _ = open_scene(path)
    rigs = [obj for obj in scene.objects if is_rig(obj)]
    names = ", ".join(rig.name for rig in rigs)
    if not rigs:
        raise BadInput(f"{path}: holds no person of Simulacra in its scene")
    if not name and len(rigs) > 1:
        raise BadInput(f"{path}: holds {len(rigs)} persons; give --person, one of {names}")
    chosen = [rig for rig in rigs if not name or rig.name == name]
    if not chosen:
        raise BadInput(f"--person: {name} is not in {path}; allowed are {names}")
    rig = chosen[0]
    objects = [rig, *dict.fromkeys([*parts_of(rig), *rig.children_recursive])]
    head = next((obj for obj in objects if obj.get("class") == "skin" and obj.type == "MESH"), None)
    if head is None or head.data.shape_keys is None:
        raise BadInput(f"{path}: {rig.name} has no head with shape keys")
    return Source(rig, head, objects, _spec_of(rig))


def _spec_of(rig):
    try:
        return registry.parse(json.loads(rig[SPEC]))[1]
    except (KeyError, TypeError, ValueError):  # hair is then coloured as the viewport shows it
        return None
