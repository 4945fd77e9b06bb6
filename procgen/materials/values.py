"""Arithmetic on the values of a node tree: numbers and vectors that are constants or sockets, written as formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

# Operations on constants are done at once; only what depends on a socket becomes a node.
FOLD: dict[str, Callable[..., float]] = {
    "ADD": lambda a, b: a + b,
    "SUBTRACT": lambda a, b: a - b,
    "MULTIPLY": lambda a, b: a * b,
    "MAXIMUM": max,
    "MINIMUM": min,
}


class Value:
    """A number or a vector of three (a place, a colour) in a node tree."""

    __slots__ = ("data", "nodes", "vector")

    def __init__(self, nodes: Any, data: Any, vector: bool):
        self.nodes = nodes  # procgen.nodes.shader.Nodes of a shader or geometry tree
        self.data = data  # float, tuple of three, or socket
        self.vector = vector

    @property
    def constant(self) -> bool:
        """Whether it depends on no socket."""
        return isinstance(self.data, float | tuple)

    def of(self, other: Any) -> Value:
        """A number, tuple or value as a value of the same tree."""
        if isinstance(other, Value):
            return other
        if isinstance(other, tuple | list):
            return Value(self.nodes, tuple(float(number) for number in other), True)
        return Value(self.nodes, float(other), False)

    def _with(self, operation: str, other: Any, swap: bool = False) -> Value:
        a, b = (self.of(other), self) if swap else (self, self.of(other))
        vector = a.vector or b.vector
        if a.constant and b.constant and operation in FOLD:
            fold = FOLD[operation]
            if not vector:
                return Value(self.nodes, fold(a.data, b.data), False)
            both = (item.data if item.vector else (item.data,) * 3 for item in (a, b))
            return Value(self.nodes, tuple(fold(*pair) for pair in zip(*both, strict=True)), True)
        if not vector:
            return Value(self.nodes, self.nodes.math(operation, a.data, b.data), False)
        if operation == "MULTIPLY" and a.vector != b.vector:
            whole, factor = (a, b) if a.vector else (b, a)
            node = self.nodes.add("ShaderNodeVectorMath", {0: whole.data}, operation="SCALE")
            self.nodes.set(node, "Scale", factor.data)
            return Value(self.nodes, node.out(), True)
        data = [(item.data,) * 3 if item.constant and not item.vector else item.data for item in (a, b)]
        return Value(self.nodes, self.nodes.vector_math(operation, *data), True)

    def __add__(self, other: Any) -> Value:
        return self._with("ADD", other)

    def __radd__(self, other: Any) -> Value:
        return self._with("ADD", other, swap=True)

    def __sub__(self, other: Any) -> Value:
        return self._with("SUBTRACT", other)

    def __rsub__(self, other: Any) -> Value:
        return self._with("SUBTRACT", other, swap=True)

    def __mul__(self, other: Any) -> Value:
        return self._with("MULTIPLY", other)

    __rmul__ = __mul__

    def __truediv__(self, other: float) -> Value:
        return self * (1.0 / other)

    def __neg__(self) -> Value:
        return self * -1.0

    def maximum(self, other: Any) -> Value:
        """The greater of two."""
        return self._with("MAXIMUM", other)

    def minimum(self, other: Any) -> Value:
        """The lesser of two."""
        return self._with("MINIMUM", other)

    def _math(self, operation: str, other: float | None = None) -> Value:
        return Value(self.nodes, self.nodes.math(operation, self.data, other), False)

    def power(self, exponent: float) -> Value:
        """A power of what is not negative."""
        return self._math("POWER", exponent)

    def squared(self) -> Value:
        """Times itself."""
        return self * self

    def root(self) -> Value:
        """The square root."""
        return self._math("SQRT")

    def absolute(self) -> Value:
        """Without the sign, each component."""
        if self.vector:
            return Value(self.nodes, self.nodes.vector_math("ABSOLUTE", self.data), True)
        return self._math("ABSOLUTE")

    def sine(self) -> Value:
        """The sine of radians."""
        return self._math("SINE")

    def turns(self) -> Value:
        """The sine of turns: one wave per unit."""
        return (self * math.tau).sine()

    def floor(self) -> Value:
        """The whole number below."""
        return self._math("FLOOR")

    def fraction(self) -> Value:
        """What is left above the whole number below."""
        return self._math("FRACT")

    def above(self, limit: Any) -> Value:
        """1 where greater, 0 elsewhere."""
        return self._with("GREATER_THAN", limit)

    def range(self, low: Any, high: Any, a: Any = 0.0, b: Any = 1.0) -> Value:
        """Map low..high to a..b, clamped."""
        numbers = (self.of(item).data for item in (low, high, a, b))
        return Value(self.nodes, self.nodes.map_range(self.data, *numbers), False)

    def smooth(self, low: float, high: float) -> Value:
        """0 at low, 1 at high, level at both ends."""
        return Value(self.nodes, self.nodes.map_range(self.data, low, high, smooth=True), False)

    def between(self, a: Any, b: Any) -> Value:
        """A mix of two values by this factor 0…1."""
        a, b = self.of(a), self.of(b)
        if a.constant and b.constant and a.data == b.data:
            return a
        if self.constant and self.data in (0.0, 1.0):
            return b if self.data else a
        if not (a.vector or b.vector):
            return Value(self.nodes, self.nodes.lerp(self.data, a.data, b.data), False)
        data = [(item.data,) * 3 if item.constant and not item.vector else item.data for item in (a, b)]
        inputs = {"Factor": self.data, "A": data[0], "B": data[1]}
        return Value(self.nodes, self.nodes.add("ShaderNodeMix", inputs, data_type="VECTOR").out(), True)

    def ramp(self, *stops: tuple[float, tuple]) -> Value:
        """A colour from stops (place, rgb); for colours only, since Cycles reads a ramp from a table."""
        return Value(self.nodes, self.nodes.ramp(self.data, list(stops)), True)

    def length(self) -> Value:
        """The length of a vector."""
        return Value(self.nodes, self.nodes.vector_math("LENGTH", self.data), False)

    def split(self) -> tuple[Value, Value, Value]:
        """The components of a vector."""
        node = self.nodes.add("ShaderNodeSeparateXYZ", {0: self.data})
        return tuple(Value(self.nodes, node.out(index), False) for index in range(3))

    def join(self, y: Any, z: Any = 0.0) -> Value:
        """A vector of which this is x."""
        inputs = {0: self.data, 1: self.of(y).data, 2: self.of(z).data}
        return Value(self.nodes, self.nodes.add("ShaderNodeCombineXYZ", inputs).out(), True)
