"""Forms of sex and age: what bone, fat and gravity do to a head beside the base model, as displacement fields in millimetres."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .warps import Moves, Warp, bump, fold


class Trait(NamedTuple):
    """A form at full strength: handles that move, Gaussian pushes (centre, spread, move) and creases (line, width, depth)."""

    moves: Moves = {}
    bumps: tuple = ()
    folds: tuple = ()


# A man has each at +1 and a woman at -1, times what is their own.
SEX = {
    "brow_ridge": Trait({"glabella": (0, -1.3, 0), "brow_in": (0, -1.3, 0.1), "brow_mid": (0, -1.3, -0.3),
                         "brow_out": (0.3, -0.5, -0.3), "forehead": (0, 1.0, 0), "forehead_side": (0, 0.6, 0),
                         "lid_fold": (0, -0.5, -0.7), "front_top": (0, 1.2, 0)}),
    "jaw_angle": Trait({"gonion": (0.6, 1.0, -2.6), "jaw": (0.7, 0, -1.9), "under_jaw": (0.5, 0, -1.4), "jowl": (0.8, 0, -1.0)}),
    "chin": Trait({"pogonion": (0, -1.1, 0), "chin_side": (2.7, -0.7, -0.5), "menton": (0, -0.6, -0.6), "jowl": (1.0, 0, 0),
                   "sublabiale": (0, 0.5, 0)}),
    "cheeks": Trait({"apple": (-0.3, 0.9, 0.0), "hollow": (-0.9, 0.7, 0), "zygoma": (0.5, 0, -0.4), "cheek": (-0.5, 0.5, 0)}),
    "lips": Trait({"lip_top": (0, 0.7, 0), "lip_peak": (0, 0.7, 0), "lip_bottom": (0, 0.7, 0), "lip_under": (0, 0.4, 0)}),
    "nose": Trait({"bridge": (0, -0.8, 0), "sellion": (0, -0.5, 0), "supratip": (0, -0.6, 0), "nose_tip": (0, 0, -0.8),
                   "columella": (0, 0, -0.7), "tip_side": (0.3, 0, -0.5)}),
    "lids": Trait({"lid_fold": (0, -0.5, -0.8), "lid_top_out": (0, 0, -0.15), "outer_corner": (0, 0, -0.2)}),
    "neck": Trait({"neck_side": (2.6, 0, 0), "neck_low": (4.5, 1.0, 0), "neck_front": (0, -1.5, 0), "larynx": (0, -0.8, 0),
                   "nape": (0, 1.5, 0), "neck_back": (0, 2.0, 0), "throat": (0, 0, -0.6)}),
}  # fmt: skip
# Of men alone.
MALE = {"adams_apple": Trait(bumps=(((0, 50, -137), (6.5, 14, 8), (0, -3.4, -0.4)),))}

# Form -> what it is at its fullest, and the years between which it comes.
AGE = {
    "brow_descent": (Trait({"brow_out": (0, 0, -2.6), "brow_mid": (0, 0, -1.7), "brow_in": (0, 0, -0.9), "lid_fold": (0, -0.5, -1.2)}),
                     (30, 68)),
    "hooded_lids": (Trait({"lid_top_out": (0, 0, -0.9), "lid_top_in": (0, 0, -0.4), "outer_corner": (0, 0, -0.7)},
                          bumps=(((39, -13, 9.5), (8, 9, 4.2), (0.3, -1.7, -1.7)),)), (34, 70)),
    "eye_bags": (Trait({"lid_low_in": (0, 0, -0.35), "lid_low_out": (0, 0, -0.45)},
                       bumps=(((30, -17, -11.5), (10, 8, 4.0), (0, -2.0, -0.6)), ((22, -20, -19), (8, 8, 5), (0, 1.4, 0)),
                              ((36, -14, -21), (9, 8, 4), (0, 1.1, 0)))), (30, 66)),
    "nasolabial_folds": (Trait(bumps=(((33, -22, -41), (9, 10, 9), (0.5, -1.8, -1.9)),),
                               folds=((((19, -26, -42), (24.5, -25, -52), (30, -20, -61), (33, -16, -68)), 3.8, 2.3),)), (29, 66)),
    "marionette_folds": (Trait(folds=((((28, -18, -70), (30, -15, -80), (29, -11, -92)), 3.6, 1.9),)), (36, 70)),
    "jowls": (Trait({"jaw": (0, 0, -0.8)},
                    bumps=(((40, -4, -86), (12, 14, 11), (1.8, -1.5, -3.0)), ((23, -12, -101), (8, 10, 8), (-0.3, 1.2, 0.6)))),
              (37, 70)),
    "cheek_descent": (Trait(bumps=(((38, -17, -31), (13, 14, 9), (-0.3, 1.7, -0.6)), ((42, -10, -52), (11, 13, 10), (0.6, -1.0, -1.6)))),
                      (34, 70)),
    "throat": (Trait(bumps=(((0, 25, -118), (18, 26, 14), (0, -2.0, -4.2)), ((0, 45, -135), (9, 14, 14), (0, -3.0, -1.0)))), (40, 76)),
    "neck_bands": (Trait(folds=((((4, 38, -122), (5, 52, -145), (6, 48, -175)), 4.5, 1.6),
                                (((14, 36, -122), (18, 55, -145), (24, 52, -175)), 4.5, -2.2))), (40, 76)),
    "lips": (Trait({"lip_top": (0, 1.0, -1.1), "lip_peak": (0, 0.9, -1.2), "lip_edge": (0, 0.5, -0.6), "lip_bottom": (0, 1.0, 0.9),
                    "lip_under": (0, 0.6, 0.6), "cheilion": (0, 0.4, -1.0), "philtrum": (0, 0.4, -0.4)}), (34, 72)),
    "ears": (Trait({"lobe": (0.3, 0.2, -4.0), "ear_top": (0.4, 0.5, 1.3), "ear": (0.9, 0.7, -0.6)}), (25, 85)),
    "nose": (Trait({"nose_tip": (0, -0.5, -2.1), "columella": (0, 0, -1.5), "tip_side": (0.6, 0, -1.4), "ala": (0.6, 0, -0.5),
                    "supratip": (0, -0.2, -0.9)}), (30, 85)),
    "temples": (Trait(bumps=(((63, 14, 26), (9, 15, 14), (-2.6, 0.6, 0)),)), (38, 76)),
    "hollow_cheeks": (Trait(bumps=(((51, -2, -54), (11, 15, 14), (-2.4, 1.4, 0)),)), (42, 78)),
    "orbits": (Trait(bumps=(((27, -16, 12), (9, 9, 4), (0, 1.5, 0.3)),)), (44, 78)),
}  # fmt: skip


# What of it comes to women less, as shares; the rest comes to both alike.
WOMEN = {
    "brow_descent": 0.25, "hooded_lids": 0.8, "nasolabial_folds": 0.7, "marionette_folds": 0.7, "nose": 0.2, "ears": 0.7,
    "lips": 0.45, "orbits": 0.5, "temples": 0.7, "hollow_cheeks": 0.35,
}  # fmt: skip
# How much further than AGE says the forms of flesh that hangs go, as factors.
HANGING = {
    "hooded_lids": 1.4, "eye_bags": 1.6, "nasolabial_folds": 1.6, "marionette_folds": 0.8, "jowls": 1.5, "cheek_descent": 1.35,
    "throat": 1.45, "neck_bands": 1.5,
}  # fmt: skip
APART = 1.25  # how much further than SEX says men and women stand apart
# Years between which a man's bones come to all that, and the share of it that he has before (Enlow and Hans, Essentials of
# Facial Growth, 1996, recalled: brow, nose and jaw of men grow on into the third decade).
GROWN, YOUTH = (18.0, 30.0), 0.75
# How much further yet a woman's head goes, as factors: what a face is read as a woman's by.
FURTHER = {
    "brow_ridge": 2.1,
    "jaw_angle": 1.9,
    "chin": 1.1,
    "cheeks": 1.5,
    "lips": 2.0,
    "nose": 1.2,
    "lids": 2.1,
    "neck": 1.5,
}
# Years in which forms of age take from a woman's face what tells it as one, and the factor by which it goes further against
# that. Necks have their own fit, and a chin that goes back further faces the ground.
FADES, AGAINST, STAYS = (45.0, 75.0), 1.35, ("neck", "chin")


def trait_field(template: np.ndarray, warp: Warp, trait: Trait) -> np.ndarray:
    """The field (n, 3) of a trait at full strength, metres."""
    field = warp.field(trait.moves) if trait.moves else np.zeros_like(template)
    for centre, spread, move in trait.bumps:
        field = field + bump(template, centre, spread, move)
    for line, width, depth in trait.folds:
        field = field + fold(template, line, width, depth)
    return field / 1000


def strength(years: float, span: tuple[float, float]) -> float:
    """How far a form of age has come: 0 before its span, 1 at its end, a little more beyond it."""
    share = float(np.clip((years - span[0]) / (span[1] - span[0]), 0.0, 1.2))
    return share * share * (3 - 2 * share) if share < 0.5 else 0.5 + 1.5 * (share - 0.5) - 0.5 * (share - 0.5) ** 2


def trait_weights(years: float, gender: float, ageing: dict[str, float], sex: dict[str, float]) -> dict[str, float]:
    """The weight of every trait's target, from a person's years and gender (0 male … 1 female) and their own measure of each."""
    weights = {}
    for name, (_, span) in AGE.items():
        share = 1 + gender * (WOMEN.get(name, 1.0) - 1)
        weights[f"age/{name}"] = ageing[name] * share * HANGING.get(name, 1.0) * strength(years, span)
    lean = 1 - 2 * gender
    grown = float(np.interp(years, GROWN, (YOUTH, 1.0)))
    against = float(np.interp(years, FADES, (1.0, AGAINST)))
    further = {name: FURTHER[name] * (1.0 if name in STAYS else against) if lean < 0 else grown for name in SEX}
    weights |= {f"sex/{name}": APART * sex[name] * lean * further[name] for name in SEX}
    weights |= {f"sex/{name}": sex[name] * max(1 - 2 * gender, 0.0) for name in MALE}
    return {name: weight for name, weight in weights.items() if weight}
