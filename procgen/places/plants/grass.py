"""Grass: clumps of curved blades, green and dry ones mixed, with stalks that bear seed heads."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.mesh import Mesh, merged
from ...params import beta, child, choice, draw, lognormal, seed, spec, uniform
from .blades import FLAT, FOLDED, THREE, arcs, level_side, sweep
from .foliage import kite, leaf_colours, placed
from .growth import unit


class Habit(NamedTuple):
    """How a grass grows; lengths in metres."""

    says: str
    height: float
    radius: float  # of the clump's foot
    blades: int
    width: float
    rise: tuple[float, float]  # degrees above level that blades leave the ground at, outermost … innermost
    sag: tuple[float, float]  # radians that blades bend by
    green: tuple[float, float, float]
    dry: tuple[float, float, float]
    heads: float  # stalks for each blade
    head: str = "spike"


HABITS = {
    "lawn": Habit("short grass", 0.07, 0.11, 150, 0.0035, (40, 85), (0.3, 1.2), (0.075, 0.150, 0.022), (0.36, 0.28, 0.10), 0.0),
    "meadow": Habit("meadow grass", 0.34, 0.12, 110, 0.0050, (48, 87), (0.4, 1.6), (0.078, 0.140, 0.026), (0.38, 0.30, 0.12), 0.10, "panicle"),
    "tall": Habit("tall grass", 0.95, 0.15, 110, 0.0075, (60, 88), (0.5, 1.7), (0.085, 0.130, 0.030), (0.42, 0.33, 0.15), 0.16, "plume"),
    "dune_grass": Habit("dune grass", 0.75, 0.14, 95, 0.0048, (50, 86), (0.4, 1.5), (0.130, 0.165, 0.060), (0.44, 0.37, 0.19), 0.07, "spike"),
    "tussock": Habit("a tussock of grass", 0.62, 0.10, 260, 0.0034, (22, 84), (0.8, 2.1), (0.135, 0.140, 0.042), (0.44, 0.35, 0.15), 0.05, "panicle"),
    "reed": Habit("reeds", 1.9, 0.22, 46, 0.020, (76, 89), (0.2, 0.9), (0.085, 0.135, 0.038), (0.40, 0.32, 0.17), 0.5, "plume"),
}  # fmt: skip


@spec
class Grass:
    """A clump of grass."""

    habit: str = choice(
        {name: 1.0 for name in HABITS}, doc="kind of grass", says={name: row.says for name, row in HABITS.items()}
    )
    height: float = uniform(0.03, 3.2, unit="m", doc="length of the longest blades; drawn around the habit's")
    radius: float = uniform(0.02, 0.6, unit="m", doc="radius of the clump's foot; drawn around the habit's")
    density: float = lognormal(1.0, 0.2, 0.4, 1.8, doc="number of blades, relative to the habit")
    dry: float = beta(1.2, 2.2, doc="share of dry blades", says=((0.7, ""), (2, "dry")))
    seed_heads: float = beta(1.2, 1.4, doc="how many stalks bear seed, 0 none … 1 all the habit has")
    bend: float = lognormal(1.0, 0.2, 0.4, 1.8, doc="how far blades bend over, relative to the habit")
    comb: float = beta(1, 3, doc="how far all blades lean to one side")
    seed: int = seed()


def sample_grass(rng: Generator, fixed=None) -> Grass:
    """Draw a clump: height and radius around those of its habit."""
    row = HABITS[draw(Grass, rng, fixed).habit]
    return draw(Grass, rng, fixed, height=lognormal(row.height, 0.2, 0.6 * row.height, 1.6 * row.height),
                radius=lognormal(row.radius, 0.2, 0.6 * row.radius, 1.7 * row.radius))  # fmt: skip


def _heads(paths: np.ndarray, kind: str, height: float, rng: Generator, detail: float, colour, sway, phase) -> Mesh:
    """Seeds at the ends of stalks (c, s, 3): a close spike, a feathery plume or an open panicle."""
    count, seeds = len(paths), {"spike": 22, "plume": 40, "panicle": 26}[kind]
    seeds = max(int(seeds * (detail**0.8)), 4)
    t = np.linspace(0.74, 1, seeds)
    place = t * (paths.shape[1] - 1)
    low = np.minimum(place.astype(int), paths.shape[1] - 2)
    origin = paths[:, low] + (place - low)[None, :, None] * (paths[:, low + 1] - paths[:, low])
    forward = unit(paths[:, low + 1] - paths[:, low])
    around = rng.normal(size=origin.shape)
    out, long, wide = {"spike": (0.35, 0.022, 0.35), "plume": (0.75, 0.10, 0.16), "panicle": (1.2, 0.045, 0.25)}[kind]
    along = unit(forward + out * unit(around) - [0, 0, 0.25 * (kind != "spike")])
    size = long * height**0.5 * np.exp(rng.normal(0, 0.2, (count, seeds))) * (seeds and (30 / seeds) ** 0.35)
    scale = np.stack([size * wide * 2, size, size], -1).reshape(-1, 3)
    return placed(kite(0.5, 0.6), origin.reshape(-1, 3), along.reshape(-1, 3), unit(around).reshape(-1, 3), scale,
                  colour=np.repeat(colour, seeds, 0), sway=np.repeat(sway, seeds), phase=np.repeat(phase, seeds), flutter=0.01)  # fmt: skip


def build_grass(grass: Grass, detail: float = 1.0) -> Asset:
    """A clump of grass; a lower ``detail`` has fewer, wider blades of fewer segments."""
    row, rng = HABITS[grass.habit], child(grass.seed, "blades")
    count = max(int(row.blades * grass.density), 6)
    kept = max(int(count * min(1.0, 0.05 + 0.95 * detail**0.7)), 5)
    # All blades are drawn and the first ones kept, so that a far clump is the near one thinned out.
    spot, turn = rng.uniform(0, 1, count) ** 0.5, rng.uniform(0, 2 * np.pi, count)
    height = grass.height * rng.beta(4, 2, count) * (1 - 0.22 * spot)
    height[0] = grass.height
    facing = turn + rng.normal(0, 0.7, count)
    wind = rng.uniform(0, 2 * np.pi)
    facing = np.where(rng.uniform(size=count) < 0.7 * grass.comb, wind + rng.normal(0, 0.35, count), facing)
    rise = np.radians(row.rise[1] + (row.rise[0] - row.rise[1]) * spot + rng.normal(0, 5, count))
    sag = grass.bend * rng.uniform(*row.sag, count)
    dry = rng.uniform(size=count) < grass.dry
    colour = np.where(
        dry[:, None], leaf_colours(rng, count, row.dry), leaf_colours(rng, count, row.green, row.dry, 0.12)
    )
    phase = rng.uniform(0, 1, count)
    chosen = np.arange(kept)
    steps = 6 if detail > 0.5 else 4 if detail > 0.12 else 3
    foot = grass.radius * spot[:, None] * np.stack([np.cos(turn), np.sin(turn), np.zeros(count)], 1)
    paths = arcs(height[chosen], rise[chosen], facing[chosen], sag[chosen], steps) + foot[chosen, None]
    paths[..., 2] = np.maximum(paths[..., 2], 0.001 * np.arange(steps))  # what bends that far lies on the ground
    t = np.linspace(0, 1, steps)
    width = row.width / 2 * (count / kept) ** 0.75 * np.minimum(1, 0.55 + 2.5 * t) * np.maximum(1 - t**2.2, 0.04)
    width = width * np.exp(rng.normal(0, 0.2, count))[chosen, None] * (grass.height / row.height) ** 0.3
    shade = (0.55 + 0.45 * np.minimum(t * 2.2, 1))[None, :, None] * colour[chosen, None]
    tips = np.clip((t - 0.8) * 4, 0, 1)[None, :, None] * 0.6
    shade = shade * (1 - tips) + np.asarray(row.dry) * tips
    sway = 0.28 * height[chosen, None] * t**1.6
    section, fold = (FOLDED, 0.45) if detail > 0.5 and row.width > 0.004 else (FLAT, 0.0)
    side = level_side(facing[chosen] + rng.normal(0, 0.5, count)[chosen])
    parts = [sweep(paths, side, section, width, width * fold, colour=shade, sway=sway, phase=phase[chosen])]
    stalks = int(row.heads * kept * grass.seed_heads)
    if stalks:
        rng = child(grass.seed, "seed heads")
        length = grass.height * rng.uniform(0.95, 1.25, stalks)
        facing, lean = rng.uniform(0, 2 * np.pi, stalks), np.radians(rng.normal(84, 4, stalks))
        paths = (
            arcs(length, lean, facing, rng.uniform(0.1, 0.7, stalks), 6 if detail > 0.12 else 4) + foot[:stalks, None]
        )
        t = np.linspace(0, 1, paths.shape[1])
        straw = leaf_colours(rng, stalks, row.dry, row.green, 0.3)
        radius = 0.16 * row.width * (1 - 0.6 * t) * (kept and (count / kept) ** 0.6)
        parts.append(sweep(paths, level_side(facing), THREE, radius, colour=straw, sway=0.3 * length[:, None] * t**1.6,
                           phase=phase[:stalks], closed=True))  # fmt: skip
        parts.append(_heads(paths, row.head, grass.height, rng, detail, straw * 0.9, 0.3 * length, phase[:stalks]))
    return Asset("grass", merged(parts), (Surface("grass_blade", grass.seed, painted=True),))
