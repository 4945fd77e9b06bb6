"""The water of a place: sea or lake over the ground, moving, and the shore that it wets (needs bpy)."""

from __future__ import annotations

import dataclasses

import numpy as np

from .life import Scene
from .site import Site, mesh_object
from .water.waves import Sea, Waves

STILL, MOVING = 220_000, 120_000  # faces of the surface in a picture and in a sequence
JERLOV = {"coast": "III", "islands": "IA", "reef": "IB", "sea_floor": "II", "glacier": "II", "river_valley": "3C", "canyon": "5C",
          "cliff": "1C", "plain": "5C"}  # fmt: skip


def jerlov_of(place) -> str:
    """The optical type of a place's water (Jerlov 1976)."""
    return JERLOV.get(place.terrain.kind, "1C")


def sea_of(place, recipe) -> Sea:
    """The sea of a place; on lakes and rivers the wind has little water to blow over, and there is no swell."""
    if recipe.water == "sea":
        return place.sea
    return dataclasses.replace(
        place.sea, fetch=0.35, swell_height=0.0, wind_speed=min(place.sea.wind_speed, 6.0), depth=3.0, foam=0.0
    )


def build_waters(site: Site, recipe, place, scene: Scene, resolution: tuple[int, int]) -> None:
    """Put the surface of the water into the site, with waves that run in a sequence."""
    ground = scene.ground
    level = ground.water_level
    if level is None:
        return
    from .water.shading import water_material, wet_shore
    from .water.surface import water_mesh

    waves = Waves(sea_of(place, recipe))
    angle = 2 * scene.view.half_angle

    def surface(seconds: float):
        return water_mesh(
            level, scene.way.eyes[[0, len(scene.way.eyes) // 2, -1]], angle, int(np.hypot(*resolution)), waves, seconds,
            lambda points: level - ground.height(points, 1.0), toward=scene.way.forward[len(scene.way.forward) // 2],
            budget=STILL if scene.frames == 1 else MOVING,
        )  # fmt: skip

    start = surface(0.0)
    if not len(start.faces):
        return
    material = water_material(jerlov_of(place), absorb=not recipe.under, pixel=scene.pixel)
    obj = mesh_object("Water", start, [material])
    site.link(obj, "water", "sea", moves=scene.frames > 1)
    if scene.frames > 1:
        site.laws.append((obj, surface))
    if not recipe.under:
        for material in site.ground_materials:
            wet_shore(material, level, reach=max(0.3, 0.4 * waves.significant_height))
