"""Scalp hair: the spec of a cut, and the strands that grow from the posed head."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...params import beta, child, choice, draw, flag, fork, group, lognormal, normal, seed, spec, uniform, within
from ..head_data import head_data
from ..identity import Identity
from ..parts import PART
from .colour import HairColour, sample_hair_colour, shadow_colour, strand_material
from .cut import density_of, lengths
from .grooms import GROOMS, TEXTURES, Groom
from .growth import has_parting, part_place
from .hairline import smoothstep
from .strands import along_cells, tapered

HAIRS = 110000  # on a scalp (Robbins, Chemical and Physical Behavior of Human Hair, 2012)
COVER = 0.75  # strands hide one another: so that fewer cover as much, their radius grows by this power
PALE = 0.7  # how much less skin is shaded under white hair
BARE = 0.6  # how much less it is shaded along a parting
BESIDE = 0.010  # metres beside it that the cage resolves
FADED = 0.65  # how much less skin is shaded at the ears under sides that are shaved
SHOWS, HIDES = 0.5, 0.020  # how much less under the shortest hair, and metres of hair that hide it
TIP, THINS = 0.12, 4.0  # radius at the tip over that at the root, and the power by which strands come to it
# Old people wear long hair less and tie it less, old women cut it between ear and shoulder: a choice of ours. Lengths on
# the top of the head, m; shares of the odds that are gone, or come, at 70.
LONG, HALF_LONG = 0.26, 0.12
OLD_TIED, OLD_LONG, OLD_HALF_LONG = 0.75, 0.5, 1.2


@spec
class Hair:
    """The hair of the scalp."""

    groom: str = choice(
        {name: 1.0 for name in GROOMS}, doc="cut", says={name: groom.says for name, groom in GROOMS.items()}
    )
    texture: str = choice({name: 1.0 for name in TEXTURES}, doc="natural form of the strands")
    length: float = lognormal(1.0, 0.13, 0.6, 1.6, doc="length, relative to the cut's")
    density: float = lognormal(1.0, 0.10, 0.2, 1.4, doc="number of strands, relative")
    volume: float = lognormal(1.0, 0.25, 0.4, 2.2, doc="how far the hair stands off the head")
    clumping: float = lognormal(1.0, 0.2, 0.3, 1.8, doc="how strongly locks hold together, relative")
    frizz: float = lognormal(1.0, 0.35, 0.3, 3.0, doc="disorder of single strands, relative")
    flyaways: float = beta(2, 4, doc="strands that leave the hair")
    curl: float = lognormal(1.0, 0.15, 0.5, 1.6, doc="size of curls, relative")
    part: float = normal(0.030, 0.008, 0.0, 0.05, unit="m", doc="distance of a side parting from the middle")
    part_left: bool = flag(0.55, doc="side parting on the person's left")
    hairline: float = normal(0.0, 0.004, -0.012, 0.02, unit="m", doc="height of the hairline over the usual one")
    recession: float = beta(1.2, 4, doc="how far the temples recede")
    balding: float = uniform(0, 1, doc="how bald the crown is")
    thickness: float = normal(0.000042, 0.000005, 0.00002, 0.00008, unit="m", doc="radius of a strand at its root")
    colour: HairColour = group(HairColour)
    seed: int = seed()


def _texture_weights(identity: Identity) -> dict[str, float]:
    african, asian, european = identity.ancestry
    return {
        "straight": 0.85 * asian + 0.42 * european, "wavy": 0.13 * asian + 0.40 * european + 0.02 * african,
        "curly": 0.02 * asian + 0.17 * european + 0.20 * african, "coily": 0.01 * european + 0.78 * african,
    }  # fmt: skip


def _groom_weights(identity: Identity, texture: str, hat: bool) -> dict[str, float]:
    female = identity.gender
    years = np.clip((identity.age - 30) / 40, 0, 1)
    weights = {}
    for name, groom in GROOMS.items():
        weight = groom.male * (1 - female) ** 3 + groom.female * female**3
        if texture not in groom.texture:
            weight *= 0.01
        if groom.balding or groom.recession or name == "bald":
            weight *= 0.15 + 2.6 * years * (1 - female)
        if groom.tie:
            weight *= 1 - OLD_TIED * years
        elif groom.top > LONG:
            weight *= 1 - OLD_LONG * years
        elif groom.top > HALF_LONG:
            weight *= 1 + OLD_HALF_LONG * years * female
        if hat and not groom.hat:
            weight = 0.0
        weights[name] = float(weight)
    return weights


def sample_hair(rng: Generator, fixed=None, *, identity: Identity, wear=None) -> Hair:
    """Draw hair: texture by ancestry, cut by texture, gender and age, and one that a hat goes over if one is worn."""
    hat = wear is not None and wear.headwear.kind != "none"
    wished = {key: value for key, value in (fixed or {}).items() if key in ("texture", "groom")}
    textures = choice(_texture_weights(identity))
    texture = draw(Hair, rng, wished, texture=textures, colour=sample_hair_colour(rng, identity=identity)).texture
    male_years = float((1 - identity.gender) * np.clip((identity.age - 25) / 50, 0, 1))
    return draw(
        Hair, rng, fixed, texture=textures, groom=choice(_groom_weights(identity, texture, hat)),
        recession=beta(1.0 + 4 * male_years, 5.0), balding=beta(0.25 + 0.8 * male_years, 4.0),
        hairline=normal(0.004 * male_years, 0.0035, -0.012, 0.02),
        density=lognormal(1.02 - 0.18 * male_years, 0.08, 0.2, 1.4),
        colour=sample_hair_colour(fork(rng, "colour"), within(fixed, "colour"), identity=identity),
    )  # fmt: skip


def build_hair(hair: Hair, person, quality: float = 1.0) -> list:
    """Grow the hair on the posed head (needs bpy); writes the scalp's shade for the skin.

    ``quality`` scales the number of strands, for quick looks.
    """
    from ...blender import curves_object
    from .head_of_hair import grow_hair

    groom = GROOMS[hair.groom]
    _shade_scalp(hair, groom, person)
    count = int(groom.strands * hair.density * quality)
    if count < 100:
        return []
    grown = grow_hair(hair, groom, person, count)
    if len(grown.strands) == 0:
        return []
    order = along_cells(grown.strands[:, 0])  # neighbours in a row: half a megabyte less of a saved file
    strands, lock, width, greys = (values[order] for values in grown)
    thick = hair.thickness * groom.thick * (1.25 if groom.locks else _stands_for(groom))
    rng = child(hair.seed, "shades")
    of_lock = rng.random(4096)
    shades = np.stack([rng.random(len(strands)), of_lock[lock % 4096], greys], 1)
    obj = curves_object(
        "Hair", strands, tapered(len(strands), strands.shape[1], thick * width[:, None], thick * TIP, THINS), part=PART["hair"],
        curve_attributes={"strand": ("FLOAT_VECTOR", shades)},
    )  # fmt: skip
    obj.data.materials.append(
        strand_material("Hair", hair.colour, 0.24 if hair.texture in ("straight", "wavy") else 0.33)
    )
    return [person.link(obj, "hair")]


def _stands_for(groom: Groom) -> float:
    """How much thicker strands are drawn than hairs are, as each stands for several that a pixel cannot tell apart."""
    return max(HAIRS / groom.strands, 1.0) ** COVER


def _shade_scalp(hair: Hair, groom: Groom, person) -> None:
    from ...blender import set_attribute

    data = head_data()
    members = data.groups["body"]
    shade = density_of(hair, groom, person)(data.template[members])
    if hair.groom == "bald":
        shade = shade * 0.22
    elif groom.top < 0.004:
        shade = shade * 0.80
    shade = shade * (1 - PALE * hair.colour.grey)
    if has_parting(groom):
        line = np.exp(-(((data.template[members][:, 0] - part_place(hair, groom)) / BESIDE) ** 2))
        shade = shade * (1 - BARE * line * smoothstep(data.template[members][:, 2], 0.05, 0.08))
    if groom.fade:
        shade = shade * (1 - FADED * groom.fade * (1 - smoothstep(data.template[members][:, 2], -0.02, 0.05)))
    if groom.top >= 0.004:  # between short hair skin shows
        shade = shade * (1 - SHOWS * (1 - smoothstep(lengths(hair, groom, data.template[members]), 0.002, HIDES)))
    person.hair_shadow = shadow_colour(hair.colour)
    set_attribute(person.head.data, "scalp", "FLOAT", "POINT", shade)
