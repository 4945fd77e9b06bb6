"""Every count that the README states of generators is the one that the code has."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = " ".join((ROOT / "README.md").read_text().split())


def counts():
    """A phrase of the README, its numbers as #, and what they are."""
    from simulacra.datagen.labels import PARTS
    from simulacra.procgen.light.interiors import STUDIO
    from simulacra.procgen.light.library import library
    from simulacra.procgen.light.light import SURROUNDINGS
    from simulacra.procgen.materials.catalogue import MATERIALS
    from simulacra.procgen.materials.cloth import FABRICS, PATTERNS
    from simulacra.procgen.people.expression import LIBRARY
    from simulacra.procgen.people.eyes import EUROPEAN
    from simulacra.procgen.people.head_data import head_data
    from simulacra.procgen.people.identity import asymmetry_names
    from simulacra.procgen.people.wear import EARRINGS, GARMENTS, GLASSES, HEADWEAR, MASKS
    from simulacra.procgen.places.creatures.catalogue import CREATURES
    from simulacra.procgen.places.plants.leaf import SHAPES
    from simulacra.procgen.places.plants.species import SPECIES
    from simulacra.procgen.places.scenes.recipes import RECIPES
    from simulacra.procgen.places.sea_life.coral import KINDS as CORALS
    from simulacra.procgen.places.terrain.ground import FORMS
    from simulacra.procgen.places.weather.spec import CLOUDS

    data = head_data()
    macros, actions = (sum(name.startswith(start) for name in data.targets) for start in ("macro/", "action/"))
    yield "# sliders, # phenotype targets, # asymmetries", (len(data.sliders), macros, len(asymmetry_names(data)))
    yield "# ARKit actions, # named expressions", (actions, len(LIBRARY))
    yield "# shape keys with ARKit's names", (actions,)
    yield "# colour families", (len(EUROPEAN),)
    worn = (GARMENTS, HEADWEAR, GLASSES, MASKS, EARRINGS)
    yield "# garments, # kinds of headwear, # glasses, # masks, # earrings", tuple(map(len, worn))
    yield "# fabrics × # patterns", (len(FABRICS), len(PATTERNS))
    yield "# panoramas, # kinds of surroundings, # studio set-ups", (len(library()), len(SURROUNDINGS), len(STUDIO))
    yield "a world of one of # kinds: " + ", ".join(kind.replace("_", " ") for kind in RECIPES), (len(RECIPES),)
    yield "# landforms", (len(FORMS),)
    yield "# kinds of clouds", (len(CLOUDS) - 1,)
    yield "# trees by space colonisation", (len(SPECIES),)
    yield "# leaf shapes", (len(SHAPES),)
    yield "# corals", (len(CORALS),)
    yield "# kinds from a genome of parts", (len(CREATURES),)
    yield "materials | #, each a random shader", (len(MATERIALS),)
    yield "**Materials** applies any of # to", (len(MATERIALS),)
    yield "small JSON file; # ship", (len(list(ROOT.glob("addon/presets/shipped/*.json"))),)
    yield "the # classes of FaceSynthetics", (len(PARTS) - 1,)


def test_the_readme_counts_what_is_there():
    wrong = {}
    for phrase, numbers in counts():
        pattern = re.escape(phrase).replace(r"\#", r"(\d+)")
        found = re.search(pattern, README)
        if not found or tuple(map(int, found.groups())) != numbers:
            wrong[phrase] = (found and found.group(), numbers)
    assert wrong == {}


def test_every_measured_page_says_of_which_commit():
    """What a machine measured is not computed here: it carries the commit that it was measured at."""
    for name in ("README.md", "docs/scale.md", "docs/loading.md", "docs/validity.md"):
        text = (ROOT / name).read_text()
        assert re.search(r"[Mm]easured at [0-9a-f]{7}\b", text), name
