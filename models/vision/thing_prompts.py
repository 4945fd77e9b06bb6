"""What a prompt says of a thing: family and sort, colour, shape, size, and words of its own; what says nothing is told."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from ...datagen.thing_words import declared_words
from ..core.thing_attributes import THING_ATTRIBUTES, size_of
from . import thing_lexicon as lexicon
from .tokenizer import words

LENGTH = re.compile(rf"(\d+(?:[.,]\d+)?)\s*({'|'.join(sorted(lexicon.UNITS, key=len, reverse=True))})s?\b")
FRUIT = "orange"  # the one colour that is a thing too
ANY = {"thing", "things", "object"}
SHORTEST, LONGEST = 1e-4, 1e4  # m of a length that a thing can be asked to have


class Reading(NamedTuple):
    """What a prompt says.

    ``attributes`` hold the values of THING_ATTRIBUTES that are said, "sort", and "field", a thing's own words, parted by "; ".
    ``metres`` is a longest extent where one is given, ``unknown`` are words that say nothing, ``in_vain`` lines that tell
    what is contradicted, denied, or said of other families.
    """

    attributes: dict[str, str]
    metres: float | None
    unknown: tuple[str, ...]
    in_vain: tuple[str, ...]


def read(prompt: str) -> Reading:
    """Read a prompt whole."""
    told = [
        (float(number.replace(",", ".")) * lexicon.UNITS[unit], f"{number[:20]} {unit}")
        for number, unit in LENGTH.findall(prompt.lower())
    ]
    lengths = [metres for metres, _ in told if SHORTEST <= metres <= LONGEST]
    tokens = words(LENGTH.sub(" ", prompt.lower()).replace("3d", " "))
    table, longest = _table()
    found: dict[str, tuple[str, str]] = {}
    fields: list[str] = []
    weak: list[tuple[str, dict[str, str]]] = []
    unknown: list[str] = []
    in_vain = [
        f"{text}: is no length of a thing; allowed are 0.1 mm to 10 km"
        for metres, text in told
        if metres not in lengths
    ]
    denied, at = "", 0
    while at < len(tokens):
        end, meaning = _phrase(tokens, at, table, longest)
        text = " ".join(tokens[at:end])
        if meaning is None:
            if tokens[at] in lexicon.NEGATIONS:
                denied = tokens[at]
            elif tokens[at] not in lexicon.FILLER:
                if denied:
                    _deny(in_vain, denied, text)
                else:
                    unknown.append(text)
                denied = ""
            at += 1
            continue
        at = end
        if denied:
            _deny(in_vain, denied, text)
            denied = denied if tokens[at : at + 1] and tokens[at] in ("or", "nor") else ""
        elif "field" in meaning:
            fields.append(meaning["field"])
        elif text == FRUIT and "colour" in found and "family" not in found:
            in_vain += _held(found, {"family": "fruit", "sort": FRUIT}, text)
        elif text in lexicon.WEAK:
            weak.append((text, meaning))
        else:
            in_vain += _held(found, meaning, text)
    # "An orange" is a fruit where there is no other noun.
    if "family" not in found and found.get("colour") == (FRUIT, FRUIT) and not ANY & set(tokens):
        del found["colour"]
        found |= {"family": ("fruit", FRUIT), "sort": (FRUIT, FRUIT)}
    for text, meaning in weak:
        in_vain += _held(found, meaning, text)
    attributes = {name: found[name][0] for name in (*THING_ATTRIBUTES, "sort") if name in found}
    if lengths:
        attributes["size"] = size_of(lengths[0])
    in_vain += [line for field in fields if (line := _elsewhere(field, attributes.get("family", "")))]
    if fields:
        attributes["field"] = "; ".join(dict.fromkeys(fields))
    return Reading(
        attributes, lengths[0] if lengths else None, tuple(dict.fromkeys(unknown)), tuple(dict.fromkeys(in_vain))
    )


def parse(prompt: str) -> dict[str, str]:
    """The attributes that a prompt says, "sort" and "field" among them."""
    return read(prompt).attributes


def _deny(in_vain: list[str], denied: str, text: str) -> None:
    in_vain.append(f"{denied} {text}: what is not there cannot be asked for; say what is")


def _held(found: dict[str, tuple[str, str]], meaning: dict[str, str], text: str) -> list[str]:
    """Take what a phrase says, unless an earlier one says something else; what is told then."""
    for name, value in meaning.items():
        held, by = found.get(name, (value, ""))
        if held != value:
            return [
                f"{text}: says {name} {value.replace('_', ' ')}, but {by} says {held.replace('_', ' ')}, which holds"
            ]
    for name, value in meaning.items():
        found.setdefault(name, (value, text))
    return []


def _elsewhere(field: str, family: str) -> str:
    """What is told of a thing's own words that are never said of its family."""
    families = declared_words()[field]
    if not family or family in families:
        return ""
    return f"{field}: is said of {', '.join(sorted(families))} alone, not of {family}"


def _phrase(tokens: list[str], at: int, table: dict, longest: int) -> tuple[int, dict[str, str] | None]:
    """The longest phrase at a place: where it ends and what it says, or None."""
    for length in range(min(longest, len(tokens) - at), 0, -1):
        meaning = table.get(tuple(tokens[at : at + length]))
        if meaning:
            return at + length, meaning
    return at + 1, None


@cache
def _table() -> tuple[dict[tuple[str, ...], dict[str, str]], int]:
    table = {tuple(words(phrase)): meaning for phrase, meaning in lexicon.phrases().items()}
    return table, max(map(len, table))
