"""The generators of ground and rocks."""

from ...generator import Generator

TERRAIN: tuple[Generator, ...] = ()
