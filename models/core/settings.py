"""Sets fields of a configuration from ``field=value``, nested ones by dotted path."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, field, fields, is_dataclass, replace
from typing import NamedTuple, TypeVar, cast

from ...datagen.errors import BadInput

RENAMED = {"average": "ema_half_life"}  # fields by the names that older versions wrote
LARGEST = 2**53  # of a number: up to there a float holds every whole one
DIGITS = 100  # of a number as text; int() refuses thousands with an error of its own
MOST = 1000  # numbers in a list, letters in a text
Value = TypeVar("Value")
MEANING, BEFORE, LATER = "meaning", "before", "later"  # where a field's metadata has them


def means(meaning: str) -> dict[str, str]:
    """The metadata of a field that say what it means, which ``simulacra list systems NAME`` prints."""
    return {MEANING: meaning}


def setting(default: Value, meaning: str, before: Value | None = None, later: bool = False) -> Value:
    """A field of a configuration with its default and what it means.

    ``before`` is its value in documents that were written before there was such a field, where that is not the default.
    One that is looked at ``later``, when what was trained is asked, may change while a training goes on.
    """
    metadata = means(meaning) | {LATER: later} | ({} if before is None else {BEFORE: before})
    return cast(Value, field(default=default, metadata=metadata))


def require(config, **ranges: tuple[float, float]) -> None:
    """Raise BadInput unless fields of a configuration, and all numbers of those that hold several, lie in their ranges.

    Both ends are allowed; an infinite one is none.
    """
    for name, (least, most) in ranges.items():
        value = getattr(config, name)
        for number in value if isinstance(value, tuple) else (value,):
            if not least <= number <= most:
                allowed = f"{least:g} or more" if math.isinf(most) else f"{least:g} to {most:g}"
                raise BadInput(f"{name}: {number} is not allowed; allowed is {allowed}")


def require_powers_of_two(config, *names: str) -> None:
    """Raise BadInput unless fields of a configuration, whole numbers from 1 on, are powers of two."""
    for name in names:
        if (value := getattr(config, name)) & (value - 1):
            raise BadInput(f"{name}: {value} is not allowed; allowed are powers of two")


class Setting(NamedTuple):
    """A field of a configuration as one sets it: its dotted path, type, default and meaning."""

    field: str
    type: str
    default: str
    meaning: str


def described(config, path: str = "") -> list[Setting]:
    """Every field that can be set of a configuration, nested ones by dotted path."""
    found = []
    for row in fields(config):
        value, meaning = getattr(config, row.name), row.metadata.get(MEANING, "")
        if is_dataclass(value):
            found.append(Setting(path + row.name, "section", "", meaning))
            found += described(value, f"{path}{row.name}.")
            continue
        shown = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        shown = shown.lower() if value is None or isinstance(value, bool) else shown
        kind = row.type if isinstance(row.type, str) else getattr(row.type, "__name__", "")
        kind = f"list of {type(value[0]).__name__ if value else 'str'}" if isinstance(value, tuple) else kind
        found.append(Setting(path + row.name, kind, shown, meaning))
    return found


def configured(config, settings: Iterable[str]):
    """The frozen dataclass ``config`` with some fields set; raises BadInput with what is allowed."""
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals:
            raise BadInput(f"set: {setting[:60]} is not allowed; allowed is field=value")
        try:
            config = _with(config, path.strip().split("."), text.strip(), path.strip()[:60])
        except BadInput:
            raise
        except (TypeError, ValueError) as error:
            raise BadInput(f"{path[:60]}: {text[:60]} is not allowed; {error}") from None
    return config


def asked_with(config, settings: Iterable[str], system: str):
    """A trained system's configuration with some fields set that are looked at when it is asked.

    Raises BadInput for others, which its training has fixed, and for a system without any.
    """
    settings = list(settings)
    later = [row.name for row in fields(config) if row.metadata.get(LATER)] if is_dataclass(config) else []
    for setting in settings:
        if (name := setting.partition("=")[0].strip()) not in later:
            allowed = f"allowed are {', '.join(later)}" if later else "allowed is none"
            raise BadInput(f"set: {name[:60]} is not allowed when {system} is asked; {allowed}")
    return configured(config, settings)


def restored(config, document: dict):
    """The configuration whose ``asdict`` a JSON document holds; fields it lacks stay as they are, or as they were before
    there were such fields.

    Names that older versions wrote are taken for today's. Raises BadInput for what is no such configuration.
    """
    known = {row.name for row in fields(config)}
    if not isinstance(document, dict):
        raise BadInput(f"config: {_short(document)} is not allowed; allowed is an object of {', '.join(sorted(known))}")
    document = {RENAMED.get(name, name) if name not in known else name: value for name, value in document.items()}
    if set(document) - known:
        unknown = _short(min(set(document) - known))
        raise BadInput(f"config: {unknown} is not known; allowed are {', '.join(sorted(known))}")
    values = {row.name: row.metadata[BEFORE] for row in fields(config) if BEFORE in row.metadata}
    for name, value in document.items():
        now = getattr(config, name)
        values[name] = restored(now, value) if is_dataclass(now) else _taken(name, value, now)
    return replace(config, **values)


def _taken(name: str, value, now):
    """A JSON value for a field that holds ``now``: of the same type, and no larger than numbers and names are."""
    if isinstance(now, tuple):
        if not isinstance(value, list | tuple) or len(value) > MOST:
            raise BadInput(f"config: {name} is {_short(value)}; allowed is a list of at most {MOST}")
        return tuple(_taken(name, part, now[0] if now else part) for part in value)
    kinds = (
        (bool, int, float, str, type(None)) if now is None else (type(now),) + ((int,) if type(now) is float else ())
    )
    if type(value) not in kinds:
        raise BadInput(f"config: {name} is {_short(value)}; allowed is a value as {_short(now)}")
    if isinstance(value, str) and len(value) > MOST:
        raise BadInput(f"config: {name} is a text of {len(value)} letters; allowed are {MOST}")
    if type(value) in (int, float) and not -LARGEST <= value <= LARGEST:  # NaN too
        raise BadInput(f"config: {name} is {_short(value)}; allowed is a number up to {LARGEST}")
    return value


def _short(value) -> str:
    """A value in a message."""
    return "a number of many digits" if isinstance(value, int) and abs(value) > 10**40 else repr(value)[:60]


def plain(config) -> dict:
    """A configuration as JSON values."""
    return asdict(config)


def _with(config, path: list[str], text: str, whole: str):
    name, *rest = path
    allowed = [row.name for row in fields(config)]
    if name not in allowed:
        raise BadInput(f"{whole}: no such field; allowed are {', '.join(allowed)}")
    now = getattr(config, name)
    if is_dataclass(now):
        if not rest:
            inner = ", ".join(f"{name}.{row.name}" for row in fields(now))
            raise BadInput(f"{whole}: holds several fields; allowed are {inner}")
        return replace(config, **{name: _with(now, rest, text, whole)})
    if rest:
        raise BadInput(f"{whole}: no such field; {name} holds none")
    return replace(config, **{name: _read(text, now)})


def _read(text: str, now):
    """A text as the type of the value that the field has now."""
    if now is None:  # a number that may be left out
        return None if text.lower() == "none" else _read(text, 0)
    if isinstance(now, bool):
        if text.lower() not in ("true", "false"):
            raise ValueError("allowed are true and false")
        return text.lower() == "true"
    if isinstance(now, int):
        try:
            value = int(text) if len(text) < DIGITS else LARGEST + 1
        except ValueError:
            raise ValueError("allowed is a whole number") from None
        if abs(value) > LARGEST:
            raise ValueError(f"allowed is a whole number up to {LARGEST}")
        return value
    if isinstance(now, float):
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise ValueError("allowed is a number")
        return value
    if isinstance(now, tuple):
        parts = [part.strip() for part in text.split(",") if part.strip()]
        return tuple(_read(part, now[0]) for part in parts) if now else tuple(parts)
    return text
