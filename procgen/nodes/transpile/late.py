"""Writes what needs the whole tree: settings and choices that links bring, and links that are muted."""

from __future__ import annotations

from .names import Ref, value_of
from .sockets import changed_value, put_inputs, socket_ref
from .state import LATE, PASSING, collections, plain, settings


def settle_late(writer, node):
    """Write what of a node could not be set before the whole tree was there."""
    variable, scratch = writer.made[node.name]
    mine = Ref(f"{variable.text}.node", scratch.node)
    for name, value in settings(node, skipped=PASSING | {"location_absolute"}).items():
        aim = writer.wanted(value)
        if plain(getattr(scratch.node, name)) != value_of(aim) and writer.assign(mine, name, aim):
            writer.named.add(variable.text)
    values = {}
    for index in range(len(node.inputs)):
        value = None if writer.draws.text(node, index) else changed_value(writer, node, index)
        if value is not None:
            values[index] = value
    put_inputs(writer, node, values)
    for name in collections(node):
        pairs = zip(getattr(node, name), getattr(scratch.node, name), strict=False)
        for index, (item, here) in enumerate(pairs):
            for setting in LATE:
                if getattr(item, setting, None) != getattr(here, setting, None):
                    writer.named.add(variable.text)
                    writer.assign(Ref(f"{mine.text}.{name}[{index}]", here), setting, getattr(item, setting))
    states = getattr(node, "panel_states", ())
    for index, (state, here) in enumerate(zip(states, getattr(scratch.node, "panel_states", ()), strict=False)):
        if state.is_collapsed != here.is_collapsed:
            writer.named.add(variable.text)
            writer.assign(Ref(f"{mine.text}.panel_states[{index}]", here), "is_collapsed", state.is_collapsed)


def mute_links(writer):
    """Mute the links that are muted."""
    for node in writer.tree.nodes:
        variable, scratch = writer.made[node.name]
        for index, socket in enumerate(node.inputs):
            for number, link in enumerate(writer.into.get(socket.as_pointer(), ())):
                if link.is_muted:
                    writer.named.add(variable.text)
                    mine = socket_ref(writer, f"{variable.text}.node.inputs", scratch.node.inputs, index)
                    writer.assign(Ref(f"{mine.text}.links[{number}]", mine.value.links[number]), "is_muted", True)
