"""Sea anemones: a column, an oral disc and rings of tentacles that wave."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...assets import Asset, Surface
from ...geometry.angles import arctan2
from ...geometry.mesh import Mesh, merged
from ...params import child, choice, draw, seed, spec, uniform
from .forms import stack, tube_vertices, tubes, unit
from .pigments import blended, ramp


class Form(NamedTuple):
    """A kind of anemone; lengths in radii of its oral disc."""

    column: float
    foot: float
    tentacles: int
    length: float
    radius: float
    profile: tuple[float, ...]  # radii along a tentacle
    inner: float  # where on the disc the tentacles begin
    bulge: float  # height of the disc's rim


FORMS = {
    "magnificent": Form(0.75, 0.62, 260, 0.85, 0.050, (1.0, 0.95, 0.9, 0.85, 0.8, 0.8, 0.72), 0.30, 0.25),
    "bubble_tip": Form(0.6, 0.55, 120, 0.75, 0.055, (0.9, 0.85, 0.8, 0.85, 1.15, 1.75, 0.9), 0.40, 0.20),
    "snakelocks": Form(0.7, 0.75, 150, 1.6, 0.042, (1.1, 1.0, 0.85, 0.7, 0.55, 0.42, 0.25), 0.45, 0.10),
    "tube": Form(1.5, 0.35, 110, 1.5, 0.030, (1.1, 0.9, 0.75, 0.6, 0.45, 0.32, 0.18), 0.55, 0.05),
    "beadlet": Form(0.8, 0.85, 190, 0.42, 0.042, (1.1, 1.05, 0.95, 0.85, 0.75, 0.62, 0.4), 0.55, 0.10),
}
# Column, tentacle, tip.
COLOURS = {
    "green": ((0.20, 0.22, 0.08), (0.15, 0.33, 0.09), (0.55, 0.20, 0.42)),
    "rose": ((0.42, 0.12, 0.12), (0.62, 0.26, 0.30), (0.90, 0.62, 0.66)),
    "red": ((0.25, 0.025, 0.02), (0.38, 0.045, 0.035), (0.55, 0.10, 0.07)),
    "cream": ((0.36, 0.20, 0.10), (0.58, 0.46, 0.28), (0.86, 0.80, 0.66)),
    "violet": ((0.34, 0.10, 0.34), (0.38, 0.30, 0.22), (0.55, 0.28, 0.66)),
    "orange": ((0.50, 0.14, 0.025), (0.70, 0.28, 0.06), (0.90, 0.68, 0.36)),
}


@spec
class Anemone:
    """A sea anemone."""

    kind: str = choice({"magnificent": 3, "bubble_tip": 2, "snakelocks": 2, "tube": 1, "beadlet": 1}, says="{} anemone",
                       doc="kind of anemone")  # fmt: skip
    diameter: float = uniform(0.05, 0.5, unit="m", doc="width of its oral disc")
    reach: float = uniform(0.7, 1.3, doc="length of its tentacles, as a share of its kind's")
    density: float = uniform(0.7, 1.2, doc="number of its tentacles, as a share of its kind's")
    waving: float = uniform(0.3, 1.0, doc="how far its tentacles wave")
    period: float = uniform(2.5, 7.0, unit="s", doc="time of a wave")
    colour: str = choice(
        {"green": 2, "rose": 2, "red": 1, "cream": 2, "violet": 1, "orange": 1}, says="{}", doc="its colours"
    )
    seed: int = seed()


def sample_anemone(rng: np.random.Generator, fixed=None) -> Anemone:
    """Draw an anemone."""
    return draw(Anemone, rng, fixed)


def trunk(form: Form, rng, rows: int, sides: int) -> Mesh:
    """The closed column and disc; attribute disc 0…1."""
    s = np.linspace(0, 1, rows)
    waist = form.foot + (1 - form.foot) * s**2.5 + 0.18 * (1 - s) ** 6 - 0.1 * np.sin(np.pi * s)
    out = np.linspace(1, 0, rows // 2 + 2)[1:-1]
    radius = np.concatenate([waist, [1.02], out])
    dish = form.bulge * ramp(0.0, 1.0, out) - 0.08 * np.exp(-((out / 0.14) ** 2))
    height = np.concatenate([form.column * s, [form.column + 0.6 * form.bulge], form.column + dish])
    height[rows - 1] = form.column - 0.02
    turn = np.arange(sides) * (2 * np.pi / sides)
    rim = 0.05 * np.sin(5 * turn + 6 * rng.random()) + 0.04 * np.sin(8 * turn + 6 * rng.random())
    share = (height / form.column).clip(0, 1)[:, None]
    radius = radius[:, None] * (1 + rim * share**2) + 0.012 * np.cos(24 * turn) * (share < 1)
    rings = np.stack([radius * np.cos(turn), radius * np.sin(turn),
                      height[:, None] + 0.6 * rim * share**3 * radius], -1)  # fmt: skip
    disc = np.concatenate([np.zeros(rows), np.ones(len(out) + 1)])
    return stack(rings, [0, 0, 0], [0, 0, height[-1] - 0.02], disc=np.broadcast_to(disc[:, None], radius.shape))


def build_anemone(spec: Anemone, detail: float = 1.0) -> Asset:
    """An anemone on its foot, column and tentacles closed; ``pose`` repeats after ``spec.period``."""
    form, rng, fine = FORMS[spec.kind], child(spec.seed, "tentacles"), min(detail, 1.0)
    count = max(int(form.tentacles * spec.density * (0.3 + 0.7 * fine)), 16)
    body = trunk(form, rng, max(int(18 * np.sqrt(fine)), 6), max(int(72 * np.sqrt(fine)), 16))
    index = np.arange(count)
    place = np.sqrt(form.inner**2 + (0.97**2 - form.inner**2) * (index + 0.5) / count)
    turn = index * 2.39996 + 0.25 * (rng.random(count) - 0.5)
    out = np.stack([np.cos(turn), np.sin(turn), np.zeros(count)], 1)
    root = out * place[:, None] + [0, 0, form.column - 0.03] + [0, 0, form.bulge] * ramp(0, 1, place)[:, None]
    way = unit(out * (0.25 + 0.95 * place[:, None] ** 2) + [0, 0, 1.0] + 0.45 * (rng.random((count, 3)) - 0.5))
    length = form.length * spec.reach * (0.75 + 0.45 * rng.random(count)) * (1.05 - 0.25 * place)
    steps = 10 if fine > 0.5 else 6
    s = np.linspace(0, 1, steps)
    thick = form.radius * (0.85 + 0.3 * rng.random(count)) / (0.3 + 0.7 * fine) ** 0.5
    radii = thick[:, None] * np.interp(s, np.linspace(0, 1, len(form.profile)), form.profile)
    sides = 7 if fine > 0.5 else 4
    own, curl = 0.25 * rng.random(count), 0.35 * (rng.random((count, 3)) - 0.5)
    droop = 0.30 * length * place

    def curves(cycle: float) -> np.ndarray:
        # A slow swell passes over the disc along x; each tentacle follows it from root to tip.
        swell = cycle - 0.22 * root[:, 0] + own
        lean = np.sin(2 * np.pi * (swell[:, None] - 0.35 * s))
        cross = np.sin(2 * np.pi * (2 * swell[:, None] - 0.5 * s + own[:, None]))
        bend = s**1.6 * (length * spec.waving)[:, None]
        points = root[:, None] + way[:, None] * (length[:, None] * s)[..., None]
        points = points + (curl[:, None] + out[:, None] * 0.28) * (length[:, None] * s**2)[..., None]
        points[..., 0] += 0.30 * bend * lean
        points[..., 1] += 0.10 * bend * cross
        points[..., 2] -= droop[:, None] * s**2.4 + 0.06 * bend * lean
        return points

    tube = tubes(curves(0.0), radii, sides)
    column, tentacle, tip = (np.array(colour) for colour in COLOURS[spec.colour])
    along, owner = tube.attributes["along"], tube.attributes["owner"].astype(int)
    tone = (0.85 + 0.3 * rng.random(count))[owner]
    colour = blended(tentacle * 0.7, tentacle, ramp(0, 0.4, along)) * tone[:, None]
    colour = blended(colour, tip, ramp(0.78, 0.95, along))
    disc = blended(column, 0.6 * tentacle + 0.15 * column, body.attributes["disc"])
    stripe = 1 - 0.25 * (1 - body.attributes["disc"]) * (
        np.sin(24 * arctan2(body.vertices[:, 1], body.vertices[:, 0])) > 0.4
    )
    mesh = merged([Mesh(body.vertices, body.faces, attributes={"colour": disc * stripe[:, None]}),
                   Mesh(tube.vertices, tube.faces, attributes={"colour": colour})])  # fmt: skip
    scale = spec.diameter / 2

    def pose(seconds: float) -> np.ndarray:
        moved = tube_vertices(curves((seconds / spec.period) % 1.0), radii, sides)
        return np.concatenate([body.vertices, moved]) * scale

    mesh = Mesh(pose(0.0), mesh.faces, attributes={"colour": np.clip(mesh.attributes["colour"], 0, 1)})
    return Asset("anemone", mesh, (Surface("petal", spec.seed, COLOURS[spec.colour][1], painted=True),), pose=pose)
