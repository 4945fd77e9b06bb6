"""Weathers that tests of sky, clouds and particles share."""

import numpy as np

from simulacra.procgen.params import child
from simulacra.procgen.places.weather.spec import Weather, sample_weather

CALM = {
    "clouds": "none", "overcast": 0, "fog": 0, "precipitation": "none", "lightning": False, "aurora": False, "turbidity": 2.2,
    "visibility": 45, "sun_azimuth": 40, "sun_elevation": 35, "exposure": 0, "moon_elevation": 30, "moon_azimuth": -60,
    "moon_phase": 0.8, "wind_speed": 6, "wind_direction": 70, "cover": 0.5, "amount": 0.3,
}  # fmt: skip
HEIGHTS = (60, 30, 10, 1, -5, -14)
UP = np.array([[0, 0, 1.0]])


def weather(seed=3, **wishes) -> Weather:
    return sample_weather(child(seed, "weather"), CALM | wishes)
