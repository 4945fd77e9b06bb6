"""The generators of whole places."""

from ..generator import Generator

PLACES: tuple[Generator, ...] = (
    Generator("places", "places", ".places.place", "Place", "sample_place", "build_place",
              "a natural world: ground, water, sky, weather, and what grows and lives in it"),
    Generator("stereo", "places", ".places.floating.floating", "Floating", "sample_stereo", "build_floating",
              "floating things before a background, seen by two eyes far apart: what stereo nets learn from", views=2, shown=False),
    Generator("flow", "places", ".places.floating.floating", "Floating", "sample_flow", "build_floating",
              "floating things that fly and spin before a background: what optical flow nets learn from", frames=2, shown=False),
)  # fmt: skip
