"""Fields over the plane: fast gradient and cellular noise in metres, and smooth sampling of grids beyond their rim."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ...params import child

PERIOD = 256  # lattice cells after which the noise repeats
CHUNK = 1 << 16  # points at a time, so that what is worked on stays in the cache


@lru_cache(maxsize=256)
def _table(seed: int) -> np.ndarray:
    """Unit gradients (PERIOD²,) complex of a seed."""
    turn = child(seed, "lattice").integers(0, 256, PERIOD * PERIOD)
    angle = turn * (2 * np.pi / 256)
    return (np.cos(angle) + 1j * np.sin(angle)).astype(np.complex64)


@lru_cache(maxsize=64)
def _scatter(seed: int) -> np.ndarray:
    """Random points (PERIOD², 2) of the cells of a seed, and a number 0…1 of each (PERIOD², 3) in all."""
    return child(seed, "cells").random((PERIOD * PERIOD, 3)).astype(np.float32)


def noise2(x: np.ndarray, y: np.ndarray, seed: int) -> np.ndarray:
    """Gradient noise (…,) float32 of about -1…1 after Perlin (2002), one lattice cell a unit; C2."""
    table = _table(seed)
    fx, fy = np.floor(x), np.floor(y)
    dx, dy = (x - fx).astype(np.float32), (y - fy).astype(np.float32)
    ix, iy = fx.astype(np.int64) & (PERIOD - 1), fy.astype(np.int64) & (PERIOD - 1)
    jx, jy = ((ix + 1) & (PERIOD - 1)) * PERIOD, (iy + 1) & (PERIOD - 1)
    ix = ix * PERIOD
    sx, sy = dx * dx * dx * (dx * (dx * 6 - 15) + 10), dy * dy * dy * (dy * (dy * 6 - 15) + 10)

    def corner(index, across, up):
        gradient = table[index]
        return gradient.real * across + gradient.imag * up

    a, b = corner(ix + iy, dx, dy), corner(jx + iy, dx - 1, dy)
    c, d = corner(ix + jy, dx, dy - 1), corner(jx + jy, dx - 1, dy - 1)
    low, high = a + sx * (b - a), c + sx * (d - c)
    return (low + sy * (high - low)) * np.float32(1.5)


def _octave(x, y, wavelength: float, octave: int):
    """Coordinates of an octave: turned and shifted, so that no lattice lies on another."""
    angle = 0.7 + 1.13 * octave
    c, s = np.cos(angle) / wavelength, np.sin(angle) / wavelength
    return x * c - y * s + 17.3 * octave, x * s + y * c - 9.1 * octave


def seen(wavelength: float, cell) -> np.ndarray | float:
    """How far samples a ``cell`` apart can show waves of a length: 0 below two samples a wave, 1 from four."""
    return 1.0 if cell is None else np.clip(wavelength / (2 * np.maximum(cell, 1e-9)) - 1, 0, 1)


def waves(x, y, seed: int, wavelength: float, octaves: int = 5, gain: float = 0.5, cell=None, shape=None) -> np.ndarray:
    """A fractal sum (…,) of noise of about -1…1 whose first octave has the wavelength (m).

    ``shape`` maps each octave's noise; octaves that ``cell`` (m) could not show fade away and cost nothing.
    """
    total, amplitude = np.zeros(np.shape(x)), 1.0
    whole = (1 - gain**octaves) / (1 - gain) if gain != 1 else octaves
    for octave in range(octaves):
        part = seen(wavelength, cell)
        if np.ndim(part) == 0 or np.all(part > 0):
            value = noise2(*_octave(x, y, wavelength, octave), seed + octave).astype(float)
            total += amplitude * part * (shape(value) if shape else value)
        elif np.any(part > 0):
            on = part > 0
            value = noise2(*_octave(x[on], y[on], wavelength, octave), seed + octave).astype(float)
            total[on] += amplitude * part[on] * (shape(value) if shape else value)
        amplitude *= gain
        wavelength /= 2.03
    return total * (1.4 / whole)


def crest(value: np.ndarray) -> np.ndarray:
    """Noise folded into crests: high and sharp along its zeros, about -0.6…0.7; the fold is rounded, so it stays C1."""
    return 0.7 - 1.9 * (np.sqrt(value * value + 0.0016) - 0.04)


def cells2(x: np.ndarray, y: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cellular noise after Worley (1996): distances (…,) to the nearest and second nearest seed point, and a number 0…1
    of the nearest; one point a unit square."""
    table = _scatter(seed)
    fx, fy = np.floor(x), np.floor(y)
    dx, dy = (x - fx).astype(np.float32), (y - fy).astype(np.float32)
    ix, iy = fx.astype(np.int64), fy.astype(np.int64)
    first = np.full(np.shape(x), 9.0, np.float32)
    second, owner = first.copy(), np.zeros(np.shape(x), np.float32)
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            row = table[((ix + i) & (PERIOD - 1)) * PERIOD + ((iy + j) & (PERIOD - 1))]
            # Points keep to the middle of their squares: then nine squares are always enough.
            ax, ay = i + 0.1 + 0.8 * row[..., 0] - dx, j + 0.1 + 0.8 * row[..., 1] - dy
            square = ax * ax + ay * ay
            nearer = square < first
            second = np.where(nearer, first, np.minimum(second, square))
            owner = np.where(nearer, row[..., 2], owner)
            first = np.where(nearer, square, first)
    # Double from here on: how a single and a double scalar mix differs between releases of numpy.
    return np.sqrt(first).astype(float), np.sqrt(second).astype(float), owner.astype(float)


def smoothstep(low: float, high: float, value):
    """A cubic step from 0 at ``low`` to 1 at ``high``."""
    share = np.clip((value - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)


def doubled(grid: np.ndarray) -> np.ndarray:
    """A grid of cell centres (n, n) at twice the resolution (2n, 2n), by Chaikin's corner cutting."""
    for axis in (0, 1):
        grid = np.moveaxis(grid, axis, 0)
        before, after = np.concatenate([grid[:1], grid[:-1]]), np.concatenate([grid[1:], grid[-1:]])
        fine = np.empty((2 * len(grid), *grid.shape[1:]), grid.dtype)
        fine[0::2], fine[1::2] = 0.75 * grid + 0.25 * before, 0.75 * grid + 0.25 * after
        grid = np.moveaxis(fine, 0, axis)
    return grid


def blurred(grid: np.ndarray, times: int = 1) -> np.ndarray:
    """A grid smoothed by (1, 2, 1)/4 along both axes, several times."""
    for _ in range(times):
        for axis in (0, 1):
            grid = np.moveaxis(grid, axis, 0)
            grid = np.concatenate([grid[:1], grid, grid[-1:]])
            grid = np.moveaxis(0.25 * grid[:-2] + 0.5 * grid[1:-1] + 0.25 * grid[2:], 0, axis)
    return grid


class Grid:
    """Fields on the cell centres of a square about the origin, sampled by a uniform cubic B-spline (C2, no overshoot).

    Beyond the rim the square is mirrored; ``open_south`` holds the values of the southern rim there instead.
    """

    def __init__(self, values: np.ndarray, size: float, open_south: bool = False):
        """``values`` (n, n, k): rows run along +y, columns along +x."""
        self.values = np.ascontiguousarray(values, float)  # single would be felt in steps of millimetres
        self.size, self.open_south = float(size), open_south

    @property
    def step(self) -> float:
        """Distance between samples, metres."""
        return self.size / len(self.values)

    def _taps(self, coordinate, hold: bool):
        place = (coordinate + self.size / 2) / self.step - 0.5
        whole = np.floor(place)
        t = place - whole
        count = len(self.values)
        index = whole.astype(np.int64)[None] + np.arange(-1, 3)[:, None]
        if hold:
            index = np.maximum(index, 0)
        index = np.mod(index, 2 * count)
        index = np.minimum(index, 2 * count - 1 - index)
        u = 1 - t
        weights = (
            u * u * u / 6,
            (4 - 6 * t * t + 3 * t * t * t) / 6,
            (4 - 6 * u * u + 3 * u * u * u) / 6,
            t * t * t / 6,
        )
        return index, weights

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The fields (n, k) at points (n,) metres."""
        flat = self.values.reshape(-1, self.values.shape[2])
        rows, across = self._taps(y, self.open_south)
        columns, along = self._taps(x, False)
        total = np.zeros((len(x), flat.shape[1]))
        for row, v in zip(rows * len(self.values), across, strict=True):
            for column, w in zip(columns, along, strict=True):
                total += flat[row + column] * (v * w)[:, None]
        return total


def plane(count: int, size: float) -> tuple[np.ndarray, np.ndarray]:
    """x and y (count, count) of the cell centres of a square about the origin, metres."""
    place = (np.arange(count) + 0.5) * (size / count) - size / 2
    return tuple(np.meshgrid(place, place))
