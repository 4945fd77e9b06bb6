"""Writes what a node holds besides settings and sockets: colour ramps, curves, mappings, and lists of items."""

from __future__ import annotations

from .errors import TranspileError
from .names import Ref
from .state import LATE, UNKNOWN, collections, curve_points, item_rows, part, parts, plain, settings

# The socket type that makes an item of an attribute type.
SOCKET_OF = {
    "FLOAT": "FLOAT", "INT": "INT", "BOOLEAN": "BOOLEAN", "FLOAT_VECTOR": "VECTOR", "FLOAT_COLOR": "RGBA",
    "QUATERNION": "ROTATION", "FLOAT4X4": "MATRIX", "STRING": "STRING", "FLOAT2": "VECTOR", "BYTE_COLOR": "RGBA",
    "INT8": "INT", "INT16_2D": "INT", "INT32_2D": "INT",
}  # fmt: skip


def write_parts(writer, node, variable: Ref, scratch):
    """Write the colour ramps, curves and mappings of a node."""
    for name in parts(node):
        _write_part(writer, getattr(node, name), Ref(f"{variable.text}.node.{name}", getattr(scratch.node, name)))


def _write_part(writer, original, mine: Ref):
    if part(original) == part(mine.value):
        return
    kind = original.bl_rna.identifier
    changed = {name: value for name, value in settings(original).items() if plain(getattr(mine.value, name)) != value}
    if kind == "ColorRamp":
        stops = [(element.position, plain(element.color)) for element in original.elements]
        writer.call("ramp", mine, *stops, **changed)
        return
    for name, value in changed.items():
        writer.assign(mine, name, writer.wanted(value))
    if kind == "CurveMapping":
        for index, (curve, here) in enumerate(zip(original.curves, mine.value.curves, strict=True)):
            if curve_points(curve) != curve_points(here):
                writer.call("curve", mine, index, *curve_points(curve))
    for name in parts(original):
        _write_part(writer, getattr(original, name), Ref(f"{mine.text}.{name}", getattr(mine.value, name)))


def write_items(writer, node, variable: Ref, scratch):
    """Write the lists of items of a node, from which it makes sockets."""
    for name in collections(node):
        mine, rows = getattr(scratch.node, name), item_rows(getattr(node, name))
        # Blender 5 gives a new bake no item, so that what is usual on 4.5 is written too.
        if rows == item_rows(mine) and not (rows and node.bl_idname == "GeometryNodeBake"):
            continue
        made = _item_arguments(writer, mine, rows)
        writer.write_call("items", Ref(f"{variable.text}.node.{name}", mine), *made)


def _item_arguments(writer, mine, rows: list[dict]) -> list[tuple]:
    takes = [parameter.identifier for parameter in mine.bl_rna.functions["new"].parameters if not parameter.is_output]
    found = []
    mine.clear()
    for row in rows:
        arguments = tuple(row[name] if name in row else SOCKET_OF[row["data_type"]] for name in takes)
        if any(argument is UNKNOWN for argument in arguments):
            raise TranspileError(f"{row.get('name', 'an item')!r} is of a type that this Blender does not know")
        item = mine.new(*arguments)
        more = {name: value for name, value in row.items() if plain(getattr(item, name)) != value}
        more = {name: value for name, value in more.items() if name not in LATE}
        for name, value in more.items():
            setattr(item, name, value)
        found.append((arguments, more))
    return found
