"""Parks and gardens of grass, trees, hedges, paths and benches; and the project's own places, seen all around."""

from __future__ import annotations

import numpy as np

from simulacra.procgen import registry
from simulacra.procgen.params import OneOf
from simulacra.procgen.places.scatter import View
from simulacra.procgen.places.shot import Way

from .furniture import Frame, chair, clutter, table
from .kit import Set
from .streets import bench, bin_, house, lamp_post

GREEN = np.array([0.10, 0.14, 0.045])
LAWN = {"habit": "lawn", "dry": 0.08, "seed_heads": 0.05}
EDGE = 1024  # px: what the faces of a place's ground are sized for, along a quarter of the panorama
TURNS = np.radians([0, 90, 180, 270])


def park(stage: Set, row: dict) -> None:
    """Lawns, gravel paths, trees, hedges, benches."""
    rng = stage.rng
    lawn = GREEN * rng.uniform(0.8, 1.3) * np.array(row.get("lawn", (1, 1, 1)))
    stage.box("lawn", (0, 0, -0.5), (700, 700, 1.0), lawn, 0, 0.0)
    turn = rng.uniform(0, np.pi)
    gravel = np.array([0.42, 0.36, 0.27]) * rng.uniform(0.7, 1.1)
    way = np.array([np.cos(turn), np.sin(turn)])
    t = np.linspace(-70, 70, 120)
    bend = 3.0 * np.sin(t / 17 + rng.uniform(0, 6)) + row.get("path", 1.2)
    middle = t[:, None] * way + bend[:, None] * np.array([-way[1], way[0]])
    side = np.array([-way[1], way[0]]) * 1.3
    rows = np.concatenate([np.column_stack([middle + s, np.full(120, 0.012)]) for s in (side, -side)])
    stage.add("asphalt", rows, [(i + 120, i + 121, i + 1, i) for i in range(119)], gravel)
    # Grass stands close by; farther off the lawn's own mottle does.
    spots = rng.uniform(-15, 15, (9000, 2))
    reach = np.hypot(*spots.T)
    off = np.abs(spots @ np.array([-way[1], way[0]]) - np.interp(spots @ way, t, bend))
    spots = spots[(reach > 0.7) & (off > 1.35) & (rng.random(9000) < np.clip(8 / reach**1.2, 0.12, 1))]
    stage.thing("grass", np.column_stack([spots, np.zeros(len(spots))]), 20, 3, (0.5, 0.9), 0.3, **LAWN)
    angle, far = rng.uniform(0, 2 * np.pi, 60), 5 + 45 * rng.random(60) ** 0.8
    trees = np.column_stack([far * np.cos(angle), far * np.sin(angle)])
    off = np.abs(trees @ np.array([-way[1], way[0]]) - np.interp(trees @ way, t, bend))
    trees = trees[off > 2.4][: row.get("trees", 34)]
    heights = np.zeros(len(trees))
    kinds = row.get("species", ("oak", "maple", "beech", "birch"))
    for number, species in enumerate(kinds):
        mine = np.arange(len(trees)) % len(kinds) == number
        if mine.any():
            stage.thing(
                "tree",
                np.column_stack([trees, heights])[mine],
                30 + number,
                2,
                (0.75, 1.15),
                0.35,
                species=species,
                season=row.get("season", "summer"),
            )
    angle = np.arange(0, 2 * np.pi, 0.12)
    rim = np.column_stack([np.cos(angle), np.sin(angle)]) * rng.uniform(50, 62, (len(angle), 1))
    stage.thing(
        "tree",
        np.column_stack([rim, np.zeros(len(rim))]),
        60,
        3,
        (0.9, 1.4),
        0.1,
        species=kinds[:2],
        season=row.get("season", "summer"),
    )
    bushes = rng.uniform(-24, 24, (26, 2))
    off = np.abs(bushes @ np.array([-way[1], way[0]]) - np.interp(bushes @ way, t, bend))
    bushes = bushes[(np.hypot(*bushes.T) > 4.5) & (off > 2.2)]
    stage.thing("bush", np.column_stack([bushes, np.zeros(len(bushes))]), 50, 3, (0.8, 1.5), 0.3)
    for s in np.arange(-20, 21, 8.0):
        at = s * way + (np.interp(s, t, bend) + 1.9 * np.sign(s + 0.1)) * np.array([-way[1], way[0]])
        if np.hypot(*at) > 2.2:
            bench(Frame(stage, at, turn + (np.pi if s >= 0 else 0)))
            bin_(Frame(stage, at + way * 1.3, 0))
    for s in np.arange(-36, 37, 12.0):
        at = s * way + (np.interp(s, t, bend) - 1.7) * np.array([-way[1], way[0]])
        if np.hypot(*at) > 1.5:
            lamp_post(Frame(stage, at, turn), row, 3.6)
    if row.get("houses"):
        for angle in np.arange(0, 2 * np.pi, 0.2):
            house(
                Frame(stage, np.array([np.cos(angle), np.sin(angle)]) * 66, angle + np.pi / 2),
                12.5,
                int(rng.integers(3, 7)),
                row,
                False,
            )


def garden(stage: Set, row: dict) -> None:
    """A garden behind a house: lawn, hedge, flower beds, a terrace, a fence."""
    rng = stage.rng
    stage.box("lawn", (0, 0, -0.5), (500, 500, 1.0), GREEN * rng.uniform(0.9, 1.3), 0, 0.0)
    house(Frame(stage, (0, -6.0), 0.0), 13, 2, row, False)
    stage.box("stone", (0, -4.3, 0.0), (11, 3.2, 0.08), (0.36, 0.32, 0.27), 0, 0.0)
    seat = Frame(stage, (2.2, -4.0), 0.1)
    wood = seat.wood()
    table(seat, 1.6, 0.9, 0.74, wood)
    clutter(seat, 1.3, 0.7, 0.74, 5)
    for u, v, turn in ((-0.5, -0.8, 0), (0.5, -0.8, 0), (-0.5, 0.8, np.pi), (0.5, 0.8, np.pi)):
        chair(seat.part(u, v, turn), wood * 0.9)
    for x, y, w, yaw in ((-9, 2, 18, np.pi / 2), (9, 2, 18, np.pi / 2), (0, 11, 18, 0)):
        f = Frame(stage, (x, y), yaw)
        for u in np.arange(-w / 2, w / 2, 0.14):
            f.box("wood", (u, 0, 0.85), (0.12, 0.025, 1.7 + rng.uniform(-0.03, 0.03)), wood * rng.uniform(0.7, 1.1))
    beds = np.concatenate([
        np.column_stack([rng.uniform(-8.4, -7.2, 90), rng.uniform(-4, 10, 90)]),
        np.column_stack([rng.uniform(7.2, 8.4, 90), rng.uniform(-4, 10, 90)]),
        np.column_stack([rng.uniform(-8, 8, 90), rng.uniform(9.2, 10.4, 90)]),
    ])  # fmt: skip
    flat = np.column_stack([beds, np.zeros(len(beds))])
    stage.thing("flower", flat[::2], 21, 4, (0.9, 1.5), 0.4)
    stage.thing("bush", flat[1::7], 22, 3, (0.6, 1.1), 0.3)
    spots = rng.uniform(-7, 9, (6000, 2)) * (0.9, 1)
    spots = spots[(np.hypot(*spots.T) > 0.7) & (spots[:, 1] > -2.5) & (np.abs(spots[:, 0]) < 7.5)]
    stage.thing("grass", np.column_stack([spots, np.zeros(len(spots))]), 23, 3, (0.5, 0.9), 0.3, **LAWN)
    stage.thing(
        "tree",
        [(-5.5, 6, 0), (5.8, 7.5, 0)],
        24,
        2,
        (0.9, 1.1),
        0.5,
        species=("apple", "cherry"),
        season=row.get("season", "summer"),
    )
    angle = np.arange(0, 2 * np.pi, 0.16)
    rim = np.column_stack([np.cos(angle), np.sin(angle), 0 * angle]) * rng.uniform(20, 34, (len(angle), 1))
    stage.thing(
        "tree", rim, 25, 3, (0.6, 1.1), 0.12, species=("oak", "maple", "birch"), season=row.get("season", "summer")
    )


def place(row: dict, seed: int):
    """One of the project's places, built for four cameras that look around from one point; returns where its eye is (3,) m."""
    from simulacra.procgen.places.air import build_air
    from simulacra.procgen.places.land import build_land
    from simulacra.procgen.places.life import TURF, Scene, build_life
    from simulacra.procgen.places.place import ground_of
    from simulacra.procgen.places.scenes.recipes import RECIPES
    from simulacra.procgen.places.site import Site
    from simulacra.procgen.places.waters import build_waters
    from simulacra.procgen.places.weather.spec import towards

    fixed = {"camera.height": 1.6, "camera.roll": 0.0, "camera.field_of_view": 95.0, "camera.nearest": 1.2} | row[
        "place"
    ]
    spec = registry.sample("places", seed, {path: OneOf((value,)) for path, value in fixed.items()})
    recipe, site = RECIPES[spec.kind], Site(spec)
    world = ground_of(spec, recipe)
    way = world.way(spec, recipe, 1, 1.0)
    eyes = np.repeat(way.eyes[:1], 4, 0)
    looks = np.column_stack([np.cos(TURNS), np.sin(TURNS), 0 * TURNS])
    around = Way(eyes, looks, np.column_stack([np.sin(TURNS), -np.cos(TURNS), 0 * TURNS]))
    view = View(eyes, looks, 1.5)
    world_mesh = type("Around", (), {"eyes": eyes, "forward": looks})
    mesh = world.mesh(world_mesh, spec, (EDGE, EDGE))
    build_land(site, mesh, dict(world.ground.cover) | dict(recipe.cover), spec.seed, TURF[spec.life.season])
    heading = towards(spec.weather.wind_direction, 0.0)
    scene = Scene(world.ground, view, around, spec.camera.nearest, np.pi / 2 / EDGE, spec.weather.wind_speed,
                  float(np.arctan2(heading[1], heading[0])), 1, 0.0)  # fmt: skip
    build_life(site, recipe.layers, spec.life, scene)
    build_waters(site, recipe, spec, scene, (EDGE, EDGE))
    build_air(site, recipe, spec, scene)
    return way.eyes[0], spec


SETS = {"park": park, "garden": garden}
