"""What of a configuration a run that goes on may change: how long it trains and what it shows, never what it trained so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from ...datagen.errors import BadInput
from .settings import LATER

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


def check_resumed(before, config) -> None:
    """Raise BadInput where a configuration changes of a run's what it was trained with so far."""
    now = dict(held(config))
    for name, value in held(before):
        if now.get(name) != value:
            raise BadInput(f"set: {name} is {_said(value)} in this run; allowed with --resume are how long it trains and what it "
                           f"shows ({', '.join(sorted(FREE))}), or a new "
                           "folder")  # fmt: skip


def _said(value) -> str:
    """A value as --set takes it."""
    return (
        ",".join(map(str, value))
        if isinstance(value, tuple)
        else str(value).lower()
        if isinstance(value, bool)
        else str(value)
    )
