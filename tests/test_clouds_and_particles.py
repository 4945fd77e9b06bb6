"""Clouds, rain, snow, leaves and lightning: cover, motion and shape."""

import dataclasses

import numpy as np
import pytest
import trimesh
from weathers import weather

from simulacra.procgen.light.panorama import directions
from simulacra.procgen.params import child
from simulacra.procgen.places.weather import cloud_sky, clouds, lightning, particles, snowflake
from simulacra.procgen.places.weather.spec import CLOUDS, towards

# Clouds


@pytest.mark.parametrize("kind", CLOUDS[1:])
def test_clouds_cover_more_where_told_to(kind):
    shares = []
    for cover in (0.2, 0.85):
        w = weather(clouds=kind, cover=cover)
        w = dataclasses.replace(w, cloud_height={"cirrus": 8000.0, "altocumulus": 3400.0}.get(kind, 1000.0))
        layers = cloud_sky.draw_clouds(w, 32, 128, towards(40, 35))
        for layer in layers:
            assert 0 <= layer.through.min() and layer.through.max() <= 1
            assert layer.sunlit.min() >= 0 and layer.sunlit.max() < 1.5 / np.pi * 4
        shares.append(1 - layers[0].through.mean())
    assert shares[0] < shares[1], shares


def test_a_cloud_is_brighter_on_the_side_of_the_sun():
    w = dataclasses.replace(weather(clouds="cumulus", cover=0.4), cloud_height=1000.0)
    toward, away = (cloud_sky.draw_clouds(w, 32, 128, towards(azimuth, 12.0))[0] for azimuth in (0.0, 180.0))
    # Seen with the sun behind the eye, clouds at the same places shine more than against it, but for their edges.
    thick = (toward.through < 0.02) & (away.through < 0.02)
    south = thick & (directions(64, 128)[32:, :, 1] < -0.7)
    assert away.sunlit[south].mean() > 1.15 * toward.sunlit[south].mean()


@pytest.mark.parametrize("kind", ["cumulus", "stratus", "cirrus", "cumulonimbus", "altocumulus"])
def test_a_cloud_of_voxels_is_whole(kind):
    for seed in range(3):
        cloud = clouds.sample_cloud(child(seed, "cloud"), {"kind": kind})
        values, half = clouds.cloud_voxels(cloud)
        assert values.min() >= 0 and values.max() <= 1 and values.max() > 0.3
        assert 0.005 < (values > 0.05).mean() < 0.7
        sides = [values[0], values[-1], values[:, 0], values[:, -1]]
        assert max(side.max() for side in sides) == 0 and 2 * half[0] == pytest.approx(cloud.width)


# What falls


@pytest.mark.parametrize("kind", ["rain", "snow", "dust", "leaves"])
def test_particles_go_straight_and_come_in_again(kind):
    box, eye = np.array([8.0, 8.0, 6.0]), np.array([1.0, -2.0, 1.7])
    w = weather(precipitation=kind)
    now, later = particles.move_particles(w, box, eye, 1.0), particles.move_particles(w, box, eye, 1.7)
    moved = (later.places - now.places - 0.7 * now.velocities) / box
    assert np.abs(moved - np.round(moved)).max() < 1e-9
    assert (np.abs(later.places - eye) <= box / 2 + 1e-9).all()
    assert (now.velocities[:, 2] < 0).mean() > 0.5 and np.abs(now.flutter).max() <= 0.36
    # The wind carries what is light.
    drift = now.velocities.mean(0)
    assert drift @ towards(w.wind_direction, 0.0) > 0.7 * w.wind_speed
    mesh = particles.particles(w, box, eye, 1.0)
    assert (
        mesh.digest()
        == particles.particles(w, box, eye, 1.0).digest()
        != particles.particles(w, box, eye, 1.1).digest()
    )
    assert np.linalg.norm(mesh.vertices - eye, axis=1).min() > 0.3


def test_the_world_stands_still_while_the_eye_moves():
    w, box = weather(precipitation="rain"), np.array([8.0, 8.0, 6.0])
    here, there = (particles.move_particles(w, box, (x, 0.0, 2.0), 0.5) for x in (0.0, 0.25))
    same = np.abs(here.places - there.places).max(1) < 1e-9
    assert same.mean() == pytest.approx(1 - 0.25 / 8, abs=0.03)


def test_every_leaf_is_a_thing_of_its_own():
    mesh = particles.particles(weather(precipitation="leaves", amount=1.0), (8.0, 8.0, 6.0), (0, 0, 1.7), 2.0)
    ids, counts = np.unique(mesh.attributes["iid"], return_counts=True)
    assert (counts == 15).all() and ids.min() >= 1 and len(ids) > 30
    spread = [np.ptp(mesh.vertices[mesh.attributes["iid"] == number], axis=0).max() for number in ids]
    assert max(spread) < 0.3
    assert mesh.attributes["colour"].min() >= 0 and mesh.attributes["colour"].max() < 1


def test_still_air_holds_nothing():
    mesh = particles.particles(weather(), (8.0, 8.0, 6.0), (0, 0, 1.7))
    assert len(mesh.faces) == 0


@pytest.mark.parametrize("kind", ["dendrite", "star", "plate"])
def test_snow_crystals_have_six_equal_arms(kind):
    for seed in range(3):
        flake = snowflake.sample_snowflake(child(seed, "flake"), {"kind": kind})
        mesh = snowflake.crystal(flake)
        turn = np.array([[0.5, -np.sqrt(0.75), 0], [np.sqrt(0.75), 0.5, 0], [0, 0, 1]])
        turned = mesh.vertices @ turn.T
        nearest = np.abs(turned[:, None] - mesh.vertices[None]).max(-1).min(1)
        assert nearest.max() < 1e-9 * 1e3 * flake.diameter
        solid = trimesh.Trimesh(mesh.vertices, mesh.triangles(), process=True)
        assert solid.is_watertight and solid.volume > 0
        assert np.ptp(mesh.vertices[:, 0]) == pytest.approx(flake.diameter, rel=0.02)
        asset = snowflake.build_snowflake(flake)
        assert asset.mesh.vertices[:, 2].min() == pytest.approx(0, abs=1e-9)
        assert asset.mesh.digest() == snowflake.build_snowflake(flake).mesh.digest()


def test_lightning_comes_from_the_cloud_to_the_ground():
    for seed in range(3):
        stroke = lightning.sample_lightning(child(seed, "stroke"))
        paths = lightning.channels(stroke)
        main = paths[0][0]
        assert main[0, 2] == stroke.height and np.abs(main[-1]).max() == 0
        assert len(paths) == stroke.forks + 1 and all(0 < power < 1 for _, power in paths[1:])
        for path, _ in paths[1:]:  # every fork leaves another channel
            assert min(np.linalg.norm(other - path[0], axis=1).min() for other, _ in paths if other is not path) < 1e-6
            assert path[-1, 2] < path[0, 2] and path[:, 2].min() > 0
        mesh = lightning.bolt(stroke)
        assert 0 < mesh.attributes["glow"].min() and mesh.attributes["glow"].max() == 1
        assert mesh.digest() == lightning.bolt(stroke).digest() and np.isfinite(mesh.vertices).all()
