"""The whole sky of a weather as a panorama in metered light: clear air, clouds, haze, night and ground; and its world."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ...geometry.angles import arctan2
from ...geometry.noise import fractal
from ...light.panorama import LUMINANCE, directions
from .air import RAYLEIGH_RGB, AirLayers, air_layers
from .atmosphere import (
    AEROSOL_HEIGHT,
    CHANNELS,
    RAYLEIGH_HEIGHT,
    SUN_RADIUS,
    ClearSky,
    aerosol_extinction,
    clear_sky,
    sunlight,
)
from .cloud_sky import CloudSky, draw_clouds
from .exposure import exposure_gain
from .lightning import strike_direction
from .night import MOON_TINT, aurora, moonlight, starlight
from .spec import Weather, is_night, towards

HEIGHT, WIDTH = 1024, 2048
EYE = 60.0  # metres above the plain whose haze is seen under the horizon
GROUND = np.array([0.20, 0.18, 0.13])  # albedo of that plain
OVERCAST = 0.22  # share of the light that a grey sheet lets through


class Sky(NamedTuple):
    """A sky solved for a weather, in metered light.

    radiance (h, w, 3) the panorama without the discs of sun and moon; through (h, w) the share of starlight that clouds let
    pass; sun (3,) the direction to the luminary that casts shadows, beam (3,) its irradiance; disc (3,) the radiance of the
    sun's disc before clouds; horizon (n, 3) the colour of distance by angle 0…pi from the luminary's azimuth; fog (3,) the
    colour inside fog; gain (3,) the exposure that all of these hold; layers what dims distance.
    """

    radiance: np.ndarray
    through: np.ndarray
    sun: np.ndarray
    beam: np.ndarray
    disc: np.ndarray
    horizon: np.ndarray
    fog: np.ndarray
    gain: np.ndarray
    layers: AirLayers


def solve_sky(weather: Weather, volumes: bool = False) -> Sky:
    """Solve the sky of a weather; the same weather gives the same numbers.

    With ``volumes`` its clouds are left out, for the scene holds them, and the exposure is the one with them.
    """
    return _solved(weather, volumes)  # one key, however it is asked for


@lru_cache(maxsize=3)
def _solved(weather: Weather, volumes: bool) -> Sky:
    night = is_night(weather)
    half = HEIGHT // 2
    rays = directions(HEIGHT, WIDTH)[half:]
    sources = [(clear_sky(weather.sun_elevation, weather.sun_azimuth, weather.turbidity), 1.0)]
    share = moonlight(weather)
    if weather.sun_elevation < 0 and weather.moon_elevation > -6:
        sources.append((clear_sky(weather.moon_elevation, weather.moon_azimuth, weather.turbidity), share * MOON_TINT))
    sun = (
        towards(weather.moon_azimuth, weather.moon_elevation)
        if night
        else towards(weather.sun_azimuth, weather.sun_elevation)
    )
    level = (weather.moon_elevation, share * MOON_TINT) if night else (weather.sun_elevation, np.ones(3))
    layers = air_layers(weather)

    clear = _widened(sum(sky.radiance(_coarse()) * tint for sky, tint in sources))
    if night or weather.sun_elevation < -4:
        clear = clear + _widened(starlight(weather, _coarse()))
        if weather.aurora:
            clear = clear + _widened(aurora(weather, _coarse()))
    beam = sunlight(level[0], weather.turbidity) * level[1]
    light = _dome(clear) + beam * max(sun[2], 0)
    # At dusk the glow stands far behind what is seen: the air before it lies in the earth's shadow and is lit by the sky.
    heights = (weather.sun_elevation, weather.moon_elevation)
    shares = [float(np.clip((height + 4) / 8, 0, 1)) for height, _ in zip(heights, sources, strict=False)]
    dusk = 1 - max(shares)
    horizon = _horizon([(sky, tint * share) for (sky, tint), share in zip(sources, shares, strict=True)], sun)
    sky, through = clear, np.ones(clear.shape[:2], np.float32)
    for layer in [] if volumes else draw_clouds(weather, half, WIDTH, sun):
        high = sunlight(level[0], weather.turbidity, weather.cloud_height + 300) * level[1]
        sky = _with_clouds(sky, clear, layer, rays, high, _dome(clear), weather)
        through = through * layer.through
    if weather.overcast > 0:
        sky, through, horizon = _overcast(weather, sky, through, horizon, rays, light)
    beam = beam * _towards_sun(through, sun)
    horizon = horizon + 0.5 * dusk * _dome(sky) / np.pi
    sky, horizon, beam, fog = _in_haze(weather, layers, sky, horizon, beam, sun, rays)
    if weather.lightning:
        sky = _flash(weather, sky, rays)
    full = np.empty((HEIGHT, WIDTH, 3), np.float32)
    full[half:] = sky
    full[:half] = _ground(layers, _dome(sky) + beam * max(sun[2], 0), sky[:2].mean(0))
    gain = solve_sky(weather).gain if volumes else exposure_gain(full, sun, beam, weather.exposure)
    seen = np.zeros((HEIGHT, WIDTH), np.float32)
    # Low haze and fog hide stars too.
    veil = layers.transmittance_up(np.maximum(rays[:, 0, 2], 0.004))[:, 1]
    seen[half:] = through * veil[:, None]
    # The disc is as bright as its beam says; clamped where no picture can tell the difference.
    disc = sunlight(weather.sun_elevation, weather.turbidity) / (np.pi * SUN_RADIUS**2)
    metered = disc * gain
    metered *= min(1.0, 400 / max(float(metered.max()), 1e-9))
    gain32 = gain.astype(np.float32)
    return Sky(full * gain32, seen, sun, beam * gain, metered, horizon * gain, fog * gain, gain, layers)


@lru_cache(maxsize=1)
def _rays(height: int, width: int) -> np.ndarray:
    return directions(height, width)[height // 2 :]


def _coarse() -> np.ndarray:
    """Directions of half the panorama's fineness: the clear sky is smooth."""
    return _rays(HEIGHT // 2, WIDTH // 2)


def _widened(values: np.ndarray) -> np.ndarray:
    """Rows and columns doubled, linear between values and around the circle."""
    values = np.asarray(values, np.float32)
    left, right = np.roll(values, 1, 1), np.roll(values, -1, 1)
    wide = np.stack([0.75 * values + 0.25 * left, 0.75 * values + 0.25 * right], 2)
    wide = wide.reshape(values.shape[0], -1, values.shape[2])
    below, above = np.concatenate([wide[:1], wide[:-1]]), np.concatenate([wide[1:], wide[-1:]])
    tall = np.stack([0.75 * wide + 0.25 * below, 0.75 * wide + 0.25 * above], 1)
    return tall.reshape(-1, *wide.shape[1:])


def _dome(upper: np.ndarray) -> np.ndarray:
    """Irradiance (3,) of an upper half (h, w, 3) on level ground."""
    elevation = (np.arange(len(upper)) + 0.5) / len(upper) * np.pi / 2
    weight = np.sin(elevation) * np.cos(elevation) * (np.pi / 2 / len(upper)) * 2 * np.pi
    return np.einsum("h,hc->c", weight, upper.mean(1))


def _horizon(sources: list[tuple[ClearSky, np.ndarray]], sun: np.ndarray, count: int = 24) -> np.ndarray:
    """Colour (count, 3) of the sky just above the horizon by angle from the luminary's azimuth."""
    angle = np.linspace(0, np.pi, count)
    heading = arctan2(sun[1], sun[0])
    rows = []
    for elevation in np.radians([1.0, 2.5]):
        c, s = np.cos(elevation), np.sin(elevation)
        rays = np.stack([c * np.cos(heading + angle), c * np.sin(heading + angle), np.full(count, s)], 1)
        rows.append(sum(sky.radiance(rays.astype(np.float32)) * tint for sky, tint in sources))
    return np.mean(rows, 0)


def _with_clouds(sky, clear, layer: CloudSky, rays, beam, dome, weather: Weather) -> np.ndarray:
    """Lay clouds over a sky, behind the air in front of them."""
    own = layer.sunlit[..., None] * beam.astype(np.float32)
    own += layer.skylit[..., None] * (dome * 0.9 + 0.25 * beam * 0.2).astype(np.float32)
    front, whole = _air_in_front(weather, layer.distance, np.maximum(rays[:, :1, 2], 0.01))
    hidden = (1 - layer.through)[..., None]
    # Of the clear sky's light, what is scattered before the cloud stays in front of it.
    veil = clear * np.clip((1 - front) / (1 - whole), 0, 1)
    return sky * layer.through[..., None] + own * front + veil * hidden


def _air_in_front(weather: Weather, distance, sine):
    """Transmittance (h, w, 3) over a distance along rays, and (h, 1, 3) to space."""
    front, whole = 0.0, 0.0
    for strength, thickness in ((RAYLEIGH_RGB, RAYLEIGH_HEIGHT),
                                (aerosol_extinction(weather.turbidity, CHANNELS), AEROSOL_HEIGHT)):  # fmt: skip
        slope = thickness / sine
        front = front + (-np.expm1(-distance / slope) * slope)[..., None] * strength.astype(np.float32)
        whole = whole + slope[..., None] * strength.astype(np.float32)
    return np.exp(-front), np.exp(-whole)


def _overcast(weather: Weather, sky, through, horizon, rays, light):
    """A grey sheet after the CIE standard overcast sky, three times as bright at the zenith, with faint rolls."""
    amount = np.float32(weather.overcast)
    zenith = light * OVERCAST * 9 / (7 * np.pi)
    grey = 0.6 * float(zenith @ LUMINANCE) + 0.4 * zenith
    coarse = _coarse()
    flat = coarse[..., :2] / (coarse[..., 2:] + 0.18)
    rolls = fractal(flat * 1.1, (weather.seed & 0xFFFF) + 3, 4, gain=0.55, cell=0.006 / (coarse[..., 2] + 0.03) ** 1.5)
    rolls = _widened((1 + 0.2 * rolls * np.clip(coarse[..., 2] * 6, 0, 1))[..., None])
    sheet = ((1 + 2 * rays[..., 2:]) / 3 * rolls) * (grey * np.array([0.97, 1.0, 1.04])).astype(np.float32)
    # A sheet thickens rather than fading in: what shines through fades first.
    rest = (1 - amount) ** 1.5
    sky = sky * rest + sheet * (1 - rest)
    return sky, through * rest, horizon * rest + grey / 3 * (1 - rest)


def _towards_sun(through: np.ndarray, sun: np.ndarray) -> float:
    """Share of the sun's beam that clouds let through, over three degrees about it."""
    if sun[2] <= 0:
        return 1.0
    height, width = through.shape
    row = int(np.arcsin(sun[2]) / (np.pi / 2) * height)
    column = int((0.5 - arctan2(sun[1], sun[0]) / (2 * np.pi)) * width)
    reach = max(height // 60, 2)
    wide = min(int(reach / max(np.sqrt(1 - sun[2] ** 2), 0.1)), width // 4)
    rows = np.clip(np.arange(row - reach, row + reach + 1), 0, height - 1)
    columns = np.arange(column - wide, column + wide + 1) % width
    return float(through[np.ix_(rows, columns)].mean())


def _in_haze(weather: Weather, layers: AirLayers, sky, horizon, beam, sun, rays):
    """Dim the sky by what lies low: more haze than its turbidity holds, and fog."""
    light = _dome(sky) + beam * max(sun[2], 0)
    fog = 0.75 * light / np.pi
    fog = fog * layers.tint
    through = layers.transmittance_up(np.maximum(rays[:, 0, 2], 0.004)).astype(np.float32)[:, None]
    sky = sky * through + (1 - through) * fog.astype(np.float32)
    # Most of what haze takes from the beam goes on forward.
    dimmed = beam * layers.transmittance_up(np.array([max(sun[2], 0.02)]))[0] ** 0.6
    thick = layers.transmittance_up(np.array([0.03]))[0]
    return sky, horizon * thick + fog * (1 - thick), dimmed, fog


def _flash(weather: Weather, sky: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """The glow of a flash in the clouds around its channel."""
    toward = strike_direction(weather).astype(np.float32)
    cosine = np.clip(rays @ toward, -1, 1)
    glow = np.exp((cosine - 1) / 0.02) + 0.25 * np.exp((cosine - 1) / 0.15)
    strength = 1.5 * float(_dome(sky) @ LUMINANCE) / np.pi
    return sky + glow[..., None] * (strength * np.array([0.8, 0.85, 1.25])).astype(np.float32)


def _ground(layers: AirLayers, light: np.ndarray, band: np.ndarray) -> np.ndarray:
    """The plain (h, w, 3) under the horizon, lost in haze towards it; bottom row first."""
    half = HEIGHT // 2
    down = np.sin((np.arange(half)[::-1] + 0.5) / half * np.pi / 2)
    through = layers.transmittance(np.full(half, EYE), np.zeros(half), EYE / down)
    plain = GROUND * light / np.pi * through
    return (plain[:, None] + band[None] * (1 - through)[:, None]).astype(np.float32)
