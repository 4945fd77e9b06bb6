"""The generators of water."""

from ...generator import Generator

WATER: tuple[Generator, ...] = ()
