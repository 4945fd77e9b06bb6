"""The library of panoramas: what ships reads, gives the light that it says, and lights faces from where it shines."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from simulacra.datagen.caption import caption
from simulacra.procgen import registry
from simulacra.procgen.light import panorama
from simulacra.procgen.light.lamps import lamp_irradiance
from simulacra.procgen.light.library import DATA, library, odds, read_panorama
from simulacra.procgen.light.light import PANORAMA, Light, build_light, sample_light
from simulacra.procgen.light.panorama import LUMINANCE, directions, irradiance
from simulacra.procgen.params import child, from_dict, parse_settings, to_dict

SHAPE = 512, 1024, 3
LARGEST = 10e6  # bytes of all of them


@pytest.fixture(scope="module")
def panoramas():
    """Every panorama's radiance and lamps, as the person who has not turned sees them."""
    pytest.importorskip("bpy")
    return {name: read_panorama(name) for name in library()}


def test_the_library_is_small_and_of_all_kinds():
    assert sum(path.stat().st_size for path in DATA.iterdir()) <= LARGEST
    assert {path.stem for path in DATA.glob("*.exr")} == set(library())
    share = sum(weight for name, weight in odds().items() if library()[name]["indoors"])
    assert share == pytest.approx(0.5) and sum(odds().values()) == pytest.approx(1)
    for name in library():
        about = json.loads((DATA / f"{name}.json").read_text("utf-8"))
        assert about["name"] == name and about["spec"]["seed"] >= 0


@pytest.mark.blender
def test_each_gives_the_light_that_it_says(panoramas):
    """A white card that stands up sends back 1 on average, most light comes from ahead, and out of doors from above."""
    turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    upright = np.stack([np.cos(turn), np.sin(turn), 0 * turn], 1)
    for name, (radiance, lamps) in panoramas.items():
        assert radiance.shape == SHAPE and np.isfinite(radiance).all() and radiance.min() >= 0, name
        falling = (irradiance(radiance, upright) + lamp_irradiance(lamps, upright)) @ LUMINANCE / np.pi
        assert falling.mean() == pytest.approx(1, abs=0.04), name
        ahead = falling @ np.exp(1j * turn)  # where the light comes from, as far as a wave once around tells
        assert abs(ahead) < 0.02 or np.angle(ahead) == pytest.approx(-0.5 * np.pi, abs=0.35), name
        if not library()[name]["indoors"]:
            ends = np.array([[0, 0, 1.0], [0, 0, -1.0]])
            above, below = (irradiance(radiance, ends) + lamp_irradiance(lamps, ends)) @ LUMINANCE
            assert above > below, name


@pytest.mark.blender
def test_a_step_at_the_seam_of_a_render_fades(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "tools")
    from panoramas.pack import SEAM, joined

    rows = np.linspace(0.5, 2, 64)[:, None, None]
    slope = np.linspace(0, 0.2, 512)[None, :, None]  # one edge is a fifth brighter than the other
    mended = joined((rows * np.exp(slope)).repeat(3, 2).astype(np.float32))
    assert np.abs(np.log(mended[:, 0] / mended[:, -1])).max() < 0.01
    inner = slice(SEAM, -SEAM)
    assert np.allclose(mended[:, inner], (rows * np.exp(slope)).repeat(3, 2)[:, inner], rtol=1e-5)


def test_the_sun_keeps_its_height_colour_and_share(panoramas):
    """The sun of a panorama is its lamp and not in its picture; its colour and height are those of the set's sky."""
    found = 0
    for name, (radiance, lamps) in panoramas.items():
        sun = json.loads((DATA / f"{name}.json").read_text("utf-8"))["sun"]
        if sun is None or sun["free"] <= 0.02:
            continue
        found += 1
        lamp, there = lamps[0], np.array(sun["irradiance"])
        assert lamp.direction[2] == pytest.approx(sun["direction"][2], abs=2e-3), name
        assert lamp.irradiance / lamp.irradiance.max() == pytest.approx(there / there.max(), abs=2e-3), name
        assert (radiance @ LUMINANCE).max() < 40, name
    assert found


@pytest.mark.blender
def test_the_meter_integrates_what_the_picture_holds(panoramas):
    """The coarse integral agrees with that over every pixel."""
    normals = np.array([[0, -1.0, 0], [0.8, -0.6, 0], [0, 0, 1.0]])
    height, width = SHAPE[:2]
    elevation = np.pi * ((np.arange(height) + 0.5) / height - 0.5)
    weights = np.cos(elevation)[:, None] * (np.pi / height) * (2 * np.pi / width)
    for name in list(panoramas)[:6]:
        radiance = panoramas[name][0]
        cosine = np.maximum(directions(height, width) @ normals.T.astype(np.float32), 0) * weights[..., None]
        exact = np.einsum("hwk,hwc->kc", cosine, radiance)
        assert irradiance(radiance, normals) == pytest.approx(exact, rel=0.02), name


@pytest.mark.blender
@pytest.mark.parametrize("degrees", [-90, 90])
def test_the_cheek_towards_the_window_is_brighter(degrees):
    """What is turned to the person's left (+x) lights the left cheek, for pictures and lamps alike."""
    pytest.importorskip("bpy")
    cheeks = np.array(
        [[1.0, 0, 0], [-1.0, 0, 0]]
    )  # their difference is the flow of light across the face, however it is spread
    for name in list(library())[:8]:
        radiance, lamps = read_panorama(name, degrees)
        left, right = (irradiance(radiance, cheeks) + lamp_irradiance(lamps, cheeks)) @ LUMINANCE
        assert (left > right) == (degrees < 0), name


@pytest.mark.blender
def test_a_white_ball_has_the_light_of_the_closed_form(scene):
    """A rendered diffuse ball sends back E/pi of the panorama and its lamps, times the meter's gain."""
    import bpy

    from simulacra.datagen.rendering import passes

    name = next(name for name, row in library().items() if row["lamps"])
    light = dataclasses.replace(sample_light(child(3), parse_settings([f"panorama={name}"])), exposure=0.0)

    class Ball:
        def link(self, obj, *_, **__):
            bpy.context.scene.collection.objects.link(obj)
            return obj

    build_light(light, Ball())
    bpy.ops.mesh.primitive_uv_sphere_add(segments=96, ring_count=48, radius=1.0)
    ball = bpy.context.object
    ball.data.polygons.foreach_set("use_smooth", np.ones(len(ball.data.polygons), bool))
    material = bpy.data.materials.new("White")
    material.use_nodes = True
    material.node_tree.nodes.clear()
    diffuse = material.node_tree.nodes.new("ShaderNodeBsdfDiffuse")
    diffuse.inputs["Color"].default_value = (1, 1, 1, 1)
    output = material.node_tree.nodes.new("ShaderNodeOutputMaterial")
    material.node_tree.links.new(diffuse.outputs[0], output.inputs[0])
    ball.data.materials.append(material)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.type, camera.data.ortho_scale = "ORTHO", 2.0
    camera.location, camera.rotation_euler = (0, -5, 0), (np.pi / 2, 0, 0)
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.scene.camera = camera
    passes.configure(bpy.context.scene, (24, 24), 0)
    passes.picture_settings(bpy.context.scene, 256)
    bpy.context.scene.cycles.use_denoising = False
    rendered = passes.pick(passes.render_channels(bpy.context.scene, passes.CyclesClock()), "combined")[..., :3]
    x = (np.arange(24) + 0.5) / 12 - 1
    x, z = np.meshgrid(x, -x)
    inside = np.hypot(x, z) < 0.8
    normals = np.stack([x, -np.sqrt(np.maximum(1 - x * x - z * z, 0)), z], -1)[inside]
    radiance, lamps = read_panorama(name, light.panorama_rotation)
    tree = bpy.context.scene.world.node_tree
    mix = next(node for node in tree.nodes if node.type in ("MIX", "MIX_RGB"))
    gain = [np.array(s.default_value)[:3] for s in mix.inputs if s.type == "RGBA" and not s.is_linked][-1]
    expected = (irradiance(radiance, normals) + lamp_irradiance(lamps, normals)) / np.pi * gain
    assert rendered[inside].mean(0) == pytest.approx(expected.mean(0), rel=0.03)
    assert np.abs(rendered[inside] / expected - 1).mean() < 0.08


def test_specs_name_the_panorama_and_old_ones_load():
    name = next(iter(library()))
    face = registry.sample("faces", 5, parse_settings([f"light.panorama={name}"]))
    assert face.light.kind == PANORAMA and face.light.panorama == name
    assert caption("faces", face).endswith(library()[name]["says"] + ".")
    document = to_dict(face.light)
    assert from_dict(Light, document) == face.light
    before = {key: value for key, value in document.items() if not key.startswith("panorama")} | {"kind": "studio"}
    assert from_dict(Light, before).kind == "studio"
    studio = registry.sample("faces", 5, parse_settings(["light.kind=studio"]))
    assert caption("faces", studio).endswith("in a photo studio.")


@pytest.mark.parametrize("axes", [2, 3])
def test_noise_has_the_numbers_of_its_lattice_and_is_the_same_in_pieces(axes, monkeypatch):
    table = np.random.Generator(np.random.PCG64(5)).random(4096).astype(np.float32)
    cells = child(3).integers(-3000, 3000, (200, axes))
    corners = panorama.noise(cells.astype(np.float32), 5, 1)
    assert np.array_equal(corners, table[cells @ [1, 57, 613][:axes] & 4095])
    points = child(4).normal(0, 30, (4, 50, axes)).astype(np.float32)
    whole = panorama.noise(points, 5)
    assert whole.shape == (4, 50) and whole.dtype == np.float32 and 0 <= whole.min() and whole.max() <= 1
    monkeypatch.setattr(panorama, "AT_ONCE", 7)
    assert panorama.noise(points, 5).tobytes() == whole.tobytes()
