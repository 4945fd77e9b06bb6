"""Keeps a place true to its sliders: the camera turns at once; sun or all is built again when the slider is let go."""

from __future__ import annotations

import math

import bpy

from ...procgen import registry, vary
from ...procgen.params import OneOf, SpecError, from_dict, to_dict
from ...procgen.registry import find
from ..fields import locks, properties, settling
from . import place

QUIET = 12  # looks: what comes takes seconds, so it waits a little longer for a further slider
# Fields that the open scene need not be built again for: the picture's grain, the lens, and the light of a clear view.
DEVELOPED = {"camera.noise", "camera.vignette"}
AIMED = {"camera.field_of_view", "camera.pitch", "camera.roll"}
LIT = {"weather.sun_elevation", "weather.sun_azimuth", "weather.exposure"}
_showing = False  # the sliders are being set from a spec: nothing changed


def root_of(collection, kind: str):
    """The property group that shows a place's spec."""
    return getattr(collection.simulacra, kind)


def show(collection) -> None:
    """Set the sliders of a place from its stored spec."""
    global _showing
    kind, spec = place.spec_of(collection)
    _showing = True
    try:
        collection.simulacra.kind = kind
        properties.show(root_of(collection, kind), kind, to_dict(spec))
    finally:
        _showing = False


def on_update(path: str):
    """The callback of the property that shows a field."""

    def update(self, context):
        if not _showing and place.SPEC in self.id_data:
            slider_moved(self.id_data, path)

    return update


def slider_moved(collection, path: str) -> None:
    """Take a field from its slider; another kind of place is another place, but for what is locked."""
    kind, before = place.spec_of(collection)
    document = properties.edited(root_of(collection, kind), kind, to_dict(before), path)
    try:
        if path == "kind":
            spec = of_kind(kind, document, locks.locked(collection))
        else:
            spec = from_dict(find(kind).load("spec"), document)
        settling.say("")
    except SpecError as error:
        settling.say(str(error))
        show(collection)
        return
    change(collection, kind, spec)
    if path == "kind":
        show(collection)


def of_kind(kind: str, document: dict, locked):
    """The place that is drawn for the kind in a spec's dictionary, with locked fields as they are."""
    fixed = {path: OneOf((vary.value_at(document, path),)) for path in {*locked, "kind"}}
    return registry.sample(kind, document["seed"], fixed)


def change(collection, kind: str, spec) -> None:
    """Show another spec: the camera at once, the rest by a timer, or by ``settle``."""
    place.store(collection, kind, spec)
    if work(collection) <= {"aim"}:
        _finish(collection)
        settling.built("places", collection.name_full)
    else:
        settling.changed("places", collection.name_full)


def work(collection) -> set[str]:
    """What is to be done before a place shows its spec, of "aim", "light" and "grow"."""
    _, spec = place.spec_of(collection)
    built = to_dict(place.spec_of(collection, place.BUILT)[1])
    wanted, options = to_dict(spec), place.options_of(collection)
    differing = {
        path for path in vary.paths(type(spec)) if vary.value_at(built, path) != vary.value_at(wanted, path)
    } - DEVELOPED  # fmt: skip
    keyed = options.frames > 1 or options.eyes > 1  # the way and the second eye follow from the view
    if differing - AIMED - LIT or (differing & AIMED and keyed) or (differing & LIT and not _can_be_lit(spec)):
        return {"grow"}
    return ({"aim"} if differing & AIMED else set()) | ({"light"} if differing & LIT else set())


def _can_be_lit(spec) -> bool:
    """Whether another sun changes nothing but the sky, its lamp and the haze."""
    from ...procgen.places.scenes.recipes import RECIPES

    weather = spec.weather
    return not RECIPES[spec.kind].under and weather.precipitation == "none" and not weather.lightning


def _finish(collection):
    """Do what is to be done, a step at a time."""
    todo, (kind, spec) = work(collection), place.spec_of(collection)
    with settling.busy():
        if "grow" in todo:
            place.rebuild(collection)
        else:
            if "aim" in todo:
                aim(collection, spec.camera, place.spec_of(collection, place.BUILT)[1].camera)
            if "light" in todo:
                light(collection, spec.weather)
            place.store(collection, kind, spec, place.BUILT)


def aim(collection, shot, before) -> None:
    """Turn the cameras of a place that stands still from one shot to another, and change their lens."""
    from mathutils import Matrix

    def turned(axis: str, degrees: float):
        return Matrix.Rotation(math.radians(degrees), 4, axis)

    cameras = place.cameras_of(collection)
    for obj in cameras:
        obj.data.lens = 18.0 / math.tan(math.radians(shot.field_of_view) / 2)
        level = obj.matrix_world @ turned("Z", before.roll)
        obj.matrix_world = level @ turned("X", shot.pitch - before.pitch) @ turned("Z", -shot.roll)
    bpy.context.view_layer.update()
    if cameras:
        place.remember_eye(collection, cameras[0].matrix_world)


def light(collection, weather) -> None:
    """Give a place the sky, the lamp and the haze of another hour."""
    from ...procgen.places.weather.haze import GROUP, add_haze
    from ...procgen.places.weather.world import build_sky

    number, own = collection[place.NUMBER], place.options_of(collection).light

    def make():
        if own:
            _, lamp = build_sky(weather)
            if lamp is not None:
                lamp["part_of"] = "weather"
        for material in bpy.data.materials:
            if material.get(place.NUMBER) == number and _is_hazy(material, GROUP):
                add_haze(material, weather)

    place.replace_light(collection, make)


def _is_hazy(material, group: str) -> bool:
    nodes = material.node_tree.nodes if material.node_tree else ()
    return any(
        node.bl_idname == "ShaderNodeGroup" and node.node_tree and node.node_tree.name.startswith(group)
        for node in nodes
    )


def settle(collection) -> None:
    """Build now whatever a place's spec says and its objects do not show yet."""
    _finish(collection)
    settling.built("places", collection.name_full)


def grow(collection, moved: bool = False) -> None:
    """Build all of a place afresh from its spec, seen from where its camera was put, or else where one chose to stand."""
    with settling.busy():
        place.rebuild(collection, moved)
    settling.built("places", collection.name_full)


def is_grown(collection) -> bool:
    """Whether ground and plants are those that a fresh build would make: another view sees other ground."""
    return collection[place.SPEC] == collection.get(place.GROWN)


def _rebuild(collection):
    _finish(collection)
    yield


def _find(name: str):
    collection = bpy.data.collections.get(name)
    return collection if collection is not None and place.SPEC in collection else None


def stale_places() -> list:
    """The places of this file that do not show all that their spec says."""
    return [collection for collection in place.places() if place.is_stale(collection)]


settling.keep(
    "places",
    settling.Keeper("Simulacra: update the place", QUIET, _find, stale_places, _rebuild, lambda: None),
)
