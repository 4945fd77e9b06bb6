"""The families of things and their sorts: which generator makes them, what fixes a sort, and what people call it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..params import Range

FEW = Range(1, 1)  # of what grows in groups, one is one thing
OWN = {"lavender": {"stems": Range(9, 22)}}  # settings of single sorts: a stem alone is no lavender


class Family(NamedTuple):
    """A family: the generator and its field that tells sorts apart, the nouns of each sort, the usual one first.

    ``detail`` is the share of faces that a hero has; ``fixed`` are settings of the generator; ``colours`` its field of
    colours, which captions tell in words of their own. A sort without such a field is a generator by itself, named in ``by``.
    """

    generator: str
    sort: str
    sorts: Mapping[str, tuple[str, ...]]
    detail: float = 0.35
    fixed: Mapping[str, Any] = {}
    colours: tuple[str, ...] = ("colour",)
    by: Mapping[str, str] = {}


FAMILIES: dict[str, Family] = {
    "shell": Family("shell", "kind", {
        "moon_snail": ("moon snail shell", "round snail shell"), "top_shell": ("top shell", "cone-shaped sea shell"),
        "turritella": ("turritella shell", "tower shell", "screw shell"), "whelk": ("whelk shell", "whelk"),
        "conch": ("conch shell", "conch"), "cone": ("cone shell", "cone snail shell"),
        "nautilus": ("nautilus shell", "nautilus"), "ramshorn": ("ramshorn shell", "flat coiled shell"),
        "scallop": ("scallop shell", "scallop"), "cockle": ("cockle shell", "cockle"), "clam": ("clam shell", "clam"),
    }, colours=("ground",)),
    "coral": Family("coral_colony", "kind", {
        "staghorn": ("staghorn coral",), "elkhorn": ("elkhorn coral",), "bush": ("bush coral", "bushy coral"),
        "fire": ("fire coral",), "pillar": ("pillar coral",), "brain": ("brain coral",), "maze": ("maze coral",),
        "star": ("star coral",), "honeycomb": ("honeycomb coral",), "mushroom": ("mushroom coral", "plate-like mushroom coral"),
        "lettuce": ("lettuce coral", "leafy coral"), "scroll": ("scroll coral",), "table": ("table coral",),
        "fan": ("coral fan", "fan coral"),
    }, detail=0.25),
    "sponge": Family("sea_sponge", "kind", {
        "tube": ("tube sponge",), "barrel": ("barrel sponge",), "vase": ("vase sponge",), "finger": ("finger sponge",),
    }),
    "anemone": Family("anemone", "kind", {
        "magnificent": ("magnificent anemone", "magnificent sea anemone"), "bubble_tip": ("bubble-tip anemone",),
        "snakelocks": ("snakelocks anemone",), "tube_anemone": ("tube anemone",), "beadlet": ("beadlet anemone",),
    }),
    "jellyfish": Family("jellyfish", "kind", {
        "moon": ("moon jellyfish", "moon jelly"), "compass": ("compass jellyfish",), "nettle": ("sea nettle", "nettle jellyfish"),
        "barrel_jellyfish": ("barrel jellyfish",),
    }, detail=0.5),
    "urchin": Family("urchin", "kind", {
        "short_spined": ("sea urchin", "urchin"), "dense": ("short-spined sea urchin",),
        "long_spined": ("long-spined sea urchin",), "banded": ("banded sea urchin",),
        "pencil": ("pencil urchin", "slate pencil urchin"),
    }, detail=0.45),
    "starfish": Family("starfish", "arms", {
        "five_arms": ("starfish", "sea star", "starfish with five arms"), "six_arms": ("starfish with six arms", "six-armed sea star"),
        "seven_arms": ("starfish with seven arms", "seven-armed sea star"), "eight_arms": ("starfish with eight arms",),
    }),
    "seaweed": Family("seaweed", "habit", {
        "sea_lettuce": ("frond of sea lettuce",), "eel_grass": ("tuft of eel grass",), "red_branching": ("branching seaweed",),
        "sargassum": ("sprig of sargassum",), "dulse": ("plant of dulse",),
    }, detail=0.7),
    "mushroom": Family("mushroom", "kind", {
        "fly_agaric": ("fly agaric", "fly agaric mushroom", "toadstool with white spots"), "bolete": ("bolete", "bolete mushroom"),
        "button": ("button mushroom", "field mushroom"), "chanterelle": ("chanterelle", "funnel-shaped mushroom"),
        "inkcap": ("inkcap", "inkcap mushroom"), "bonnet": ("bonnet mushroom", "small woodland mushroom"),
    }, detail=1.0, fixed={"count": FEW}),
    "fruit": Family("fruit", "kind", {
        "apple": ("apple",), "pear": ("pear",), "raspberry": ("raspberry",), "pumpkin": ("pumpkin",), "pineapple": ("pineapple",),
        "coconut": ("coconut",), "lemon": ("lemon",), "orange": ("orange", "orange fruit"),
    }, detail=1.0),
    "flower": Family("flower", "kind", {
        "daisy": ("daisy", "daisy flower"), "poppy": ("poppy", "poppy flower"), "tulip": ("tulip",), "sunflower": ("sunflower",),
        "lavender": ("lavender plant", "tuft of lavender"), "lupin": ("lupin",), "orchid": ("orchid",), "bluebell": ("bluebell",),
        "dandelion": ("dandelion",),
    }, detail=1.0, fixed={"stems": FEW}),
    "cactus": Family("cactus", "habit", {
        "saguaro": ("saguaro cactus", "saguaro"), "barrel_cactus": ("barrel cactus",),
        "prickly_pear": ("prickly pear", "prickly pear cactus"), "cluster": ("cluster of cacti", "clump of cacti"),
    }, detail=0.5),
    "succulent": Family("succulent", "habit", {
        "agave": ("agave",), "aloe": ("aloe", "aloe plant"), "rosette": ("succulent rosette", "houseleek"),
        "haworthia": ("haworthia", "small pointed succulent"),
    }, detail=1.0),
    "leaf": Family("single_leaf", "shape", {
        "oak_leaf": ("oak leaf",), "maple_leaf": ("maple leaf",), "birch_leaf": ("birch leaf",), "willow_leaf": ("willow leaf",),
        "beech_leaf": ("beech leaf",), "ginkgo": ("ginkgo leaf",), "ivy": ("ivy leaf",), "palm_frond": ("palm frond",),
        "fern_frond": ("fern frond",), "heart": ("heart-shaped leaf",), "compound": ("pinnate leaf",), "banana": ("banana leaf",),
    }, detail=1.0),
    "tree": Family("tree", "species", {
        name: (noun,) for name, noun in {
            "oak": "oak tree", "maple": "maple tree", "birch": "birch tree", "beech": "beech tree", "willow": "weeping willow",
            "poplar": "poplar", "acacia": "umbrella acacia", "apple_tree": "apple tree", "cherry": "cherry tree", "pine": "pine tree",
            "spruce": "spruce", "larch": "larch", "cypress": "cypress", "palm": "coconut palm", "fan_palm": "fan palm",
            "baobab": "baobab", "snag": "dead tree"}.items()
    }, detail=0.28),
    "bush": Family("bush", "habit", {
        "round": ("round bush", "bush"), "upright": ("tall shrub",), "flowering": ("flowering bush",), "berry": ("berry bush",),
        "heather": ("heather bush", "tuft of heather"), "juniper": ("juniper",), "sage": ("desert shrub",), "dry": ("dry bush",),
    }, detail=0.45),
    "rock": Family("boulder", "rock", {
        name: (f"{name} boulder", f"{name} rock") for name in ("granite", "basalt", "sandstone", "limestone", "slate", "marble")
    }, detail=0.4),
    "ice": Family("iceberg", "form", {
        "tabular": ("tabular iceberg", "flat-topped iceberg"), "pinnacled": ("pinnacled iceberg",), "block": ("block of ice",),
    }, detail=0.3),
    "wood": Family("fallen_log", "", {
        "fallen_log": ("fallen log", "log"), "dead_branch": ("dead branch", "bare branch"), "tree_stump": ("tree stump", "stump"),
    }, detail=1.0, by={"fallen_log": "fallen_log", "dead_branch": "dead_branch", "tree_stump": "tree_stump"}),
    "carnivore": Family("carnivore", "form", {
        name: (name,) for name in ("cat", "leopard", "wolf", "fox", "dog", "bear")
    }, detail=0.4, colours=("coat",)),
    "herbivore": Family("herbivore", "form", {
        name: (name,) for name in ("deer", "antelope", "cow", "horse", "sheep", "goat")
    }, detail=0.4, colours=("coat",)),
    "bird": Family("bird", "form", {
        name: (name,) for name in ("songbird", "pigeon", "crow", "eagle", "gull", "duck")
    }, detail=0.6, colours=("plumage",)),
    "fish": Family("fish", "form", {
        name: (name,) for name in ("perch", "trout", "tuna", "carp", "angelfish", "eel", "shark")
    }, detail=1.0, colours=("colours",)),
    "reptile": Family("reptile", "form", {
        name: (name,) for name in ("lizard", "crocodile", "tortoise")
    }, detail=0.4, colours=("colours",)),
    "beetle": Family("beetle", "form", {
        "ground_beetle": ("ground beetle",), "ladybird": ("ladybird", "ladybug"), "scarab": ("scarab", "scarab beetle"),
        "stag_beetle": ("stag beetle",), "rhinoceros_beetle": ("rhinoceros beetle",), "longhorn": ("longhorn beetle",),
    }, detail=0.6, colours=("colours",)),
    "crustacean": Family("crustacean", "form", {"crab": ("crab",), "lobster": ("lobster",)}, detail=0.7, colours=("colours",)),
}  # fmt: skip
# Sorts whose option in the generator is called otherwise: names of sorts are told once in all families.
OPTIONS = {
    "tube_anemone": "tube", "barrel_jellyfish": "barrel", "barrel_cactus": "barrel", "short_spined": "purple", "dense": "green",
    "five_arms": "5", "six_arms": "6", "seven_arms": "7", "eight_arms": "8", "apple_tree": "apple", "oak_leaf": "oak",
    "maple_leaf": "maple", "birch_leaf": "birch", "willow_leaf": "willow", "beech_leaf": "beech", "palm_frond": "palm",
    "fern_frond": "fern",
}  # fmt: skip
FAMILY_OF = {sort: name for name, family in FAMILIES.items() for sort in family.sorts}


def generator_of(family: str, sort: str) -> tuple[str, dict[str, Any]]:
    """The generator of a sort, and the settings that make it one."""
    row = FAMILIES[family]
    if not row.sort:
        return row.by[sort], dict(row.fixed)
    return row.generator, {**row.fixed, **OWN.get(sort, {}), row.sort: OPTIONS.get(sort, sort)}
