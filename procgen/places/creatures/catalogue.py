"""The generators of animals."""

from ...generator import Generator

CREATURES: tuple[Generator, ...] = ()
