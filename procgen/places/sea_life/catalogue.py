"""The generators of what lives on a sea bed."""

from ...generator import Generator


def _row(name: str, part: str, spec: str, doc: str) -> Generator:
    return Generator(name, "sea_life", f".places.sea_life.{part}", spec, f"sample_{part}", f"build_{part}", doc)


# Coral and sponge are the names of what they are made of, so the things themselves are told apart.
SEA_LIFE: tuple[Generator, ...] = (
    _row("coral_colony", "coral", "Coral", "corals of fifteen kinds, branching, massive and in sheets"),
    _row("sea_fan", "sea_fan", "SeaFan", "sea fans: nets of veins in a plane"),
    _row("sea_sponge", "sponge", "Sponge", "tube, barrel, vase and finger sponges"),
    _row("kelp", "kelp", "Kelp", "giant kelp with bladders and ruffled blades"),
    _row("seaweed", "seaweed", "Seaweed", "sea lettuce, eel grass, red weeds, sargassum and dulse"),
    _row("anemone", "anemone", "Anemone", "sea anemones whose tentacles wave"),
    _row("jellyfish", "jellyfish", "Jellyfish", "jellyfish whose bells pulse"),
    _row("urchin", "urchin", "Urchin", "sea urchins of five kinds of spines"),
    _row("starfish", "starfish", "Starfish", "starfish with five to nine arms"),
    _row("shell", "shell", "Shell", "coiled shells and valves after Raup's parameters"),
    _row("sea_worm", "sea_worm", "SeaWorm", "feather dusters and Christmas tree worms"),
)
