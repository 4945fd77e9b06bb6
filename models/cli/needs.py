"""What a sub-command of the models needs before it starts."""

from __future__ import annotations

from importlib.util import find_spec

from ...datagen.errors import BadInput
from ..systems.catalogue import SYSTEMS


def require_torch() -> None:
    """Refuse to start without torch."""
    try:
        found = find_spec("torch")
    except ValueError:  # a module that stands in its place
        found = None
    if found is None:
        raise BadInput("torch is not installed; pip install simulacra[models]")


def names() -> list[str]:
    """The names of the systems, for shells."""
    return [system.name for system in SYSTEMS]
