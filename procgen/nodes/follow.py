"""The geometry nodes by which strands and small meshes follow the skin that they stand on, with no script in the file."""

from __future__ import annotations

import bpy

from .modifier_inputs import set_named

MODIFIER = "Follow the skin"
SHOWN = "Viewport Share"
ALONG = "along_at_rest"  # m along its strand of each point, within the nodes alone
REST = "rest_skin"  # vector attribute of the skin: where its vertices were when what follows it was built


def follow_the_skin(obj: bpy.types.Object, skin: bpy.types.Object, curves: bool, hang: float | None) -> None:
    """Carry each curve (or point) of an object by the frame of three vertices of a skin, from their rest to where they are.

    The vertices' numbers are the attributes ``skin_anchor_0`` … 2, and their shares in the place that an object hangs on the
    vector ``skin_anchor_weights``. Where ``hang`` gives a height (m), points go over from there to that of
    ``hang_low`` to the frame of ``shoulder_anchor_0`` … 2, by as much more as their root does not (``root_hang``), and
    strands keep their length. Strands have a setting of how many of them viewports show.
    """
    group = _group(curves, hang)
    modifier = obj.modifiers.new(MODIFIER, "NODES")
    modifier.node_group = group
    set_named(modifier, "Skin", skin)


def _group(curves: bool, hang: float | None):
    """The group for curves or meshes, made once a file."""
    name = f"{MODIFIER}: {'strands' if curves else 'points'}{' that hang' if hang else ''}"
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
        root, lands = (
            g.add("GeometryNodeInputNamedAttribute", {"Name": name}, data_type="FLOAT").out()
            for name in ("root_hang", "hang_low")
        )
        share = g.map_range(g.map_range(height, hang, lands, smooth=True), root, 1.0)
        moved = g.add("ShaderNodeMix", {"Factor": share, "A": moved, "B": low}, data_type="VECTOR").out()
        placed = _as_long(g, geometry, moved)
    else:
        placed = g.add("GeometryNodeSetPosition", {"Geometry": geometry, "Position": moved}).out()
    g.add("NodeGroupOutput", {0: placed})
    return group


def _as_long(g, strands, moved):
    """Strands moved, every piece as long as before: what was drawn out slides back along its own path.

    The same in numpy: people/hanging.py, as_long. As lines of straight pieces, for their length to be that of their points.
    """
    lines = g.add("GeometryNodeCurveSplineType", {"Curve": strands}, spline_type="POLY").out()
    along = g.add("GeometryNodeSplineParameter")["Length"]
    store = {"Geometry": lines, "Name": ALONG, "Value": along}
    lines = g.add("GeometryNodeStoreNamedAttribute", store, data_type="FLOAT", domain="POINT").out()
    along = g.add("GeometryNodeInputNamedAttribute", {"Name": ALONG}, data_type="FLOAT").out()
    lines = g.add("GeometryNodeSetPosition", {"Geometry": lines, "Position": moved}).out()
    curve = g.add("GeometryNodeCurveOfPoint")["Curve Index"]
    whole = g.add("GeometryNodeFieldAtIndex", {"Index": curve, "Value": g.add("GeometryNodeSplineLength")["Length"]},
                  data_type="FLOAT", domain="CURVE").out()  # fmt: skip
    wanted = {"Curves": lines, "Length": along, "Curve Index": curve}
    sample = g.add("GeometryNodeSampleCurve", wanted, mode="LENGTH", use_all_curves=False)
    over = g.math("MAXIMUM", g.math("SUBTRACT", along, whole), 0.0)
    on = g.add("ShaderNodeVectorMath", {0: sample["Tangent"]}, operation="SCALE")
    g.set(on, "Scale", over)
    place = g.vector_math("ADD", sample["Position"], on.out())
    lines = g.add("GeometryNodeSetPosition", {"Geometry": lines, "Position": place}).out()
    # Pieces cut the corners of the path: each gets its length again, one after the other.
    index = g.add("GeometryNodeInputIndex").out()
    here = g.add("GeometryNodeInputPosition").out()

    def before(field, kind):
        inputs = {"Index": g.math("MAXIMUM", g.math("SUBTRACT", index, 1.0), 0.0), "Value": field}
        return g.add("GeometryNodeFieldAtIndex", inputs, data_type=kind, domain="POINT").out()

    direction = g.vector_math("NORMALIZE", g.vector_math("SUBTRACT", here, before(here, "FLOAT_VECTOR")))
    piece = g.add("ShaderNodeVectorMath", {0: direction}, operation="SCALE")
    g.set(piece, "Scale", g.math("SUBTRACT", along, before(along, "FLOAT")))
    within = g.add("GeometryNodeCurveOfPoint")["Index in Curve"]
    first = g.add("FunctionNodeCompare", {0: within, 1: 0.5}, data_type="FLOAT", operation="LESS_THAN").out()
    piece = g.add(
        "GeometryNodeSwitch", {"Switch": first, "False": piece.out(), "True": here}, input_type="VECTOR"
    ).out()
    total = {"Value": piece, "Group ID": curve}
    place = g.add("GeometryNodeAccumulateField", total, data_type="FLOAT_VECTOR", domain="POINT")["Leading"]
    lines = g.add("GeometryNodeSetPosition", {"Geometry": lines, "Position": place}).out()
    lines = g.add("GeometryNodeRemoveAttribute", {"Geometry": lines, "Name": ALONG}).out()
    return g.add("GeometryNodeCurveSplineType", {"Curve": lines}, spline_type="CATMULL_ROM").out()


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
