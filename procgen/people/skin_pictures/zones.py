"""Where skin differs: maps over the template's vertices, made of regions and of what a person's skin is like."""

from __future__ import annotations

from functools import cache

import numpy as np

from ..head_data import head_data
from ..regions import BLOBS, beard_region, region

BLOOD = {
    "cheeks": 1.05, "apples": 0.55, "nose_tip": 1.25, "nostrils": 0.95, "chin": 0.55, "nasolabial": 0.35, "lids": 0.55,
    "under_eyes": 0.45, "ears": 1.3, "mouth_corners": 0.35, "forehead": -0.25, "temples": -0.20,
}  # fmt: skip
OIL = {"nose_tip": 0.8, "nose_bridge": 0.8, "forehead": 0.6, "chin": 0.45, "apples": 0.35}
FRECKLED = {"cheeks": 0.9, "apples": 0.6, "nose_bridge": 0.8, "nose_tip": 0.5, "forehead": 0.22}


@cache
def regions() -> dict[str, np.ndarray]:
    """All regions over the template's vertices, name -> (v,), and the beard's."""
    template = head_data().template
    return {name: region(name, template) for name in BLOBS} | {"beard": beard_region(template)}


def _sum(weights: dict[str, float]) -> np.ndarray:
    return sum(weight * regions()[name] for name, weight in weights.items())


def pigment_zones(skin) -> dict[str, np.ndarray]:
    """How much more melanin and blood a place has than the person's mean (shares), how oily it is, and how freckled (v,)."""
    melanin = {
        "lids": 0.25, "under_eyes": 0.55 * skin.under_eye, "forehead": 0.12, "cheeks": -0.10, "neck_front": 0.10,
        "temples": 0.05, "upper_lip_skin": 0.08,
    }  # fmt: skip
    return {
        "melanin": _sum(melanin), "blood": _sum(BLOOD) * skin.redness, "oil": _sum(OIL) * skin.oiliness,
        "freckles": np.clip(_sum(FRECKLED), 0, 1),
    }  # fmt: skip


def line_zones(wrinkles: float) -> dict[str, np.ndarray]:
    """How deep the lines of a resting face are (v,), shares of the full depth: across the forehead, between the brows,
    and the fine ones by eyes and mouth."""
    w = wrinkles
    fine = {
        "crows_feet": 0.9 * w, "under_eyes": 0.12 + 0.8 * w, "lids": 0.3, "nasolabial": 0.5 * w, "neck_front": 0.7 * w,
        "upper_lip_skin": 0.6 * w,
    }  # fmt: skip
    return {"brow": _sum({"forehead": 0.9 * w}), "frown": _sum({"glabella": 0.8 * w}), "fine": _sum(fine)}


@cache
def fold_zones() -> dict[str, np.ndarray]:
    """How deep expressions fold the skin (v,) at full strength, by the family of folds that moves together."""
    x = head_data().template[:, 0]
    left = 1 / (1 + np.exp(-x / 0.004))  # the person's
    eyes, smile = regions()["crows_feet"] + 0.4 * regions()["under_eyes"], regions()["nasolabial"]
    return {
        "brow": regions()["forehead"], "frown": regions()["glabella"], "eye_left": eyes * left,
        "eye_right": eyes * (1 - left), "smile_left": smile * left, "smile_right": smile * (1 - left),
    }  # fmt: skip


def fold_shares() -> np.ndarray:
    """Which families (v, 6) a place's folds belong to, in the order of fold_zones; shares that sum to one, or to zero
    where nothing folds."""
    zones = np.stack(list(fold_zones().values()), 1)
    total = zones.sum(1, keepdims=True)
    return np.where(total > 0.004, zones / np.maximum(total, 1e-9), 0)
