"""Environment pictures from outside: read as radiance, with what no light can be taken out (needs bpy)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..params import SpecError

SUFFIXES = (".exr", ".hdr")
LARGEST = 16384, 8192  # pixels
BRIGHTEST = 65504.0  # radiance of a pixel that was written as infinite: the largest number of a half float


def read_environment(path: str | Path) -> tuple[np.ndarray, int]:
    """The radiance (h, w, 3) float32 of a picture, bottom row first, and how many pixels held no number or an infinite one.

    An infinite pixel gets the brightest finite value, and one that held no number the mean of its row: the light is metered
    as the world shows it. Raises SpecError, which names the file, where it is none, or broken, or holds nothing finite.
    """
    import bpy

    path = Path(path)
    if not path.is_file() or path.suffix.lower() not in SUFFIXES:
        raise SpecError(f"light.hdri: {path} is not a file; allowed is an .exr or .hdr picture")
    try:
        image = bpy.data.images.load(str(path))
    except RuntimeError as error:
        raise SpecError(f"light.hdri: {path} cannot be read ({' '.join(str(error).split())})") from None
    try:
        (width, height), channels = image.size, image.channels
        if not width or not height or not channels:
            raise SpecError(f"light.hdri: {path} cannot be read as a picture; it is broken or cut off")
        if width > LARGEST[0] or height > LARGEST[1]:
            raise SpecError(
                f"light.hdri: {path} has {width}x{height} pixels; allowed is up to {LARGEST[0]}x{LARGEST[1]}"
            )
        pixels = np.zeros(width * height * channels, np.float32)
        image.pixels.foreach_get(pixels)
    finally:
        bpy.data.images.remove(image)
    pixels = pixels.reshape(height, width, channels)
    radiance = pixels[..., :3] if channels > 2 else np.repeat(pixels[..., :1], 3, -1)
    bad = ~np.isfinite(radiance)
    if bad.all():
        raise SpecError(f"light.hdri: {path} holds no finite pixel")
    return (_finite(radiance, bad) if bad.any() else radiance), int(bad.any(-1).sum())


def check_environments(paths: list[Path]) -> None:
    """Read every picture once; raises SpecError at the first that cannot light a scene."""
    for path in paths:
        read_environment(path)


def _finite(radiance: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """A copy in which every value is finite; see read_environment."""
    known = ~bad
    found = np.where(bad, np.float32(0), radiance)
    rows = found.sum(1, dtype=float, keepdims=True) / np.maximum(known.sum(1, keepdims=True), 1)
    bright = radiance == np.inf
    brightest = min(float(found.max()), BRIGHTEST)
    return np.where(bright, brightest, np.where(known, radiance, rows)).astype(np.float32)
