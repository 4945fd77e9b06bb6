"""Plays simulations that are not baked from their own start, so that every look at a frame sees one state (needs bpy)."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable
from pathlib import Path

import bpy
import numpy as np

from ..errors import BadInput
from .instances import evaluate
from .label_nodes import name_of
from .scene_file import plain_text

HAIRS = 64  # of a particle system that tell its state
# How each kind is baked by hand.
BY_HAND = {
    "fluid": "Physics, Fluid, Cache, Bake All", "rigid body world": "Scene, Rigid Body World, Cache, Bake",
    "simulation nodes": "Physics, Simulation Nodes, Bake",
}  # fmt: skip


def settle_simulations(scene, layer, frames: range) -> Settled | None:
    """Play every simulation once, in order, and keep its frames in memory; None where there is no simulation.

    What the viewport leaves out takes part as a render would show it. Raises BadInput where the frames, looked at in another
    order, are not the same, as then picture and labels would show different states.
    """
    found = simulations(scene)
    if not found:
        return None
    _as_rendered(scene, layer)
    _bake_points([cache for _, kind, cache in found if cache and kind != "fluid" and not cache.is_baked], frames[-1])
    if any(kind == "simulation nodes" for _, kind, _ in found):
        _bake_nodes(scene, frames[-1])
    settled = Settled(scene, found, frames)
    settled.hold(reversed(frames))
    return settled


class Settled:
    """The states of simulated frames, against which later looks at them are held."""

    def __init__(self, scene, found: list[tuple], frames: range):
        self.scene = scene
        self.how = {name: f"{kind}; bake it ({BY_HAND.get(kind, 'Physics, Cache, Bake')})" for name, kind, _ in found}
        self.states = _states(scene, frames)

    def hold(self, frames: Iterable[int]) -> None:
        """Look at the frames again, in this order; raises BadInput where one is not what it was."""
        for frame, state in _states(self.scene, frames).items():
            before = self.states[frame]
            for key in before.keys() | state.keys():
                if before.get(key) != state.get(key):
                    name = key[0]
                    how = self.how.get(name) or next(iter(self.how.values()))
                    raise BadInput(f"simulation: {plain_text(name)} is not the same each time frame {frame} is looked at ({how}) "
                                   "and save the file")  # fmt: skip


def simulations(scene) -> list[tuple[str, str, object]]:
    """What simulates: the name of an object, the kind, and its point cache where it has one."""
    found = []
    for obj in bpy.data.objects:
        for modifier in obj.modifiers:
            found += [(obj.name, kind, cache) for kind, cache in _caches(modifier)]
    world = scene.rigidbody_world
    if world and world.enabled and world.collection and world.collection.objects:
        found.append((world.collection.name, "rigid body world", world.point_cache))
    return found


def _caches(modifier):
    kind = modifier.type
    if kind in ("CLOTH", "SOFT_BODY"):
        yield kind.lower().replace("_", " "), modifier.point_cache
    elif kind == "PARTICLE_SYSTEM":
        system = modifier.particle_system
        if system.settings.type != "HAIR" or system.use_hair_dynamics:
            yield "particle system", system.point_cache
    elif kind == "DYNAMIC_PAINT" and modifier.canvas_settings:
        for surface in modifier.canvas_settings.canvas_surfaces:
            yield "dynamic paint", surface.point_cache
    elif kind == "FLUID" and modifier.fluid_type == "DOMAIN":
        yield "fluid", None
    elif kind == "NODES" and modifier.node_group and _simulates(modifier.node_group, set()):
        yield "simulation nodes", None


def _simulates(tree, seen: set) -> bool:
    """Whether a node group, or one within it, holds a simulation zone."""
    seen.add(tree)
    if any(node.bl_idname == "GeometryNodeSimulationOutput" for node in tree.nodes):
        return True
    inner = {getattr(node, "node_tree", None) for node in tree.nodes} - {None}
    return any(_simulates(group, seen) for group in inner - seen)


def refuse_unbaked_fluids(scene) -> None:
    """Raise BadInput for a fluid whose frames are not on the disk: they would be written beside the user's file."""
    for obj in scene.objects:
        for modifier in obj.modifiers:
            if modifier.type == "FLUID" and modifier.fluid_type == "DOMAIN" and modifier.show_render:
                domain = modifier.domain_settings
                folder = Path(bpy.path.abspath(domain.cache_directory, library=obj.library))
                if not domain.has_cache_baked_data or not (folder / "data").is_dir():
                    raise BadInput(
                        f"simulation: the fluid of {plain_text(obj.name)} is not baked; bake it ({BY_HAND['fluid']}) and save the file"
                    )


def _as_rendered(scene, layer) -> None:
    """Let the viewport evaluate what a render does: a cache that one fills must fit the other."""
    with contextlib.suppress(AttributeError, RuntimeError):
        scene.render.simplify_subdivision = scene.render.simplify_subdivision_render
        scene.render.simplify_child_particles = scene.render.simplify_child_particles_render
    for collection in bpy.data.collections:
        _set(collection, "hide_viewport", collection.hide_render)
    for obj in scene.objects:
        _set(obj, "hide_viewport", obj.hide_render)
        with contextlib.suppress(RuntimeError):  # one that the view layer does not hold
            obj.hide_set(False, view_layer=layer)
        for modifier in obj.modifiers:
            _set(modifier, "show_viewport", modifier.show_render)
            if modifier.type in ("SUBSURF", "MULTIRES"):
                _set(modifier, "levels", modifier.render_levels)
    for settings in bpy.data.particles:
        _set(settings, "display_percentage", 100)


def _set(owner, name: str, value) -> None:
    if getattr(owner, name) != value:
        with contextlib.suppress(AttributeError):  # data of a library cannot be changed
            setattr(owner, name, value)


def _bake_points(caches: list, last: int) -> None:
    """Bake point caches into memory, no further than the last frame that is looked at."""
    for cache in caches:
        _set(cache, "use_disk_cache", False)  # it would be written beside the user's file
        _set(cache, "frame_step", 1)
        _set(cache, "frame_end", max(cache.frame_start, min(cache.frame_end, last)))
    if caches:
        bpy.ops.ptcache.bake_all(bake=True)


def _bake_nodes(scene, last: int) -> None:
    """Play the simulation zones of geometry nodes to the last frame; Blender keeps their states."""
    for frame in range(scene.frame_start, last + 1):
        scene.frame_set(frame)


def _states(scene, frames: Iterable[int]) -> dict[int, dict[tuple, bytes]]:
    """By frame and thing, a digest of where its points are in the world as a render sees them."""
    return evaluate(scene, frames, _digests)


def _digests(depsgraph) -> dict[tuple, bytes]:
    found, shapes = {}, {}
    for instance in depsgraph.object_instances:
        obj, parent = instance.object, instance.parent
        key = (*name_of(obj), *(name_of(parent) if parent else ("", "")), *instance.persistent_id)
        shape = obj.original.as_pointer(), obj.data.as_pointer() if obj.data else 0
        if shape not in shapes:
            shapes[shape] = _points(obj) + _particles(obj)
        matrix = np.array(instance.matrix_world, np.float32).tobytes()
        found[key] = hashlib.blake2b(shapes[shape] + matrix, digest_size=16).digest()
    return found


def _points(obj) -> bytes:
    if obj.type != "MESH":
        return b""
    points = np.empty(3 * len(obj.data.vertices), np.float32)
    obj.data.vertices.foreach_get("co", points)
    return hashlib.blake2b(points.tobytes(), digest_size=16).digest()


def _particles(obj) -> bytes:
    """The places of an object's particles, and of the tips of some of its hairs."""
    found = b""
    for system in obj.particle_systems:
        places = np.empty(3 * len(system.particles), np.float32)
        system.particles.foreach_get("location", places)
        found += places.tobytes()
        if system.settings.type == "HAIR":
            count = min(len(system.particles), HAIRS)
            tips = [
                system.co_hair(obj, particle_no=number, step=2**system.settings.render_step) for number in range(count)
            ]
            found += np.array(tips, np.float32).tobytes()
    return found
