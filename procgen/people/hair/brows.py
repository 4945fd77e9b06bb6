"""Brows: hairs along a curve over each eye, that turn from upright at the nose to lying at the tail."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.random import Generator

from ...geometry.angles import arctan2
from ...params import beta, child, choice, draw, group, lognormal, normal, seed, spec, within
from ..identity import Identity
from ..parts import PART
from .colour import HairColour, sample_hair_colour, strand_material
from .placement import Obstacles, along_skin, bezier, kept_out, ragged, scatter, smooth_curve
from .strands import tapered, unit

KNOTS = (0.0, 0.35, 0.68, 1.0)  # along the brow, nose to temple
# Height of the middle line and half thickness at the knots in mm, density, how much further out the inner end and
# further in the outer end lies in mm.
SHAPES = {
    "straight": ((-0.5, 1.5, 1.5, -2.4), (3.9, 4.0, 3.0, 0.7), 1.0, 0.0, 0.0),
    "soft_arch": ((-0.2, 2.4, 3.3, -2.2), (3.9, 4.1, 2.9, 0.7), 1.0, 0.0, 0.0),
    "high_arch": ((0.3, 3.2, 4.9, -1.2), (3.3, 3.5, 2.4, 0.6), 1.0, 0.8, 0.0),
    "rounded": ((-0.4, 3.5, 3.8, -4.2), (3.5, 3.9, 2.9, 0.8), 1.0, 0.4, 0.0),
    "s_shape": ((0.0, 2.0, 4.0, -2.4), (3.9, 3.6, 2.9, 0.6), 1.0, 0.8, 0.0),
    "flat_thick": ((-0.6, 1.3, 1.3, -2.2), (4.7, 5.1, 4.0, 1.1), 1.12, -0.4, 0.0),
    "thin": ((0.3, 2.8, 4.1, -1.8), (2.2, 2.2, 1.6, 0.5), 0.85, 1.0, 0.0),
    "bushy": ((-0.6, 2.1, 2.3, -2.2), (5.0, 5.5, 4.5, 1.7), 1.15, -0.6, -1.0),
    "sparse": ((-0.8, 2.3, 2.9, -2.0), (3.8, 4.1, 3.1, 1.0), 0.50, 0.6, 1.0),
    "monobrow": ((-0.4, 2.0, 2.4, -2.2), (4.2, 4.6, 3.6, 1.0), 1.05, -8.0, 0.0),
    "slanted": ((-1.0, 1.9, 4.3, 1.6), (3.6, 3.9, 2.8, 0.7), 1.0, 0.4, 1.0),
    "downturned": ((0.6, 2.9, 1.5, -5.0), (3.8, 4.0, 3.0, 0.8), 1.0, 0.4, -1.0),
    "short": ((0.0, 2.1, 2.7, -1.0), (3.9, 4.1, 3.3, 1.1), 0.95, 0.8, 7.0),
}
INNER, OUTER = 0.0086, 0.0605  # |x| of both ends in the template, metres
LEVEL = 0.0183  # z of the inner end
TURN = ([0, 0.12, 0.35, 0.65, 1.0], np.radians([82, 64, 34, 10, -16]))  # angle to the brow's line along it
# Along it: single hairs at the nose, the most beyond the middle of its inner half, few at the tail.
ALONG = ([-0.10, -0.04, 0.03, 0.09, 0.20, 0.55, 0.80, 0.93, 1.02, 1.08], [0, 0.20, 0.56, 0.82, 1.0, 1.04, 0.96, 0.82, 0.50, 0])  # fmt: skip
FINER = ([-0.05, 0.10, 0.30, 0.80, 1.0], [0.66, 0.84, 1.0, 1.0, 0.74])  # relative radius of hairs along it
POINTS = 7
HAIRS = 920  # of a brow of usual thickness
RADIUS = 0.000042  # m: at the root of its thickest
LONGEST = 0.0108  # m: of a hair
LIGHTEST, DARKEST = 0.54, 0.90  # melanin of the face's hair: darker than blond hair of the scalp, lighter than black
LATE = 2.9  # the power by which brows grey later than the scalp: at 60 a quarter of their hairs are white, of the scalp six in ten
PENCILLED = 0.3  # the share of their white hairs that shows in brows that are made up
THINNER = 0.90  # the half thickness of all shapes: the outermost hairs stand singly and are not seen as brow


@spec
class Brows:
    """Both brows."""

    shape: str = choice({name: 1.0 for name in SHAPES}, doc="shape of the brows")
    density: float = lognormal(1.0, 0.18, 0.4, 1.8, doc="number of hairs, relative")
    thickness: float = lognormal(1.0, 0.13, 0.6, 1.6, doc="height of the brow, relative")
    length: float = lognormal(1.0, 0.13, 0.6, 1.8, doc="length of the hairs, relative")
    unruly: float = beta(1.6, 4.0, doc="how far hairs leave their direction; grows with age")
    height: float = normal(0.0, 0.0012, -0.004, 0.004, unit="m", doc="place above or below the usual one")
    inner: float = normal(
        0.0, 0.0013, -0.003, 0.003, unit="m", doc="how much nearer to the nose they begin", absent=0.0
    )
    tail: float = normal(0.0, 0.0024, -0.006, 0.006, unit="m", doc="how much farther out their tails end", absent=0.0)
    asymmetry: float = normal(0.0, 0.0006, -0.003, 0.003, unit="m", doc="how much higher the left one sits")
    darker: float = normal(0.05, 0.06, -0.1, 0.3, doc="melanin over that of the scalp hair")
    colour: HairColour = group(HairColour)
    seed: int = seed()


def _brow_weights(identity: Identity) -> dict[str, float]:
    female = identity.gender
    weights = {name: 1.0 for name in SHAPES}
    weights |= {"thin": 0.1 + 0.5 * female, "high_arch": 0.15 + 1.35 * female, "bushy": 1.3 - 1.25 * female, "rounded": 0.8 + 0.5 * female,
                "flat_thick": 1.7 - 1.6 * female, "monobrow": 0.12 - 0.11 * female, "sparse": 0.5, "soft_arch": 3.0,
                "straight": 1.8 - 1.3 * female, "short": 0.4 - 0.3 * female, "slanted": 0.1, "downturned": 0.6, "s_shape": 0.5}  # fmt: skip
    return weights


def sample_brows(rng: Generator, fixed=None, *, identity: Identity, hair=None, made_up: bool = False) -> Brows:
    """Draw brows: thinner and more arched on women, unruly with age, with the scalp's natural colour, pencilled where made up."""
    years = (identity.age - 18) / 70
    colour = natural_colour(rng, within(fixed, "colour"), identity, hair)
    if made_up and "grey" not in within(fixed, "colour"):
        colour = dataclasses.replace(colour, grey=float(f"{colour.grey * PENCILLED:.6g}"))
    return draw(
        Brows, rng, fixed, shape=choice(_brow_weights(identity)), unruly=beta(1.4 + 2 * years, 4.0),
        thickness=lognormal(1.08 - 0.17 * identity.gender, 0.12, 0.6, 1.6),
        length=lognormal(0.95 + 0.3 * years * (1 - identity.gender), 0.12, 0.6, 1.8), colour=colour,
    )  # fmt: skip


def natural_colour(rng: Generator, wished, identity: Identity, hair=None, late: float = LATE) -> HairColour:
    """The colour of the face's hair: as wished, or the scalp's without its dye, which greys later by a power ``late``."""
    if wished:
        return sample_hair_colour(rng, wished, identity=identity)
    colour = hair.colour if hair is not None else sample_hair_colour(rng, identity=identity)
    return dataclasses.replace(
        colour, dye="none", grey=float(f"{colour.grey**late:.6g}"), melanin=min(max(colour.melanin, LIGHTEST), DARKEST)
    )


def _line(brows: Brows, side: float, x: np.ndarray):
    """Place along the brow 0…1, height of its line and half its thickness, at |x| (n,)."""
    heights, halves, _, inner, outer = SHAPES[brows.shape]
    start, stop = INNER + inner / 1000 - brows.inner, OUTER - outer / 1000 + brows.tail
    u = (x - start) / (stop - start)
    halves = np.array(halves) * brows.thickness * THINNER
    # The lower edge stays on the brow bone: a thick brow grows upward.
    z = LEVEL + brows.height + side * brows.asymmetry / 2 + 0.6e-3 * max(halves[1] - 4.2, 0)
    z = z + smooth_curve(KNOTS, heights, u) / 1000
    taper = np.interp(u, [-0.10, 0.0, 0.10, 0.85, 1.0, 1.08], [0, 0.80, 1, 1, 0.7, 0])
    return u, z, smooth_curve(KNOTS, halves, u) / 1000 * taper


def _density(brows: Brows, side: float):
    def density(template):
        x = template[:, 0] * side
        u, z, half = _line(brows, side, x)
        off = (template[:, 2] - z) / np.maximum(half, 1e-5)
        # Above the edge hairs thin out slowly, below it they end sooner; strays stand around both.
        edge = np.where(off > 0, 1.22 - 1.02 * off, 1.04 + 0.98 * off)
        # Hairs stand in tufts with skin between them, most of all where they are few.
        edge = edge - 0.22 * np.clip(
            1 + ragged(template, child(brows.seed, "tufts", "left" if side > 0 else "right"), 0.7, 0.0075), 0, 2
        )
        body = np.clip(edge, 0, 1) ** 0.8 + 0.035 * (0.4 + brows.unruly) * (np.abs(template[:, 2] - z) < half + 0.0028)
        along = np.interp(u, *ALONG)
        if brows.shape == "monobrow":
            along = along * np.interp(x, [-0.004, 0.0, 0.009, 0.015], [0.2, 0.3, 0.45, 1.0])
        return body * along * (half > 1e-4) * (x > -0.004)

    return density


def build_brows(brows: Brows, person) -> list:
    """Build both brows as curves on the posed skin (needs bpy)."""
    from ...blender import curves_object

    obstacles = Obstacles(person)
    strands, parts, finer = [], [], []
    rng = child(brows.seed, "brows")
    halves, scale = SHAPES[brows.shape][1:3]
    count = int(HAIRS * brows.density * scale * (halves[1] * brows.thickness / 4.2) ** 0.7)
    for side, part in ((1.0, "left_brow"), (-1.0, "right_brow")):
        # The lid folds in under the brow: only skin that faces forward bears hairs.
        roots, normals, template = scatter(
            person.surface, rng, count, _density(brows, side), within=lambda facing: facing[:, 1] < -0.1
        )
        strands.append(_hairs(brows, person, side, roots, normals, template, rng))
        parts.append(np.full(len(roots), PART[part]))
        finer.append(np.interp(_line(brows, side, template[:, 0] * side)[0], *FINER))
    strands = kept_out(obstacles, np.concatenate(strands), 0.0002)
    randoms = rng.random((len(strands), 3))
    widths = RADIUS * np.concatenate(finer)[:, None] * np.exp(0.25 * np.clip(rng.normal(size=(len(strands), 1)), -2, 2))
    obj = curves_object(
        "Brows", strands, tapered(len(strands), POINTS, widths, 0.000007, 2.2), part=PART["left_brow"],
        curve_attributes={"strand": ("FLOAT_VECTOR", randoms), "part": ("FLOAT", np.concatenate(parts))},
    )  # fmt: skip
    obj.data.materials.append(strand_material("Brows", brows.colour, 0.32, brows.darker))
    return [person.link(obj, "brow")]


def _hairs(brows: Brows, person, side: float, roots, normals, template, rng: Generator) -> np.ndarray:
    u, z, half = _line(brows, side, template[:, 0] * side)
    off = np.clip((template[:, 2] - z) / np.maximum(half, 1e-5), -1.3, 1.3)
    # Hairs of the upper half lean down and those of the lower half up, so they meet in a ridge.
    angle = np.interp(u, *TURN) - np.radians(22) * off + rng.normal(0, np.radians(6 + 24 * brows.unruly), len(u))
    # They follow the line's own slope.
    ahead = _line(brows, side, template[:, 0] * side + 0.002)[1]
    angle = angle + arctan2(ahead - z, 0.002) * np.clip(u * 2, 0, 1) * 0.8
    head = person.head_matrix[:3, :3]
    across = along_skin(np.broadcast_to(head @ [side, 0.15, 0.0], normals.shape), normals)
    rising = along_skin(np.broadcast_to(head @ [0.0, 0.0, 1.0], normals.shape), normals)
    tangent = unit(np.cos(angle)[:, None] * across + np.sin(angle)[:, None] * rising)
    length = (
        0.0086
        * brows.length
        * np.clip(1.12 - 0.30 * np.abs(rng.normal(size=len(u))), 0.35, 1.12)
        * np.interp(u, [0, 0.3, 0.7, 1], [0.78, 1.0, 0.86, 0.56])
    )
    length = length * np.interp(half, [0.0012, 0.0036], [0.62, 1.0])  # a thin brow is trimmed
    stray = rng.random(len(u)) < 0.05 * brows.unruly
    length = np.minimum(np.where(stray, 1.4 * length, length), LONGEST)[:, None]
    rise = normals * np.where(stray, 0.34, 0.20)[:, None]
    # Out of the skin at a slant, then bent down onto the brow and on toward the tail.
    first = (0.36 * tangent + 0.75 * rise) * length
    second = (0.68 * tangent + 0.10 * across + 0.75 * rise) * length
    tip = (0.94 * tangent + 0.34 * across + 0.30 * rise) * length
    return bezier(roots - normals * 0.0002, first, second, tip, POINTS)
