"""Removes people with all that only they use; what an artist made stays: actions, and what hangs on the rig."""

from __future__ import annotations

import bpy

from ...procgen.people.belonging import PERSON, is_rig, parts_of
from ...procgen.people.widgets import PREFIX
from . import shot


def remove(rig) -> None:
    """Remove a person: rig, parts, and the data, materials, pictures and node groups that nothing else uses."""
    if shot.has_shot(rig):
        shot.take_back(rig)
    collections = list(rig.users_collection)
    remove_parts([*parts_of(rig), rig])
    drop_widgets()
    for collection in collections:
        if PERSON in collection and not collection.all_objects and not collection.children:
            bpy.data.collections.remove(collection)  # it was made for the person


def drop_widgets() -> None:
    """Remove the shapes of bones that no rig is drawn with any more."""
    unused = [obj for obj in bpy.data.objects if obj.name.startswith(PREFIX) and not obj.users]
    bpy.data.batch_remove([*unused, *(obj.data for obj in unused)])


def remove_parts(objects) -> None:
    """Remove objects of a person; what hangs on them and is none of it stays where it is."""
    from ...procgen.people import edit

    going = set(objects)
    staying = [
        (child, child.matrix_world.copy())
        for obj in going
        for child in obj.children
        if child not in going and (PERSON not in child or is_rig(child))
    ]
    groups = {
        modifier.node_group for obj in going for modifier in obj.modifiers if getattr(modifier, "node_group", None)
    }
    edit.remove(going)
    for child, matrix in staying:
        child.parent = None
        child.matrix_world = matrix
    unused = [group for group in groups if group.users == 0]
    if unused:
        bpy.data.batch_remove(unused)
