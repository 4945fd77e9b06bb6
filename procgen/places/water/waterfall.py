"""A waterfall over a ledge into a pool, and its rock."""

from __future__ import annotations

import os

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.mesh import Mesh, merged
from ...geometry.noise import cells, fractal, noise
from ...geometry.sdf import surface_nets
from ...params import child, draw, integer, lognormal, normal, seed, spec, uniform
from .liquid import simulate
from .liquid_mesh import liquid_mesh
from .tank import Ball, Body, Box, Tank

FPS = 24.0
ROWS = 46  # cells along the height at full detail
SETTLED = 1.7  # seconds after which it has reached the pool and run on


@spec
class Waterfall:
    """A waterfall: how high it falls and what water it carries."""

    height: float = lognormal(2.6, 0.35, 1.0, 6.0, unit="m", doc="from the lip to the pool's bed", says="a waterfall")
    width: float = normal(1.0, 0.2, 0.6, 1.6, doc="width of the basin over the height")
    stream: float = uniform(0.3, 0.7, doc="width of the stream over that of the basin")
    flow: float = normal(0.10, 0.03, 0.05, 0.2, doc="depth of the water at the lip over the height")
    speed: float = normal(1.3, 0.3, 0.5, 2.5, unit="m/s", doc="speed of the water at the lip")
    pool: float = normal(0.18, 0.04, 0.1, 0.3, doc="depth of the pool over the height")
    boulders: int = integer(2, 7, doc="boulders in the pool and on the ledge")
    seed: int = seed()


def sample_waterfall(rng: Generator, fixed=None) -> Waterfall:
    """Draw a waterfall."""
    return draw(Waterfall, rng, fixed)


def waterfall_tank(spec: Waterfall, detail: float = 1.0) -> Tank:
    """The simulation of a waterfall: the lip lies towards +y, the pool runs off at -y."""
    rng = child(spec.seed, "boulders")
    high = spec.height
    cell = 1.4 * high / (ROWS * detail ** (1 / 3))
    wide, long = max(spec.width * high, 10 * cell), 1.05 * high
    counts = tuple(int(np.ceil(length / cell)) for length in (wide, long, 1.4 * high))
    wide, long, tall = (n * cell for n in counts)
    lip, half = 0.62 * long, max(spec.stream * wide / 2, 2.5 * cell)
    deep, pool = max(spec.flow * high, 2 * cell), spec.pool * high
    middle = wide / 2
    solids = [
        Box((-1.0, lip, -1.0), (wide + 1, long + 1, high)),
        Box((-1.0, -1.0, -1.0), (wide + 1, 1.6 * cell, 0.85 * pool)),  # the sill over which the pool runs off
        Box((-1.0, lip - 0.05 * long, -1.0), (middle - half, long + 1, tall + 1)),
        Box((middle + half, lip - 0.05 * long, -1.0), (wide + 1, long + 1, tall + 1)),
    ]
    for index in range(spec.boulders):
        size = high * rng.uniform(0.05, 0.12)
        if index % 3 == 0:  # on the lip, where it parts the water
            place = (middle + rng.uniform(-0.8, 0.8) * half, lip + rng.uniform(0.2, 0.6) * size, high - 0.35 * size)
            size *= 0.6
        else:
            place = (rng.uniform(0.1, 0.9) * wide, rng.uniform(0.15, 0.95) * lip, rng.uniform(0.3, 1.0) * pool)
        solids.append(Ball(tuple(float(c) for c in place), float(size)))
    for side in (0.0, wide):  # banks
        for place in np.linspace(0.12, 0.62, 4) * long:
            size = high * rng.uniform(0.12, 0.2)
            solids.append(Ball((float(side), float(place), float(0.25 * size)), float(size)))
    stream = Box((middle - half, long - 4 * cell, high), (middle + half, long, high + deep))
    filled = Box((middle - half, lip, high), (middle + half, long, high + deep))
    still = Box((0.0, 0.0, 0.0), (wide, lip, 0.95 * pool))
    run = (0.0, -spec.speed, 0.0)
    return Tank(
        counts,
        float(cell),
        (Body(still), Body(filled, run)),
        (Body(stream, run),),
        tuple(solids),
        ("-y",),
        seed=spec.seed,
    )


def build_waterfall(
    spec: Waterfall, detail: float = 1.0, seconds: float = SETTLED, folder: str | os.PathLike | None = None
) -> Asset:
    """A waterfall ``seconds`` after it began to fall; ``folder`` keeps the simulation for the next moment that is asked for.

    The stream comes from +y and falls towards -y; surfaces are water and rock.
    """
    tank = waterfall_tank(spec, detail)
    particles = simulate(tank, round(seconds * FPS) + 1, FPS, folder)[-1]
    water = liquid_mesh(particles, 0.6 * tank.cell)
    whole = merged([water, rock(tank, spec.seed).with_slot(1)])
    centre = [tank.size[0] / 2, 0.62 * tank.size[1], 0.0]
    return Asset(
        "waterfall", whole.moved(-np.array(centre)), (Surface("water", spec.seed), Surface("lichen_rock", spec.seed))
    )


def rock(tank: Tank, seed: int) -> Mesh:
    """The solids of a tank as rough rock, a little within what the water runs over."""
    step, margin = 0.8 * tank.cell, 0.16 * tank.size.max()
    low = np.array([-margin, 0.0, -0.5 * margin])
    shape = np.ceil((tank.size + [margin, margin, 0] - low) / step).astype(int) + 1
    points = low + np.stack(np.indices(tuple(shape)), -1) * step
    distance = points[..., 2].copy()
    for solid in tank.solids:
        distance = np.minimum(distance, solid.distance(points))
    bank = 0.35 * tank.size[2] * (0.4 + 0.6 * np.clip(points[..., 1] / tank.size[1], 0, 1) ** 2)
    for side in (-points[..., 0], points[..., 0] - tank.size[0]):
        distance = np.minimum(distance, np.maximum(-side, points[..., 2] - bank - 1.2 * side))
    height = tank.size[2]
    near = np.abs(distance) < 0.16 * height  # what the noise can reach
    here = points[near]
    blocks = here * [1.0, 1.0, 1.5] + 0.06 * height * np.stack([noise(here / (0.2 * height), k) for k in (1, 2, 3)], -1)
    first, second, owner = cells(blocks / (0.17 * height), seed % 9967)
    # Blocks that stand out by different lengths, with cracks between them, and grain on top.
    wear = 0.05 * (owner % 1024) / 1024 + 0.035 * np.exp(-(second - first) / 0.07)
    wear += 0.03 * np.maximum(fractal(here / (0.12 * height), seed % 10007, 4) + 0.5, 0)
    field = distance.copy()
    field[near] += 0.5 * height * wear
    # Nothing juts out into the water, and the rock ends where the grid does.
    edge = np.minimum(points - low, low + (shape - 1) * step - points)
    field = np.maximum(field, step * 1.01 - edge.min(-1))
    mesh = surface_nets(field, points)
    depth = np.zeros(len(mesh.vertices))
    return mesh.with_attributes(foam=0.0, depth=depth, rough=0.0, shore=0.0, rest=mesh.vertices)
