"""What a user asks of a draw: every wish names a field that there is, and every one is held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .distributions import Choice, Constraint, OneOf, Range, SpecError, Vector
from .params import fields

LISTED = 12  # names that an error tells
NEAR = 1e-5  # relative: values are kept to six digits


def check_paths(cls, wishes: Mapping[str, Any]) -> None:
    """Raise SpecError where a path is a group, has no field, or goes on behind one; the message has the whole path."""
    for path, wish in wishes.items():
        _declared(cls, path, wish)


def check_held(spec: Any, wishes: Mapping[str, Any]) -> None:
    """Raise SpecError where a drawn spec does not hold a wish: a wish is held or refused, never passed over."""
    for path, wish in wishes.items():
        *groups, name = path.split(".")
        distribution, element = _declared(type(spec), path)
        holder = spec
        for group in groups[: -1 if element else None]:
            holder = getattr(holder, group)
        value = getattr(holder, groups[-1] if element else name)
        if element:
            value, distribution = value[list(distribution.elements).index(name)], distribution.elements[name]
        if not _holds(distribution, path, value, wish):
            shown = value if isinstance(value, str | bool) else f"{value:g}"
            raise SpecError(f"{path}: {as_typed(wish)} cannot be had with the other settings, which make it {shown}")


def as_typed(wish: Any) -> str:
    """A wish as one types it."""
    if isinstance(wish, Range):
        return f"{wish.low:g}..{wish.high:g}"
    return ",".join(map(str, wish.values)) if isinstance(wish, OneOf) else str(wish)


def _declared(cls, path: str, wish: Any = None) -> tuple[Any, bool]:
    """The distribution of the field at a path, and whether the path's last name is an element of it."""
    names, before = path.split("."), ""
    while True:
        name, *names = names
        declared = fields(cls)
        if name not in declared:
            raise SpecError(f"{before}{name}: no such field; allowed are {listed(before, declared)}")
        param, here = declared[name], f"{before}{name}"
        inner = fields(param.nested) if param.nested else getattr(param.distribution, "elements", None)
        if inner is None:
            if names:
                raise SpecError(f"{path}: no such field; {here} holds none")
            return param.distribution, False
        if not names:
            meant = _meant(param.nested, wish, f"{here}.") if param.nested else ""
            raise SpecError(f"{here} is a group; allowed are {listed(f'{here}.', inner)}{meant}")
        if not param.nested:
            if len(names) > 1 or names[0] not in inner:
                raise SpecError(f"{path}: no such name; allowed are {listed(f'{here}.', inner)}")
            return param.distribution, True
        cls, before = param.nested, f"{here}."


def listed(before: str, names: Iterable[str]) -> str:
    """Names as an error tells them, with their path."""
    found = [f"{before}{name}" for name in names]
    more = len(found) - LISTED
    return ", ".join(found[:LISTED]) + (f" and {more} more" if more > 0 else "")


def _meant(cls, wish: Any, before: str) -> str:
    """The fields of a group that have such an option, as the end of an error."""
    asked = set(map(str, wish.values)) if isinstance(wish, OneOf) else set()
    found = [f"{before}{name}={as_typed(wish)}" for name, param in fields(cls).items()
             if isinstance(param.distribution, Choice) and asked and asked <= set(param.distribution.options)]  # fmt: skip
    return f"; did you mean {' or '.join(found)}?" if found else ""


def _holds(distribution: Any, path: str, value: Any, wish: Constraint | Any) -> bool:
    if isinstance(wish, Range):
        return wish.low - NEAR * abs(wish.low) - NEAR <= value <= wish.high + NEAR * abs(wish.high) + NEAR
    allowed = [distribution.check(path, text) for text in (wish.values if isinstance(wish, OneOf) else (wish,))]
    if isinstance(value, str | bool) or isinstance(distribution, Vector):
        return value in allowed
    return any(abs(value - number) <= NEAR * max(1.0, abs(number)) for number in allowed)
