"""What --drag says: a place and where it should go, both in metres."""

from __future__ import annotations

import math

from ...datagen.errors import BadInput

FARTHEST = 1e4  # m from the origin of a place
MOST = 64  # drags of one result


def drags_of(texts: tuple[str, ...]) -> tuple[tuple[float, ...], ...]:
    """Six numbers each of texts X,Y,Z:X,Y,Z; raises BadInput for what is no such text."""
    if len(texts) > MOST:
        raise BadInput(f"drag: is given {len(texts)} times; allowed are {MOST}")
    return tuple(_drag(text) for text in texts)


def _drag(text: str) -> tuple[float, ...]:
    parts = [part.split(",") for part in text.split(":")]
    try:
        numbers = [float(word) for part in parts for word in part]
    except ValueError:
        numbers = []
    known = all(math.isfinite(value) and abs(value) <= FARTHEST for value in numbers)
    if [len(part) for part in parts] != [3, 3] or not numbers or not known:
        raise BadInput(f"drag: {text[:60]} is not allowed; allowed is X,Y,Z:X,Y,Z in metres, as 0,0,0.05:0,0,0.08")
    return tuple(numbers)
