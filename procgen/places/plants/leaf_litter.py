"""Leaf litter: a patch of fallen leaves that lie over each other, curled and brown."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.mesh import merged
from ...params import beta, child, choice, draw, integer, lognormal, seed, spec, uniform
from .foliage import STENCILS, kite, leaf_colours, placed
from .growth import unit

# What lies there: stencils with their leaf length in metres, and two colours.
KINDS = {
    "mixed": ((("lobed", 0.11), ("palmate", 0.12), ("oval", 0.08)), (0.24, 0.105, 0.035), (0.40, 0.22, 0.045)),
    "oak": ((("lobed", 0.12),), (0.20, 0.095, 0.038), (0.30, 0.17, 0.06)), "maple": ((("palmate", 0.13),), (0.42, 0.11, 0.02), (0.50, 0.30, 0.035)),
    "beech": ((("oval", 0.085),), (0.26, 0.105, 0.032), (0.34, 0.17, 0.05)), "willow": ((("lance", 0.10),), (0.36, 0.27, 0.06), (0.28, 0.18, 0.05)),
    "needles": ((("needle", 0.075),), (0.20, 0.105, 0.042), (0.27, 0.15, 0.06)),
}  # fmt: skip
SAYS = {"mixed": "fallen leaves", "oak": "fallen oak leaves", "maple": "fallen maple leaves", "beech": "fallen beech leaves",
        "willow": "fallen willow leaves", "needles": "fallen needles"}  # fmt: skip


@spec
class LeafLitter:
    """A patch of fallen leaves."""

    kind: str = choice({name: 1.0 for name in KINDS}, doc="which leaves", says=SAYS)
    radius: float = lognormal(0.45, 0.3, 0.1, 2.0, unit="m", doc="radius of the patch")
    count: int = integer(60, 420, doc="number of leaves (needles are eight times as many)")
    decay: float = beta(1.6, 1.6, doc="0 just fallen … 1 brown and grey")
    curl: float = beta(2, 2, doc="how far leaves have curled up")
    green: float = beta(0.5, 6, doc="share of leaves that fell green")
    depth: float = uniform(0.0, 0.05, unit="m", doc="depth of the heap in its middle")
    seed: int = seed()


def sample_leaf_litter(rng: Generator, fixed=None) -> LeafLitter:
    """Draw a patch of leaves."""
    return draw(LeafLitter, rng, fixed)


def build_leaf_litter(litter: LeafLitter, detail: float = 1.0) -> Asset:
    """A patch of fallen leaves; a lower ``detail`` has fewer, larger and plainer ones."""
    rng = child(litter.seed, "leaves")
    stencils, dark, bright = KINDS[litter.kind]
    needles = litter.kind == "needles"
    count = litter.count * (8 if needles else 1)
    kept = max(int(count * min(1, detail**0.85)), 12)
    turn = rng.uniform(0, 2 * np.pi, count)
    out = litter.radius * np.abs(rng.beta(1.1, 1.4, count)) ** 0.6
    height = litter.depth * (1 - (out / litter.radius) ** 2) * rng.uniform(0, 1, count) + 0.006
    at = np.stack([out * np.cos(turn), out * np.sin(turn), height], 1)
    along = unit(np.column_stack([rng.normal(size=(count, 2)), rng.normal(0, 0.22 + 0.2 * litter.curl, count)]))
    over = unit(np.column_stack([rng.normal(0, 0.30 + 0.25 * litter.curl, (count, 2)), np.ones(count)]))
    over = over * np.where(rng.uniform(size=count) < 0.4, -1, 1)[:, None]
    dead = np.array([0.13, 0.085, 0.050])
    colour = leaf_colours(rng, count, bright, dark, np.clip(rng.uniform(0, 1, count), 0.01, 1), 0.22)
    grey = np.clip(litter.decay + rng.normal(0, 0.2, count), 0, 1)[:, None]
    colour = colour * (1 - grey) + dead * np.exp(rng.normal(0, 0.25, (count, 1))) * grey
    colour = np.where(
        (rng.uniform(size=count) < litter.green)[:, None], leaf_colours(rng, count, (0.09, 0.13, 0.03)), colour
    )
    which = rng.integers(0, len(stencils), count)
    size = np.exp(rng.normal(0, 0.2, count)) * (count / kept) ** 0.42
    parts = []
    for index, (name, long) in enumerate(stencils):
        chosen = np.flatnonzero(which[:kept] == index)
        if not len(chosen):
            continue
        vertices, faces = STENCILS[name] if detail > 0.5 or needles else kite(0.6)
        # Dry leaves arch: their ends come up.
        arch = 0.45 * litter.curl * (vertices[:, 1] - 0.5) ** 2 + 0.6 * litter.curl * np.abs(vertices[:, 0]) * (
            not needles
        )
        shape = vertices + np.column_stack([np.zeros((len(vertices), 2)), arch]) - [0, 0.5, 0]
        scale = long * size[chosen]
        if needles:
            scale = np.stack([scale * 0.35, scale, scale], 1)
        parts.append(placed((shape, faces), at[chosen], along[chosen], over[chosen], scale, colour=colour[chosen]))
    mesh = merged(parts)
    up = np.maximum(-mesh.vertices[:, 2] + 0.002, 0)  # nothing lies under the ground
    mesh = mesh.moved(np.column_stack([0 * up, 0 * up, up])).with_attributes(sway=0.0, phase=0.5)
    return Asset("leaf_litter", mesh, (Surface("needle" if needles else "leaf", litter.seed, painted=True),))
