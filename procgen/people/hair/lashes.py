"""Lashes: curves from the lids' own strips, so that they follow every blink."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...params import beta, child, draw, flag, group, lognormal, seed, spec, within
from ..head_data import head_data
from ..identity import Identity
from ..parts import PART
from .brows import _undyed
from .colour import HairColour, sample_hair_colour
from .strands import tapered, unit

UPPER, LOWER = 0.0090, 0.0052  # length of the longest lashes, metres


@spec
class Lashes:
    """Upper and lower lashes of both eyes."""

    length: float = lognormal(1.0, 0.14, 0.5, 1.6, doc="length, relative")
    density: float = lognormal(1.0, 0.16, 0.4, 1.8, doc="number, relative")
    curl: float = beta(3, 3, doc="how far they curl up")
    mascara: bool = flag(0.2, doc="thick and black")
    colour: HairColour = group(HairColour)
    seed: int = seed()


def sample_lashes(rng: Generator, fixed=None, *, identity: Identity, hair=None) -> Lashes:
    """Draw lashes; longer and sometimes made up on women."""
    wished = within(fixed, "colour")
    colour = hair.colour if hair is not None and not wished else sample_hair_colour(rng, wished, identity=identity)
    return draw(
        Lashes, rng, fixed, length=lognormal(0.92 + 0.12 * identity.gender, 0.12, 0.5, 1.6),
        mascara=flag(0.5 if identity.gender > 0.6 else 0.01), colour=_undyed(colour),
    )  # fmt: skip


def _rows(person, side: str, which: int, eye, count: int, rng: Generator):
    """Roots and directions of lashes: along the strip's inner row, toward its outer row."""
    data = head_data()
    members = data.groups[f"helper-{side[0]}-eyelashes-{which}"]
    template, posed = data.template[members], person.posed[members]
    x = template[:, 0] * (1 if side == "left" else -1)
    centre = np.array([0.0308 if side == "left" else -0.0308, 0, 0])
    distance = np.linalg.norm(template - centre, axis=1)
    edges = np.linspace(x.min(), x.max(), 18)
    inner, outer, places = [], [], []
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        inside = np.nonzero((x >= low - 1e-6) & (x <= high + 1e-6))[0]
        if len(inside) < 2:
            continue
        inner.append(posed[inside[distance[inside].argmin()]])
        outer.append(posed[inside[distance[inside].argmax()]])
        places.append((low + high) / 2)
    inner, outer, places = np.array(inner), np.array(outer), np.array(places)
    for rows in (inner, outer):  # the bins of a coarse strip make steps
        rows[1:-1] = (rows[:-2] + 2 * rows[1:-1] + rows[2:]) / 4
    u = np.sort(rng.random(count))
    at = places[0] + (places[-1] - places[0]) * (0.04 + 0.94 * u)
    root = np.stack([np.interp(at, places, inner[:, i]) for i in range(3)], 1)
    tip = np.stack([np.interp(at, places, outer[:, i]) for i in range(3)], 1)
    return u, root, unit(tip - root)


def build_lashes(lashes: Lashes, person) -> list:
    """Build the lashes of both eyes as one curves object (needs bpy)."""
    from ...blender import curves_object
    from ...materials.hair import hair_material

    rng = child(lashes.seed, "lashes")
    head = person.head_matrix[:3, :3]
    up, front = head @ np.array([0.0, 0.0, 1.0]), head @ np.array([0.0, -1.0, 0.0])
    tree = person.surface.bvh()
    strands = []
    t = np.linspace(0, 1, 8)[None, :, None]
    for side, eye in person.pose.eyes.items():
        outward = head @ np.array([1.0 if side == "left" else -1.0, 0.0, 0.0])
        for which, longest, base, sign in ((2, UPPER, 120, 1.0), (1, LOWER, 62, -1.0)):
            count = int(base * lashes.density)
            u, roots, along = _rows(person, side, which, eye, count, rng)
            # The strip is coarse: start on the lid's margin itself.
            nearest = [tree.find_nearest(point) for point in roots.tolist()]
            roots = np.array([found[0] for found in nearest])
            fan = outward[None] * (0.9 * (u - 0.42) + rng.normal(0, 0.12, count))[:, None]
            start = unit(front + 0.45 * along - sign * 0.15 * up + fan)
            clump = np.floor(u * count / 3.2)
            fan_in = (np.round(u * count / 3.2) - u * count / 3.2)[:, None] * outward[None] * 0.16
            length = longest * lashes.length * rng.uniform(0.62, 1.05, count) * np.interp(u, [0, 0.25, 0.8, 1], [0.6, 0.9, 1.05, 0.8])
            length = length * (1.15 if lashes.mascara else 1.0) * np.where(clump % 2 == 0, 1.0, 0.92)
            rise = sign * up * (0.55 + 0.55 * lashes.curl) * (1.0 if which == 2 else 0.55)
            curve = t * start[:, None] + t**2 * (rise[None, None] + fan_in[:, None] * 2)
            strands.append(roots[:, None] + curve * length[:, None, None])
    strands = np.concatenate(strands)
    thick = 0.000048 if lashes.mascara else 0.000034
    obj = curves_object(
        "Lashes", strands, tapered(len(strands), 8, thick, 0.000007), part=PART["skin"],
        curve_attributes={"strand": ("FLOAT_VECTOR", rng.random((len(strands), 3)) * [0.8, 1, 1])},
    )  # fmt: skip
    obj.data.materials.append(hair_material("Lashes", lashes.colour, 0.3, 1.0 if lashes.mascara else 0.25))
    return [person.link(obj, "lash")]
