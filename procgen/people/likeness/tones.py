"""Pigments that a picture's colours tell: of the skin and of the hair, the likeliest under a light that is not known.

How far off colours are was measured on 82 of our own renders: the median of the skin in a picture is 0.49 lighter or darker than the
face itself (of the logarithm), its hue 0.15 off, and that of hair 1.1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...materials.pigment import FACE_BLOOD, skin_colour
from ..hair.colour import EUROPEAN, NATURAL, OTHERS, HairColour, shadow_colour
from ..skin import MELANIN

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
SKIN_LIGHT, SKIN_HUE = 0.49, 0.15  # deviations of logarithms: of luminance, and of channels over their mean
HAIR_LIGHT, HAIR_HUE = 0.8, 0.25
ANYBODY, OF_ANCESTRY = (
    (0.03, 1.0),
    0.40,
)  # melanin: median and deviation of its logarithm, and that within an ancestry, as they are drawn
BLOOD = 0.033, 0.22
STEPS = 48
GREYS = {0.0: 0.72, 0.35: 0.1, 0.7: 0.1, 1.0: 0.08}  # shares of white strands that are tried, and how likely
BALANCED = 0.5  # of a cast that is taken away: all of it would take the skin's own colour too


class Pigments(NamedTuple):
    """Melanin and haemoglobin as Skin has them, and how sure the melanin is: the deviation of its logarithm."""

    melanin: float
    haemoglobin: float
    spread: float


def balanced(colours: np.ndarray) -> np.ndarray:
    """Linear colours (h, w, 3) without half of the cast that their mean has, as bright as before (grey world)."""
    mean = np.maximum(colours.reshape(-1, 3).mean(0), 1e-6)
    return colours * (float(mean @ LUMINANCE) / mean) ** BALANCED


def _unlike(colours: np.ndarray, seen: np.ndarray, light: float, hue: float) -> np.ndarray:
    """How unlikely colours (…, 3) are to be seen as another one (3,): twice a negative log likelihood."""
    off = np.log(np.maximum(colours, 1e-4)) - np.log(np.maximum(seen, 1e-4))
    mean = off.mean(-1, keepdims=True)
    return (mean[..., 0] / light) ** 2 + (((off - mean) / hue) ** 2).sum(-1)


def usual_melanin(ancestry: tuple[float, float, float]) -> float:
    """The median of melanin of African, Asian and European weights."""
    return float(np.exp(np.log([MELANIN["african"], MELANIN["asian"], MELANIN["european"]]) @ np.array(ancestry)))


def skin_pigments(seen: np.ndarray, usual: tuple[float, float] = ANYBODY) -> Pigments:
    """The likeliest pigments of skin of a linear colour (3,); ``usual`` is a median of melanin and the deviation of its logarithm."""
    melanin, blood = np.geomspace(0.006, 0.34, STEPS), np.geomspace(0.008, 0.06, STEPS)
    grid = skin_colour(*np.meshgrid(melanin, FACE_BLOOD * blood, indexing="ij"))
    cost = _unlike(grid, seen, SKIN_LIGHT, SKIN_HUE)
    cost += (np.log(melanin / usual[0]) / usual[1])[:, None] ** 2 + (np.log(blood / BLOOD[0]) / BLOOD[1])[None] ** 2
    row, column = np.unravel_index(int(cost.argmin()), cost.shape)
    share = np.exp(-(cost.min(1) - cost.min()) / 2)
    middle = (share * np.log(melanin)).sum() / share.sum()
    spread = np.sqrt((share * (np.log(melanin) - middle) ** 2).sum() / share.sum())
    return Pigments(float(f"{melanin[row]:.4g}"), float(f"{blood[column]:.4g}"), float(spread))


def unlikely_ancestry(pigments: Pigments, ancestry: tuple[float, float, float]) -> float:
    """How unlikely somebody of African, Asian and European weights has such pigments: twice a negative log likelihood."""
    return float(np.log(pigments.melanin / usual_melanin(ancestry)) ** 2 / (OF_ANCESTRY**2 + pigments.spread**2))


def hair_colour(seen: np.ndarray, ancestry: tuple[float, float, float]) -> HairColour:
    """The likeliest natural colour, with white strands, of hair of a linear colour (3,)."""
    best, least = None, np.inf
    for family, (melanin, redness) in NATURAL.items():
        likely = ancestry[2] * EUROPEAN[family] + (1 - ancestry[2]) * OTHERS.get(family, 1e-3)
        for grey, often in GREYS.items():
            colour = HairColour(family=family, melanin=melanin, redness=redness, grey=grey, dye="none", variation=1 / 3)
            cost = float(_unlike(np.array(shadow_colour(colour)), seen, HAIR_LIGHT, HAIR_HUE)) - 2 * np.log(
                likely * often
            )
            if cost < least:
                best, least = colour, cost
    assert best is not None, "NATURAL holds families"
    return best
