"""Builds a whole weather in the open scene: world, sun, what flies, lightning, and clouds or fog as volumes where wished."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...light.panorama import LUMINANCE
from .sky import solve_sky
from .spec import Weather, sample_weather

BOX = (16.0, 16.0, 10.0)  # metres around the eye that what falls fills


__all__ = ["Weather", "WeatherObjects", "build_weather", "sample_weather"]


class WeatherObjects(NamedTuple):
    """What was built: the world, the lamp that casts shadows (or None), further objects, and the gain (3,) of all light."""

    world: object
    sun: object
    objects: list
    gain: np.ndarray


def build_weather(
    weather: Weather, eye=(0.0, 0.0, 1.7), bounds=None, volumes: bool = False, seconds: float = 0.0
) -> WeatherObjects:
    """Build the weather around an eye (3,), metres; call ``add_haze`` on the place's materials besides.

    ``bounds`` (2, 3), lowest and highest corner of the place, is where fog becomes a volume; ``volumes`` builds clouds and
    fog as volumes too, which is slow: without it clouds are part of the panorama and fog of ``add_haze``. Cirrus, which is
    too thin for a grid, stays in the panorama.
    """
    from .clouds import build_weather_clouds
    from .haze import build_fog
    from .lightning import build_lightning, strike
    from .particles import build_particles
    from .world import build_sky

    thick, volumes = volumes, volumes and weather.clouds not in ("none", "cirrus")
    world, sun = build_sky(weather, volumes)
    sky = solve_sky(weather, volumes)
    objects = build_weather_clouds(weather) if volumes else []
    flying = build_particles(weather, BOX, np.asarray(eye, float), seconds)
    if flying is not None:
        objects.append(flying)
    if weather.lightning:
        stroke, place = strike(weather)
        light = float(sky.radiance[len(sky.radiance) // 2 :].mean((0, 1)) @ LUMINANCE) * np.pi
        objects += build_lightning(stroke, place, 40.0, 0.5 * light)
    if thick and bounds is not None and weather.fog > 0:
        objects.append(build_fog(weather, bounds))
    return WeatherObjects(world, sun, objects, sky.gain)
