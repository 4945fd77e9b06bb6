"""Brows: hairs along a curve over each eye, that turn from upright at the nose to lying at the tail."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.random import Generator

from ...params import beta, child, choice, draw, group, lognormal, normal, seed, spec, within
from ..identity import Identity
from ..parts import PART
from .colour import HairColour, sample_hair_colour
from .strands import tapered, unit

# Arch and tail drop in mm, half thickness in mm, density, and how far the inner end reaches toward the middle in mm.
SHAPES = {
    "straight": (1.2, 2.0, 4.2, 1.0, 0.0), "soft_arch": (3.2, 4.5, 4.3, 1.0, 0.0), "high_arch": (5.6, 6.0, 3.7, 1.0, 0.5),
    "rounded": (4.4, 6.5, 4.2, 1.0, 0.0), "s_shape": (4.0, 5.0, 4.0, 1.0, 1.0), "flat_thick": (1.5, 2.5, 5.6, 1.15, -0.5),
    "thin": (4.2, 5.0, 2.4, 0.9, 0.5), "bushy": (2.6, 3.5, 6.2, 1.25, -1.0), "sparse": (2.6, 4.5, 3.8, 0.45, 0.5),
    "monobrow": (2.4, 3.5, 5.0, 1.1, -7.0), "slanted": (5.2, 1.5, 4.0, 1.0, 0.0), "short": (3.0, 3.0, 4.2, 0.9, 1.0),
}  # fmt: skip
INNER, OUTER = 0.0105, 0.0540  # |x| of both ends in the template, metres
LEVEL = 0.0180  # z of the inner end
TURN = ([0, 0.12, 0.35, 0.65, 1.0], np.radians([80, 58, 30, 8, -14]))  # angle to the brow's line along it


@spec
class Brows:
    """Both brows."""

    shape: str = choice({name: 1.0 for name in SHAPES}, doc="shape of the brows")
    density: float = lognormal(1.0, 0.18, 0.4, 1.8, doc="number of hairs, relative")
    thickness: float = lognormal(1.0, 0.13, 0.6, 1.6, doc="height of the brow, relative")
    length: float = lognormal(1.0, 0.13, 0.6, 1.8, doc="length of the hairs, relative")
    unruly: float = beta(1.6, 4.0, doc="how far hairs leave their direction; grows with age")
    height: float = normal(0.0, 0.0012, -0.004, 0.004, unit="m", doc="place above or below the usual one")
    asymmetry: float = normal(0.0, 0.0006, -0.003, 0.003, unit="m", doc="how much higher the left one sits")
    darker: float = normal(0.06, 0.06, -0.1, 0.3, doc="melanin over that of the scalp hair")
    colour: HairColour = group(HairColour)
    seed: int = seed()


def _brow_weights(identity: Identity) -> dict[str, float]:
    female = identity.gender
    weights = {name: 1.0 for name in SHAPES}
    weights |= {"thin": 0.1 + 1.2 * female, "high_arch": 0.2 + 1.4 * female, "bushy": 1.8 - 1.7 * female,
                "flat_thick": 1.9 - 1.2 * female, "monobrow": 0.16 - 0.15 * female, "sparse": 0.5, "soft_arch": 2.0,
                "straight": 1.6, "short": 0.4, "slanted": 0.4}  # fmt: skip
    return weights


def sample_brows(rng: Generator, fixed=None, *, identity: Identity, hair=None) -> Brows:
    """Draw brows: thinner and more arched on women, unruly with age, with the scalp's natural colour."""
    years = (identity.age - 18) / 70
    colour = hair.colour if hair is not None else sample_hair_colour(rng, identity=identity)
    wished = within(fixed, "colour")
    colour = sample_hair_colour(rng, wished, identity=identity) if wished else _undyed(colour)
    return draw(
        Brows, rng, fixed, shape=choice(_brow_weights(identity)), unruly=beta(1.4 + 2 * years, 4.0),
        thickness=lognormal(1.06 - 0.16 * identity.gender, 0.12, 0.6, 1.6),
        length=lognormal(0.95 + 0.3 * years * (1 - identity.gender), 0.12, 0.6, 1.8), colour=colour,
    )  # fmt: skip


def _undyed(colour: HairColour) -> HairColour:
    """Brows keep their natural colour and grey later than the scalp."""
    return dataclasses.replace(colour, dye="none", grey=float(f"{0.6 * colour.grey:.6g}"), melanin=max(colour.melanin, 0.3))


def _line(brows: Brows, side: float, x: np.ndarray):
    """Height of the brow's line, and its half thickness, at |x| (n,)."""
    arch, drop, half, _, inner = SHAPES[brows.shape]
    start = INNER + inner / 1000
    u = (x - start) / (OUTER - start)
    z = LEVEL + brows.height + side * brows.asymmetry / 2 + arch / 1000 * np.sin(0.72 * np.pi * np.clip(u, 0, 1)) ** 1.3
    z = z - drop / 1000 * np.clip((u - 0.55) / 0.45, 0, 1) ** 1.6
    profile = np.interp(u, [-0.05, 0.0, 0.12, 0.4, 0.7, 0.93, 1.03], [0, 0.55, 0.95, 1.0, 0.72, 0.30, 0.0])
    return u, z, half / 1000 * brows.thickness * profile


def build_brows(brows: Brows, person) -> list:
    """Build both brows as curves on the posed skin (needs bpy)."""
    from ...blender import curves_object
    from ...materials.hair import hair_material

    surface = person.surface
    rng = child(brows.seed, "brows")
    density_scale = SHAPES[brows.shape][3]
    strands, parts, randoms = [], [], []
    for side, part in ((1.0, "left_brow"), (-1.0, "right_brow")):

        def density(template, side=side):
            x = template[:, 0] * side
            u, z, half = _line(brows, side, x)
            off = (template[:, 2] - z) / np.maximum(half, 1e-5)
            body = np.clip(1.25 - np.abs(off), 0, 1) ** 0.7
            front = template[:, 1] < 0.02
            return body * front * (half > 1e-4) * np.interp(u, [0, 0.15, 0.5, 0.9, 1], [0.45, 0.85, 1.0, 0.95, 0.5])

        count = int(620 * brows.density * density_scale * (SHAPES[brows.shape][2] / 4.2) ** 0.6)
        roots, normals, template, _, _ = surface.sample(rng, count, density)
        x = template[:, 0] * side
        u, z, half = _line(brows, side, x)
        off = np.clip((template[:, 2] - z) / np.maximum(half, 1e-5), -1.3, 1.3)
        # Hairs of the upper half lean down and those of the lower half up, so they meet in a ridge.
        angle = np.interp(u, *TURN) - np.radians(20) * off + rng.normal(0, np.radians(7 + 26 * brows.unruly), len(u))
        head = person.head_matrix[:3, :3]
        outward = head @ np.array([side, 0.15, 0.0])
        up = head @ np.array([0.0, 0.0, 1.0])
        across = unit(outward - normals * (normals @ outward)[:, None])
        rising = unit(up - normals * (normals @ up)[:, None])
        tangent = unit(np.cos(angle)[:, None] * across + np.sin(angle)[:, None] * rising)
        length = 0.0088 * brows.length * rng.uniform(0.6, 1.15, len(u)) * np.interp(u, [0, 0.3, 1], [0.85, 1.0, 0.75])
        t = np.linspace(0, 1, 7)
        lift = (0.34 * t - 0.30 * t**2)[None, :, None] * normals[:, None] * length[:, None, None]
        # The tip bends on toward the tail, as brushed.
        sweep = (0.35 * t**2)[None, :, None] * across[:, None] * length[:, None, None]
        strands.append(roots[:, None] - normals[:, None] * 0.0002 + t[None, :, None] * tangent[:, None] * length[:, None, None] + lift + sweep)
        parts.append(np.full(len(u), PART[part]))
        randoms.append(rng.random((len(u), 3)))
    strands = np.concatenate(strands)
    obj = curves_object(
        "Brows", strands, tapered(len(strands), 7, 0.000042, 0.000010), part=PART["left_brow"],
        curve_attributes={"strand": ("FLOAT_VECTOR", np.concatenate(randoms)), "part": ("FLOAT", np.concatenate(parts))},
    )  # fmt: skip
    obj.data.materials.append(hair_material("Brows", brows.colour, 0.32, brows.darker))
    return [person.link(obj, "brow")]
