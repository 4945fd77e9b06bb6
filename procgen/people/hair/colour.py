"""Hair colour: melanin, grey and dye, drawn from ancestry and age."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...params import beta, choice, draw, fork, normal, spec, uniform
from ..identity import Identity

# Melanin and redness of Cycles' principled hair for each natural family.
NATURAL = {
    "black": (0.93, 0.25), "dark brown": (0.78, 0.38), "brown": (0.60, 0.45), "auburn": (0.54, 0.75), "red": (0.42, 0.92),
    "dark blond": (0.40, 0.42), "blond": (0.26, 0.38), "light blond": (0.17, 0.30),
}  # fmt: skip
DYES = {
    "platinum": (0.62, 0.54, 0.42), "pink": (0.62, 0.14, 0.30), "blue": (0.05, 0.14, 0.42), "green": (0.06, 0.30, 0.14),
    "purple": (0.22, 0.06, 0.38), "copper": (0.48, 0.14, 0.04), "burgundy": (0.20, 0.02, 0.045),
}  # fmt: skip
EUROPEAN = {"black": 0.06, "dark brown": 0.27, "brown": 0.27, "auburn": 0.06, "red": 0.05, "dark blond": 0.14, "blond": 0.11,
            "light blond": 0.04}  # fmt: skip
OTHERS = {"black": 0.72, "dark brown": 0.24, "brown": 0.035, "auburn": 0.005}


LOUD = ("pink", "blue", "green", "purple")  # dyes that no hair has by nature
# Years at which hair begins to grey, mean and deviation, and until it is white; whites grey from 34 ± 10 on, blacks from 44 ± 10 on
# (Tobin and Paus 2001, doi 10.1016/S0531-5565(00)00206-4, recalled), and some dye it in its own colour.
GREYING, WHITENING = (44.0, 9.0), 30.0
COVERED, COVER_OF_GREY = 0.2, 0.9  # the share of women who cover their grey, a choice of ours, and how much of it
LOUD_SHARE = 0.2  # of all who dye their hair


def dyes_worn(dyed: float) -> dict[str, float]:
    """How often each dye is worn where a share of people dyes its hair: seldom one that no hair has by nature."""
    quiet = len(DYES) - len(LOUD)
    each = {True: LOUD_SHARE / len(LOUD), False: (1 - LOUD_SHARE) / quiet}
    return {"none": 1 - dyed} | {name: dyed * each[name in LOUD] for name in DYES}


@spec
class HairColour:
    """What colours a strand."""

    family: str = choice({name: 1.0 for name in NATURAL}, doc="natural colour")
    melanin: float = uniform(0, 1, doc="amount of melanin")
    redness: float = uniform(0, 1, doc="share of pheomelanin")
    grey: float = uniform(0, 1, doc="share of white strands")
    dye: str = choice(dyes_worn(0.04), doc="dyed colour")
    variation: float = beta(2, 4, doc="how far strands differ")


def sample_hair_colour(rng: Generator, fixed=None, *, identity: Identity) -> HairColour:
    """Draw a colour; grey comes with age, and some women cover it; dye comes with youth."""
    european = identity.ancestry[2] ** 1.3
    weights = {name: european * EUROPEAN[name] + (1 - european) * OTHERS.get(name, 0.0) for name in NATURAL}
    first = {key: value for key, value in (fixed or {}).items() if key == "family"}
    family = draw(HairColour, rng, first, family=choice(weights)).family
    melanin, redness = NATURAL[family]
    onset = fork(rng, "grey").normal(*GREYING)
    grey = float(np.clip((identity.age - onset) / WHITENING, 0, 1)) ** 0.8
    if fork(rng, "covered").random() < COVERED * identity.gender:
        grey *= 1 - COVER_OF_GREY
    dyed = 0.06 if identity.age < 45 else 0.02
    return draw(
        HairColour, rng, fixed, family=choice(weights), melanin=normal(melanin, 0.03, 0, 1), redness=normal(redness, 0.06, 0, 1),
        grey=normal(grey, 0.02, 0, 1), dye=choice(dyes_worn(dyed)),
    )  # fmt: skip


def shadow_colour(colour: HairColour) -> tuple[float, float, float]:
    """Linear sRGB of a dense patch of this hair, for the skin beneath it."""
    if colour.dye != "none":
        base = np.array(DYES[colour.dye]) * 0.4
    else:
        dark, red = np.array([0.011, 0.008, 0.006]), np.array([0.16, 0.06, 0.02])
        light = np.array([0.30, 0.20, 0.10])
        t = 1 - colour.melanin
        base = dark + (light - dark) * t**1.8 * (1 - colour.redness) + red * t * colour.redness
    return tuple((base * (1 - colour.grey) + np.array([0.28, 0.27, 0.26]) * colour.grey).tolist())


def strand_material(name: str, colour: HairColour, roughness: float, darker: float = 0.0):
    """The material of strands of a colour, whose melanin may be ``darker`` (needs bpy)."""
    from ...materials.hair import hair_material

    return hair_material(name, colour, shadow_colour(colour), DYES.get(colour.dye), roughness, darker)
