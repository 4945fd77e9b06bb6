"""The generator of single things."""

from ..generator import Generator

THINGS: tuple[Generator, ...] = (
    Generator("things", "things", ".things.thing", "Thing", "sample_thing", "build_thing",
              "one thing alone in its box, seen from all around: what generators of 3-D models learn from", shown=False),
)  # fmt: skip
