"""What of a person a prompt may name: the attributes, their words, and how they follow from a spec."""

from __future__ import annotations

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "age": ("young", "adult", "middle-aged", "old"),
    "gender": ("man", "woman"),
    "hair_colour": ("black", "brown", "blond", "red", "grey", "other"),
    "hair_length": ("bald", "short", "medium", "long"),
    "beard": ("none", "stubble", "moustache", "beard"),
    "glasses": ("none", "glasses", "sunglasses"),
    "headwear": ("none", "hat"),
    "expression": ("neutral", "smile"),
}
AGES = (("young", 30), ("adult", 45), ("middle-aged", 62), ("old", 200))  # up to so many years, as captions say it
BALD = ("bald", "shaved", "balding")
MEDIUM = (
    "pixie",
    "bob",
    "fringe_bob",
    "lob",
    "curly_bob",
    "curtains",
    "messy",
    "afro",
    "curly_top",
    "short_locs",
    "bun",
    "top_knot",
)  # tied hair shows less than its length

LONG = ("long", "long_side", "long_fringe", "ponytail", "low_ponytail", "braid", "two_braids", "curly_long", "locs")
COLOURS = {"black": "black", "dark brown": "brown", "brown": "brown", "auburn": "red", "red": "red",
           "dark blond": "blond", "blond": "blond", "light blond": "blond"}  # fmt: skip
SMILES = ("smile", "open_smile", "laugh", "happiness", "smirk")
GREY = 0.45  # share of white strands above which hair is called grey


def attributes_of(face) -> dict[str, str]:
    """The attributes of a face's spec."""
    hair, beard = face.hair, face.beard
    colour = (
        "other" if hair.colour.dye != "none" else "grey" if hair.colour.grey > GREY else COLOURS[hair.colour.family]
    )
    length = (
        "bald"
        if hair.groom in BALD
        else "long"
        if hair.groom in LONG
        else "medium"
        if hair.groom in MEDIUM
        else "short"
    )
    return {
        "age": next(name for name, years in AGES if face.identity.age <= years),
        "gender": "man" if face.identity.gender < 0.5 else "woman",
        "hair_colour": colour,
        "hair_length": length,
        "beard": _beard(beard.style, beard.moustache),
        "glasses": "none" if face.wear.glasses == "none" else "sunglasses" if face.wear.glasses.endswith("_sun") else "glasses",
        "headwear": "none" if face.wear.headwear.kind in ("none", "headband") else "hat",
        "expression": "smile" if face.expression.name in SMILES else "neutral",
    }  # fmt: skip


def _beard(style: str, moustache: str) -> str:
    if style.startswith("stubble"):
        return "stubble"
    if style != "none":
        return "beard"
    return "none" if moustache == "none" else "stubble" if moustache == "stubble" else "moustache"
