"""A canonical description of a node tree with all that is in it: two trees are the same if theirs are equal."""

from __future__ import annotations

import bpy

from .state import (
    KEEPS_OUTPUT,
    OF_ID,
    PASSING,
    collections,
    driven,
    item_rows,
    links_into,
    part,
    parts,
    plain,
    settings,
)

SOCKET = ("name", "bl_idname", "type", "enabled", "hide_value", "show_expanded", "pin_gizmo", "is_multi_input",
          "link_limit", "description")  # fmt: skip


class Place(tuple):
    """A place on the page of a node editor, which is the same within a hundredth."""

    def __eq__(self, other):
        return all(abs(x - y) <= 0.01 + 1e-6 * abs(x) for x, y in zip(self, other, strict=True))

    __hash__ = None


def dump(tree, names: dict | None = None) -> dict:
    """A tree as plain values.

    Data-blocks stand as their kind and name; ``names`` maps those which stand for another (a group rebuilt under another name).
    """
    names = names if names is not None else {}
    into = links_into(tree)
    deaf = driven(tree, into)
    return {
        "kind": tree.bl_idname,
        "settings": json_value(settings(tree, skipped=OF_ID), names),
        "interface": [_interface_item(item, names) for item in tree.interface.items_tree],
        "nodes": {node.name: _node(node, names, deaf) for node in tree.nodes},
        "links": _links(tree, into),
    }


def json_value(value, names: dict):
    """A setting as JSON has it: data-blocks by kind and name, sets as lists."""
    if isinstance(value, dict):
        return {key: json_value(item, names) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item, names) for item in value]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, bpy.types.ID):
        return f"{value.id_type} {names.get(value, value.name)}"
    return value


def _interface_item(item, names) -> dict:
    found = {"item": item.item_type, "name": item.name, "panel": item.parent.name if item.parent.index >= 0 else None}
    if item.item_type == "SOCKET":
        found["in_out"] = item.in_out
    return found | json_value(settings(item), names)


def _node(node, names, deaf) -> dict:
    found = {
        "kind": node.bl_idname,
        "settings": json_value(settings(node, PASSING | {"location_absolute"}), names),
        "at": Place(node.location_absolute),
        "frame": node.parent.name if node.parent else None,
        "parts": {name: json_value(part(getattr(node, name)), names) for name in parts(node)},
        "items": {name: json_value(item_rows(getattr(node, name)), names) for name in collections(node)},
        "inputs": [_socket(socket, names, socket.as_pointer() not in deaf) for socket in node.inputs],
        "outputs": [_socket(socket, names, node.bl_idname in KEEPS_OUTPUT) for socket in node.outputs],
        "panels": [state.is_collapsed for state in getattr(node, "panel_states", ())],
    }
    if hasattr(node, "paired_output"):
        found["pair"] = node.paired_output.name if node.paired_output else None
    return found


def _socket(socket, names, with_value: bool) -> dict:
    found = {name: getattr(socket, name) for name in SOCKET if hasattr(socket, name)}
    found["hide"] = socket.hide and socket.enabled
    if with_value and socket.enabled and hasattr(socket, "default_value"):
        found["value"] = json_value(plain(socket.default_value), names)
    return found


def _links(tree, into) -> list[tuple]:
    places = {}
    for node in tree.nodes:
        for side in (node.inputs, node.outputs):
            places |= {socket.as_pointer(): (node.name, place) for place, socket in enumerate(side)}
    found = [
        (*places[target], *places[link.from_socket.as_pointer()], link.is_muted)
        for target, links in into.items()
        for link in links
    ]
    # Stable: links of one input stay in their order.
    return sorted(found, key=lambda link: link[:2])


def differences(one, other, path: str = "") -> list[str]:
    """Where two descriptions differ, as readable lines."""
    if isinstance(one, dict) and isinstance(other, dict):
        found = []
        for key in [*one, *(key for key in other if key not in one)]:
            if key not in one or key not in other:
                found.append(f"{path}{key}: {'is missing' if key in one else 'is new'}")
            else:
                found += differences(one[key], other[key], f"{path}{key} › ")
        return found
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [
            line
            for place, pair in enumerate(zip(one, other, strict=True))
            for line in differences(*pair, f"{path}{place} › ")
        ]
    return (
        []
        if one == other or (one != one and other != other)
        else [f"{path.removesuffix(' › ')}: {one!r} became {other!r}"]
    )
