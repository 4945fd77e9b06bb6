"""What lens and sensor do to light before the tone curve: blur, vignette, exposure, noise and white balance."""

from __future__ import annotations

import numpy as np

from ...procgen.camera_kinds import NEUTRAL
from ...procgen.light.interiors import blackbody
from ..filters import blurred
from .development import Development, pixels

VIGNETTE = 0.5  # share of the light that a corner loses at most: one EV, as lenses do wide open


def exposed(linear: np.ndarray, d: Development, rng: np.random.Generator) -> np.ndarray:
    """The light (h, w, 3) float32 that a camera reads; the very same array where the development does nothing to it."""
    height = linear.shape[0]
    if d.softness:
        linear = blurred(linear, pixels(d.softness, height))
    if d.vignette or d.exposure:
        linear = linear * (2.0**d.exposure * falloff(linear.shape[:2], d.vignette))[..., None]
    if d.noise:
        grain = rng.standard_normal(linear.shape, np.float32)
        linear = np.maximum(linear + d.noise * deviation(linear, d) * grain, 0)
    if d.white != NEUTRAL or d.tint:
        linear = linear * balance(d.white, d.tint)
    return linear


def falloff(shape: tuple[int, int], vignette: float) -> np.ndarray:
    """The share (h, w) float32 of the light that each pixel keeps."""
    y, x = (np.linspace(-1, 1, count, dtype=np.float32) for count in shape)
    return 1 - np.float32(VIGNETTE * vignette / 2) * (y[:, None] ** 2 + x**2)


def deviation(linear: np.ndarray, d: Development) -> np.ndarray:
    """The standard deviation of a sensor's noise by light: electrons arrive as Poisson says, and read noise is added.

    The variance is (signal + read² / electrons) / electrons. Source: European Machine Vision Association, EMVA
    Standard 1288 (2021), section 2.
    """
    return np.sqrt((np.maximum(linear, 0) + np.float32(d.read**2 / d.electrons)) / np.float32(d.electrons))


def illuminant(white: float) -> np.ndarray:
    """The light (3,) that a grey card sends back under a colour temperature in K, in linear sRGB; grey at 6504 K."""
    return blackbody(white) / blackbody(NEUTRAL)


def balance(white: float, tint: float) -> np.ndarray:
    """The gains (3,) float32 that make a card under ``white`` K grey, but for the green that is left."""
    gains = np.array([1.0, 1.0 + tint, 1.0]) / illuminant(white)
    return gains.astype(np.float32)
