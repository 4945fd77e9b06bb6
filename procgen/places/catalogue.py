"""The generators of whole places."""

from ..generator import Generator

PLACES: tuple[Generator, ...] = (
    Generator("places", "places", ".places.place", "Place", "sample_place", "build_place",
              "a natural world: ground, water, sky, weather, and what grows and lives in it"),
)  # fmt: skip
