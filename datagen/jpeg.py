"""Packs pictures as JPEG with Blender's own encoder, which is there wherever this project renders."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

QUALITY = 88  # of 100: grain is kept, and a page is a sixth of what PNG makes of it


def encode_jpeg(image: np.ndarray) -> bytes:
    """The bytes of a JPEG file that holds a picture (h, w, 3) uint8; raises ModuleNotFoundError where there is no Blender."""
    import bpy

    height, width = image.shape[:2]
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., :3] = image[::-1] / np.float32(255)  # Blender's first row is the lowest
    held = bpy.data.images.new("Picture of a page", width, height, alpha=False)
    try:
        with tempfile.TemporaryDirectory(prefix="simulacra-") as folder:
            held.pixels.foreach_set(pixels.ravel())
            held.file_format = "JPEG"
            held.filepath_raw = str(Path(folder, "picture.jpg"))
            held.save(quality=QUALITY)
            return Path(folder, "picture.jpg").read_bytes()
    finally:
        bpy.data.images.remove(held)
