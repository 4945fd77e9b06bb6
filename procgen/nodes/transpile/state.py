"""What there is to say of a node tree: every setting of a node, socket, interface item or data-block as plain values."""

from __future__ import annotations

import bpy

SIMPLE = {"BOOLEAN", "INT", "FLOAT", "STRING", "ENUM"}
# Parts of a node that hold settings of their own.
PARTS = {"TexMapping", "ColorMapping", "ColorRamp", "CurveMapping", "ImageUser"}
# What is drawn or computed, or is the editor's memory of what was last selected.
PASSING = frozenset({
    "rna_type", "type", "name", "location", "select", "active_index", "active_input_index",
    "active_output_index", "active_generation_index", "active_main_index", "active_item", "inspection_index",
    "ui_shortcut", "bytecode", "bytecode_hash", "frame_current", "parent", "paired_output",
})  # fmt: skip
# Another name for what is stored as something else, and the size of what has none.
ALIASES = {("ShaderNodeOutputLineStyle", "target"), ("NodeReroute", "width"), ("NodeReroute", "height")}
LATE = {"auto_remove"}  # of items: they go away while nothing is linked to them
# Sockets of these nodes keep the node's own value among the outputs.
KEEPS_OUTPUT = {"ShaderNodeValue", "ShaderNodeRGB", "ShaderNodeNormal"}
OF_NODE = {prop.identifier for prop in bpy.types.Node.bl_rna.properties}
# Of a material or world, what is not its own setting: identity, and what only a viewport shows.
OF_ID = {prop.identifier for prop in bpy.types.ID.bl_rna.properties} | {
    "use_nodes", "paint_active_slot", "paint_clone_slot", "is_grease_pencil", "use_preview_world", "preview_render_type",
    "use_screen_refraction", "view_center", "bl_use_group_interface", "blend_method",
}  # fmt: skip


class Unknown:
    """A choice of another release, which this one reads as nothing: it can be neither told nor set, so any value will do."""

    def __eq__(self, other):
        return True

    __hash__ = None


UNKNOWN = Unknown()


def plain(value):
    """A value of Blender's as a number, text, tuple, set or data-block."""
    if isinstance(value, bool | int | float | str | set | None) or isinstance(value, bpy.types.ID):
        return frozenset(value) if isinstance(value, set) else value
    return tuple(plain(item) for item in value)


def settings(struct, skipped=PASSING) -> dict:
    """The settings of a Blender struct by name, in declared order; data-blocks stand as themselves."""
    kind = struct.bl_rna.identifier, frozenset(skipped)
    if kind not in _NAMES:
        _NAMES[kind] = tuple(_setting_names(struct, skipped))
    found = {name: plain(getattr(struct, name)) for name in _NAMES[kind]}
    return {name: UNKNOWN if value == "" and _is_choice(struct, name) else value for name, value in found.items()}


def unknown(struct) -> list[str]:
    """The names of the settings that hold a choice of another release."""
    return [name for name, value in settings(struct).items() if value is UNKNOWN]


def _is_choice(struct, name: str) -> bool:
    return struct.bl_rna.properties[name].type == "ENUM"


_NAMES: dict[tuple, tuple[str, ...]] = {}


def _setting_names(struct, skipped):
    for prop in struct.bl_rna.properties:
        name = prop.identifier
        passed = name in skipped or name.startswith("bl_") or (struct.bl_rna.identifier, name) in ALIASES
        if passed or prop.is_readonly:
            continue
        if prop.type in SIMPLE or (prop.type == "POINTER" and is_id(prop)):
            yield name


def is_id(prop) -> bool:
    """Whether a pointer property holds a data-block."""
    kind = prop.fixed_type
    while kind:
        if kind.identifier == "ID":
            return True
        kind = kind.base
    return False


def parts(struct) -> list[str]:
    """The names of the parts of a node that hold settings of their own."""
    return [
        prop.identifier
        for prop in struct.bl_rna.properties
        if prop.type == "POINTER" and prop.is_readonly and prop.fixed_type.identifier in PARTS
    ]


def collections(node) -> list[str]:
    """The names of a node's item lists that can be changed."""
    return [
        prop.identifier
        for prop in node.bl_rna.properties
        if prop.type == "COLLECTION"
        and prop.identifier not in OF_NODE
        and hasattr(getattr(node, prop.identifier), "new")
    ]


def part(struct) -> dict:
    """Settings of a part of a node with all below it."""
    found = settings(struct)
    if struct.bl_rna.identifier == "ColorRamp":
        found["stops"] = [(element.position, plain(element.color)) for element in struct.elements]
    if struct.bl_rna.identifier == "CurveMapping":
        found["curves"] = [curve_points(curve) for curve in struct.curves]
    return found | {name: part(getattr(struct, name)) for name in parts(struct)}


def curve_points(curve) -> list[tuple]:
    """The points of a curve: x, y and type of handle."""
    return [(*plain(point.location), point.handle_type) for point in curve.points]


def item_rows(collection) -> list[dict]:
    """The items of a node's list, each as its settings and its name."""
    return [({"name": item.name} if hasattr(item, "name") else {}) | settings(item) for item in collection]


def links_into(tree) -> dict[int, list]:
    """The links of each input by its pointer, in the order in which a multi-input takes them."""
    found: dict[int, list] = {}
    for link in tree.links:
        found.setdefault(link.to_socket.as_pointer(), []).append(link)
    for links in found.values():
        links.sort(key=lambda link: -link.multi_input_sort_id)
    return found


def driven(tree, into: dict[int, list] | None = None) -> set[int]:
    """Pointers of the inputs to which a link surely brings a value, so that their own says nothing."""
    into = links_into(tree) if into is None else into

    def drives(link) -> bool:
        seen = set()
        while not (link.is_muted or not link.is_valid or link.from_node.mute or not link.from_socket.enabled):
            if link.from_node.bl_idname != "NodeReroute":
                return True
            before = into.get(link.from_node.inputs[0].as_pointer())
            if not before or link.from_node.name in seen:
                return False
            seen.add(link.from_node.name)
            link = before[0]
        return False

    return {pointer for pointer, links in into.items() if any(drives(link) for link in links)}
