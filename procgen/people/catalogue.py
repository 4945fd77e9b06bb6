"""The generators of people."""

from ..generator import Generator

PEOPLE: tuple[Generator, ...] = (
    Generator("faces", "people", ".people.face", "Face", "sample_face", "build_face", "a person's head and bust"),
)
