"""Materials: each builds as shader and as relief, the two agree to the last digits, and light comes back in bounds."""

import numpy as np
import pytest

from simulacra.procgen.assets import Surface
from simulacra.procgen.materials.catalogue import MATERIALS
from simulacra.procgen.params import SpecError, child, fields

MODULES = sorted({row.module for row in MATERIALS})
CLEAR = {"clear_glass", "frosted_glass", "stained_glass", "water", "oil", "honey", "jelly", "ice", "lava"}
SIDE = 5  # points or pixels a side of what stands for one material


def spec_of(name, seed=0, **fixed):
    row = next(row for row in MATERIALS if row.name == name)
    return row.load("sample")(child(seed, name), fixed or None)


def dump(tree):
    """A node tree as text: nodes, their settings, their values and their links."""
    lines = []
    for node in tree.nodes:
        settings = [
            getattr(node, key, None) for key in ("operation", "feature", "data_type", "attribute_name", "blend_type")
        ]
        values = [
            tuple(socket.default_value) if hasattr(socket.default_value, "__len__") else socket.default_value
            for socket in node.inputs
            if hasattr(socket, "default_value") and not socket.is_linked
        ]
        lines.append(f"{node.bl_idname} {settings} {values}")
        if node.bl_idname == "ShaderNodeValToRGB":
            lines.append(str([(stop.position, tuple(stop.color)) for stop in node.color_ramp.elements]))
    names = {node.name: index for index, node in enumerate(tree.nodes)}
    for link in tree.links:
        assert link.is_valid
        lines.append(
            f"{names[link.from_node.name]} {link.from_socket.identifier} {names[link.to_node.name]} {link.to_socket.identifier}"
        )
    return lines


@pytest.mark.parametrize("row", MATERIALS, ids=lambda row: row.name)
def test_main_colours_are_albedos_and_fields_say_their_range(row):
    cls = row.load("spec")
    assert 5 <= len(fields(cls)) <= 10 and all(param.doc for param in fields(cls).values())
    colours = np.array([spec_of(row.name, seed).colour for seed in range(30)])
    assert colours.min() >= 0.004 and colours.max() <= 0.9
    assert len(np.unique(colours.round(3), axis=0)) > 10


WRITTEN = {}  # by a material's name, what is built of its first seed


def written(row, seed):
    """The lines of a material's tree and of its relief's, built now."""
    from simulacra.procgen.materials.build import build_material
    from simulacra.procgen.materials.relief import relief_group

    spec = spec_of(row.name, seed)
    material = row.load("build")(spec) if seed else build_material(row.name, spec)
    assert material.name.split(".")[0] == row.name
    assert material.diffuse_color[:3] == pytest.approx(spec.colour)
    noises = sum(node.bl_idname == "ShaderNodeTexNoise" for node in material.node_tree.nodes)
    assert noises <= 6 and len(material.node_tree.nodes) <= 120
    return dump(material.node_tree), dump(relief_group(row.name, spec))


@pytest.mark.parametrize("module", MODULES)
def test_every_material_builds(scene, module):
    WRITTEN.update({row.name: written(row, 0) for row in MATERIALS if row.module == module})


@pytest.mark.once
@pytest.mark.parametrize("module", MODULES)
def test_a_material_is_the_same_twice_and_another_for_another_seed(scene, module):
    for row in MATERIALS:
        if row.module == module:
            first = WRITTEN.get(row.name) or written(row, 0)
            assert written(row, 0) == first
            assert first != written(row, 1)


def squares(row, rng, size=2.0):
    """A row of SIDE² separate squares, one a pixel, each of which is one random place of its rest."""
    import bpy

    from simulacra.procgen.blender import mesh_data, set_attribute

    x = np.arange(SIDE * SIDE)
    corners = np.array([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)])
    vertices = corners + np.stack([x, np.full_like(x, row), 0 * x], -1)[:, None]
    mesh = mesh_data("Squares", vertices.reshape(-1, 3), np.arange(4 * len(x)).reshape(-1, 4))
    rest = rng.uniform(-size, size, (len(x), 3)).astype(np.float32)
    set_attribute(mesh, "rest_position", "FLOAT_VECTOR", "POINT", np.repeat(rest, 4, axis=0))
    obj = bpy.data.objects.new("Squares", mesh)
    bpy.context.collection.objects.link(obj)
    return obj


def render(scene, tmp_path, width, height, samples=1):
    """The linear picture (height, width, 3), bottom row first, of the plane from 0, 0 to width, height."""
    import bpy

    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.type, camera.data.ortho_scale = "ORTHO", max(width, height)
    camera.location = (width / 2, height / 2, 5)
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.engine = "CYCLES"
    scene.cycles.device, scene.cycles.samples, scene.cycles.use_adaptive_sampling = "CPU", samples, False
    scene.cycles.pixel_filter_type, scene.cycles.filter_width = "BLACKMAN_HARRIS", 0.01
    scene.cycles.use_denoising = False
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = width, height, 100
    scene.render.image_settings.file_format, scene.render.image_settings.color_depth = "OPEN_EXR", "32"
    scene.view_settings.view_transform = "Raw"
    scene.render.filepath = str(tmp_path / "picture.exr")
    bpy.ops.render.render(write_still=True)
    picture = bpy.data.images.load(scene.render.filepath, check_existing=False)
    return np.array(picture.pixels[:], np.float32).reshape(height, width, 4)[..., :3]


def evaluated(obj, attribute, kind="value", width=1):
    """An attribute of an object's mesh after its modifiers."""
    import bpy

    mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    values = np.zeros(len(mesh.vertices) * width, np.float32)
    mesh.attributes[attribute].data.foreach_get(kind, values)
    return values if width == 1 else values.reshape(-1, width)


def test_the_relief_is_the_height_that_the_shader_reads(scene, tmp_path):
    from simulacra.procgen.blender import new_material
    from simulacra.procgen.materials.build import look_of, shader_fields
    from simulacra.procgen.materials.relief import add_relief
    from simulacra.procgen.nodes.shader import Nodes

    rng = child(3, "places")
    objects = [squares(index, rng) for index in range(len(MATERIALS))]
    for row, obj in zip(MATERIALS, objects, strict=True):
        spec = spec_of(row.name, 1)
        material, tree = new_material(row.name)
        g = Nodes(tree)
        f, place = shader_fields(g, "object")
        height = f.value(look_of(row.name, spec, f, place, spec.colour).height)
        # An offset keeps what is negative: an emission below zero is black.
        g.surface(g.add("ShaderNodeEmission", {0: (height + 4.0).join(height + 4.0, height + 4.0).data}).out())
        obj.data.materials.append(material)
    shaded = render(scene, tmp_path, SIDE * SIDE, len(MATERIALS))[..., 0] - 4.0
    for row, obj in zip(MATERIALS, objects, strict=True):
        add_relief(obj, row.name, spec_of(row.name, 1))
    carried = np.stack([evaluated(obj, "relief").reshape(-1, 4)[:, 0] for obj in objects])
    # 4 m in single precision leaves 2e-7 m; the finest octaves of a noise, 6 m off, lose a few more digits.
    assert np.abs(shaded - carried).max() < 1e-4 * np.abs(carried).max()
    for index, row in enumerate(MATERIALS):
        span = max(np.ptp(carried[index]), 0.05)
        assert np.abs(shaded[index] - carried[index]).max() < 1e-4 * span, row.name
    assert (np.ptp(carried, axis=1) > 1e-5).sum() > 60


@pytest.fixture
def furnace(scene):
    """A world that is white from everywhere: what a surface sends back is its albedo."""
    import bpy

    scene.world = bpy.data.worlds.new("White")
    if scene.world.node_tree is None:
        scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (1, 1, 1, 1)
    scene.world.node_tree.nodes["Background"].inputs["Strength"].default_value = 1.0
    scene.cycles.max_bounces = 4
    return scene


def cards(materials, colours=None):
    """A row of cards a metre wide, one a material."""
    import bpy

    from simulacra.procgen.blender import mesh_data, set_attribute

    count = len(materials)
    corners = np.array([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], float)
    vertices = np.concatenate([corners * SIDE + (0, SIDE * index, 0) for index in range(count)])
    mesh = mesh_data("Cards", vertices, np.arange(4 * count).reshape(-1, 4))
    mesh.polygons.foreach_set("material_index", np.arange(count, dtype=np.int32))
    if colours is not None:
        set_attribute(mesh, "colour", "FLOAT_VECTOR", "POINT", np.repeat(colours, 4, axis=0))
    for material in materials:
        mesh.materials.append(material)
    obj = bpy.data.objects.new("Cards", mesh)
    bpy.context.collection.objects.link(obj)
    return obj


def albedos(scene, tmp_path, count, samples):
    return render(scene, tmp_path, SIDE, SIDE * count, samples).reshape(count, SIDE * SIDE, 3).mean(axis=1)


def test_no_surface_is_blacker_than_soot_or_whiter_than_snow(furnace, tmp_path):
    from simulacra.procgen.materials.build import build_material

    cards([build_material(row.name, spec_of(row.name, 2)) for row in MATERIALS])
    seen = albedos(furnace, tmp_path, len(MATERIALS), 6)
    for row, albedo in zip(MATERIALS, seen, strict=True):
        if row.name not in CLEAR:
            assert 0.01 < albedo.mean() < 0.95, (row.name, albedo)
        elif row.name != "lava":
            assert albedo.max() < 1.02, (row.name, albedo)


def test_a_colour_and_paint_take_the_place_of_the_main_colour(furnace, tmp_path):
    from simulacra.procgen.materials.build import build_material

    names = ("leaf", "sand", "hide", "brick", "fish_scale")
    painted = [build_material(name, spec_of(name), painted=True) for name in names]
    coloured = [build_material(name, spec_of(name), colour=(0.02, 0.04, 0.5)) for name in names]
    cards(painted + coloured, np.array([(0.5, 0.03, 0.02)] * len(names) + [(1, 1, 1)] * len(names)))
    seen = albedos(furnace, tmp_path, 2 * len(names), 16)
    assert (seen[: len(names), 0] > 2.0 * seen[: len(names), 2]).all()
    assert (seen[len(names) :, 2] > 2.0 * seen[len(names) :, 0]).all()


def test_dressing_obeys_what_the_surface_fixes(scene):
    from simulacra.procgen.materials.build import dress

    plain = dress(Surface("sand", 4, settings={"tone": "black", "brightness": 1.0, "warmth": 0.0}))
    assert plain.diffuse_color[:3] == pytest.approx((0.045, 0.043, 0.042))
    assert dress(Surface("sand", 4, colour=(0.1, 0.2, 0.3))).diffuse_color[:3] == pytest.approx((0.1, 0.2, 0.3))
    assert dump(dress(Surface("leaf", 1)).node_tree) == dump(dress(Surface("leaf", 1)).node_tree)
    assert dump(dress(Surface("leaf", 1)).node_tree) != dump(dress(Surface("leaf", 2)).node_tree)
    with pytest.raises(SpecError, match="kryptonite: no such material"):
        dress(Surface("kryptonite"))


def grid(count, size):
    import bpy

    from simulacra.procgen.blender import mesh_data

    y, x = np.mgrid[0:count, 0:count] * (size / (count - 1)) - size / 2
    index = np.arange(count * count).reshape(count, count)
    faces = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], -1).reshape(-1, 4)
    obj = bpy.data.objects.new("Grid", mesh_data("Grid", np.stack([x, y, 0 * x], -1).reshape(-1, 3), faces))
    bpy.context.collection.objects.link(obj)
    return obj


def test_a_relief_moves_along_the_normal_and_leaves_the_rest_position(scene):
    from simulacra.procgen.materials.relief import add_relief

    obj, spec = grid(40, 0.5), spec_of("cracked_earth")
    before = np.array([vertex.co for vertex in obj.data.vertices])
    modifier = add_relief(obj, "cracked_earth", spec)
    after, height = evaluated(obj, "position", "vector", 3), evaluated(obj, "relief")
    np.testing.assert_allclose(after - before, np.stack([0 * height, 0 * height, height], -1), atol=1e-7)
    np.testing.assert_allclose(evaluated(obj, "rest_position", "vector", 3), before, atol=1e-7)
    assert np.ptp(height) > 0.005
    obj.modifiers.remove(modifier)
    add_relief(obj, "cracked_earth", spec, strength=0.25)
    np.testing.assert_allclose(evaluated(obj, "relief"), 0.25 * height, rtol=1e-5, atol=1e-8)


def test_layers_are_the_upper_where_the_mask_is_one_and_the_lower_where_it_is_zero(furnace, tmp_path):
    from simulacra.procgen.blender import set_attribute
    from simulacra.procgen.materials.build import blend_materials
    from simulacra.procgen.materials.relief import add_group, add_relief, relief_of_layers

    sand, snow = spec_of("sand", tone="black"), spec_of("snow", tone="fresh")
    layers = [("sand", sand, None), ("snow", snow, "high")]
    obj = grid(30, 1.0)
    mask = np.repeat([0.0, 1.0], 450)
    set_attribute(obj.data, "high", "FLOAT", "POINT", mask)
    heights = {}
    for name, spec in (("sand", sand), ("snow", snow)):
        modifier = add_relief(obj, name, spec)
        heights[name] = evaluated(obj, "relief")
        obj.modifiers.remove(modifier)
    modifier = add_group(obj, relief_of_layers(layers))
    blended = evaluated(obj, "relief")
    np.testing.assert_allclose(blended, np.where(mask > 0, heights["snow"], heights["sand"]), atol=1e-6)
    obj.modifiers.remove(modifier)
    obj.data.materials.append(blend_materials(layers))
    obj.location = (SIDE / 2, SIDE / 2, 0)
    obj.scale = (SIDE, SIDE, 1)
    seen = render(furnace, tmp_path, SIDE, SIDE, 16)
    assert seen[:2].max() < 0.2 and seen[3:].min() > 0.6


def test_applying_says_when_a_mesh_is_too_coarse(scene):
    from simulacra.procgen.materials.relief import apply_material

    spec = spec_of("gravel", pebble=0.02)
    coarse, fine = grid(12, 1.0), grid(200, 0.3)
    assert "too coarse" in apply_material(coarse, "gravel", spec, relief=True)
    assert "edges of 9" in apply_material(coarse, "gravel", spec, relief=True)
    assert apply_material(fine, "gravel", spec, relief=True) == ""
    assert apply_material(grid(12, 1.0), "gravel", spec) == ""
    assert [slot.material.name.split(".")[0] for slot in fine.material_slots] == ["gravel"]
