"""Copies of people: made in four ways, each a person of its own; edited, deleted and taken back without a trace on the other."""

import numpy as np
import pytest
from sidebar_state import state_of as state

from simulacra.procgen.nodes.modifier_inputs import inputs_of

WAYS = [(alone, linked) for alone in (False, True) for linked in (False, True)]


def duplicated(rig, alone: bool, linked: bool):
    """The copy that Shift+D or Alt+D makes of a rig or of its whole tree."""
    import bpy

    bpy.ops.object.select_all(action="DESELECT")
    for obj in (rig, *(() if alone else rig.children_recursive)):
        obj.select_set(True)
    bpy.context.view_layer.objects.active = rig
    assert bpy.ops.object.duplicate(linked=linked) == {"FINISHED"}
    return bpy.context.view_layer.objects.active


@pytest.mark.parametrize("alone, linked", WAYS)
def test_a_copy_is_a_person_of_its_own(ada, sidebar, alone, linked):
    import bpy

    rig = ada
    belonging, watch = sidebar("procgen.people.belonging"), sidebar("people.watch")
    copy = duplicated(rig, alone, linked)
    assert watch.half_done() and watch.attend() == ["Ada.001"] and not watch.half_done()
    parts, own = belonging.parts_of(rig), belonging.parts_of(copy)
    assert len(own) == len(parts) > 10 and not set(own) & set(parts) and copy["person"] != rig["person"]
    assert [obj.name for obj in own] == [obj.name.replace("Ada", "Ada.001", 1) for obj in parts]
    assert not {obj.data for obj in (*own, copy)} & {obj.data for obj in (*parts, rig)}
    assert _referred(own, copy) & {rig, *parts} == set(), "something of the copy looks at the original"
    # Moving a bone of the one moves no part of the other.
    before = state(parts)
    keys = next(obj for obj in own if obj["class"] == "skin").data.shape_keys.key_blocks
    keys["jawOpen"].value = 1.0
    assert next(obj for obj in parts if obj["class"] == "skin").data.shape_keys.key_blocks["jawOpen"].value != 1.0
    assert copy.animation_data.action != rig.animation_data.action
    # Another collection for each part, and none of them for two, changes nothing.
    for index, obj in enumerate(own):
        other = bpy.data.collections.new("Mine")
        other.objects.link(obj)
        if index % 2:
            bpy.context.scene.collection.children.link(other)
    assert belonging.parts_of(copy) == own
    assert state(parts) == before
    # Deleted, the rig takes its parts along, and nothing of the other.
    everything = len(bpy.data.objects)
    bpy.data.objects.remove(copy)
    watch.attend()
    assert len(bpy.data.objects) == everything - 1 - len(own) and state(belonging.parts_of(rig)) == before


def _referred(objects, rig) -> set:
    """The objects that objects point at: parents, modifiers, drivers of any data."""
    found = set()
    for obj in (*objects, rig):
        found |= {obj.parent}
        for modifier in obj.modifiers:
            found |= {getattr(modifier, prop.identifier) for prop in modifier.bl_rna.properties if prop.type == "POINTER"
                      and not prop.is_readonly}  # fmt: skip
            inputs = inputs_of(modifier).values() if modifier.type == "NODES" else ()
            found |= {value for value in inputs if hasattr(value, "session_uid")}
        trees = [slot.material.node_tree for slot in obj.material_slots if slot.material]
        for owner in (obj, obj.data, getattr(obj.data, "shape_keys", None), *trees):
            for curve in owner.animation_data.drivers if owner and owner.animation_data else ():
                for variable in curve.driver.variables:
                    # Keys are told from each other by the mesh that they are of.
                    found |= {getattr(target.id, "user", target.id) for target in variable.targets}
    meshes = {obj.data: obj for obj in __import__("bpy").data.objects if obj.type == "MESH"}
    return {meshes.get(item, item) for item in found}


def test_a_copy_of_a_single_part_is_the_artists(ada, sidebar):
    import bpy

    rig = ada
    belonging, watch = sidebar("procgen.people.belonging"), sidebar("people.watch")
    hair = next(obj for obj in belonging.parts_of(rig) if obj["class"] == "brow")
    parts = belonging.parts_of(rig)
    bpy.ops.object.select_all(action="DESELECT")
    hair.select_set(True)
    bpy.context.view_layer.objects.active = hair
    bpy.ops.object.duplicate()
    copy = bpy.context.object
    watch.attend()
    assert belonging.parts_of(rig) == parts and "part_of" not in copy and copy.parent == rig


def test_a_rename_reaches_the_parts_but_for_those_that_an_artist_named(ada, sidebar):
    rig = ada
    belonging, watch = sidebar("procgen.people.belonging"), sidebar("people.watch")
    parts = belonging.parts_of(rig)
    parts[1].name = "My own"
    rig.name = "Grace"
    assert watch.half_done() == [rig]
    watch.attend()
    assert [obj.name for obj in parts[:2]] == ["Grace Head", "My own"]
    assert all(obj.name.startswith("Grace ") for obj in parts[2:])


def test_what_hangs_on_a_removed_person_stays_where_it_is(ada, sidebar):
    import bpy

    rig = ada
    prop = bpy.data.objects.new("Prop", None)
    bpy.context.scene.collection.objects.link(prop)
    rig.location = (1, 2, 3)
    prop.parent, prop.location = rig, (0, 0, 1)
    bpy.context.view_layer.update()
    actions = set(bpy.data.actions)
    bpy.context.view_layer.objects.active = rig
    assert bpy.ops.simulacra.remove_person() == {"FINISHED"}
    bpy.context.view_layer.update()
    assert tuple(prop.matrix_world.translation) == pytest.approx((1, 2, 4)) and prop.parent is None
    assert set(bpy.data.objects) == {prop} and set(bpy.data.actions) >= actions
    assert np.isfinite(np.array(prop.matrix_world)).all()


def test_copies_and_their_end_are_taken_back_by_undo(ada, sidebar):
    import bpy

    rig = ada
    watch, belonging = sidebar("people.watch"), sidebar("procgen.people.belonging")
    before = state(belonging.parts_of(rig))
    bpy.ops.ed.undo_push(message="before")
    duplicated(rig, True, False)
    watch.attend()
    bpy.ops.ed.undo_push(message="copied")
    assert len(sidebar("people.person").people()) == 2
    bpy.data.objects.remove(bpy.data.objects["Ada"])
    watch.attend()
    bpy.ops.ed.undo_push(message="deleted")
    assert [rig.name for rig in sidebar("people.person").people()] == ["Ada.001"]
    bpy.ops.ed.undo()
    watch.attend()
    both = sidebar("people.person").people()
    assert len(both) == 2 and state(belonging.parts_of(bpy.data.objects["Ada"])) == before and not watch.half_done()
    bpy.ops.ed.undo()
    watch.attend()
    assert [rig.name for rig in sidebar("people.person").people()] == ["Ada"]
    assert state(belonging.parts_of(bpy.data.objects["Ada"])) == before
