"""The pictures of a character: kept as arrays, written smaller for lower levels, and loaded as images (needs bpy)."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

QUALITY = {"colour": 91, "normal": 92, "surface": 85, "roughness": 85}  # of JPEG
LEAST = 64  # pixels


class Pictures:
    """Pictures by set and channel, (h, w, c) float32 with the bottom row first, in a folder for as long as it exists."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.arrays: dict[tuple[str, str], np.ndarray] = {}

    def put(self, group: str, channel: str, pixels: np.ndarray) -> None:
        """Keep a picture."""
        self.arrays[group, channel] = pixels

    def images(self, group: str, halvings: int) -> dict[str, bpy.types.Image]:
        """The images of a set by channel, halved so many times."""
        return {
            channel: self.image(f"{group} {channel}", halved(pixels, halvings), channel)
            for (owner, channel), pixels in self.arrays.items()
            if owner == group
        }

    def image(self, name: str, pixels: np.ndarray, channel: str) -> bpy.types.Image:
        """An image of pixels (h, w, 3 or 4), in a file as JPEG, or PNG where it has cover."""
        height, width, depth = pixels.shape
        kind, suffix = ("PNG", "png") if depth == 4 else ("JPEG", "jpg")
        image = bpy.data.images.new(name, width, height, alpha=depth == 4)
        # The bytes are written as they are: what they mean is said where they are read.
        image.alpha_mode = "CHANNEL_PACKED"
        full = pixels if depth == 4 else np.concatenate([pixels, np.ones((height, width, 1), np.float32)], 2)
        image.pixels.foreach_set(np.ascontiguousarray(full, np.float32).ravel())
        image.file_format = kind
        path = self.folder / f"{name.replace(' ', '_')}.{suffix}"
        image.filepath_raw = str(path)
        image.save(filepath=str(path), quality=QUALITY.get(channel, 90))
        bpy.data.images.remove(image)
        loaded = bpy.data.images.load(str(path))
        loaded.name = name
        return loaded


def halved(pixels: np.ndarray, times: int) -> np.ndarray:
    """A picture at half its size, so many times, but not below LEAST pixels."""
    for _ in range(times):
        height, width, depth = pixels.shape
        if min(height, width) < 2 * LEAST:
            break
        pixels = pixels.reshape(height // 2, 2, width // 2, 2, depth).mean((1, 3))
    return pixels
