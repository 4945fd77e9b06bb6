"""The generators of weather."""

from ...generator import Generator

WEATHER: tuple[Generator, ...] = ()
