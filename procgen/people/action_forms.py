"""Brings packed actions to how far and which way faces move in them."""

from __future__ import annotations

import numpy as np

from .eyeballs import Target

# Corners of the mouth move outward as far as upward in a smile, 14 mm in all and 40 to 45 degrees above the horizontal
# (Paletz, Manktelow and Chaban 1994, Plastic and Reconstructive Surgery 93, recalled); the packed one rises at 60.
SMILE = (1.40, 1.15, 0.76)  # factors across, in depth and upward
# Lowered brows fall most at the nose (action unit 4 of Ekman and Friesen's coding system); packed ones fall most in the
# middle, and raised inner ends rise by half of what foreheads let them.
BROW_DOWN = ((0.008, 0.020, 0.034, 0.056), (1.90, 1.40, 0.85, 0.55))  # |x| in the template, metres; factors upward
INNER_UP = 1.35  # factor upward


def formed(name: str, target: Target, template: np.ndarray) -> Target:
    """A target (indices, deltas in metres) of the template (n, 3), changed if it is an action that moves otherwise in life."""
    indices, deltas = target
    if name.startswith("action/mouthSmile"):
        return indices, deltas * SMILE
    if name.startswith("action/browDown"):
        return indices, _upward(deltas, np.interp(np.abs(template[indices, 0]), *BROW_DOWN))
    if name == "action/browInnerUp":
        return indices, _upward(deltas, INNER_UP)
    return target


def _upward(deltas: np.ndarray, factor: np.ndarray | float) -> np.ndarray:
    changed = deltas.copy()
    changed[:, 2] *= factor
    return changed
