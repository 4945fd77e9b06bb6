"""Weather: the spec of sky, air, clouds, what falls and the wind, and how its parts go together."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...light.sky import sun_direction
from ...params import beta, choice, draw, flag, lognormal, normal, seed, spec, uniform

CLOUDS = ("none", "cumulus", "stratus", "cirrus", "cumulonimbus", "altocumulus")
# Base of each kind above the ground, metres (WMO International Cloud Atlas), and the spread of its logarithm.
HEIGHTS = {"none": (1300, 0.2), "cumulus": (1200, 0.22), "stratus": (550, 0.3), "cirrus": (8200, 0.12),
           "cumulonimbus": (900, 0.2), "altocumulus": (3400, 0.15)}  # fmt: skip
# What falls or flies under each kind of clouds.
FALLS = {
    "none": {"none": 0.9, "dust": 0.05, "leaves": 0.05}, "cumulus": {"none": 0.87, "rain": 0.05, "leaves": 0.08},
    "stratus": {"none": 0.5, "rain": 0.27, "snow": 0.18, "leaves": 0.05}, "cirrus": {"none": 0.94, "leaves": 0.04, "dust": 0.02},
    "cumulonimbus": {"none": 0.45, "rain": 0.55}, "altocumulus": {"none": 0.93, "leaves": 0.07},
}  # fmt: skip


@spec
class Weather:
    """The state of the sky and the air over a place."""

    sun_elevation: float = uniform(-18, 75, unit="deg", doc="height of the sun; below -6 it is night",
                                   says=((-9, "at night"), (-1, "at dusk"), (5, "at sunset"), (18, "in low sunlight"), (76, "in daylight")))  # fmt: skip
    sun_azimuth: float = uniform(-180, 180, unit="deg", doc="sun from -y towards +x")
    turbidity: float = lognormal(2.1, 0.2, 1.5, 8, doc="aerosol of the sky, 2 clear … 8 hazy")
    visibility: float = lognormal(45, 0.45, 0.3, 200, unit="km", doc="distance at which a black hill is lost in haze",
                                  says=((3, "in thick haze"), (12, "in haze"), (201, "")))  # fmt: skip
    clouds: str = choice({"none": 0.16, "cumulus": 0.34, "stratus": 0.16, "cirrus": 0.14, "cumulonimbus": 0.07, "altocumulus": 0.13},
                         doc="kind of clouds", says={"none": "under a cloudless sky", "cumulus": "with cumulus clouds", "stratus": "under a layer of stratus",
                                                     "cirrus": "with streaks of cirrus", "cumulonimbus": "with a thundercloud", "altocumulus": "with altocumulus"})  # fmt: skip
    cover: float = beta(2.0, 2.2, doc="share of the sky that those clouds cover")
    cloud_height: float = lognormal(1300, 0.2, 200, 12000, unit="m", doc="base of the clouds above the ground")
    overcast: float = beta(0.5, 3.0, doc="how far a grey sheet hides sun and sky, 0 not … 1 wholly")
    fog: float = beta(
        0.5,
        6.0,
        0,
        0.08,
        unit="1/m",
        doc="extinction of ground fog at the ground",
        says=((0.008, ""), (0.081, "in fog")),
    )
    fog_height: float = lognormal(12, 0.6, 1, 200, unit="m", doc="height in which the fog thins to a third")
    precipitation: str = choice({"none": 0.8, "rain": 0.08, "snow": 0.05, "dust": 0.03, "leaves": 0.04}, doc="what falls or flies",
                                says={"none": "", "rain": "in rain", "snow": "in falling snow", "dust": "in blowing dust", "leaves": "among drifting leaves"})  # fmt: skip
    amount: float = beta(2.0, 2.5, 0.02, 1, doc="how dense that is")
    wind_speed: float = lognormal(3.5, 0.6, 0, 30, unit="m/s", doc="speed of the wind")
    wind_direction: float = uniform(-180, 180, unit="deg", doc="where the wind blows to, from -y towards +x")
    lightning: bool = flag(0.03, doc="a flash of lightning", says={True: "with lightning", False: ""})
    aurora: bool = flag(
        0.04, doc="northern lights, seen when it is dark", says={True: "with northern lights", False: ""}
    )
    moon_elevation: float = uniform(-20, 70, unit="deg", doc="height of the moon")
    moon_azimuth: float = uniform(-180, 180, unit="deg", doc="moon from -y towards +x")
    moon_phase: float = beta(1.2, 0.9, doc="lit share of the moon, 0 new … 1 full")
    exposure: float = normal(0.0, 0.2, -1.5, 1.5, unit="EV", doc="how far the exposure misses the meter")
    seed: int = seed()


def sample_weather(rng: Generator, fixed=None) -> Weather:
    """Draw weather whose parts go together: rain needs clouds, northern lights need a clear night."""
    wishes = dict(fixed or {})
    first = draw(Weather, rng, wishes)
    given = {}
    if "clouds" not in wishes and "precipitation" in wishes:
        weights = {kind: first_weight * FALLS[kind].get(first.precipitation, 0.0)
                   for kind, first_weight in zip(CLOUDS, (0.16, 0.34, 0.16, 0.14, 0.07, 0.13), strict=True)}  # fmt: skip
        given["clouds"] = choice(weights)
        first = draw(Weather, rng, wishes, **given)
    given["precipitation"] = choice(FALLS[first.clouds])
    first = draw(Weather, rng, wishes, **given)
    kind, falls = first.clouds, first.precipitation
    median, spread = HEIGHTS[kind]
    given["cloud_height"] = lognormal(median, spread, 200, 12000)
    if falls in ("rain", "snow"):
        given["overcast"] = beta(6.0, 1.2, 0.5, 1) if kind != "cumulonimbus" else beta(2.0, 2.0, 0.1, 0.7)
        given["visibility"] = lognormal(9 if falls == "rain" else 4, 0.4, 0.5, 30)
        given["cover"] = beta(6.0, 1.5)
    elif falls == "dust":
        given["visibility"] = lognormal(3, 0.5, 0.3, 10)
        given["turbidity"] = lognormal(6, 0.15, 4, 8)
        given["wind_speed"] = lognormal(10, 0.3, 4, 30)
    else:
        # A hazy sky and a hazy distance are the same air (Koschmieder): visibility falls as aerosol grows.
        given["visibility"] = lognormal(float(np.clip(55 / (first.turbidity - 1.0), 6, 90)), 0.25, 3, 200)
        given["overcast"] = beta(1.5, 1.5) if kind == "stratus" else beta(0.4, 6.0)
    if falls == "leaves":
        given["wind_speed"] = lognormal(6, 0.35, 2, 20)
    if first.wind_speed > 5 or falls != "none":
        given["fog"] = 0.0
    given["lightning"] = flag(0.35 if kind == "cumulonimbus" else 0.0)
    dark = first.sun_elevation < -9 and kind in ("none", "cirrus", "cumulus", "altocumulus")
    given["aurora"] = flag(0.2 if dark else 0.0)
    return draw(Weather, rng, wishes, **given)


def towards(azimuth: float, elevation: float) -> np.ndarray:
    """Unit vector (3,) of a direction in degrees, the azimuth from -y towards +x."""
    return sun_direction(np.radians(azimuth), np.radians(elevation))


def wind(weather: Weather) -> np.ndarray:
    """The wind (3,), m/s."""
    return towards(weather.wind_direction, 0.0) * weather.wind_speed


def is_night(weather: Weather) -> bool:
    """Whether the moon lights the place more than the sun does."""
    return weather.sun_elevation < -7.0
