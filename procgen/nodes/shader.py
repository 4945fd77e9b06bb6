"""A small builder of shader node trees: nodes from keyword arguments, links from values that are sockets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bpy

WINDOW_PIXEL = 0.0008  # radians that a pixel of a 3D viewport spans


class Node:
    """A node whose outputs are reached by name (``node["Fac"]``) or place (``node.out(0)``)."""

    def __init__(self, node: bpy.types.Node):
        self.node = node

    def __getitem__(self, name: str) -> bpy.types.NodeSocket:
        for socket in self.node.outputs:
            if socket.enabled and socket.name == name:
                return socket
        names = ", ".join(socket.name for socket in self.node.outputs if socket.enabled)
        raise KeyError(f"{self.node.bl_idname} has no output {name}; it has {names}")

    def out(self, index: int = 0) -> bpy.types.NodeSocket:
        """The index-th output that is in use."""
        return [socket for socket in self.node.outputs if socket.enabled][index]


class Nodes:
    """Builds one node tree."""

    def __init__(self, tree: bpy.types.NodeTree):
        self.tree = tree

    def add(self, kind: str, inputs: Mapping[Any, Any] | None = None, **values: Any) -> Node:
        """Add a node; lower-case names are properties, others sockets; a value that is a socket becomes a link.

        ``inputs`` takes socket names with spaces, and places (int) among the sockets in use.
        """
        node = self.tree.nodes.new(kind)
        sockets = dict(inputs or {})
        for name, value in values.items():
            if hasattr(node, name) and not name[0].isupper():
                setattr(node, name, value)
            else:
                sockets[name] = value
        for name, value in sockets.items():
            self.set(node, name, value)
        return Node(node)

    def set(self, node: bpy.types.Node | Node, name: str | int, value: Any) -> None:
        """Set or link one input of a node."""
        node = node.node if isinstance(node, Node) else node
        enabled = [socket for socket in node.inputs if socket.enabled]
        if isinstance(name, int):
            socket = enabled[name]
        else:
            found = [socket for socket in enabled if socket.name == name]
            if not found:
                names = ", ".join(socket.name for socket in enabled)
                raise KeyError(f"{node.bl_idname} has no input {name}; it has {names}")
            socket = found[0]
        if isinstance(value, Node):
            value = value.out()
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, socket)
        elif value is not None:
            if socket.type == "RGBA" and len(value) == 3:
                value = (*value, 1.0)
            socket.default_value = value

    def math(self, operation: str, a: Any, b: Any = None, c: Any = None, clamp: bool = False) -> bpy.types.NodeSocket:
        """Arithmetic on floats."""
        values = {index: value for index, value in enumerate((a, b, c)) if value is not None}
        return self.add("ShaderNodeMath", values, operation=operation, use_clamp=clamp).out()

    def total(self, *terms: Any) -> bpy.types.NodeSocket:
        """The sum of floats."""
        result = terms[0]
        for term in terms[1:]:
            result = self.math("ADD", result, term)
        return result

    def product(self, *factors: Any) -> bpy.types.NodeSocket:
        """The product of floats."""
        result = factors[0]
        for factor in factors[1:]:
            result = self.math("MULTIPLY", result, factor)
        return result

    def vector_math(self, operation: str, a: Any, b: Any = None, **more: Any) -> bpy.types.NodeSocket:
        """Arithmetic on vectors."""
        values = {index: value for index, value in enumerate((a, b)) if value is not None}
        return self.add("ShaderNodeVectorMath", values, operation=operation, **more).out()

    def mix(self, factor: Any, a: Any, b: Any, blend: str = "MIX") -> bpy.types.NodeSocket:
        """Mix two colours."""
        inputs = {"Factor": factor, "A": a, "B": b}
        node = self.add("ShaderNodeMix", inputs, data_type="RGBA", blend_type=blend, clamp_factor=True)
        return node.out()

    def lerp(self, factor: Any, a: Any, b: Any) -> bpy.types.NodeSocket:
        """Mix two floats."""
        return self.add("ShaderNodeMix", {"Factor": factor, "A": a, "B": b}, data_type="FLOAT").out()

    def map_range(self, x: Any, low: Any, high: Any, a: Any = 0.0, b: Any = 1.0, smooth: bool = False):
        """Map low..high to a..b, clamped."""
        inputs = {"Value": x, "From Min": low, "From Max": high, "To Min": a, "To Max": b}
        return self.add("ShaderNodeMapRange", inputs, interpolation_type="SMOOTHSTEP" if smooth else "LINEAR").out()

    def attribute(self, name: str, output: str = "Vector", kind: str = "GEOMETRY") -> bpy.types.NodeSocket:
        """A named attribute of the geometry; output Vector, Color, Fac (4.5) or Alpha."""
        node = self.add("ShaderNodeAttribute", attribute_name=name, attribute_type=kind)
        return node.out({"Color": 0, "Vector": 1, "Fac": 2, "Factor": 2, "Alpha": 3}[output])

    def ramp(self, factor: Any, stops: list[tuple[float, tuple]], interpolation: str = "LINEAR"):
        """A colour ramp; stops are (place, (r, g, b))."""
        node = self.add("ShaderNodeValToRGB", {0: factor})
        elements = node.node.color_ramp.elements
        node.node.color_ramp.interpolation = interpolation
        while len(elements) > 1:
            elements.remove(elements[-1])
        for index, (place, colour) in enumerate(stops):
            element = elements[0] if index == 0 else elements.new(place)
            element.position = place
            element.color = (*colour[:3], 1.0)
        return node.out(0)

    def pixel_width(self) -> bpy.types.NodeSocket:
        """How wide a pixel is at the shaded point, metres, by the scene's camera and resolution; for EEVEE.

        A view that does not look through the camera counts as one; without a camera it is that of a common window.
        """
        angle = self.attribute("camera.data.angle", "Fac", "VIEW_LAYER")
        size = self.math("MAXIMUM", self.attribute("render.resolution_x", "Fac", "VIEW_LAYER"),
                         self.attribute("render.resolution_y", "Fac", "VIEW_LAYER"))  # fmt: skip
        known = self.math("GREATER_THAN", angle, 0.0)
        share = self.lerp(known, WINDOW_PIXEL, self.math("DIVIDE", angle, size))
        return self.math("MULTIPLY", self.add("ShaderNodeCameraData")["View Distance"], share)

    def surface(self, shader: Any, displacement: Any = None, target: str = "ALL") -> None:
        """Connect a shader to the material's (or world's) output.

        A material that one engine cannot draw has two: ``target`` CYCLES and EEVEE; each engine takes its own.
        """
        kind = "ShaderNodeOutputWorld" if self._is_world() else "ShaderNodeOutputMaterial"
        self.add(kind, {"Surface": shader} | ({"Displacement": displacement} if displacement else {}), target=target)

    def _is_world(self) -> bool:
        owner = self.tree.id_data
        return any(world.node_tree == owner for world in bpy.data.worlds)
