"""Light in water: optics, caustics, and what Cycles shows of them."""

import numpy as np
import pytest

from simulacra.procgen.params import child
from simulacra.procgen.places.water import caustics as caustics_module
from simulacra.procgen.places.water import optics
from simulacra.procgen.places.water.caustics import caustics
from simulacra.procgen.places.water.underwater import inscatter, phase_function
from simulacra.procgen.places.water.waves import Waves, sample_sea

SUN = np.array([0.3, -0.2, 0.9]) / np.linalg.norm([0.3, -0.2, 0.9])


def sea(seed=1, **fixed):
    return sample_sea(child(seed, "sea"), fixed)


@pytest.fixture(scope="module")
def waves():
    return Waves(sea(wind_speed=9.0))


# Light


def test_jerlovs_types_are_consistent():
    kinds = [optics.water(name) for name in optics.ATTENUATION]
    for kind in kinds:
        assert np.allclose(kind.absorption**2 + 0.256 * kind.absorption * kind.scattering, kind.attenuation**2)
        assert (kind.reflectance > 0).all() and (kind.reflectance < 0.2).all()
        assert (kind.beam > kind.absorption).all()
    assert (np.diff([kind.attenuation[1] for kind in kinds[:5]]) > 0).all()
    clear, murky = optics.water("I"), optics.water("7C")
    assert clear.reflectance[2] > 5 * clear.reflectance[1] > 20 * clear.reflectance[0]  # blue
    assert murky.reflectance[1] > murky.reflectance[2]  # green


def test_refraction_follows_snell_and_fresnel():
    up = np.array([0.0, 0.0, 1.0])
    for degrees in (0.0, 30.0, 75.0):
        ray = np.array([np.sin(np.radians(degrees)), 0, -np.cos(np.radians(degrees))])
        bent = optics.refracted(ray, up)
        assert np.linalg.norm(bent) == pytest.approx(1)
        assert bent[0] * optics.INDEX == pytest.approx(ray[0])
        assert np.allclose(optics.refracted(-bent, -up, optics.INDEX), -ray)  # and back
    assert optics.fresnel(1.0) == pytest.approx(((1.333 - 1) / (1.333 + 1)) ** 2)
    assert optics.fresnel(0.0) == pytest.approx(1)
    window = np.sqrt(1 - 1 / 1.333**2)  # Snell's: all is reflected beyond it
    assert optics.fresnel(window - 1e-3, 1 / 1.333) == 1 and optics.fresnel(window + 1e-3, 1 / 1.333) < 0.95


def test_scattered_light_is_the_integral_along_the_ray():
    kind, rays = optics.water("II"), np.array([[0.6, 0, 0.8], [1.0, 0, 0], [0, 0.6, -0.8]])
    t = (np.arange(20000) + 0.5) * (9.0 / 20000)
    for ray, found in zip(rays, inscatter("II", rays, np.full(3, 9.0), 8.0, (2.0, 2.0, 2.0), SUN), strict=True):
        steps = np.exp(-kind.beam * t[:, None]) * np.exp(-kind.attenuation * (8.0 - ray[2] * t)[:, None])
        once = 0.4 * kind.scattering
        source = 2.0 * once / (1 - 0.5 * once / kind.beam)
        below = -optics.refracted(-SUN, np.array([0, 0, 1.0]))
        expected = source * phase_function(ray @ below) * steps.sum(0) * (t[1] - t[0])
        assert np.allclose(found, expected, rtol=1e-3)
    cosine = np.linspace(-1, 1, 20001)
    assert np.mean(phase_function(cosine)) * 4 * np.pi == pytest.approx(1, rel=1e-3)


def test_caustics_move_light_and_lose_none(waves):
    for sun in ((0, 0, 1.0), SUN):
        picture = caustics(waves, 2.0, sun, tile=4.0, size=96)
        assert picture.mean() == pytest.approx(1, rel=1e-6)
        assert picture.std() > 0.3 and picture.min() >= 0
    assert np.array_equal(picture, caustics(waves, 2.0, SUN, tile=4.0, size=96))
    assert not np.array_equal(picture, caustics(waves, 2.0, SUN, tile=4.0, size=96, seconds=0.3))
    flat = Waves(waves.sea)
    flat.amplitudes = flat.amplitudes * 0
    assert np.allclose(caustics(flat, 2.0, SUN, size=32), 1)


def test_caustics_come_from_a_surface_that_repeats(waves):
    height, x_slope, y_slope = caustics_module.periodic_surface(waves, 4.0, 128, 1.0)
    # Central differences around the tile's edge too.
    step = 4.0 / 128
    found = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) / (2 * step)
    assert np.abs(found - x_slope).max() < 0.15 * np.abs(x_slope).max()
    assert (
        np.abs((np.roll(height, -1, 0) - np.roll(height, 1, 0)) / (2 * step) - y_slope).max()
        < 0.15 * np.abs(y_slope).max()
    )


# Pictures


def flat(scene, size, height, material, name):
    from simulacra.procgen.blender import mesh_object

    half = size / 2
    corners = np.array([(-half, -half, height), (half, -half, height), (half, half, height), (-half, half, height)])
    attributes = {"depth": ("FLOAT", "POINT", np.full(4, 3.0)), "rough": ("FLOAT", "POINT", np.full(4, 1e-4)),
                  "foam": ("FLOAT", "POINT", np.zeros(4)), "rest": ("FLOAT_VECTOR", "POINT", corners)}  # fmt: skip
    made = mesh_object(name, corners, [(0, 1, 2, 3)], part=0, attributes=attributes, smooth=False)
    made.data.materials.append(material)
    scene.collection.objects.link(made)


def picture(scene, tmp_path, eye):
    """Linear colours (h, w, 3) seen straight down from a height."""
    import bpy

    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.location, camera.data.angle, camera.data.clip_start = (0, 0, eye), 0.1, 1e-3
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising, scene.render.threads_mode, scene.render.threads = (
        64,
        False,
        "FIXED",
        1,
    )
    scene.render.resolution_x = scene.render.resolution_y = 12
    scene.view_settings.view_transform = "Raw"
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.image_settings.color_depth = "32"
    scene.render.filepath = str(tmp_path / "picture.exr")
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(scene.render.filepath)
    image.colorspace_settings.name = "Non-Color"
    return np.array(image.pixels[:]).reshape(12, 12, -1)[2:-2, 2:-2, :3].mean((0, 1))


def glowing(name="card"):
    from simulacra.procgen.blender import new_material
    from simulacra.procgen.nodes.shader import Nodes

    material, tree = new_material(name)
    n = Nodes(tree)
    n.surface(n.add("ShaderNodeEmission", Color=(1.0, 1.0, 1.0), Strength=1.0).out())
    return material


def test_a_column_of_water_dims_by_beer_and_lambert(scene, tmp_path):
    from simulacra.procgen.places.water.underwater import add_water_column

    card = glowing()
    add_water_column(card, "III", level=10.0, irradiance=(0.0, 0.0, 0.0))
    flat(scene, 20, 0.0, card, "card")
    assert np.allclose(picture(scene, tmp_path, 4.0), np.exp(-optics.water("III").beam * 4.0), rtol=5e-3)


def test_haze_under_water_is_the_closed_form(scene, tmp_path):
    from simulacra.procgen.blender import new_material
    from simulacra.procgen.nodes.shader import Nodes
    from simulacra.procgen.places.water.underwater import add_water_column

    black, tree = new_material("black")
    n = Nodes(tree)
    n.surface(n.add("ShaderNodeBsdfDiffuse", Color=(0.0, 0.0, 0.0, 1.0)).out())
    add_water_column(black, "II", level=10.0, irradiance=(3.0, 2.0, 1.0), sun=tuple(SUN))
    flat(scene, 20, 0.0, black, "bottom")
    expected = inscatter("II", np.array([[0, 0, -1.0]]), np.array([6.0]), 4.0, (3.0, 2.0, 1.0), SUN)[0]
    assert np.allclose(picture(scene, tmp_path, 6.0), expected, rtol=0.01)


def test_the_surface_tints_what_lies_below_it(scene, tmp_path):
    from simulacra.procgen.places.water.shading import water_material

    flat(scene, 40, 0.0, glowing(), "bottom")
    flat(scene, 40, 3.0, water_material("II"), "surface")
    found = picture(scene, tmp_path, 8.0)
    expected = 0.98 * np.exp(-optics.water("II").attenuation * 3.0)
    assert np.allclose(found, expected, rtol=0.06)


def test_wet_ground_is_darker(scene, tmp_path):
    import bpy

    from simulacra.procgen.blender import new_material
    from simulacra.procgen.nodes.shader import Nodes
    from simulacra.procgen.places.water.shading import wet_shore

    material, tree = new_material("sand")
    n = Nodes(tree)
    ground = n.add(
        "ShaderNodeBsdfPrincipled", {"Base Color": (0.4, 0.3, 0.2, 1.0), "Roughness": 1.0, "Specular IOR Level": 0.0}
    )
    n.surface(ground.out())
    wet_shore(material, level=1.0, reach=0.4, darkness=0.5)
    flat(scene, 10, 0.0, material, "low")
    sun = bpy.data.objects.new("sun", bpy.data.lights.new("sun", "SUN"))
    scene.collection.objects.link(sun)
    low = picture(scene, tmp_path, 5.0)
    bpy.data.objects["low"].location.z = 3.0
    high = picture(scene, tmp_path, 8.0)
    assert np.allclose(low / high, 0.5, rtol=0.03)
    assert np.allclose(high / high[0], np.array([0.4, 0.3, 0.2]) / 0.4, rtol=0.03)
