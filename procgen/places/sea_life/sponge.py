"""Sponges: hollow tubes, barrels, vases and fingers, with ridges and pores."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...assets import Asset, Surface
from ...geometry.mesh import Mesh, merged
from ...geometry.noise import cells, fractal
from ...params import child, choice, draw, seed, spec, uniform
from .forms import stack, unit
from .pigments import CORAL_COLOURS, painted, ramp


class Form(NamedTuple):
    """A kind of sponge: how many bodies stand together, and the profile of one as radii from its foot to its rim."""

    bodies: int
    width: float  # of the height
    profile: tuple[float, ...]
    wall: float  # of the radius
    depth: float  # of the height, how far the hollow goes down
    ridges: int
    ridge: float
    lumps: float


FORMS = {
    "tube": Form(7, 0.15, (0.62, 0.80, 0.92, 1.0, 1.03, 1.0), 0.30, 0.75, 0, 0.0, 0.10),
    "barrel": Form(1, 0.46, (0.72, 0.95, 1.08, 1.08, 0.98, 0.84), 0.24, 0.62, 26, 0.12, 0.07),
    "vase": Form(1, 0.50, (0.26, 0.36, 0.55, 0.74, 0.92, 1.08), 0.16, 0.85, 15, 0.05, 0.10),
    "finger": Form(9, 0.11, (0.9, 1.0, 0.95, 1.0, 0.92, 0.62), 1.0, 0.0, 0, 0.0, 0.22),
}


@spec
class Sponge:
    """A sponge."""

    kind: str = choice({name: 1.0 for name in FORMS}, says="{} sponge", doc="kind of sponge")
    height: float = uniform(0.12, 0.9, unit="m", doc="its height")
    colour: str = choice({"orange": 2, "mustard": 2, "violet": 2, "rose": 1, "brown": 1, "red": 1, "cream": 1}, says="{}",
                         doc="family of its colours")  # fmt: skip
    relief: float = uniform(0.4, 1.3, doc="depth of its ridges and pores, as a share of the usual")
    seed: int = seed()


def sample_sponge(rng: np.random.Generator, fixed=None) -> Sponge:
    """Draw a sponge."""
    return draw(Sponge, rng, fixed)


def body(
    form: Form, foot: np.ndarray, lean: np.ndarray, height: float, relief: float, rng, rows: int, sides: int
) -> Mesh:
    """One closed body of a sponge; attributes inner 0…1, out 0…1 (ridge or hollow of its skin), along 0…1."""
    s = np.linspace(0, 1, rows)
    turn = np.arange(sides) * (2 * np.pi / sides)
    swell = np.interp(s, np.linspace(0, 1, len(form.profile)), form.profile)
    radius = form.width * swell * (0.85 + 0.3 * rng.random())
    hollow = form.depth > 0
    lip = 5
    arc = np.linspace(0, np.pi, lip + 2)[1:-1]
    wall = form.wall * radius[-1]
    if hollow:
        down = np.linspace(0, form.depth, rows * 2 // 3)
        inside = np.interp(1 - down, s, radius) - form.wall * radius[-1]
        inside *= 1 - 0.75 * ramp(0.6, 1.0, down / form.depth) ** 2
        place = np.concatenate([s, np.full(lip, 1.0) + 0.5 * wall * np.sin(arc), 1 - down])
        radii = np.concatenate([radius, radius[-1] - wall / 2 * (1 - np.cos(arc)), np.maximum(inside, 0.05 * wall)])
        inner = np.concatenate([np.zeros(rows), np.linspace(0.1, 0.8, lip), np.ones(len(down))])
    else:
        arc = np.linspace(0, np.pi / 2, lip + 2)[1:-1]
        place = np.concatenate([s, 1 + radius[-1] * np.sin(arc)])
        radii = np.concatenate([radius, radius[-1] * np.cos(arc)])
        inner = np.zeros(len(place))
    sway = lean * (place**1.4)[:, None] + 0.03 * np.sin(place * 5 + 6 * rng.random())[:, None] * [1, 0.6, 0]
    line = foot + sway * [1, 1, 0] + np.stack([0 * place, 0 * place, place - 0.03 * (place <= 0)], 1)
    rings = line[:, None] + radii[:, None, None] * np.stack([np.cos(turn), np.sin(turn), 0 * turn], -1)
    ring = np.stack([np.cos(turn) * 1.0, np.sin(turn), 0 * turn], -1)[None] * np.ones((len(place), 1, 1))
    grain = rings * 3.5 + 10 * rng.random(3)
    lumps = fractal(grain, 5, octaves=3)
    rough = fractal(rings * 16 + 3, 9, octaves=3)
    twist = turn + 0.5 * lumps + 0.25 * np.sin(3 * place)[:, None]
    ridge = np.abs(np.sin(form.ridges / 2 * twist)) ** 0.7 if form.ridges else 0.5 + 0.0 * lumps
    near, _, _ = cells(rings * 15, 4)
    pore = ramp(0.30, 0.10, near)
    skin = 1 - inner[:, None]
    out = relief * (form.ridge * (ridge - 0.5) * skin + form.lumps * lumps + 0.035 * rough - 0.055 * pore * skin)
    rings = rings + ring * (radii[:, None] * out)[..., None]
    shade = np.clip(0.5 + 1.1 * (ridge - 0.5) * (form.ridges > 0) + 0.7 * rough - 0.8 * pore, 0, 1)
    full = np.broadcast_to(inner[:, None], out.shape)
    mesh = stack(rings, line[0] - [0, 0, 0.02], line[-1] - [0, 0, 0.02 * hollow], inner=full, out=shade,
                 along=np.broadcast_to(place[:, None], out.shape))  # fmt: skip
    return Mesh(mesh.vertices * height, mesh.faces, attributes=mesh.attributes)


def build_sponge(spec: Sponge, detail: float = 1.0) -> Asset:
    """A sponge on the bed, each of its bodies closed; ``detail`` is the share of its faces."""
    form, rng, fine = FORMS[spec.kind], child(spec.seed, "bodies"), np.sqrt(min(detail, 1.0))
    several = form.bodies > 1
    count = max(form.bodies + int(rng.integers(-2, 3)), 2) if several else 1
    rows, sides = (
        (max(int(34 * fine), 8), max(int(40 * fine), 8))
        if several
        else (max(int(70 * fine), 10), max(int(168 * fine), 16))
    )
    meshes = []
    for index in range(count):
        turn, reach = index * 2.39996, 0.5 * form.width * 2.1 * np.sqrt(index)
        foot = reach * np.array([np.cos(turn), np.sin(turn), 0])
        tall = 1 - 0.45 * rng.random() * (index > 0)
        lean = (0.28 * unit(foot + [1e-6, 0, 0]) * (index > 0) + 0.12 * (rng.random(3) - 0.5)) * [1, 1, 0]
        meshes.append(body(form, foot / tall, lean, tall, spec.relief, rng, rows, sides))
    mesh = merged(meshes)
    attributes = mesh.attributes
    vertices = mesh.vertices * (spec.height / mesh.vertices[:, 2].max())
    deep = np.clip(0.85 * attributes["inner"] ** 2 + 0.55 * (1 - attributes["out"]) * (1 - attributes["inner"]), 0, 1)
    rim = ramp(0.75, 1.0, attributes["along"]) * (1 - attributes["inner"])
    colour = painted(spec.colour, np.clip(0.35 * attributes["out"] + 0.25 * rim, 0, 1), deep)
    mesh = Mesh(vertices, mesh.faces, attributes={"colour": np.clip(colour, 0, 1)})
    return Asset("sponge", mesh, (Surface("sponge", spec.seed, CORAL_COLOURS[spec.colour][0], painted=True),))
