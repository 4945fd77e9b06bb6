"""The generators of what lives on a sea bed."""

from ...generator import Generator

SEA_LIFE: tuple[Generator, ...] = ()
