"""Reads a prompt: which attributes it names, negations included, and which words it does not understand."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from ..core.attributes import AGES, ATTRIBUTES
from . import lexicon
from .tokenizer import words

DIRECT, INDIRECT, DENIED, PRONOUN = range(4)  # which of two statements about one attribute holds: the lower
ABSENT = {"beard": "none", "glasses": "none", "headwear": "none"}
OPPOSITE = {("expression", "smile"): "neutral", ("gender", "man"): "woman", ("gender", "woman"): "man"}
INCLUDED = {("beard", "beard"): ("moustache", "stubble")}  # what does not contradict a value
ARTICLES = ("a", "an", "any", "the", "his", "her", "their")


def parse(prompt: str) -> dict[str, str]:
    """The attributes that a prompt names; of statements that disagree the first holds, and any holds over a denial.

    A colour before a beard is also the hair's unless the prompt says the hair's, and a white one is grey. Colours and
    lengths of anything else (a black hat, a long face) say nothing.
    """
    return read(prompt).attributes


def unknown_words(prompt: str) -> list[str]:
    """The words of a prompt that say nothing to ``parse``, fillers aside, in order and each once."""
    return list(read(prompt).unknown)


class Dropped(NamedTuple):
    """Words of a prompt that say a ``value`` of an attribute, and those that say another one, which holds."""

    words: str
    attribute: str
    value: str
    holds: str
    held: str


class Reading(NamedTuple):
    """What a prompt says: attributes, a tone of skin or "", words that say nothing, and what it contradicts itself in."""

    attributes: dict[str, str]
    skin: str
    unknown: tuple[str, ...]
    dropped: tuple[Dropped, ...]


def read(prompt: str) -> Reading:
    """Read a prompt whole; see ``parse``."""
    tokens = words(prompt)
    said: list[tuple[int, str, str, str]] = []
    skin = ""
    unknown: list[str] = []
    denied = ""  # the negation that holds for the next phrase
    stated = True  # whether a phrase was read since that negation
    i = 0
    while i < len(tokens):
        token = tokens[i]
        if token in lexicon.NEGATIONS and not (token in ("no", "not") and tokens[i + 1 : i + 2] == ["only"]):
            denied, stated, i = token, False, i + 1
            continue
        if token == "free" and tokens[i + 1 : i + 2] == ["of"]:
            denied, stated, i = "without", False, i + 2
            continue
        end, meaning = _phrase(tokens, i)
        after, tone = _skin(tokens, i)
        if tone and after >= end:
            skin, i, denied = (skin or tone) if not denied else skin, after, ""
            continue
        if meaning is None:
            # A denial ends after its phrase, unless a list goes on: "no hat or glasses", "without a beard, hat or glasses".
            if denied and stated and not _goes_on(tokens, i, denied):
                denied = ""
            if token in lexicon.PRONOUNS:
                said.append((PRONOUN, "gender", lexicon.PRONOUNS[token], token))
            elif token not in lexicon.FILLER and token != ",":
                unknown.append(token)
            i += 1
            continue
        if denied and stated and tokens[i - 1] not in ("or", "nor", "and", ",", *ARTICLES):
            denied = ""
        text = " ".join(tokens[i:end])
        for rank, attribute, value in meaning:
            if not denied:
                said.append((rank, attribute, value, text))
            elif attribute in ABSENT and value != "none":
                said.append((DENIED, attribute, ABSENT[attribute], text))
            elif (attribute, value) in OPPOSITE:
                said.append((DENIED, attribute, OPPOSITE[attribute, value], text))
            elif (attribute, value) == ("hair_length", "any"):
                said.append((DENIED, attribute, "bald", text))
        stated, i = True, end
    found, dropped = _settled(said)
    return Reading({attribute: found[attribute] for attribute in ATTRIBUTES if attribute in found}, skin,
                   tuple(dict.fromkeys(unknown)), tuple(dropped))  # fmt: skip


def _settled(said: list[tuple[int, str, str, str]]) -> tuple[dict[str, str], list[Dropped]]:
    """Of statements (rank, attribute, value, words) the values that hold, and those that others contradict."""
    held: dict[str, tuple[str, str]] = {}
    dropped = []
    for rank, attribute, value, text in sorted(said, key=lambda statement: statement[0]):
        if value == "any":
            continue
        winner, by = held.setdefault(attribute, (value, text))
        if winner != value and rank != DENIED and value not in INCLUDED.get((attribute, winner), ()):
            dropped.append(Dropped(text, attribute, value, by, winner))
    return {attribute: value for attribute, (value, _) in held.items()}, list(dict.fromkeys(dropped))


def _skin(tokens: list[str], i: int) -> tuple[int, str]:
    """The longest tone of skin at ``i``: its end and its name, or ``i`` and "" where there is none."""
    table, longest = _skins()
    for length in range(longest, 0, -1):
        tone = table.get(tuple(tokens[i : i + length]), "")
        if tone and i + length <= len(tokens):
            return i + length, tone
    return i, ""


@cache
def _skins() -> tuple[dict[tuple[str, ...], str], int]:
    table = {tuple(words(phrase)): tone for tone, phrases in lexicon.SKINS.items() for phrase in phrases}
    return table, max(map(len, table))


def _goes_on(tokens: list[str], i: int, negation: str) -> bool:
    """Whether a denied list goes on at a word that is no phrase: its conjunction, article or comma."""
    token = tokens[i]
    if token in ("or", "nor"):
        return True
    if token in ARTICLES:
        return tokens[i - 1] in ("or", "nor", "and", ",")
    follows = i + 1
    while follows < len(tokens) and tokens[follows] in ARTICLES:
        follows += 1
    end, meaning = _phrase(tokens, follows)
    if meaning is None or meaning[0][1] not in ABSENT:
        return False
    if token == "and":
        return negation == "without"
    if token == ",":
        return end < len(tokens) and (
            tokens[end] in ("or", "nor") or (tokens[end] == "," and _goes_on(tokens, end, ""))
        )
    return False


def _phrase(tokens: list[str], i: int) -> tuple[int, list[tuple[int, str, str]] | None]:
    """The longest phrase at ``i``: its end and what it says, or None where there is none."""
    found = max((_hair(tokens, i), _age(tokens, i)), key=lambda match: match[0])
    fixed, longest = _fixed()
    for length in range(longest, 0, -1):
        if i + length <= found[0]:
            break
        meaning = fixed.get(tuple(tokens[i : i + length]))
        if meaning and i + length <= len(tokens):
            return i + length, [(DIRECT, attribute, value) for attribute, value in meaning.items()]
    return found if found[1] else (i, None)


def _age(tokens: list[str], i: int) -> tuple[int, list | None]:
    """An age in years or decades: "25 years old", "aged 70", "in her late sixties", "30s"."""
    j = i + 1 if tokens[i : i + 1] in (["aged"], ["age"]) else i
    if j >= len(tokens):
        return i, None
    token, end = tokens[j], j + 1
    if token.isdigit():
        after = tokens[end : end + 2]
        if after[:1] and after[0] in ("year", "years", "yr"):
            end += 2 if after[1:] == ["old"] else 1
        elif j == i:
            return i, None
        years = int(token)
    elif token in lexicon.DECADES:
        years = lexicon.DECADES[token]
    elif token.endswith("0s") and token[:-1].isdigit():
        years = int(token[:-1]) + 5
    else:
        return i, None
    return end, [(DIRECT, "age", next((name for name, limit in AGES if years <= limit), "old"))]


def _hair(tokens: list[str], i: int) -> tuple[int, list | None]:
    """Colours and lengths with the hair or beard that they belong to, before it or as "hair is long and grey"."""
    j, said = _modifiers(tokens, i)
    beard = next(
        ((j + n, value) for n in (2, 1) if (value := lexicon.BEARDS.get(" ".join(tokens[j : j + n]))) is not None), None
    )
    if beard:
        colour = [(INDIRECT, attribute, value) for _, attribute, value in said if attribute == "hair_colour"]
        return beard[0], [(DIRECT, "beard", beard[1]), *colour]
    if j >= len(tokens) or tokens[j] not in lexicon.HAIR:
        return i, None
    end = j + 1
    if not said and tokens[j] == "hair":
        after = end + (tokens[end : end + 1] == ["that"])
        if tokens[after : after + 1] and tokens[after] in ("is", "are", "was"):
            end, said = _modifiers(tokens, after + 1)
            if not said:
                end = j + 1
    return end, said or [(DIRECT, "hair_length", "any")]


def _modifiers(tokens: list[str], i: int) -> tuple[int, list]:
    said, end = [], i
    table, longest = _hair_words()
    j = i
    while j < len(tokens):
        for length in range(longest, 0, -1):
            meaning = table.get(tuple(tokens[j : j + length]))
            if meaning:
                said.append((DIRECT, *meaning))
                j = end = j + length
                break
        else:
            if said and tokens[j] in ("and", ",") and j == end:
                j += 1
                continue
            if tokens[j] in ("curly", "wavy", "straight", "thick", "thin", "fine", "messy", "curled"):
                j = end = j + 1
                continue
            break
    return end, said


@cache
def _hair_words() -> tuple[dict[tuple[str, ...], tuple[str, str]], int]:
    table = {}
    for attribute, *sources in (
        ("hair_colour", lexicon.COLOURS, lexicon.HEARD_COLOURS),
        ("hair_length", lexicon.LENGTHS, lexicon.HEARD_LENGTHS),
    ):
        for source in sources:
            table |= {tuple(words(p)): (attribute, value) for value, phrases in source.items() for p in phrases}
    return table, max(map(len, table))


@cache
def _fixed() -> tuple[dict[tuple[str, ...], dict[str, str]], int]:
    table = {tuple(words(phrase)): meaning for phrase, meaning in lexicon.HEARD.items()}
    for gender, nouns in lexicon.NOUNS.items():
        table |= {tuple(words(noun)): {"gender": gender} for noun in nouns if gender}
    for source in (lexicon.ADJECTIVES, lexicon.WITH, lexicon.CLAUSES):
        for attribute, values in source.items():
            for value, phrases in values.items():
                for phrase in phrases:
                    key = tuple(_bare(words(phrase)))
                    if not lexicon.NEGATIONS & set(key):
                        table[key] = {attribute: value}
    return table, max(map(len, table))


def _bare(phrase: list[str]) -> list[str]:
    """A phrase without what may stand before it."""
    while len(phrase) > 1 and phrase[0] in (*ARTICLES, "in", "wearing", "who", "is", "looking"):
        phrase = phrase[1:]
    return phrase
