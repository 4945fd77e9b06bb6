"""What to say of words of a prompt for things that say nothing: what they may have meant, and what can be asked."""

from __future__ import annotations

import difflib
from functools import cache

from . import thing_lexicon as lexicon
from .hints import NEAR, foreign
from .thing_prompts import read
from .tokenizer import words

EXAMPLE = "'a tall red mushroom with white spots'"
NAMED = "families and sorts of things, colours, shapes, sizes"


def in_vain(prompt: str) -> tuple[list[str], bool]:
    """A line for all that a prompt for things says in vain, and whether it says anything."""
    reading = read(prompt)
    lines = ["prompt: is read in English alone"] if foreign(list(reading.unknown)) else []
    lines += [f"{word}: is no known word and says nothing" + (f"; {text}" if (text := hint(word)) else "")
              for word in reading.unknown]  # fmt: skip
    return [*lines, *reading.in_vain], bool(reading.attributes)


def hint(word: str) -> str:
    """What to say instead of a word that says nothing; empty where nothing is near."""
    for related, what in lexicon.BEYOND.items():
        if word in related.split():
            return what
    near = [one for one in difflib.get_close_matches(word, _known(), 6, NEAR) if one[0] == word[0] and one != word][:3]
    return f"known near it are {', '.join(near)}" if near else ""


@cache
def _known() -> list[str]:
    heard = {word for phrase in lexicon.phrases() for word in words(phrase)}
    return sorted(word for word in heard if word[0].isalpha() and word not in lexicon.FILLER)
