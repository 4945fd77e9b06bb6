"""Mushrooms: caps of several profiles with gills or pores, on stems, alone or in groups."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.angles import arctan2
from ...geometry.mesh import Mesh, merged
from ...geometry.noise import noise
from ...geometry.primitives import revolution
from ...params import beta, child, choice, draw, integer, lognormal, normal, seed, spec, uniform
from .foliage import placed
from .growth import unit
from .weld import welded

# Height in metres, cap radius by height, stem radius by height, cap colour, stem colour, profile (how domed, how funnelled).
KINDS = {
    "fly_agaric": (0.16, 0.46, 0.075, (0.50, 0.025, 0.012), (0.70, 0.66, 0.56), 0.55), "bolete": (0.14, 0.52, 0.19, (0.21, 0.095, 0.035), (0.52, 0.42, 0.27), 0.80),
    "button": (0.08, 0.52, 0.13, (0.68, 0.62, 0.52), (0.70, 0.66, 0.58), 0.90), "chanterelle": (0.085, 0.48, 0.12, (0.68, 0.36, 0.045), (0.66, 0.42, 0.10), -0.55),
    "inkcap": (0.17, 0.19, 0.045, (0.60, 0.54, 0.45), (0.70, 0.68, 0.62), 2.6), "bonnet": (0.09, 0.22, 0.022, (0.34, 0.23, 0.15), (0.44, 0.33, 0.23), 1.1),
}  # fmt: skip
SAYS = {
    "fly_agaric": "a fly agaric",
    "bolete": "a bolete",
    "button": "mushrooms",
    "chanterelle": "chanterelles",
    "inkcap": "inkcaps",
    "bonnet": "bonnet mushrooms",
}


@spec
class Mushroom:
    """A group of mushrooms of one kind."""

    kind: str = choice({name: 1.0 for name in KINDS}, doc="kind of mushroom", says=SAYS)
    height: float = uniform(0.03, 0.4, unit="m", doc="height of the tallest; drawn around the kind's")
    count: int = integer(1, 14, doc="how many stand together")
    cap: float = lognormal(1.0, 0.12, 0.6, 1.5, doc="width of the cap, relative to the kind")
    open: float = beta(3, 1.6, doc="0 a closed young cap … 1 spread out")
    lean: float = normal(7, 5, 0, 30, unit="deg", doc="lean of the stems")
    worn: float = beta(1, 3, doc="unevenness of the cap's edge")
    seed: int = seed()


def sample_mushroom(rng: Generator, fixed=None) -> Mushroom:
    """Draw mushrooms: their height around the kind's."""
    height = KINDS[draw(Mushroom, rng, fixed).kind][0]
    return draw(Mushroom, rng, fixed, height=lognormal(height, 0.22, 0.5 * height, 1.8 * height))


def _one(mushroom: Mushroom, height: float, open_share: float, detail: float, rng: Generator) -> Mesh:
    """One mushroom on the origin."""
    _, width, thick, cap_colour, stem_colour, dome = KINDS[mushroom.kind]
    sides = 40 if detail > 0.5 else 14 if detail > 0.12 else 7
    rows = 16 if detail > 0.5 else 7 if detail > 0.12 else 4
    funnel = dome < 0
    radius = height * width * mushroom.cap * (0.55 + 0.45 * open_share)
    dome = dome if funnel else dome * (1.5 - 0.6 * open_share)
    t = np.linspace(0, 1, rows)
    tint = np.exp(rng.normal(0, 0.12) * np.ones(3))
    # Top of the cap from the rim to the middle, and its underside back to the stem.
    profile_r = radius * np.where(t < 1, np.cos(t * np.pi / 2), 0)
    profile_z = radius * dome * np.sin(t * np.pi / 2) ** (1.0 if not funnel else 1.4)
    top_z = height - max(radius * dome, 0) if not funnel else height
    stem_r = height * thick
    cap = revolution(profile_r, profile_z + top_z, sides)
    lip = 0.12 * radius
    inner_r = np.array([1.0, 0.97, 0.62, stem_r / radius * 0.9]) * radius
    low = (
        np.array([0.0, -lip, -0.2 * lip, 0.4 * lip])
        if not funnel
        else np.array([0.0, -0.02 * radius, -0.55 * radius, -1.15 * radius])
    )
    under = revolution(inner_r[::-1], (low + top_z)[::-1], sides)
    swell = 1 + (0.75 if mushroom.kind == "bolete" else 0.25) * (1 - t) ** 2
    stem_top = top_z + (0.35 * lip if not funnel else -0.9 * radius)
    stem = revolution(stem_r * swell, -0.015 * height + t * (stem_top + 0.015 * height), max(sides // 2, 6))
    gill_colour = np.array(stem_colour) * (0.85 if mushroom.kind != "button" else 0.35)
    around = cap.vertices[:, :2] / radius
    mottle = 1 + 0.18 * noise(np.column_stack([around * 2.2, np.full(len(around), rng.uniform(0, 50))]), mushroom.seed)
    cap_tone = (
        np.asarray(cap_colour)
        * mottle[:, None]
        * (0.82 + 0.30 * cap.attributes["along"][:, None] * (mushroom.kind != "fly_agaric"))
    )
    parts = [welded(Mesh(cap.vertices, cap.faces, 0, {"colour": np.clip(cap_tone * tint, 0, 0.9)})),
             Mesh(under.vertices, under.faces, 0, {"colour": np.tile(gill_colour * 0.8, (len(under.vertices), 1))}),
             Mesh(stem.vertices, stem.faces, 0, {"colour": np.asarray(stem_colour) * tint * (0.6 + 0.4 * np.minimum(1, 3 * stem.attributes["along"]))[:, None]})]  # fmt: skip
    if detail > 0.5 and mushroom.kind not in ("bolete",):  # gills hang in radial sheets
        turn = np.arange(72) * 2 * np.pi / 72
        ray = np.stack([np.cos(turn), np.sin(turn)], 1)
        quads = []
        for r, z in (
            (inner_r[1], low[1]),
            (inner_r[2], low[2] - 0.55 * lip),
            (inner_r[3], low[3] - 0.4 * lip),
            (inner_r[3], low[3]),
            (inner_r[2], low[2]),
        ):
            quads.append(np.column_stack([ray * r * 0.985, np.full(72, z + top_z)]))
        vertices = np.stack(quads, 1).reshape(-1, 3)
        first = (np.arange(72) * 5)[:, None]
        faces = np.concatenate([first + [0, 1, 4, 4], first + [1, 2, 3, 4]])
        faces[:72, 3] = -1
        parts.append(Mesh(vertices, faces, 0, {"colour": np.tile(gill_colour, (len(vertices), 1))}))
    if mushroom.kind == "fly_agaric":
        parts += _warts_and_ring(radius, dome, top_z, height, stem_r, detail, rng)
    mesh = merged(parts)
    angle = arctan2(mesh.vertices[:, 1], mesh.vertices[:, 0])
    ragged = noise(
        np.stack([2.2 * np.cos(angle), 2.2 * np.sin(angle), np.full(len(angle), rng.uniform(0, 99))], 1), mushroom.seed
    )
    out = np.clip(np.hypot(mesh.vertices[:, 0], mesh.vertices[:, 1]) / radius, 0, 1) ** 2 * (
        mesh.vertices[:, 2] > 0.3 * height
    )
    shift = ragged * out * radius * (0.06 + 0.30 * mushroom.worn + 0.16 * funnel)
    vertices = mesh.vertices + np.column_stack([0.4 * shift * np.cos(angle), 0.4 * shift * np.sin(angle), shift])
    # The stem leans and straightens under its cap.
    lean, way = np.radians(mushroom.lean) * rng.uniform(0.3, 1.3), rng.uniform(0, 2 * np.pi)
    bend = np.tan(lean) * np.clip(vertices[:, 2], 0, None) ** 1.5 / height**0.5
    return Mesh(
        vertices + np.column_stack([bend * np.cos(way), bend * np.sin(way), 0 * bend]), mesh.faces, 0, mesh.attributes
    )


def _warts_and_ring(radius, dome, top_z, height, stem_r, detail, rng) -> list[Mesh]:
    """White remains of the veil: warts on the cap and a skirt on the stem."""
    count = 46 if detail > 0.5 else 14
    up = np.arccos(rng.uniform(0.06, 1, count) ** 0.9)
    turn = rng.uniform(0, 2 * np.pi, count)
    at = np.stack(
        [radius * np.sin(up) * np.cos(turn), radius * np.sin(up) * np.sin(turn), top_z + radius * dome * np.cos(up)], 1
    )
    facing = unit(np.stack([np.sin(up) * np.cos(turn) * dome, np.sin(up) * np.sin(turn) * dome, np.cos(up)], 1))
    ring = np.arange(6) * np.pi / 3
    wart = np.concatenate([np.stack([0.5 * np.cos(ring), 0.5 * np.sin(ring), 0 * ring - 0.05], 1),
                           np.stack([0.3 * np.cos(ring), 0.3 * np.sin(ring), 0 * ring + 0.22], 1), [[0, 0, 0.27]]])  # fmt: skip
    turn = np.arange(6)
    following = (turn + 1) % 6
    faces = np.concatenate(
        [
            np.stack([turn, following, 6 + following, 6 + turn], 1),
            np.stack([6 + turn, 6 + following, 0 * turn + 12, 0 * turn - 1], 1),
        ]
    )
    size = 0.16 * radius * np.exp(rng.normal(0, 0.35, count))
    white = np.tile([0.76, 0.71, 0.60], (count, 1))
    warts = placed((wart, faces), at, unit(np.cross(facing, [0.3, 0.2, 1.0])), facing, size, colour=white)
    skirt = revolution(
        np.array([2.0, 1.7, 1.05]) * stem_r, np.array([0.60, 0.64, 0.68]) * height, 24 if detail > 0.5 else 8
    )
    return [
        warts,
        Mesh(skirt.vertices, skirt.faces, 0, {"colour": np.tile([0.70, 0.65, 0.54], (len(skirt.vertices), 1))}),
    ]


def build_mushroom(mushroom: Mushroom, detail: float = 1.0) -> Asset:
    """A group of mushrooms, the tallest in the middle."""
    rng = child(mushroom.seed, "group")
    parts, radius = [], KINDS[mushroom.kind][1] * mushroom.cap * mushroom.height
    for index in range(mushroom.count):
        tall = mushroom.height * (1.0 if index == 0 else rng.uniform(0.35, 0.9))
        turn, out = index * 2.4 + rng.normal(0, 0.3), radius * 1.25 * np.sqrt(index) * rng.uniform(0.85, 1.25)
        opened = np.clip(mushroom.open * (tall / mushroom.height) ** 0.5 + rng.normal(0, 0.1), 0, 1)
        parts.append(_one(mushroom, tall, opened, detail, rng).moved([out * np.cos(turn), out * np.sin(turn), 0]))
    mesh = merged(parts).with_attributes(sway=0.0, phase=0.5)
    return Asset("mushroom", mesh, (Surface("mushroom_flesh", mushroom.seed, painted=True),))
