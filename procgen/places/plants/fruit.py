"""Fruit, lying where it fell: profiles turned about the core, with ribs, dents, drupelets or scales, stalks and leaves."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.mesh import Mesh, merged
from ...geometry.noise import noise
from ...geometry.primitives import icosphere, revolution
from ...params import beta, child, choice, draw, lognormal, normal, seed, spec, uniform
from .foliage import STENCILS, halves, kite, leaf_colours, placed
from .growth import unit
from .wood import tubes

# Diameter in metres, height by diameter, colours unripe … ripe.
KINDS = {
    "apple": (0.078, 0.92, (0.22, 0.30, 0.045), (0.46, 0.035, 0.022)), "pear": (0.072, 1.42, (0.22, 0.27, 0.05), (0.48, 0.36, 0.07)),
    "cherry": (0.023, 0.95, (0.42, 0.10, 0.06), (0.22, 0.008, 0.014)), "raspberry": (0.020, 1.15, (0.48, 0.22, 0.14), (0.44, 0.018, 0.035)),
    "pumpkin": (0.32, 0.78, (0.16, 0.19, 0.04), (0.62, 0.20, 0.015)), "pineapple": (0.13, 1.55, (0.10, 0.13, 0.035), (0.44, 0.24, 0.045)),
    "coconut": (0.17, 1.12, (0.14, 0.19, 0.04), (0.17, 0.10, 0.05)), "lemon": (0.060, 1.32, (0.22, 0.30, 0.04), (0.72, 0.50, 0.025)),
    "orange": (0.080, 0.96, (0.30, 0.33, 0.04), (0.72, 0.27, 0.012)),
}  # fmt: skip
SAYS = {name: f"{'an' if name[0] in 'aeiou' else 'a'} {name}" for name in KINDS}


@spec
class Fruit:
    """A single fruit, or a pair of cherries."""

    kind: str = choice({name: 1.0 for name in KINDS}, doc="kind of fruit", says=SAYS)
    diameter: float = uniform(0.008, 0.8, unit="m", doc="greatest thickness; drawn around the kind's")
    tall: float = lognormal(1.0, 0.07, 0.75, 1.3, doc="height by thickness, relative to the kind")
    ripe: float = beta(3, 1.3, doc="0 unripe … 1 ripe", says=((0.25, "unripe"), (2, "")))
    uneven: float = beta(2, 3, doc="how far from round")
    lying: float = normal(12, 22, 0, 90, unit="deg", doc="how far it has rolled to its side")
    leaf: float = uniform(0, 1, doc="chance of a leaf on the stalk, above 0.6 there is one")
    seed: int = seed()


def sample_fruit(rng: Generator, fixed=None) -> Fruit:
    """Draw a fruit: its thickness around the kind's."""
    diameter = KINDS[draw(Fruit, rng, fixed).kind][0]
    return draw(Fruit, rng, fixed, diameter=lognormal(diameter, 0.14, 0.6 * diameter, 1.6 * diameter))


def _profile(kind: str, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Radius and height of the outline over t 0 (foot) … 1 (stalk), for a diameter and height of one."""
    angle = (t - 0.5) * np.pi
    radius, height = np.cos(angle), np.sin(angle)
    if kind in ("apple", "orange", "pumpkin", "cherry"):
        dip = {"apple": 0.30, "orange": 0.05, "pumpkin": 0.34, "cherry": 0.16}[kind]
        height = (
            height
            - dip * np.exp(-((radius / 0.30) ** 2)) * (0.55 + 0.45 * np.sign(height))
            + 0.35 * dip * np.exp(-((radius / 0.25) ** 2)) * (height < 0)
        )
        radius = radius**0.85 * (1.0 - (0.10 * (height < 0) * -height if kind == "apple" else 0))
    elif kind == "pear":
        radius = radius**0.8 * (0.78 - 0.46 * np.tanh(2.4 * (height - 0.16)) * (height > -0.6) + 0.1 * (height <= -0.6))
        radius = radius / radius.max()
    elif kind == "lemon":
        radius, height = radius**1.0, height * 0.88 + 0.12 * np.sign(height) * np.abs(height) ** 14
    elif kind == "pineapple":
        radius = np.clip(radius, 0, 1) ** 0.45
    radius, height = radius * 0.5 / np.abs(radius).max(), height - height.min()
    return radius, height / height.max()


def _body(fruit: Fruit, detail: float, rng: Generator):
    """The flesh: a turned profile with the ribs of its kind, and where the stalk sits."""
    d, ratio = fruit.diameter, KINDS[fruit.kind][1] * fruit.tall
    ribs = {"pumpkin": int(rng.integers(10, 17))}.get(fruit.kind, 0)
    rows, sides = (28, ribs * 8 if ribs else 36) if detail > 0.5 else (10, ribs * 2 if ribs else 12)
    t = np.linspace(0.004, 0.996, rows)
    radius, height = _profile(fruit.kind, t)
    mesh = revolution(np.maximum(radius, 0.002) * d, height * d * ratio, sides)
    vertices, turn = mesh.vertices.copy(), mesh.attributes["around"] * 2 * np.pi
    grow = 1 + 0.10 * fruit.uneven * noise(
        np.column_stack([np.cos(turn), np.sin(turn), 1.5 * mesh.attributes["along"]]) * 1.2, fruit.seed
    )
    if ribs:
        grow = grow * (0.86 + 0.14 * np.abs(np.sin(turn * ribs / 2)) ** 0.6)
    elif fruit.kind == "apple":
        grow = grow * (1 + 0.025 * np.cos(5 * turn) * (1 - mesh.attributes["along"]))
    elif fruit.kind == "coconut":
        grow = grow * (1 + 0.05 * np.cos(3 * turn))
    vertices[:, :2] *= grow[:, None]
    ripe = np.clip(
        fruit.ripe * 1.4 - 0.3 + 0.35 * noise(mesh.vertices / d * 2.5, fruit.seed + 3) + 0.15 * np.cos(turn), 0, 1
    )[:, None]
    a, b = np.asarray(KINDS[fruit.kind][2]), np.asarray(KINDS[fruit.kind][3])
    colour = (a * (1 - ripe) + b * ripe) * (
        1 + 0.10 * noise(mesh.vertices / d * 9 * [1, 1, 0.25], fruit.seed + 5)[:, None]
    )
    ends = [np.concatenate([[k * sides + s for s in range(sides)]]) for k in (0, rows - 1)]
    middle = np.array([vertices[end].mean(0) for end in ends])
    lids = np.concatenate([np.stack([np.full(sides, len(vertices) + k), np.roll(end, -1) if k == 0 else end, end if k == 0 else np.roll(end, -1),
                                     np.full(sides, -1)], 1) for k, end in enumerate(ends)])  # fmt: skip
    colour = np.concatenate([colour, colour[[ends[0][0], ends[1][0]]]])
    return Mesh(
        np.concatenate([vertices, middle]),
        np.concatenate([mesh.faces, lids]),
        0,
        {"colour": np.clip(colour, 0.003, 0.9)},
    ), middle[1]


def _drupelets(fruit: Fruit, detail: float, rng: Generator) -> Mesh:
    """A raspberry: beads in rows over a blunt cone."""
    d, tall = fruit.diameter, fruit.diameter * KINDS["raspberry"][1] * fruit.tall
    count = 64
    t = (np.arange(count) + 0.5) / count
    turn = np.arange(count) * np.pi * (3 - np.sqrt(5))
    radius = 0.42 * d * np.sqrt(np.clip(1 - (1 - t) ** 2.2, 0, 1)) * (1 - 0.15 * t)
    at = np.stack([radius * np.cos(turn), radius * np.sin(turn), tall * (0.92 - 0.84 * (1 - t) ** 0.8)], 1)[
        :, [0, 1, 2]
    ]
    at[:, 2] = tall * (0.10 + 0.80 * t)
    at[:, :2] *= (
        np.sqrt(np.clip(1 - ((1 - t) * 0.92) ** 2.5, 0.01, 1)) / np.sqrt(np.clip(1 - (1 - t) ** 2.2, 0.01, 1))
    )[:, None]
    ball = icosphere(1 if detail > 0.5 else 0, 0.11 * d)
    a, b = KINDS["raspberry"][2:]
    colour = leaf_colours(rng, count, a, b, fruit.ripe, 0.10)
    axis = np.tile([0.0, 0.0, 1.0], (count, 1))
    beads = placed((ball.vertices, ball.faces), at, axis, np.tile([1.0, 0, 0], (count, 1)), 1.0, colour=colour)
    core = icosphere(1, 0.34 * d)
    return merged(
        [
            beads,
            Mesh(
                core.vertices * [1, 1, tall / d] + [0, 0, 0.5 * tall],
                core.faces,
                0,
                {"colour": np.tile(colour.mean(0), (len(core.vertices), 1))},
            ),
        ]
    )


def _scales(fruit: Fruit, detail: float, rng: Generator) -> Mesh:
    """A pineapple's scales in two spirals, each a low pyramid."""
    d, tall = fruit.diameter, fruit.diameter * KINDS["pineapple"][1] * fruit.tall
    around, rows = (13, 12) if detail > 0.5 else (8, 7)
    k = np.arange(around * rows)
    row = k // around
    t = (row + 0.5) / rows
    turn = (k % around + 0.5 * (row % 2)) * 2 * np.pi / around
    radius, height = _profile("pineapple", np.linspace(0, 1, 60))
    r = np.interp(t, height, radius) * d
    out = np.stack([np.cos(turn), np.sin(turn), 0.9 * (t - 0.5)], 1)
    scale = np.array([[0, -0.55, 0], [0.55, 0, 0], [0, 0.55, 0], [-0.55, 0, 0], [0, 0.10, 0.30]])
    faces = np.array([(0, 1, 4, -1), (1, 2, 4, -1), (2, 3, 4, -1), (3, 0, 4, -1)])
    at = np.stack([r * np.cos(turn) * 0.99, r * np.sin(turn) * 0.99, t * tall], 1)
    a, b = KINDS["pineapple"][2:]
    colour = leaf_colours(rng, len(k), a, b, np.clip(fruit.ripe + 0.3 * (0.5 - t), 0.01, 1), 0.12)
    size = np.stack([2 * np.pi * r / around * 1.02, np.full(len(k), 1.75 * tall / rows), np.full(len(k), 0.30 * d)], 1)
    return placed((scale, faces), at, np.tile([0.0, 0.001, 1.0], (len(k), 1)), unit(out), size, colour=colour)


def _stalk(at: np.ndarray, length: float, thick: float, bend: float, rng: Generator) -> Mesh:
    t = np.linspace(0, 1, 6)[:, None]
    turn = rng.uniform(0, 2 * np.pi)
    path = at + np.concatenate(
        [bend * length * t**2 * np.cos(turn), bend * length * t**2 * np.sin(turn), length * (t - 0.12)], 1
    )
    vertices, faces, _ = tubes(path, thick * (1 + 0.3 * t[:, 0] ** 3), [6], 6, cap=True)
    return Mesh(vertices, faces, 1, {"colour": np.tile([0.13, 0.09, 0.04], (len(vertices), 1))})


def build_fruit(fruit: Fruit, detail: float = 1.0) -> Asset:
    """A fruit that lies on the ground."""
    rng = child(fruit.seed, "fruit")
    d, kind = fruit.diameter, fruit.kind
    body, top = _body(fruit, detail, rng)
    if kind == "raspberry":
        body = _drupelets(fruit, detail, rng)
        top = np.array([0, 0, d * KINDS[kind][1] * fruit.tall * 0.95])
    parts, surfaces = (
        [body],
        [Surface("fruit_skin", fruit.seed, painted=True), Surface("stem", fruit.seed, painted=True)],
    )
    if kind == "raspberry":  # the sepals it hung from
        turn = np.arange(5) * 2 * np.pi / 5
        spread = unit(np.stack([np.cos(turn), np.sin(turn), 0 * turn + 0.15], 1))
        parts.append(placed(kite(0.45), np.tile(top, (5, 1)), spread, np.tile([0.01, 0.0, 1.0], (5, 1)), 0.5 * d,
                            colour=leaf_colours(rng, 5, (0.11, 0.16, 0.04)), slot=1))  # fmt: skip
    if kind == "pineapple":
        parts.append(_scales(fruit, detail, rng))
        count = 46
        rise = np.linspace(0.15, 1.5, count)
        turn = np.arange(count) * np.pi * (3 - np.sqrt(5))
        along = np.stack([np.cos(rise) * np.cos(turn), np.cos(rise) * np.sin(turn), np.sin(rise)], 1)
        parts.append(placed(halves((0.2, 0.6), (0.10, 0.06), 0.6, 0.15), np.tile(top, (count, 1)) - [0, 0, 0.05 * d], along, np.tile([0.01, 0.0, 1.0], (count, 1)),
                            d * rng.uniform(0.8, 1.15, count), colour=leaf_colours(rng, count, (0.075, 0.125, 0.05)), slot=1))  # fmt: skip
    else:
        long, thick, bend = {
            "cherry": (1.9, 0.035, 0.5),
            "pumpkin": (0.32, 0.055, 0.7),
            "raspberry": (0.6, 0.04, 0.4),
            "coconut": (0.06, 0.06, 0.1),
        }.get(kind, (0.26, 0.026, 0.4))
        parts.append(_stalk(top, long * d, thick * d, bend, rng))
        if fruit.leaf > 0.6 and kind not in ("coconut", "pumpkin"):
            parts.append(placed(STENCILS["oval"], (top + [0, 0, 0.10 * d])[None], unit(np.array([[0.8, -0.5, 0.25]])), np.array([[0, 0, 1.0]]),
                                1.0 * min(d, 0.07), colour=leaf_colours(rng, 1, (0.06, 0.12, 0.025)), slot=1))  # fmt: skip
    if kind == "cherry":
        other = merged(parts)
        mirror = Mesh(
            other.vertices * [0.92, 0.92, 0.92] + [d * 1.2, 0.2 * d, 0], other.faces, other.slot, other.attributes
        )
        parts.append(mirror)
    mesh = merged(parts)
    rolled = max(fruit.lying, 72) if kind == "raspberry" else fruit.lying
    lie = np.radians(rolled if kind not in ("pineapple", "pumpkin") else 0.3 * fruit.lying)
    turn = np.array([[1, 0, 0], [0, np.cos(lie), -np.sin(lie)], [0, np.sin(lie), np.cos(lie)]])
    vertices = mesh.vertices @ turn.T
    vertices[:, 2] -= vertices[:, 2].min()
    return Asset(
        "fruit",
        Mesh(vertices, mesh.faces, mesh.slot, mesh.attributes).with_attributes(sway=0.0, phase=0.5),
        tuple(surfaces),
    )
