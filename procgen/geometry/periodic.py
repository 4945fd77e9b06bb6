"""Noise that repeats: volumes computed once a process and looked up, where noise at each point would take too long."""

from __future__ import annotations

from functools import cache

import numpy as np

BAND = 0.35  # spread of a band's frequencies, natural logarithm


@cache
def bands(size: int, wavelengths: tuple[float, ...], seed: int) -> np.ndarray:
    """Periodic noises (size, size, size, k) float32, each in one band around a wavelength in voxels; deviation one."""
    steps = np.fft.fftfreq(size).astype(np.float32)
    last = np.fft.rfftfreq(size).astype(np.float32)
    frequency = np.sqrt(steps[:, None, None] ** 2 + steps[:, None] ** 2 + last**2)
    frequency[0, 0, 0] = 1e-9
    logarithm = np.log(frequency)
    rng = np.random.default_rng(seed)
    result = np.empty((size, size, size, len(wavelengths)), np.float32)
    for channel, wavelength in enumerate(wavelengths):
        spectrum = np.fft.rfftn(rng.standard_normal((size,) * 3, np.float32))
        spectrum *= np.exp(-0.5 * ((logarithm + np.log(wavelength)) / BAND) ** 2) / frequency
        noise = np.fft.irfftn(spectrum, s=(size,) * 3, axes=(0, 1, 2))
        result[..., channel] = noise / noise.std()
    return result


@cache
def scattered(size: int, periods: tuple[int, ...], seed: int) -> np.ndarray:
    """Distances (size, size, size, k) float32 to the nearest of scattered points, one to a cell, in cells.

    There are ``periods`` cells along an edge. Source: Worley, "A Cellular Texture Basis Function", SIGGRAPH 1996.
    """
    result = np.empty((size, size, size, len(periods)), np.float32)
    axis = np.arange(size)
    for channel, period in enumerate(periods):
        at = axis * (period / size)
        whole = np.floor(at).astype(int)
        points = np.random.default_rng([seed, channel]).random((period, period, period, 3), np.float32)
        nearest = np.full((size, size, size), np.inf, np.float32)
        for step in np.ndindex(3, 3, 3):
            i, j, k = ((whole + s - 1) % period for s in step)
            of = points[np.ix_(i, j, k)]
            away = np.zeros_like(nearest)
            for d, shape in enumerate(((-1, 1, 1), (1, -1, 1), (1, 1, -1))):
                corner = (whole + step[d] - 1 - at).astype(np.float32).reshape(shape)
                away += (of[..., d] + corner) ** 2
            np.minimum(nearest, away, out=nearest)
        result[..., channel] = np.sqrt(nearest)
    return result


def nearest(volume: np.ndarray, place: np.ndarray) -> np.ndarray:
    """The voxels (n, k) of a periodic volume next to places (n, 3) in voxels."""
    size = len(volume)
    i, j, k = (np.floor(place[:, axis] + np.float32(0.5)).astype(np.int32) % size for axis in range(3))
    return np.take(volume.reshape(size**3, -1), (i * size + j) * size + k, 0)


def linear(volume: np.ndarray, place: np.ndarray) -> np.ndarray:
    """A periodic volume (n, k) at places (n, 3) in voxels, trilinear."""
    size = len(volume)
    flat = volume.reshape(size**3, -1)
    low, high, share = [], [], []
    for axis in range(3):
        whole = np.floor(place[:, axis])
        share.append((place[:, axis] - whole)[:, None])
        whole = whole.astype(np.int32) % size
        low.append(whole)
        high.append((whole + 1) % size)
    result = None
    for i, along_x in ((low[0], 1 - share[0]), (high[0], share[0])):
        for j, along_y in ((low[1], 1 - share[1]), (high[1], share[1])):
            row, weight = (i * size + j) * size, along_x * along_y
            near, far = np.take(flat, row + low[2], 0), np.take(flat, row + high[2], 0)
            far -= near
            far *= share[2]
            near += far
            near *= weight
            result = near if result is None else result.__iadd__(near)
    return result
