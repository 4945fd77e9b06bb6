"""What a generator is: one row of a catalogue, whose module is imported only when it is used."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Generator:
    """A generator: one module with a spec class, a sampling function and a building function."""

    name: str
    family: str
    module: str  # relative to this package
    spec: str
    sample: str
    build: str
    doc: str
    heading: str = ""  # what menus list it under; "" is its family
    alone: bool = True  # can be added to any scene at once: no part of a place, nothing that is simulated first
    frames: int = 1  # least number of frames and views of a sample, and the number of one that names none
    views: int = 1
    shown: bool = True  # offered in the sidebar; others make datasets alone

    def load(self, what: str) -> Any:
        """The generator's spec class, sampler or builder; its module is imported only now."""
        return getattr(import_module(self.module, __package__), getattr(self, what))
