"""Brings packed actions to how far and which way faces move in them."""

from __future__ import annotations

import numpy as np

from .eyeballs import Target

# Corners of the mouth move outward as far as upward in a smile, 14 mm in all and 40 to 45 degrees above the horizontal
# (Paletz, Manktelow and Chaban 1994, Plastic and Reconstructive Surgery 93, recalled); the packed one rises at 60.
SMILE = (1.33, 1.15, 0.79)  # factors across, in depth and upward
# The packed smile lifts the middle of the lower lip twice as far as that of the upper one, pushes it through, and lets the
# upper one hang 3 mm below its sides where photographs show 0.8.
LIP_LINE, LIP_REACH = -0.0679, 0.012  # m; and to the side of its middle
LOWER_LIFT, UPPER_LIFT = 0.63, 1.3  # factors upward in the middle, below the line and of the lip above it
UPPER_HEIGHT = 0.006  # m above the line: standard deviation
# Where smiling lips part, the corner of the opening lies 3 mm over its middle on photographs; ours lay level with it.
CORNER, CORNER_REACH, CORNER_LIFT = (
    (0.0175, -0.0683),
    (0.0036, 0.005),
    0.42,
)  # m: |x| and z; deviations; share of the way upward
# Lips that part stay together toward the corners, which the packed ones pull apart there: |x|, m, and the factor of the way.
PARTING, PARTED_BY = ((0.004, 0.010, 0.022), (1.1, 0.9, 0.4)), ("action/mouthUpperUp", "action/mouthLowerDown")
# Lowered brows fall most at the nose (action unit 4 of Ekman and Friesen's coding system); packed ones fall most in the
# middle, and raised inner ends rise by half of what foreheads let them.
BROW_DOWN = ((0.008, 0.020, 0.034, 0.056), (1.90, 1.40, 0.85, 0.55))  # |x| in the template, metres; factors upward
INNER_UP = 1.35  # factor upward


def formed(name: str, target: Target, template: np.ndarray) -> Target:
    """A target (indices, deltas in metres) of the template (n, 3), changed if it is an action that moves otherwise in life."""
    indices, deltas = target
    if name.startswith("action/mouthSmile"):
        x, _, z = template[indices].T
        above = np.exp(-0.5 * ((z - LIP_LINE) / UPPER_HEIGHT) ** 2) * (UPPER_LIFT - 1)
        lift = np.exp(-((x / LIP_REACH) ** 2)) * np.where(z < LIP_LINE, LOWER_LIFT - 1, above)
        aside, over = (np.abs(x) - CORNER[0]) / CORNER_REACH[0], (z - CORNER[1]) / CORNER_REACH[1]
        lift = lift + CORNER_LIFT * np.exp(-0.5 * (aside**2 + over**2))
        return indices, _upward(deltas * SMILE, 1 + lift)
    if name.startswith(PARTED_BY):
        return indices, deltas * np.interp(np.abs(template[indices, 0]), *PARTING)[:, None]
    if name.startswith("action/browDown"):
        return indices, _upward(deltas, np.interp(np.abs(template[indices, 0]), *BROW_DOWN))
    if name == "action/browInnerUp":
        return indices, _upward(deltas, INNER_UP)
    return target


def _upward(deltas: np.ndarray, factor: np.ndarray | float) -> np.ndarray:
    changed = deltas.copy()
    changed[:, 2] *= factor
    return changed
