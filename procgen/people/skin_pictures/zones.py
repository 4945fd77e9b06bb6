"""Where skin differs: maps over the template's vertices, made of regions and of what a person's skin is like."""

from __future__ import annotations

from functools import cache

import numpy as np

from ..head_data import head_data
from ..regions import BLOBS, beard_region, region
from .measured import TONES, regional_maps

OIL = {"nose_tip": 0.8, "nose_bridge": 0.8, "forehead": 0.6, "chin": 0.45, "apples": 0.35}
# Where dark skin is darker yet and where paler, shares: around eyes, mouth and on the forehead.
DARK = {"lids": 0.14, "under_eyes": 0.16, "forehead": 0.10, "chin": 0.04, "jaw_sides": 0.08, "upper_lip_skin": 0.08, "cheeks": -0.10,
        "nostrils": 0.12}  # fmt: skip
# What the textures show too little of: lids were made up, and the light was flat and the people at rest; and what photographs
# show paler than light from above leaves it.
LIDS = {"lids": 0.30, "under_eyes": -0.24, "chin": -0.30, "jaw_sides": 0.03, "forehead": 0.02}
FLUSH = {"apples": 0.16, "cheeks": 0.16, "ears": 0.80, "nose_tip": 0.34, "nostrils": 0.14, "chin": 0.24, "lids": 0.10, "under_eyes": 0.06,
         "mouth_corners": 0.20, "nasolabial": 0.06, "forehead": 0.18}  # fmt: skip
UNSEEN = 0.5  # of the flush that dark skin hides beside what its melanin does
COARSE = {
    "nose_tip": 1.0,
    "nose_bridge": 0.4,
    "nostrils": 0.4,
    "apples": 0.55,
    "chin": 0.5,
    "forehead": 0.2,
    "lids": -0.5,
    "eyeshadow": -0.3,
}
SWEATY = {"forehead": 1.0, "nose_tip": 0.8, "upper_lip_skin": 1.0, "temples": 0.6, "apples": 0.3}
FRECKLED = {"cheeks": 0.9, "apples": 0.6, "nose_bridge": 0.8, "nose_tip": 0.5, "forehead": 0.22}


@cache
def regions() -> dict[str, np.ndarray]:
    """All regions over the template's vertices, name -> (v,), and the beard's."""
    template = head_data().template
    return {name: region(name, template) for name in BLOBS} | {"beard": beard_region(template)}


def _sum(weights: dict[str, float]) -> np.ndarray:
    return sum(weight * regions()[name] for name, weight in weights.items())


def darkness(skin) -> float:
    """How dark a skin is by its melanin, 0 pale … 1 dark."""
    low, high = np.log(TONES)
    return float(np.clip((np.log(skin.melanin) - low) / (high - low), 0, 1))


def pigment_zones(skin) -> dict[str, np.ndarray]:
    """How much more melanin and blood a place has than the person's mean (shares), how oily, coarse and freckled it is (v,)."""
    melanin, blood = regional_maps(skin)
    flush = skin.redness * (0.85 + 0.3 * skin.masculine)
    return {
        "melanin": melanin + _sum(DARK) * darkness(skin) + _sum(LIDS) + _sum({"under_eyes": 0.3 * skin.under_eye}), "blood": (blood + _sum(FLUSH) * (1 - UNSEEN * darkness(skin))) * flush,
        "oil": _sum(OIL) * skin.oiliness, "coarse": _sum(COARSE), "freckles": np.clip(_sum(FRECKLED), 0, 1),
    }  # fmt: skip


@cache
def bare_face() -> np.ndarray:
    """One (v,) on the face without lids, lips and what lies behind the temples; else zero."""
    template = head_data().template
    x, y, z = np.abs(template[:, 0]), template[:, 1], template[:, 2]
    face = (y < 0.03) & (z > -0.11) & (z < 0.065)
    lids = (np.hypot((x - 0.0325) / 0.027, (z + 0.002) / 0.0165) < 1) & (y < 0.02)
    lips = np.hypot(x / 0.031, (z + 0.068) / 0.0165) < 1
    return (face & ~lids & ~lips).astype(float)


@cache
def sweaty() -> np.ndarray:
    """Where sweat stands first (v,)."""
    return np.clip(_sum(SWEATY), 0, 1)


@cache
def veined() -> np.ndarray:
    """Where veins shine through (v,): temples, lids and the sides of the neck."""
    return np.clip(_sum({"temples": 1.0, "lids": 0.5, "under_eyes": 0.5}), 0, 1)


@cache
def ruddy() -> np.ndarray:
    """Where small vessels break with the years (v,): cheeks, and nose."""
    return np.clip(_sum({"apples": 0.8, "cheeks": 0.6, "nose_tip": 0.9, "nostrils": 1.0}), 0, 1)


def crepe(wrinkles: float) -> np.ndarray:
    """How deep the fine crossing lines of a resting face are (v,), shares of the full depth."""
    w = wrinkles
    return _sum({
        "under_eyes": 0.10 + 0.5 * w, "lids": 0.25 + 0.4 * w, "neck_front": 0.6 * w, "jaw_sides": 0.5 * w, "cheeks": 0.35 * w,
        "temples": 0.3 * w,
    })  # fmt: skip


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
