"""The line of the brows: how much higher than its inner end a brow ends, how far its middle stands over both, and the targets that bend it."""

from __future__ import annotations

from functools import cache

import numpy as np

from .measures import probe
from .own_targets import BROW_ARCH, BROW_SLANT

# Means of the slant and of the arch in mm, men's and women's: of heads that the base model draws (400 seeds), and of
# people at rest on photographs (odd half of LFPW, 88 mm between the outer corners of the eyes; -4.1 and 7.0 mm on 26 men,
# 1.4 and 6.9 mm on 13 women, taken a little nearer together). Men's brows fall outwards, women's rise, both are arched.
DRAWN = {"men": (1.2, 4.7), "women": (-2.4, 7.0)}
AIMED = {"men": (-3.2, 6.6), "women": (0.6, 6.8)}
KEPT = 0.35  # of how far a head is from the mean: phenotypes differ, but not by that much
MOST = 9.0  # mm that a brow is turned or bent at most
INNER, MIDDLE, OUTER = (21, 22), (19, 24), (17, 26)  # landmarks


def line(places: np.ndarray) -> np.ndarray:
    """Slant and arch (2,) of the brows, mm, the mean of both sides, of the probe's places (m, 3) in metres: how much higher
    they end than they begin, and how much higher their middles are than their ends."""
    heights = places[probe().rows["landmarks"], 2] * 1000
    inner, middle, outer = (heights[list(pair)].mean() for pair in (INNER, MIDDLE, OUTER))
    return np.array([outer - inner, middle - (inner + outer) / 2])


@cache
def _answers() -> np.ndarray:
    """What each target (2,) changes slant and arch (2,) by, mm; both are linear in their places."""
    from .sizes import effects

    return np.array([line(effects()[1][name]) for name in (BROW_SLANT, BROW_ARCH)])


def levelling(weights: dict[str, float], gender: float) -> dict[str, float]:
    """The weights of the targets that give a head with these weights of its targets brows as people of its gender have them."""
    from .sizes import places_of

    now = line(places_of(weights))
    drawn, aimed = (np.array(each["men"]) * (1 - gender) + np.array(each["women"]) * gender for each in (DRAWN, AIMED))
    wanted = aimed + KEPT * (now - drawn)
    found = np.clip(wanted - now, -MOST, MOST) @ np.linalg.inv(_answers())
    return dict(zip((BROW_SLANT, BROW_ARCH), found.tolist(), strict=True))
