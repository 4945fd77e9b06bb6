"""Puts what was built anew into the objects that are there, so that all an artist did to them stays.

The object keeps its name, collections, constraints, animation and the modifiers that were added by hand. It takes over the
new points, the settings that the new build would have given it, and the new materials but for those edited by hand.
"""

from __future__ import annotations

import hashlib
import json
import re

import bpy
from mathutils import Matrix

from ..nodes.modifier_inputs import inputs_of, set_input

ROLE = "role"  # property of a part: what it is called without its person, which no other part of the person is
OWN = "own"  # property of a part: the settings of the modifiers that its build gave it, and where it put it, as JSON
BUILT = "built"  # property of a material: the fingerprint of its nodes as they were built
SKIPPED = {"rna_type", "name", "type", "execution_time", "persistent_uid", "is_active", "show_expanded", "use_pin_to_last",
           "is_override_data", "session_uid"}  # fmt: skip
UNSEEN = {"location", "location_absolute", "width", "height", "dimensions", "select", "show_options", "show_preview", "show_texture",
          "hide", "label", "color", "use_custom_color", "warning_propagation", "color_tag", "bl_icon", "bl_label", "bl_description"}  # fmt: skip


def bare(name: str) -> str:
    """A name without the number that Blender adds where it is taken."""
    return re.sub(r"\.\d{3,}$", "", name)


# -- what a build left, remembered ----------------------------------------------------------------------------------------


def remember(objects) -> None:
    """Note on parts that were just built what their build gave them: role, modifiers, place, materials."""
    taken = {obj[ROLE] for obj in objects if ROLE in obj}
    for obj in objects:
        if ROLE not in obj:
            obj[ROLE] = _free(bare(obj.name), taken)
            taken.add(obj[ROLE])
            obj[OWN] = json.dumps(_given(obj))
            remember_materials(slot.material for slot in obj.material_slots)


def remember_materials(materials) -> None:
    """Note on materials that were just built what their nodes say."""
    for material in materials:
        if material is not None and BUILT not in material:
            material[BUILT] = fingerprint(material)


def _free(role: str, taken: set[str]) -> str:
    """A role that no other part of the person has: Button, Button 2, Button 3."""
    number, found = 1, role
    while found in taken:
        number += 1
        found = f"{role} {number}"
    return found


def _given(obj) -> dict:
    matrix = [round(value, 6) for row in obj.matrix_basis for value in row]
    return {"matrix": matrix, "modifiers": {modifier.name: _settings(modifier) for modifier in obj.modifiers}}


def _settings(owner) -> dict:
    """The plain settings of a modifier by name; arrays as lists, numbers rounded to what single precision keeps."""
    found = {}
    for prop in owner.bl_rna.properties:
        if prop.identifier in SKIPPED or prop.is_readonly or prop.type in ("POINTER", "COLLECTION"):
            continue
        value = getattr(owner, prop.identifier)
        if getattr(prop, "is_array", False):
            value = [_plain(number) for number in value]
        elif isinstance(value, set):
            value = sorted(value)
        found[prop.identifier] = _plain(value)
    return found


def _plain(value):
    return float(f"{value:.6g}") if isinstance(value, float) else value


def fingerprint(material) -> str:
    """A short name of all that a material's nodes say, but for where they lie."""
    rows: list = []
    tree = material.node_tree
    if tree is not None:
        for node in tree.nodes:
            plain = {name: value for name, value in _settings(node).items() if name not in UNSEEN}
            # A picture that takes its predecessor's place takes its name, too.
            pointers = [bare(item.name) for prop in node.bl_rna.properties if prop.type == "POINTER" and prop.identifier not in ("parent", "rna_type")
                        for item in [getattr(node, prop.identifier)] if isinstance(item, bpy.types.ID)]  # fmt: skip
            values = [_value(socket) for socket in node.inputs]
            ramp = getattr(node, "color_ramp", None)
            if ramp is not None:
                values += [[_plain(stop.position), *map(_plain, stop.color)] for stop in ramp.elements]
            rows.append([node.bl_idname, node.name, sorted(plain.items()), pointers, values])
        rows += sorted([link.from_node.name, link.from_socket.identifier, link.to_node.name, link.to_socket.identifier]
                       for link in tree.links)  # fmt: skip
    return hashlib.sha256(json.dumps(rows, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _value(socket):
    value = getattr(socket, "default_value", None)
    if hasattr(value, "__len__") and not isinstance(value, str):
        return [_plain(float(number)) for number in value]
    return _plain(value) if isinstance(value, int | float | str | bool) else getattr(value, "name", None)


def is_by_hand(material) -> bool:
    """Whether a material is an artist's own, or was changed since it was built."""
    return BUILT not in material or material[BUILT] != fingerprint(material)


# -- what is there takes over what is new ---------------------------------------------------------------------------------


def take_over(old: list, new: list) -> tuple[list, list, list]:
    """Put parts that were built anew into those that are there.

    Returns the parts that a person has now (in the order of the build), the objects to be removed, and the materials that
    were edited by hand and stay.
    """
    remember(new)
    there = {obj[ROLE]: obj for obj in old if ROLE in obj}
    now, kept, spare = [], [], []
    for obj in new:
        before = there.pop(obj[ROLE], None)
        if before is None:
            now.append(obj)
            continue
        kept += keep_materials(before, obj)
        if before.type == obj.type:
            _become(before, obj)
            now.append(before)
            spare.append(obj)
            for collection in list(obj.users_collection):
                collection.objects.unlink(obj)
            obj.user_remap(before)  # what was built after it may look at it
        else:  # strands became a mesh, or the other way round
            _add_modifiers_of_artist(before, obj)
            now.append(obj)
            spare.append(before)
    return now, [*there.values(), *spare, *(obj for obj in old if ROLE not in obj)], kept


def keep_materials(before, obj) -> list:
    """Give a new part the materials of the old one that were edited by hand; returns them."""
    kept = []
    for index, slot in enumerate(before.material_slots):
        if slot.material is not None and index < len(obj.material_slots) and is_by_hand(slot.material):
            obj.material_slots[index].material = slot.material
            kept.append(slot.material)
    return kept


def _become(before, obj) -> None:
    """Give an old object the points, materials, settings and place of a new one of its role."""
    given, now = json.loads(before.get(OWN, "{}")), json.loads(obj[OWN])
    name, old_data = before.data.name if before.data else "", before.data
    _carry_actions(before, obj)
    before.data = obj.data
    if old_data is not None and old_data.users == 0:
        bpy.data.batch_remove([old_data])
        before.data.name = name
    _take_modifiers(before, obj, given.get("modifiers", {}), now["modifiers"])
    moved = Matrix.Identity(4)
    if given:
        was = given["matrix"]
        moved = Matrix([was[row : row + 4] for row in range(0, 16, 4)]).inverted_safe() @ before.matrix_basis
    if before.parent == obj.parent or before.parent is None or obj.parent is None:
        before.parent, before.parent_type, before.parent_bone = obj.parent, obj.parent_type, obj.parent_bone
        before.matrix_parent_inverse = obj.matrix_parent_inverse
    before.matrix_basis = obj.matrix_basis @ (moved if _is_moved(moved) else Matrix.Identity(4))
    for key, value in obj.items():
        if key != "simulacra":  # the sliders' own
            before[key] = value


def _is_moved(matrix) -> bool:
    """Whether an artist moved a part from where its build had put it."""
    one = Matrix.Identity(4)
    return max(abs(matrix[row][column] - one[row][column]) for row in range(4) for column in range(4)) > 2e-5


def _carry_actions(before, obj) -> None:
    """Let the new shape keys play what the old ones played."""
    keys, new_keys = (getattr(item.data, "shape_keys", None) for item in (before, obj))
    if keys is None or new_keys is None or keys.animation_data is None or keys.animation_data.action is None:
        return
    animation = new_keys.animation_data or new_keys.animation_data_create()
    slot = keys.animation_data.action_slot
    animation.action = keys.animation_data.action
    if slot is not None:
        animation.action_slot = slot


def _take_modifiers(before, obj, given: dict, now: dict) -> None:
    """Bring the modifiers that the build gives up to date; those of the artist stay where they are among them."""
    for name in given:
        if name not in now and name in before.modifiers:
            before.modifiers.remove(before.modifiers[name])
    place = 0
    for modifier in obj.modifiers:
        mine = before.modifiers.get(modifier.name)
        if mine is None or mine.type != modifier.type:
            if modifier.name in given:
                continue  # the artist took it away
            mine = before.modifiers.new(modifier.name, modifier.type)
            before.modifiers.move(len(before.modifiers) - 1, min(place, len(before.modifiers) - 1))
            _copy_settings(modifier, mine, {})
        else:
            _copy_settings(modifier, mine, given.get(modifier.name, {}))
        place = before.modifiers.find(mine.name) + 1


def _copy_settings(source, target, given: dict) -> None:
    """Copy a modifier's settings, but for those that the build gave before just as now: an artist may have changed them."""
    for name, value in _settings(source).items():
        if name not in given or given[name] != value:
            setattr(target, name, getattr(source, name))
    for prop in source.bl_rna.properties:
        if prop.type == "POINTER" and not prop.is_readonly and prop.identifier not in SKIPPED:
            setattr(target, prop.identifier, getattr(source, prop.identifier))
    if source.type == "NODES":
        for name, value in inputs_of(source).items():
            set_input(target, name, value)


def _add_modifiers_of_artist(before, obj) -> None:
    """Give a part of another type the modifiers that an artist added to the old one, where they fit it."""
    given = json.loads(before.get(OWN, "{}")).get("modifiers", {})
    for modifier in before.modifiers:
        if modifier.name not in given:
            try:
                mine = obj.modifiers.new(modifier.name, modifier.type)
            except (RuntimeError, TypeError):
                continue
            if mine is not None:
                _copy_settings(modifier, mine, {})
