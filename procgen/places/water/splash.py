"""A splash: a ball of water falls into a basin."""

from __future__ import annotations

import os

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.mesh import Mesh, merged
from ...params import draw, lognormal, normal, seed, spec, uniform
from .liquid import simulate
from .liquid_mesh import liquid_mesh
from .tank import Ball, Body, Box, Tank

FPS = 48.0
WIDE = 40  # cells across the basin at full detail


@spec
class Splash:
    """A splash: what falls from where, and how long ago."""

    basin: float = lognormal(
        0.5, 0.4, 0.15, 1.5, unit="m", doc="inner width of the square basin", says="a splash of water"
    )
    level: float = normal(0.24, 0.05, 0.12, 0.4, doc="depth of the water over the width")
    drop: float = normal(0.09, 0.02, 0.05, 0.14, doc="radius of the ball over the width")
    fall: float = lognormal(0.7, 0.4, 0.2, 2.0, unit="m", doc="height that it has fallen")
    aside: float = uniform(0.0, 0.12, doc="distance from the middle over the width")
    moment: float = uniform(0.08, 0.3, unit="s", doc="time since it touched the water")
    seed: int = seed()


def sample_splash(rng: Generator, fixed=None) -> Splash:
    """Draw a splash."""
    return draw(Splash, rng, fixed)


def splash_tank(spec: Splash, detail: float = 1.0) -> Tank:
    """The simulation of a splash, from when the ball touches the water."""
    wide = int(np.ceil(WIDE * detail ** (1 / 3)))
    cell = spec.basin / wide
    depth, radius = spec.level * spec.basin, max(spec.drop * spec.basin, 2 * cell)
    centre = (spec.basin * (0.5 + spec.aside), spec.basin / 2, depth + radius + 0.5 * cell)
    speed = float(np.sqrt(2 * 9.81 * spec.fall))
    bodies = (
        Body(Box((0.0, 0.0, 0.0), (spec.basin, spec.basin, depth))),
        Body(Ball(centre, radius), (0.0, 0.0, -speed)),
    )
    return Tank((wide, wide, int(wide * 1.2)), cell, bodies, seed=spec.seed)


def build_splash(
    spec: Splash, detail: float = 1.0, seconds: float | None = None, folder: str | os.PathLike | None = None
) -> Asset:
    """A splash ``seconds`` after the ball has touched the water (the spec's moment if None), in its basin.

    Surfaces are water and the basin's porcelain.
    """
    tank = splash_tank(spec, detail)
    moment = spec.moment if seconds is None else seconds
    particles = simulate(tank, round(moment * FPS) + 1, FPS, folder)[-1]
    water = liquid_mesh(particles, 0.55 * tank.cell, 0.55 * tank.cell)
    whole = merged([water, basin(spec).with_slot(1)])
    base = [spec.basin / 2, spec.basin / 2, -0.05 * spec.basin]
    return Asset("splash", whole.moved(-np.array(base)), (Surface("water", spec.seed), Surface("porcelain", spec.seed)))


def basin(spec: Splash) -> Mesh:
    """An open square basin around the tank, its wall a twentieth of its width thick."""
    wide, wall, high = spec.basin, 0.05 * spec.basin, (spec.level + 0.12) * spec.basin
    square = np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)])
    outer, inner = square * (wide + 2 * wall) - wall, square * wide
    rings = [(outer, -wall), (outer, high), (inner, high), (inner, 0.0)]
    vertices = np.concatenate([np.column_stack([ring, np.full(4, z)]) for ring, z in rings])
    ring = np.arange(4)
    faces = [
        np.stack([4 * k + ring, 4 * k + (ring + 1) % 4, 4 * k + 4 + (ring + 1) % 4, 4 * k + 4 + ring], 1)
        for k in range(3)
    ]
    faces = np.concatenate([*faces, [[12, 13, 14, 15], [3, 2, 1, 0]]])
    return Mesh(vertices, faces, smooth=False).with_attributes(foam=0.0, depth=0.0, rough=0.0, shore=0.0, rest=vertices)
