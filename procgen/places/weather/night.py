"""The night sky: airglow, the Milky Way, northern lights as curtains, the moon's disc and the stars' nodes."""

from __future__ import annotations

import numpy as np

from ...geometry.noise import fractal
from ...params import child
from .atmosphere import EARTH
from .spec import Weather

AIRGLOW = 1.7e-7  # kcd/m² at the zenith of a dark place
MILKY_WAY = 4.5e-7  # kcd/m² of its brightest part, twice the real one
AURORA = 2.2e-5  # kcd/m², a bright one
LAYERS = 72  # of the curtains' height
MOON = 2.5e-6  # illuminance of the full moon relative to the sun's
MOON_RADIUS = 0.0045  # radians
MOON_TINT = np.array([1.08, 1.0, 0.86])


def moonlight(weather: Weather) -> float:
    """Illuminance of the moon relative to the sun; a half moon gives far less than half (Krisciunas and Schaefer 1991)."""
    angle = np.degrees(np.arccos(np.clip(2 * weather.moon_phase - 1, -1, 1)))
    return float(MOON * 10 ** (-0.4 * (0.026 * angle + 4e-9 * angle**4)))


def starlight(weather: Weather, rays: np.ndarray) -> np.ndarray:
    """Radiance (…, 3), kcd/m², of airglow and the Milky Way towards directions (…, 3)."""
    rng = child(weather.seed, "stars")
    sine = np.clip(rays[..., 2:], 0.03, 1)
    glow = AIRGLOW * (1 + 1.4 * (1 - sine) ** 2) * np.array([0.75, 0.97, 1.3])
    pole = rng.normal(size=3) * [1, 1, 0.45]
    pole /= np.linalg.norm(pole)
    heart = np.cross(pole, rng.normal(size=3))
    heart /= np.linalg.norm(heart)
    height = rays @ pole
    along = rays @ heart
    seed = int(rng.integers(1 << 30))
    clumps = fractal(rays * 5.0, seed, 4, gain=0.6)
    dust = fractal(rays * 7.0, seed + 50, 4, gain=0.6)
    bulge = 0.5 + 0.9 * np.exp((along - 1) / 0.35)
    band = (
        np.exp(-((height / (0.16 + 0.09 * np.exp((along - 1) / 0.2))) ** 2)) * bulge * np.clip(0.7 + 0.9 * clumps, 0, 2)
    )
    lane = np.exp(-(((height + 0.05 * clumps) / 0.055) ** 2)) * np.clip(0.5 + 1.6 * dust, 0, 1)
    milk = MILKY_WAY * np.clip(band * (1 - 0.85 * lane), 0, None) * np.clip(sine[..., 0] * 3, 0, 1)
    return (glow + milk[..., None] * np.array([1.05, 1.0, 0.95])).astype(np.float32)


def aurora(weather: Weather, rays: np.ndarray) -> np.ndarray:
    """Radiance (…, 3), kcd/m², of curtains of northern lights 95 to 320 km high: green oxygen, red above, violet below."""
    rng = child(weather.seed, "aurora")
    half, size = 620.0, 900
    axis = ((np.arange(size) + 0.5) / size * 2 - 1) * half
    x, y = np.meshgrid(axis, axis, indexing="ij")
    turn = rng.uniform(0, 2 * np.pi)
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    seed = int(rng.integers(1 << 30))
    fold = 60 * fractal(np.stack([along / 210, across / 420], -1), seed, 2)
    fold += 22 * fractal(np.stack([along / 62, across / 200], -1), seed + 9, 3)
    sheet = np.zeros_like(x)
    # Rays stand where field lines are lit: brightness varies along a curtain and not with height.
    pillars = np.clip(0.75 + 0.8 * fractal(np.stack([along / 9, across / 160], -1), seed + 30, 2), 0.1, 2)
    patches = np.clip(0.55 + 1.3 * fractal(np.stack([along / 150, across / 90], -1), seed + 20, 2), 0, 2)
    for place in rng.uniform(-60, 260, int(rng.integers(2, 5))):
        off = across - fold - place
        # A sharp edge on one side and a veil on the other.
        sheet += rng.uniform(0.5, 1) * np.where(off < 0, np.exp(-((off / 3.0) ** 2)), np.exp(-off / 9.0))
    sheet = (sheet * pillars * patches).astype(np.float32)
    total = np.zeros(rays.shape, np.float32)
    upper = rays[..., 2] > 0.02
    directions = rays[upper]
    dz, flat = directions[:, 2], directions[:, 0] ** 2 + directions[:, 1] ** 2
    light = np.zeros((len(directions), 3), np.float32)
    # Each ray samples its own heights: sheets that all rays cut alike would beat against the rays of the curtains.
    shift = np.modf(np.abs(np.sin(np.arange(len(directions)) * 12.9898) * 43758.5453))[0].astype(np.float32)
    step = 236 / LAYERS
    for layer in range(LAYERS):
        height = 94 + (layer + shift) * step
        distance = 2 * height / (dz + np.sqrt(dz * dz + 2 * flat * height / (EARTH / 1e3)))
        i = (directions[:, 0] * distance / half + 1) * size / 2
        j = (directions[:, 1] * distance / half + 1) * size / 2
        inside = (i >= 0) & (i < size) & (j >= 0) & (j < size)
        value = sheet[np.where(inside, i, 0).astype(int), np.where(inside, j, 0).astype(int)] * inside
        rise = 1 / (1 + np.exp(-(height - 101) / 2.5))
        green = rise * np.exp(-np.maximum(height - 104, 0) / 34)
        red = 0.32 / (1 + np.exp(-(height - 185) / 18)) * np.exp(-np.maximum(height - 230, 0) / 60)
        violet = 0.25 * np.exp(-(((height - 97) / 3.5) ** 2))
        value /= np.sqrt(dz * dz + 0.02) * LAYERS
        light += (value * np.stack([green, red, violet])).T
    light = light @ np.array([[0.16, 1.0, 0.36], [1.0, 0.10, 0.22], [0.75, 0.2, 1.0]], np.float32)
    total[upper] = light * np.clip(dz * 6, 0, 1)[:, None] * np.float32(AURORA * rng.uniform(0.5, 1.2) * 6)
    return total


def moon_disc(weather: Weather, size: int = 128) -> np.ndarray:
    """The moon's face (size, size, 3) of about 0…1 with its phase, and 0 outside the disc; bottom row first."""
    axis = ((np.arange(size) + 0.5) / size * 2 - 1) * 1.04
    x, y = np.meshgrid(axis, axis)
    r2 = x * x + y * y
    z = np.sqrt(np.maximum(1 - r2, 0))
    angle = np.arccos(np.clip(2 * weather.moon_phase - 1, -1, 1))
    side = 1.0 if weather.seed % 2 else -1.0
    lit = np.clip((side * x * np.sin(angle) + z * np.cos(angle)) * 4, 0, 1)
    seas = np.clip(fractal(np.stack([x, y, z], -1) * 1.7, 77, 4) * 1.6 + 0.25, 0, 1)
    rough = 0.12 * fractal(np.stack([x, y, z], -1) * 7, 78, 3)
    face = (0.95 - 0.45 * seas + rough) * lit
    edge = np.clip((1 - np.sqrt(r2)) * size / 4, 0, 1)
    return (np.clip(face, 0, 1) * edge)[..., None] * MOON_TINT
