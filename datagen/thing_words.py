"""Captions of things: what its fields and its measures say, in changing words; a fixed share says something wrong."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from ..procgen.params import caption_words, child, fields
from ..procgen.registry import find
from ..procgen.things.families import FAMILIES, FAMILY_OF, generator_of
from .thing_colours import NAMES, main_colours

CAPTIONS = 4  # of a thing; the first is that of caption.txt
WRONG = 0.05  # share of captions in which one thing is said that is not so
FRAMES = ("{}", "{}", "a picture of {}", "a 3D model of {}", "{} on its own", "a render of {}", "a photograph of {}")
TALL = 1.9  # height by length from which it is said
LONG = 2.4  # length by the larger of width and height
FLAT = 0.32  # height by width up to which it is said, of what is not long
BEHIND = ("with", "in", "under", "of")  # first words of what stands behind the noun
CHANCES = {"shape": 0.6, "colour": 0.85, "size": 0.25, "field": 0.7}  # of being said


def shape_word(extent) -> str:
    """A word for extents (3,) x, y and z; empty where none stands out."""
    (wide, across), high = sorted(extent[:2]), extent[2]
    if high >= TALL * across:
        return "tall"
    if across >= LONG * max(wide, high, 1e-9):  # asked first: what is round and lies down is low by its length alone
        return "long"
    return "flat" if high <= FLAT * wide else ""


def size_words(metres: float) -> str:
    """The longest extent in words, to two digits."""
    for unit, scale in (("mm", 1000), ("cm", 100), ("m", 1)):
        value = float(f"{metres * scale:.2g}")
        if value < 100 or unit == "m":
            return f"{value:g} {unit}"
    raise AssertionError("metres are the last unit")


def facts(thing, own: Any, extent, metres: float, colours: Mapping[str, float]) -> dict[str, str]:
    """What is so of a thing, by slot: its sort, shape, colour, size, and what its own fields say.

    ``extent`` (3,) is in any unit, ``metres`` its longest extent, ``colours`` the shares of the colours on its surface.
    """
    return {
        "sort": thing.sort, "shape": shape_word(extent), "colour": " and ".join(main_colours(dict(colours))),
        "size": size_words(metres), "field": "; ".join(own_words(thing, own)),
    }  # fmt: skip


def own_words(thing, own: Any) -> list[str]:
    """The words that a thing's own fields declare, but for those of its sort and its colours, which have slots of their own."""
    row, (_, fixed) = FAMILIES[thing.family], generator_of(thing.family, thing.sort)
    said = []
    for name, param in fields(own).items():
        if name in fixed or name in row.colours or param.nested or param.says is None:
            continue
        value = getattr(own, name)
        if isinstance(param.says, str):
            words = param.says.format(str(value).replace("_", " "))
        elif isinstance(param.says, Mapping):
            words = param.says.get(value, "")
        else:
            words = next((text for bound, text in param.says if value < bound), "")
        if words and not words.startswith(("a ", "an ")):
            said.append(words)
    assert set(said) <= set(caption_words(own))
    return said


@cache
def declared_words() -> dict[str, frozenset[str]]:
    """All words that things' own fields may say, as ``own_words`` says them, with the families of which they are said."""
    said: dict[str, set[str]] = {}
    for family, row in FAMILIES.items():
        for sort in row.sorts:
            generator, fixed = generator_of(family, sort)
            for name, param in fields(find(generator).load("spec")).items():
                if name in fixed or name in row.colours or param.nested or param.says is None:
                    continue
                if isinstance(param.says, str):
                    continue  # with any value in it: no list of words
                values = param.says.values() if isinstance(param.says, Mapping) else (text for _, text in param.says)
                for words in values:
                    if words and not words.startswith(("a ", "an ")):
                        said.setdefault(words, set()).add(family)
    return {words: frozenset(families) for words, families in said.items()}


def captions(thing, found: Mapping[str, str], colours: Mapping[str, float]) -> list[dict]:
    """Captions as {"text", "says": {slot: what is said}, "wrong": the slot that is not so, or null}."""
    rows = []
    for number in range(CAPTIONS):
        rng = child(thing.seed, f"caption {number}")
        said = {slot: word for slot, word in found.items()
                if word and (slot == "sort" or rng.random() < CHANCES[slot])}  # fmt: skip
        wrong = None
        if rng.random() < WRONG:
            wrong = "colour" if "colour" in said and rng.random() < 0.5 else "sort"
            said[wrong] = _other(wrong, thing, colours, rng)
        rows.append({"text": _sentence(said, rng), "says": said, "wrong": wrong})
    return rows


def holds(row: Mapping[str, Any], found: Mapping[str, str]) -> bool:
    """Whether a caption's words are so in all slots but the one that is told as wrong, and not so in that."""
    return all((word == found.get(slot)) == (slot != row["wrong"]) for slot, word in row["says"].items())


def _other(slot: str, thing, colours: Mapping[str, float], rng) -> str:
    """What is not so: a colour that the thing has nowhere, or a sort, half the time of another family."""
    if slot == "colour":
        absent = [name for name in NAMES if name not in colours]
        return str(absent[int(rng.integers(len(absent)))])
    own = [sort for sort in FAMILIES[thing.family].sorts if sort != thing.sort]
    others = [sort for sort in FAMILY_OF if FAMILY_OF[sort] != thing.family]
    chosen = own if own and rng.random() < 0.5 else others
    return str(chosen[int(rng.integers(len(chosen)))])


def _sentence(said: Mapping[str, str], rng) -> str:
    nouns = FAMILIES[FAMILY_OF[said["sort"]]].sorts[said["sort"]]
    noun = nouns[int(rng.integers(len(nouns)))]
    words = [word for word in said.get("field", "").split("; ") if word]
    before = [word for word in words if word.split()[0] not in BEHIND]
    behind = [word for word in words if word.split()[0] in BEHIND]
    if "size" in said:
        behind.append(f"about {said['size']} in size")
    text = " ".join([*filter(None, [said.get("shape")]), *before, *filter(None, [said.get("colour")]), noun])
    text = f"{'an' if text[0] in 'aeiou' and not text.startswith('uni') else 'a'} {text}"
    text += " " + ", ".join(behind) if behind else ""
    text = FRAMES[int(rng.integers(len(FRAMES)))].format(text)
    return f"{text[0].upper()}{text[1:]}."
