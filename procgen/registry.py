"""The registry: every generator by name, so that the command line, the add-on and the tests find it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .generator import Generator
from .materials.catalogue import MATERIALS
from .params import VERSION, SpecError, child, from_dict, to_dict
from .people.catalogue import PEOPLE
from .places.catalogue import PLACES
from .places.creatures.catalogue import CREATURES
from .places.plants.catalogue import PLANTS
from .places.sea_life.catalogue import SEA_LIFE
from .places.terrain.catalogue import TERRAIN
from .places.water.catalogue import WATER
from .places.weather.catalogue import WEATHER
from .things.catalogue import THINGS
from .wishes import check_held, check_paths

CATALOGUES = (PEOPLE, PLACES, THINGS, TERRAIN, PLANTS, SEA_LIFE, CREATURES, WEATHER, WATER, MATERIALS)
GENERATORS = {generator.name: generator for catalogue in CATALOGUES for generator in catalogue}
FAMILIES = ("people", "places", "things")  # whose generators make whole pictures; all others make what is in them
PICTURED = {name: generator for name, generator in GENERATORS.items() if generator.family in FAMILIES}

OFFERED = {name: generator for name, generator in PICTURED.items() if generator.shown}  # in the sidebar


def find(name: str) -> Generator:
    """The generator of a name."""
    if not isinstance(name, str) or name not in GENERATORS:
        raise SpecError(
            f"{name}: no such generator; allowed are {', '.join(PICTURED)}, and the things in simulacra list"
        )
    return GENERATORS[name]


def sample(name: str, seed: int, fixed: dict | None = None) -> Any:
    """Draw the spec of a seed; the same seed and version give the same spec everywhere.

    ``fixed`` maps dotted paths to wishes; each is held, or SpecError says which one cannot be.
    """
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise SpecError(f"seed: {seed} is not allowed; allowed is a whole number from 0")
    generator = find(name)
    check_paths(generator.load("spec"), fixed or {})
    spec = generator.load("sample")(child(int(seed), name), fixed)
    check_held(spec, fixed or {})
    return spec


def build(name: str, spec: Any, **options) -> Any:
    """Build a spec in the open Blender scene."""
    return find(name).load("build")(spec, **options)


def dump(name: str, spec: Any) -> dict:
    """A spec as a JSON document that says its kind and schema version."""
    return {"kind": name, "version": VERSION, "spec": to_dict(spec)}


def parse(document: Any) -> tuple[str, Any]:
    """Read what ``dump`` wrote: the kind and the spec."""
    if not isinstance(document, dict) or set(document) != {"kind", "version", "spec"}:
        raise SpecError("spec file: allowed is an object of kind, version and spec")
    if document["version"] != VERSION:
        raise SpecError(f"spec file: version {document['version']!r} is not allowed; allowed is {VERSION}")
    generator = find(document["kind"])
    return generator.name, from_dict(generator.load("spec"), document["spec"])
