"""Develops a picture after the tone curve as cameras do: contrast, colour, noise reduction, sharpening and JPEG."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..filters import blurred
from ..formats.png import read_png, write_png
from .compression import through_jpeg
from .development import Development, pixels, quality

SHARPENING_RADIUS = 0.9  # px
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # of Rec. 601, which JPEG has too


def develop(path: Path, d: Development) -> None:
    """Develop the picture of a file in place, which has 8 or 16 bits before and 8 after; one that nothing is done to stays."""
    before = read_png(path)
    after = developed(before, d)
    if after is not before:
        write_png(path, after)


def developed(picture: np.ndarray, d: Development) -> np.ndarray:
    """A picture (h, w, 3) uint8 or uint16 as uint8; the very same array where it has 8 bits and nothing is done to it."""
    steps = d.contrast, d.shadows, d.saturation - 1, d.smear, d.sharpening
    if picture.dtype == np.uint16 or any(steps):
        picture = quantized(_shaped(picture.astype(np.float32) / np.iinfo(picture.dtype).max, d))
    return through_jpeg(picture, quality(d.compression)) if d.compression else picture


def quantized(image: np.ndarray) -> np.ndarray:
    """A picture 0 … 1 as uint8."""
    return np.clip(image * 255 + 0.5, 0, 255).astype(np.uint8)


def _shaped(image: np.ndarray, d: Development) -> np.ndarray:
    height = image.shape[0]
    if d.contrast or d.shadows:
        image = toned(image, d.contrast, d.shadows)
    if d.saturation != 1 or d.smear:
        luma = (image * LUMA).sum(-1, keepdims=True)
        colour = np.float32(d.saturation) * (image - luma)
        image = luma + (blurred(colour, pixels(d.smear, height)) if d.smear else colour)
    if d.sharpening:
        image = image + np.float32(d.sharpening) * (image - blurred(image, pixels(SHARPENING_RADIUS, height)))
    return image


def toned(values: np.ndarray, contrast: float, shadows: float) -> np.ndarray:
    """Values 0 … 1 through a tone curve that keeps both ends: steeper in the middle, and with the dark end lifted.

    Contrast multiplies the slope at one half by 1 + contrast / 2; shadows lift a quarter by at most a tenth. It rises
    everywhere for contrast up to 1.
    """
    away = 1 - values
    curve = values + np.float32(contrast) * values * away * (2 * values - 1)
    return curve + np.float32(shadows) * values * away**3 if shadows else curve
