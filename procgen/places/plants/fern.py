"""Ferns: a shuttlecock of fronds whose pinnae are feathered themselves."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.mesh import merged
from ...params import beta, child, draw, integer, lognormal, normal, seed, spec
from .blades import THREE, arcs, level_side, sweep
from .foliage import halves, leaf_colours, pinnate, placed
from .growth import unit

GREEN, BROWN = (0.068, 0.145, 0.024), (0.26, 0.12, 0.035)


@spec
class Fern:
    """A fern of the forest floor."""

    fronds: int = integer(7, 16, doc="number of fronds")
    length: float = lognormal(
        0.65, 0.28, 0.2, 1.5, unit="m", doc="length of the longest frond", says=((0.2, ""), (9, "a fern"))
    )
    pairs: int = integer(16, 28, doc="pairs of pinnae of a frond")
    rise: float = normal(64, 8, 35, 84, unit="deg", doc="how steeply fronds leave the ground")
    sag: float = normal(1.15, 0.22, 0.4, 1.9, unit="rad", doc="how far fronds bend over")
    width: float = normal(0.24, 0.03, 0.12, 0.36, doc="length of the longest pinna by the frond's")
    young: float = beta(1, 3, doc="share of fronds that are still rolled up")
    brown: float = beta(0.8, 4, doc="share of fronds that are dead", says=((0.5, ""), (2, "with brown fronds")))
    seed: int = seed()


def sample_fern(rng: Generator, fixed=None) -> Fern:
    """Draw a fern."""
    return draw(Fern, rng, fixed)


def build_fern(fern: Fern, detail: float = 1.0) -> Asset:
    """A fern; at a lower ``detail`` pinnae are single folded blades, and fewer."""
    rng = child(fern.seed, "fronds")
    count = fern.fronds
    length = fern.length * rng.uniform(0.72, 1.0, count)
    length[0] = fern.length
    turn = np.arange(count) * np.pi * (3 - np.sqrt(5)) + rng.normal(0, 0.2, count)
    dead = rng.uniform(size=count) < fern.brown * 0.8
    rise = np.radians(np.where(dead, 18, fern.rise) + rng.normal(0, 7, count))
    young = ~dead & (rng.uniform(size=count) < 0.35 * fern.young)
    sag = np.where(young, 5.2, fern.sag * rng.uniform(0.75, 1.25, count))
    length, rise = np.where(young, 0.75 * length, length), np.where(young, np.radians(86), rise)
    steps = 16 if detail > 0.5 else 8
    paths = (
        arcs(length, rise, turn, sag, steps)
        + 0.02 * fern.length * np.stack([np.cos(turn), np.sin(turn), 0 * turn], 1)[:, None]
    )
    colour = np.where(
        dead[:, None], leaf_colours(rng, count, BROWN), leaf_colours(rng, count, GREEN, (0.11, 0.19, 0.03), 0.3)
    )
    phase = rng.uniform(0, 1, count)
    t = np.linspace(0, 1, steps)
    stalk = sweep(paths, level_side(turn), THREE, 0.006 * fern.length * (1 - 0.85 * t), closed=True, colour=colour * [1.6, 1.0, 0.9],
                  sway=0.12 * fern.length * t[None] ** 1.5, phase=phase)  # fmt: skip
    pairs = fern.pairs if detail > 0.5 else max(int(fern.pairs * 0.55), 6) if detail > 0.12 else 6
    along = np.linspace(0.14, 0.985, pairs)
    place = along * (steps - 1)
    low = np.minimum(place.astype(int), steps - 2)
    origin = paths[:, low] + (place - low)[None, :, None] * (paths[:, low + 1] - paths[:, low])
    forward = unit(paths[:, low + 1] - paths[:, low])
    side = level_side(turn)[:, None] * np.ones((1, pairs, 1))
    over = np.cross(side, forward)
    reach = (
        fern.width * length[:, None] * np.clip(1.25 * (1 - along) ** 0.75, 0.03, 1) * np.minimum(1, 0.45 + 2.2 * along)
    )
    reach = reach * np.where(young, 0.35, 1)[:, None]
    # A pinna has leaflets of its own, wide enough to touch.
    stencil = pinnate(8, 0.055, 0.17, 0.10) if detail > 0.5 else halves((0.3, 0.7), (0.13, 0.10), 0.2)
    parts = [stalk]
    for sign in (1.0, -1.0):
        heading = unit(sign * side + 0.30 * forward - 0.10 * over + 0.07 * rng.normal(size=origin.shape))
        long = reach * np.exp(rng.normal(0, 0.05, reach.shape))
        wide = long * (fern.pairs / pairs) ** 0.8
        parts.append(placed(
            stencil, origin.reshape(-1, 3), heading.reshape(-1, 3), over.reshape(-1, 3), np.stack([wide, long, long], -1).reshape(-1, 3),
            colour=np.repeat(colour, pairs, 0) * np.exp(rng.normal(0, 0.07, (count * pairs, 1))),
            sway=(0.12 * fern.length * np.broadcast_to(along, reach.shape) ** 1.5).ravel(), phase=np.repeat(phase, pairs), flutter=0.01))  # fmt: skip
    return Asset("fern", merged(parts), (Surface("leaf", fern.seed, painted=True),))
