"""What of a configuration a run that goes on may change: how long it trains and what it shows, never what it trained so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from ...datagen.errors import BadInput
from .settings import LATER, described

FREE = {"steps", "images", "seconds", "save_every", "picture_every"}  # what every training lets change


def held(config, path: str = "") -> Iterator[tuple[str, object]]:
    """The fields of a configuration, by dotted path with their values, that must stay as they are while a run goes on.

    Free are the names in ``FREE``, the steps of a rate that depends on them (``follows_steps``) not among them, and fields
    that say so, as what matters when a trained system is asked.
    """
    bound = {"steps", "images"} if getattr(config, "follows_steps", False) else set()
    for row in fields(config):
        value = getattr(config, row.name)
        if is_dataclass(value):
            yield from held(value, f"{path}{row.name}.")
        elif not row.metadata.get(LATER) and row.name not in FREE - bound:
            yield path + row.name, value


def free(config) -> list[str]:
    """The other fields of a configuration, by dotted path in its own order."""
    bound = {name for name, _ in held(config)}
    return [row.field for row in described(config) if row.type != "section" and row.field not in bound]


def check_resumed(before, config) -> None:
    """Raise BadInput where a configuration changes of a run's what it was trained with so far."""
    now = dict(held(config))
    for name, value in held(before):
        if now.get(name) != value:
            raise BadInput(f"set: {name} is {_said(value)} in this run; allowed with --resume are {', '.join(free(config))}, or a new "
                           "folder")  # fmt: skip


def _said(value) -> str:
    """A value as --set takes it; what holds nothing is empty."""
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    return str(value).lower() if value is None or isinstance(value, bool) else str(value) or "empty"
