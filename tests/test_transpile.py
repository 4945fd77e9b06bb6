"""Node graphs as Python: what is written builds the same graph again, for every node type of the running Blender."""

import ast
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("bpy")

HOSTILE = "\"\"\"'); __import__('os').abort() #\n\\\u202e é {x}"


@pytest.fixture
def transpiled(scene):
    """A function that writes a data-block as Python, runs it, and gives the source and what it built."""
    from simulacra.procgen.nodes.transpile.document import transpile

    def run(owner, spec=None):
        source = transpile(owner)
        module = {"__name__": "written"}
        exec(compile(source, "written.py", "exec"), module)
        build = next(module[name] for name in module if name.startswith("build_"))
        return source, build(*([spec(module)] if spec else []))

    return run


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


def node_types(kind: str) -> list[str]:
    """Every node type that this Blender can add to a tree of a kind."""
    import bpy

    tree, found = bpy.data.node_groups.new("all", kind), []
    for name in sorted(dir(bpy.types)):
        thing = getattr(bpy.types, name)
        if (
            isinstance(thing, type)
            and issubclass(thing, bpy.types.Node)
            and not name.startswith(("Compositor", "Texture"))
        ):
            try:
                tree.nodes.new(name)
            except RuntimeError:
                continue
            found.append(name)
    bpy.data.node_groups.remove(tree)
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


def random_value(prop, now, rng, things):
    """Another value for a property; None where there is none to choose."""
    if prop.type == "BOOLEAN":
        return not now if not prop.is_array else [not value for value in now]
    if prop.type in ("INT", "FLOAT"):
        low, high = max(prop.hard_min, -50), min(prop.hard_max, 50)
        values = rng.uniform(low, high, len(now) if prop.is_array else 1)
        values = [float(value) if prop.type == "FLOAT" else int(np.ceil(value)) for value in values]
        return values if prop.is_array else values[0]
    if prop.type == "STRING":
        return HOSTILE if rng.random() < 0.5 else "plain words"
    if prop.type == "POINTER":
        kind = prop.fixed_type.identifier
        return things.get(kind)
    return None


def shake_settings(owner, rng, things, only=None):
    """Give the settings of a struct other values; what Blender does not take stays."""
    from simulacra.procgen.nodes.transpile.state import ALIASES, PASSING

    for prop in owner.bl_rna.properties:
        name = prop.identifier
        passed = (
            name in PASSING or (owner.bl_rna.identifier, name) in ALIASES or name.startswith("bl_") or prop.is_readonly
        )
        if passed or (only and name not in only) or rng.random() < 0.3:
            continue
        value = random_value(prop, getattr(owner, name), rng, things)
        if prop.type == "ENUM":
            options = [item.identifier for item in prop.enum_items]
            value = options[rng.integers(len(options))] if options and not prop.is_enum_flag else None
        if value is not None and name not in ("socket_type", "subtype", "dimensions"):
            try:
                setattr(owner, name, value)
            except (TypeError, ValueError, AttributeError):
                pass


def shake(node, rng, things):
    """Give a node's settings and free inputs other values."""
    shake_settings(node, rng, things)
    for prop in node.bl_rna.properties:
        if (
            prop.type == "POINTER"
            and prop.is_readonly
            and prop.fixed_type.identifier in ("TexMapping", "ImageUser", "ColorMapping")
        ):
            shake_settings(getattr(node, prop.identifier), rng, things)
    for socket in node.inputs:
        shake_settings(socket, rng, things, only={"default_value"})
        socket.hide = bool(rng.random() < 0.1)


def in_every_way(tree, name: str, rng, things):
    """Add a node type once for each choice of each of its settings, all else at random."""
    from simulacra.procgen.nodes.transpile.state import ALIASES

    first = tree.nodes.new(name)
    for prop in first.bl_rna.properties:
        passed = prop.is_readonly or prop.is_enum_flag if prop.type == "ENUM" else True
        if passed or prop.identifier.startswith("bl_") or (name, prop.identifier) in ALIASES:
            continue
        for item in prop.enum_items:
            node = tree.nodes.new(name)
            shake(node, rng, things)
            try:
                setattr(node, prop.identifier, item.identifier)
            except TypeError:  # a choice that another setting rules out
                continue


@pytest.mark.parametrize("kind", ["ShaderNodeTree", "GeometryNodeTree"])
def test_every_node_type_comes_back_with_every_choice(transpiled, kind):
    import bpy

    from simulacra.procgen.nodes.transpile.errors import REFUSED, TranspileError

    rng, things, wrong = np.random.default_rng(7), blocks(), {}
    kinds = node_types(kind)
    if kind == "GeometryNodeTree":
        kinds = sorted(set(kinds) - set(node_types("ShaderNodeTree")))
    assert len(kinds) > 90
    for name in kinds:
        tree = bpy.data.node_groups.new(name, kind)
        if name in REFUSED:
            tree.nodes.new(name)
            with pytest.raises(TranspileError, match=name):
                transpiled(tree)
            continue
        in_every_way(tree, name, rng, things)
        try:
            _, rebuilt = transpiled(tree)
            assert_same(tree, rebuilt)
        except Exception as error:  # all that is wrong is told at once
            wrong[name] = f"{type(error).__name__}: {error}"[:600]
        bpy.data.node_groups.remove(tree)
    assert wrong == {}


@pytest.mark.parametrize("kind", ["ShaderNodeTree", "GeometryNodeTree"])
def test_every_type_of_interface_socket_comes_back(transpiled, kind):
    """Every socket type with every subtype and number of dimensions, in panels, and all else at random."""
    import bpy

    rng, things = np.random.default_rng(5), blocks()
    tree = group("Sockets", kind)
    face, kinds = (
        tree.interface,
        [item.identifier for item in bpy.types.NodeTreeInterfaceSocket.bl_rna.properties["socket_type"].enum_items],
    )
    kinds += [f"NodeSocket{name}" for name in ("Float", "Int", "Vector", "String", "Color", "Bool", "Menu", "Object", "Image", "Shader", "Geometry",
              "Rotation", "Matrix", "Material", "Collection", "Texture", "Bundle", "Closure", "IntVector", "Font")]  # fmt: skip
    panels, made = [face.new_panel(name) for name in ("One", HOSTILE[:20])], 0
    for name in dict.fromkeys(kinds):
        for number in range(12):
            try:
                place = face.new_socket(f"{name} {number}", in_out=("INPUT", "OUTPUT")[number % 2], socket_type=name,
                                        parent=panels[number] if number < 2 else None).index  # fmt: skip
            except (TypeError, RuntimeError):  # not of this kind of tree
                break
            for setting, values in (("dimensions", (2, 3, 4)), ("subtype", None)):
                item = face.items_tree[place]
                if hasattr(item, setting):
                    options = values or [option.identifier for option in item.bl_rna.properties[setting].enum_items]
                    try:
                        setattr(item, setting, options[number % len(options)])
                    except (TypeError, ValueError):
                        pass
            shake_settings(face.items_tree[place], rng, things)
            made += 1
    assert made > 60
    _, rebuilt = transpiled(tree)
    assert_same(tree, rebuilt)


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


GRAPHS = [with_zones, with_groups, with_page, with_items, with_closures]


def evaluated(tree):
    """The vertices of a grid under a modifier with a node group."""
    import bpy

    mesh = bpy.data.meshes.new("grid")
    mesh.from_pydata([(x, y, 0.1 * x * y) for x in range(4) for y in range(3)], [],
                     [(3 * x + y, 3 * x + 3 + y, 3 * x + 4 + y, 3 * x + 1 + y) for x in range(3) for y in range(2)])  # fmt: skip
    obj = bpy.data.objects.new("grid", mesh)
    bpy.context.scene.collection.objects.link(obj)
    obj.modifiers.new("made", "NODES").node_group = tree
    result = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    points = np.zeros(3 * len(result.vertices), np.float32)
    result.vertices.foreach_get("co", points)
    return points.reshape(-1, 3)


@pytest.mark.parametrize("make", GRAPHS)
def test_graphs_come_back_whole_and_make_the_same_geometry(transpiled, make):
    import bpy

    if make is with_closures and bpy.app.version < (5,):
        pytest.skip("closures came with Blender 5")
    tree = make()
    source, rebuilt = transpiled(tree)
    assert_same(tree, rebuilt)
    before, after = evaluated(tree), evaluated(rebuilt)
    assert before.shape == after.shape and (before == after).all()
    if make is with_zones:
        assert len(before) > 12 and np.ptp(before[:, 2]) > 0.6
    if make is with_groups:
        assert source.count("def make_") == 2 and len(before) > 16
    assert_only_calls(source)


def assert_only_calls(source: str):
    """A written file does nothing but call its helpers and Blender's data: no other name is called or imported."""
    module = ast.parse(source)
    defined = {node.name for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    plain = {"getattr", "setattr", "hasattr", "isinstance", "len", "list", "dict", "zip", "reversed", "int", "float",
             "round", "set", "KeyError", *defined}  # fmt: skip
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            assert {alias.name for alias in node.names} <= {"bpy", "numpy"}
        if isinstance(node, ast.ImportFrom):
            assert node.module == "simulacra.procgen.params"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id in plain | {"uniform", "normal", "choice", "integer", "vector", "draw"}, node.func.id
        if isinstance(node, ast.Attribute):
            assert not node.attr.startswith("__")


def test_names_reach_the_code_as_texts_only(transpiled):
    """Names, labels, texts and references that look like code stay what they are."""
    import bpy

    material = bpy.data.materials.new(HOSTILE[:50])
    material.use_nodes = True
    tree = material.node_tree
    things = blocks()
    for index, text in enumerate(
        [HOSTILE[:50], "__import__", "x'); raise SystemExit(", '"', "\\", "\n", "class", "def f", "1e5", ""]
    ):
        node = tree.nodes.new("ShaderNodeAttribute")
        node.name, node.label, node.attribute_name = text or "n", text, text
        node.location.x = index
    tree.nodes.new("ShaderNodeTexCoord").object = things["Object"]
    source, rebuilt = transpiled(material)
    assert_same(tree, rebuilt.node_tree)
    assert_only_calls(source)
    assert rebuilt.name.startswith(material.name[:45])
    assert "\u202e" not in source and source.isprintable() is False
    assert max(map(len, source.splitlines())) < 400


def test_ramps_curves_images_and_settings_of_a_material(transpiled, tmp_path):
    import bpy

    material = bpy.data.materials.new("Rusty Iron")
    material.use_nodes = True
    material.diffuse_color, material.displacement_method = (0.25, 0.5, 0.125, 1.0), "BOTH"
    material.cycles.emission_sampling = "FRONT"
    tree = material.node_tree
    ramp = tree.nodes.new("ShaderNodeValToRGB").color_ramp
    ramp.color_mode, ramp.interpolation = "HSL", "CARDINAL"
    ramp.elements[0].position, ramp.elements[0].color = 0.2, (0.1, 0.2, 0.3, 0.4)
    for place in (0.5, 0.5, 0.7):
        ramp.elements.new(place).color = (place, 0, 1, 1)
    for kind, count in (("ShaderNodeRGBCurve", 4), ("ShaderNodeVectorCurve", 3), ("ShaderNodeFloatCurve", 1)):
        mapping = tree.nodes.new(kind).mapping
        for index in range(count):
            mapping.curves[index].points.new(0.3 + 0.1 * index, 0.6).handle_type = "VECTOR"
        mapping.clip_min_x, mapping.use_clip, mapping.extend = -0.5, False, "HORIZONTAL"
        mapping.update()
    picture = bpy.data.images.new("saved", 3, 2)
    picture.filepath_raw, picture.file_format = str(tmp_path / "it's.png"), "PNG"
    picture.save()
    packed = bpy.data.images.new("packed", 3, 2)
    packed.pixels[0] = 0.5
    packed.pack()
    drawn = bpy.data.images.new("drawn", 16, 8, float_buffer=True)
    drawn.generated_type = "UV_GRID"
    loaded = bpy.data.images.load(str(tmp_path / "it's.png"))
    loaded.colorspace_settings.name = "Non-Color"
    for image in (loaded, packed, drawn):
        tree.nodes.new("ShaderNodeTexImage").image = image
    texture = tree.nodes["Image Texture"]
    texture.image_user.frame_start, texture.texture_mapping.scale = 7, (1, 2, 3)
    source, rebuilt = transpiled(material)
    assert_same(tree, rebuilt.node_tree)
    assert tuple(rebuilt.diffuse_color) == (0.25, 0.5, 0.125, 1.0) and rebuilt.displacement_method == "BOTH"
    assert rebuilt.cycles.emission_sampling == "FRONT"
    for image in (loaded, packed, drawn):
        image.name = "gone " + image.name
    module = {"__name__": "written"}
    exec(source, module)
    with pytest.raises(KeyError, match=r"need 'packed' in bpy\.data\.images"):
        module["build_rusty_iron"]()
    packed.name = "packed"
    again = module["build_rusty_iron"]().node_tree.nodes
    assert tuple(again["Image Texture"].image.size) == (3, 2)
    assert again["Image Texture"].image.colorspace_settings.name == "Non-Color"
    assert tuple(again["Image Texture.002"].image.size) == (16, 8)
    assert again["Image Texture.002"].image.colorspace_settings.name == drawn.colorspace_settings.name
    assert again["Image Texture.002"].image.generated_type == "UV_GRID"


def test_worlds_and_this_projects_materials(transpiled):
    import bpy

    from simulacra.procgen.materials.cloth import PATTERNS, cloth_material

    colours = [(0.5, 0.1, 0.1), (0.1, 0.2, 0.5), (0.9, 0.9, 0.8)]
    for fabric, pattern in zip(("cotton", "wool", "leather", "denim"), PATTERNS[4:8], strict=True):
        material = cloth_material(f"{fabric} {pattern}", fabric, pattern, colours)
        source, rebuilt = transpiled(material)
        assert_same(material.node_tree, rebuilt.node_tree)
        body = source[source.index("def build_") :]
        assert ", name=" not in body and "at=" not in body  # a script's own order is kept
    world = bpy.data.worlds.new("Dusk")
    world.use_nodes = True
    world.color = (0.1, 0.2, 0.3)
    sky = world.node_tree.nodes.new("ShaderNodeTexSky")
    sky.sun_elevation = 0.1
    world.node_tree.links.new(sky.outputs[0], world.node_tree.nodes["Background"].inputs[0])
    _, rebuilt = transpiled(world)
    assert_same(world.node_tree, rebuilt.node_tree)
    assert np.allclose(rebuilt.color, world.color) and rebuilt.id_type == "WORLD"


def test_labels_become_fields_of_a_spec(transpiled):
    import bpy

    tree = group("Pebbles", Geometry="out")
    size, ball, count, way = (
        tree.nodes.new(kind)
        for kind in ("ShaderNodeValue", "GeometryNodeMeshUVSphere", "FunctionNodeInputInt", "FunctionNodeInputVector")
    )
    size.label, count.label, way.label = "~N(0.5, 0.1)", "~U(4, 9)", "~U(-1, 1)"
    ball.label = "Rings ~C(5, 7, 9)"
    text = tree.nodes.new("FunctionNodeInputString")
    text.label = "~C(a, it's)"
    move = tree.nodes.new("GeometryNodeTransform")
    move.label = "Scale ~U(2,8), Rotation ~N(0, 1, -1, 1)"
    tree.links.new(size.outputs[0], ball.inputs["Radius"])
    tree.links.new(count.outputs[0], ball.inputs["Segments"])
    tree.links.new(way.outputs[0], move.inputs["Translation"])
    tree.links.new(ball.outputs[0], move.inputs["Geometry"])
    tree.links.new(move.outputs[0], tree.nodes.new("NodeGroupOutput").inputs[0])
    seen = []
    for seed in range(8):
        source, rebuilt = transpiled(
            tree, lambda module, seed=seed: module["sample_pebbles"](np.random.default_rng(seed))
        )
        nodes = rebuilt.nodes
        drawn = [
            nodes["Value"].outputs[0].default_value,
            nodes["Integer"].integer,
            nodes[ball.name].inputs["Rings"].default_value,
        ]
        drawn += [*nodes["Vector"].vector[:3], *nodes[move.name].inputs["Scale"].default_value]
        assert 0.2 <= drawn[0] <= 0.8 and 4 <= drawn[1] <= 9 and drawn[2] in (5, 7, 9)
        assert all(-1 <= x <= 1 for x in drawn[3:6]) and all(2 <= x <= 8 for x in drawn[6:])
        assert nodes["String"].string in ("a", "it's") and len(evaluated(rebuilt)) == drawn[1] * (drawn[2] - 1) + 2
        seen.append(tuple(drawn))
    assert len(set(seen)) == 8 and {row[2] for row in seen} > {seen[0][2]}
    assert_only_calls(source)
    module = {"__name__": "written"}
    exec(source, module)
    fixed = module["sample_pebbles"](np.random.default_rng(0), {"value": 0.25})
    assert module["build_pebbles"](fixed).nodes["Value"].outputs[0].default_value == 0.25
    assert fixed == module["sample_pebbles"](np.random.default_rng(0), {"value": 0.25})
    assert bpy.data.node_groups["Pebbles"].nodes["Value"].outputs[0].default_value == 0.0


@pytest.mark.parametrize("kind, label, words", [
    ("ShaderNodeValue", "~U(1)", "allowed are ~U"), ("ShaderNodeValue", "~U(5, 2)", "allowed are ~U"),
    ("ShaderNodeValue", "~X(1, 2)", "allowed are ~U"), ("ShaderNodeValue", "~U(nan, 1)", "allowed are ~U"),
    ("ShaderNodeValue", "~U(0, 1e999)", "allowed are ~U"), ("ShaderNodeValue", "~N(0, -1)", "allowed are ~U"),
    ("ShaderNodeValue", "~C(1, b)", "b is no value"), ("ShaderNodeValue", "~U(1, 2) and more", "allowed are ~U"),
    ("ShaderNodeMath", "~U(0, 1)", "name one of its inputs"), ("ShaderNodeMath", "Nothing ~U(0, 1)", "there are Value"),
    ("ShaderNodeRGB", "~C(red, blue)", "drawn for each element"),
])  # fmt: skip
def test_labels_that_declare_nothing_are_named(transpiled, kind, label, words):
    from simulacra.procgen.nodes.transpile.errors import TranspileError

    tree = group("Wrong", "ShaderNodeTree")
    tree.nodes.new(kind).label = label
    with pytest.raises(TranspileError, match=words) as caught:
        transpiled(tree)
    assert label in str(caught.value) and "\n" not in str(caught.value)


def test_what_cannot_be_written_is_refused_in_a_line(transpiled):
    import bpy

    from simulacra.procgen.nodes.transpile.errors import TranspileError

    before = len(bpy.data.node_groups)
    tree = group("Driven", "ShaderNodeTree")
    value = tree.nodes.new("ShaderNodeValue")
    value.outputs[0].driver_add("default_value")
    with pytest.raises(TranspileError, match=r"nodes\[\"Value\"\].outputs\[0\].default_value is driven"):
        transpiled(tree)
    value.outputs[0].driver_remove("default_value")
    tree.animation_data_clear()
    transpiled(tree)
    value.outputs[0].keyframe_insert("default_value", frame=1)
    with pytest.raises(TranspileError, match="animated"):
        transpiled(tree)
    tree = group("Script", "ShaderNodeTree")
    tree.nodes.new("ShaderNodeScript")
    with pytest.raises(TranspileError, match="ShaderNodeScript"):
        transpiled(tree)

    class Foreign(bpy.types.ShaderNodeCustomGroup):
        bl_idname, bl_label = "ForeignNode", "Foreign"

    tree = group("Foreign", "ShaderNodeTree")
    bpy.utils.register_class(Foreign)
    tree.nodes.new("ForeignNode")
    bpy.utils.unregister_class(Foreign)
    with pytest.raises(TranspileError, match="does not know"):
        transpiled(tree)
    assert len(bpy.data.node_groups) == before + 4  # the three, and the one rebuilt: nothing is left beside them


def test_the_command_writes_a_file_that_stands_alone(scene, tmp_path, capsys):
    import subprocess
    import sys

    import bpy

    from simulacra.datagen.cli import transpile
    from simulacra.datagen.cli.parser import Parser
    from simulacra.datagen.errors import BadInput

    tree = with_groups()
    tree.use_fake_user = True
    for name in ("Iron", "Bare"):
        bpy.data.materials.new(name).use_fake_user = True
    bpy.data.materials["Iron"].use_nodes = True
    path = tmp_path / "scene.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    before = path.read_bytes()

    def run(*words):
        parser = Parser("simulacra transpile", "")
        transpile.configure(parser)
        transpile.command(parser.read([*map(str, words)]))

    counts = [str(len(tree.nodes)), str(len(tree.links))]
    out = tmp_path / "tree.py"
    capsys.readouterr()
    run(path, "--geometry", "Tree", "--out", out)
    run(path, "--material", "Iron")
    printed = capsys.readouterr().out
    assert printed.startswith('"""The material Iron') and "ShaderNodeBsdfPrincipled" in printed
    assert path.read_bytes() == before
    code = f"import runpy, bpy; tree = runpy.run_path({str(out)!r}, run_name='__main__'); t = bpy.data.node_groups['Tree']; print(len(t.nodes), len(t.links))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert result.stdout.split()[-2:] == counts
    for words, told in [
        ((tmp_path / "none.blend", "--material", "Iron"), "is missing"),
        ((path, "--material", "Gold"), "there are Bare, Iron"),
        ((path, "--geometry", "Gold"), "Twig"),
        ((path, "--world", "Gold"), "there are none"),
        ((path,), "0 graphs"),
        ((path, "--material", "Iron", "--world", "x"), "2 graphs"),
    ]:
        with pytest.raises(BadInput, match=told) as caught:
            run(*words)
        assert "\n" not in str(caught.value)
    if bpy.app.version < (5,):
        with pytest.raises(BadInput, match="'Bare' has no nodes"):
            run(path, "--material", "Bare")


def test_a_file_written_on_one_release_runs_on_the_other(transpiled):
    """The file that 4.5 wrote makes the same plate there and on Blender 5; 4.5 still writes it so to the letter."""
    import bpy

    text = Path(__file__).with_name("written_on_4_5.txt").read_text(encoding="utf-8")
    original = transpiled(with_moved()) if bpy.app.version < (5,) else None
    module = {"__name__": "written"}
    exec(text, module)
    tree = module["build_plate"]()
    points = evaluated(tree)
    assert len(points) == 18 and np.allclose(np.abs(points).max(0)[:2], (1.8, 3.6), atol=0.06)
    assert points[:, 2].min() >= 0 and 0.2 < np.ptp(points[:, 2]) < 1
    if original:
        assert original[0] == text
        assert_same(original[1], tree)


def bundled_groups(*names: str) -> list:
    """The node groups that come with Blender, or some of them."""
    import bpy

    root = Path(bpy.utils.system_resource("DATAFILES"), "assets")
    for path in sorted(root.rglob("*.blend")):
        if "node" in path.parent.name:
            with bpy.data.libraries.load(str(path)) as (there, here):
                here.node_groups = [name for name in there.node_groups if name in names or not names]
    kinds = ("GeometryNodeTree", "ShaderNodeTree")
    return [tree for tree in bpy.data.node_groups if tree.bl_idname in kinds and (tree.name in names or not names)]


def test_some_of_blenders_own_groups_come_back(transpiled):
    trees = bundled_groups("Smooth by Angle", "Roll Hair Curves", "Curve Info", "Random Rotation")
    assert len(trees) >= 3
    for tree in trees:
        source, rebuilt = transpiled(tree)
        assert_same(tree, rebuilt)
        assert_only_calls(source)


@pytest.mark.slow
def test_all_of_blenders_own_groups_come_back(transpiled):
    trees = bundled_groups()
    assert len(trees) >= 28
    for tree in trees:
        source, rebuilt = transpiled(tree)
        assert_same(tree, rebuilt)
        assert_only_calls(source)
