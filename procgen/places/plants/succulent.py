"""Succulents: agaves, aloes and rosettes, thick leaves in a spiral of golden angles."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.mesh import merged
from ...params import beta, child, choice, draw, integer, lognormal, seed, spec, uniform
from .blades import FLESHY, THREE, arcs, level_side, sweep
from .foliage import kite, leaf_colours, placed
from .growth import unit

# Longest leaf in metres, leaves, width by length, thickness by width, steepness in degrees outermost and innermost.
HABITS = {
    "agave": (0.75, 38, 0.17, 0.35, (14, 82), 0.25), "aloe": (0.42, 26, 0.16, 0.50, (24, 84), -0.35),
    "rosette": (0.075, 54, 0.42, 0.42, (4, 86), -0.45), "haworthia": (0.09, 46, 0.22, 0.55, (28, 88), -0.25),
}  # fmt: skip
SAYS = {"agave": "an agave", "aloe": "an aloe", "rosette": "a succulent rosette", "haworthia": "a small succulent"}
GREEN = {
    "agave": (0.145, 0.190, 0.150),
    "aloe": (0.105, 0.160, 0.070),
    "rosette": (0.17, 0.22, 0.14),
    "haworthia": (0.055, 0.110, 0.040),
}


@spec
class Succulent:
    """A succulent that grows in a spiral."""

    habit: str = choice({name: 1.0 for name in HABITS}, doc="kind of succulent", says=SAYS)
    length: float = uniform(0.03, 1.6, unit="m", doc="length of the longest leaf; drawn around the habit's")
    leaves: int = integer(14, 80, doc="number of leaves; drawn around the habit's")
    width: float = lognormal(1.0, 0.12, 0.6, 1.5, doc="width of leaves, relative to the habit")
    blush: float = beta(1, 2, doc="reddening of edges and tips", says=((0.6, ""), (2, "with red tips")))
    spines: float = beta(2, 2, doc="teeth along the edges, 0 none … 1 many")
    offsets: int = integer(0, 4, doc="young plants at its foot")
    seed: int = seed()


def sample_succulent(rng: Generator, fixed=None) -> Succulent:
    """Draw a succulent: length and number of leaves around its habit's."""
    length, leaves, *_ = HABITS[draw(Succulent, rng, fixed).habit]
    return draw(
        Succulent,
        rng,
        fixed,
        length=lognormal(length, 0.2, 0.5 * length, 1.8 * length),
        leaves=integer(int(0.75 * leaves), int(1.3 * leaves)),
    )


def _rosette(plant: Succulent, size: float, at: np.ndarray, detail: float, rng: Generator):
    _, _, width, thick, (low, high), sag = HABITS[plant.habit]
    count = max(int(plant.leaves * (0.6 if size < plant.length else 1)), 8)
    age = 1 - np.arange(count) / count  # 1 the oldest, outermost
    turn = np.arange(count) * np.pi * (3 - np.sqrt(5)) + rng.normal(0, 0.05, count)
    rise = np.radians(high + (low - high) * age**0.8 + rng.normal(0, 3, count))
    length = size * np.clip(0.28 + 0.85 * age**0.5, 0, 1) * np.exp(rng.normal(0, 0.04, count))
    steps = 11 if detail > 0.5 else 5 if detail > 0.12 else 4
    core = size * 0.14 * age**0.5
    foot = at + np.stack([core * np.cos(turn), core * np.sin(turn), size * 0.16 * (1 - age)], 1)
    paths = arcs(length, rise, turn, sag * (0.6 + 0.8 * age), steps) + foot[:, None]
    t = np.linspace(0, 1, steps)
    if plant.habit == "rosette":
        shape = (
            np.minimum(0.30 + 1.05 * t, 1) * np.sqrt(np.clip(1 - (np.maximum(t - 0.62, 0) / 0.38) ** 2, 0.0, 1)) + 0.02
        )
    else:
        shape = (0.80 + 0.35 * np.sin(np.pi * np.clip(t * 1.25, 0, 1))) * (1 - t**2.4) + 0.012
    half = plant.width * width * length[:, None] / 2 * shape
    depth = half * thick * np.clip(1.25 - t, 0.25, 1) * 1.6
    base = leaf_colours(rng, count, GREEN[plant.habit], spread=0.07)
    red = plant.blush * np.clip((t - 0.55) / 0.45, 0, 1)[None, :, None] ** 1.5
    colour = base[:, None] * (1 - 0.8 * red) + np.array([0.32, 0.05, 0.05]) * 0.8 * red
    colour = colour * (0.65 + 0.35 * np.minimum(1, 0.35 + t * 1.6))[None, :, None]
    side = level_side(turn)
    section = FLESHY if detail > 0.5 else FLESHY[[0, 3, 4, 6]] if detail > 0.12 else THREE * [1, 0.6]
    sway = 0.006 * size * t[None] ** 2 * np.ones((count, 1))
    body = sweep(paths, side, section, half, depth, closed=True, colour=colour, sway=sway, phase=0.5)
    if plant.habit not in ("agave", "aloe") or detail < 0.5 or plant.spines < 0.1:
        return [body]
    teeth = np.linspace(0.08, 0.97, int(6 + 16 * plant.spines))
    place = teeth * (steps - 1)
    near = np.minimum(place.astype(int), steps - 2)
    part = (place - near)[None, :, None]
    middle = paths[:, near] + part * (paths[:, near + 1] - paths[:, near])
    edge = half[:, near] + part[..., 0] * (half[:, near + 1] - half[:, near])
    spikes = []
    forward = unit(paths[:, near + 1] - paths[:, near])
    for sign in (1.0, -1.0):
        origin = middle + sign * edge[..., None] * side[:, None] * 0.98
        along = unit(sign * side[:, None] + 0.5 * forward).reshape(-1, 3)
        long = np.full(len(along), 0.014 * size)
        spikes.append(placed(kite(0.5, 0.1, 0.3, 0), origin.reshape(-1, 3), along, np.tile([0.1, 0, 1.0], (len(along), 1)), long,
                             colour=np.tile([0.13, 0.05, 0.03], (len(along), 1)), phase=0.5))  # fmt: skip
    tip = unit(paths[:, -1] - paths[:, -2])
    spikes.append(placed(kite(0.16, 0.1, 0.5, 0), paths[:, -1], tip, side, np.full(count, 0.045 * size),
                         colour=np.tile([0.10, 0.04, 0.03], (count, 1)), phase=0.5))  # fmt: skip
    return [body, *spikes]


def build_succulent(plant: Succulent, detail: float = 1.0) -> Asset:
    """A succulent; a lower ``detail`` has plainer leaves without teeth."""
    rng = child(plant.seed, "leaves")
    parts = _rosette(plant, plant.length, np.zeros(3), detail, rng)
    for index in range(plant.offsets):
        turn = index * 2.1 + rng.uniform(0, 1)
        at = plant.length * rng.uniform(0.75, 1.05) * np.array([np.cos(turn), np.sin(turn), 0])
        parts += _rosette(plant, plant.length * rng.uniform(0.28, 0.5), at, min(detail, 0.5), rng)
    mesh = merged(parts)
    below = np.minimum(mesh.vertices[:, 2], 0)  # the lowest leaves rest on the ground
    mesh = mesh.moved(np.column_stack([0 * below, 0 * below, -0.9 * below]))
    return Asset("succulent", mesh, (Surface("succulent_skin", plant.seed, painted=True),))
