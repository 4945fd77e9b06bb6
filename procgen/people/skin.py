"""Skin: pigment, texture and make-up of a person, drawn from who they are, and the material they build."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ..params import beta, choice, draw, flag, fork, group, lognormal, normal, seed, spec, uniform
from .head_data import head_data
from .identity import Identity

# Who wears make-up for a portrait, a choice of ours: six women in seven, of the old six in ten; hardly a man.
MADE_UP, MADE_UP_OLD, MADE_UP_MEN = 0.85, 0.6, 0.01
# Median melanosome fraction by ancestry; the spread around it reaches well into the neighbours' range.
MELANIN = {"african": 0.185, "asian": 0.032, "european": 0.0074}
FINER_OF_WOMEN = 0.1  # of the depth of lines that come with the years, which women's lack: a choice of ours
NO_HAIR_SHADOW = (0.03, 0.02, 0.015)  # linear sRGB of the scalp of a person that is built without hair


@spec
class Makeup:
    """Decorative colour on the face."""

    lipstick: float = beta(1.8, 1.6, doc="cover of the lips, 0 none")
    lip_hue: float = beta(1.2, 1.6, doc="0 nude, then rose, red and berry to 1 plum")
    gloss: float = beta(1.5, 2.5, doc="shine of the lips")
    eyeshadow: float = beta(1.2, 2.5, doc="cover of the lids")
    eyeshadow_hue: float = uniform(0, 1, doc="0 brown, grey, violet, blue, green to 1 gold")
    liner: float = beta(1.5, 1.5, doc="strength of the line along the upper lid")
    blush: float = beta(1.3, 3.0, doc="rouge on the cheeks")
    foundation: float = beta(1.8, 1.8, absent=0.0, doc="how far a base evens the skin out, 0 none")


@spec
class Skin:
    """Pigment, relief and shine of the skin."""

    melanin: float = lognormal(0.03, 1.0, 0.006, 0.34, doc="volume fraction of melanosomes in the epidermis")
    haemoglobin: float = lognormal(0.033, 0.22, 0.008, 0.06, doc="volume fraction of blood in the dermis")
    redness: float = lognormal(1.0, 0.3, 0.3, 2.2, doc="how much blood shows in cheeks, nose and ears")
    unevenness: float = lognormal(1.0, 0.3, 0.3, 2.5, doc="strength of blotches")
    oiliness: float = beta(2.2, 2.6, doc="shine of forehead, nose and chin")
    roughness: float = normal(0.47, 0.04, 0.33, 0.62, doc="microscopic roughness of the surface")
    pores: float = lognormal(1.0, 0.3, 0.2, 2.5, doc="depth of pores, relative")
    wrinkles: float = beta(2, 5, doc="depth of lines; grows with age")
    under_eye: float = beta(2, 3.5, doc="dark tone under the eyes")
    freckles: float = beta(0.6, 4.0, doc="density of freckles")
    moles: float = beta(1.2, 3.5, doc="number of moles")
    blemishes: float = beta(1.0, 5.0, doc="pimples and red marks")
    age_spots: float = beta(1.0, 6.0, doc="brown spots of age")
    years: float = uniform(
        18, 88, unit="years", absent=40.0, doc="age of the skin: where it is dark and red, and how pale lips are"
    )
    masculine: float = uniform(0, 1, absent=0.5, doc="0 a woman's skin … 1 a man's: where it is dark and red")
    mottling: float = beta(1.2, 5.0, absent=0.15, doc="patches of brown and red that sun and age leave")
    veins: float = beta(1.0, 4.0, absent=0.15, doc="veins that shine through at temples and lids")
    sweat: float = beta(0.6, 8.0, absent=0.0, doc="film and beads of sweat on forehead, nose and upper lip")
    stubble_shadow: float = beta(1.5, 2.5, doc="dark shade of shaven hair under the skin")
    makeup_on: bool = flag(0.25, doc="wears make-up", says={True: "make-up"})
    makeup: Makeup = group(Makeup)
    undertone: str = choice({"neutral": 0.48, "warm": 0.36, "cool": 0.16}, doc="carotene or pallor in the base tone")
    seed: int = seed()


def sample_skin(rng: Generator, fixed=None, *, identity: Identity) -> Skin:
    """Draw skin for an identity: pigment by ancestry, relief by age, shadow and make-up by gender."""
    african, asian, european = identity.ancestry
    logs = np.log([MELANIN["african"], MELANIN["asian"], MELANIN["european"]])
    median = float(np.exp(logs @ [african, asian, european]))
    years = (identity.age - 18) / 70
    male = 1 - identity.gender
    pale = float(np.clip(np.log(0.05 / median) / 1.6, 0, 1))
    # Freckles are common on pale skin alone, shaved shade on men alone.
    freckles = beta(0.5, 4.0) if fork(rng, "freckled").random() < 0.1 + 0.35 * pale else beta(0.5, 20.0)
    return draw(
        Skin, rng, fixed,
        melanin=lognormal(median, 0.40, 0.006, 0.34),
        haemoglobin=lognormal(0.0325 - 0.001 * pale - 0.006 * years, 0.2, 0.008, 0.06),
        redness=lognormal(0.9 + 0.3 * pale, 0.28, 0.3, 2.2),
        years=normal(identity.age, 3.0, 18, 88),
        masculine=normal(male, 0.08, 0, 1),
        mottling=beta(1.0 + 2.5 * years * pale, 6.0 - 2.5 * years),
        veins=beta(0.8 + 1.2 * pale, 4.5 - 1.0 * years),
        wrinkles=normal(0.03 + (1.05 - FINER_OF_WOMEN * identity.gender) * years**1.08, 0.07, 0, 1),
        roughness=normal(0.425 + 0.06 * years, 0.035, 0.33, 0.62),
        pores=lognormal(1.15 + 0.35 * male + 0.3 * years, 0.25, 0.2, 2.5),
        age_spots=beta(1.0 + 2 * max(years - 0.4, 0), 6.0 - 4 * max(years - 0.4, 0)),
        blemishes=beta(1.0, 4.0 + 8 * years),
        under_eye=beta(2.0 + years, 4.0 - years),
        freckles=freckles,
        stubble_shadow=beta(1.2 + min(4 * years, 1.0), 2.0) if male > 0.55 else beta(0.6, 60.0),
        makeup_on=flag(MADE_UP + (MADE_UP_OLD - MADE_UP) * years if identity.gender > 0.6 else MADE_UP_MEN),
    )  # fmt: skip


def fold_drivers(wrinkles: float) -> dict[str, tuple[str, tuple[str, ...]]]:
    """What folds the skin, in the order of zones.fold_zones: family -> (an expression in a, b and c, the actions that
    these are). Lines that are there at rest fold deeper."""
    drivers = {
        "brow": (f"max(a, b, c) * {0.25 + 0.8 * wrinkles:.4g}", ("browInnerUp", "browOuterUpLeft", "browOuterUpRight")),
        "frown": (f"(a + b) * {0.2 + 0.4 * wrinkles:.4g}", ("browDownLeft", "browDownRight")),
    }
    for side in ("Left", "Right"):
        eye = (f"cheekSquint{side}", f"eyeSquint{side}", f"mouthSmile{side}")
        drivers[f"eye_{side.lower()}"] = (f"max((a + b) / 2, c * 0.7) * {0.25 + wrinkles:.4g}", eye)
    for side in ("Left", "Right"):
        drivers[f"smile_{side.lower()}"] = ("a * 0.3", (f"mouthSmile{side}",))
    return drivers


def luminance(skin: Skin) -> float:
    """The relative luminance of the skin's base colour."""
    from ..materials.pigment import face_colour

    return float(face_colour(skin) @ [0.2126, 0.7152, 0.0722])


def build_skin(skin: Skin, person) -> list:
    """Give the person's head its pictures and material (needs bpy).

    The pictures are ``person.texture`` px along an edge; raises SpecError unless that is in texels.SIZES.
    """
    from ..blender import set_attribute
    from ..materials.skin import FOLD_ATTRIBUTES, skin_material
    from .rig import key_source
    from .skin_pictures.pictures import skin_pictures
    from .skin_pictures.zones import fold_shares

    members, mesh = head_data().groups["body"], person.head.data
    shadow = tuple(getattr(person, "hair_shadow", NO_HAIR_SHADOW))
    pictures = skin_pictures(skin, shadow, _scalp(mesh, members), person.texture)
    for name, shares in zip(FOLD_ATTRIBUTES, np.split(fold_shares()[members], 2, 1), strict=True):
        set_attribute(mesh, name, "FLOAT_VECTOR", "POINT", shares)
    person.skin_luminance = luminance(skin)
    folds = {name: (formula, [key_source(person.head, action) for action in actions])
             for name, (formula, actions) in fold_drivers(skin.wrinkles).items()}  # fmt: skip
    mesh.materials.append(skin_material(skin, pictures, folds))
    return [person.head]


def _scalp(mesh, members: np.ndarray) -> np.ndarray | None:
    """How densely hair covers the template's vertices (v,), as the hair has written it; None without hair."""
    attribute = mesh.attributes.get("scalp")
    if attribute is None:
        return None
    shade = np.zeros(len(members), np.float32)
    attribute.data.foreach_get("value", shade)
    scalp = np.zeros(len(head_data().template), np.float32)
    scalp[members] = shade
    return scalp
