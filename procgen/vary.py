"""Draws a spec anew in part: all but what is locked, one group alone, or a little way from what it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import registry
from .distributions import Choice, Continuous, Flag, OneOf, SpecError, Vector, Whole, rounded
from .params import child, fields, from_dict, to_dict


def paths(cls: type, prefix: str = "") -> list[str]:
    """The dotted path of every field of a spec class, elements of vectors included."""
    found = []
    for name, param in fields(cls).items():
        if param.nested:
            found += paths(param.nested, f"{prefix}{name}.")
        elif isinstance(param.distribution, Vector):
            found += [f"{prefix}{name}.{element}" for element in param.distribution.elements]
        else:
            found.append(prefix + name)
    return found


def value_at(document: Any, path: str) -> Any:
    """The value at a dotted path of a spec's dictionary."""
    for name in path.split("."):
        if not isinstance(document, dict) or name not in document:
            raise SpecError(f"{path}: no such field")
        document = document[name]
    return document


def _kept(document: dict, locked: Iterable[str]) -> dict[str, OneOf]:
    return {path: OneOf((value_at(document, path),)) for path in locked}


def redraw(kind: str, spec: Any, seed: int, *, group: str = "", locked: Iterable[str] = ()) -> Any:
    """The spec that a seed draws, with locked fields as they are; with a group, all other groups stay too.

    What depends on a locked field is drawn to go with it: a locked age makes greying hair likelier. A group is drawn as
    it would be for the rest of the person that stays.
    """
    before = to_dict(spec)
    if group and group not in before:
        raise SpecError(f"{group}: no such group; allowed are {', '.join(before)}")
    fixed = _kept(before, locked)
    if group:
        cls = registry.find(kind).load("spec")
        others = [path for path in paths(cls) if path.split(".")[0] != group]
        fixed |= _kept(before, others)
    drawn = to_dict(registry.sample(kind, seed, fixed))
    if not group:
        return from_dict(type(spec), drawn | {})
    # What was locked comes back within rounding; the group alone is taken.
    return from_dict(type(spec), before | {group: drawn[group]})


def vary(kind: str, spec: Any, seed: int, amount: float, *, locked: Iterable[str] = ()) -> Any:
    """A spec a little way off: numbers go a share ``amount`` (0…1) of the way to another draw, choices flip that often."""
    if not 0 <= amount <= 1:
        raise SpecError(f"amount: {amount:g} is not allowed; allowed is 0..1")
    other = to_dict(registry.sample(kind, seed, _kept(to_dict(spec), locked)))
    rng = child(seed, "vary")
    return from_dict(type(spec), _between(type(spec), to_dict(spec), other, amount, rng))


def _between(cls: type, here: dict, there: dict, amount: float, rng) -> dict:
    result = {}
    for name, param in fields(cls).items():
        a, b, flips = here[name], there[name], rng.random() < amount
        if param.nested:
            result[name] = _between(param.nested, a, b, amount, rng)
        elif isinstance(param.distribution, Vector):
            result[name] = {key: rounded(a[key] + amount * (b[key] - a[key])) for key in a}
        elif isinstance(param.distribution, Continuous):
            result[name] = rounded(a + amount * (b - a))
        elif isinstance(param.distribution, Choice | Flag | Whole):
            result[name] = b if flips else a
        else:
            result[name] = a
    return result
