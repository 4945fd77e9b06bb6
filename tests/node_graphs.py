"""Node graphs that are transpiled: zones, groups, pages, items, closures."""

HOSTILE = "\"\"\"'); __import__('os').abort() #\n\\\u202e é {x}"


def assert_same(original, rebuilt):
    """Two trees are the same in everything, down to the groups that they use."""
    from simulacra.procgen.nodes.transpile.dump import differences, dump

    pairs, names = [(original, rebuilt)], {}
    for one, other in pairs:
        groups = {node.name: node.node_tree for node in other.nodes if getattr(node, "node_tree", None)}
        for node in one.nodes:
            group = getattr(node, "node_tree", None)
            if group and (group, groups[node.name]) not in pairs:
                assert groups[node.name] != group, "the group is the original, not a rebuilt one"
                pairs.append((group, groups[node.name]))
                names[groups[node.name]] = group.name
    assert len({one for one, _ in pairs}) == len({other for _, other in pairs}) == len(pairs)
    for one, other in pairs:
        assert differences(dump(one), dump(other, names)) == []
        for node in one.nodes:
            assert raw(node) == raw(other.nodes[node.name]), node.name


def group(name: str, kind: str = "GeometryNodeTree", **sockets):
    """A group with inputs and outputs named after their types: Geometry="in out", Float="in"."""
    import bpy

    tree = bpy.data.node_groups.new(name, kind)
    for socket, sides in sockets.items():
        for side in sides.split():
            tree.interface.new_socket(socket, in_out=f"{side.upper()}PUT", socket_type=f"NodeSocket{socket}")
    return tree


def with_zones():
    """Every kind of zone, nested where that is allowed, with items of several types."""
    tree = group("Zones", Geometry="in out", Float="in", Int="in")
    for name, value in (("Float", 0.5), ("Int", 2)):
        tree.interface.items_tree[name].default_value = value
    nodes, link = tree.nodes, tree.links.new
    source, target = nodes.new("NodeGroupInput"), nodes.new("NodeGroupOutput")
    repeat_in, repeat_out = nodes.new("GeometryNodeRepeatInput"), nodes.new("GeometryNodeRepeatOutput")
    repeat_in.pair_with_output(repeat_out)
    repeat_out.repeat_items.new("FLOAT", HOSTILE[:40])
    repeat_out.repeat_items.new("VECTOR", "Way")
    each_in, each_out = (nodes.new(f"GeometryNodeForeachGeometryElement{end}") for end in ("Input", "Output"))
    each_in.pair_with_output(each_out)
    each_out.domain = "FACE"
    each_out.input_items.new("FLOAT", "Height")
    each_out.main_items.new("FLOAT", "Kept")
    each_out.generation_items.new("INT", "Number").domain = "EDGE"
    state_in, state_out = nodes.new("GeometryNodeSimulationInput"), nodes.new("GeometryNodeSimulationOutput")
    state_in.pair_with_output(state_out)
    state_out.state_items.new("BOOLEAN", "Alive").attribute_domain = "FACE"
    move, wave = nodes.new("GeometryNodeSetPosition"), nodes.new("ShaderNodeMath")
    wave.operation = "SINE"
    extrude = nodes.new("GeometryNodeExtrudeMesh")
    link(source.outputs["Int"], repeat_in.inputs["Iterations"])
    link(source.outputs["Geometry"], repeat_in.inputs["Geometry"])
    link(source.outputs["Float"], repeat_in.inputs[2])
    link(repeat_in.outputs[2], wave.inputs[0])
    link(wave.outputs[0], repeat_out.inputs[1])
    link(wave.outputs[0], move.inputs["Offset"])
    link(repeat_in.outputs["Geometry"], move.inputs["Geometry"])
    link(move.outputs[0], each_in.inputs[0])
    link(each_in.outputs["Element"], extrude.inputs["Mesh"])
    link(extrude.outputs["Mesh"], each_out.inputs["Geometry"])
    link([made for made in each_out.outputs if made.name == "Geometry"][-1], repeat_out.inputs[0])
    link(repeat_out.outputs[0], state_in.inputs["Geometry"])
    link(state_in.outputs["Geometry"], state_out.inputs["Geometry"])
    link(state_out.outputs["Geometry"], target.inputs[0])
    return tree


def with_groups():
    """Groups in groups, one shared by two; panels; a menu with its own choices; many links into one input."""
    inner = group("Leaf " + HOSTILE[:30], Geometry="out", Float="in")
    inner.interface.items_tree["Float"].min_value = 0.1
    inner.interface.items_tree["Float"].default_value = 1.5
    cube = inner.nodes.new("GeometryNodeMeshCube")
    inner.links.new(inner.nodes.new("NodeGroupInput").outputs[0], cube.inputs["Size"])
    inner.links.new(cube.outputs[0], inner.nodes.new("NodeGroupOutput").inputs[0])

    middle = group("Twig", Geometry="out")
    panel = middle.interface.new_panel("Shape \n it", description="how it is", default_closed=True)
    nested = middle.interface.new_panel("Deeper")
    middle.interface.move_to_parent(nested, panel, 0)
    size = middle.interface.new_socket("Size", in_out="INPUT", socket_type="NodeSocketFloat", parent=nested)
    size.subtype, size.min_value, size.max_value, size.default_value = "FACTOR", 0.0, 3.0, 0.75
    size.attribute_domain, size.default_attribute_name, size.hide_in_modifier = "FACE", "girth", True
    middle.interface.new_socket("Shape", in_out="INPUT", socket_type="NodeSocketMenu", parent=panel)
    source, target = middle.nodes.new("NodeGroupInput"), middle.nodes.new("NodeGroupOutput")
    leaf, switch, ball = (
        middle.nodes.new(kind) for kind in ("GeometryNodeGroup", "GeometryNodeMenuSwitch", "GeometryNodeMeshUVSphere")
    )
    leaf.node_tree = inner
    switch.data_type = "GEOMETRY"
    switch.enum_items.clear()
    for name in ("Box", "Ball", 'Nothing "at" all'):
        switch.enum_items.new(name).description = f"a {name}"
    link = middle.links.new
    link(source.outputs["Size"], leaf.inputs[0])
    link(source.outputs["Shape"], switch.inputs["Menu"])
    link(leaf.outputs[0], switch.inputs["Box"])
    link(ball.outputs[0], switch.inputs["Ball"])
    link(switch.outputs[0], target.inputs[0])
    middle.interface.items_tree["Shape"].default_value = "Ball"

    outer = group("Tree", Geometry="out")
    outer.is_modifier, outer.description, outer.color_tag = True, HOSTILE, "GEOMETRY"
    join = outer.nodes.new("GeometryNodeJoinGeometry")
    for index, (tree, choice) in enumerate([(middle, "Box"), (inner, None), (middle, "Ball"), (inner, None)]):
        node, place = outer.nodes.new("GeometryNodeGroup"), outer.nodes.new("GeometryNodeTransform")
        node.node_tree = tree
        if choice:
            node.inputs["Shape"].default_value = choice
            node.inputs["Size"].default_value = 0.3 + index
        place.inputs["Translation"].default_value = (index * 3.0, 0.1, -index)
        outer.links.new(node.outputs[0], place.inputs[0])
        outer.links.new(place.outputs[0], join.inputs[0])
    first, last = (
        next(link for link in outer.links if link.from_node.name == name)
        for name in ("Transform Geometry", "Transform Geometry.003")
    )
    if hasattr(first, "swap_multi_input_sort_id"):
        first.swap_multi_input_sort_id(last)
    outer.links.new(join.outputs[0], outer.nodes.new("NodeGroupOutput").inputs[0])
    return outer


def with_page():
    """Frames in frames, reroutes, colours, sizes, what is hidden or muted, a loop, and an input that no link reaches."""
    tree = group("Page", Geometry="in out", Float="in")
    nodes, link = tree.nodes, tree.links.new
    outer, inner = nodes.new("NodeFrame"), nodes.new("NodeFrame")
    outer.label, outer.location, outer.label_size, outer.shrink = HOSTILE[:60], (40.5, -20), 33, False
    inner.parent, inner.location = outer, (10, 10.25)
    a, b, bend = nodes.new("ShaderNodeMath"), nodes.new("ShaderNodeMath"), nodes.new("NodeReroute")
    a.parent = bend.parent = inner
    a.location, a.width, a.hide, a.mute, a.name = (-100.25, 33.3333), 222, True, True, "my sum"
    b.use_custom_color, b.color, b.label, b.inputs[2].hide = True, (0.2, 0.4, 0.6), "Same name", True
    a.label = "Same name"
    b.inputs[0].default_value, b.inputs[1].default_value = 3.25, -1e30
    source, target = nodes.new("NodeGroupInput"), nodes.new("NodeGroupOutput")
    other = nodes.new("NodeGroupOutput")
    other.is_active_output, target.is_active_output = True, False
    source.outputs[0].hide = True
    link(source.outputs[1], a.inputs[0])
    link(a.outputs[0], bend.inputs[0])
    link(bend.outputs[0], b.inputs[0])
    link(b.outputs[0], a.inputs[1]).is_muted = True
    dangling = nodes.new("NodeReroute")
    link(dangling.outputs[0], b.inputs[1])
    return tree


def with_items():
    """Lists of items, names that occur twice, and switches by number."""
    tree = group("Items", Geometry="in out")
    nodes, link = tree.nodes, tree.links.new
    capture = nodes.new("GeometryNodeCaptureAttribute")
    for kind, name in (("FLOAT", "A"), ("VECTOR", "A"), ("RGBA", HOSTILE[:20]), ("ROTATION", "R"), ("MATRIX", "M")):
        capture.capture_items.new(kind, name)
    capture.domain = "FACE"
    choose = nodes.new("GeometryNodeIndexSwitch")
    choose.data_type = "STRING"
    choose.index_switch_items.new()
    choose.inputs[2].default_value = HOSTILE
    write = nodes.new("FunctionNodeFormatString")
    write.format_items.new("INT", "count")
    write.inputs["Format"].default_value = "{count} \\ of {0}"
    bake = nodes.new("GeometryNodeBake")
    bake.bake_items.clear()
    bake.bake_items.new("GEOMETRY", "Shape")
    bake.bake_items.new("FLOAT", "Weight").attribute_domain = "EDGE"
    link(choose.outputs[0], write.inputs["Format"])
    link(capture.outputs[0], bake.inputs[0])
    link(capture.outputs[1], bake.inputs[1])
    link(nodes.new("NodeGroupInput").outputs[0], capture.inputs[0])
    link(bake.outputs[0], nodes.new("NodeGroupOutput").inputs[0])
    return tree


def with_closures():
    """Closures and bundles, which Blender 5 brought."""
    tree = group("Closures", Geometry="in out")
    nodes, link = tree.nodes, tree.links.new
    opening, closing, call = (
        nodes.new("NodeClosureInput"),
        nodes.new("NodeClosureOutput"),
        nodes.new("NodeEvaluateClosure"),
    )
    opening.pair_with_output(closing)
    for items in (closing.input_items, call.input_items):
        items.new("GEOMETRY", "Shape")
        items.new("FLOAT", "Size").structure_type = "FIELD"
    for items in (closing.output_items, call.output_items):
        items.new("GEOMETRY", "Shape")
    pack, unpack = nodes.new("NodeCombineBundle"), nodes.new("NodeSeparateBundle")
    for node in (pack, unpack):
        node.bundle_items.new("GEOMETRY", "Shape")
        node.define_signature = True
    link(opening.outputs[0], closing.inputs[0])
    link(closing.outputs[0], call.inputs[0])
    link(nodes.new("NodeGroupInput").outputs[0], call.inputs[1])
    link(call.outputs[0], pack.inputs[0])
    link(pack.outputs[0], unpack.inputs[0])
    link(unpack.outputs[0], nodes.new("NodeGroupOutput").inputs[0])
    return tree


def with_moved():
    """Settings that Blender 5 has moved to inputs, outputs that it calls otherwise, and a ramp, in a graph of meaning."""
    tree = group("Plate", Geometry="out")
    nodes, link = tree.nodes, tree.links.new

    def chain(start, *kinds):
        for kind in kinds:
            node = nodes.new(kind)
            link(start.outputs[0], node.inputs[0])
            start = node
            yield node

    circle = nodes.new("GeometryNodeCurvePrimitiveCircle")
    circle.inputs["Radius"].default_value = 2.0
    circle.label = "Rim"
    steps = (
        "ResampleCurve",
        "FillCurve",
        "Triangulate",
        "ScaleElements",
        "MergeByDistance",
        "Transform",
        "SetPosition",
    )
    resample, fill, cut, grow, merge, turn, lift = chain(circle, *(f"GeometryNode{step}" for step in steps))
    resample.mode, resample.inputs["Length"].default_value = "LENGTH", 0.7
    fill.mode, cut.ngon_method, merge.mode = "NGONS", "CLIP", "CONNECTED"
    grow.inputs["Scale"].default_value, turn.inputs["Scale"].default_value = 0.9, (1.0, 2.0, 1.0)
    noise, ramp, mix = (nodes.new(f"ShaderNode{kind}") for kind in ("TexNoise", "ValToRGB", "Mix"))
    noise.inputs["Scale"].default_value = 0.8
    ramp.color_ramp.elements[0].position = 0.4
    mix.data_type = "VECTOR"
    mix.inputs["B"].default_value = (0.0, 0.0, 1.0)
    link(noise.outputs[0], ramp.inputs[0])
    link(ramp.outputs[0], mix.inputs[0])
    link(mix.outputs["Result"], lift.inputs["Offset"])
    link(lift.outputs[0], nodes.new("NodeGroupOutput").inputs[0])
    return tree


# What only the editor remembers, what is computed, and what may have another name or place.
NOT_COMPARED = {"name", "location", "location_absolute", "select", "active_index", "active_input_index", "active_output_index",
                "active_generation_index", "active_main_index", "inspection_index", "ui_shortcut", "bytecode", "bytecode_hash"}  # fmt: skip


def raw(struct) -> dict:
    """All that can be set on a struct, read without any of the code under test."""
    found = {}
    for prop in struct.bl_rna.properties:
        name = prop.identifier
        if prop.type in ("POINTER", "COLLECTION") or prop.is_readonly or name in NOT_COMPARED or name.startswith("bl_"):
            continue
        if struct.bl_rna.identifier == "NodeReroute" and name in ("width", "height"):
            continue
        if (struct.bl_rna.identifier, name) != ("ShaderNodeOutputLineStyle", "target"):
            value = getattr(struct, name)
            found[name] = list(value) if getattr(prop, "is_array", False) else value
    return found


def blocks() -> dict:
    """A data-block of each kind that a node may refer to."""
    import bpy

    obj = bpy.data.objects.new(HOSTILE, None)
    bpy.context.scene.collection.objects.link(obj)
    return {
        "Object": obj, "Material": bpy.data.materials.new("Bark"), "Collection": bpy.data.collections.new("Stones"),
        "Image": bpy.data.images.new("Grain", 8, 4, float_buffer=True), "Text": bpy.data.texts.new("notes"),
        "VectorFont": bpy.data.fonts.load("<builtin>"), "Texture": bpy.data.textures.new("clouds", "CLOUDS"),
        "Scene": bpy.context.scene,
    }  # fmt: skip
