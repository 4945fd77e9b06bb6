"""Makes a person of its own of every copy: of the whole tree or of the rig alone, with data of its own or linked."""

from __future__ import annotations

import bpy

from ...procgen.nodes.modifier_inputs import inputs_of, set_input
from ...procgen.people.belonging import PERSON, claim, is_rig, let_go, parts_of, rigs, spare_copies
from ...procgen.people.transplant import bare
from . import naming, shot
from .person import SPEC
from .shot import PARTS


def copies() -> list[tuple]:
    """The copies of people that share the identity of an older rig: pairs of copy and original."""
    first: dict[str, bpy.types.Object] = {}
    found = []
    for rig in rigs():
        identity = rig.get(PERSON)
        if SPEC not in rig or not identity:
            continue
        if identity in first:
            found.append((rig, first[identity]))
        else:
            first[identity] = rig
    return found


def adopt() -> None:
    """Give people of files that were saved before identities existed theirs."""
    for rig in rigs():
        if SPEC in rig and PERSON not in rig:
            claim(rig, [obj for obj in rig.children_recursive if "class" in obj and not is_rig(obj)])


def settle() -> list:
    """Make people of their own of all copies, and the artist's own of copied single parts; returns those people."""
    adopt()
    made = []
    for rig, original in copies():
        make_own(rig, original)
        made.append(rig)
    for rig in rigs():
        let_go(spare_copies(rig))
    return made


def make_own(rig, original) -> None:
    """Make a person of its own of a copied rig: parts that were not copied with it, identity, data, materials, drivers."""
    identity = rig[PERSON]
    parts = [obj for obj in rig.children_recursive if obj.get(PERSON) == identity and not is_rig(obj)]
    theirs = {obj["place"]: obj for obj in parts_of(original) if "place" in obj}
    mine = {obj["place"]: obj for obj in parts if "place" in obj}
    twin = {original: rig} | {theirs[place]: obj for place, obj in mine.items() if place in theirs}
    for place, obj in theirs.items():
        if place not in mine and obj.get("part_of") not in PARTS:  # a copy brings no second light
            twin[obj] = obj.copy()
            for collection in rig.users_collection:
                collection.objects.link(twin[obj])
    own = [rig, *(obj for obj in twin.values() if obj is not rig)]
    claim(rig, own[1:])
    shot.forget(rig)
    actions = {animation.action for obj in twin for animation in _animations(obj) if animation.action}
    table = dict(twin)
    for old, new in twin.items():
        _own_data(old, new, table)
    _own_materials(own, table)
    for obj in own:
        _point(obj, table)
        for animation in _animations(obj):
            _own_action(animation, actions, table)
    _name(rig, own[1:])


def _own_data(old, new, table: dict) -> None:
    """Give a copied object data that no other object uses; shape keys come along."""
    data = old.data
    if new.data is None or new.data.library is not None:
        return
    if new.data.users > 1:
        new.data = new.data.copy()
    if data is not None and data != new.data:
        table[data] = new.data
        if getattr(data, "shape_keys", None) and getattr(new.data, "shape_keys", None):
            table[data.shape_keys] = new.data.shape_keys


def _own_materials(objects, table: dict) -> None:
    """Copy the materials whose drivers look at the original; all others stay shared until one of the two is edited."""
    for obj in objects:
        for slot in obj.material_slots:
            material = slot.material
            if material is None or material.library is not None or material.node_tree is None:
                continue
            if material not in table:
                animation = material.node_tree.animation_data
                if animation is None or not any(target.id in table for target in _targets(animation)):
                    continue
                table[material] = material.copy()
            slot.material = table[material]


def _animations(obj) -> list:
    """The animation of an object, its data, its shape keys and its materials."""
    trees = [slot.material.node_tree for slot in obj.material_slots if slot.material]
    owners = (obj, obj.data, getattr(obj.data, "shape_keys", None), *trees)
    return [owner.animation_data for owner in owners if owner is not None and owner.animation_data is not None]


def _targets(animation) -> list:
    """All targets of all drivers."""
    return [target for curve in animation.drivers for variable in curve.driver.variables for target in variable.targets]


def _point(obj, table: dict) -> None:
    """Let all that refers to the original refer to the copy: parents, modifiers, constraints, surfaces and drivers."""
    if obj.parent in table:
        inverse = obj.matrix_parent_inverse.copy()
        obj.parent = table[obj.parent]
        obj.matrix_parent_inverse = inverse
    for modifier in obj.modifiers:
        _replace(modifier, table)
        for name, value in inputs_of(modifier).items() if modifier.type == "NODES" else ():
            if isinstance(value, bpy.types.ID) and value in table:
                set_input(modifier, name, table[value])
    for owner in (obj, *(obj.pose.bones if obj.pose else ())):
        for constraint in owner.constraints:
            _replace(constraint, table)
            for target in getattr(constraint, "targets", ()):
                _replace(target, table)
    if obj.type == "CURVES":
        _replace(obj.data, table)
    for animation in _animations(obj):
        for target in _targets(animation):
            if target.id in table:
                target.id = table[target.id]


def _replace(owner, table: dict) -> None:
    """Replace every pointer of a modifier, constraint or curves that is in the table."""
    for prop in owner.bl_rna.properties:
        if prop.type == "POINTER" and not prop.is_readonly:
            value = getattr(owner, prop.identifier)
            if isinstance(value, bpy.types.ID) and value in table:
                setattr(owner, prop.identifier, table[value])


def _own_action(animation, shared: set, table: dict) -> None:
    """Copy an action that the original uses as well: what is keyed on the copy would else move both."""
    action = animation.action
    if action not in shared:
        return
    slot = animation.action_slot.identifier if animation.action_slot else None
    if action not in table:
        table[action] = action.copy()
    animation.action = table[action]
    if slot is not None:
        animation.action_slot = table[action].slots[slot]


def _name(rig, parts) -> None:
    """Call the parts of a copy after its rig, if they were called after the original."""
    for obj in parts:
        if bare(obj.name) == bare(obj.get(naming.GIVEN, "")):
            obj[naming.GIVEN] = obj.name
    naming.follow(rig)
