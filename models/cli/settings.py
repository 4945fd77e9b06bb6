"""Sets fields of a configuration from ``field=value``, nested ones by dotted path."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, fields, is_dataclass, replace

from ...datagen.errors import BadInput


def configured(config, settings: Iterable[str]):
    """The frozen dataclass ``config`` with some fields set; raises BadInput with what is allowed."""
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals:
            raise BadInput(f"set: {setting} is not allowed; allowed is field=value")
        try:
            config = _with(config, path.strip().split("."), text.strip(), path.strip())
        except BadInput:
            raise
        except (TypeError, ValueError) as error:
            raise BadInput(f"{path}: {text} is not allowed; {error}") from None
    return config


def restored(config, document: dict):
    """The configuration whose ``asdict`` a JSON document holds; fields it lacks stay as they are. Raises BadInput."""
    known = {row.name for row in fields(config)}
    if not isinstance(document, dict) or set(document) - known:
        unknown = sorted(set(document) - known) if isinstance(document, dict) else [document]
        raise BadInput(f"config: {unknown[0]} is not known; allowed are {', '.join(sorted(known))}")
    values = {}
    for name, value in document.items():
        now = getattr(config, name)
        values[name] = restored(now, value) if is_dataclass(now) else _tuples(value)
    return replace(config, **values)


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
    if isinstance(now, bool):
        if text.lower() not in ("true", "false"):
            raise ValueError("allowed are true and false")
        return text.lower() == "true"
    if isinstance(now, int):
        try:
            return int(text)
        except ValueError:
            raise ValueError("allowed is a whole number") from None
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


def _tuples(value):
    return tuple(_tuples(part) for part in value) if isinstance(value, list) else value
