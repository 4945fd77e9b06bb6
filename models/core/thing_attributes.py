"""What of a thing a prompt may name and a picture may show: family, colour, shape and size, and how they follow from it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...datagen.thing_colours import NAMES
from ...datagen.thing_words import shape_word
from ...procgen.things.families import FAMILIES

if TYPE_CHECKING:
    from .things import Thing

COMPACT = "compact"  # the shape of what is neither tall nor long nor flat
SIZES = (("tiny", 0.03), ("small", 0.3), ("big", 3.0), ("huge", math.inf))  # metres of the longest extent, up to which
THING_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "family": tuple(FAMILIES),
    "colour": NAMES,
    "shape": ("tall", "long", "flat", COMPACT),
    "size": tuple(name for name, _ in SIZES),
}
EXTENT = 1.8  # box units of a thing's longest extent, of the box's 2


def size_of(metres: float) -> str:
    """The name of a longest extent in metres."""
    return next(name for name, most in SIZES if metres < most)


def within(metres: float, size: str) -> float:
    """The longest extent that is nearest to one in metres and of a named size."""
    sizes = [name for name, _ in SIZES]
    place = sizes.index(size)
    return min(max(metres, SIZES[place - 1][1] if place else 0.0), SIZES[place][1])


def attributes_of(thing: Thing) -> dict[str, str]:
    """The attributes of a thing, and what else captions say of it: "sort", its "extent" in words, its own "field"s."""
    extent = (thing.points.amax(0) - thing.points.amin(0)).tolist()
    found = {
        "family": thing.family,
        "colour": next(iter(thing.shares)),
        "shape": thing.facts.get("shape", shape_word(extent)) or COMPACT,
        "size": size_of(EXTENT * thing.metres),
    }
    return found | _more(thing.facts)


def _more(facts: Mapping[str, str]) -> dict[str, str]:
    rows = (("sort", "sort"), ("extent", "size"), ("field", "field"))
    return {name: facts[slot] for name, slot in rows if facts.get(slot)}
