"""Weather: light that Cycles confirms, air in closed form, clouds within bounds, things that fall as they should."""

import numpy as np
import pytest
from weathers import HEIGHTS, UP, weather

from simulacra.procgen import registry
from simulacra.procgen.light.panorama import LUMINANCE, directions
from simulacra.procgen.places.weather import atmosphere, clouds, sky
from simulacra.procgen.places.weather.air import air_layers
from simulacra.procgen.places.weather.exposure import irradiances
from simulacra.procgen.places.weather.spec import CLOUDS, towards


@pytest.fixture
def small(monkeypatch):
    """Panoramas of an eighth of the usual fineness."""
    monkeypatch.setattr(sky, "HEIGHT", 128)
    monkeypatch.setattr(sky, "WIDTH", 256)
    sky._solved.cache_clear()
    yield
    sky._solved.cache_clear()


# The spec


def test_parts_of_a_weather_go_together():
    drawn = [registry.sample("weather", seed) for seed in range(150)]
    assert {w.clouds for w in drawn} == set(CLOUDS)
    for w in drawn:
        assert w.precipitation not in ("rain", "snow") or (w.clouds != "none" and w.visibility <= 30)
        assert not w.lightning or w.clouds == "cumulonimbus"
        assert not w.aurora or w.sun_elevation < -9
        assert w.precipitation != "leaves" or w.wind_speed >= 2
    rainy = [registry.sample("weather", seed, {"precipitation": "rain"}) for seed in range(40)]
    assert all(w.precipitation == "rain" and w.clouds in ("stratus", "cumulonimbus", "cumulus") for w in rainy)


def test_a_users_wish_holds_against_what_goes_together():
    w = registry.sample("weather", 2, {"precipitation": "snow", "clouds": "none", "overcast": 0, "lightning": True})
    assert (w.precipitation, w.clouds, w.overcast, w.lightning) == ("snow", "none", 0, True)


# The clear sky


@pytest.mark.parametrize("elevation", [-18, -12, -6, -1, 0, 2, 15, 45, 75])
def test_the_clear_sky_is_light_of_every_colour_and_never_less_than_none(elevation):
    rays = directions(64, 128)
    for turbidity in (1.6, 3.0, 8.0):
        radiance = atmosphere.clear_sky(float(elevation), 20.0, turbidity).radiance(rays)
        assert np.isfinite(radiance).all() and radiance.min() >= 0
        assert (radiance[40:] @ LUMINANCE).min() > 0 or elevation < -12


def dome(elevation):
    rays = directions(128, 256)[64:]
    around = (np.arange(64) + 0.5) / 64 * np.pi / 2
    weight = np.sin(around) * np.cos(around) * (np.pi / 2 / 64) * 2 * np.pi
    return weight @ atmosphere.clear_sky(float(elevation), 0.0, 2.2).radiance(rays).mean(1)


def test_daylight_is_as_bright_and_blue_as_measured():
    """Illuminances in klx of clear skies (CIE guide and twilight tables): within their spread."""
    assert 75 < atmosphere.sunlight(60, 2.2) @ LUMINANCE < 110
    assert 9 < dome(60) @ LUMINANCE < 24
    assert 0.2 < dome(0) @ LUMINANCE < 1.2  # sunset, 400-750 lx
    assert 0.001 < dome(-6) @ LUMINANCE < 0.012  # end of civil twilight, 3.4 lx
    assert 1e-6 < dome(-12) @ LUMINANCE < 3e-5  # end of nautical twilight, 0.008 lx
    clear = atmosphere.clear_sky(40.0, 0.0, 2.0)
    zenith, horizon = clear.radiance(np.array([[0, 0.3, 0.954], [0, 0.9994, 0.035]], np.float32))
    assert zenith[2] / zenith[0] > 1.7 and zenith[2] / zenith[0] > 1.3 * horizon[2] / horizon[0]
    evening = atmosphere.clear_sky(0.0, 0.0, 2.0).radiance(np.array([[0, -0.9994, 0.035], [0, 0, 1]], np.float32))
    assert evening[0, 0] / evening[0, 2] > 1.5 and evening[1, 2] > evening[1, 0]


def test_the_sun_reddens_and_dims_towards_the_horizon():
    beams = np.array([atmosphere.sunlight(e, 2.5) for e in (2, 5, 15, 40, 75)])
    assert (np.diff(beams @ LUMINANCE) > 0).all()
    assert (np.diff(beams[:, 2] / beams[:, 0]) > 0).all()
    assert atmosphere.sunlight(-3, 2.5).max() == 0 < atmosphere.sunlight(-1, 2.5, 9000).max()


# The air near the ground


@pytest.mark.parametrize("eye, point, distance", [(2, 2, 900), (2, 1500, 9000), (2400, 30, 12000), (60, 60.01, 30000)])
def test_optical_depth_is_the_integral_of_the_air(eye, point, distance):
    layers = air_layers(weather(fog=0.01, fog_height=20.0))
    steps = 400001
    heights = eye + (point - eye) * (np.arange(steps) + 0.5) / steps
    density = np.exp(-heights[:, None] / layers.heights).mean(0) * distance
    expected = density[:, None] * layers.extinction
    assert layers.depths([eye], [point], [distance])[0] == pytest.approx(expected, rel=1e-5)


def test_a_black_hill_is_lost_at_the_visibility():
    w = weather(visibility=20.0)
    through = air_layers(w).transmittance([0.0], [0.0], [20000.0])[0]
    assert through[1] == pytest.approx(0.02, rel=0.01) and through[0] > through[2]


# Exposure


def test_pictures_are_neither_black_nor_burnt(small):
    cards = []
    for elevation in HEIGHTS:
        solved = sky.solve_sky(weather(sun_elevation=elevation))
        falling = irradiances(solved.radiance, solved.sun, solved.beam, UP)[0]
        cards.append(0.18 / np.pi * falling @ LUMINANCE)
    cards = np.array(cards)
    # Scene-linear middle grey is 0.18: by day within a stop or so, at night three to five stops under.
    assert ((cards[:3] > 0.09) & (cards[:3] < 0.35)).all(), cards
    assert ((cards[3:5] > 0.04) & (cards[3:5] < 0.2)).all(), cards
    assert 0.006 < cards[5] < 0.05, cards


def test_the_exposure_misses_by_as_much_as_it_is_told(small):
    straight, over = (sky.solve_sky(weather(exposure=miss)) for miss in (0, 1))
    assert over.gain == pytest.approx(2 * straight.gain, rel=1e-6)
    assert over.horizon == pytest.approx(2 * straight.horizon, rel=1e-6)


@pytest.mark.parametrize("wishes", [{"clouds": "cumulus"}, {"clouds": "stratus", "precipitation": "rain", "overcast": 0.9},
                                    {"fog": 0.05}, {"sun_elevation": -14, "aurora": True}, {"clouds": "cumulonimbus", "lightning": True}])  # fmt: skip
def test_every_sky_is_finite(small, wishes):
    solved = sky.solve_sky(weather(**wishes))
    assert np.isfinite(solved.radiance).all() and solved.radiance.min() >= 0
    assert 0 <= solved.through.min() and solved.through.max() <= 1
    assert np.isfinite(solved.horizon).all() and solved.beam.min() >= 0


# In Blender


def flat(bpy, size, place=(0, 0, 0), colour=None, name="Card"):
    from simulacra.procgen.blender import mesh_data, new_material
    from simulacra.procgen.nodes.shader import Nodes

    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * size / 2 + place
    obj = bpy.data.objects.new(name, mesh_data(name, corners, np.array([[0, 1, 2, 3]])))
    material, tree = new_material(name)
    g = Nodes(tree)
    if colour is None:
        g.surface(g.add("ShaderNodeEmission", {"Color": (0, 0, 0, 1), "Strength": 1.0}).out())
    else:
        g.surface(g.add("ShaderNodeBsdfDiffuse", {"Color": (*colour, 1.0)}).out())
    obj.data.materials.append(material)
    bpy.context.scene.collection.objects.link(obj)
    return material


def shot(scene, pixels, samples, view, place, turn, bounces=0):
    """A linear picture (h, w, 3), top row first."""
    import bpy

    from simulacra.datagen.rendering import passes

    passes.configure(scene, (pixels, pixels), 1)
    passes.label_settings(scene, samples, 0.01)
    scene.cycles.max_bounces = bounces
    data = bpy.data.cameras.new("Eye")
    data.clip_end = 1e5
    if "ortho" in view:
        data.type, data.ortho_scale = "ORTHO", view["ortho"]
    else:
        data.angle = view["angle"]
    camera = bpy.data.objects.new("Eye", data)
    camera.location, camera.rotation_euler = place, turn
    scene.collection.objects.link(camera)
    scene.camera = camera
    return passes.pick(passes.render_channels(scene, passes.CyclesClock()), "combined")


@pytest.mark.parametrize("wishes", [{}, {"clouds": "cumulus", "sun_elevation": 25}, {"sun_elevation": 2}])
def test_cycles_measures_the_light_that_the_meter_reckons(scene, small, wishes):
    import bpy

    from simulacra.procgen.places.weather.world import build_sky

    w = weather(**wishes)
    solved = sky.solve_sky(w)
    _, sun = build_sky(w)
    assert (sun is not None) == (solved.beam.max() >= 1e-3)
    flat(bpy, 4.0, colour=(0.5, 0.5, 0.5))
    picture = shot(scene, 8, 256, {"ortho": 1.0}, (0, 0, 3), (0, 0, 0))
    expected = 0.5 / np.pi * irradiances(solved.radiance, solved.sun, solved.beam, UP)[0]
    assert picture.mean((0, 1)) == pytest.approx(expected, rel=0.03)


def test_shadows_fall_away_from_the_sun(scene, small):
    import bpy

    from simulacra.procgen.places.weather.world import build_sky

    w = weather(sun_elevation=40)
    build_sky(w)
    flat(bpy, 20.0, colour=(0.5, 0.5, 0.5))
    flat(bpy, 1.0, place=(0, 0, 2.0), colour=(0.5, 0.5, 0.5), name="Lid").diffuse_color = (1, 1, 1, 1)
    bpy.data.objects["Lid"].visible_camera = False
    picture = shot(scene, 48, 16, {"ortho": 10.0}, (0, 0, 9), (0, 0, 0)) @ LUMINANCE
    dark = picture < 0.6 * np.median(picture)
    row, column = np.nonzero(dark)
    centre = np.array([(column.mean() + 0.5) / 48 - 0.5, 0.5 - (row.mean() + 0.5) / 48]) * 10
    toward = towards(w.sun_azimuth, w.sun_elevation)
    assert centre == pytest.approx(-2.0 * toward[:2] / toward[2], abs=0.12)
    assert dark.sum() == pytest.approx((48 / 10) ** 2, rel=0.25)


def test_haze_hides_as_much_as_the_air_says(scene, small):
    import bpy

    from simulacra.procgen.places.weather.haze import add_haze

    w = weather(fog=0.004, fog_height=15.0, visibility=12.0)
    solved = sky.solve_sky(w)
    material = flat(bpy, 60000.0)
    add_haze(material, w)
    count = len(material.node_tree.nodes)
    add_haze(material, w)
    assert (
        len(material.node_tree.nodes) == count
        and len([g for g in bpy.data.node_groups if g.name.startswith("Haze")]) == 1
    )
    eye, pixels = 30.0, 16
    scene.world = bpy.data.worlds.new("Dark")
    picture = shot(scene, pixels, 1, {"angle": np.radians(20)}, (0, 0, eye), (np.radians(76), 0, np.radians(180)))
    # Rays from the eye down to the black plain, the camera looking along -y.
    across = (np.arange(pixels) + 0.5 - pixels / 2) / (pixels / 2) * np.tan(np.radians(10))
    u, v = np.meshgrid(across, -across)
    pitch = np.radians(76 - 90)
    rays = np.stack([-u, -np.cos(pitch) - v * -np.sin(pitch), np.sin(pitch) + v * np.cos(pitch)], -1).reshape(-1, 3)
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    distance = eye / -rays[:, 2]
    depths = solved.layers.depths(np.full(len(rays), eye), np.zeros(len(rays)), distance)
    total = depths.sum(1)
    share = depths[:, 2] / total
    level = rays[:, :2] / np.linalg.norm(rays[:, :2], axis=1, keepdims=True)
    angle = np.arccos(np.clip(level @ (solved.sun[:2] / np.linalg.norm(solved.sun[:2])), -1, 1))
    steps = np.linspace(0, np.pi, len(solved.horizon))
    far = np.stack([np.interp(angle, steps, solved.horizon[:, c]) for c in range(3)], 1)
    expected = (far * (1 - share) + solved.fog * share) * -np.expm1(-total)
    assert picture.reshape(-1, 3) == pytest.approx(expected, rel=0.01, abs=1e-4)


def test_grey_cards_are_grey_in_the_finished_picture(scene, small, tmp_path):
    """An 18 % card between the bounds told here, as sRGB through the view transform of pictures."""
    from simulacra.datagen.rendering import passes

    values = []
    for elevation in HEIGHTS:
        solved = sky.solve_sky(weather(sun_elevation=elevation))
        values.append(0.18 / np.pi * irradiances(solved.radiance, solved.sun, solved.beam, UP)[0])
    shown = _displayed(scene, passes, np.array(values), tmp_path) @ LUMINANCE
    assert ((shown[:3] > 0.27) & (shown[:3] < 0.62)).all(), shown
    assert ((shown[3:5] > 0.12) & (shown[3:5] < 0.5)).all(), shown
    assert 0.02 < shown[5] < 0.25, shown


def _displayed(scene, passes, values, folder):
    import bpy

    image = bpy.data.images.new("Cards", len(values), 1, float_buffer=True)
    image.colorspace_settings.name = "Linear Rec.709"
    pixels = np.ones((len(values), 4), np.float32)
    pixels[:, :3] = values
    image.pixels.foreach_set(pixels.ravel())
    passes.configure(scene, (8, 8), 1)
    passes.set_format(scene.render.image_settings, "PNG")
    path = folder / "cards.png"
    image.save_render(str(path), scene=scene)
    read = bpy.data.images.load(str(path))
    out = np.zeros(len(values) * 4, np.float32)
    read.pixels.foreach_get(out)
    return out.reshape(-1, 4)[:, :3]


def test_a_whole_weather_is_built(scene, small):
    import bpy

    w = weather(clouds="cumulonimbus", precipitation="rain", lightning=True, overcast=0.2)
    built = registry.build("weather", w)
    assert scene.world == built.world and built.gain.min() > 0
    hidden = {obj.name: bool(obj.get("label_hidden")) for obj in built.objects}
    assert hidden == {"Rain": True, "Lightning": False, "Flash": False}
    leaves = registry.build("weather", weather(precipitation="leaves")).objects[0]
    assert not leaves.get("label_hidden") and "iid" in leaves.data.attributes
    night = registry.build("weather", weather(sun_elevation=-15))
    assert night.sun.name.startswith("Moon")
    fog = registry.build("weather", weather(fog=0.02), bounds=np.array([[-50, -50, 0], [50, 50, 30.0]]), volumes=True)
    assert [obj.name for obj in fog.objects] == ["Fog"] and bpy.data.objects["Fog"].get("label_hidden")


def test_a_cloud_becomes_a_volume_that_dims_what_is_behind(scene):
    """The middle of an even slab of extinction s and depth d lets exp(-s d) of a lamp's disc through."""
    import bpy

    values = np.ones((8, 8, 8), np.float32)
    clouds.volume_object("Slab", values, np.array([4.0, 4.0, 4.0]), 0.1)
    from simulacra.procgen.blender import mesh_data, new_material
    from simulacra.procgen.nodes.shader import Nodes

    material, tree = new_material("Glow")
    g = Nodes(tree)
    g.surface(g.add("ShaderNodeEmission", {"Color": (1, 1, 1, 1), "Strength": 1.0}).out())
    corners = np.array([[-50, -50, -20], [50, -50, -20], [50, 50, -20], [-50, 50, -20.0]])
    wall = bpy.data.objects.new("Wall", mesh_data("Wall", corners, np.array([[0, 1, 2, 3]])))
    wall.data.materials.append(material)
    wall.visible_volume_scatter = False
    scene.collection.objects.link(wall)
    scene.world = bpy.data.worlds.new("Dark")
    picture = shot(scene, 8, 64, {"ortho": 1.0}, (0, 0, 15), (0, 0, 0))
    assert picture[..., 1].mean() == pytest.approx(np.exp(-0.8), rel=0.06)
