"""What is in the preset library: each asset with its catalogue, its picture and what it holds; knows nothing of bpy."""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ...procgen.materials.catalogue import MATERIALS
from ...procgen.params import to_dict
from ...procgen.people.consequences import follow
from ...procgen.places.scenes.recipes import RECIPES
from ...procgen.registry import sample
from ..fields.items import sentence, title
from ..presets.files import SHIPPED
from ..thumbnails.families import options, path_of

FILE = "simulacra_presets.blend"
CATALOGUES = "blender_assets.cats.txt"
SPACE = uuid.UUID(
    "7b0d5c3e-6a55-4a1e-9b0f-5f6f2c1a9d42"
)  # the names of catalogues are drawn from it, the same everywhere


class Item(NamedTuple):
    """An asset: a material, an action of shape keys, or an empty that becomes something when it is dropped."""

    what: str  # material, action, preset, place, expression
    name: str  # as the user reads it
    about: str
    catalogue: str
    picture: Path
    holds: Any  # name of the material, weights of the shape keys, or what a drop is told


def weights_of(named: str) -> dict[str, float]:
    """The 52 weights of a named expression, by shape key."""
    document = copy.deepcopy(_anyone())
    document["expression"]["name"] = named
    return dict(follow(document, "expression.name")["expression"]["actions"])


@cache
def _anyone() -> dict:
    """Somebody, for an expression to be set on."""
    return to_dict(sample("faces", 0))


def items() -> Iterator[Item]:
    """All assets, by catalogue."""
    for path in sorted(SHIPPED.glob("*.json")):
        row = json.loads(path.read_text(encoding="utf-8"))
        catalogue = "People" if row["kind"] == "faces" else "Places"
        picture = path_of("preset", path.stem)
        yield Item("preset", row["name"], row["description"], f"{catalogue}/Presets", picture, path.name)
    for name, recipe in RECIPES.items():
        yield Item("place", title(name), sentence(recipe.says), "Places/Kinds", path_of("place", name), name)
    for name in options("expression"):
        picture, catalogue = path_of("expression", name), "Visemes" if name.startswith("viseme") else "Expressions"
        about = f"{title(name)}: drop it, and the selected person shows it"
        yield Item("expression", title(name), about, f"People/{catalogue}", picture, name)
        about = f"{title(name)}: the 52 shape keys as an action for the head"
        yield Item("action", f"{title(name)} (keys)", about, f"People/{catalogue}/Actions", picture, weights_of(name))
    for row in MATERIALS:
        yield Item("material", title(row.name), sentence(row.doc), f"Materials/{row.heading or title(row.family)}",
                   path_of("material", row.name), row.name)  # fmt: skip


def identity(catalogue: str) -> str:
    """The id of a catalogue."""
    return str(uuid.uuid5(SPACE, catalogue))


def catalogues_text(paths: set[str]) -> str:
    """Blender's file of catalogues; source: Asset Catalogs in Blender's manual."""
    every = {"/".join(path.split("/")[:depth]) for path in paths for depth in range(1, path.count("/") + 2)}
    rows = [f"{identity(path)}:{path}:{path.replace('/', '-')}" for path in sorted(every)]
    return "\n".join(["# The catalogues of Simulacra's preset library", "VERSION 1", "", *rows, ""])
