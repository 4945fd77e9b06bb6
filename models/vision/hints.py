"""What to say of a prompt's words that say nothing: what they may have meant, and what can be asked in their place."""

from __future__ import annotations

import difflib
from functools import cache

from . import lexicon
from .captions import vocabulary
from .tokenizer import words

NEAR = 0.75  # share of letters that a known word has in common with one that is mistyped


def told(word: str) -> str:
    """The warning that a word says nothing, with what can be said."""
    text = hint(word)
    if word in _colours() | _lengths():
        return f"{word}: {text}"
    return f"{word}: is no known word and says nothing" + (f"; {text}" if text else "")


def hint(word: str) -> str:
    """What to say instead of a word that says nothing; empty where nothing is near."""
    if word in _colours() | _lengths():
        skin = " or 'dark skin'" if word in lexicon.TONES else ""
        return f"says nothing without what is so, as '{word} hair'{skin}"
    for related, what in lexicon.BEYOND.items():
        if word in related.split():
            return what
    near = [one for one in difflib.get_close_matches(word, _known(), 6, NEAR) if one[0] == word[0]][:3]
    return f"known near it are {', '.join(near)}" if near else ""


def foreign(strange: list[str]) -> bool:
    """Whether words that are not known are of another language than English, or of another script."""
    return any(word in lexicon.FOREIGN or any(ord(letter) > 0x24F for letter in word) for word in strange)


@cache
def _known() -> list[str]:
    heard = {word for phrase in lexicon.HEARD for word in words(phrase)}
    return sorted(word for word in heard | set(vocabulary()) if word[0].isalpha() and word not in lexicon.FILLER)


@cache
def _colours() -> frozenset[str]:
    return _single(lexicon.COLOURS, lexicon.HEARD_COLOURS)


@cache
def _lengths() -> frozenset[str]:
    return _single(lexicon.LENGTHS, lexicon.HEARD_LENGTHS)


def _single(*tables: dict[str, tuple[str, ...]]) -> frozenset[str]:
    """The phrases of tables that are one word."""
    return frozenset(
        phrase for table in tables for phrases in table.values() for phrase in phrases if " " not in phrase
    )
