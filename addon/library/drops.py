"""What becomes of an asset that is dropped: an empty of the preset library gives way to the person, place or expression that it means."""

from __future__ import annotations

import json

import bpy

from ...procgen import registry
from ...procgen.distributions import SpecError
from ...procgen.params import OneOf, from_dict, to_dict
from ...procgen.people.consequences import follow
from .. import errors
from ..fields.settling import redraw
from ..presets import files as presets
from ..subjects import subject as subjects

DROP = "simulacra_drop"  # property of the empties
SOON = 0.1  # seconds until Blender has put it where it was dropped


def dropped() -> list:
    """The empties of the library that were dropped in this scene."""
    scene = bpy.context.scene
    return [obj for obj in scene.objects if DROP in obj and obj.library is None and obj.override_library is None]


def take(context, obj):
    """Put what an empty means in its place; returns the person or place."""
    try:
        told = json.loads(obj[DROP])
        what, holds = str(told["what"]), str(told["holds"])
    except (ValueError, TypeError, KeyError):
        raise SpecError(f"{obj.name}: is no asset of the preset library") from None
    location = tuple(obj.matrix_world.translation)
    bpy.data.objects.remove(obj)
    if what == "expression":
        return _express(context, holds)
    seed = context.scene.simulacra.generate.seed
    if what == "place":
        kind, spec, name = (
            "places",
            registry.sample("places", seed, {"kind": OneOf((holds,))}),
            holds.replace("_", " ").capitalize(),
        )
    else:
        preset = presets.available().get(f"shipped/{holds}")
        if preset is None:
            raise SpecError(f"{holds}: this Simulacra ships no such preset")
        kind, spec, name = preset.kind, presets.apply(preset, registry.sample(preset.kind, seed)), preset.name
    return subjects.make(context, kind, spec, location=location, name=name)


def _express(context, named: str):
    subject = subjects.at_hand(context)
    if not isinstance(subject, subjects.Person):
        raise SpecError("Select a person first; the expression is for it")
    _, spec = subject.kind_and_spec()
    document = to_dict(spec)
    document["expression"]["name"] = named
    subject.show(from_dict(type(spec), follow(document, "expression.name")))
    return subject


def take_all() -> None:
    """Take everything that was dropped, in one undo step; a timer."""
    windows = bpy.context.window_manager.windows
    with bpy.context.temp_override(**({"window": windows[0]} if windows else {})):
        found = dropped()
        for obj in found:
            try:
                take(bpy.context, obj)
            except errors.EXPECTED as error:
                errors.remember("SIMULACRA_drop", error, __name__)
        _sweep()
        if found and not bpy.app.background:
            bpy.ops.ed.undo_push(message="Simulacra: take what was dropped")
    redraw()


def _sweep() -> None:
    """Remove what an append leaves of an asset beside the one that is in the scene."""
    for obj in [obj for obj in bpy.data.objects if DROP in obj and obj.library is None and not obj.users_collection]:
        if not obj.asset_data:
            bpy.data.objects.remove(obj)


@bpy.app.handlers.persistent
def after_import(*_) -> None:
    """Something was appended: look once it is in its place."""
    if any(DROP in obj for obj in bpy.data.objects) and not bpy.app.timers.is_registered(take_all):
        bpy.app.timers.register(take_all, first_interval=SOON)


def register() -> None:
    """Listen to what is appended."""
    bpy.app.handlers.blend_import_post.append(after_import)


def unregister() -> None:
    """Stop listening."""
    bpy.app.handlers.blend_import_post.remove(after_import)
    if bpy.app.timers.is_registered(take_all):
        bpy.app.timers.unregister(take_all)
