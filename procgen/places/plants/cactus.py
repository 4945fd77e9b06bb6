"""Cacti: ribbed columns with arms, barrels, clusters and prickly pears, with spines on their ribs and pads."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.mesh import Mesh, merged
from ...geometry.primitives import icosphere
from ...params import beta, child, choice, draw, integer, lognormal, seed, spec, uniform
from .foliage import blossom, kite, leaf_colours, placed
from .growth import unit
from .wind import swaying
from .wood import tubes

# Height in metres, radius by height, ribs.
HABITS = {
    "saguaro": (4.5, 0.045, 18),
    "barrel": (0.55, 0.42, 22),
    "prickly_pear": (1.0, 0.4, 12),
    "cluster": (1.3, 0.075, 9),
}
SAYS = {
    "saguaro": "a saguaro cactus",
    "barrel": "a barrel cactus",
    "prickly_pear": "a prickly pear",
    "cluster": "a cluster of cacti",
}
GREEN = (0.085, 0.125, 0.045)


@spec
class Cactus:
    """A cactus: its habit, ribs, arms, spines and flowers."""

    habit: str = choice({name: 1.0 for name in HABITS}, doc="kind of cactus", says=SAYS)
    height: float = uniform(0.15, 10, unit="m", doc="height; drawn around the habit's")
    girth: float = lognormal(1.0, 0.14, 0.6, 1.6, doc="thickness, relative to the habit")
    ribs: int = integer(7, 26, doc="number of ribs; drawn around the habit's")
    depth: float = uniform(0.10, 0.24, doc="depth of the furrows between ribs by the radius")
    parts: int = integer(1, 22, doc="arms, columns or pads")
    spines: float = beta(2, 1.5, doc="number of spines, 0 none … 1 dense")
    flowers: float = beta(0.7, 2, doc="flowers and fruit, 0 none … 1 many", says=((0.5, ""), (2, "in flower")))
    tint: float = uniform(-0.25, 0.35, doc="greyer or greener, natural logarithm")
    seed: int = seed()


def sample_cactus(rng: Generator, fixed=None) -> Cactus:
    """Draw a cactus: height, ribs and parts as its habit has them."""
    habit = draw(Cactus, rng, fixed).habit
    height, _, ribs = HABITS[habit]
    parts = {"saguaro": (1, 6), "barrel": (1, 3), "prickly_pear": (7, 20), "cluster": (5, 13)}[habit]
    return draw(Cactus, rng, fixed, height=lognormal(height, 0.28, 0.5 * height, 1.9 * height), ribs=integer(max(ribs - 3, 7), min(ribs + 4, 26)),
                parts=integer(*parts))  # fmt: skip


def _column(path: np.ndarray, radius: float, cactus: Cactus, ribs: int, detail: float, round_top: float = 1.0):
    """A ribbed column along a path (k, 3) with a domed end: its mesh, and areoles with their outward directions."""
    sides = ribs * (4 if detail > 0.5 else 2 if detail > 0.12 else 1)
    length = np.concatenate([[0], np.cumsum(np.sqrt((np.diff(path, axis=0) ** 2).sum(1)))])
    rows = int(np.clip(len(path) * 2 * detail**0.4, 9, 60))
    # Rings lie closer at the dome.
    s = length[-1] * (1 - (1 - np.linspace(0, 1, rows)) ** 1.6)
    left = (length[-1] - s) / (radius * round_top)
    profile = (
        radius
        * np.sqrt(np.clip(1 - np.clip(1 - left, 0, 1) ** 2, 0.0004, 1))
        * (0.86 + 0.14 * np.clip(s / (3 * radius), 0, 1))
    )
    ring = np.stack([np.interp(s, length, path[:, axis]) for axis in range(3)], 1)
    vertices, faces, owner = tubes(ring, profile, [rows], sides, cap=True)
    place = np.arange(len(vertices)) % sides / sides * ribs
    crest = np.abs(np.cos(place * np.pi)) ** 0.8
    offset = vertices - ring[owner]
    vertices = ring[owner] + offset * (1 - cactus.depth * (1 - crest))[:, None]
    shade = (0.72 + 0.42 * crest)[:, None] * np.exp(cactus.tint * np.array([0.3, 1.0, 0.6])) * GREEN
    # Corky and grey near the ground.
    cork = np.clip(1 - vertices[:, 2] / (0.10 * cactus.height + 1e-9), 0, 1)[:, None] * 0.65
    shade = shade * (1 - cork) + np.array([0.17, 0.14, 0.10]) * cork
    tops = np.flatnonzero((np.arange(sides * rows) % (sides // ribs) == 0) & (np.arange(sides * rows) >= sides))
    return Mesh(vertices, faces, 0, {"colour": shade}), vertices[tops], unit(offset[tops])


def _spines(places: np.ndarray, outward: np.ndarray, size: float, count: int, rng: Generator) -> Mesh:
    """Spines in stars at areoles (k, 3)."""
    many = np.repeat(np.arange(len(places)), count)
    along = unit(outward[many] + 0.75 * rng.normal(size=(len(many), 3)))
    colour = leaf_colours(rng, len(many), (0.46, 0.36, 0.22), (0.20, 0.10, 0.06), 0.25)
    long = size * np.exp(rng.normal(0, 0.3, len(many)))
    return placed(kite(1.0, 0.15, 0.5, 0.0), places[many], along, rng.normal(size=along.shape), np.stack([0.07 * long, long, long * 0.3], 1),
                  colour=colour, slot=1)  # fmt: skip


def _flowers(places: np.ndarray, outward: np.ndarray, size: float, rng: Generator, white: bool) -> Mesh:
    colour = leaf_colours(
        rng, len(places), (0.78, 0.74, 0.60) if white else (0.62, 0.10, 0.16), (0.75, 0.52, 0.06), 0.25
    )
    across = unit(np.cross(outward, [0.2, 0.3, 1.0]))
    inner = placed(
        blossom(8, 0.8), places, across, outward, 0.75 * size, colour=np.minimum(colour * [1.1, 1.1, 0.8], 0.9), slot=2
    )
    return merged([placed(blossom(10, 0.45), places, across, outward, size, colour=colour, slot=2), inner])


def _saguaro(cactus: Cactus, radius: float, detail: float, rng: Generator):
    height = cactus.height
    columns = [
        _column(
            np.column_stack([np.zeros((24, 2)), np.linspace(-0.03, 1, 24) * height]),
            radius,
            cactus,
            cactus.ribs,
            detail,
        )
    ]
    for arm in range(cactus.parts):
        turn, start = arm * 2.4 + rng.uniform(-0.5, 0.5), height * rng.uniform(0.34, 0.58)
        out, up = radius * rng.uniform(3.0, 5.0), height * rng.uniform(0.16, 0.38)
        t = np.linspace(0, 1, 9)
        elbow = np.stack([out * np.sin(t * np.pi / 2), 0 * t, start + 0.75 * out * (1 - np.cos(t * np.pi / 2))], 1)
        rise = np.column_stack(
            [
                np.full(12, out),
                np.zeros(12),
                elbow[-1, 2] + np.linspace(0, 1, 13)[1:] * min(up, 0.98 * height - elbow[-1, 2]),
            ]
        )
        path = np.concatenate([elbow, rise]) @ np.array(
            [[np.cos(turn), np.sin(turn), 0], [-np.sin(turn), np.cos(turn), 0], [0, 0, 1]]
        )
        columns.append(_column(path, radius * rng.uniform(0.58, 0.78), cactus, max(cactus.ribs - 5, 7), detail))
    return columns


def _cluster(cactus: Cactus, radius: float, detail: float, rng: Generator):
    columns = []
    for index in range(cactus.parts):
        tall = cactus.height * (1.0 if index == 0 else rng.uniform(0.35, 0.95))
        turn, out = index * 2.4, radius * 1.35 * np.sqrt(index)
        t = np.linspace(-0.03, 1, 16)[:, None]
        lean = 0.10 * np.sqrt(index) * tall * 0.35
        path = np.concatenate([np.cos(turn) * (out + lean * t**2), np.sin(turn) * (out + lean * t**2), t * tall], 1)
        columns.append(_column(path, radius * rng.uniform(0.8, 1.05), cactus, cactus.ribs, detail))
    return columns


def _pads(cactus: Cactus, detail: float, rng: Generator):
    """Prickly pear: flat pads that sprout from the rims of older ones."""
    ball = icosphere(3 if detail > 0.5 else 2 if detail > 0.12 else 1)
    size = cactus.height * 0.30 * cactus.girth
    pads, columns = [(np.zeros(3), np.array([0.0, 0.0, 1.0]), rng.uniform(0, np.pi), 1.05)], []
    while len(pads) < cactus.parts:
        index = int(rng.integers(max(len(pads) // 2 - 1, 0), len(pads))) if len(pads) > 2 else len(pads) - 1
        foot, axis, turn, scale = pads[index]
        across = np.array([np.cos(turn), np.sin(turn), 0.0])
        across = unit(across - axis * (across @ axis))
        tilt = rng.uniform(-1.15, 1.15)
        rim = foot + size * scale * (0.5 * axis * (1 + np.cos(tilt)) + 0.36 * across * np.sin(tilt)) * 0.97
        heading = unit(
            axis * np.cos(tilt * 0.8) + across * np.sin(tilt * 0.8) + 0.25 * rng.normal(size=3) + [0, 0, 0.35]
        )
        pads.append((rim, heading, turn + rng.normal(0, 0.6), rng.uniform(0.62, 0.98)))
    for foot, axis, turn, scale in pads:
        across = np.array([np.cos(turn), np.sin(turn), 0.0])
        across = unit(across - axis * (across @ axis))
        thick = np.cross(axis, across)
        shape = ball.vertices * [0.36, 0.5, 0.075]
        shape[:, 0] *= 0.80 + 0.42 * (shape[:, 1] + 0.5)
        shape[:, 1] += 0.48
        vertices = foot + size * scale * (shape[:, :1] * across + shape[:, 1:2] * axis + shape[:, 2:] * thick)
        tint = np.exp(cactus.tint * np.array([0.3, 1.0, 0.6]) + rng.normal(0, 0.08))
        colour = np.tile(np.asarray(GREEN) * [1.15, 1.15, 1.2] * tint, (len(vertices), 1))
        normal = unit(ball.vertices / [0.36, 0.5, 0.075])
        outward = normal[:, :1] * across + normal[:, 1:2] * axis + normal[:, 2:] * thick
        spots = rng.permutation(len(vertices))[: 26 if detail > 0.5 else 8]
        columns.append((Mesh(vertices, ball.faces, 0, {"colour": colour}), vertices[spots], outward[spots]))
    low = min(float(mesh.vertices[:, 2].min()) for mesh, _, _ in columns) + 0.03
    tall = max(float(mesh.vertices[:, 2].max()) for mesh, _, _ in columns)
    grow = cactus.height / (tall - low)
    return [(Mesh((mesh.vertices - [0, 0, low]) * grow, mesh.faces, 0, mesh.attributes), (spots - [0, 0, low]) * grow, out)
            for mesh, spots, out in columns]  # fmt: skip


def build_cactus(cactus: Cactus, detail: float = 1.0) -> Asset:
    """A cactus; at a lower ``detail`` ribs are coarser and spines fewer and longer."""
    rng = child(cactus.seed, "shape")
    radius = cactus.height * HABITS[cactus.habit][1] * cactus.girth
    if cactus.habit == "saguaro":
        columns = _saguaro(cactus, radius, detail, rng)
    elif cactus.habit == "cluster":
        columns = _cluster(cactus, radius, detail, rng)
    elif cactus.habit == "prickly_pear":
        columns = _pads(cactus, detail, rng)
    else:
        columns = []
        for index in range(cactus.parts):
            small = 1.0 if index == 0 else rng.uniform(0.35, 0.6)
            at = radius * 1.5 * (index > 0) * np.array([np.cos(index * 2.0), np.sin(index * 2.0), 0.0])
            path = np.column_stack([np.zeros((26, 2)), np.linspace(-0.04, 1, 26) * cactus.height * small]) + at
            columns.append(_column(path, radius * small, cactus, cactus.ribs, detail, round_top=0.9))
    parts, surfaces = [mesh for mesh, _, _ in columns], [Surface("cactus_skin", cactus.seed, painted=True)]
    places, outward = np.concatenate([spots for _, spots, _ in columns]), np.concatenate([out for _, _, out in columns])
    rng = child(cactus.seed, "spines")
    most = 1600 if detail > 0.5 else 260 if detail > 0.12 else 60
    chosen = rng.permutation(len(places))[: int(most * cactus.spines)]
    thick = {"saguaro": 0.035, "barrel": 0.05, "prickly_pear": 0.03, "cluster": 0.03}[cactus.habit]
    if len(chosen):
        parts.append(
            _spines(
                places[chosen], outward[chosen], thick * (1 if detail > 0.5 else 1.5), 6 if detail > 0.5 else 3, rng
            )
        )
        surfaces.append(Surface("spine", cactus.seed, painted=True))
    if cactus.flowers > 0.35:
        rng = child(cactus.seed, "flowers")
        top = np.argsort(-(places[:, 2] + 0.05 * cactus.height * rng.normal(size=len(places))), kind="stable")
        top = top[: int(3 + 16 * (cactus.flowers - 0.35))]
        across = 0.09 if cactus.habit != "barrel" else 0.05
        parts.append(
            _flowers(places[top], unit(outward[top] + [0, 0, 0.6]), across, rng, cactus.habit == "saguaro").with_slot(
                len(surfaces)
            )
        )
        surfaces.append(Surface("petal", cactus.seed, painted=True))
    mesh = merged([part if index < len(columns) else part.with_slot(min(index - len(columns) + 1, len(surfaces) - 1))
                   for index, part in enumerate(parts)])  # fmt: skip
    return Asset("cactus", swaying(mesh, 0.01 * cactus.height, cactus.seed), tuple(surfaces))
