"""Captions from attributes: one full sentence, or many that paraphrase, leave out and, where asked, err in a known way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from zlib import crc32

from numpy.random import Generator

from ...datagen.errors import BadInput
from ..core.attributes import ATTRIBUTES
from . import lexicon
from .prompts import parse, unknown_words
from .tokenizer import words

__all__ = ["Caption", "captions", "check", "draw_captions", "parse", "say", "unknown_words", "vocabulary"]

SAID_OFTEN = {"age": 0.7, "gender": 0.92, "hair_colour": 0.6, "hair_length": 0.6, "beard": 0.8, "glasses": 0.8,
              "headwear": 0.8, "expression": 0.45}  # fmt: skip
ABSENT_OFTEN = 0.15  # how often a caption says that there is no beard, no glasses, no hat
MISSING = 0.2  # the share of corrupt captions that leave something out; the rest say something wrong


@dataclass(frozen=True)
class Caption:
    """A caption, the attributes it says, and where it errs: the attribute, "wrong" or "missing", or empty."""

    text: str
    said: dict[str, str]
    attribute: str = ""
    fault: str = ""

    @property
    def true(self) -> bool:
        """Whether all it says holds."""
        return self.fault != "wrong"


def check(attributes: Mapping[str, str]) -> None:
    """Raise BadInput where a name or value is no attribute's."""
    for name, value in attributes.items():
        if name not in ATTRIBUTES:
            raise BadInput(f"{name}: is no attribute; allowed are {', '.join(ATTRIBUTES)}")
        if value not in ATTRIBUTES[name]:
            raise BadInput(f"{name}: has no value {value}; allowed are {', '.join(ATTRIBUTES[name])}")


def say(attributes: Mapping[str, str]) -> str:
    """The one plain sentence that says these attributes, all or some; ``parse`` gives them back."""
    check(attributes)
    a = attributes
    noun = " ".join([*([a["age"]] if "age" in a else []), a.get("gender", "person")])
    details = []
    if a.get("hair_length") == "bald":
        details.append("a bald head")
    if "hair_colour" in a or a.get("hair_length", "bald") != "bald":
        colour = a.get("hair_colour", "")
        length = {"medium": "medium length", "bald": ""}.get(a.get("hair_length", ""), a.get("hair_length", ""))
        details.append(" ".join(filter(None, [length, "dyed" if colour == "other" else colour, "hair"])))
    for name, texts in (
        ("beard", {"none": "no beard", "stubble": "stubble", "moustache": "a moustache", "beard": "a beard"}),
        ("glasses", {"none": "no glasses", "glasses": "glasses", "sunglasses": "sunglasses"}),
        ("headwear", {"none": "no hat", "hat": "a hat"}),
        ("expression", {"neutral": "a neutral expression", "smile": "a smile"}),
    ):
        if name in a:
            details.append(texts[a[name]])
    return _article(noun) + (f" with {_join(details)}" if details else "")


def captions(attributes: Mapping[str, str], generator: Generator, count: int, corrupt: float = 0.0) -> list[str]:
    """Draw ``count`` captions, of which about the share ``corrupt`` errs in one attribute."""
    return [caption.text for caption in draw_captions(attributes, generator, count, corrupt)]


def draw_captions(attributes: Mapping[str, str], generator: Generator, count: int, corrupt: float = 0.0,
                  part: int | None = None) -> list[Caption]:  # fmt: skip
    """Draw captions with what they say and where they err.

    ``part`` 0 or 1 draws only from one half of all sentences (by their checksum), so that models trained on different
    halves share words but no sentence.
    """
    check(attributes)
    if not 0 <= corrupt <= 1:
        raise BadInput(f"corrupt: is {corrupt}; allowed is a share from 0 to 1")
    drawn: list[Caption] = []
    while len(drawn) < count:
        caption = _draw(dict(attributes), generator, bool(generator.random() < corrupt))
        for _ in range(20):  # the same statement in other words until it falls into the half
            if part is None or crc32(caption.text.encode()) % 2 == part:
                drawn.append(caption)
                break
            caption = Caption(_write(caption.said, generator), caption.said, caption.attribute, caption.fault)
    return drawn


def _draw(attributes: dict[str, str], generator: Generator, corrupt: bool) -> Caption:
    said = {}
    for name, value in attributes.items():
        often = SAID_OFTEN[name] if value != "none" else ABSENT_OFTEN
        if name == "beard" and value == "none" and attributes.get("gender") == "woman":
            often = 0.02
        if name == "hair_colour" and attributes.get("hair_length") == "bald":
            often = 0.0
        if generator.random() < often:
            said[name] = value
    if not said:
        said = {name: value for name, value in attributes.items() if name == "gender"} or dict(attributes)
    if not corrupt or not said:
        return Caption(_write(said, generator), said)
    name = str(generator.choice(list(said)))
    if generator.random() < MISSING:
        rest = {key: value for key, value in said.items() if key != name}
        return Caption(_write(rest, generator), rest, name, "missing")
    wrong = said | {name: str(generator.choice([v for v in ATTRIBUTES[name] if v != attributes[name]]))}
    return Caption(_write(wrong, generator), wrong, name, "wrong")


def _write(said: dict[str, str], generator: Generator) -> str:
    """Some sentence that says exactly these attributes."""

    def one(options) -> str:
        return str(options[int(generator.integers(len(options)))])

    adjectives, details, clauses = [], [], []
    pending = dict(said)
    noun = one(lexicon.NOUNS[pending.pop("gender", None)])
    colour, length = pending.get("hair_colour"), pending.get("hair_length")
    if colour == "grey" and pending.get("beard") == "beard" and generator.random() < 0.3:
        details.append(f"a {one(lexicon.COLOURS['grey'])} beard")
        del pending["hair_colour"], pending["beard"]
        colour = None
    if colour and length and length != "bald" and generator.random() < 0.8:
        details.append(f"{one(lexicon.LENGTHS[length])} {one(lexicon.COLOURS[colour])} hair")
        del pending["hair_colour"], pending["hair_length"]
    for name, value in pending.items():
        options = [(adjectives, text) for text in lexicon.ADJECTIVES.get(name, {}).get(value, ())]
        options += [(details, text) for text in lexicon.WITH.get(name, {}).get(value, ())]
        options += [(clauses, text) for text in lexicon.CLAUSES.get(name, {}).get(value, ())]
        for key, table in (("hair_colour", lexicon.COLOURS), ("hair_length", lexicon.LENGTHS)):
            if name == key and value in table:
                options += [(details, f"{text} hair") for text in table[value]]
        place, text = options[int(generator.integers(len(options)))]
        place.append(text)
    for group in (adjectives, details, clauses):
        order = generator.permutation(len(group))
        group[:] = [group[i] for i in order]
    sentence = _article(" ".join([*adjectives[:2], noun]))
    # More than two adjectives before a noun read badly; the rest follows as a clause.
    clauses = [*adjectives[2:], *clauses]
    if details:
        sentence += f" with {_join(details)}"
    sentence = ", ".join([sentence, *clauses])
    return f"{one(lexicon.OPENINGS)} {sentence}".strip()


def _article(noun: str) -> str:
    return noun if noun == "someone" else f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _join(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


@cache
def vocabulary() -> tuple[str, ...]:
    """All words that captions are written with, sorted."""
    texts = [*lexicon.OPENINGS, "a an with and hair beard , someone", "medium length"]
    for table in (lexicon.ADJECTIVES, lexicon.WITH, lexicon.CLAUSES):
        texts += [text for values in table.values() for phrases in values.values() for text in phrases]
    for table in (lexicon.COLOURS, lexicon.LENGTHS, lexicon.NOUNS):
        texts += [text for phrases in table.values() for text in phrases]
    return tuple(sorted({word for text in texts for word in words(text)}))
