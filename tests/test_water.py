"""Water: waves, shores, rivers, light in water, caustics and liquids against closed forms."""

from dataclasses import replace

import numpy as np
import pytest
import trimesh

from simulacra.procgen import registry
from simulacra.procgen.params import child
from simulacra.procgen.places.water import caustics as caustics_module
from simulacra.procgen.places.water import mantaflow, optics, spectrum
from simulacra.procgen.places.water.caustics import caustics
from simulacra.procgen.places.water.liquid import Liquid, Particles, simulate
from simulacra.procgen.places.water.liquid_mesh import liquid_mesh
from simulacra.procgen.places.water.pressure import divergence, project
from simulacra.procgen.places.water.river import river_mesh
from simulacra.procgen.places.water.shore import Surf
from simulacra.procgen.places.water.surface import inside_outline, lake_mesh, water_mesh
from simulacra.procgen.places.water.tank import Ball, Body, Box, Tank
from simulacra.procgen.places.water.underwater import inscatter, phase_function
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


# Liquids

POOL = Tank((10, 10, 12), 0.1, (Body(Box((0.0, 0.0, 0.0), (1.0, 1.0, 0.6))),))
DAM = Tank((44, 3, 22), 0.05, (Body(Box((0.0, 0.0, 0.0), (0.5, 0.15, 1.0))),))


def test_still_water_stays_still():
    first, *_, last = simulate(POOL, 9)
    assert np.abs(last.velocity).max() < 1e-4
    assert np.abs(last.position - first.position).max() < 1e-4
    assert not last.air.any()


@pytest.mark.parametrize("transfer", ["apic", "flip"])
def test_falling_water_falls_freely(transfer):
    tank = Tank((12, 12, 24), 0.1, (Body(Ball((0.6, 0.6, 1.9), 0.3), (0.1, 0.0, 0.0)),), transfer=transfer)
    first, *_, last = simulate(tank, 7)
    assert np.allclose(last.velocity.mean(0), [0.1, 0, -9.81 * 0.25], atol=0.01)
    assert len(first.position) == len(last.position)
    assert len(first.position) == pytest.approx(8 * 4 / 3 * np.pi * 27, rel=0.05)  # eight a cell


@pytest.mark.parametrize("transfer", ["apic", "flip"])
def test_transfers_keep_momentum(transfer):
    liquid = Liquid(replace(POOL, transfer=transfer))
    rng = np.random.default_rng(1)
    liquid.velocity = rng.normal(size=liquid.velocity.shape)
    liquid.affine = rng.normal(size=liquid.affine.shape)
    inner = (np.abs(liquid.position - [0.5, 0.5, 0.3]) < 0.2).all(1)  # whose faces all exist
    liquid.position, liquid.velocity, liquid.affine = (
        liquid.position[inner],
        liquid.velocity[inner],
        liquid.affine[inner],
    )
    before = liquid.velocity.sum(0)
    around = liquid.around(liquid.position)
    velocities, masses = liquid.to_grid(around)
    assert np.allclose([(v * m).sum() for v, m in zip(velocities, masses, strict=True)], before)
    liquid.from_grid(velocities, [v.copy() for v in velocities], around)
    assert np.allclose(liquid.velocity.sum(0), before)


def test_a_rigid_rotation_survives_apic():
    liquid = Liquid(POOL)
    centre = np.array([0.5, 0.5, 0.3])
    spin = np.array([[0, -2.0, 0], [2.0, 0, 0], [0, 0, 0]])
    liquid.velocity = (liquid.position - centre) @ spin.T
    liquid.affine = np.broadcast_to(spin, liquid.affine.shape).copy()
    around = liquid.around(liquid.position)
    velocities, _ = liquid.to_grid(around)
    liquid.from_grid(velocities, velocities, around)
    inner = (np.abs(liquid.position - centre) < [0.35, 0.35, 0.15]).all(1)
    assert np.allclose(liquid.velocity[inner], ((liquid.position - centre) @ spin.T)[inner], atol=1e-9)
    assert np.allclose(liquid.affine[inner], spin, atol=1e-5)


def test_projection_takes_the_divergence_out():
    liquid = Liquid(replace(POOL, solids=(Ball((0.5, 0.5, 0.1), 0.22),)))
    rng = np.random.default_rng(2)
    velocities = [rng.normal(size=shape) for shape in liquid.shapes]
    for velocity, share in zip(velocities, liquid.open, strict=True):
        velocity[share <= 0] = 0
    wet = liquid.liquid_cells()
    before = np.abs(divergence(velocities, liquid.open)[wet]).max()
    assert project(velocities, liquid.open, wet, 1e-5) < 1e-3
    assert np.abs(divergence(velocities, liquid.open)[wet]).max() < 1e-3 * before


def test_a_breaking_dam_runs_as_fast_as_it_did_in_the_laboratory():
    frames = simulate(DAM, 13, 30.0)
    front = np.array([frame.position[:, 0].max() for frame in frames]) / 0.5
    time = np.arange(13) / 30 * np.sqrt(2 * 9.81 / 0.5)
    # Martin and Moyce (1952), a column twice as high as wide; a wall without friction lets it run up to a quarter ahead.
    measured = np.interp(time, [0, 0.41, 0.84, 1.19, 1.43, 1.63, 1.83, 1.98, 2.20, 2.32, 2.51, 2.65],
                         [1, 1.11, 1.22, 1.44, 1.67, 1.89, 2.11, 2.33, 2.56, 2.78, 3.00, 3.22])  # fmt: skip
    assert (front > measured - 0.12).all()
    assert (front[time < 2.6] < 1.28 * measured[time < 2.6]).all()
    speed = (front[-1] - front[-5]) / (time[-1] - time[-5]) * np.sqrt(2)
    assert speed / np.sqrt(2) < 2  # Ritter's front, 2 √(g h), is the fastest there can be: 2 in these units
    assert all(len(frame.position) == len(frames[0].position) for frame in frames)
    assert (frames[-1].position >= 0).all() and (frames[-1].position <= DAM.size).all()


def test_a_simulation_is_the_same_twice_and_kept(tmp_path):
    splash = replace(POOL, bodies=(*POOL.bodies, Body(Ball((0.5, 0.45, 0.85), 0.12), (0.0, 0.0, -2.0))), seed=5)
    plain, kept = simulate(splash, 4), simulate(splash, 4, folder=tmp_path)
    (path,) = tmp_path.iterdir()
    stamp = path.stat().st_mtime_ns
    again = simulate(splash, 4, folder=tmp_path)
    assert path.stat().st_mtime_ns == stamp
    for a, b, c in zip(plain, kept, again, strict=True):
        assert all(np.array_equal(x, y) and np.array_equal(x, z) for x, y, z in zip(a, b, c, strict=True))
    assert replace(splash, gravity=5.0).digest() != splash.digest()
    assert plain[-1].air.max() > 0


def test_inflows_fill_and_open_sides_let_out():
    run = Body(Box((0.0, 0.3, 0.0), (0.3, 0.7, 0.3)), (1.0, 0.0, 0.0))
    weightless = Tank((10, 10, 8), 0.1, (), (run,), gravity=0.0)
    frames = simulate(weightless, 13)
    added = (len(frames[-1].position) - len(frames[0].position)) * 0.1**3 / 8
    assert 0.65 < added / (0.4 * 0.3 * 1.0 * 0.5) < 1.05  # of area × speed × time, as the wall behind holds it back
    closed = Tank((10, 10, 8), 0.1, (), (run,))
    leaving = simulate(replace(closed, open_sides=("+x",)), 25)[-1]
    assert len(leaving.position) < 0.9 * len(simulate(closed, 25)[-1].position)


def test_the_surface_of_a_block_holds_its_volume():
    particles = Liquid(replace(POOL, bodies=(Body(Box((0.2, 0.2, 0.2), (0.8, 0.8, 0.8))),)))
    mesh = liquid_mesh(Particles(particles.position, particles.velocity, particles.air), 0.05)
    solid = trimesh.Trimesh(mesh.vertices, mesh.triangles(), process=False)
    assert solid.is_watertight
    assert solid.volume == pytest.approx(0.6**3, rel=0.12)
    assert {"depth", "foam", "rest", "rough", "shore"} <= set(mesh.attributes)
    lone = liquid_mesh(Particles(np.array([[0.5, 0.5, 0.5]]), np.zeros((1, 3)), np.zeros(1)), 0.05)
    assert len(lone.faces) == 20 and 0 < np.ptp(lone.vertices[:, 2]) < 0.1


def test_mantaflow_is_only_used_where_it_is(tmp_path):
    assert not mantaflow.mantaflow_available(tmp_path / "no-blender")
    compile(mantaflow.SCRIPT, "bake.py", "exec")
    job = mantaflow.bake_job(replace(DAM, solids=(Ball((1, 1, 1), 0.2),)), "/x", 3, 24.0)
    assert job["tank"]["cells"] == [44, 3, 22] and job["tank"]["solids"] == [{"centre": [1, 1, 1], "radius": 0.2}]


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
