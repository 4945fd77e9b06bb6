"""Surroundings after dark: a lit street and neon."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from .interiors import blackbody, direction
from .lamps import Lamp
from .panorama import Panorama, noise


def _dark_street(panorama: Panorama, rng: Generator, tint) -> None:
    seed = int(rng.integers(1 << 30))
    panorama.backdrop(lambda rays: np.maximum(rays[..., 2:], 0) * np.array([0.004, 0.005, 0.010]) + 0.003 * tint)

    def asphalt(points):
        wet = noise(points / np.array([0.5, 2.5]), seed, 3)[:, None]
        far = np.clip(np.linalg.norm(points, axis=1, keepdims=True) / 25, 0, 1)
        return (0.012 + 0.09 * wet**3 * (1 - far)) * tint

    panorama.ground(asphalt)
    for side in (-1, 1):
        offset, along = side * rng.uniform(4, 9), -45.0
        while along < 60:
            width, tall = rng.uniform(5, 12), rng.uniform(6, 26)
            lit_share, bay = rng.uniform(0.12, 0.5), rng.uniform(1.4, 2.6)
            colour = blackbody(rng.uniform(2500, 6000)) * rng.uniform(0.4, 1.6)
            house = int(rng.integers(1 << 30))

            def shade(points, normals, lit_share=lit_share, bay=bay, colour=colour, house=house):
                across = np.where(np.abs(normals[:, 0]) > 0.5, points[:, 1], points[:, 0]) / bay
                up = points[:, 2] / 3.0
                cell = np.stack([np.floor(across), np.floor(up)], 1)
                on = noise(cell * 5.1, house, 1) < lit_share
                pane = (np.abs(across % 1 - 0.5) < 0.32) & (np.abs(up % 1 - 0.5) < 0.3) & (np.abs(normals[:, 2]) < 0.5)
                dim = 0.25 + noise(cell * 2.3, house + 1, 1)
                return np.where((on & pane)[:, None], dim[:, None] * colour, 0.010 * tint)

            panorama.box((offset + side * 5, along + width / 2, tall / 2 - 1.55), (5, width / 2, tall / 2), 0.0, shade)
            along += width


def night_street(light, rng: Generator):
    """A city street at night: windows, street lamps, headlights, traffic lights out of focus."""
    panorama = Panorama()
    sodium = blackbody(rng.uniform(2100, 4200))
    _dark_street(panorama, rng, sodium)
    for _ in range(int(rng.integers(25, 70))):
        toward = direction(rng.uniform(0, 360), rng.normal(1, 6))
        colour = rng.choice([0, 1, 2, 3], p=[0.5, 0.25, 0.15, 0.10])
        tint = (sodium, blackbody(6500), np.array([3.0, 0.15, 0.08]), np.array([0.2, 2.2, 0.7]))[colour]
        panorama.light(toward, rng.uniform(0.002, 0.008), tint * rng.uniform(8, 45))
    shop = blackbody(rng.uniform(2700, 5600))
    panorama.light(direction(rng.uniform(-70, 70), 4), 0.22, 2.2 * shop)
    lamps = [
        Lamp(direction(light.key_side * light.key_azimuth, rng.uniform(5, 50)), 2.2 * shop, 0.8 * light.key_size, 1.8),
        Lamp(direction(180 + rng.uniform(-50, 50), rng.uniform(15, 45)), 1.5 * sodium, 0.3, 2.0),
    ]
    return panorama, lamps, 0.017


NEON = np.array(
    [[2.2, 0.18, 1.1], [0.15, 0.9, 2.4], [0.9, 0.12, 2.3], [2.4, 0.35, 0.12], [0.15, 2.0, 1.1], [2.2, 1.2, 0.2]]
)


def neon(light, rng: Generator):
    """Two coloured signs as key and rim, tubes and reflections behind."""
    panorama = Panorama()
    first, second = NEON[rng.permutation(len(NEON))[:2]]
    _dark_street(panorama, rng, 0.5 * (first + second))
    for _ in range(int(rng.integers(8, 22))):
        start = direction(rng.uniform(95, 265), rng.uniform(-6, 22))
        tangent = np.cross(start, direction(rng.uniform(0, 360), rng.uniform(-80, 80)))
        colour = NEON[rng.integers(len(NEON))] if rng.random() < 0.5 else first
        for t in np.linspace(0, rng.uniform(0.05, 0.28), 28):
            panorama.light(start + tangent * t, 0.006, colour * 9)
    side = light.key_side
    # White light from somewhere keeps skin readable: nobody's street is lit by two saturated signs alone.
    soft = 1.1 * blackbody(4300)
    lamps = [
        Lamp(direction(side * light.key_azimuth, light.key_elevation * 0.6), 1.5 * first * 0.35 + soft * 1.5, 0.7, 1.4),
        Lamp(direction(-side * rng.uniform(70, 110), rng.uniform(0, 25)), 0.8 * second, 0.5, 1.4),
        Lamp(direction(180 - side * 40, 25), 1.2 * first, 0.4, 1.6),
    ]
    return panorama, lamps, 0.015
