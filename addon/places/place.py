"""Places in a scene: built from a spec into one collection, found from what is selected, and built again or lit anew."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

import bpy
from mathutils import Matrix

from ...procgen import registry
from ...procgen.params import SpecError
from . import motion

SPEC, BUILT, GROWN, OPTIONS = "spec", "shown", "grown", "options"  # properties of the collection, JSON
BEFORE = "world_before"  # property of the collection: the scene's own world
EYE = "eye"  # property of the collection: the matrix of the camera that it was built for, row by row
MOVED = 1e-3  # m, or of a direction: a camera that is farther off was moved by hand
NUMBER = "place_number"  # property of the collection and of all that was made for it
# What a build may leave in a file.
DATA = (
    "objects", "collections", "meshes", "curves", "hair_curves", "volumes", "armatures", "actions", "materials", "node_groups", "images",
    "worlds", "lights", "cameras",
)  # fmt: skip


class Options(NamedTuple):
    """How a place is built: frames, one eye or two, the picture in pixels, whether it brings light and camera, and from where."""

    frames: int = 1
    eyes: int = 1
    resolution: tuple[int, int] = (512, 512)
    light: bool = True
    camera: bool = True
    stand: tuple[tuple[float, ...], tuple[float, ...]] | None = (
        None  # eye (m) and direction of who chose where to look from
    )


def place_of(context) -> bpy.types.Collection | None:
    """The collection of the place that the active object is of, or that is itself active."""
    obj = context.object
    for collection in obj.users_collection if obj else ():
        if SPEC in collection:
            return collection
    chosen = context.collection
    return chosen if chosen is not None and SPEC in chosen and obj is None else None


def places() -> list[bpy.types.Collection]:
    """All places of this file."""
    return [collection for collection in bpy.data.collections if SPEC in collection]


def spec_of(collection, which: str = SPEC) -> tuple[str, Any]:
    """The kind and a spec of a place: what it should be, what it shows, or what it was grown from."""
    try:
        return registry.parse(json.loads(collection[which]))
    except ValueError as error:
        raise SpecError(f"{collection.name}: its stored spec is damaged ({error})") from None


def store(collection, kind: str, spec, which: str = SPEC) -> None:
    """Write a spec onto a place, so that a saved file can be edited on."""
    collection[which] = json.dumps(registry.dump(kind, spec))


def options_of(collection) -> Options:
    """How a place was built."""
    held = json.loads(collection[OPTIONS])
    stand = held.get("stand")
    return Options(**{**held, "resolution": tuple(held["resolution"]), "stand": stand and tuple(map(tuple, stand))})


def set_options(collection, **options) -> None:
    """Change how a place is built from now on."""
    collection[OPTIONS] = json.dumps(options_of(collection)._replace(**options)._asdict())


def is_stale(collection) -> bool:
    """Whether a place does not show all that its spec says."""
    return collection[SPEC] != collection.get(BUILT)


def generate(
    kind: str,
    spec,
    options: Options = Options(),  # noqa: B008 (a tuple, not a list)
    name: str = "Place",
) -> bpy.types.Collection:
    """Build a place into the open scene, the same objects as ``registry.build`` makes, in one collection."""
    collection = bpy.data.collections.new(name)
    bpy.context.scene.collection.children.link(collection)
    collection[NUMBER] = 1 + max((other[NUMBER] for other in places()), default=0)
    collection[OPTIONS] = json.dumps(options._asdict())
    if options.light and bpy.context.scene.world is not None:
        collection[BEFORE] = bpy.context.scene.world  # which also keeps it in the file
    store(collection, kind, spec)
    try:
        _grow(collection)
    except BaseException:
        bpy.data.collections.remove(collection)
        raise
    select(collection)
    return collection


def bring_shot(collection) -> None:
    """Let a place bring sky and camera when it is built next."""
    scene = bpy.context.scene
    if not options_of(collection).light and scene.world is not None:
        collection[BEFORE] = scene.world  # which also keeps it in the file
    set_options(collection, light=True, camera=True)


def rebuild(collection, moved: bool = False) -> None:
    """Build a place again from its spec, in its collection; a camera that was put elsewhere stays there, unless ``moved``."""
    if not moved:
        _follow_camera(collection)
    active = bpy.context.object
    was_active = active is None or active.get(NUMBER) == collection[NUMBER]
    remove_built(collection)
    _grow(collection)
    if was_active:
        select(collection)


def _grow(collection) -> None:
    kind, spec = spec_of(collection)
    options, scene = options_of(collection), bpy.context.scene
    before = {item.session_uid for item in _everything()}
    kept = scene.world, scene.camera, scene.view_settings.exposure
    fps = scene.render.fps
    try:
        site = registry.build(
            kind, spec, frames=options.frames, eyes=options.eyes, resolution=options.resolution, stand=options.stand
        )
    except BaseException:  # half a place is of no use
        scene.world, scene.camera, scene.view_settings.exposure = kept
        scene.render.fps = fps
        bpy.data.batch_remove([item for item in _everything() if item.session_uid not in before])
        raise
    made = [item for item in _everything() if item.session_uid not in before and item != site.collection]
    bpy.context.view_layer.update()
    remember_eye(collection, site.cameras[0].matrix_world)
    own = [item for item in made if isinstance(item, bpy.types.Object)]
    for obj in own:
        _move(obj, collection, (site.collection, scene.collection))
    bpy.data.collections.remove(site.collection)
    unwanted = []
    if not options.light:
        scene.world, scene.view_settings.exposure = kept[0], kept[2]
        unwanted += [obj for obj in own if obj.type == "LIGHT"]
    if not options.camera:
        scene.camera = kept[1]
        unwanted += [obj for obj in own if obj.type == "CAMERA"]
    if options.frames == 1:
        scene.render.fps = fps  # a still has no say in it
    elif options.camera:
        scene.frame_start, scene.frame_end = 0, options.frames - 1
        scene.frame_set(0)
    for item in made:
        item[NUMBER] = collection[NUMBER]
    motion.learn(collection[NUMBER], site.laws)
    bpy.data.batch_remove(unwanted)
    _purge(collection[NUMBER])
    store(collection, kind, spec, BUILT)
    store(collection, kind, spec, GROWN)


def replace_light(collection, make) -> None:
    """Remove the lamps and the sky of a place, and take what ``make()`` makes for it."""
    number, scene = collection[NUMBER], bpy.context.scene
    if scene.world is not None and scene.world.get(NUMBER) == number:
        scene.world = None
    bpy.data.batch_remove([obj for obj in collection.objects if obj.type == "LIGHT" and obj.get(NUMBER) == number])
    _purge(number)
    before = {item.session_uid for item in _everything()}
    make()
    for item in [item for item in _everything() if item.session_uid not in before]:
        item[NUMBER] = number
        if isinstance(item, bpy.types.Object):
            _move(item, collection, (scene.collection,))
    _purge(number)


def _everything() -> Iterable[bpy.types.ID]:
    for name in DATA:
        yield from getattr(bpy.data, name)


def _move(obj, collection, sources) -> None:
    """Move an object that one of some collections holds to another; what only instances show stays where it is."""
    held = [source for source in obj.users_collection if source in sources]
    for source in held:
        source.objects.unlink(obj)
    if held:
        collection.objects.link(obj)


def remove_built(collection) -> None:
    """Remove all that was made for a place, but the collection and what else uses of it."""
    number, scene = collection[NUMBER], bpy.context.scene
    motion.learn(number, [])
    if scene.world is not None and scene.world.get(NUMBER) == number:
        scene.world = None
    bpy.data.batch_remove([obj for obj in bpy.data.objects if obj.get(NUMBER) == number])
    bpy.data.batch_remove([item for item in bpy.data.collections if item.get(NUMBER) == number and item != collection])
    _purge(number)


def _purge(number: int) -> None:
    """Remove what was made for a place and nothing uses any more."""
    while unused := [item for item in _everything() if item.users == 0 and item.get(NUMBER) == number]:
        bpy.data.batch_remove(unused)


def remove(collection) -> None:
    """Remove a place and its collection, and give the scene its own world back."""
    remove_built(collection)
    if bpy.context.scene.world is None:
        bpy.context.scene.world = collection.get(BEFORE)
    bpy.data.collections.remove(collection)


def remember_eye(collection, matrix) -> None:
    """Keep from where a place is seen, the (4, 4) matrix of its first camera."""
    collection[EYE] = [value for row in matrix for value in row]
    if options_of(collection).stand is not None:
        stand_at(collection, matrix)


def cameras_of(collection) -> list[bpy.types.Object]:
    """The cameras that a place brought, the left one of a pair first."""
    number = collection[NUMBER]
    found = [obj for obj in bpy.data.objects if obj.type == "CAMERA" and obj.get(NUMBER) == number]
    return sorted(found, key=lambda obj: obj.name)


def stand_at(collection, matrix) -> None:
    """Let a place be seen from a camera's (4, 4) matrix when it is built next."""
    eye, toward = matrix.translation, -matrix.col[2].to_3d()
    set_options(collection, stand=(tuple(eye), tuple(toward)))


def _follow_camera(collection) -> None:
    """Take the camera of a still for where an artist put it."""
    cameras = cameras_of(collection)
    if not cameras or EYE not in collection or options_of(collection).frames > 1:
        return
    before, now = eye_of(collection), cameras[0].matrix_world
    if max(abs(before[row][column] - now[row][column]) for row in range(3) for column in range(4)) > MOVED:
        stand_at(collection, now)


def eye_of(collection) -> Matrix:
    """Where a place was built to be seen from, as the (4, 4) matrix of a camera in the world."""
    values = list(collection[EYE])
    return Matrix([values[row : row + 4] for row in range(0, 16, 4)])


def select(collection) -> None:
    """Make a place's camera active, or its ground where it brought none."""
    for obj in bpy.context.selected_objects:
        obj.select_set(False)
    scene = bpy.context.scene
    cameras = [obj for obj in collection.objects if obj.type == "CAMERA"]
    obj = scene.camera if scene.camera in cameras else next(iter(cameras or collection.objects), None)
    if obj is not None and obj.name in bpy.context.view_layer.objects:
        obj.select_set(True)
        bpy.context.view_layer.objects.active = obj
