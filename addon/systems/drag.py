"""Handles on a thing that a trained system made: two empties each, and the operator that pulls the surface from one to the other."""

import json
import math
import zlib

import bpy
from bpy.app.translations import pgettext_tip as tip_
from mathutils import Vector

from ..datasets.render import Follows
from ..errors import expect, reported
from ..importing.avatars import replace_by
from ..preferences import caller, user_path
from ..worker import jobs
from .made import made_by, thing_at_hand
from .operators import missing, push_undo, startable

HANDLE, TARGET = "model_handle", "model_target"  # properties of the empties
STEP = 0.15  # of the thing's largest extent: how far before the surface a new target stands
MOST = 64  # handles of one thing


class DragError(ValueError):
    """What keeps a thing from being pulled, in one line."""


expect(DragError)


def pairs(thing: bpy.types.Object) -> list[tuple[bpy.types.Object, bpy.types.Object]]:
    """The handles of a thing with their targets, by name."""
    handles = sorted((obj for obj in thing.children if HANDLE in obj), key=lambda obj: obj.name)
    return [(handle, target) for handle in handles for target in handle.children if TARGET in target]


def drags(thing: bpy.types.Object) -> list[str]:
    """The arguments of --drag: places of handles and targets in metres, as the thing was made."""
    back = thing.matrix_world.inverted_safe()
    found = []
    for pair in pairs(thing):
        places = [back @ obj.matrix_world.translation for obj in pair]
        if not all(math.isfinite(value) for place in places for value in place):
            raise DragError(f"{pair[0].name}: lies nowhere; allowed are places in the thing's box")
        found.append(":".join(",".join(f"{value:.6f}" for value in place) for place in places))
    return found


def unready(context) -> str:
    """What is missing to pull, as one line; "" if nothing."""
    thing = thing_at_hand(context)
    if thing is None:
        return tip_("Select a thing that GET3D has made here")
    if not pairs(thing):
        return tip_("Add handles to the thing first")
    return missing()


class SIMULACRA_OT_add_handles(bpy.types.Operator):
    """Add a handle where the thing is nearest to the 3D cursor, and a target before it: move both, then pull"""

    bl_idname = "simulacra.add_handles"
    bl_label = "Add Handles"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        """A thing that can be pulled must be selected."""
        if thing_at_hand(context) is None:
            cls.poll_message_set(tip_("Select a thing that GET3D has made here"))
            return False
        return True

    @reported
    def execute(self, context):
        """Make both empties; the target is the one that is selected."""
        thing = thing_at_hand(context)
        if len(pairs(thing)) >= MOST:
            raise DragError(f"{thing.name}: has {MOST} handles, which are all that are allowed")
        cursor = thing.matrix_world.inverted_safe() @ context.scene.cursor.location
        found, place, normal, _ = thing.closest_point_on_mesh(cursor)
        if not found:
            raise DragError(f"{thing.name}: has no surface to take hold of")
        extent = max((Vector(thing.bound_box[6]) - Vector(thing.bound_box[0]))[:])
        handle = _empty("Handle", HANDLE, "SPHERE", extent * 0.03, thing, place)
        target = _empty("Target", TARGET, "PLAIN_AXES", extent * 0.06, handle, normal * extent * STEP)
        for obj in context.selected_objects:
            obj.select_set(False)
        target.select_set(True)
        context.view_layer.objects.active = target
        return {"FINISHED"}


def _empty(name: str, mark: str, shape: str, size: float, parent: bpy.types.Object, place: Vector) -> bpy.types.Object:
    """An empty at a place of its parent, in the collections of that."""
    obj = bpy.data.objects.new(name, None)
    obj[mark], obj.parent, obj.location = True, parent, place
    obj.empty_display_type, obj.empty_display_size, obj.show_in_front = shape, size, True
    for collection in parent.users_collection:
        collection.objects.link(obj)
    return obj


class SIMULACRA_OT_pull_thing(Follows, bpy.types.Operator):
    """Let the system make the thing again with what is at its handles pulled to their targets, in place of the mesh"""

    bl_idname = "simulacra.pull_thing"
    bl_label = "Pull"

    @classmethod
    def poll(cls, context):
        """There must be handles, a worker that can, and no other thing in the making."""
        return startable(cls, unready(context))

    @reported
    def execute(self, context):
        """Start the worker; the mesh is replaced when it has ended."""
        thing = thing_at_hand(context)
        made = made_by(thing)
        words = ["generate", made["system"], *([bpy.path.abspath(made["run"])] if made["run"] else [])]
        words += ["--seed", str(made["seed"]), *(f"--drag={text}" for text in drags(thing)), "--no-turntable", "--json"]
        mark = zlib.crc32(json.dumps(words).encode()) & 0xFFFFFFFF
        out = user_path("avatars") / f"{made['system']}_{made['seed']}_{mark:08x}.glb"
        uid = thing.session_uid  # what an undo meanwhile leaves as it is, unlike where the object lies in memory

        def arrive(job):
            if job.state != "finished":
                return
            before = next((obj for obj in bpy.data.objects if obj.session_uid == uid), None)
            if before is None:
                job.fail(tip_("The thing is gone; nothing was replaced"))
                return
            try:
                _replace(before, out)
            except RuntimeError as error:  # an operator's report
                job.fail(str(error).removeprefix("Error: ").strip())
                return
            push_undo("the pulled thing")

        jobs.start("model", f"{made['system']} {made['seed']}", [caller()([*words, "--out", str(out)])], arrive)
        return self.follow("model")


def _replace(thing: bpy.types.Object, path) -> None:
    """Give a thing the mesh of a file; where it is, what was done to it, its handles and what is selected stay."""
    layer = bpy.context.view_layer
    active, selected = layer.objects.active, list(layer.objects.selected)
    before = set(bpy.data.objects)
    bpy.ops.simulacra.import_mesh(filepath=str(path))
    new = [obj for obj in bpy.data.objects if obj not in before]
    replace_by(thing, next(obj for obj in new if obj.type == "MESH"))
    for obj in [obj for obj in bpy.data.objects if obj not in before]:  # what the file has around its mesh
        bpy.data.objects.remove(obj)
    for obj in selected:
        obj.select_set(True)
    layer.objects.active = active


CLASSES = (SIMULACRA_OT_add_handles, SIMULACRA_OT_pull_thing)
