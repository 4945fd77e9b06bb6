"""The noises of skin over the head's texels: each a sum of octaves, taken from bands of volumes that repeat."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...geometry.periodic import bands, linear, nearest, scattered
from .texels import Texels, kept_slope


class Noise(NamedTuple):
    """A fractal sum of gradient noise."""

    scale: float  # cells of the first octave a metre
    octaves: int
    gain: float


NOISES = {
    "broad": Noise(26, 6, 0.62), "fine": Noise(330, 4, 0.60), "veiny": Noise(75, 6, 0.65), "ragged": Noise(260, 3, 0.55),
    "patches": Noise(45, 3, 0.55), "shine": Noise(165, 4, 0.55), "grain": Noise(230, 4, 0.55),
}  # fmt: skip
DEVIATION = 0.133  # of one octave of gradient noise 0…1
WAVE = 1.6  # wavelength of the band that is about as steep as gradient noise, in cells


class Bank(NamedTuple):
    """A volume of bands."""

    voxel: float  # m
    size: int  # voxels an edge
    wavelengths: tuple[float, ...]  # m
    seed: int

    def volume(self) -> np.ndarray:
        """The volume (size, size, size, k); computed once a process."""
        return bands(self.size, tuple(wavelength / self.voxel for wavelength in self.wavelengths), self.seed)


BROAD = Bank(0.0044, 64, (0.068, 0.036, 0.0215, 0.0155), 11)  # over the vertices: they lie close enough
MIDDLE = Bank(0.00055, 96, (0.0105, 0.0075, 0.0053, 0.0037, 0.0026, 0.0018, 0.0013), 12)
TINY = Bank(0.00027, 64, (0.00092, 0.00066), 13)
DOTS = {"pores": 14, "roots": 20}  # cells along the edge of a volume of as many voxels as TINY has
CELLS = {name: TINY.voxel * TINY.size / count for name, count in DOTS.items()}  # m


class SkinNoise:
    """The noises of one person, whose patterns lie ``offset`` (3,) metres away from those of the template."""

    def __init__(self, texels: Texels, template: np.ndarray, offset: np.ndarray):
        pitch = 1.07 / texels.size  # m on the face
        self.of_vertices = linear(BROAD.volume(), (template + offset) / BROAD.voxel)
        place = (texels.place + offset.astype(np.float32)) / np.float32(MIDDLE.voxel)
        look = linear if pitch < 0.8 * MIDDLE.voxel else nearest
        self.middle = look(MIDDLE.volume(), place)
        self.tiny = self.dots = None
        if pitch < max(CELLS.values()) / 2:
            place *= np.float32(MIDDLE.voxel / TINY.voxel)
            self.dots = dict(zip(DOTS, nearest(scattered(TINY.size, tuple(DOTS.values()), 14), place).T, strict=True))
            if pitch < TINY.wavelengths[-1] / 2:
                self.tiny = nearest(TINY.volume(), place)
        shown = np.array([wavelength for bank in (BROAD, MIDDLE, TINY) for wavelength in bank.wavelengths])
        fades = np.clip(shown / pitch - 2, 0, 1)  # what is shorter than two texels cannot be shown
        self.weights = {name: _weights(noise, shown) * fades for name, noise in NOISES.items()}
        self.weights["grain"] /= np.maximum(kept_slope(2 * np.pi * pitch / shown), 0.4)

    def low(self, name: str) -> np.ndarray:
        """The long waves (v,) of a noise at the template's vertices, about zero."""
        return self.of_vertices @ self.weights[name][: len(BROAD.wavelengths)]

    def high(self, *names: str) -> list[np.ndarray]:
        """The short waves (n,) of noises at the texels, about zero."""
        first, last = len(BROAD.wavelengths), len(BROAD.wavelengths) + len(MIDDLE.wavelengths)
        weights = np.stack([self.weights[name] for name in names], 1).astype(np.float32)
        result = self.middle @ weights[first:last]
        if self.tiny is not None:
            result += self.tiny @ weights[last:]
        return list(np.ascontiguousarray(result.T))


def _weights(noise: Noise, wavelengths: np.ndarray) -> np.ndarray:
    """How much of each band (k,) makes up a noise 0…1 less its mean."""
    result = np.zeros(len(wavelengths))
    total = sum(noise.gain**octave for octave in range(noise.octaves))
    for octave in range(noise.octaves):
        wavelength = WAVE / (noise.scale * 2**octave)
        if wavelength > 0.8 * wavelengths[-1]:
            nearest_band = np.argmin(np.abs(np.log(wavelengths / wavelength)))
            result[nearest_band] += DEVIATION * noise.gain**octave / total
    return result
