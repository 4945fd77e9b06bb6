"""The generators of plants."""

from ...generator import Generator

PLANTS: tuple[Generator, ...] = ()
