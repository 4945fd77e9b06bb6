"""Beards, moustaches and stubble: the styles, how they are drawn, and the objects they become."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from ...params import beta, child, choice, draw, group, lognormal, normal, seed, spec, within
from ..identity import Identity
from ..parts import PART
from .brows import natural_colour
from .colour import HairColour, strand_material
from .strands import tapered

LATE = 0.85  # the power by which beards grey earlier than the scalp


class Style(NamedTuple):
    """A beard: lengths on chin and cheeks in metres, strands, the zones it covers (0…1), and how it ends.

    ``crisp`` sharpens its borders, ``point`` lengthens the middle into a tip.
    """

    says: str
    chin: float
    cheek: float
    strands: int
    zones: dict[str, float]
    crisp: float = 0.0
    point: float = 0.0


STYLES = {
    "none": Style("", 0, 0, 0, {}),
    "stubble_light": Style("light stubble", 0.0010, 0.0009, 15000, {"all": 1.0}),
    "stubble_heavy": Style("heavy stubble", 0.0020, 0.0019, 19000, {"all": 1.0}),
    "short_boxed": Style("a short beard", 0.0080, 0.0055, 19000, {"all": 1.0}, crisp=0.7),
    "full": Style("a full beard", 0.026, 0.013, 20000, {"all": 1.0}, point=0.25),
    "long_full": Style("a long beard", 0.085, 0.024, 20000, {"all": 1.0}, point=0.45),
    "ducktail": Style("a ducktail beard", 0.048, 0.009, 19000, {"all": 1.0}, crisp=0.5, point=0.9),
    "goatee": Style("a goatee", 0.020, 0.010, 6500, {"chin": 1.0, "soul": 0.9}),
    "van_dyke": Style("a Van Dyke beard", 0.032, 0.008, 5500, {"chin": 0.9, "soul": 0.8}, crisp=0.6, point=1.0),
    "circle": Style("a circle beard", 0.011, 0.008, 9000, {"chin": 1.0, "soul": 0.9, "corner": 1.0}, crisp=0.5),
    "chinstrap": Style("a chin strap", 0.005, 0.004, 8500, {"strap": 1.0}, crisp=0.9),
    "soul_patch": Style("a soul patch", 0.010, 0.008, 700, {"soul": 1.0}),
    "mutton_chops": Style("mutton chops", 0.020, 0.017, 15000, {"chops": 1.0}),
    "anchor": Style("an anchor beard", 0.012, 0.007, 5500, {"anchor": 1.0, "soul": 1.0}, crisp=0.9, point=0.4),
    "balbo": Style("a Balbo beard", 0.014, 0.008, 8000, {"anchor": 1.0, "chin": 1.0, "soul": 0.9}, crisp=0.5),
}  # fmt: skip


class Moustache(NamedTuple):
    """A moustache: length in metres, strands, half width in metres, angles from straight down at the middle and the ends
    in degrees (roots, then tips), share of the lip's height that it fills, and how far wax draws its hairs together."""

    says: str
    length: float
    strands: int
    half: float
    roots: tuple[float, float]
    tips: tuple[float, float]
    fill: float = 1.0
    wax: float = 0.35


MOUSTACHES = {
    "none": Moustache("", 0, 0, 0, (0, 0), (0, 0)),
    "natural": Moustache("a moustache", 0.0100, 3600, 0.033, (14, 58), (10, 44), wax=0.25),
    "chevron": Moustache("a thick moustache", 0.0125, 4600, 0.031, (12, 50), (8, 34), wax=0.28),
    "painter": Moustache("a broad moustache", 0.0110, 3200, 0.033, (20, 62), (22, 56)),
    "handlebar": Moustache("a handlebar moustache", 0.024, 2800, 0.028, (24, 74), (50, 158), wax=0.85),
    "imperial": Moustache("an imperial moustache", 0.026, 3000, 0.030, (30, 82), (80, 172), wax=0.75),
    "pencil": Moustache("a pencil moustache", 0.0042, 1100, 0.026, (30, 66), (36, 62), fill=0.42, wax=0.1),
    "walrus": Moustache("a walrus moustache", 0.0240, 4200, 0.031, (4, 34), (0, 8), wax=0.4),
    "horseshoe": Moustache("a horseshoe moustache", 0.0130, 5000, 0.034, (10, 40), (4, 14)),
    "lampshade": Moustache("a lampshade moustache", 0.0085, 2500, 0.023, (6, 30), (4, 20)),
    "fu_manchu": Moustache("a Fu Manchu moustache", 0.0620, 1500, 0.030, (30, 64), (30, 2), wax=0.8),
    "stubble": Moustache("", 0.0017, 2400, 0.031, (8, 40), (4, 30), wax=0.0),
}  # fmt: skip


@spec
class Beard:
    """Facial hair of jaw and lip."""

    style: str = choice({name: 1.0 for name in STYLES}, doc="beard", says={n: s.says for n, s in STYLES.items()})
    moustache: str = choice(
        {name: 1.0 for name in MOUSTACHES}, doc="moustache", says={n: m.says for n, m in MOUSTACHES.items()}
    )
    length: float = lognormal(1.0, 0.2, 0.5, 2.0, doc="length, relative to the style's")
    density: float = lognormal(1.0, 0.2, 0.3, 1.6, doc="number of strands, relative")
    patchiness: float = beta(1.5, 4.0, doc="how unevenly it grows")
    curl: float = beta(2, 3, doc="how far strands curl")
    redder: float = normal(0.08, 0.08, -0.1, 0.4, doc="pheomelanin over that of the scalp")
    colour: HairColour = group(HairColour)
    seed: int = seed()


STYLE_WEIGHTS = {
    "none": 0.40, "stubble_light": 0.13, "stubble_heavy": 0.12, "short_boxed": 0.10, "full": 0.08, "long_full": 0.02,
    "ducktail": 0.012, "goatee": 0.03, "van_dyke": 0.012, "circle": 0.025, "chinstrap": 0.012, "soul_patch": 0.008,
    "mutton_chops": 0.008, "anchor": 0.01, "balbo": 0.012,
}  # fmt: skip
# Which moustaches go with a style; what is not listed takes FULL.
FULL = {"natural": 0.62, "chevron": 0.20, "painter": 0.06, "walrus": 0.03, "handlebar": 0.05, "imperial": 0.02}
ALONE = {"none": 0.92, "natural": 0.02, "chevron": 0.02, "handlebar": 0.006, "pencil": 0.008, "walrus": 0.004,
         "horseshoe": 0.008, "lampshade": 0.006, "imperial": 0.002, "painter": 0.004, "fu_manchu": 0.002}  # fmt: skip
PAIRS = {
    "none": ALONE, "stubble_light": {"stubble": 0.93, "natural": 0.05, "chevron": 0.02},
    "stubble_heavy": {"stubble": 0.90, "natural": 0.07, "chevron": 0.03}, "chinstrap": {"none": 0.6, "stubble": 0.2, "pencil": 0.2},
    "soul_patch": {"none": 0.6, "pencil": 0.2, "stubble": 0.2}, "circle": {"natural": 0.8, "lampshade": 0.0, "painter": 0.2},
    "van_dyke": {"natural": 0.3, "handlebar": 0.4, "imperial": 0.1, "pencil": 0.2}, "anchor": {"pencil": 0.7, "natural": 0.3},
    "mutton_chops": {"none": 0.35, "natural": 0.35, "walrus": 0.15, "chevron": 0.15},
    "goatee": {"none": 0.35, "natural": 0.45, "stubble": 0.2},
}  # fmt: skip


def sample_beard(rng: Generator, fixed=None, *, identity: Identity, hair=None) -> Beard:
    """Draw facial hair: men's alone; coarse hair curls, it thickens with age, and is redder than the scalp."""
    male = identity.gender < 0.45
    youth = float(np.clip((27 - identity.age) / 9, 0, 1))
    styles = {name: float(name == "none") for name in STYLES}
    if male:
        # Few of the very young grow a full one, and a few of the old let it grow long.
        styles = STYLE_WEIGHTS | {
            "full": 0.08 * (1 - 0.7 * youth), "long_full": (0.02 + 0.02 * (identity.age > 50)) * (1 - 0.9 * youth),
            "stubble_light": 0.13 + 0.08 * youth,
        }  # fmt: skip
    colour = natural_colour(rng, within(fixed, "colour"), identity, hair, LATE)
    first = draw(Beard, rng, {k: v for k, v in (fixed or {}).items() if k == "style"}, style=choice(styles))
    pair = PAIRS.get(first.style, FULL) if male else {"none": 1.0}
    african, asian, _ = identity.ancestry
    return draw(
        Beard, rng, fixed, style=choice(styles), moustache=choice({name: pair.get(name, 0.0) for name in MOUSTACHES}),
        curl=beta(1.6 + 5 * african, 3.4 - 2.2 * african), density=lognormal(1.0 - 0.25 * asian - 0.15 * youth, 0.18, 0.3, 1.6),
        patchiness=beta(1.3 + 1.5 * youth + asian, 4.0), colour=colour,
    )  # fmt: skip


def build_beard(beard: Beard, person) -> list:
    """Build beard and moustache as curves on the posed skin (needs bpy)."""
    from ...blender import curves_object
    from .whiskers import grow_beard, grow_moustache

    colour = dataclasses.replace(beard.colour, redness=min(max(beard.colour.redness + beard.redder, 0.0), 1.0))
    objects = []
    grown = (("Beard", grow_beard(beard, STYLES[beard.style], person, child(beard.seed, "beard"))),
             ("Moustache", grow_moustache(beard, MOUSTACHES[beard.moustache], person, child(beard.seed, "moustache"))))  # fmt: skip
    for name, made in grown:
        if made is None:
            continue
        strands, randoms = made
        # Terminal hair of the face is thicker than that of the scalp; stubble is cut and keeps its width.
        short = strands.shape[1] < 6
        spread = np.exp(0.22 * np.clip(child(beard.seed, name, "widths").normal(size=(len(strands), 1)), -2, 2))
        radii = tapered(len(strands), strands.shape[1], 0.000058 * spread, 0.000045 if short else 0.000012, 2.5)
        obj = curves_object(
            name, strands, radii, part=PART["beard"], curve_attributes={"strand": ("FLOAT_VECTOR", randoms)}
        )
        obj.data.materials.append(strand_material(name, colour, 0.34, 0.12 if short else 0.0))
        objects.append(person.link(obj, "beard"))
    return objects
