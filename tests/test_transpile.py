"""Node graphs as Python: what is written builds the same graph again, for every node type of the running Blender."""

import ast
from pathlib import Path

import numpy as np
import pytest
from node_graphs import (
    HOSTILE,
    assert_same,
    blocks,
    group,
    with_closures,
    with_groups,
    with_items,
    with_moved,
    with_page,
    with_zones,
)

pytest.importorskip("bpy")
from simulacra.procgen.nodes.transpile import runtime

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
             "round", "set", "next", "KeyError", *defined}  # fmt: skip
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


def test_choices_of_another_release_are_left_to_the_node(transpiled, tmp_path):
    """A number that this Blender has no name for reads as an empty text: as 5.2's random walk does on 4.5."""
    import bpy

    material = bpy.data.materials.new("Wax")
    material.use_nodes, material.use_fake_user = True, True
    node = material.node_tree.nodes["Principled BSDF"]
    data = []
    for name, method in (("one", "BURLEY"), ("two", "RANDOM_WALK_SKIN")):
        node.subsurface_method = method
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / f"{name}.blend"), compress=False)
        data.append(np.frombuffer((tmp_path / f"{name}.blend").read_bytes(), np.uint8))
    assert len(data[0]) == len(data[1])
    foreign = data[0].copy()
    foreign[(data[0] == 3) & (data[1] == 5)] = 77
    (tmp_path / "foreign.blend").write_bytes(foreign.tobytes())
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "foreign.blend"))
    material = bpy.data.materials["Wax"]
    assert material.node_tree.nodes["Principled BSDF"].subsurface_method == "", "the test must make such a number"
    source, rebuilt = transpiled(material)
    assert "subsurface_method is a choice of another release" in source
    usual = bpy.data.node_groups.new("Usual", "ShaderNodeTree").nodes.new("ShaderNodeBsdfPrincipled")
    assert rebuilt.node_tree.nodes["Principled BSDF"].subsurface_method == usual.subsurface_method


def test_choices_that_the_releases_call_otherwise(transpiled):
    import bpy

    tree = group("Sky", "ShaderNodeTree")
    sky = tree.nodes.new("ShaderNodeTexSky")
    new = bpy.app.version >= (5,)
    names = ("SINGLE_SCATTERING", "NISHITA") if new else ("NISHITA", "SINGLE_SCATTERING")
    default, sky.sky_type = sky.sky_type, names[0]
    source, rebuilt = transpiled(tree)
    assert_same(tree, rebuilt)
    assert names[0] == default or f'"sky_type", "{names[0]}", "{names[1]}"' in source
    for pair in (names, names[::-1]):  # what is written on either release runs on both
        node = runtime.Node(tree.nodes.new("ShaderNodeTexSky"))
        runtime.option(node, "sky_type", *pair)
        assert node.node.sky_type == ("SINGLE_SCATTERING" if new else "NISHITA")


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
