"""The slant of the brows: how much higher than its inner end a brow ends, and the target that turns it."""

from __future__ import annotations

from functools import cache

import numpy as np

from .measures import probe
from .own_targets import BROW_SLANT

# The base model lets brows end 1.7 ± 3.0 mm above where they begin, with the Asian phenotype 6 and more, and such a face
# scowls. On 80 photographs (LFPW, 88 mm between the outer corners of the eyes) they end 2.4 mm below it.
DRAWN, AIMED = 1.7, -1.0  # mm: means
KEPT = 0.5  # of how far a head is from the mean: phenotypes differ, but not by that much
MOST = 9.0  # mm that a brow is turned at most
ENDS = {"inner": (21, 22), "outer": (17, 26)}  # landmarks


def slant(places: np.ndarray) -> float:
    """How much higher brows end than they begin, mm, the mean of both sides, of the probe's places (m, 3) in metres."""
    heights = places[probe().rows["landmarks"], 2] * 1000
    return float(heights[list(ENDS["outer"])].mean() - heights[list(ENDS["inner"])].mean())


@cache
def _answer() -> float:
    """What the target changes the slant by, mm; a slant is linear in its places."""
    from .sizes import effects

    return slant(effects()[1][BROW_SLANT])


def levelling(weights: dict[str, float]) -> dict[str, float]:
    """The weight of the target that gives a head with these weights of its targets brows that do not scowl."""
    from .sizes import places_of

    now = slant(places_of(weights))
    wanted = AIMED + KEPT * (now - DRAWN)
    return {BROW_SLANT: float(np.clip(wanted - now, -MOST, MOST)) / _answer()}
