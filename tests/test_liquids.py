"""Liquids: particles that rest, fall, turn and break as theory and the laboratory say."""

import sys
from dataclasses import replace

import numpy as np
import pytest
import trimesh

from simulacra.procgen.places.water import mantaflow
from simulacra.procgen.places.water.liquid import Liquid, Particles, simulate
from simulacra.procgen.places.water.liquid_mesh import liquid_mesh
from simulacra.procgen.places.water.pressure import divergence, project
from simulacra.procgen.places.water.tank import Ball, Body, Box, Tank

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


def test_what_another_blender_baked_is_read_and_used_again(tmp_path):
    """A Python that writes one triangle a frame stands in for the Blender that bakes."""
    stand_in = tmp_path / "stand_in.py"
    stand_in.write_text(
        "import json, sys\nimport numpy as np\n"
        "job = json.load(open(sys.argv[-1]))\n"
        "for frame in range(job['frames']):\n"
        "    corners = np.eye(3, dtype=np.float32) + frame\n"
        "    np.savez(f\"{job['folder']}/frame{frame:04d}.npz\", vertices=corners, triangles=np.array([[0, 1, 2]]))\n"
    )
    command = [sys.executable, str(stand_in)]
    meshes = mantaflow.bake_with_blender(command, DAM, tmp_path, frames=3)
    assert [mesh.vertices.tolist() for mesh in meshes] == [(np.eye(3) + frame).tolist() for frame in range(3)]
    stand_in.write_text("raise SystemExit(1)")
    assert len(mantaflow.bake_with_blender(command, DAM, tmp_path, frames=3)) == 3
    with pytest.raises(RuntimeError, match="the bake failed"):
        mantaflow.bake_with_blender(command, DAM, tmp_path, frames=4)
