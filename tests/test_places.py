"""Places: recipes that draw and build, scattering that no camera moves, ways that keep clear of the ground."""

import dataclasses

import numpy as np
import pytest

from simulacra.datagen.caption import caption
from simulacra.procgen import registry
from simulacra.procgen.params import OneOf, child, parse_settings
from simulacra.procgen.places.life import sample_life, variant_specs
from simulacra.procgen.places.scatter import View, euler_of, lattice, upright
from simulacra.procgen.places.scenes.recipes import RECIPES
from simulacra.procgen.places.shot import Shot, Wish, find_way, sample_shot, way_through
from simulacra.procgen.places.things import constraints, row_of

KINDS = ("arctic", "canyon", "cave", "cliff", "coast", "coral_reef", "desert", "forest", "kelp_forest", "mountain", "plain", "river",
         "snowy_mountain", "under_water")  # fmt: skip


class Bowl:
    """A ground of a closed form: a round valley with a lake."""

    size = 1000.0
    water_level = 4.0

    def height(self, points, cell=None):
        return (points**2).sum(1) / 2000 + 2 * np.sin(points[:, 0] / 9)

    rough_height = height

    def slope(self, points, cell=None):
        return np.hypot(points[:, 0] / 1000 + 2 / 9 * np.cos(points[:, 0] / 9), points[:, 1] / 1000)


def shot(**fixed) -> Shot:
    return sample_shot(child(5, "shot"), constraints(fixed))


def test_all_kinds_of_the_issue_are_there():
    assert set(KINDS) <= set(RECIPES)


@pytest.mark.parametrize("kind", RECIPES)
def test_a_kind_draws_within_its_recipe(kind):
    for seed in range(4):
        place = registry.sample("places", seed, parse_settings([f"kind={kind}"]))
        assert place.kind == kind
        for part, wishes in (
            ("terrain", RECIPES[kind].terrain),
            ("weather", RECIPES[kind].weather),
            ("camera", RECIPES[kind].shot),
        ):
            for name, wish in constraints(wishes).items():
                drawn = getattr(getattr(place, part), name)
                if isinstance(wish, OneOf):
                    assert drawn in wish.values, (part, name)
                else:
                    assert wish.low - 1e-6 <= drawn <= wish.high + 1e-6, (part, name)


@pytest.mark.parametrize("kind", RECIPES)
def test_every_layer_and_animal_of_a_recipe_can_be_drawn(kind):
    life = sample_life(child(1, "life"))
    for layer in RECIPES[kind].layers:
        assert len(variant_specs(layer, life, 3)) == layer.variants
    for animals in RECIPES[kind].animals:
        assert row_of(animals.generator)


def test_what_a_user_narrows_stands_over_the_recipe():
    place = registry.sample("places", 1, parse_settings(["kind=forest", "weather.sun_elevation=3..4", "life.trees=0"]))
    assert 3 <= place.weather.sun_elevation <= 4 and place.life.trees == 0
    assert registry.sample("places", 1, parse_settings(["kind=coast,cliff"])).kind in ("coast", "cliff")


def test_a_caption_tells_kind_and_sky():
    place = registry.sample(
        "places", 3, parse_settings(["kind=canyon", "weather.clouds=cumulus", "life.season=autumn"])
    )
    text = caption("places", place)
    assert text.startswith("A picture of a canyon in autumn") and "cumulus" in text


def test_spots_stand_where_they_do_whoever_looks():
    """Two cameras that share ground see the same things on it, at the density that was asked for."""
    views = [View(np.array([[x, 0.0, 1.7]]), np.array([[0.0, 1.0, 0.0]]), 0.7) for x in (0.0, 6.0)]
    first, second = (lattice(0.5, (2.0, 60.0), view, 11, around=25.0) for view in views)
    shared = {tuple(row) for row in np.round(first.points, 9)} & {tuple(row) for row in np.round(second.points, 9)}
    assert len(shared) > 0.6 * len(first.points)
    whole = lattice(0.5, (0.0, 40.0), views[0], 11, around=100.0)
    assert len(whole.points) == pytest.approx(0.5 * np.pi * 40**2, rel=0.03)
    inside = np.linalg.norm(first.points - [0, 0], axis=1)
    assert inside.min() >= 2 and inside.max() <= 60
    # The own numbers of things are even and independent.
    numbers = whole.numbers
    assert np.abs(numbers.mean(0) - 0.5).max() < 0.03 and np.abs(np.corrcoef(numbers.T) - np.eye(5)).max() < 0.06


def test_thinning_keeps_the_share_that_it_says():
    view = View(np.array([[0.0, 0.0, 1.7]]), np.array([[0.0, 1.0, 0.0]]), 0.7)
    every = lattice(1.0, (0.0, 50.0), view, 3, around=100.0)
    some = lattice(1.0, (0.0, 50.0), view, 3, keep=lambda away: np.full(len(away), 0.25), around=100.0)
    assert len(some.points) == pytest.approx(0.25 * len(every.points), rel=0.08)


def test_upright_matrices_come_back_as_angles_and_scales():
    rng = np.random.default_rng(2)
    normals = rng.normal(size=(50, 3)) * [0.3, 0.3, 0] + [0, 0, 1]
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    scale = rng.uniform(0.3, 2, 50)
    matrices = upright(rng.normal(size=(50, 3)), rng.uniform(0, 6, 50), scale, normals, 0.8)
    up = matrices[:, :3, 2] / scale[:, None]
    assert np.allclose(np.linalg.norm(up, axis=1), 1) and np.allclose(np.linalg.det(matrices[:, :3, :3]), scale**3)
    angles, found = euler_of(matrices)
    cx, cy, cz = np.cos(angles).T
    sx, sy, sz = np.sin(angles).T
    rotation = np.stack([np.stack([cy * cz, sx * sy * cz - cx * sz, cx * sy * cz + sx * sz], -1),
                         np.stack([cy * sz, sx * sy * sz + cx * cz, cx * sy * sz - sx * cz], -1),
                         np.stack([-sy, sx * cy, cx * cy], -1)], 1)  # fmt: skip
    assert np.allclose(found, scale) and np.allclose(rotation * scale[:, None, None], matrices[:, :3, :3])


@pytest.mark.parametrize("motion", ["walk", "drone", "orbit", "still"])
@pytest.mark.parametrize("seed", range(3))
def test_a_way_is_smooth_and_never_under_ground_or_water(motion, seed):
    ground = Bowl()
    taken = dataclasses.replace(shot(motion=motion), seed=seed)
    way = find_way(ground, taken, Wish(sun=np.array([0.5, 0.3, 0.8])), 48, 1.6)
    floor = np.maximum(ground.height(way.eyes[:, :2]), ground.water_level)
    assert (way.eyes[:, 2] - floor).min() > 0.3
    assert np.allclose(np.linalg.norm(way.forward, axis=1), 1) and np.allclose(
        (way.forward * way.right).sum(1), 0, atol=1e-9
    )
    steps = np.diff(way.eyes, axis=0) * 24
    if motion == "still":
        assert np.abs(steps).max() == 0
    else:
        assert np.abs(np.diff(steps, axis=0)).max() < 2.0  # m/s from frame to frame
    turns = np.degrees(np.arccos(np.clip((way.forward[1:] * way.forward[:-1]).sum(1), -1, 1)))
    assert turns.max() < 1.0  # a frame


def test_a_way_under_water_stays_between_bed_and_surface():
    class Deep(Bowl):
        water_level = 30.0

    way = find_way(Deep(), shot(motion="drone", altitude=4.5), Wish(under=30.0, sky=(0.0, 1.0)), 24, 1.0)
    assert (way.eyes[:, 2] < 29.3).all() and (way.eyes[:, 2] > Deep().height(way.eyes[:, :2])).all()


def test_a_way_through_a_cave_follows_its_path():
    path = np.stack([np.linspace(0, 40, 30), 3 * np.sin(np.linspace(0, 3, 30)), np.full(30, 1.6)], 1)
    way = way_through(path, shot(motion="walk", speed=1.2), 25, lambda points: np.full(len(points), 2.0))
    assert np.linalg.norm(way.eyes[-1] - way.eyes[0]) == pytest.approx(1.2, rel=0.02)
    away = np.linalg.norm(way.eyes[:, None] - path, axis=2).min(1)
    assert away.max() < 0.8


def test_the_same_seed_chooses_the_same_way():
    ways = [find_way(Bowl(), shot(motion="walk"), Wish(), 12, 1.0) for _ in range(2)]
    assert np.array_equal(ways[0].eyes, ways[1].eyes) and np.array_equal(ways[0].forward, ways[1].forward)
