"""The air of a place: sky, sun, what falls, haze on every surface, and under water the water itself (needs bpy)."""

from __future__ import annotations

import dataclasses

import numpy as np

from .life import Scene
from .site import Site
from .waters import jerlov_of
from .weather.spec import towards

STOPS = 0.75  # how much of what water takes from the light a photographer gives back


def build_air(site: Site, recipe, place, scene: Scene, open_air: bool = True) -> None:
    """Light the place and put its air, or its water, between the camera and everything."""
    import bpy

    from .weather.weather import build_weather

    weather = place.weather
    if recipe.under:
        weather = dataclasses.replace(weather, precipitation="none", fog=0.0)
    made = build_weather(weather, eye=tuple(scene.way.eyes[0]))
    if made.sun is not None:
        made.sun["part_of"] = "weather"
    for obj in made.objects:
        for collection in list(obj.users_collection):
            collection.objects.unlink(obj)
        if obj.name.startswith(weather.precipitation.title()):
            _link_particles(site, weather, scene, obj.material_slots[0].material)
            bpy.data.objects.remove(obj)
        else:
            site.link(obj, "lightning" if obj.type == "MESH" and weather.lightning else "", "weather")
    if recipe.under:
        _submerge(site, place, scene, weather)
    elif open_air:
        from .weather.haze import add_haze

        for material in materials_of(site):
            add_haze(material, weather)


def _link_particles(site: Site, weather, scene: Scene, material) -> None:
    """Put what falls or flies into the site, going on in a sequence; labels look through all but leaves."""
    from .site import FACE_ID, mesh_object
    from .weather.particles import HIDDEN, particles
    from .weather.weather import BOX

    eye = scene.way.eyes[len(scene.way.eyes) // 2]

    def at(seconds: float):
        mesh = particles(weather, BOX, eye, seconds, settled=0.0)
        attributes = {name: values for name, values in mesh.attributes.items() if name == "colour"}
        if "iid" in mesh.attributes:
            attributes[FACE_ID] = mesh.attributes["iid"] - 1
        return dataclasses.replace(mesh, attributes=attributes)

    start = at(0.0)
    labelled = weather.precipitation not in HIDDEN
    count = int(start.attributes[FACE_ID].max()) + 1 if FACE_ID in start.attributes and len(start.vertices) else 1
    obj = mesh_object(weather.precipitation.title(), start, [material])
    obj.visible_shadow = labelled
    moves = scene.frames > 1
    site.link(obj, "leaf" if labelled else "", "weather", count=count, moves=moves and labelled)
    if moves:
        site.laws.append((obj, at))


def materials_of(site: Site) -> list:
    """Every material that something in the site wears, once, in order of first use."""
    found = {}
    for obj in [*site.objects, *site.sources.all_objects]:
        if obj.type in ("MESH", "CURVES") and not (obj.get("label_hidden") and obj.get("part_of") == "weather"):
            for slot in obj.material_slots:
                if slot.material is not None:
                    found.setdefault(slot.material.name, slot.material)
    return list(found.values())


def _submerge(site: Site, place, scene: Scene, weather) -> None:
    """Put everything under water, with caustics from the waves above, and open the lens for the light that is lost."""
    import bpy

    from .water.caustics import caustics, caustics_image
    from .water.optics import transmittance, water
    from .water.underwater import add_water_backdrop, add_water_column
    from .water.waves import Waves
    from .weather.exposure import irradiances
    from .weather.sky import solve_sky

    kind = jerlov_of(place)
    level = scene.ground.water_level or 0.0
    depth = float(level - scene.way.eyes[:, 2].mean())
    sun = towards(place.weather.sun_azimuth, max(place.weather.sun_elevation, 20.0))
    sky = solve_sky(weather)
    irradiance = tuple(
        float(value) for value in irradiances(sky.radiance, sky.sun, sky.beam, np.array([[0.0, 0.0, 1.0]]))[0]
    )
    picture = caustics_image(caustics(Waves(place.sea), max(depth, 1.0), tuple(sun)))
    water_material = next((obj.material_slots[0].material for obj in site.objects if obj.get("class") == "water"), None)
    for material in materials_of(site):
        add_water_column(
            material, kind, level, irradiance, tuple(sun), caustics=picture, surface=material == water_material
        )
    add_water_backdrop(bpy.context.scene.world, kind, depth, irradiance, tuple(sun))
    left = float(transmittance(water(kind).attenuation, depth + 2.0).mean())
    # For the viewport; a dataset meters its pictures.
    bpy.context.scene.view_settings.exposure = float(-STOPS * np.log2(max(left, 0.02)))
