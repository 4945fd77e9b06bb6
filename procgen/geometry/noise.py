"""Noise over points: gradient noise after Perlin (2002), fractal sums and cells after Worley (1996); vectorised, seeded."""

from __future__ import annotations

import numpy as np

# The prime multipliers of a lattice hash (Teschner et al. 2003, "Optimized Spatial Hashing").
PRIMES = np.array([73856093, 19349663, 83492791], np.uint32)


def lattice_hash(cell: np.ndarray, seed: int) -> np.ndarray:
    """A hash (…,) uint32 of whole cells (…, d)."""
    with np.errstate(over="ignore"):
        value = np.full(cell.shape[:-1], (seed * 2654435761 + 1013904223) & 0xFFFFFFFF, np.uint32)
        for axis in range(cell.shape[-1]):
            value = (value ^ (cell[..., axis].astype(np.int64).astype(np.uint32) * PRIMES[axis])) * np.uint32(
                0x9E3779B1
            )
            value ^= value >> np.uint32(15)
        value = (value * np.uint32(0x85EBCA6B)) ^ (value >> np.uint32(13))
        return value * np.uint32(0xC2B2AE35) ^ (value >> np.uint32(16))


def _directions(dimensions: int) -> np.ndarray:
    if dimensions == 2:
        angle = np.arange(256) * (2 * np.pi / 256)
        return np.stack([np.cos(angle), np.sin(angle)], 1)
    # 256 points spread over a sphere by the golden angle.
    z = 1 - (2 * np.arange(256) + 1) / 256
    angle = np.arange(256) * np.pi * (3 - np.sqrt(5))
    return np.stack([np.sqrt(1 - z * z) * np.cos(angle), np.sqrt(1 - z * z) * np.sin(angle), z], 1)


DIRECTIONS = {2: _directions(2), 3: _directions(3)}


def noise(points: np.ndarray, seed: int) -> np.ndarray:
    """Gradient noise (…,) of about -1…1 at points (…, 2) or (…, 3), with one lattice cell a unit."""
    points = np.asarray(points, float)
    dimensions = points.shape[-1]
    whole = np.floor(points)
    inside = points - whole
    fade = inside**3 * (inside * (inside * 6 - 15) + 10)
    total = np.zeros(points.shape[:-1])
    for corner in range(2**dimensions):
        offset = np.array([(corner >> axis) & 1 for axis in range(dimensions)])
        direction = DIRECTIONS[dimensions][lattice_hash(whole + offset, seed) & np.uint32(255)]
        weight = np.prod(np.where(offset, fade, 1 - fade), axis=-1)
        total += weight * np.einsum("...i,...i->...", direction, inside - offset)
    return total * 1.5


def fractal(points, seed: int, octaves: int = 5, gain: float = 0.5, lacunarity: float = 2.03, cell=None) -> np.ndarray:
    """A fractal sum (…,) of noise at points in units of the first octave, about -1…1.

    ``cell`` (…,) is the distance between samples in the same units: octaves that it could not show fade away.
    """
    points = np.asarray(points, float)
    total, amplitude, frequency = np.zeros(points.shape[:-1]), 1.0, 1.0
    for octave in range(octaves):
        seen = 1.0 if cell is None else np.clip(1 / (2 * frequency * np.maximum(cell, 1e-12)) - 1, 0, 1)
        if np.any(seen > 0):
            total += amplitude * seen * noise(points * frequency + 17.3 * octave, seed + octave)
        amplitude *= gain
        frequency *= lacunarity
    return total * (1 - gain) / (1 - gain**octaves) * 1.4 if gain < 1 else total / octaves


def ridged(points, seed: int, octaves: int = 5, gain: float = 0.5, lacunarity: float = 2.03, cell=None) -> np.ndarray:
    """Ridged multifractal noise (…,) of about 0…1 (Musgrave, in "Texturing and Modeling"): sharp crests, smooth valleys."""
    points = np.asarray(points, float)
    total, amplitude, frequency, weight = np.zeros(points.shape[:-1]), 1.0, 1.0, np.ones(points.shape[:-1])
    for octave in range(octaves):
        seen = 1.0 if cell is None else np.clip(1 / (2 * frequency * np.maximum(cell, 1e-12)) - 1, 0, 1)
        ridge = (1 - np.minimum(np.abs(noise(points * frequency - 9.1 * octave, seed + octave)) * 1.3, 1)) ** 2 * weight
        total += amplitude * seen * ridge
        weight = np.clip(1.6 * ridge, 0, 1)
        amplitude *= gain
        frequency *= lacunarity
    return total * (1 - gain) / (1 - gain**octaves) if gain < 1 else total / octaves


def cells(points: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cellular noise at points (…, 2) or (…, 3): distance to the nearest and second nearest seed point (…,), and the
    nearest one's hash (…,) uint32."""
    points = np.asarray(points, float)
    dimensions = points.shape[-1]
    whole = np.floor(points)
    first = np.full(points.shape[:-1], np.inf)
    second, owner = first.copy(), np.zeros(points.shape[:-1], np.uint32)
    for index in range(3**dimensions):
        offset = np.array([(index // 3**axis) % 3 - 1 for axis in range(dimensions)])
        key = lattice_hash(whole + offset, seed)
        jitter = np.stack([((key >> np.uint32(10 * axis)) & np.uint32(1023)) / 1023 for axis in range(dimensions)], -1)
        distance = np.linalg.norm(whole + offset + jitter - points, axis=-1)
        nearer = distance < first
        second = np.where(nearer, first, np.minimum(second, distance))
        owner = np.where(nearer, key, owner)
        first = np.where(nearer, distance, first)
    return first, second, owner
