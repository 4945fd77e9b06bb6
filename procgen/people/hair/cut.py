"""A cut on a scalp: where strands root, on which side of the parting they fall, and how long they are."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from . import growth
from .grooms import Groom
from .hairline import EDGE, EDGE_OF_LONG, coverage, smoothstep

LONG = 0.06  # m: hair that is longer falls away from the hairline


def edge_of(groom: Groom) -> tuple[float, float]:
    """Metres from the hairline to where hair of a cut begins, and to where it is dense."""
    return EDGE_OF_LONG if longest_of(groom) > LONG and not groom.recession else EDGE


def density_of(hair, groom: Groom, person, under_hat: float = 0.0):
    """The density of roots over template coordinates (n, 3); they reach ``under_hat`` metres under the rim of a hat."""
    cover = getattr(person, "hat_cover", None)
    recession, balding = max(hair.recession, groom.recession), max(hair.balding * 0.6, groom.balding)

    def density(template):
        value = coverage(template, hair.hairline, recession, balding, edge_of(groom))
        if cover is not None:
            value = value * (1 - cover(template - [0, 0, under_hat]))
        return value

    return density


def density_under_hat(hair, groom: Groom, person, longest: float):
    """The density of roots over template coordinates; long hair also comes from a little way under a hat."""
    return density_of(hair, groom, person, 0.028 if longest > 0.06 else 0.0)


def denser_at_parting(hair, groom: Groom, density):
    """A density with more roots at the crown and along the parting."""

    def dense(template):
        value = density(template)
        if groom.top > 0.012:  # hair leaves the crown to all sides
            value = value * (1 + 0.9 * np.exp(-((np.linalg.norm(template - growth.CROWN, axis=1) / 0.030) ** 2)))
        if growth.has_parting(groom):  # strands beside the line cover it but for the breadth of a matchstick
            off = (template[:, 0] - growth.part_place(hair, groom)) / 0.0045
            value = value * (1 + 2.6 * np.exp(-0.5 * off**2) * (template[:, 2] > 0.06))
        return value

    return dense


def sides(hair, groom: Groom, template: np.ndarray, rng: Generator) -> np.ndarray:
    """The side (n,) of the parting, +1 or -1; the line wavers a little and ends at the crown."""
    wander = 0.0014 * np.sin(template[:, 1] * 150 + hair.seed % 7) + rng.normal(0, 0.0009, len(template))
    place = growth.part_place(hair, groom) * np.clip((growth.CROWN[1] - template[:, 1]) / 0.05, 0, 1)
    return np.where(template[:, 0] > place + wander, 1.0, -1.0)


def lengths(hair, groom: Groom, template: np.ndarray) -> np.ndarray:
    """The length (n,) of strands by region: top, sides and back, fade, and short at the hairline."""
    top = smoothstep(template[:, 2], 0.040, 0.090)
    rear = smoothstep(template[:, 1], 0.08, 0.13) * (1 - top)
    length = groom.top * top + (1 - top - rear) * groom.side + rear * groom.back
    if groom.comb == "side" and not groom.tie and groom.top < 0.15:  # shorter on the parting's own side
        away = growth.part_place(hair, groom)
        length = length * (
            1 - 0.45 * top * smoothstep(template[:, 0] * np.sign(away), abs(away) - 0.002, abs(away) + 0.004)
        )
    if groom.comb == "up":
        length = length * (1 + 0.15 * top - 0.55 * top * smoothstep(template[:, 1], 0.04, 0.10))
    if groom.fade:
        down = smoothstep(template[:, 2], -0.045, 0.070)
        length = np.minimum(length, groom.side * (1 - groom.fade) + (0.0007 + 0.05 * down**2.4) * groom.fade)
    recession, balding = max(hair.recession, groom.recession), max(hair.balding * 0.6, groom.balding)
    edge = coverage(template, hair.hairline, recession, balding, edge_of(groom))
    if not groom.tie:
        baby = 0.35 if longest_of(groom) < 0.12 else 0.55
        length = length * (baby + (1 - baby) * smoothstep(edge, 0.1, 0.9))
    return length * hair.length


def longest_of(groom: Groom) -> float:
    """The greatest length of a cut, metres."""
    return max(groom.top, groom.side, groom.back)
