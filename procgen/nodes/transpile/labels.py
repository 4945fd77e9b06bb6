"""Labels that declare a distribution: ``~U(0, 1)``, ``~N(0.5, 0.1)``, ``~C(a, b)``, or ``Scale ~U(2, 8)`` for an input."""

from __future__ import annotations

import builtins
import re
from dataclasses import dataclass, field

from .errors import TranspileError
from .names import Names, Ref, dict_parts, literal, number
from .state import plain

# What declares a field; a field called so would hide it from those after it.
PARAMS = {"choice", "draw", "integer", "normal", "uniform", "vector"}
OWN_VALUE = "own value"
ALLOWED = "allowed are ~U(low, high), ~N(mean, std), ~N(mean, std, low, high) and ~C(a, b, …)"
_DECLARES = re.compile(r"~\s*[A-Za-z]\w*\s*\(")
_ONE = re.compile(r"\s*([^~]*?)\s*~\s*([A-Za-z]\w*)\s*\(([^()]*)\)\s*[,;]?\s*")
# The nodes that are a value, and the attribute that keeps it; OWN_VALUE where that is the first output.
OWN = {
    "ShaderNodeValue": OWN_VALUE, "ShaderNodeRGB": OWN_VALUE, "FunctionNodeInputInt": "integer",
    "FunctionNodeInputVector": "vector", "FunctionNodeInputBool": "boolean", "FunctionNodeInputColor": "value",
    "FunctionNodeInputString": "string", "FunctionNodeInputRotation": "rotation_euler",
    "FunctionNodeInputIntVector": "vector", "FunctionNodeInputMenu": "value",
}  # fmt: skip
# How a chosen text becomes a value, in the code and when it is checked here.
READ = {bool: ('{} == "true"', {"true": True, "false": False}.__getitem__), int: ("int({})", int),
        float: ("float({})", float), str: ("{}", str)}  # fmt: skip

KIND_OF = {"choice": "str", "integer": "int", "uniform": "float", "normal": "float"}


@dataclass
class Target:
    """What a label points at."""

    node: object
    where: object  # an attribute's name, the place of an input, or OWN_VALUE
    value: object
    letters: str  # the names of the elements that are drawn of a vector
    about: str

    def refused(self, why: str) -> TranspileError:
        """The error of a label that declares nothing."""
        return refused(self.node, why)


@dataclass
class Draws:
    """The values of the trees of one file that are drawn."""

    fields: dict[str, tuple[str, str, list[str]]] = field(default_factory=dict)  # name: type, function, arguments
    texts: dict[tuple, str] = field(default_factory=dict)  # (tree, node, where): the expression in the code
    helpers: set[str] = field(default_factory=set)  # what the declarations need of procgen.params
    names: Names = field(default_factory=lambda: Names({*PARAMS, *dir(builtins)}))

    def text(self, node, where) -> str:
        """What stands in place of a value that is drawn; empty for all others."""
        return self.texts.get((node.id_data, node.name, where), "")

    def of(self, tree) -> bool:
        """Whether a tree has a value that is drawn."""
        return any(owner == tree for owner, _, _ in self.texts)

    def read(self, tree) -> None:
        """Collect what the labels of a tree declare."""
        for node in tree.nodes:
            label, at = node.label.strip(), 0
            if node.bl_idname == "NodeFrame" or not _DECLARES.search(label):
                continue
            while at < len(label):
                found = _ONE.match(label, at)
                if not found:
                    raise refused(node, ALLOWED)
                name, kind, arguments = found.groups()
                self._add(_target(node, name), kind.upper(), [part.strip() for part in arguments.split(",")])
                at = found.end()

    def _add(self, target: Target, kind: str, arguments: list[str]) -> None:
        name = self.names.take(target.about, "value")
        value, text, about = target.value, f"spec.{name}", f"doc={literal(target.about)}"
        if isinstance(value, tuple):
            if kind == "C":
                raise target.refused("allowed for a vector or colour are ~U and ~N, drawn for each element")
            call, given = self._element(target, kind, arguments, value[0])
            rows = {letter: Ref(f"{call}({', '.join(given)})") for letter in target.letters}
            self.helpers.add("vector")
            self.fields[name] = "tuple", "vector", [*dict_parts(rows), about]
            rest = [literal(item) for item in value[len(target.letters) :]]
            text = f"({', '.join([f'*{text}', *rest])})" if rest else text
        else:
            call, given = self._element(target, kind, arguments, value)
            self.fields[name] = KIND_OF[call], call, [*given, about]
            if kind == "C":
                text = READ[type(value)][0].format(text)
            elif kind == "N" and isinstance(value, int):
                text = f"round({text})"
        self.texts[target.node.id_data, target.node.name, target.where] = text

    def _element(self, target: Target, kind: str, arguments: list[str], value) -> tuple[str, list[str]]:
        """The function and arguments that declare one number or choice."""
        if kind == "C":
            self.helpers.add("choice")
            return "choice", self._choice(target, arguments, value)
        if isinstance(value, bool | str):
            raise target.refused("allowed for a switch, text or menu is ~C(a, b, …)")
        try:
            numbers = [float(argument) for argument in arguments]
        except ValueError:
            raise target.refused(ALLOWED) from None
        if max(map(abs, numbers)) < 1e30:  # neither infinite nor no number
            if kind == "U" and len(numbers) == 2 and numbers[0] <= numbers[1]:
                call = "integer" if isinstance(value, int) else "uniform"
                self.helpers.add(call)
                return call, [str(int(x)) if call == "integer" else number(x) for x in numbers]
            if kind == "N" and len(numbers) == 2:
                numbers += [numbers[0] - 3 * numbers[1], numbers[0] + 3 * numbers[1]]
            if kind == "N" and len(numbers) == 4 and numbers[1] > 0 and numbers[2] <= numbers[3]:
                self.helpers.add("normal")
                return "normal", [repr(float(f"{x:.9g}")) for x in numbers]
        raise target.refused(ALLOWED)

    def _choice(self, target: Target, arguments: list[str], value) -> list[str]:
        if isinstance(value, bool):
            arguments = [argument.lower() for argument in arguments]
        for argument in arguments:
            try:
                READ[type(value)][1](argument)
            except (ValueError, KeyError):
                raise target.refused(f"{argument} is no value of type {type(value).__name__}") from None
        if not all(arguments):
            raise target.refused(ALLOWED)
        return dict_parts(dict.fromkeys(arguments, 1))


def refused(node, why: str) -> TranspileError:
    """The error of a label that declares nothing."""
    return TranspileError(f"label {node.label!r} of node {node.name!r}: {why}")


def _target(node, name: str) -> Target:
    if not name:
        if node.bl_idname not in OWN:
            raise refused(node, "its node is no value; name one of its inputs before the ~")
        where = OWN[node.bl_idname]
        value = plain(node.outputs[0].default_value if where == OWN_VALUE else getattr(node, where))
        letters = "rgb" if node.bl_idname in ("ShaderNodeRGB", "FunctionNodeInputColor") else "xyzw"
        return Target(node, where, value, letters[: len(value)] if isinstance(value, tuple) else "", node.name)
    free = {}
    for index, socket in enumerate(node.inputs):
        if socket.enabled and not socket.is_linked and isinstance(_value(socket), bool | int | float | str | tuple):
            free.setdefault(socket.name, (index, socket))
    if name not in free:
        raise refused(node, f"it has no free input {name}; there are {', '.join(free) or 'none'}")
    index, socket = free[name]
    value = plain(socket.default_value)
    letters = ("rgb" if socket.type == "RGBA" else "xyzw")[: len(value)] if isinstance(value, tuple) else ""
    return Target(node, index, value, letters, f"{node.name} {name}")


def _value(socket):
    return plain(socket.default_value) if hasattr(socket, "default_value") else None
