"""The words for things: how captions say families, colours, shapes and sizes, and what else a prompt may call them."""

from __future__ import annotations

from functools import cache

from ...datagen.thing_words import declared_words
from ...procgen.things.families import FAMILIES

FAMILY_NOUNS: dict[str, tuple[str, ...]] = {
    "shell": ("shell", "sea shell"), "coral": ("coral",), "sponge": ("sponge", "sea sponge"), "anemone": ("anemone", "sea anemone"),
    "jellyfish": ("jellyfish", "jelly fish"), "urchin": ("urchin", "sea urchin"), "starfish": ("starfish", "sea star"),
    "seaweed": ("seaweed", "alga"), "mushroom": ("mushroom", "fungus"), "fruit": ("fruit", "piece of fruit"), "flower": ("flower",),
    "cactus": ("cactus",), "succulent": ("succulent", "succulent plant"), "leaf": ("leaf", "single leaf"), "tree": ("tree",),
    "bush": ("bush", "shrub"), "rock": ("rock", "boulder"), "ice": ("piece of ice", "iceberg"), "wood": ("piece of wood", "piece of dead wood"),
    "carnivore": ("carnivore", "beast of prey"), "herbivore": ("herbivore", "grazing animal"), "bird": ("bird",), "fish": ("fish",),
    "reptile": ("reptile",), "beetle": ("beetle", "insect"), "crustacean": ("crustacean",),
}  # fmt: skip
COLOURS = {
    "black": ("black",), "grey": ("grey",), "white": ("white",), "red": ("red",), "orange": ("orange",), "yellow": ("yellow",),
    "green": ("green",), "blue": ("blue",), "purple": ("purple", "violet"), "pink": ("pink",), "brown": ("brown",),
    "cream": ("cream", "cream coloured"),
}  # fmt: skip
SHAPES = {
    "tall": ("tall", "upright"),
    "long": ("long", "elongated"),
    "flat": ("flat", "low"),
    "compact": ("compact", "stocky"),
}
SIZES = {
    "tiny": ("tiny", "very small"),
    "small": ("small", "little"),
    "big": ("big", "large"),
    "huge": ("huge", "very large"),
}
TABLES = {"family": FAMILY_NOUNS, "colour": COLOURS, "shape": SHAPES, "size": SIZES}
FRAMES = (
    "{}",
    "{}",
    "a picture of {}",
    "a model of {}",
    "{} on its own",
    "a render of {}",
    "a photograph of {}",
    "an image of {}",
)
BEHIND = ("with", "in", "under", "of")  # first words of what stands behind a noun

# Understood in prompts, never written in captions.
HEARD: dict[str, dict[str, str]] = {
    "toadstool": {"family": "mushroom"}, "fungi": {"family": "mushroom"}, "algae": {"family": "seaweed"}, "kelp": {"family": "seaweed"},
    "snail shell": {"family": "shell"}, "seashell": {"family": "shell"}, "clamshell": {"family": "shell", "sort": "clam"},
    "stone": {"family": "rock"}, "pebble": {"family": "rock"}, "blossom": {"family": "flower"}, "bloom": {"family": "flower"},
    "cacti": {"family": "cactus"}, "insects": {"family": "beetle"}, "bug": {"family": "beetle"}, "kitten": {"family": "carnivore", "sort": "cat"},
    "puppy": {"family": "carnivore", "sort": "dog"}, "pony": {"family": "herbivore", "sort": "horse"},
    "lamb": {"family": "herbivore", "sort": "sheep"}, "stag": {"family": "herbivore", "sort": "deer"}, "turtle": {"family": "reptile", "sort": "tortoise"},
    "alligator": {"family": "reptile", "sort": "crocodile"}, "seagull": {"family": "bird", "sort": "gull"}, "raven": {"family": "bird", "sort": "crow"},
    "log": {"family": "wood", "sort": "fallen_log"}, "branch": {"family": "wood", "sort": "dead_branch"}, "ice": {"family": "ice"},
    "wood": {"family": "wood"}, "with white spots": {"family": "mushroom", "sort": "fly_agaric"},
    "white spots": {"family": "mushroom", "sort": "fly_agaric"}, "white spotted": {"family": "mushroom", "sort": "fly_agaric"},
}  # fmt: skip
WEAK = ("with white spots", "white spots", "white spotted")  # say a family only where no noun does, or the same one
HEARD_COLOURS = {
    "red": "crimson scarlet ruby reddish", "orange": "amber", "yellow": "golden gold yellowish", "green": "emerald olive lime greenish",
    "blue": "azure navy turquoise cyan bluish", "purple": "lilac mauve magenta lavender purplish", "pink": "rosy pinkish",
    "brown": "tan chestnut brownish rusty", "cream": "beige ivory", "grey": "silver silvery greyish", "white": "whitish pale",
    "black": "dark ebony blackish",
}  # fmt: skip
HEARD_SHAPES = {
    "tall": "high towering slender",
    "long": "lengthy stretched",
    "flat": "flattened",
    "compact": "round squat chunky",
}
HEARD_SIZES = {
    "tiny": "minute miniature wee",
    "small": "smallish",
    "big": "sizeable",
    "huge": "giant enormous gigantic",
}
FILLER = frozenset(
    """a an the of with and or but that which is are has have having in on at by to for from as it its this on own its very quite
    some any both also too picture image photo render model object thing things rendering 3d three dimensional show me make
    generate create draw please give i want would like get just only one single about around size sized lies standing
    , s coloured shaped looking looks like photograph""".split()
)
NEGATIONS = frozenset("without no not never lacking lacks minus nor".split())
UNITS = {"mm": 0.001, "millimetre": 0.001, "cm": 0.01, "centimetre": 0.01, "m": 1.0, "metre": 1.0, "meter": 1.0}
# Words of what cannot be asked, and what can.
BEYOND = {
    "man woman boy girl person people face head portrait hair beard glasses smile": "this system makes things; rodin makes people",
    "car house chair table building robot ship sword weapon furniture lamp plane cup":
        "what is made grows or lies in nature: shells, mushrooms, fruit, rocks, animals",
    "shiny glossy matt metallic transparent glass wet": "nothing can be asked of how a surface shines",
    "cute beautiful ugly realistic detailed cartoon stylised": "what can be asked is family, colour, shape and size",
}  # fmt: skip


def several(noun: str) -> tuple[str, ...]:
    """A noun and its plural, where the noun is its last word."""
    if "with " in noun or noun.endswith(("s", "ed")):
        return (noun,)
    for ending, plural in (
        ("leaf", "leaves"),
        ("fish", "fish"),
        ("us", "uses"),
        ("sh", "shes"),
        ("ch", "ches"),
        ("x", "xes"),
    ):
        if noun.endswith(ending):
            return noun, noun.removesuffix(ending) + plural
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun, noun[:-1] + "ies"
    return noun, noun + "s"


def nouns_of(family: str, sort: str) -> tuple[str, ...]:
    """The nouns of a sort that are not the family's, nor read as a colour and a family; its name where there are none."""
    own = tuple(n for n in FAMILIES[family].sorts[sort] if n not in FAMILY_NOUNS[family] and n != "orange fruit")
    return own or (f"{sort.replace('_', ' ')} {family}",)


@cache
def phrases() -> dict[str, dict[str, str]]:
    """All phrases that a prompt may hold with what they say: attributes, "sort", or "field", a thing's own words."""
    found: dict[str, dict[str, str]] = {}
    for words in declared_words():
        found[words] = {"field": words}
    for family, nouns in FAMILY_NOUNS.items():
        found |= {one: {"family": family} for noun in nouns for one in several(noun)}
    for family, row in FAMILIES.items():
        for sort in row.sorts:
            for noun in nouns_of(family, sort):
                for one in several(noun):
                    found.setdefault(one, {"family": family, "sort": sort})
    found |= {one: meaning for noun, meaning in HEARD.items() for one in several(noun)}
    for name, heard in (("colour", HEARD_COLOURS), ("shape", HEARD_SHAPES), ("size", HEARD_SIZES)):
        for value, options in TABLES[name].items():
            found |= {word: {name: value} for word in (*options, *heard.get(value, "").split())}
    return found
