"""Our own targets beside the packed ones: the eyes' size, corrections of size, and the forms of sex and age."""

from __future__ import annotations

import numpy as np

from .eyeballs import Balls, Target, sparse
from .necks import neck_fields
from .rims import closing_fields
from .traits import AGE, MALE, SEX, trait_field
from .warps import Moves, Warp, bump

BASE = "own/eyes"  # always on: makes the eyeballs of the base mesh as large as eyes are

# Where one millimetre more of each measure moves the handles, millimetres; a measure's name is that of its target.
SIZES: dict[str, Moves] = {
    "between_pupils": {
        name: (0.5, 0.0, 0.0)
        for name in ("inner_corner", "outer_corner", "lid_top_in", "lid_top_out", "lid_low_in", "lid_low_out", "lid_fold")
    } | {"brow_mid": (0.35, 0, 0), "brow_out": (0.25, 0, 0), "brow_in": (0.25, 0, 0), "orbit_low": (0.4, 0, 0),
         "orbit_side": (0.35, 0, 0), "nose_side": (0.2, 0, 0), "apple": (0.15, 0, 0), "zygoma": (0.12, 0, 0)},
    "eye_length": {"inner_corner": (-0.5, 0.6, 0), "outer_corner": (0.5, 0.9, 0), "lid_top_in": (-0.17, 0, 0),
                   "lid_top_out": (0.17, 0, 0), "lid_low_in": (-0.17, 0, 0), "lid_low_out": (0.17, 0, 0),
                   "orbit_side": (0.15, 0, 0)},
    "eye_opening": {"lid_top_in": (0, 0, 0.55), "lid_top_out": (0, 0, 0.55), "lid_low_in": (0, 0, -0.45),
                    "lid_low_out": (0, 0, -0.45), "lid_fold": (0, 0, 0.3)},
    "head_breadth": {"euryon": (0.5, 0, 0), "euryon_high": (0.42, 0, 0), "temple": (0.4, 0, 0), "top_side": (0.2, 0, 0),
                     "back_side": (0.28, 0, 0), "ear": (0.4, 0, 0), "ear_top": (0.46, 0, 0), "tragion": (0.32, 0, 0),
                     "lobe": (0.25, 0, 0), "forehead_side": (0.15, 0, 0), "neck_side": (0.1, 0, 0)},
    "head_length": {"opisthocranion": (0, 1, 0), "back_side": (0, 0.85, 0), "back_top": (0, 0.75, 0), "nape": (0, 0.7, 0),
                    "euryon": (0, 0.5, 0), "euryon_high": (0, 0.5, 0), "crown": (0, 0.35, 0), "top_side": (0, 0.4, 0),
                    "ear": (0, 0.2, 0), "ear_top": (0, 0.2, 0), "lobe": (0, 0.2, 0), "neck_back": (0, 0.4, 0)},
    "frontal_breadth": {"frontotemporale": (0.5, 0, 0), "temple": (0.25, 0, 0), "forehead_side": (0.35, 0, 0),
                        "brow_out": (0.3, 0, 0), "brow_mid": (0.12, 0, 0)},
    "cheek_breadth": {"zygion": (0.5, 0, 0), "zygoma": (0.42, 0, 0), "cheek": (0.28, 0, 0), "tragion": (0.35, 0, 0),
                      "orbit_side": (0.12, 0, 0), "ear": (0.3, 0, 0), "lobe": (0.3, 0, 0), "hollow": (0.2, 0, 0)},
    "jaw_breadth": {"gonion": (0.5, 0, 0), "jaw": (0.36, 0, 0), "jowl": (0.22, 0, 0), "chin_side": (0.08, 0, 0),
                    "hollow": (0.25, 0, 0), "under_jaw": (0.3, 0, 0), "neck_side": (0.2, 0, 0), "lobe": (0.15, 0, 0)},
    "face_outline": {"jaw": (0.55, 0, 0), "hollow": (0.42, 0, 0), "jowl": (0.1, 0, 0), "under_jaw": (0.3, 0, 0),
                     "cheek": (0.15, 0, 0), "chin_side": (-0.04, 0, 0)},
    "face_length": {"menton": (0, 0, -1), "chin_side": (0, 0, -0.95), "pogonion": (0, 0, -0.9), "jowl": (0, 0, -0.8),
                    "sublabiale": (0, 0, -0.6), "lip_bottom": (0, 0, -0.45), "lip_under": (0, 0, -0.45), "stomion": (0, 0, -0.4),
                    "cheilion": (0, 0, -0.4), "lip_top": (0, 0, -0.35), "lip_peak": (0, 0, -0.35), "lip_edge": (0, 0, -0.35),
                    "philtrum": (0, 0, -0.15), "jaw": (0, 0, -0.6), "gonion": (0, 0, -0.4), "under_jaw": (0, 0, -0.6),
                    "throat": (0, 0, -0.5), "hollow": (0, 0, -0.35)},
    "nose_length": {"subnasale": (0, 0, -1), "nose_tip": (0, 0, -0.9), "columella": (0, 0, -0.95),
                    "tip_side": (0, 0, -0.9), "supratip": (0, 0, -0.65), "ala": (0, 0, -0.9), "ala_base": (0, 0, -1),
                    "bridge": (0, 0, -0.4), "philtrum": (0, 0, -0.7), "lip_top": (0, 0, -0.45), "lip_peak": (0, 0, -0.45),
                    "lip_edge": (0, 0, -0.4), "stomion": (0, 0, -0.35), "cheilion": (0, 0, -0.3), "lip_bottom": (0, 0, -0.25),
                    "lip_under": (0, 0, -0.25), "sublabiale": (0, 0, -0.15), "apple": (0, 0, -0.3)},
    "nose_breadth": {"tip_side": (0.2, 0, 0), "ala": (0.5, 0, 0), "ala_base": (0.38, 0, 0), "philtrum": (0.08, 0, 0)},
    "nose_protrusion": {"nose_tip": (0, -1.1, 0.15), "columella": (0, -0.8, 0.1), "tip_side": (0, -0.95, 0.1),
                        "supratip": (0, -0.85, 0.05), "ala": (0, -0.35, 0), "bridge": (0, -0.5, 0), "nose_side": (0, -0.1, 0)},
    "nose_depth": {"nose_tip": (0, -1.05, 0), "columella": (0, -0.95, 0), "tip_side": (0, -0.95, 0), "supratip": (0, -0.9, 0),
                   "subnasale": (0, -0.6, 0), "bridge": (0, -0.5, 0), "ala_base": (0, -0.2, 0), "philtrum": (0, -0.5, 0),
                   "lip_top": (0, -0.35, 0), "lip_peak": (0, -0.35, 0), "lip_edge": (0, -0.25, 0), "stomion": (0, -0.32, 0),
                   "cheilion": (0, -0.15, 0), "lip_bottom": (0, -0.28, 0), "lip_under": (0, -0.2, 0), "sublabiale": (0, -0.1, 0)},
    "bridge_depth": {"sellion": (0, -1.05, 0), "glabella": (0, -0.6, 0), "bridge": (0, -0.75, 0), "nose_side": (0, -0.4, 0),
                     "brow_in": (0, -0.35, 0), "supratip": (0, -0.4, 0)},
    "mouth_breadth": {"cheilion": (0.5, 0.12, 0), "lip_edge": (0.3, 0, 0), "lip_under": (0.3, 0, 0), "lip_peak": (0.1, 0, 0),
                      "hollow": (0.1, 0, 0), "jowl": (0.06, 0, 0)},
    "upper_lip": {"lip_top": (0, 0, 1), "lip_peak": (0, 0, 0.95), "lip_edge": (0, 0, 0.55), "philtrum": (0, 0, 0.25)},
    "lower_lip": {"lip_bottom": (0, 0, -1.6), "lip_under": (0, 0, -0.9), "sublabiale": (0, 0, -0.3)},
    "mouth_corners": {"cheilion": (0, 0, 1), "lip_edge": (0, 0, 0.5), "lip_under": (0, 0, 0.55), "hollow": (0, 0, 0.25),
                      "jowl": (0, 0, 0.1)},
    "brow_height": {"brow_in": (0, 0, 0.9), "brow_mid": (0, 0, 1.05), "brow_out": (0, 0, 0.9), "glabella": (0, 0, 0.4),
                    "lid_fold": (0, 0, 0.45), "frontotemporale": (0, 0, 0.3)},
    "crown_height": {"crown": (0, 0, 1), "top_side": (0, 0, 0.9), "front_top": (0, 0, 0.78), "back_top": (0, 0, 0.85),
                     "forehead_side": (0, 0, 0.4), "forehead": (0, 0, 0.4), "euryon_high": (0, 0, 0.5), "temple": (0, 0, 0.15),
                     "euryon": (0, 0, 0.2)},
    "head_circumference": {"parietal": (0.22, 0.18, 0), "back_side": (0.2, 0.18, 0), "temple": (0.16, -0.1, 0),
                           "frontotemporale": (0, -0.14, 0), "forehead_side": (0.1, -0.1, 0), "top_side": (0.08, 0.05, 0),
                           "brow_out": (0, -0.08, 0)},
}  # fmt: skip
BROW_SLANT = "own/brow_slant"
# It turns a brow about its middle, so that its mean height stays, and so do the lids.
SLANTS: Moves = {"brow_in": (0, 0, 0.48), "brow_mid": (0, 0, 0.05), "brow_out": (0, 0, -0.70), "frontotemporale": (0, 0, -0.25),
                 "glabella": (0, 0, 0.2)}  # fmt: skip
BROW_ARCH = "own/brow_arch"
# It lifts the middle of a brow over its ends; the mean height stays.
ARCHES: Moves = {
    "brow_in": (0, 0, -0.45),
    "brow_mid": (0, 0, 0.55),
    "brow_out": (0, 0, -0.45),
    "lid_fold": (0, 0, 0.15),
}
MIDFACE = "own/midface"
# Women of the base model have noses and mouths that sit high between eyes and chin: by 68 points on photographs (LFPW's odd
# half) the root of the nose lies 2.1 mm, its base 2.8, its tip 4.7 and the lips 2.0 to 4.4 mm lower; men's are where they should be.
LOWER: Moves = {
    "sellion": (0, 0, -2.2), "bridge": (0, 0, -2.4), "supratip": (0, 0, -2.7), "nose_tip": (0, 0, -2.9), "columella": (0, 0, -2.8),
    "tip_side": (0, 0, -2.8), "ala": (0, 0, -2.5), "ala_base": (0, 0, -2.6), "subnasale": (0, 0, -2.6), "nose_side": (0, 0, -1.6),
    "philtrum": (0, 0, -2.1), "lip_top": (0, 0, -1.7), "lip_peak": (0, 0, -1.7), "lip_edge": (0, 0, -1.9), "stomion": (0, 0, -2.2),
    "cheilion": (0, 0, -2.2), "lip_bottom": (0, 0, -3.0), "lip_under": (0, 0, -2.9), "sublabiale": (0, 0, -1.6),
    "apple": (0, 0, -1.0), "hollow": (0, 0, -0.8),
}  # fmt: skip
LIKENESS = "own/likeness"
# What is left between the mean of faces on photographs (LFPW's odd half, 73 from the front) and of ours: lips that come to
# points at their corners, sides of the nose that fall away from its ridge, and fuller cheeks beside the mouth.
NEARER: Moves = {
    "lip_under": (0, 0, 1.4), "lip_edge": (0, 0, -0.8), "lip_peak": (0, 0, -0.45), "nose_side": (-0.8, 1.3, 0),
    "hollow": (1.0, -1.2, 0), "jaw": (0.8, -0.4, 0), "jowl": (0.5, -0.3, 0),
}  # fmt: skip
# Centre, spread and move in mm: the sides of the nose, its wings, and nostrils that are deep.
NOSE = (((12.5, -28, -24), (4.5, 7, 9), (-0.9, 1.5, 0)), ((15.6, -29.5, -38.0), (2.6, 3.6, 4.5), (1.0, -0.5, 0)),
        ((9.3, -30.8, -41.0), (2.0, 2.8, 1.7), (0.2, 0.8, 4.0)))  # fmt: skip
WHOLE = "whole"  # one per cent of all: bones, flesh and teeth


def own_targets(template: np.ndarray, balls: Balls) -> dict[str, Target]:
    """All own targets by name: indices and deltas in metres at weight 1."""
    warp = Warp(template)
    found = {BASE: sparse(balls.base(warp))}
    for name, moves in SIZES.items():
        found[f"size/{name}"] = sparse(balls.hold(warp.field(moves) / 1000, own=True))
    found[BROW_SLANT] = sparse(balls.hold(warp.field(SLANTS) / 1000, own=True))
    found[BROW_ARCH] = sparse(balls.hold(warp.field(ARCHES) / 1000, own=True))
    nearer = warp.field(NEARER) + sum(bump(template, *push) for push in NOSE)
    found[LIKENESS] = sparse(balls.hold(nearer / 1000, own=True))
    found[MIDFACE] = sparse(balls.hold(warp.field(LOWER) / 1000, own=True))
    for name, field in closing_fields(template, balls.body).items():
        found[f"own/lips_{name}"] = sparse(field)
    for name, field in neck_fields(template, warp).items():
        found[name] = sparse(balls.hold(field, own=True))
    found[f"size/{WHOLE}"] = sparse(balls.hold(template * 0.01, own=True))
    traits = {f"sex/{name}": trait for name, trait in (SEX | MALE).items()} | {
        f"age/{name}": trait for name, (trait, _) in AGE.items()
    }
    for name, trait in traits.items():
        found[name] = sparse(balls.hold(trait_field(template, warp, trait), own=True))
    return found
