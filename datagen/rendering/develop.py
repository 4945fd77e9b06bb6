"""Develops a rendered picture as a real camera would: vignette, a little sharpening, grain."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..formats.png import read_png, write_png

VIGNETTE = 0.28  # share of the light that a corner loses at most
SHARPENING, SHARPENING_RADIUS, STANDARD = 0.35, 0.9, 512  # share; px in a picture of this height
GRAIN_LUMA, GRAIN_LUMA_GAIN, GRAIN_CHROMA = (
    0.75,
    1.7,
    0.35,
)  # one grain for all channels, its mean's loss undone; and one for each
GRAIN_LEAST, GRAIN_SPAN = 0.003, 0.017  # strength of a noiseless sensor, and what the noisiest adds
GRAIN_IN_LIGHT = 0.6  # share by which grain is weaker in white


def develop(path: Path, camera, rng: np.random.Generator) -> None:
    """What a real camera adds after the lens: vignette, a little sharpening, and grain that is stronger in the dark."""
    image = read_png(path).astype(np.float32) / 255
    height, width = image.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    image *= (1 - VIGNETTE * camera.vignette * (x * x + y * y) / 2)[..., None].astype(np.float32)
    image += SHARPENING * (image - blurred(image, SHARPENING_RADIUS * height / STANDARD))
    grain = rng.normal(size=(height, width, 3)).astype(np.float32)[..., ::-1]  # drawn as blue, green, red
    grain = GRAIN_LUMA * grain.mean(-1, keepdims=True) * GRAIN_LUMA_GAIN + GRAIN_CHROMA * grain
    strength = GRAIN_LEAST + GRAIN_SPAN * camera.noise * (1 - GRAIN_IN_LIGHT * image.mean(-1, keepdims=True))
    write_png(path, np.clip((image + strength * grain) * 255 + 0.5, 0, 255).astype(np.uint8))


def blurred(image: np.ndarray, sigma: float) -> np.ndarray:
    """A Gaussian of ``sigma`` px over (h, w, c) float32, cut at four sigmas, mirrored at the edge pixels' centres."""
    radius = (round(8 * sigma + 1) | 1) // 2
    weights = np.exp(-0.5 * (np.arange(radius + 1) / sigma) ** 2)
    weights /= 2 * weights.sum() - weights[0]
    for axis in (0, 1):
        size = image.shape[axis]
        lines = np.pad(image.swapaxes(0, axis), [(radius, radius), (0, 0), (0, 0)], "reflect")
        total = lines[radius : radius + size] * np.float32(weights[0])
        for away in range(1, radius + 1):
            pair = lines[radius - away : radius - away + size] + lines[radius + away : radius + away + size]
            pair *= np.float32(weights[away])
            total += pair
        image = total.swapaxes(0, axis)
    return image
