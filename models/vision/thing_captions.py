"""Captions of things from attributes: one plain sentence, or many that paraphrase, leave out and, where asked, err."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from zlib import crc32

from numpy.random import Generator

from ...datagen.errors import BadInput
from ...datagen.thing_words import declared_words
from ...procgen.things.families import FAMILIES
from ..core.thing_attributes import THING_ATTRIBUTES
from . import thing_lexicon as lexicon
from .captions import Caption
from .tokenizer import words

SAID_OFTEN = {"family": 1.0, "colour": 0.7, "shape": 0.6, "size": 0.4, "extent": 0.2, "field": 0.6}
SORT_OFTEN = 0.6  # how often a thing is called by its sort in place of its family
NUMBERS = 100  # lengths in words go up to there


def say(attributes: Mapping[str, str]) -> str:
    """The one plain sentence that says these attributes, with "sort" and "field" where they are given."""
    _check(attributes)
    family, sort = attributes.get("family"), attributes.get("sort")
    noun = (
        lexicon.nouns_of(family, sort)[0] if sort and family else lexicon.FAMILY_NOUNS[family][0] if family else "thing"
    )
    said = [lexicon.TABLES[name][attributes[name]][0] for name in ("size", "shape") if name in attributes]
    before, behind = _own(attributes.get("field", ""))
    colour = [lexicon.COLOURS[attributes["colour"]][0]] if "colour" in attributes else []
    return _article(" ".join([*said, *before, *colour, noun, *behind]))


def draw_captions(attributes: Mapping[str, str], generator: Generator, count: int, corrupt: float = 0.0,
                  part: int | None = None) -> list[Caption]:  # fmt: skip
    """Draw captions of what ``core.thing_attributes.attributes_of`` gives, or of some of it.

    About the share ``corrupt`` says a value of one attribute that is not so. ``part`` 0 or 1 draws only from one half of all
    sentences (by their checksum), so that models trained on different halves share words but no sentence.
    """
    _check(attributes)
    if not 0 <= corrupt <= 1:
        raise BadInput(f"corrupt: is {corrupt}; allowed is a share from 0 to 1")
    drawn: list[Caption] = []
    for _ in range(count):
        said = {
            name: value
            for name, value in attributes.items()
            if name in SAID_OFTEN and generator.random() < SAID_OFTEN[name]
        }
        said = said or {name: value for name, value in attributes.items() if name in THING_ATTRIBUTES}
        if "sort" in attributes and generator.random() < SORT_OFTEN:
            said["sort"] = attributes["sort"]
        fault = ("", "")
        if generator.random() < corrupt and (open_ := [name for name in said if name in THING_ATTRIBUTES]):
            name = str(generator.choice(open_))
            others = [value for value in THING_ATTRIBUTES[name] if value != attributes[name]]
            said, fault = {**said, name: str(generator.choice(others))}, (name, "wrong")
            if name == "family":
                said.pop("sort", None)
        text = _write(said, generator)
        for _ in range(20):  # the same statement in other words until it falls into the half
            if part is None or crc32(text.encode()) % 2 == part:
                break
            text = _write(said, generator)
        drawn.append(Caption(text, {name: value for name, value in said.items() if name in THING_ATTRIBUTES}, *fault))
    return drawn


def _check(attributes: Mapping[str, str]) -> None:
    for name, values in THING_ATTRIBUTES.items():
        if name in attributes and attributes[name] not in values:
            raise BadInput(f"{name}: has no value {attributes[name]}; allowed are {', '.join(values)}")


def _write(said: Mapping[str, str], generator: Generator) -> str:
    """Some sentence that says exactly these attributes."""

    def one(options) -> str:
        return str(options[int(generator.integers(len(options)))])

    family, sort = said.get("family"), said.get("sort")
    nouns = (
        lexicon.nouns_of(family, sort)
        if sort and family
        else lexicon.FAMILY_NOUNS[family]
        if family
        else ("thing", "object")
    )
    before, behind = _own(said.get("field", ""))
    adjectives = [one(lexicon.TABLES[name][said[name]]) for name in ("size", "shape") if name in said]
    adjectives = adjectives[::-1] if generator.random() < 0.5 else adjectives
    colour = [one(lexicon.COLOURS[said["colour"]])] if "colour" in said else []
    if "extent" in said:
        behind = [*behind, f"about {said['extent']} in size"]
    return one(lexicon.FRAMES).format(_article(" ".join([*adjectives, *before, *colour, one(nouns), *behind])))


def _own(field: str) -> tuple[list[str], list[str]]:
    """A thing's own words, before and behind its noun."""
    said = [word for word in field.split("; ") if word]
    before = [word for word in said if word.split()[0] not in lexicon.BEHIND]
    return before, [word for word in said if word not in before]


def _article(text: str) -> str:
    return f"{'an' if text[0] in 'aeiou' and not text.startswith('uni') else 'a'} {text}"


@cache
def vocabulary() -> tuple[str, ...]:
    """All words that captions of things are written with, those of datasets among them, sorted."""
    texts = [
        *lexicon.FRAMES,
        *declared_words(),
        "a an about in size thing object and 3d .",
        *map(str, range(NUMBERS)),
        "mm cm m",
    ]
    texts += [phrase for table in lexicon.TABLES.values() for phrases in table.values() for phrase in phrases]
    texts += [noun for row in FAMILIES.values() for nouns in row.sorts.values() for noun in nouns]
    return tuple(sorted({word for text in texts for word in words(text.replace("{}", ""))}))
