"""Outdoor surroundings: a street, a park, a beach and open country under a daylight sky."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ..geometry.angles import arctan2
from .lamps import Lamp
from .panorama import Panorama, noise
from .sky import sky_radiance, sun_colour, sun_direction


def daylight(light, camera_azimuth: float = 0.0):
    """The sky's shade function, the lamps, and the (sun direction, sun colour, ambient) that solids are lit with."""
    elevation = np.radians(light.sun_elevation)
    sun = sun_direction(np.radians(light.sun_azimuth), elevation)
    rays = np.array([[0, 0, 1.0], [0.7, 0, 0.7], [-0.7, 0, 0.7], [0, 0.7, 0.7], [0, -0.7, 0.7]], np.float32)
    ambient = sky_radiance(rays, sun, light.turbidity, light.overcast).mean(0)
    # Direct sun is several times the sky's light when clear, and is gone under cloud.
    colour = sun_colour(elevation, light.turbidity)
    beam = colour * ambient.mean() * np.pi * (1 - light.overcast) ** 1.5 * 5.0
    lamps = [Lamp(sun, beam, 0.0093 + 0.05 * light.overcast)] if light.overcast < 0.9 else []

    def shade(rays):
        clouds = noise(rays[..., :2] / (np.abs(rays[..., 2:]) + 0.25) * 2.2, light.seed, 4)
        share = np.clip((clouds - 0.52 + 0.25 * light.overcast) * 4, 0, 1)[..., None]
        share = share * np.clip(rays[..., 2:] * 5, 0, 1) * (1 - light.overcast) * 0.8
        white = ambient.mean() * 1.6 * (0.55 * colour / colour.max() + 0.45)
        return sky_radiance(rays, sun, light.turbidity, light.overcast) * (1 - share) + share * white

    return shade, lamps, (sun, beam / np.pi, ambient)


def lit(normals: np.ndarray, albedo: np.ndarray, source) -> np.ndarray:
    """Lambertian radiance (k, 3) of outdoor solids under sun and sky."""
    sun, beam, ambient = source
    direct = np.maximum(normals @ sun, 0)[..., None] * beam
    skylight = (0.65 + 0.35 * normals[..., 2:]) * ambient
    return albedo * (direct + skylight)


def _ground(panorama: Panorama, source, near, far, scale: float, seed: int) -> None:
    def shade(points):
        up = np.broadcast_to(np.array([0, 0, 1.0]), (len(points), 3))
        patch = noise(points / scale, seed, 3)[:, None]
        # What stands around throws dapples: most of the sun is gone there.
        dapple = np.clip((noise(points / 2.6, seed + 5, 4)[:, None] - 0.50) * 7, 0, 1)
        tuft = 0.75 + 0.5 * noise(points * 5, seed + 6, 3)[:, None]
        shaded = lit(up, near * patch + far * (1 - patch), (source[0], source[1] * 0.12, source[2]))
        return tuft * (shaded * dapple + lit(up, near * patch + far * (1 - patch), source) * (1 - dapple))

    panorama.ground(shade)


def _facade(rng: Generator, source):
    """A wall with rows of windows that mirror some sky."""
    wall = rng.choice([[0.45, 0.30, 0.22], [0.52, 0.48, 0.42], [0.36, 0.36, 0.38], [0.60, 0.54, 0.44],
                       [0.40, 0.24, 0.18], [0.28, 0.32, 0.36]]) * rng.uniform(0.7, 1.15)  # fmt: skip
    storey, bay = rng.uniform(2.8, 3.6), rng.uniform(1.8, 3.4)
    opening = rng.uniform(0.35, 0.7)
    shop = rng.random(3) * 0.5 + 0.1
    seed = int(rng.integers(1 << 30))

    def shade(points, normals):
        across = np.where(np.abs(normals[:, :1]) > np.abs(normals[:, 1:2]), points[:, 1:2], points[:, :1])
        across = np.where(np.abs(normals[:, 2:]) > 0.5, 0.0, across)[:, 0] / bay
        up = points[:, 2] / storey
        u, v = across % 1, up % 1
        window = (np.abs(u - 0.5) < opening / 2) & (np.abs(v - 0.52) < 0.27) & (np.abs(normals[:, 2]) < 0.5)
        cell = np.floor(across) * 7.3 + np.floor(up) * 3.1
        glass = 0.04 + 0.5 * noise(np.stack([cell, cell * 0.37], 1), seed, 1)[:, None] ** 3
        grain = 0.85 + 0.3 * noise(np.stack([across * 3, up * 3], 1), seed + 1, 2)[:, None]
        colour = lit(normals, wall * grain, source)
        street = (points[:, 2] < points[:, 2].min() + 3.2) & (np.abs(normals[:, 2]) < 0.5)
        colour[street] = lit(normals[street], shop[None] * grain[street], source)
        colour[window] = (glass * source[2] * 1.3)[window]
        return colour

    return shade


def _tree(panorama: Panorama, rng: Generator, x: float, y: float, height: float, source) -> None:
    bark = np.array([0.10, 0.075, 0.055])
    panorama.box((x, y, height * 0.2 - 1.55), (0.03 * height, 0.03 * height, height * 0.22), rng.uniform(0, 3),
                 lambda p, n: lit(n, np.broadcast_to(bark, p.shape), source))  # fmt: skip
    green = np.array([0.085, 0.120, 0.040]) * rng.uniform(0.5, 1.5) * (1 + rng.normal(0, 0.12, 3))
    if rng.random() < 0.12:
        green = np.array([0.30, 0.13, 0.03]) * rng.uniform(0.6, 1.2)
    seed = int(rng.integers(1 << 30))
    for index in range(9):
        place = np.array([x, y, height * 0.62 - 1.55]) + rng.normal(0, 0.17, 3) * height
        radius = height * rng.uniform(0.13, 0.22)

        def shade(normals, index=index):
            leaf = noise(normals * 9 + index * 3, seed, 2)[:, None]
            tilted = normals + (leaf - 0.5) * 1.4
            gleam = np.clip((leaf - 0.72) * 4, 0, 1) * 0.25
            return lit(tilted, green * (0.45 + 1.1 * leaf) + gleam, source)

        panorama.ball(place, radius, shade, lambda n, index=index: noise(n * 11 + index, seed + 1, 2) > 0.40)


def street(light, rng: Generator):
    """A street lined with buildings, parked cars and a few trees."""
    panorama = Panorama()
    shade, lamps, source = daylight(light)
    panorama.backdrop(shade)
    _ground(panorama, source, np.array([0.13, 0.13, 0.14]), np.array([0.24, 0.23, 0.22]), 0.8, light.seed)
    turn = rng.uniform(-0.5, 0.5)
    for side in (-1, 1):
        offset, along = side * rng.uniform(5, 11), -60.0
        while along < 70:
            width, deep, tall = rng.uniform(6, 15), rng.uniform(5, 9), rng.uniform(6, 24)
            centre = np.array([offset + side * deep, along + width / 2, tall / 2 - 1.55])
            c, s = np.cos(turn), np.sin(turn)
            centre[:2] = [c * centre[0] - s * centre[1], s * centre[0] + c * centre[1]]
            panorama.box(centre, (deep, width / 2, tall / 2), turn, _facade(rng, source))
            along += width + (rng.uniform(2, 7) if rng.random() < 0.3 else 0.0)
        for along in np.arange(-40, 60, rng.uniform(5.5, 9)):
            x, y = offset * 0.72, along + rng.uniform(-1, 1)
            x, y = np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y
            if np.hypot(x, y) < 4:
                continue
            if rng.random() < 0.45:
                _tree(panorama, rng, x, y, rng.uniform(4, 8), source)
            elif rng.random() < 0.8:
                paint = rng.choice([[0.5, 0.5, 0.52], [0.05, 0.05, 0.06], [0.4, 0.05, 0.04], [0.06, 0.1, 0.25],
                                    [0.7, 0.7, 0.68]])  # fmt: skip
                for half, lift in (((0.85, 2.1, 0.38), 0.62), ((0.75, 1.1, 0.3), 1.25)):
                    panorama.box((x, y, lift - 1.55), half, turn,
                                 lambda p, n, paint=paint: lit(n, np.broadcast_to(paint, p.shape), source))  # fmt: skip
    return panorama, lamps, 0.010


def park(light, rng: Generator):
    """Grass, paths, hedges and trees."""
    panorama = Panorama()
    shade, lamps, source = daylight(light)
    panorama.backdrop(shade)
    _ground(panorama, source, np.array([0.085, 0.110, 0.040]), np.array([0.115, 0.112, 0.055]), 1.6, light.seed)
    hedge = np.array([0.052, 0.075, 0.028])
    seed = int(rng.integers(1 << 30))

    def leaves(points, normals):
        leaf = noise(points * 3.5, seed, 3)[:, None]
        return lit(normals + (leaf - 0.5), hedge * (0.4 + 1.3 * leaf), source)

    for angle in np.arange(0, 2 * np.pi, 0.5):
        reach = rng.uniform(26, 40)
        place = (reach * np.cos(angle), reach * np.sin(angle), rng.uniform(-0.5, 1.5))
        panorama.box(place, (9, 2, rng.uniform(2, 4)), angle + np.pi / 2, leaves)
    for _ in range(34):
        angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(6, 26)
        _tree(panorama, rng, reach * np.cos(angle), reach * np.sin(angle), rng.uniform(4, 11), source)
    return panorama, lamps, 0.010


def beach(light, rng: Generator):
    """Sand, sea and a low horizon."""
    panorama = Panorama()
    shade, lamps, source = daylight(light)
    panorama.backdrop(shade)
    turn = rng.uniform(-0.9, 0.9)
    seed = int(rng.integers(1 << 30))
    sky = source[2]

    def surface(points):
        sea = points @ np.array([np.sin(turn), np.cos(turn)]) - 9 - 2 * (noise(points / 12, seed, 2) - 0.5)
        up = np.broadcast_to(np.array([0, 0, 1.0]), (len(points), 3))
        sand = lit(up, np.array([0.42, 0.34, 0.24]) * (0.8 + 0.4 * noise(points * 1.5, seed + 1, 3)[:, None]), source)
        wave = noise(points * np.array([0.35, 1.1]), seed + 2, 4)[:, None]
        water = sky * np.array([0.30, 0.52, 0.62]) * (0.5 + 0.8 * wave) + np.clip((wave - 0.7) * 6, 0, 1) * sky * 0.6
        foam = np.clip(1 - np.abs(sea - 0.8)[:, None] / 0.9, 0, 1)
        water = water * (1 - foam) + foam * sky * 1.1
        return np.where(sea[:, None] > 0, water, sand)

    panorama.ground(surface)
    for _ in range(int(rng.integers(0, 6))):
        angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(30, 60)
        rock = np.array([0.2, 0.18, 0.16])
        panorama.box((reach * np.cos(angle), reach * np.sin(angle), -1), rng.uniform(1, 8, 3), rng.uniform(0, 3),
                     lambda p, n, rock=rock: lit(n, rock * (0.6 + 0.8 * noise(p, seed, 3)[:, None]), source))  # fmt: skip
    return panorama, lamps, 0.008


def country(light, rng: Generator):
    """Fields, hills and scattered trees."""
    panorama = Panorama()
    shade, lamps, source = daylight(light)
    panorama.backdrop(shade)
    dry, green = np.array([0.28, 0.23, 0.12]), np.array([0.105, 0.130, 0.050])
    near = dry if rng.random() < 0.4 else green
    _ground(panorama, source, near, green * 0.8 + dry * 0.2, 4.0, light.seed)
    seed = int(rng.integers(1 << 30))
    rays = panorama.rays
    azimuth = arctan2(rays[..., 1], rays[..., 0])
    around = np.stack([np.cos(azimuth), np.sin(azimuth)], -1)
    for layer, (rise, haze) in enumerate(((0.10, 0.75), (0.065, 0.5), (0.03, 0.2))):
        ridge = rise * (noise(around * (2.2 + layer), seed + layer, 4) * 1.4 - 0.2)
        hill = (rays[..., 2] < ridge) & (rays[..., 2] > -0.02)
        colour = source[2] * haze * np.array([0.75, 0.85, 1.0]) + (1 - haze) * (green * 2.2) * source[2]
        panorama.radiance[hill] = colour * (0.85 + 0.3 * noise(around[hill] * 30, seed + 7, 2)[:, None])
    for _ in range(int(rng.integers(6, 22))):
        angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(12, 50)
        _tree(panorama, rng, reach * np.cos(angle), reach * np.sin(angle), rng.uniform(4, 9), source)
    return panorama, lamps, 0.009
