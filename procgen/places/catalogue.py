"""The generators of whole places."""

from ..generator import Generator

PLACES: tuple[Generator, ...] = ()
