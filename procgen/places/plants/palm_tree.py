"""Palms: a ringed stem with a crown of feather or fan fronds, dead ones hanging below it."""

from __future__ import annotations

import numpy as np

from ...assets import Asset, Surface
from ...geometry.mesh import Mesh, merged
from ...geometry.primitives import icosphere
from ...params import child
from .blades import arcs
from .foliage import leaf_colours, placed
from .growth import unit
from .species import Species
from .wind import place_phase
from .wood import tubes

DEAD = (0.17, 0.115, 0.06)


def leaflet(bent: bool):
    """A long pointed leaflet of length one along +y, folded and, where ``bent``, drooping at its end."""
    if not bent:
        return np.array([[0, 0, 0], [0.5, 0.3, 0.015], [0, 1, -0.15], [-0.5, 0.3, 0.015]]), np.array([(0, 1, 2, 3)])
    middle = np.array([[0, 0, 0], [0, 0.35, 0.0], [0, 1, -0.32]])
    right = np.array([[0.3, 0.04, 0.02], [0.5, 0.4, 0.015]])
    vertices = np.concatenate([middle, right, right * [-1, 1, 1]])
    return vertices, np.array([(0, 3, 4, 1), (1, 4, 2, -1), (0, 1, 6, 5), (1, 2, 6, -1)])


def feather(
    paths: np.ndarray, pairs: int, reach: np.ndarray, width: float, rng, bent: bool, colour, sway, phase
) -> Mesh:
    """Leaflets in pairs along frond stalks (c, s, 3); ``reach`` (c,) is the longest leaflet, ``width`` its share."""
    count, steps, _ = paths.shape
    t = np.linspace(0.12, 0.985, pairs)
    place = t * (steps - 1)
    low = np.minimum(place.astype(int), steps - 2)
    part = (place - low)[None, :, None]
    origin = paths[:, low] * (1 - part) + paths[:, low + 1] * part
    forward = unit(paths[:, low + 1] - paths[:, low])
    side = unit(np.cross(forward, [0.0, 0.0, 1.0]))
    over = np.cross(side, forward)
    shape = np.sin(np.pi * np.clip(0.12 + 0.80 * t, 0, 1)) ** 0.6
    meshes = []
    for sign in (1, -1):
        sweep = 0.35 + 0.9 * t[None, :, None] ** 2
        along = unit(sign * side + sweep * forward + 0.30 * over + 0.09 * rng.normal(size=origin.shape) - [0, 0, 0.14])
        long = reach[:, None] * shape * np.exp(rng.normal(0, 0.06, (count, pairs)))
        scale = np.stack([long * width, long, long], -1).reshape(-1, 3)
        meshes.append(
            placed(leaflet(bent), origin.reshape(-1, 3), along.reshape(-1, 3), over.reshape(-1, 3), scale,
                   colour=np.repeat(colour, pairs, 0) * np.exp(rng.normal(0, 0.08, (count * pairs, 1))),
                   sway=(sway + 0.18 * t[None] * np.ones((count, 1))).ravel(), phase=np.repeat(phase, pairs), flutter=0.06)
        )  # fmt: skip
    return merged(meshes)


def fans(
    ends: np.ndarray, heading: np.ndarray, reach: np.ndarray, blades: int, rng, bent: bool, colour, sway, phase
) -> Mesh:
    """Fan fronds at stalk ends (c, 3) that point along heading (c, 3): blades (of ``reach`` (c,) metres) from one point."""
    count = len(ends)
    side = unit(np.cross(heading, [0.0, 0.0, 1.0]))
    over = np.cross(side, heading)
    angle = np.linspace(-2.35, 2.35, blades)[None, :, None]
    along = unit(np.cos(angle) * heading[:, None] + np.sin(angle) * side[:, None] + 0.28 * (1 - np.cos(angle)) * over[:, None]
                 + 0.05 * rng.normal(size=(count, blades, 3)))  # fmt: skip
    long = reach[:, None] * (0.72 + 0.28 * np.cos(angle[..., 0] * 0.6)) * np.exp(rng.normal(0, 0.05, (count, blades)))
    scale = np.stack([long * 2.9 / blades * 1.6, long, long], -1).reshape(-1, 3)
    return placed(leaflet(bent), np.repeat(ends, blades, 0), along.reshape(-1, 3), np.repeat(over, blades, 0), scale,
                  colour=np.repeat(colour, blades, 0) * np.exp(rng.normal(0, 0.08, (count * blades, 1))),
                  sway=np.repeat(sway, blades), phase=np.repeat(phase, blades), flutter=0.12)  # fmt: skip


def _stem(tree, row: Species, top: float, detail: float, rng):
    """The stem with its leaf scars: points of its axis and its mesh."""
    rings = int(np.clip(top / 0.09, 40, 150)) if detail > 0.5 else 14 if detail > 0.12 else 5
    sides = 16 if detail > 0.5 else 8 if detail > 0.12 else 5
    t = np.linspace(0, 1, rings)
    turn, curve = rng.uniform(0, 2 * np.pi), (0.10 + np.tan(np.radians(tree.lean))) * top * (tree.species == "palm")
    off = curve * (t**1.5 - 0.25 * t**4)
    axis = np.stack([off * np.cos(turn), off * np.sin(turn), t * top], 1)
    base = row.trunk * tree.height * (0.62 + 0.38 * tree.age)
    scar = 0.05 * (np.arange(rings) % 2) if detail > 0.5 else 0
    radii = base * (0.55 + 0.20 * (1 - t) + row.flare * np.exp(-t * top / (1.6 * base)) * 0.6 + scar)
    if tree.species == "fan_palm":  # old leaf bases make the top wider
        radii = radii * (1 + 0.35 * np.clip((t - 0.7) / 0.3, 0, 1))
    start = np.concatenate([[axis[0] - [0, 0, 0.3]], axis])
    vertices, faces, owner = tubes(start, np.concatenate([radii[:1], radii]), [rings + 1], sides, cap=True)
    bend = np.concatenate([[0], t])[owner] ** 1.8 * 0.25 * np.sqrt(tree.height / 8)
    return (
        axis,
        Mesh(vertices, faces, attributes={"sway": bend, "phase": np.full(len(vertices), 0.5)}),
        float(bend.max()),
    )


def build_palm(tree, row: Species, detail: float) -> Asset:
    """A palm as an asset; ``lean`` bends the stem, ``dead_wood`` hangs dead fronds below the crown."""
    rng = child(tree.seed, "palm")
    feathered = tree.species == "palm"
    length = (0.17 * tree.height + 1.5) * tree.spread if feathered else (0.05 * tree.height + 0.85) * tree.spread
    # The highest fronds stand above the stem's top by this much.
    top = max(tree.height - 0.62 * length * (1.0 if feathered else 1.25), 0.35 * tree.height)
    axis, stem, bend = _stem(tree, row, top, detail, rng)
    count = int(row.leaves * (0.7 + 0.3 * tree.age) * tree.density**0.5)
    dead_count = round(4 + 26 * tree.dead_wood)
    everything = count + dead_count
    order = np.arange(everything)
    rise = np.radians(
        np.interp(order, [0, count - 1, count, everything], [78, -22, -52, -76]) + rng.normal(0, 5, everything)
    )
    turn = order * np.pi * (3 - np.sqrt(5)) + rng.normal(0, 0.15, everything)
    size = length * np.exp(rng.normal(0, 0.07, everything)) * np.where(order < 3, 0.75, 1.0)
    dead = order >= count
    steps = 12 if detail > 0.5 else 6 if detail > 0.12 else 4
    sag = np.where(dead, 0.3, rng.uniform(0.7, 1.15, everything) * (1.15 if feathered else 0.55))
    paths = arcs(size, rise, turn, sag, steps) + axis[-1] - [0, 0, 0.02]
    paths[dead] -= [0, 0, 0.12 + 0.02 * length]
    own = np.asarray(row.green) * np.exp(rng.normal(0, 0.1, 3))
    colour = leaf_colours(rng, everything, own, own * [1.4, 1.15, 0.8], np.clip(order / count, 0.01, 1), 0.10)
    colour = np.where(dead[:, None], leaf_colours(rng, everything, DEAD), colour)
    phase = np.clip(0.5 + 0.5 * np.cos(turn) * rng.uniform(0.4, 1, everything), 0, 1)
    hero, far = detail > 0.5, detail < 0.12
    if feathered:
        pairs = 46 if hero else 22 if not far else 9
        leaves = feather(paths, pairs, size * 0.26, 0.055 * (46 / pairs) ** 0.9, rng, hero, colour, bend, phase)
    else:
        blades = 28 if hero else 14 if not far else 7
        heading = unit(unit(paths[:, -1] - paths[:, -2]) + [0, 0, -0.15])
        leaves = fans(
            paths[:, -1], heading, size * 0.72, blades, rng, hero, colour, np.full(everything, bend + 0.12), phase
        )
    radii = np.tile(np.linspace(0.035, 0.007, steps), everything) * (0.4 + 0.6 * length / 3)
    vertices, faces, owner = tubes(paths.reshape(-1, 3), radii, np.full(everything, steps), 4 if hero else 3)
    share = np.tile(np.linspace(0, 1, steps), everything)[owner]
    stalks = Mesh(vertices, faces, 1, {"sway": bend + 0.18 * share, "phase": np.repeat(phase, steps)[owner],
                                       "colour": np.repeat(colour, steps, 0)[owner] * [1.25, 1.1, 0.9]})  # fmt: skip
    parts = [stem, leaves.with_slot(1)] + ([stalks] if not far else [])
    surfaces = [Surface(row.bark, tree.seed, row.wood), Surface("leaf", tree.seed, painted=True)]
    if row.fruit and not far:
        ball = icosphere(2 if hero else 1, 0.5)
        nuts = int(rng.integers(5, 13))
        around = rng.uniform(0, 2 * np.pi, nuts)
        at = axis[-1] + np.stack([0.26 * np.cos(around), 0.26 * np.sin(around), rng.uniform(-0.42, -0.1, nuts)], 1)
        parts.append(placed((ball.vertices * [1, 1.25, 1] + [0, 0.4, 0], ball.faces), at, np.tile([0.0, 0, -1], (nuts, 1)),
                            np.tile([1.0, 0, 0], (nuts, 1)), 0.23, colour=leaf_colours(rng, nuts, row.fruit, row.green, 0.4),
                            sway=bend, phase=0.5, slot=2))  # fmt: skip
        surfaces.append(Surface("fruit_skin", tree.seed, painted=True))
    mesh = merged(parts)
    phase = np.where(mesh.attributes["phase"] > 0, mesh.attributes["phase"], place_phase(mesh.vertices, tree.seed, 3.0))
    return Asset("tree", mesh.with_attributes(phase=phase), tuple(surfaces))
