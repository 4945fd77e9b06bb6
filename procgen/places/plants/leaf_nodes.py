"""Leaves as geometry nodes: the closed forms of outlines over fields, in a group whose inputs are the leaf's numbers."""

from __future__ import annotations

import bpy

from .leaf import Leaf, resolution
from .outlines import COMPOUND, blade, leaflet_place, shaped


class Field:
    """A float field of a node tree that adds and multiplies."""

    def __init__(self, nodes: Fields, socket):
        self.nodes, self.socket = nodes, socket

    def __add__(self, other):
        return self.nodes.math("ADD", self, other)

    def __sub__(self, other):
        return self.nodes.math("SUBTRACT", self, other)

    def __rsub__(self, other):
        return self.nodes.math("SUBTRACT", other, self)

    def __mul__(self, other):
        return self.nodes.math("MULTIPLY", self, other)

    def __truediv__(self, other):
        return self.nodes.math("DIVIDE", self, other)

    def __rtruediv__(self, other):
        return self.nodes.math("DIVIDE", other, self)

    __radd__, __rmul__ = __add__, __mul__


class Fields:
    """Mathematics on fields: what ``Arrays`` of outlines is for numpy."""

    def __init__(self, tree: bpy.types.NodeTree):
        self.tree = tree

    def node(self, kind: str, **properties):
        """A new node with properties set."""
        node = self.tree.nodes.new(kind)
        for name, value in properties.items():
            setattr(node, name, value)
        return node

    def join(self, value, socket) -> None:
        """Link a field or a socket to a socket, or give it a plain value."""
        value = value.socket if isinstance(value, Field) else value
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, socket)
        else:
            socket.default_value = value

    def math(self, operation: str, a, b=None) -> Field:
        """One operation on floats."""
        node = self.node("ShaderNodeMath", operation=operation)
        self.join(a, node.inputs[0])
        if b is not None:
            self.join(b, node.inputs[1])
        return Field(self, node.outputs[0])

    def sin(self, x):
        return self.math("SINE", x)

    def cos(self, x):
        return self.math("COSINE", x)

    def absolute(self, x):
        return self.math("ABSOLUTE", x)

    def maximum(self, a, b):
        return self.math("MAXIMUM", a, b)

    def minimum(self, a, b):
        return self.math("MINIMUM", a, b)

    def power(self, a, b):
        return self.math("POWER", a, b)

    def fraction(self, x):
        return self.math("FRACT", x)

    def split(self, vector) -> tuple[Field, Field, Field]:
        """The parts of a vector socket."""
        node = self.node("ShaderNodeSeparateXYZ")
        self.join(vector, node.inputs[0])
        return tuple(Field(self, output) for output in node.outputs)

    def vector(self, x=0.0, y=0.0, z=0.0):
        """A vector socket of three fields."""
        node = self.node("ShaderNodeCombineXYZ")
        for value, socket in zip((x, y, z), node.inputs, strict=True):
            self.join(value, socket)
        return node.outputs[0]

    def moved(self, geometry, position):
        """Geometry with its points at a position socket."""
        node = self.node("GeometryNodeSetPosition")
        self.join(geometry, node.inputs["Geometry"])
        self.join(position, node.inputs["Position"])
        return node.outputs["Geometry"]

    def lattice(self, shape: str, columns: int, rows: int, width, lobes):
        """The flat blade: a grid whose points lie at the closed form of their places in it."""
        grid = self.node("GeometryNodeMeshGrid")
        for name, value in (("Size X", 2.0), ("Size Y", 1.0), ("Vertices X", columns), ("Vertices Y", rows)):
            self.join(value, grid.inputs[name])
        u, v, _ = self.split(self.node("GeometryNodeInputPosition").outputs[0])
        x, y = blade(self, shape, u, v + 0.5, width, lobes)
        return self.moved(grid.outputs["Mesh"], self.vector(x, y))

    def leaflets(self, geometry, pairs: int, span: float, lean: float):
        """A leaflet set in pairs along a stalk of length one."""
        joined = self.node("GeometryNodeJoinGeometry")
        for sign in (-1.0, 1.0):
            line = self.node("GeometryNodeMeshLine")
            self.join(pairs, line.inputs["Count"])
            along, size, angle = leaflet_place(
                self, Field(self, self.node("GeometryNodeInputIndex").outputs[0]), pairs, sign, span, lean
            )
            points = self.moved(line.outputs["Mesh"], self.vector(y=along))
            copies = self.node("GeometryNodeInstanceOnPoints")
            self.join(points, copies.inputs["Points"])
            self.join(geometry, copies.inputs["Instance"])
            turn = self.node("FunctionNodeEulerToRotation")
            self.join(self.vector(z=angle * -1.0), turn.inputs[0])
            self.join(turn.outputs[0], copies.inputs["Rotation"])
            self.join(self.vector(size, size, size), copies.inputs["Scale"])
            self.tree.links.new(copies.outputs["Instances"], joined.inputs[0])
        real = self.node("GeometryNodeRealizeInstances")
        self.join(joined.outputs[0], real.inputs[0])
        return real.outputs[0]


# Inputs of the group: socket name -> field of the spec.
INPUTS = {"Length": "length", "Width": "width", "Fold": "fold", "Curl": "curl", "Wave": "wave"}
DEGREE = 0.017453292519943295


def blade_group(leaf: Leaf) -> bpy.types.NodeTree:
    """A geometry node group that makes the blade of a leaf; length (m), width, fold and curl (degrees) and wave are inputs."""
    tree = bpy.data.node_groups.new(f"Leaf {leaf.shape}", "GeometryNodeTree")
    for name, field in INPUTS.items():
        socket = tree.interface.new_socket(name, in_out="INPUT", socket_type="NodeSocketFloat")
        socket.default_value = getattr(leaf, field)
    tree.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    fields = Fields(tree)
    source, target = fields.node("NodeGroupInput"), fields.node("NodeGroupOutput")
    given = {name: Field(fields, source.outputs[name]) for name in INPUTS}
    columns, rows = resolution(leaf)
    if leaf.shape in COMPOUND:
        inner, span, lean = COMPOUND[leaf.shape]
        geometry = fields.leaflets(fields.lattice(inner, columns, rows, given["Width"], 4.0), leaf.lobes, span, lean)
    else:
        geometry = fields.lattice(leaf.shape, columns, rows, given["Width"], float(leaf.lobes))
    weld = fields.node("GeometryNodeMergeByDistance")
    fields.join(geometry, weld.inputs["Geometry"])
    fields.join(1e-6, weld.inputs["Distance"])
    x, y, _ = fields.split(fields.node("GeometryNodeInputPosition").outputs[0])
    folded = shaped(fields, x, y, given["Fold"] * DEGREE, given["Curl"] * DEGREE, given["Wave"])
    geometry = fields.moved(weld.outputs[0], fields.vector(*(value * given["Length"] for value in folded)))
    smooth = fields.node("GeometryNodeSetShadeSmooth")
    fields.join(geometry, smooth.inputs[0])
    fields.join(smooth.outputs[0], target.inputs[0])
    return tree


def blade_object(leaf: Leaf) -> bpy.types.Object:
    """An object that carries the group of a leaf as a modifier."""
    obj = bpy.data.objects.new("Leaf", bpy.data.meshes.new("Leaf"))
    modifier = obj.modifiers.new("Leaf", "NODES")
    modifier.node_group = blade_group(leaf)
    return obj
