"""The fine geometry of materials: geometry node groups that displace a mesh by the height its shader reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..nodes.modifier_inputs import set_named
from .build import Layer, blended, build_material, look_of, prune
from .fields import Fields
from .values import Value


def relief_group(name: str, spec: Any):
    """A geometry node group that displaces along the normal by a material's height, times its input Strength."""
    return _group(f"Relief of {name}", lambda g, fields, place: look_of(name, spec, fields, place, spec.colour).height)


def relief_of_layers(layers: Sequence[Layer]):
    """The same for layers; the masks are named attributes. The mesh must lie where world and object space are one."""

    def height(g, fields: Fields, place: Value):
        def mask(attribute: str):
            return g.add("GeometryNodeInputNamedAttribute", {"Name": attribute}, data_type="FLOAT").out()

        return blended(layers, fields, place, mask).height

    return _group("Relief of " + " over ".join(name for name, _, _ in reversed(layers))[:50], height)


def add_relief(obj, name: str, spec: Any, strength: float = 1.0):
    """Add a material's relief to a mesh object as a modifier."""
    return add_group(obj, relief_group(name, spec), strength)


def add_group(obj, group, strength: float = 1.0):
    """Add a relief's node group to an object as a modifier."""
    modifier = obj.modifiers.new(group.name, "NODES")
    modifier.node_group = group
    set_named(modifier, "Strength", strength)
    return modifier


def apply_material(obj, name: str, spec: Any, relief: bool = False, strength: float = 1.0) -> str:
    """Give any mesh object a material in place of all its own, and its relief if asked; returns advice or "".

    The object must be in the scene for the advice.
    """
    material = build_material(name, spec)
    obj.data.materials.clear()
    obj.data.materials.append(material)
    if not relief:
        return ""
    add_relief(obj, name, spec, strength)
    return _advice(obj)


def _advice(obj) -> str:
    """What to do if the mesh is too coarse to carry its relief: neighbours then differ as much as strangers do."""
    import bpy
    import numpy as np

    mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    if "relief" not in mesh.attributes or not len(mesh.edges):
        return ""
    height = np.zeros(len(mesh.vertices), np.float32)
    mesh.attributes["relief"].data.foreach_get("value", height)
    ends = np.zeros(2 * len(mesh.edges), np.int32)
    mesh.edges.foreach_get("vertices", ends)
    a, b = ends.reshape(-1, 2).T
    place = np.zeros(3 * len(height), np.float32)
    mesh.vertices.foreach_get("co", place)
    place = place.reshape(-1, 3)
    step = float(np.median(np.linalg.norm(place[a] - place[b], axis=1)))
    spread = float(height.std())
    # Unrelated values of one spread differ by 1.13 of it on average, a field that is well sampled by a fraction of that.
    if spread < 1e-9 or float(np.abs(height[a] - height[b]).mean()) < 0.5 * spread:
        return ""
    return f"the mesh is too coarse for this relief (edges of {1000 * step:.3g} mm): subdivide it first"


def _group(name: str, height: Callable):
    import bpy

    from ..nodes.shader import Nodes

    group = bpy.data.node_groups.new(name, "GeometryNodeTree")
    group.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    strength = group.interface.new_socket("Strength", in_out="INPUT", socket_type="NodeSocketFloat")
    strength.default_value = 1.0
    group.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    g = Nodes(group)
    source = g.add("NodeGroupInput")
    known = g.add("GeometryNodeInputNamedAttribute", {"Name": "rest_position"}, data_type="FLOAT_VECTOR")
    here = g.add("GeometryNodeInputPosition").out()
    place = g.add(
        "GeometryNodeSwitch", {"Switch": known["Exists"], "False": here, "True": known.out()}, input_type="VECTOR"
    ).out()
    normal = g.add("GeometryNodeInputNormal").out()
    fields = Fields(g, lambda: normal)
    lift = fields.value(height(g, fields, fields.value(place))) * fields.value(source["Strength"])

    def store(geometry, attribute: str, kind: str, value):
        inputs = {"Geometry": geometry, "Name": attribute, "Value": value}
        return g.add("GeometryNodeStoreNamedAttribute", inputs, data_type=kind, domain="POINT").out()

    # The shader finds its place where the point was before, and what the mesh carries of the height.
    geometry = store(source["Geometry"], "rest_position", "FLOAT_VECTOR", place)
    if fields.turned:
        geometry = store(geometry, "rest_normal", "FLOAT_VECTOR", normal)
    geometry = store(geometry, "relief", "FLOAT", lift.data)
    carried = g.add("GeometryNodeInputNamedAttribute", {"Name": "relief"}, data_type="FLOAT").out()
    offset = g.add("ShaderNodeVectorMath", {0: normal}, operation="SCALE")
    g.set(offset, "Scale", carried)
    placed = g.add("GeometryNodeSetPosition", {"Geometry": geometry, "Offset": offset.out()}).out()
    g.add("NodeGroupOutput", {0: placed})
    prune(group)
    return group
