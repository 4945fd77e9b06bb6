"""The whole file: the helpers it uses, the spec of what is drawn, and a function for each tree."""

from __future__ import annotations

import builtins
import inspect

import bpy

from . import runtime
from .errors import TranspileError
from .labels import PARAMS, Draws
from .names import Names, Ref, docstring, identifier, literal, statement
from .state import OF_ID, plain, settings
from .writer import TreeWriter

HELPERS = {name: thing for name, thing in vars(runtime).items() if getattr(thing, "__module__", "") == runtime.__name__}
# What a helper itself calls.
CALLS = {"choose": ("put",), "add": ("Node", "put"), "put": ("Node", "find"), "Node": ("find",), "hide": ("find",)}
# A kind of owner: how it is called, and the list that it is in.
OWNERS = {
    "MATERIAL": ("material", "materials"),
    "WORLD": ("world", "worlds"),
    "NODETREE": ("node group", "node_groups"),
}
RESERVED = {*dir(builtins), *HELPERS, *PARAMS, "spec", "bpy", "np", "tree", "rng", "fixed"}


def transpile(owner: bpy.types.ID) -> str:
    """Python that builds a material, a world or a node group again; raises TranspileError for what cannot be written."""
    return _Document(owner).text()


class _Document:
    def __init__(self, owner):
        self.owner, self.kind = owner, OWNERS[owner.id_type][0]
        self.tree = owner if owner.id_type == "NODETREE" else owner.node_tree
        if self.tree is None:
            raise TranspileError(f"{self.kind} {owner.name!r} has no nodes")
        self.name = identifier(owner.name) or owner.id_type.lower()
        self.helpers: set[str] = set()
        self.draws = Draws()
        self.groups: dict = {}  # each nested group: its variable, and the group built beside it
        self.functions: dict = {}  # each nested group: the name of its function
        self.made: list = []  # what is built beside the originals, removed at the end

    def text(self) -> str:
        """The file."""
        nested = _nested(self.tree)
        variables, functions = Names(RESERVED), Names({*RESERVED, f"build_{self.name}", f"sample_{self.name}"})
        for tree in [*nested, self.tree]:
            _refuse_animation(tree, self.owner if tree == self.tree else tree)
            self.draws.read(tree)
        try:
            parts = []
            for group in nested:
                variable = variables.take(group.name, "group")
                self.functions[group] = functions.take(f"make {variable}")
                parts.append(self._group(group, variable, variables))
            parts.append(self._main(nested, variables))
        finally:
            for block in reversed(self.made):
                getattr(bpy.data, OWNERS[block.id_type][1]).remove(block)
        head = [*self._head(), *self._helpers()]
        spec = self._spec()
        return "\n\n\n".join("\n".join(part) for part in [*head, *spec, *parts, self._end()] if part) + "\n"

    def _group(self, group, variable: str, variables: Names) -> list[str]:
        tree = bpy.data.node_groups.new(group.name, group.bl_idname)
        self.made.append(tree)
        body = self._body(group, tree, variables)
        self.groups[group] = Ref(variable, tree)
        return [
            f"def {self.functions[group]}({', '.join(self._needs(group))}):",
            f"    {docstring(f'Make the node group {group.name}.')}",
            f"    tree = bpy.data.node_groups.new({literal(group.name)}, {literal(group.bl_idname)})",
            *body,
            "    return tree",
        ]

    def _main(self, nested, variables: Names) -> list[str]:
        kind, container = OWNERS[self.owner.id_type]
        lines = [
            f"def build_{self.name}({'spec' if self.draws.fields else ''}):",
            f"    {docstring(f'Build the {kind} {self.owner.name}.')}",
        ]
        for group in nested:
            lines.append(f"    {self.groups[group].text} = {self.functions[group]}({', '.join(self._needs(group))})")
        if self.owner.id_type == "NODETREE":
            made = tree = bpy.data.node_groups.new(self.owner.name, self.owner.bl_idname)
            self.made.append(made)
            lines.append(
                f"    tree = bpy.data.node_groups.new({literal(self.owner.name)}, {literal(self.owner.bl_idname)})"
            )
            return [*lines, *self._body(self.tree, tree, variables), "    return tree"]
        made = getattr(bpy.data, container).new(self.owner.name)
        self.made.append(made)
        if not made.node_tree:
            made.use_nodes = True
        made.node_tree.nodes.clear()
        variables.taken.add(kind)
        lines += [
            f"    {kind} = bpy.data.{container}.new({literal(self.owner.name)})",
            f"    if not {kind}.node_tree:  # Blender 4 starts without one",
            f"        {kind}.use_nodes = True",
            f"    tree = {kind}.node_tree",
            "    tree.nodes.clear()",
            *_assignments(kind, self.owner, made, OF_ID),
        ]
        if hasattr(made, "cycles"):
            lines += _assignments(f"{kind}.cycles", self.owner.cycles, made.cycles, {"rna_type", "name"})
        return [*lines, *self._body(self.tree, made.node_tree, variables), f"    return {kind}"]

    def _body(self, tree, scratch, variables: Names) -> list[str]:
        lines = _assignments("tree", tree, scratch, OF_ID)
        writer = TreeWriter(tree, scratch, self.groups, Names({*variables.taken, "spec"}), self.helpers, self.draws)
        return [*lines, *writer.write()]

    def _needs(self, group) -> list[str]:
        """What the function of a group is given: the groups in it, and the spec where it has drawn values."""
        used = dict.fromkeys(node.node_tree for node in group.nodes if getattr(node, "node_tree", None))
        drawn = any(self.draws.of(tree) for tree in [group, *_nested(group)])
        return [self.groups[inner].text for inner in used] + (["spec"] if drawn else [])

    def _head(self) -> list[list[str]]:
        release = ".".join(map(str, bpy.app.version[:2]))
        about = f"The {self.kind} {self.owner.name} as Python that builds it again, written from Blender {release}."
        lines = [docstring(about), "", "import bpy"]
        if self.draws.fields:
            names = ", ".join(sorted({"draw", "spec", *self.draws.helpers}))
            lines += ["import numpy as np", f"from simulacra.procgen.params import {names}"]
        return [lines]

    def _helpers(self) -> list[list[str]]:
        wanted = set(self.helpers)
        for name, called in CALLS.items():
            wanted |= set(called) if name in wanted else set()
        return [inspect.getsource(thing).rstrip().split("\n") for name, thing in HELPERS.items() if name in wanted]

    def _spec(self) -> list[list[str]]:
        if not self.draws.fields:
            return []
        called = "".join(word.title() for word in self.name.split("_"))
        rows = []
        for name, (kind, function, arguments) in self.draws.fields.items():
            rows += statement(f"{name}: {kind} = {function}", arguments)
        return [
            ["@spec", f"class {called}:", f"    {docstring(f'What is drawn of the {self.kind} {self.owner.name}.')}", "", *rows],
            [f"def sample_{self.name}(rng, fixed=None):", '    """Draw a spec."""', f"    return draw({called}, rng, fixed)"],
        ]  # fmt: skip

    def _end(self) -> list[str]:
        given = f"sample_{self.name}(np.random.default_rng())" if self.draws.fields else ""
        return ['if __name__ == "__main__":', f"    build_{self.name}({given})"]


def _assignments(text: str, original, made, skipped) -> list[str]:
    """Lines that make the settings of one struct those of another; carried out as they are written."""
    lines = []
    for name, value in settings(original, skipped).items():
        if not isinstance(value, bpy.types.ID | None) and plain(getattr(made, name)) != value:
            try:
                setattr(made, name, set(value) if isinstance(value, frozenset) else value)
            except (TypeError, AttributeError, ValueError):
                continue
            lines.append(f"    {text}.{name} = {literal(value)}")
    return lines


def _nested(tree) -> list:
    """The groups within a tree, innermost first, each once."""
    found: dict = {}

    def visit(inner):
        for node in inner.nodes:
            group = getattr(node, "node_tree", None)
            if group and group not in found:
                if group.is_missing:
                    raise TranspileError(f"node group {group.name!r} is missing: its library was not found")
                visit(group)
                found[group] = None

    visit(tree)
    return list(found)


def _refuse_animation(tree, owner) -> None:
    for block in dict.fromkeys((tree, owner)):
        animation = block.animation_data
        if animation and len(animation.drivers):
            path = animation.drivers[0].data_path
            raise TranspileError(f"{owner.name!r}: {path} is driven; drivers are not written: remove them first")
        if animation and (animation.action or len(animation.nla_tracks)):
            raise TranspileError(f"{owner.name!r}: its values are animated; animation is not written: remove it first")
