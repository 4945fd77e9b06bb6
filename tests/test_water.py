"""Water: waves, shores, rivers, light in water, caustics and liquids against closed forms."""

import numpy as np
import pytest

from simulacra.procgen import registry
from simulacra.procgen.params import child
from simulacra.procgen.places.water import spectrum
from simulacra.procgen.places.water.river import river_mesh
from simulacra.procgen.places.water.shore import Surf
from simulacra.procgen.places.water.surface import inside_outline, lake_mesh, water_mesh
from simulacra.procgen.places.water.waves import Waves, normals_of, sample_sea

SUN = np.array([0.3, -0.2, 0.9]) / np.linalg.norm([0.3, -0.2, 0.9])


def sea(seed=1, **fixed):
    return sample_sea(child(seed, "sea"), fixed)


@pytest.fixture(scope="module")
def waves():
    return Waves(sea(wind_speed=9.0))


@pytest.fixture(scope="module")
def points():
    return np.random.default_rng(0).uniform(-400, 400, (20000, 2))


def single(index=40, **fixed):
    """Waves of which all but one are flat."""
    one = Waves(sea(**fixed))
    kept = one.amplitudes[index]
    one.amplitudes = np.zeros_like(one.amplitudes)
    one.amplitudes[index] = kept
    return one, index


# Waves


def test_dispersion_is_airys_and_its_inverse_inverts():
    k, depth = np.geomspace(1e-3, 100, 200), 12.0
    assert np.allclose(spectrum.dispersion(k, depth) ** 2, 9.81 * k * np.tanh(k * depth), rtol=1e-12)
    assert np.allclose(
        spectrum.dispersion(k[:20], 0.05), k[:20] * np.sqrt(9.81 * 0.05), rtol=1e-4
    )  # shallow: c = √(g h)
    assert np.allclose(spectrum.wavenumber(spectrum.dispersion(k, depth), depth), k, rtol=1e-10)
    assert np.allclose(spectrum.wavenumber(spectrum.dispersion(k)), k, rtol=1e-12)


def test_waves_follow_the_dispersion_of_their_depth():
    waves = Waves(sea(depth=3.0))
    assert np.allclose(waves.frequencies**2, 9.81 * waves.numbers * np.tanh(waves.numbers * 3.0), rtol=1e-9)


def test_one_wave_is_gerstners(points):
    waves, i = single(wind_speed=9.0)
    a, k, w = waves.amplitudes[i], waves.vectors[i], waves.frequencies[i]
    phase = points @ k - w * 2.7 + waves.phases[i]
    sideways = -waves.sea.choppiness * a * k / np.linalg.norm(k) * np.sin(phase)[:, None]
    assert np.allclose(waves.displacement(points, 2.7), np.column_stack([sideways, a * np.cos(phase)]), atol=1e-12)
    # Its crests run along k at ω/k.
    later = points + k / (k @ k) * w * 1.3
    assert np.allclose(waves.displacement(later, 4.0), waves.displacement(points, 2.7), atol=1e-9)


def test_derivatives_and_normals_are_those_of_finite_differences(waves, points):
    points, h = points[:500], 1e-5
    sums = waves.sums(points, 3.0)
    x, y = (
        (waves.displacement(points + h * e, 3.0) - waves.displacement(points - h * e, 3.0)) / (2 * h) for e in np.eye(2)
    )
    for found, expected in (
        (sums.xx, x[:, 0]),
        (sums.xy, x[:, 1]),
        (sums.zx, x[:, 2]),
        (sums.yy, y[:, 1]),
        (sums.zy, y[:, 2]),
    ):
        assert np.allclose(found, expected, atol=1e-6)
    normal = np.cross(x + [1, 0, 0], y + [0, 1, 0])
    assert np.allclose(normals_of(sums), normal / np.linalg.norm(normal, axis=1, keepdims=True), atol=1e-6)


def test_height_and_mean_of_the_surface(waves, points):
    frequency = np.linspace(0.05, 60, 400000)
    density = spectrum.jonswap(frequency, waves.sea.wind_speed, waves.sea.fetch * 1000)
    expected = 4 * np.sqrt(
        np.sum((density[1:] + density[:-1]) / 2) * (frequency[1] - frequency[0]) + waves.sea.swell_height**2 / 16
    )
    assert waves.significant_height == pytest.approx(expected, rel=0.03)
    z = waves.displacement(points, 5.0)[:, 2]
    assert abs(z.mean()) < 0.02 * waves.significant_height  # the level is kept
    assert 4 * z.std() == pytest.approx(waves.significant_height, rel=0.1)


def test_waves_grow_with_wind_and_fetch():
    heights = [Waves(sea(wind_speed=u, swell_height=0.0)).significant_height for u in (3, 6, 12)]
    assert heights[0] < heights[1] < heights[2]
    assert Waves(sea(fetch=1.0)).significant_height < Waves(sea(fetch=300.0)).significant_height


def test_shallow_water_holds_no_tall_waves():
    assert np.allclose(spectrum.shoal(np.array([0.0, 1.0, 2.0, 9.0]) * np.sqrt(9.81 / 3), 3.0), [0, 0.5, 1, 1])
    for depth in (1.0, 3.0, 10.0):
        waves = Waves(sea(wind_speed=18.0, fetch=500.0, depth=depth, swell_height=4.0))
        assert waves.significant_height <= 0.6 * depth * (1 + 1e-9)


def test_what_a_mesh_cannot_show_fades_into_roughness(waves, points):
    points = points[:2000]
    assert np.array_equal(waves.displacement(points, 1.0, np.full(2000, 1e4)), np.zeros((2000, 3)))
    assert np.allclose(waves.displacement(points, 1.0, np.full(2000, 1e-3)), waves.displacement(points, 1.0))
    rough = waves.left_out(np.geomspace(0.01, 1000, 50))
    assert (np.diff(rough) >= 0).all()
    assert rough[-1] == pytest.approx(spectrum.mean_square_slope(9.0), rel=1e-6)
    assert rough[-1] - rough[0] == pytest.approx(waves.slope_variance, rel=1e-3)


def test_whitecaps_cover_what_the_wind_asks_for(points):
    for wind in (8.0, 14.0):
        waves = Waves(sea(wind_speed=wind, foam=1.0, choppiness=1.0))
        expected = spectrum.whitecap_cover(wind)
        near = waves.foam(points, 2.0).mean()  # with the trails that are left behind
        far = waves.foam(points, 2.0, np.full(len(points), 1e4)).mean()
        assert 0.8 * expected < near < 2.5 * expected
        assert far == pytest.approx(expected, rel=0.08)
    assert waves.foam(points[:10], 2.0).min() >= 0 and waves.foam(points, 2.0).max() <= 1
    assert not Waves(sea(wind_speed=1.0, foam=0.0)).foam(points, 2.0).any()


# Surfaces


def beach(points):
    return 0.08 * (points[:, 1] - 4.0) + 0.3 * np.sin(points[:, 0] / 9)


VIEW = dict(fov=np.radians(60), pixels=200, toward=(0.2, 1, -0.1))


@pytest.fixture(scope="module")
def coast(waves):
    return water_mesh(2.0, [(0, 0, 3.7)], waves=waves, seconds=4.0, depth=beach, budget=40000, **VIEW)


def test_calm_water_is_level_and_reaches_the_horizon():
    mesh = water_mesh(5.0, [(1, 2, 6.7), (1.06, 2, 6.7)], np.radians(70), 300)
    assert (mesh.vertices[:, 2] == 5.0).all()
    reach = np.linalg.norm(mesh.vertices[:, :2] - [1.03, 2], axis=1).max()
    assert reach == pytest.approx(np.sqrt(2 * 6.371e6 * 1.7), rel=1e-6)
    flat = mesh.vertices[mesh.triangles()]
    area = np.cross(flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0])[:, 2] / 2
    assert (area > 0).all()
    assert area.sum() == pytest.approx(np.pi * reach**2, rel=0.01)  # neither holes nor overlap


def test_a_sea_spends_its_faces_where_they_are_seen(waves):
    mesh = water_mesh(0.0, [(0, 0, 2.0)], waves=waves, budget=60000, **VIEW)
    assert len(mesh.faces) <= 60000 * 1.05
    assert np.isfinite(mesh.vertices).all()
    assert abs(np.average(mesh.vertices[:, 2])) < 0.2
    turned = water_mesh(0.0, [(0, 0, 2.0)], waves=waves, budget=60000, **(VIEW | {"toward": (1, 0, 0)}))
    ahead = [(np.abs(np.arctan2(m.attributes["rest"][:, side], m.attributes["rest"][:, 1 - side])) < 0.3).mean()
             for m, side in ((mesh, 0), (turned, 1))]  # fmt: skip
    assert min(ahead) > 0.3  # of all vertices, within 17° of the view


def test_the_sea_stays_off_the_beach(coast, waves):
    still = beach(coast.vertices[:, :2])
    run_up = Surf(waves, 0.08).run_up
    over = coast.vertices[:, 2] - (2.0 - still)  # above the ground
    dry = still < -1.05 * run_up
    assert (over[dry] < 0.02).all()
    assert (still > -run_up * 1.05 - 1.5).sum() > 1000
    shallow = (still > 0.02) & (still < 0.5)
    assert np.abs(coast.vertices[shallow, 2] - 2.0).max() < 0.5 * waves.significant_height + run_up
    assert (over[still > 0.1] > 0).all()  # nor does it uncover the bottom
    for name in ("foam", "shore"):
        assert 0 <= coast.attributes[name].min() and coast.attributes[name].max() <= 1
    assert np.allclose(coast.attributes["depth"], np.maximum(coast.attributes["depth"], 0))
    assert coast.attributes["foam"][np.abs(still) < 0.3].max() > 0.5


def test_a_shore_gives_the_same_sea_twice(coast, waves):
    again = water_mesh(2.0, [(0, 0, 3.7)], waves=Waves(waves.sea), seconds=4.0, depth=beach, budget=40000, **VIEW)
    assert again.digest() == coast.digest()
    assert (
        water_mesh(2.0, [(0, 0, 3.7)], waves=waves, seconds=5.0, depth=beach, budget=40000, **VIEW).digest()
    ) != coast.digest()


def test_a_lake_keeps_to_its_outline():
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    outline = np.stack([20 * np.cos(angle), 12 * np.sin(angle)], 1) + [5, 0]
    mesh = lake_mesh(outline, 7.5, 0.5)
    assert (mesh.vertices[:, 2] == 7.5).all()
    corners = mesh.vertices[mesh.faces, :2]
    whole = (corners[:, 1, 0] - corners[:, 0, 0]) * (corners[:, 2, 1] - corners[:, 1, 1])
    ellipse = np.pi * 20 * 12
    assert ellipse * 0.99 < whole.sum() < ellipse * 1.15  # its banks overlap it by part of a cell
    assert inside_outline(np.array([[5.0, 0], [5, 11.5], [5, 12.5], [26, 0]]), outline).tolist() == [
        True,
        True,
        False,
        False,
    ]


def test_a_river_runs_by_mannings_formula():
    path = np.stack([np.linspace(0, 100, 11), np.zeros(11)], 1)
    mesh = river_mesh(path, 8.0, np.linspace(1.0, 0.0, 11), 1.2, seconds=2.0)
    fastest = mesh.attributes["flow"][:, 0].max()
    assert fastest == pytest.approx(1.2 ** (2 / 3) * np.sqrt(0.01) / 0.035, rel=1e-3)
    assert np.abs(mesh.attributes["flow"][:, 1:]).max() < 1e-9
    assert (mesh.normals()[:, 2] > 0.5).all()
    assert np.abs(mesh.vertices[:, 1]).max() == pytest.approx(4 * 1.12, rel=1e-6)
    assert np.abs(mesh.vertices[:, 2] - (1 - mesh.vertices[:, 0] / 100)).max() < 0.15
    slow = river_mesh(path, 8.0, np.linspace(0.01, 0.0, 11), 1.2)
    assert slow.attributes["foam"].max() == 0
    rapid = river_mesh(path, 8.0, np.linspace(8.0, 0.0, 11), 1.2)
    assert 0.3 < rapid.attributes["foam"].max() <= 1
    assert rapid.digest() == river_mesh(path, 8.0, np.linspace(8.0, 0.0, 11), 1.2).digest()


# Generators


@pytest.mark.parametrize("name, detail", [("sea", 0.05), ("waterfall", 0.05), ("splash", 0.04)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_generators_build_sound_things(name, detail, seed):
    spec = registry.sample(name, seed)
    assert registry.parse(registry.dump(name, spec)) == (name, spec)
    options = {"seconds": 0.35} if name == "waterfall" else {}
    asset = registry.build(name, spec, detail=detail, **options)
    assert asset.mesh.digest() == registry.build(name, spec, detail=detail, **options).mesh.digest()
    mesh = asset.mesh
    assert np.isfinite(mesh.vertices).all() and len(mesh.faces) > 500
    assert set(mesh.slot) == set(range(len(asset.surfaces)))
    a, b, c = (mesh.vertices[corner] for corner in mesh.triangles().T)
    assert (np.linalg.norm(np.cross(b - a, c - a), axis=1) > 0).mean() > 0.99
    if name == "sea":
        assert mesh.size[0] == pytest.approx(48, abs=8) and mesh.size[2] < 15
    elif name == "waterfall":
        assert spec.height < mesh.vertices[:, 2].max() < 1.6 * spec.height
        assert asset.surfaces[1].material == "lichen_rock"
    else:
        assert mesh.size[0] == pytest.approx(1.1 * spec.basin, rel=0.1)
        assert mesh.vertices[:, 2].min() == pytest.approx(0, abs=0.01)
