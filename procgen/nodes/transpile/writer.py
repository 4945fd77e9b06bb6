"""Writes one node tree as the body of a Python function, and builds the same tree while it writes.

Each statement is carried out on a tree beside the original as it is written, so that what is still different is known:
only that is written next, and what no statement could settle is refused.
"""

from __future__ import annotations

import bpy

from . import runtime
from .dump import differences, dump
from .errors import REFUSED, TranspileError
from .interface import settle_interface, write_interface
from .late import mute_links, settle_late
from .moved import MOVED, RENAMED, later
from .names import Names, Ref, dict_parts, literal, place, statement, value_of
from .order import in_reading_order
from .parts import write_items, write_parts
from .references import reference
from .sockets import put_inputs, sources, wire
from .state import PASSING, driven, is_id, links_into, plain, settings, unknown
from .titles import title

# Settled elsewhere than among the settings of add(); links give reroutes their type.
PLACED = {"location_absolute", "is_active_output", "socket_idname"}


class TreeWriter:
    """Writes one tree."""

    def __init__(self, tree, scratch, groups: dict, names: Names, helpers: set, draws):
        self.tree, self.scratch, self.groups, self.helpers, self.draws = tree, scratch, groups, helpers, draws
        self.names = names
        self.lines: list[tuple] = []  # (name that it makes, text before the brackets, parts) or (text,)
        self.made: dict[str, tuple[Ref, runtime.Node]] = {}
        self.named: set[str] = set()  # variables that a later line needs
        self.into = links_into(tree)
        self.driven = driven(tree, self.into)
        self.late: list[tuple] = []  # (node, place of the input) of links whose source is made later

    # What is written.

    def write(self) -> list[str]:
        """The statements of the body."""
        for node in self.tree.nodes:
            refuse(node)
        write_interface(self)
        frames, others = in_reading_order(self.tree, self.into)
        for node in frames:
            self._make(node)
        for node in others:
            if node.name not in self.made:
                partner = getattr(node, "paired_output", None)
                if partner and partner.name not in self.made:
                    self._make(partner)
                self._make(node)
                if partner:
                    self._pair(node, partner)
            wire(self, node)
        for node, index in self.late:
            put_inputs(self, node, {index: sources(self, node.inputs[index])})
        for node in self.tree.nodes:
            settle_late(self, node)
        settle_interface(self)
        mute_links(self)
        self._check()
        return self._text()

    def call(self, helper: str, *arguments, made: str = "", **named):
        """Write a call of a helper and carry it out; arguments are Refs and plain values."""
        self.write_call(helper, *arguments, made=made, **named)
        values = [value_of(argument) for argument in arguments]
        return getattr(runtime, helper)(*values, **{key: value_of(value) for key, value in named.items()})

    def write_call(self, helper: str, *arguments, made: str = "", **named):
        """Write a call of a helper that has been carried out."""
        self.helpers.add(helper)
        self.lines.append((made, helper, [*map(literal, arguments), *(f"{k}={literal(v)}" for k, v in named.items())]))

    def assign(self, owner: Ref, name: str, value) -> bool:
        """Write a setting and carry it out; False where Blender does not take it now."""
        try:
            setattr(owner.value, name, value_of(value))
        except (TypeError, AttributeError, ValueError):
            return False
        self.lines.append((f"{owner.text}.{name} = {literal(value)}",))
        return True

    def wanted(self, value):
        """A value of the original as the written code names it."""
        if isinstance(value, bpy.types.ID):
            if value in self.groups:
                return self.groups[value]
            return reference(value, self.helpers)
        return value

    def variable(self, node) -> Ref:
        """The variable of a node that a later line needs."""
        self.named.add(self.made[node.name][0].text)
        return self.made[node.name][0]

    # One node.

    def _make(self, node):
        kind = node.bl_idname
        scratch = runtime.Node(self.scratch.nodes.new(kind))
        variable = Ref(self.names.take(*title(node)), scratch)
        self.made[node.name] = variable, scratch
        arguments = {}
        at = tuple(round(x, 2) for x in node.location_absolute)
        if node.parent:
            scratch.node.parent = self.made[node.parent.name][1].node
            arguments["frame"] = self.variable(node.parent)
        if any(at):
            arguments["at"] = Ref(place(at))
        scratch.node.location_absolute = at
        settled = self._settled(node, scratch.node)
        moved = {name: settled.pop(name) for name in list(settled) if (kind, name) in MOVED}
        renamed = {name: RENAMED[kind, name, value] for name, value in settled.items()
                   if isinstance(value, str) and (kind, name, value) in RENAMED}  # fmt: skip
        arguments |= {name: value for name, value in settled.items() if name not in renamed}
        if scratch.node.name != node.name:
            arguments["name"] = node.name
            scratch.node.name = node.name
        for name in unknown(node):
            self.lines.append(
                (f"# {literal(node.name)}: {name} is a choice of another release; a new node's stands in",)
            )
        position = len(self.lines)
        self.lines.append(None)
        for name, value in moved.items():
            self.write_call("choose", variable, name, value, *later(node, name, value))
        for name, values in renamed.items():
            self.write_call("option", variable, name, *values)
        write_parts(self, node, variable, scratch)
        write_items(self, node, variable, scratch)
        apart = len(self.lines) > position + 1  # what comes between must come before the inputs
        self.helpers.add("add")
        self.named |= {variable.text} if apart else set()
        self.lines[position] = (variable.text, "add", [Ref("tree"), kind, arguments])

    def _settled(self, node, scratch) -> dict:
        """The settings that differ from a new node's, in an order that works; they are made."""
        found, wanted = {}, settings(node, skipped=PASSING | PLACED)
        for _ in range(4):
            moved = False
            for name, value in wanted.items():
                aim = self.wanted(value)
                forced = self.draws.text(node, name)
                if plain(getattr(scratch, name)) == value_of(aim) and not (forced and name not in found):
                    continue
                try:
                    setattr(scratch, name, value_of(aim))
                except (TypeError, AttributeError, ValueError):
                    continue
                found.pop(name, None)
                found[name], moved = (Ref(forced) if forced else aim), True
            if not moved:
                break
        return found

    def _pair(self, node, partner):
        variable, scratch = self.made[node.name]
        target, target_scratch = self.variable(partner), self.made[partner.name][1]
        self.named.add(variable.text)
        scratch.node.pair_with_output(target_scratch.node)
        self.lines.append((f"{variable.text}.node.pair_with_output({target.text}.node)",))

    def _check(self):
        names = {ref.value: original.name for original, ref in self.groups.items()}
        found = differences(dump(self.tree), dump(self.scratch, names))
        if found:
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            raise TranspileError(f"{self.tree.name!r} cannot be written exactly: {found[0]}{more}")

    def _text(self) -> list[str]:
        found = []
        for line in self.lines:
            if len(line) == 1:
                found.append(f"    {line[0]}")
                continue
            made, helper, arguments = line
            if helper == "add":
                arguments = add_parts(arguments)
            elif helper == "put":
                arguments = [arguments[0].text, *dict_parts(arguments[1])]
            keep = made and (helper != "add" or made in self.named)
            found += statement(f"{made} = {helper}" if keep else helper, arguments)
        return found


def refuse(node) -> None:
    """Raise TranspileError for a node that cannot be written."""
    why = REFUSED.get(node.bl_idname, "")
    if not node.is_registered_node_type():
        why = "this Blender does not know its type"
    elif not why:
        for prop in node.bl_rna.properties:
            passed = prop.identifier in PASSING or prop.is_readonly
            if prop.type == "POINTER" and not passed and not is_id(prop) and getattr(node, prop.identifier):
                why = f"its {prop.name.lower()} has no name to refer to it by"
    if why:
        raise TranspileError(f"node {node.name!r} ({node.bl_idname}) cannot be written: {why}")


def add_parts(arguments: list) -> list[str]:
    """The arguments of add() as texts."""
    tree, kind, *inputs, named = arguments
    found = [tree.text, literal(kind)]
    for values in inputs:
        found += dict_parts(values)
    return found + [f"{name}={literal(value)}" for name, value in named.items()]
