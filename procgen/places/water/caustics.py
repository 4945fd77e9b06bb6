"""Caustics: sunlight that waves gather on what lies below, as a picture that tiles."""

from __future__ import annotations

import numpy as np

from .optics import refracted
from .spectrum import dispersion
from .waves import Waves


def periodic_surface(waves: Waves, tile: float, count: int, seconds: float):
    """Heights and slopes along x and y (count, count) of the waves shorter than a tile of ``tile`` metres, made to repeat.

    Wave vectors are moved to the nearest ones that fit into the tile; [i, j] lies at x = j / count · tile, y = i / count · tile.
    """
    unit = 2 * np.pi / tile
    whole = np.rint(waves.vectors / unit).astype(int)
    length = np.hypot(*whole.T)
    use = (length >= 1.5) & (length <= count / 8)
    spectrum = np.zeros((count, count), complex)
    number = length[use] * unit
    phase = waves.phases[use] - dispersion(number, waves.sea.depth) * seconds
    np.add.at(spectrum, (whole[use, 1] % count, whole[use, 0] % count), waves.amplitudes[use] * np.exp(1j * phase))
    ky, kx = np.meshgrid(*(2 * [np.fft.fftfreq(count, 1 / count) * unit]), indexing="ij")
    return tuple((np.fft.ifft2(spectrum * factor) * count**2).real for factor in (1, 1j * kx, 1j * ky))


def caustics(
    waves: Waves, depth: float, sun=(0.0, 0.0, 1.0), tile: float = 5.0, size: int = 512, seconds: float = 0.0
) -> np.ndarray:
    """Sunlight (size, size) on a level plane ``depth`` metres below the waves, over what a calm sea would let there.

    ``sun`` (3,) points to the sun. The picture repeats after ``tile`` metres and has the mean 1: light is moved, none is
    lost. [i, j] lies where the calm sea's ray that enters at x = j / size · tile, y = i / size · tile arrives.
    """
    count = 2 * size
    height, x_slope, y_slope = periodic_surface(waves, tile, count, seconds)
    normal = np.stack([-x_slope, -y_slope, np.ones_like(height)], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    ray = -np.asarray(sun, float) / np.linalg.norm(sun)
    bent = refracted(ray, normal)
    calm = refracted(ray, np.array([0.0, 0.0, 1.0]))
    below = (depth + height)[..., None] / np.maximum(-bent[..., 2:], 0.1)
    step = tile / count
    start = np.stack(np.meshgrid(np.arange(count), np.arange(count)), -1) * step
    # What a patch of surface takes in of the beam, over what level water would; it sums to the tile.
    power = np.maximum(-(normal @ ray) / np.maximum(normal[..., 2], 1e-6), 0)
    landed = (start + below * bent[..., :2] - depth / -calm[2] * calm[:2]) / tile * size
    # Each ray is spread over the four texels around it.
    first = np.floor(landed).astype(int)
    share = landed - first
    picture = np.zeros(size * size)
    for dx in (0, 1):
        for dy in (0, 1):
            weight = np.abs(1 - dx - share[..., 0]) * np.abs(1 - dy - share[..., 1]) * power
            place = (first[..., 1] + dy) % size * size + (first[..., 0] + dx) % size
            picture += np.bincount(place.ravel(), weight.ravel(), size * size)
    return (picture / (-ray[2] * (count / size) ** 2)).reshape(size, size)


def caustics_image(picture: np.ndarray, name: str = "caustics"):
    """A Blender image of caustics, linear and packed, for ``add_water_column``."""
    import bpy

    size = len(picture)
    image = bpy.data.images.new(name, size, size, float_buffer=True, is_data=True)
    pixels = np.ones((size, size, 4), np.float32)
    pixels[..., :3] = picture[..., None]
    image.pixels.foreach_set(pixels.ravel())
    image.pack()
    return image
