"""Plays simulations that are not baked from their own start, so that every look at a frame sees one state (needs bpy)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

import bpy
import numpy as np

from ..errors import BadInput
from .instances import evaluate
from .label_nodes import name_of
from .scene_file import plain_text

POINTS, HAIRS = 4096, 64  # of a mesh and of a particle system that tell its state
HAIR = "hair dynamics"
ROUNDING = 1e-5  # share of the size by which a state may differ from itself
# How each kind is baked by hand.
BY_HAND = {
    "fluid": "Physics, Fluid, Cache, Bake All", "rigid body world": "Scene, Rigid Body World, Cache, Bake",
    "simulation nodes": "Physics, Simulation Nodes, Bake",
}  # fmt: skip


def settle_simulations(scene, layer, frames: range, motion: bool = False) -> Settled | None:
    """Play every simulation once, in order, and keep its frames in memory; None where there is no simulation.

    What the viewport leaves out takes part as a render would show it. Raises BadInput where the frames, looked at in another
    order, are not the same, as then picture and labels would show different states; and where ``motion`` is asked for of
    simulated hair, whose state changes whenever Cycles looks at a neighbouring frame.
    """
    found = simulations(scene)
    if not found:
        return None
    for name, kind, _ in found:
        if motion and kind == HAIR:
            raise BadInput(
                f"labels: {plain_text(name)} has {HAIR}, of which there is no flow and occlusion; name other labels"
            )
    _as_rendered(scene, layer)
    _bake_points([cache for _, _, cache in found if cache and not cache.is_baked], frames[-1])
    settled = Settled(scene, found, frames)
    settled.hold(reversed(frames))
    return settled


class Settled:
    """The states of simulated frames as a playback finds them, against which every later look at them is held."""

    def __init__(self, scene, found: list[tuple], frames: range):
        self.scene, self.frames = scene, frames
        self.how = {name: f"bake its {kind} ({BY_HAND.get(kind, 'Physics, Cache, Bake')})" for name, kind, _ in found}
        self.nodes = any(kind == "simulation nodes" for _, kind, _ in found)
        caches = [cache.frame_start for _, _, cache in found if cache]
        self.start = min([scene.frame_start, *caches, frames[0]])
        self.states = self.play()
        self.hold(frames)

    def play(self) -> dict[int, dict[tuple, np.ndarray]]:
        """Play from the simulations' start, once and in order; the states of the frames that are looked at.

        Blender keeps them in memory, those of geometry nodes with the materials that they have now.
        """
        found = {}
        for frame in range(self.start, self.frames[-1] + 1):
            self.scene.frame_set(frame)
            if frame in self.frames:
                found[frame] = _look(bpy.context.evaluated_depsgraph_get(), self.how)
        return found

    def replay(self) -> None:
        """Play again where what was kept has become old: zones keep the materials of their geometry."""
        if self.nodes:
            self.play()

    def hold(self, frames: Iterable[int]) -> None:
        """Look at the frames as a render does, in this order; raises BadInput where one is not what was played."""
        looked = evaluate(self.scene, frames, lambda depsgraph: _look(depsgraph, self.how))
        for frame, state in looked.items():
            played = self.states[frame]
            for key in state:
                name = next(name for name in (key[0], key[2]) if name in self.how)
                if not _same(played.get(key), state[key]):
                    raise BadInput(f"simulation: {plain_text(name)} is not in one state whenever frame {frame} is looked at; "
                                   f"{self.how[name]} and save the file")  # fmt: skip


def simulations(scene) -> list[tuple[str, str, object]]:
    """What simulates: the name of an object, the kind, and its point cache where it has one."""
    found = []
    for obj in bpy.data.objects:
        for modifier in obj.modifiers:
            found += [(obj.name, kind, cache) for kind, cache in _caches(modifier)]
    world = scene.rigidbody_world
    if world and world.enabled and world.collection:
        found += [(obj.name, "rigid body world", world.point_cache) for obj in world.collection.objects]
    return found


def _caches(modifier):
    kind = modifier.type
    if kind in ("CLOTH", "SOFT_BODY"):
        yield kind.lower().replace("_", " "), modifier.point_cache
    elif kind == "PARTICLE_SYSTEM":
        system = modifier.particle_system
        if system.settings.type != "HAIR":
            yield "particle system", system.point_cache
        elif system.use_hair_dynamics:
            yield HAIR, system.point_cache
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
    for obj in bpy.data.objects:  # also those that are only instanced
        _set(obj, "hide_viewport", obj.hide_render)
        with contextlib.suppress(RuntimeError):  # one that the view layer does not hold
            obj.hide_set(False, view_layer=layer)
        for modifier in obj.modifiers:
            _set(modifier, "show_viewport", modifier.show_render)
            if modifier.type in ("SUBSURF", "MULTIRES"):
                _set(modifier, "levels", modifier.render_levels)
    for settings in bpy.data.particles:
        _set(settings, "display_percentage", 100)
        _set(settings, "display_step", settings.render_step)


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


def _same(one: np.ndarray | None, other: np.ndarray) -> bool:
    """Whether two states are one: nothing is moved by more than rounding."""
    size = max(1.0, float(np.abs(other).max(initial=0.0)))
    return (
        one is not None
        and one.shape == other.shape
        and np.allclose(one, other, rtol=0, atol=ROUNDING * size, equal_nan=True)
    )


def _look(depsgraph, names) -> dict[tuple, np.ndarray]:
    """The states of the things of these objects: their matrix and some of their points and particles, (n, 3)."""
    found, shapes = {}, {}
    for instance in depsgraph.object_instances:
        obj, parent = instance.object, instance.parent
        if obj.name not in names and (parent is None or parent.name not in names):
            continue
        key = (*name_of(obj), *(name_of(parent) if parent else ("", "")), *instance.persistent_id)
        shape = obj.original.as_pointer(), obj.data.as_pointer() if obj.data else 0
        if shape not in shapes:
            shapes[shape] = np.concatenate([_points(obj), *_particles(obj)])
        matrix = np.array(instance.matrix_world, np.float32)[:3].T
        found[key] = np.concatenate([matrix, shapes[shape]])
    return found


def _points(obj) -> np.ndarray:
    if obj.type != "MESH":
        return np.zeros((0, 3), np.float32)
    points = np.empty(3 * len(obj.data.vertices), np.float32)
    obj.data.vertices.foreach_get("co", points)
    return np.concatenate([[(len(points), 0, 0)], points.reshape(-1, 3)[:: len(points) // (3 * POINTS) + 1]]).astype(
        np.float32
    )


def _particles(obj):
    """The places of an object's particles, NaN of those that are not shown, and of the tips of some of its hairs."""
    for system in obj.particle_systems:
        places = np.empty((len(system.particles), 3), np.float32)
        system.particles.foreach_get("location", places.ravel())
        if system.settings.type != "HAIR":
            states = np.empty(len(places), np.int32)
            system.particles.foreach_get("alive_state", states)
            shown = {"UNBORN": system.settings.show_unborn, "DEAD": system.settings.use_dead}
            kinds = bpy.types.Particle.bl_rna.properties["alive_state"].enum_items
            places[np.isin(states, [kinds[name].value for name, is_shown in shown.items() if not is_shown])] = np.nan
        yield places[:: len(places) // POINTS + 1]
        if system.settings.type == "HAIR" and len(system.particles):
            step = 2**system.settings.render_step
            chosen = range(0, len(system.particles), len(system.particles) // HAIRS + 1)
            yield np.array([system.co_hair(obj, particle_no=number, step=step) for number in chosen], np.float32)
