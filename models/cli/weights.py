"""What --weigh says: a word and how much it counts."""

from __future__ import annotations

import math

from ...datagen.errors import BadInput

HEAVIEST = 100.0
MOST = 64  # words of one result


def weights_of(texts: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    """A word and a number each of texts WORD=X; raises BadInput for what is no such text."""
    if len(texts) > MOST:
        raise BadInput(f"weigh: is given {len(texts)} times; allowed are {MOST}")
    return tuple(_weight(text) for text in texts)


def _weight(text: str) -> tuple[str, float]:
    word, _, number = (part.strip().lower() for part in text.partition("="))
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not word or not 0 <= value <= HEAVIEST:
        raise BadInput(f"weigh: {text[:60]} is not allowed; allowed is WORD=X of a number in 0..{HEAVIEST:g}, as hat=2")
    return word, value
