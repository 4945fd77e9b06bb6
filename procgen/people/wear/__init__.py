"""Things worn: garment, headwear, glasses, mask and earrings, with their cloth and colours."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.random import Generator

from ...materials.cloth import FABRICS, PATTERNS
from ...params import beta, child, choice, draw, fields, fork, group, seed, spec, uniform, vector, within
from ..identity import Identity
from .accessories import EARRINGS, MASKS, build_earrings, build_mask
from .cuts import GARMENTS
from .garments import build_garment
from .glasses import GLASSES, build_glasses
from .headwear import HEADWEAR, build_headwear

# Hue, saturation and value ranges of dyed cloth, with how often they are worn.
PALETTES = {
    "black": 0.16, "white": 0.15, "grey": 0.15, "navy": 0.13, "denim_blue": 0.08, "earth": 0.11, "red": 0.07, "green": 0.07,
    "pastel": 0.10, "bright": 0.05,
}  # fmt: skip
HAT_PALETTES = {  # those of hats: few shine out
    "black": 0.24, "white": 0.07, "grey": 0.18, "navy": 0.16, "denim_blue": 0.06, "earth": 0.16, "red": 0.05, "green": 0.05,
    "pastel": 0.02, "bright": 0.01,
}  # fmt: skip
STRAW = "straw"  # no dye: what straw is woven of, from pale to tan
RANGES = {
    "black": ((0, 1), (0, 0.2), (0.008, 0.03)), "white": ((0, 1), (0, 0.08), (0.62, 0.78)), "grey": ((0, 1), (0, 0.1), (0.08, 0.4)),
    "navy": ((0.60, 0.66), (0.5, 0.8), (0.03, 0.10)), "denim_blue": ((0.57, 0.62), (0.4, 0.65), (0.12, 0.30)),
    "earth": ((0.05, 0.11), (0.35, 0.65), (0.10, 0.40)), "red": ((0.97, 1.02), (0.6, 0.9), (0.15, 0.45)),
    "green": ((0.25, 0.42), (0.3, 0.7), (0.06, 0.28)), "pastel": ((0, 1), (0.15, 0.35), (0.50, 0.72)),
    "bright": ((0, 1), (0.65, 0.9), (0.35, 0.6)), STRAW: ((0.095, 0.13), (0.42, 0.62), (0.40, 0.66)),
}  # fmt: skip

SUNGLASSES = 0.025  # of people who wear them on portraits: a choice of ours
# What is worn below jackets: white most often, then light blue, grey, black, dusty pink.
INNER = (
    (0.72, 0.72, 0.71),
    (0.70, 0.70, 0.69),
    (0.42, 0.52, 0.66),
    (0.30, 0.30, 0.31),
    (0.02, 0.02, 0.022),
    (0.60, 0.44, 0.42),
)


UNDYED = {"earth": 1.0}  # the family that straw is of
COVERS_EARS = ("headscarf", "hood")  # no earring shows under these
DRAPED = {
    "silk": "satin",
    "cotton": "voile",
}  # what headscarves and bandanas are made of, by the fabric of other things
OWN_TRIM = 0.6  # how much darker their trim is where it is of their own colour
BANDS = ("black", "navy", "earth", "red", "white")  # of hats


@spec
class Cloth:
    """A cloth: fabric, pattern and two colours."""

    fabric: str = choice({name: 1.0 for name in FABRICS}, doc="fabric")
    pattern: str = choice({name: 1.0 for name in PATTERNS}, doc="pattern")
    palette: str = choice(PALETTES, doc="family of the first colour")
    colours: tuple = vector(
        {f"{which}_{channel}": uniform(0, 1) for which in ("first", "second") for channel in ("red", "green", "blue")},
        unit="linear sRGB", doc="the two colours",
    )  # fmt: skip


@spec
class Garment:
    """The upper garment."""

    kind: str = choice(
        {name: 1.0 for name in GARMENTS}, doc="cut", says={name: cut.says for name, cut in GARMENTS.items()}
    )
    cloth: Cloth = group(Cloth)
    seed: int = seed()


@spec
class Headwear:
    """What is worn on the head."""

    kind: str = choice(
        {"none": 7.0} | {name: 1.0 for name in HEADWEAR},
        doc="kind",
        says={name: hat.says for name, hat in HEADWEAR.items()},
    )
    cloth: Cloth = group(Cloth)
    seed: int = seed()


@spec
class Wear:
    """Everything worn."""

    garment: Garment = group(Garment)
    headwear: Headwear = group(Headwear)
    glasses: str = choice(
        {"none": 30.0} | {name: 1.0 for name in GLASSES}, doc="glasses", says={n: s.says for n, s in GLASSES.items()}
    )
    frame: str = choice(
        {
            "black": 0.30,
            "tortoise": 0.20,
            "clear": 0.06,
            "coloured": 0.10,
            "gold": 0.11,
            "rose_gold": 0.04,
            "silver": 0.10,
            "gunmetal": 0.09,
        },
        doc="material of the frame",
    )
    frame_hue: float = uniform(0, 1, doc="hue of a coloured frame")
    lens: str = choice({"grey": 0.45, "brown": 0.28, "green": 0.2, "blue": 0.07}, doc="colour of sunglasses")
    tint: float = uniform(0.72, 0.97, doc="how dark sunglasses are")
    gradient: float = beta(0.5, 1.4, doc="how far sunglasses fade toward their lower edge")
    mask: str = choice({"none": 40.0} | {name: 0.4 for name in MASKS}, doc="face mask", says=MASKS)
    earrings: str = choice({"none": 6.0} | {name: 1.0 for name in EARRINGS}, doc="earrings", says=EARRINGS)
    jewel: str = choice({"gold": 0.5, "silver": 0.5}, doc="metal of earrings")


def hue_colour(hue: float, saturation: float, value: float) -> list[float]:
    """The linear colour of dyed cloth."""
    tint = np.clip(np.abs((hue * 6 + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
    # Cloth absorbs gradually: mixing toward grey in linear light looks right where display values would glow.
    return (value * (1 - saturation + saturation * tint)).tolist()


def _colour(rng: Generator, palette: str) -> list[float]:
    return hue_colour(*(rng.uniform(low, high) for low, high in RANGES[palette]))


def _sample_cloth(rng: Generator, fixed, fabrics: tuple[str, ...], plain: float, palettes: dict = PALETTES) -> Cloth:
    palette = {key: value for key, value in (fixed or {}).items() if key == "palette"}
    natural = fabrics == ("straw",) and not palette
    family = {"palette": choice({name: UNDYED.get(name, 1e-6) for name in PALETTES} if natural else palettes)}
    first = draw(Cloth, rng, palette, **family)
    names = BANDS if natural or palettes is HAT_PALETTES else list(PALETTES)
    second = names[int(fork(rng, "second").integers(len(names)))]
    colours = _colour(fork(rng, "one"), STRAW if natural else first.palette) + _colour(fork(rng, "two"), second)
    plain = 1 - 1e-6 if natural else plain
    patterns = {name: (plain if name == "plain" else (1 - plain) / (len(PATTERNS) - 1)) for name in PATTERNS}
    return draw(
        Cloth, rng, fixed, fabric=choice({name: float(name in fabrics) for name in FABRICS}), pattern=choice(patterns),
        colours=[float(f"{min(max(c, 0.004), 0.85):.6g}") for c in colours], **family,
    )  # fmt: skip


def _all(weights: dict[str, float]) -> dict[str, float]:
    """Weights over every frame material, so that a wish for an unlikely one is still allowed."""
    return {name: weights.get(name, 1e-6) for name in fields(Wear)["frame"].distribution.options}


def odds(table: dict, identity: Identity) -> dict[str, float]:
    """How often somebody of this sex and age wears each of a table of cuts or hats, relative to each other."""
    female, later = identity.gender, float(np.clip((identity.age - 20) / 50, 0, 1.2))
    return {name: (row.male * (1 - female) + row.female * female) * row.old**later for name, row in table.items()}


def sample_wear(rng: Generator, fixed=None, *, identity: Identity) -> Wear:
    """Draw what somebody wears, by gender and age."""
    garment_wish, hat_wish = within(fixed, "garment"), within(fixed, "headwear")
    hats = odds(HEADWEAR, identity)
    hats = {"none": 3.55 * sum(hats.values())} | hats
    hat_kind = draw(
        Headwear, fork(rng, "hat"), {k: v for k, v in hat_wish.items() if k == "kind"}, kind=choice(hats)
    ).kind
    kinds = odds(GARMENTS, identity)
    if hat_kind == "hood":
        kinds = {name: 1.0 if name == "hoodie" else 1e-6 for name in kinds}
    elif hat_kind == "headscarf":  # its ends lie on the shoulders, where no collar may stand
        kinds = {name: weight if GARMENTS[name].collar in ("rib", "hem") and not GARMENTS[name].sleeveless else 1e-6
                 for name, weight in kinds.items()}  # fmt: skip
    kinds = choice(kinds)
    kind = draw(Garment, fork(rng, "garment"), {k: v for k, v in garment_wish.items() if k == "kind"}, kind=kinds).kind
    cloth = _sample_cloth(fork(rng, "cloth"), within(garment_wish, "cloth"), GARMENTS[kind].fabrics, 0.58)
    garment = draw(Garment, fork(rng, "garment"), garment_wish, kind=kinds, cloth=cloth)
    fabrics = HEADWEAR[hat_kind].fabrics if hat_kind != "none" else tuple(FABRICS)
    plain = HEADWEAR[hat_kind].plain if hat_kind != "none" else 0.75
    hat_cloth = _sample_cloth(fork(rng, "hat cloth"), within(hat_wish, "cloth"), fabrics, plain, HAT_PALETTES)
    if hat_kind == "hood" and not within(hat_wish, "cloth"):
        hat_cloth = cloth  # a hood is of one piece with its garment
    headwear = draw(Headwear, fork(rng, "hat"), hat_wish, kind=choice(hats), cloth=hat_cloth)
    years = (identity.age - 18) / 70
    wearing = 0.07 + 0.20 * years
    clear = [name for name, style in GLASSES.items() if not style.sun]
    dark = SUNGLASSES / (len(GLASSES) - len(clear))
    spectacles = {"none": 1 - SUNGLASSES - wearing} | {
        name: wearing / len(clear) if name in clear else dark for name in GLASSES
    }
    chosen = draw(Wear, rng, fixed, garment=garment, headwear=headwear, glasses=choice(spectacles)).glasses
    metal = chosen != "none" and GLASSES[chosen].metal
    made_of = (
        {"black": 0.15, "gold": 0.3, "rose_gold": 0.08, "silver": 0.27, "gunmetal": 0.2}
        if metal
        else {"black": 0.44, "tortoise": 0.30, "clear": 0.08, "coloured": 0.18}
    )
    female = identity.gender
    worn = 1e-6 if hat_kind in COVERS_EARS else 0.5 * female + 0.04
    rings = {"none": 1 - worn} | dict.fromkeys(EARRINGS, worn / len(EARRINGS))
    return draw(
        Wear, rng, fixed, garment=garment, headwear=headwear, glasses=choice(spectacles), frame=choice(_all(made_of)), earrings=choice(rings),
    )  # fmt: skip


def build_wear(wear: Wear, person) -> list:
    """Build everything worn (needs bpy); before the hair, which keeps clear of it."""
    from ...materials.cloth import cloth_material
    from ...materials.eyewear import TINTS, lens_material, solid_material

    def colours_of(of: Cloth) -> list:
        return [tuple(of.colours[:3]), tuple(of.colours[3:])]

    def cloth(name: str, of: Cloth, which: int = 0, ribbed: bool = False):
        colours = colours_of(of)
        colours = colours[which:] + colours[:which]
        fabric = ("knit" if of.fabric == "knit" else "ribbing") if ribbed else of.fabric
        return cloth_material(name, fabric, "plain" if ribbed else of.pattern, colours, ribbed)

    garment = wear.garment

    @cache
    def sewn(role: str):
        of = garment.cloth
        light = INNER[int(child(garment.seed, "inner").integers(len(INNER)))]
        if role in ("main", "rib"):
            return cloth(role.capitalize(), of, 0, role == "rib")
        if role in ("inner", "inner_rib"):
            ribbed = role == "inner_rib"
            return cloth_material("Inner", "ribbing" if ribbed else "cotton", "plain", [light], ribbed)
        if role == "tie":
            pattern = ("plain", "dots", "diagonal", "plain")[int(child(garment.seed, "tie").integers(4))]
            return cloth_material("Tie", "silk", pattern, [tuple(of.colours[3:]), light])
        return solid_material(role.capitalize(), "gunmetal" if role == "metal" else "pearl", (0.5, 0.5, 0.5))

    objects = build_garment(garment.kind, person, sewn, garment.seed, wear.headwear.kind == "hood")
    if wear.headwear.kind != "none":
        kind, of = wear.headwear.kind, wear.headwear.cloth
        felt = of.fabric == "wool" and kind in ("fedora", "beret")
        made_of = "felt" if felt else DRAPED.get(of.fabric) if kind in ("headscarf", "bandana") else None
        made = (
            cloth_material("Hat", made_of, of.pattern, colours_of(of))
            if made_of
            else cloth("Hat", of, 0, kind == "beanie")
        )
        if kind == "beanie":
            trim = cloth("Trim", of, 1, True)
        else:  # the binding of a beret and the cap under a headscarf go with them
            own = kind in ("beret", "headscarf")
            tone = tuple(OWN_TRIM * channel for channel in colours_of(of)[0]) if own else colours_of(of)[1]
            trim = cloth_material("Trim", "cotton", "plain", [tone])
        objects += build_headwear(kind, person, made, trim, wear.headwear.seed)
    if wear.glasses != "none":
        tint = np.clip(np.abs((wear.frame_hue * 6 + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
        colour = tuple((0.02 + 0.12 * tint).tolist()) if wear.frame == "coloured" else (0.012, 0.012, 0.013)
        sun = GLASSES[wear.glasses].sun
        if sun:
            lens = lens_material("Lens", TINTS[wear.lens], wear.tint, wear.gradient)
        else:
            lens = lens_material("Lens", (0.97, 0.98, 0.98), 0.03)
        pads = solid_material("Pads", "black" if wear.frame == "gunmetal" else "clear", (0.02, 0.02, 0.02))
        hinges = solid_material("Hinges", "gold" if wear.frame == "tortoise" else "silver", (0.5, 0.5, 0.5))
        objects += build_glasses(wear.glasses, person, solid_material("Frame", wear.frame, colour), lens, pads, hinges)
    if wear.mask != "none":
        paper = (0.27, 0.47, 0.58) if wear.mask == "surgical" else (0.70, 0.70, 0.68)
        material = (
            cloth("Mask", wear.headwear.cloth)
            if wear.mask == "cloth"
            else cloth_material("Mask", "paper", "plain", [paper])
        )
        objects += build_mask(wear.mask, person, material)
    if wear.earrings != "none":
        finish = "pearl" if wear.earrings == "pearl" else wear.jewel
        objects += build_earrings(wear.earrings, person, solid_material("Jewel", finish, (0.8, 0.8, 0.8)))
    return objects
