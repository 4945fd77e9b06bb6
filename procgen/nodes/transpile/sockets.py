"""Writes the sockets of a node: values, links, and what of them is hidden."""

from __future__ import annotations

import bpy

from . import runtime
from .errors import TranspileError
from .labels import OWN_VALUE
from .names import Ref, literal, value_of
from .state import KEEPS_OUTPUT, collections, plain

SOCKET_FLAGS = ("show_expanded", "pin_gizmo")


def wire(writer, node):
    """Write the inputs of a node: into the line that makes it where that is the last one."""
    variable, scratch = writer.made[node.name]
    values, linked = {}, {}
    for index, socket in enumerate(node.inputs):
        value = changed_value(writer, node, index)
        if value is not None:
            values[index] = value
        if socket.as_pointer() in writer.into:
            links = sources(writer, socket)
            if links is None:
                writer.late.append((node, index))
            elif index in values:
                linked[index] = links
            else:
                values[index] = links
    put_inputs(writer, node, values)
    if linked:
        put_inputs(writer, node, linked)
    _write_flags(writer, node, variable, scratch)


def changed_value(writer, node, index: int):
    """The value of an input that has to be set; it is, or will be once its choices are known."""
    socket, mine = node.inputs[index], _input(writer, node, index)
    forced = writer.draws.text(node, index)
    if mine is None or not hasattr(socket, "default_value"):
        return None
    if not forced and (not socket.enabled or socket.as_pointer() in writer.driven):
        return None
    aim = writer.wanted(plain(socket.default_value))
    if plain(mine.default_value) == value_of(aim) and not forced:
        return None
    try:
        mine.default_value = value_of(aim)
    except (TypeError, ValueError, AttributeError):
        return None
    return Ref(forced) if forced else aim


def _input(writer, node, index: int):
    mine = writer.made[node.name][1].node.inputs
    return mine[index] if index < len(mine) else None


def sources(writer, socket):
    """What comes into an input, as expressions; None where some of it is not made yet."""
    found = []
    for link in writer.into[socket.as_pointer()]:
        if link.from_node.name not in writer.made:
            return None
        found.append(_output(writer, link.from_node, link.from_socket))
    return found if len(found) > 1 or socket.is_multi_input else found[0]


def _output(writer, node, socket) -> Ref:
    variable, scratch = writer.variable(node), writer.made[node.name][1]
    index = next(place for place, other in enumerate(node.outputs) if other == socket)
    if index >= len(scratch.node.outputs):
        raise TranspileError(f"node {node.name!r} ({node.bl_idname}): its output {socket.name!r} cannot be rebuilt")
    mine = scratch.node.outputs[index]
    if len(scratch.node.outputs) == 1:
        return Ref(variable.text, mine)
    return Ref(f"{variable.text}[{literal(key(scratch.node.outputs, index))}]", mine)


def put_inputs(writer, node, values: dict):
    """Write values and links of inputs, given by place; links are made, values have been."""
    if not values:
        return
    variable, scratch = writer.made[node.name]
    for index in values:
        if index >= len(scratch.node.inputs):
            raise TranspileError(f"node {node.name!r} ({node.bl_idname}): its input {node.inputs[index].name!r} cannot be rebuilt")  # fmt: skip
    keyed = {key(scratch.node.inputs, index): value for index, value in values.items()}
    for index, value in values.items():
        links = value if isinstance(value, list) else [value]
        if isinstance(value_of(links[0]), bpy.types.NodeSocket):
            for source in reversed(links):
                writer.scratch.links.new(source.value, scratch.node.inputs[index])
    last = writer.lines[-1]
    if last and last[0] == variable.text and last[1] == "add" and len(last[2]) == 3:
        last[2].insert(2, keyed)
        return
    writer.helpers.add("put")
    writer.named.add(variable.text)
    writer.lines.append(("", "put", [variable, keyed]))


def _write_flags(writer, node, variable: Ref, scratch):
    for side in ("inputs", "outputs"):
        mine, here = getattr(scratch.node, side), f"{variable.text}.node.{side}"
        pairs = list(zip(getattr(node, side), mine, strict=False))
        hidden = [index for index, (socket, other) in enumerate(pairs) if socket.hide > other.hide and socket.enabled]
        if hidden:
            writer.named.add(variable.text)
            writer.call("hide", Ref(here, mine), *(key(mine, index) for index in hidden))
        for index, (socket, other) in enumerate(pairs):
            for flag in SOCKET_FLAGS:
                if getattr(socket, flag) != getattr(other, flag):
                    writer.named.add(variable.text)
                    writer.assign(socket_ref(writer, here, mine, index), flag, getattr(socket, flag))
    if node.bl_idname in KEEPS_OUTPUT:
        _write_output_value(writer, node, variable, scratch)


def _write_output_value(writer, node, variable: Ref, scratch):
    for index, socket in enumerate(node.outputs):
        forced = writer.draws.text(node, OWN_VALUE) if index == 0 else ""
        value = plain(socket.default_value)
        if forced or plain(scratch.node.outputs[index].default_value) != value:
            writer.named.add(variable.text)
            output = f"{variable.text}[{literal(key(scratch.node.outputs, index))}]"
            owner = Ref(output, scratch.node.outputs[index])
            owner.value.default_value = value
            writer.lines.append((f"{output}.default_value = {forced or literal(value)}",))


def socket_ref(writer, here: str, mine, index: int) -> Ref:
    """A socket as an expression."""
    writer.helpers.add("find")
    return Ref(f"find({here}, {literal(key(mine, index))})", mine[index])


def key(sockets, index: int):
    """What find() knows a socket by: its name, else its identifier where that is fixed, else its place."""
    node = sockets[index].node
    fixed = not ({"node_tree", "paired_output"} & set(node.bl_rna.properties.keys()) or collections(node))
    for wish in (sockets[index].name, sockets[index].identifier if fixed else ""):
        try:
            if wish and runtime.find(sockets, wish) == sockets[index]:
                return wish
        except KeyError:
            continue
    return index
