"""The classes of a thing's surfaces, by what they are made of; the order is the id, so new ones are added at the end."""

from __future__ import annotations

ROCK = "rock"
PARTS = (
    "background", "shell", "coral", "sponge", "flesh", "jelly", "spine", "seaweed", "mushroom", "fruit_skin", "stem", "petal",
    "cactus_skin", "succulent_skin", "leaf", "grass", "bark", "wood", ROCK, "ice", "fur", "hide", "feather", "scale", "fin",
    "eye", "horn", "chitin", "crab_shell", "cloth", "hair", "frame", "lens",
)  # fmt: skip
MADE_OF = {
    "mollusc_shell": "shell", "coral": "coral", "sponge": "sponge", "jelly": "jelly", "spine": "spine", "kelp_blade": "seaweed",
    "mushroom_flesh": "mushroom", "fruit_skin": "fruit_skin", "stem": "stem", "petal": "petal", "cactus_skin": "cactus_skin",
    "succulent_skin": "succulent_skin", "leaf": "leaf", "grass_blade": "grass", "bark": "bark", "pine_bark": "bark",
    "birch_bark": "bark", "rotten_wood": "wood", "wood": "wood", "ice": "ice", "fur": "fur", "hide": "hide",
    "feather": "feather", "reptile_scale": "scale", "snake_skin": "scale", "wing_membrane": "fin", "eyeball": "eye",
    "horn": "horn", "chitin": "chitin", "crustacean_shell": "crab_shell",
}  # fmt: skip
FLESH = {("starfish", "coral"), ("anemone", "petal")}  # kinds of things that wear a material made for another


def part_of(material: str, kind: str = "") -> int:
    """The class id of a surface of a material on a kind of thing; what has no class of its own is rock."""
    return PARTS.index("flesh" if (kind, material) in FLESH else MADE_OF.get(material, ROCK))
