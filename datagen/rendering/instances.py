"""Every visible thing of a frame as Cycles gets it, instances one by one, and which of them a pixel shows (needs bpy)."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable

import bpy
import numpy as np

from ..cameras import camera_record
from ..errors import BadInput
from .label_nodes import ID, PLACE, name_of

# Text, curves, surfaces and metaballs come to a render as meshes, which are instances of themselves.
RENDERED = ("MESH", "CURVES", "POINTCLOUD")
LIMIT = 65535  # instance ids fit 16 bits
RANDOM = 3e-7  # by which Cycles's random number of an instance may differ, a rounding


@dataclasses.dataclass(frozen=True)
class Shape:
    """The geometry that instances share: its box in object space, (3,) each, and what tells whether its points match."""

    low: np.ndarray
    high: np.ndarray
    topology: bytes
    bare: bool  # whether some of it has no material


@dataclasses.dataclass(frozen=True)
class Thing:
    """One visible object or instance in one frame."""

    key: tuple  # the same in every frame: object, its library, instancer and its library, persistent id
    number: int  # of its object
    matrix: np.ndarray  # (4, 4) object to world, scene units
    shape: Shape
    random: float | None  # Cycles's random number of an instance, 0…1; None where it is no instance

    @property
    def place(self) -> float:
        """Where it stands, as the label nodes write it."""
        return float(self.matrix[:3, 3] @ PLACE)


@dataclasses.dataclass(frozen=True)
class Frame:
    """What one frame holds: the camera's record and its things."""

    camera: dict
    things: list[Thing]
    bare: frozenset[tuple[str, str]]  # objects by name and library that make geometry without a material


def evaluate(scene, frames: Iterable[int], look: Callable) -> dict[int, object]:
    """What ``look`` finds in the depsgraph of each frame: the scene evaluated for a render by an engine that only looks.

    The engine is put back.
    """
    found: dict[int, object] = {}
    mistakes: list[Exception] = []

    class Scan(bpy.types.RenderEngine):
        bl_idname = "SIMULACRA_SCAN"
        bl_label = "Simulacra scan"

        def render(self, depsgraph):
            try:
                found[depsgraph.scene_eval.frame_current] = look(depsgraph)
            except Exception as error:  # Blender would print it and go on
                mistakes.append(error)

    before = scene.render.engine
    bpy.utils.register_class(Scan)
    try:
        scene.render.engine = Scan.bl_idname
        for frame in frames:
            scene.frame_set(frame)
            bpy.ops.render.render()
            if mistakes:
                raise mistakes[0]
            if frame not in found:
                raise RuntimeError(f"frame {frame}: Blender did not evaluate the scene for a render")
    finally:
        scene.render.engine = before
        bpy.utils.unregister_class(Scan)
    return found


def scan(scene, layer, frames: Iterable[int]) -> dict[int, Frame]:
    """What Cycles gets in each frame; the scene's camera is recorded."""

    def look(depsgraph):
        seen = depsgraph.scene_eval
        if seen.render.use_motion_blur or seen.camera.data.dof.use_dof or seen.cycles.samples != 1:
            raise RuntimeError("animation changes motion blur, depth of field or samples; remove it")
        things = _things(depsgraph, layer)
        bare = frozenset(thing.key[:2] for thing in things if thing.shape.bare)
        return Frame(camera_record(seen.camera, seen, seen.frame_current), things, bare)

    return evaluate(scene, frames, look)


def _things(depsgraph, layer) -> list[Thing]:
    shapes: dict[tuple, Shape | None] = {}
    things = []
    for instance in depsgraph.object_instances:
        obj, parent = instance.object, instance.parent
        if obj.type not in RENDERED or not instance.show_self:
            continue
        both = [obj] if parent is None else [obj, parent]
        if not all(one.visible_camera for one in both) or any(one.is_holdout for one in both):
            continue
        if any(one.original.holdout_get(view_layer=layer) for one in both):
            continue
        if obj.original.indirect_only_get(view_layer=layer):
            continue
        data = obj.data.as_pointer(), _has_hair(obj) and obj.original.as_pointer()
        if data not in shapes:
            shapes[data] = _shape(obj)
        if shapes[data] is None:
            continue
        above = name_of(parent.original) if parent else ("", "")
        key = (*name_of(obj.original), *above, tuple(instance.persistent_id) if parent else ())
        random = (instance.random_id & 0xFFFFFFFF) / 0xFFFFFFFF if instance.is_instance else None
        things.append(Thing(key, int(obj[ID]), np.array(instance.matrix_world), shapes[data], random))
    return things


def _shape(obj) -> Shape | None:
    """The evaluated geometry of an object; None where there is nothing that a ray could meet."""
    if obj.type == "MESH":
        mesh = obj.data
        if not mesh.polygons:
            return None
        points, radii = _numbers(mesh.vertices, "co", 3), np.float32(0)
        parts = np.empty(len(mesh.loops), np.int32)
        mesh.loops.foreach_get("vertex_index", parts)
    else:
        hair = obj.type == "CURVES"
        points = _numbers(obj.data.points, "position" if hair else "co", 3)
        radii = _numbers(obj.data.points, "radius", 1)
        parts = np.array([curve.points_length for curve in obj.data.curves] if hair else [], np.int32)
    if not len(points):
        return None
    topology = hashlib.blake2b(parts.tobytes(), digest_size=8).digest() + len(points).to_bytes(8, "little")
    low, high = (points - radii).min(0).astype(float), (points + radii).max(0).astype(float)
    for strands, radius in _strands(obj):
        low, high = np.minimum(low, strands.min(0) - radius), np.maximum(high, strands.max(0) + radius)
    return Shape(low, high, topology, _bare(obj))


def _has_hair(obj) -> bool:
    return any(system.settings.type == "HAIR" for system in obj.particle_systems)


def _strands(obj):
    """The points (n, 3) of each hair system that an evaluated object grows, in object space, and their radius."""
    back = np.linalg.inv(np.array(obj.matrix_world))
    for system in obj.particle_systems:
        settings = system.settings
        count = len(system.particles) + len(system.child_particles)
        if settings.type != "HAIR" or settings.render_type != "PATH" or not count:
            continue
        steps = range(2**settings.render_step + 1)
        points = np.array(
            [system.co_hair(obj, particle_no=number, step=step) for number in range(count) for step in steps]
        )
        radius = settings.radius_scale * max(settings.root_radius, settings.tip_radius)
        yield points @ back[:3, :3].T + back[:3, 3], radius


def _bare(obj) -> bool:
    """Whether some of an evaluated object's geometry has no material."""
    empty = [place for place, slot in enumerate(obj.material_slots) if slot.material is None]
    if not empty or obj.type != "MESH":
        return bool(empty) or not obj.material_slots
    used = np.empty(len(obj.data.polygons), np.int32)
    obj.data.polygons.foreach_get("material_index", used)
    return bool(np.isin(used, empty).any())


def _numbers(collection, name: str, width: int) -> np.ndarray:
    values = np.empty(width * len(collection), np.float32)
    collection.foreach_get(name, values)
    return values.reshape(-1, width)


def number_things(frames: dict[int, Frame]) -> dict[tuple, int]:
    """The instance id of every key: from 1 by object name, then by persistent id; raises BadInput beyond 65535."""
    keys = sorted({thing.key for frame in frames.values() for thing in frame.things})
    if len(keys) > LIMIT:
        raise BadInput(
            f"instance: the scene holds {len(keys)} visible things; allowed are {LIMIT}, which 16 bits can number"
        )
    return {key: number for number, key in enumerate(keys, 1)}


def unknown_motion(frames: dict[int, Frame], frame: int) -> set[tuple]:
    """The keys of the things in a frame whose motion Cycles cannot tell, and would give as none.

    A thing moves as its points do. They cannot be matched where it has other points in a frame beside this one, is not
    there, or where its instancer has other instances, which may then have changed places.
    """

    def facts(number):
        things = {thing.key: thing.shape.topology for thing in frames[number].things}
        crowds = defaultdict(set)
        for key in things:
            crowds[key[2:4]].add(key)
        return things, crowds

    here, crowds = facts(frame)
    unknown = set()
    for other in (frame - 1, frame + 1):
        there, others = facts(other)
        for key, topology in here.items():
            same = there.get(key) == topology and (not key[2] or crowds[key[2:4]] == others[key[2:4]])
            if not same:
                unknown.add(key)
    return unknown


def resolve(keys: np.ndarray, things: list[Thing], ids: dict[tuple, int]) -> np.ndarray:
    """The instance ids (k,) of pixels from what the label nodes wrote, (k, 3) float32: object, random, place.

    An instance is found by its object and random number, and by its place where two share both; an object that is no
    instance has the random number of its name, which only Cycles knows, and is what remains.
    """
    of_object = defaultdict(list)
    for thing in things:
        of_object[thing.number].append(thing)
    tables = {
        number: (
            np.array([np.inf if thing.random is None else thing.random for thing in group]),
            np.array([thing.place for thing in group]),
            next((place for place, thing in enumerate(group) if thing.random is None), None),
        )
        for number, group in of_object.items()
    }  # fmt: skip
    # Equal rows are found by one number each, which is much faster than comparing rows.
    bits = np.ascontiguousarray(keys, np.float32).view(np.uint32).astype(np.uint64)
    codes = (bits[:, 0] << np.uint64(32) | bits[:, 1]) * np.uint64(0x9E3779B97F4A7C15) + bits[:, 2]
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    result = np.zeros(len(first), np.uint16)
    for row, (number, random, place) in enumerate(keys[first]):
        if number not in tables:
            raise RuntimeError(f"instance: a pixel shows object {number:g}, which the scene does not hold there")
        randoms, places, alone = tables[number]
        near = np.flatnonzero(np.abs(randoms - random) <= RANDOM)
        if len(near):
            chosen = near[np.abs(places[near] - place).argmin()]
        elif alone is not None:
            chosen = alone
        else:
            raise RuntimeError(f"instance: a pixel shows an unknown instance of {of_object[number][0].key[0]}")
        result[row] = ids[of_object[number][chosen].key]
    return result[inverse.reshape(-1)]
