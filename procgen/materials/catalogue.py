"""The generators of materials."""

from ..generator import Generator

MATERIALS: tuple[Generator, ...] = ()
