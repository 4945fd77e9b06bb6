"""What a hand-made choice brings with it: a named expression its actions, a hair colour its pigments, a palette its colours."""

from __future__ import annotations

import numpy as np

from ..distributions import rounded
from .expression import ACTIONS, LIBRARY, expand
from .hair.colour import NATURAL
from .wear import RANGES, hue_colour


def _actions(inner: dict) -> dict:
    return {"actions": dict.fromkeys(ACTIONS, 0.0) | expand(LIBRARY[inner["name"]])}


def _pigments(inner: dict) -> dict:
    melanin, redness = NATURAL[inner["family"]]
    return {"melanin": melanin, "redness": redness}


def _colours(inner: dict) -> dict:
    middle = [float(np.mean(limits)) for limits in RANGES[inner["palette"]]]
    colour = dict(zip(("first_red", "first_green", "first_blue"), map(rounded, hue_colour(*middle)), strict=True))
    return {"colours": inner["colours"] | colour}


# The last word of a field's path -> what else its group takes.
CONSEQUENCES = {"name": _actions, "family": _pigments, "palette": _colours}


def follow(document: dict, path: str) -> dict:
    """The dictionary of a spec after the field at ``path`` was chosen by hand, with what the choice brings with it.

    Drawing a spec does this by itself; a person who picks "smile" from a menu wants to see the smile.
    """
    *groups, field = path.split(".")
    if field in CONSEQUENCES:
        inner = document
        for name in groups:
            inner = inner[name]
        inner.update(CONSEQUENCES[field](inner))
    return document
