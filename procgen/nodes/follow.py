"""The geometry nodes by which strands and small meshes follow the skin that they stand on, with no script in the file."""

from __future__ import annotations

import bpy

from .modifier_inputs import set_named

MODIFIER = "Follow the skin"
SHOWN = "Viewport Share"
REST = "rest_skin"  # vector attribute of the skin: where its vertices were when what follows it was built


def follow_the_skin(
    obj: bpy.types.Object, skin: bpy.types.Object, curves: bool, hang: tuple[float, float] | None
) -> None:
    """Carry each curve (or point) of an object by the frame of three vertices of a skin, from their rest to where they are.

    The vertices' numbers are the attributes ``skin_anchor_0`` … 2, and their shares in the place that an object hangs on the
    vector ``skin_anchor_weights``; where ``hang`` gives two heights (m), points go over
    between them to the frame of ``shoulder_anchor_0`` … 2, by as much more as their root does not (``root_hang``). Strands have a setting of how many of them viewports show.
    """
    group = _group(curves, hang)
    modifier = obj.modifiers.new(MODIFIER, "NODES")
    modifier.node_group = group
    set_named(modifier, "Skin", skin)


def _group(curves: bool, hang: tuple[float, float] | None):
    """The group for curves or meshes, made once a file."""
    name = f"{MODIFIER}: {'strands' if curves else 'points'}{' and shoulders' if hang else ''}"
    found = bpy.data.node_groups.get(name)
    if found is not None and found.library is None:
        return found
    from .shader import Nodes

    group = bpy.data.node_groups.new(name, "GeometryNodeTree")
    group.is_modifier = True
    group.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    group.interface.new_socket("Skin", in_out="INPUT", socket_type="NodeSocketObject")
    if curves:
        shown = group.interface.new_socket(SHOWN, in_out="INPUT", socket_type="NodeSocketFloat")
        shown.default_value, shown.min_value, shown.max_value, shown.subtype = 1.0, 0.0, 1.0, "FACTOR"
    group.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    g = Nodes(group)
    source = g.add("NodeGroupInput")
    geometry = _thinned(g, source) if curves else source["Geometry"]
    skin = g.add("GeometryNodeObjectInfo", {"Object": source["Skin"]}, transform_space="ORIGINAL")["Geometry"]
    domain = "CURVE" if curves else "POINT"
    place = g.add("GeometryNodeInputPosition").out()
    moved = _carried(g, skin, "skin_anchor", domain, place)
    if hang:
        low = _carried(g, skin, "shoulder_anchor", domain, place)
        height = g.add("ShaderNodeSeparateXYZ", {0: place})["Z"]
        root = g.add("GeometryNodeInputNamedAttribute", {"Name": "root_hang"}, data_type="FLOAT").out()
        share = g.map_range(g.map_range(height, *hang, smooth=True), root, 1.0)
        moved = g.add("ShaderNodeMix", {"Factor": share, "A": moved, "B": low}, data_type="VECTOR").out()
    placed = g.add("GeometryNodeSetPosition", {"Geometry": geometry, "Position": moved}).out()
    g.add("NodeGroupOutput", {0: placed})
    return group


def _sum(g, vectors, shares):
    """The sum of three vectors, each times its share."""
    total = None
    for vector, axis in zip(vectors, "XYZ", strict=True):
        part = g.add("ShaderNodeVectorMath", {0: vector}, operation="SCALE")
        g.set(part, "Scale", shares[axis])
        total = part.out() if total is None else g.vector_math("ADD", total, part.out())
    return total


def _thinned(g, source):
    """The strands, in a viewport only a share of them, and straight between their points.

    Blender evaluates every curve at its resolution whenever it moves, by default at twelve places a point, and keeps them.
    """
    chance = g.add("FunctionNodeRandomValue", data_type="FLOAT").out()
    over = g.add(
        "FunctionNodeCompare", {0: chance, 1: source[SHOWN]}, data_type="FLOAT", operation="GREATER_THAN"
    ).out()
    fewer = g.add(
        "GeometryNodeDeleteGeometry", {"Geometry": source["Geometry"], "Selection": over}, domain="CURVE"
    ).out()
    fewer = g.add("GeometryNodeSetSplineResolution", {0: fewer, "Resolution": 1}).out()
    seen = g.add("GeometryNodeIsViewport").out()
    thin = g.add("FunctionNodeCompare", {0: source[SHOWN], 1: 1.0}, data_type="FLOAT", operation="LESS_THAN").out()
    both = g.add("FunctionNodeBooleanMath", {0: seen, 1: thin}, operation="AND").out()
    choice = {"Switch": both, "False": source["Geometry"], "True": fewer}
    return g.add("GeometryNodeSwitch", choice, input_type="GEOMETRY").out()


def show_share(obj: bpy.types.Object, share: float) -> None:
    """Let viewports show a share 0…1 of an object's strands; a render has all of them."""
    modifier = obj.modifiers[MODIFIER]
    set_named(modifier, SHOWN, share)
    obj.update_tag()


def _carried(g, skin, anchor: str, domain: str, place):
    """The place of each point, carried by the frame of its anchor."""
    corners = [
        g.add("GeometryNodeInputNamedAttribute", {"Name": f"{anchor}_{index}"}, data_type="INT").out()
        for index in range(3)
    ]
    weights = g.add("GeometryNodeInputNamedAttribute", {"Name": f"{anchor}_weights"}, data_type="FLOAT_VECTOR").out()
    shares = g.add("ShaderNodeSeparateXYZ", {0: weights})
    rest = g.add("GeometryNodeInputNamedAttribute", {"Name": REST}, data_type="FLOAT_VECTOR").out()
    here = g.add("GeometryNodeInputPosition").out()

    def frame(field):
        a, b, c = (
            g.add(
                "GeometryNodeSampleIndex", {"Geometry": skin, "Value": field, "Index": corner},
                data_type="FLOAT_VECTOR", domain="POINT",
            ).out()
            for corner in corners
        )  # fmt: skip
        along = g.vector_math("SUBTRACT", b, a)
        normal = g.vector_math("CROSS_PRODUCT", along, g.vector_math("SUBTRACT", c, a))
        turn = g.add("FunctionNodeAxesToRotation", primary_axis="Z", secondary_axis="X")
        g.set(turn, "Primary Axis", normal)
        g.set(turn, "Secondary Axis", along)
        place = _sum(g, (a, b, c), shares)
        return g.add("FunctionNodeCombineTransform", {"Translation": place, "Rotation": turn.out()}).out()

    back = g.add("FunctionNodeInvertMatrix", {0: frame(rest)}).out()
    motion = g.add("FunctionNodeMatrixMultiply", {0: frame(here), 1: back}).out()
    # Once a curve, not once a point.
    motion = g.add("GeometryNodeFieldOnDomain", {0: motion}, data_type="FLOAT4X4", domain=domain).out()
    return g.add("FunctionNodeTransformPoint", {"Vector": place, "Transform": motion}).out()
