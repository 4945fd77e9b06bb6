"""Baby hairs: the short, thin strands that stand before the hairline and blur it."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from . import growth
from .cut import longest_of, sides
from .grooms import Groom
from .hairline import hairline, smoothstep
from .space import Space
from .strands import bent, smooth_noise, unit

SHARE = 0.018  # of all strands
BAND = (-0.0005, 0.0040)  # m before (negative) and behind the line: their middle, and the breadth of a bell around it
LENGTH, LONGEST = 0.0085, 0.026  # m
LEAST = 0.004  # m: hair shorter than this has none that stands out
WIDTH = 0.42  # of the radius of other hair


def baby_hairs(hair, groom: Groom, person, space: Space, count: int, points: int, rng: Generator):
    """Strands (n, points, 3) in the head's frame and their roots' template (n, 3); none on hair that is shaven or wound."""
    longest = longest_of(groom) * hair.length
    none = np.zeros((0, points, 3)), np.zeros((0, 3))
    if longest < LEAST or count < 1:
        return none
    cover = getattr(person, "hat_cover", None)
    recession = max(hair.recession, groom.recession)

    def density(template):
        depth = hairline(template, hair.hairline, recession)
        value = np.exp(-(((depth - BAND[0]) / BAND[1]) ** 2)) * (np.abs(template[:, 0]) < 0.1)
        # On the forehead, at the temples and in the nape, not on the cheek before the ear.
        value = value * np.maximum(smoothstep(template[:, 2], 0.034, 0.042), smoothstep(template[:, 1], 0.085, 0.095))
        value = np.where(value > 0.02, value, 0.0)
        return value if cover is None else value * (1 - cover(template))

    roots, normals, template, _, _ = person.surface.sample(rng, count, density)
    if len(roots) == 0:
        return none
    count = len(roots)
    roots, normals = space.to_local(roots), normals @ space.turn
    comb = unit(
        growth.comb_field(groom, template, sides(hair, groom, template, rng)) + 0.45 * rng.normal(size=(count, 3))
    )
    tangent = unit(comb - normals * np.einsum("ij,ij->i", comb, normals)[:, None])
    length = np.minimum(LENGTH * np.exp(0.45 * rng.normal(size=count)), min(LONGEST, 0.6 * longest))
    lift = rng.uniform(0.15, 0.75, count)[:, None]
    end = unit(tangent + 0.25 * rng.normal(size=(count, 3)) - 0.25 * normals)
    strands = bent(roots, unit(tangent + lift * normals), end, length, points)
    strands = strands + smooth_noise(rng, count, points, 2) * (0.06 * length)[:, None, None]
    room = np.full(count * points, 0.0003)
    strands = space.pushed_out(strands.reshape(-1, 3), room).reshape(count, points, 3)
    strands[:, 0] = roots - normals * 0.0004
    share = space.share_outside_hats(strands)
    keep = np.isfinite(strands).all((1, 2)) & (share > 0.99)
    return strands[keep], template[keep]
