"""The generators of animals."""

from ...generator import Generator


def _row(name: str, doc: str) -> Generator:
    return Generator(
        name, "creatures", f".places.creatures.{name}", name.capitalize(), f"sample_{name}", f"build_{name}", doc
    )


CREATURES: tuple[Generator, ...] = (
    _row("carnivore", "a cat, leopard, wolf, fox, dog or bear"),
    _row("herbivore", "a deer, antelope, cow, horse, sheep or goat"),
    _row("bird", "a bird, standing or in flight"),
    _row("fish", "a fish of one of many body forms"),
    _row("reptile", "a lizard, crocodile or tortoise"),
    _row("snake", "a snake"),
    _row("beetle", "a beetle"),
    _row("dragonfly", "a dragonfly or damselfly"),
    _row("crustacean", "a crab or lobster"),
)
