"""Regions of the face as smooth masks in template coordinates: written once, true for every identity."""

from __future__ import annotations

import numpy as np

# Centres and spreads in millimetres; those off the middle stand on both sides.
BLOBS = {
    "cheeks": [((40, -16, -32), (15, 30, 13))],
    "apples": [((34, -22, -27), (11, 24, 9))],
    "nose_tip": [((0, -44, -37), (13, 14, 11))],
    "nostrils": [((13, -28, -43), (6, 10, 7))],
    "nose_bridge": [((0, -28, -8), (7, 12, 17))],
    "under_eyes": [((28, -14.5, -13), (12, 20, 5.5))],
    "lids": [((31, -15, 7.5), (15, 14, 5))],
    "eyeshadow": [((33, -14, 9), (14, 16, 6))],
    "liner": [((33, -16, 4.2), (12, 10, 1.8))],
    "forehead": [((0, -20, 52), (45, 30, 20))],
    "glabella": [((0, -28, 16), (8, 14, 10))],
    "crows_feet": [((51, -2, 1), (8, 12, 10))],
    "nasolabial": [((25, -25, -50), (6, 14, 11))],
    "chin": [((0, -28, -103), (18, 18, 11))],
    "mouth_corners": [((26, -18, -68), (6, 12, 6))],
    "upper_lip_skin": [((0, -34, -53), (20, 14, 5))],
    "temples": [((60, 12, 20), (10, 18, 16))],
    "jaw_sides": [((56, 18, -72), (14, 26, 22))],
    "neck_front": [((0, 30, -160), (60, 60, 40))],
    "ears": [((78, 72, -18), (11, 20, 26))],
}  # fmt: skip


def region(name: str, template: np.ndarray) -> np.ndarray:
    """The mask (n,) in 0…1 of a region at template coordinates (n, 3) in metres."""
    mask = np.zeros(len(template))
    for centre, spread in BLOBS[name]:
        for side in (1, -1) if centre[0] else (1,):
            offset = (template * 1000 - np.array(centre) * [side, 1, 1]) / np.array(spread)
            mask = np.maximum(mask, np.exp(-0.5 * (offset**2).sum(1)))
    return mask


def beard_region(template: np.ndarray) -> np.ndarray:
    """Where a beard grows (n,): below a line from the sideburns under the cheeks to the upper lip, above the throat."""
    x, y, z = np.abs(template[:, 0]), template[:, 1], template[:, 2]
    upper = np.interp(
        x, [0, 0.012, 0.026, 0.040, 0.055, 0.066, 0.075], [-0.049, -0.050, -0.058, -0.064, -0.052, -0.03, 0.0]
    )
    below = 1 / (1 + np.exp(np.clip((z - upper) / 0.0028, -30, 30)))
    throat = 1 / (1 + np.exp(np.clip((-0.118 - 0.10 * (y + 0.02) - z) / 0.006, -30, 30)))
    front = 1 / (1 + np.exp(np.clip((y - 0.062 + 0.25 * np.clip(-0.03 - z, 0, 1)) / 0.004, -30, 30)))
    return below * throat * front
