"""The air near the ground as layers that thin with height: optical depths along sight lines in closed form."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .atmosphere import AEROSOL_HEIGHT, CHANNELS, RAYLEIGH_HEIGHT, aerosol_extinction
from .spec import Weather

RAYLEIGH_RGB = 1.2406e-6 * CHANNELS**-4
KOSCHMIEDER = 3.912  # -ln of the contrast 0.02 at which something is lost in haze
DUST = np.array([1.18, 1.0, 0.72])


class AirLayers(NamedTuple):
    """Extinction (3, 3), 1/m, of air, aerosol and fog at z = 0, heights (3,) in which they thin to 1/e, the same of what
    the clear sky does not hold already, and the tint (3,) of what scatters in the low layers."""

    extinction: np.ndarray
    heights: np.ndarray
    extra: np.ndarray
    tint: np.ndarray

    def depths(self, eye, point, distance) -> np.ndarray:
        """Optical depths (n, 3, 3) layer by channel, between heights (n,) over distances (n,), metres.

        The integral of exp(-z / H) along a straight line, which is exact.
        """
        eye, point = np.asarray(eye, float)[..., None], np.asarray(point, float)[..., None]
        rise = (point - eye) / self.heights
        safe = np.where(np.abs(rise) < 1e-9, 1e-9, rise)
        column = np.asarray(distance, float)[..., None] * np.exp(-eye / self.heights) * -np.expm1(-safe) / safe
        return column[..., None] * self.extinction

    def transmittance(self, eye, point, distance) -> np.ndarray:
        """Transmittance (n, 3) along sight lines."""
        return np.exp(-self.depths(eye, point, distance).sum(-2))

    def transmittance_up(self, sine: np.ndarray) -> np.ndarray:
        """Transmittance (n, 3) of the low layers that come on top of the clear sky's, from z = 0 to space."""
        return np.exp(-(self.extra * self.heights[:, None]).sum(0) / np.asarray(sine)[:, None])


def air_layers(weather: Weather) -> AirLayers:
    """The layers of a weather: air, the aerosol that its visibility tells of, and fog."""
    green = max(KOSCHMIEDER / (weather.visibility * 1e3) - RAYLEIGH_RGB[1], 0)
    # Droplets and dust of thick haze are large and dim all colours alike.
    colour = (CHANNELS / CHANNELS[1]) ** (-1.3 if weather.visibility > 8 else -0.3)
    heights = np.array([RAYLEIGH_HEIGHT, AEROSOL_HEIGHT, weather.fog_height])
    if weather.visibility < 8:
        heights[1] = 500.0
    extinction = np.stack([RAYLEIGH_RGB, green * colour, np.full(3, weather.fog)])
    extra = extinction.copy()
    extra[0] = 0
    extra[1] = np.maximum(extra[1] - aerosol_extinction(weather.turbidity, CHANNELS), 0)
    return AirLayers(extinction, heights, extra, DUST if weather.precipitation == "dust" else np.ones(3))
