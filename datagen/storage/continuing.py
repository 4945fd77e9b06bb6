"""What lets a run go on with samples that are there: the versions and the recipe that made them."""

from __future__ import annotations

import dataclasses
import platform
import sys
from pathlib import Path

from ..errors import BadInput
from ..formats.records import FORMAT, check_sample
from ..recipe import Recipe
from ..scene_recipe import SceneRecipe


def versions() -> dict:
    """The versions that made a dataset."""
    from importlib.metadata import PackageNotFoundError, version

    def found(name):
        try:
            return version(name)
        except PackageNotFoundError:
            return ""

    package = __package__.rsplit(".", 2)[0]
    blender = sys.modules.get("bpy")
    return {
        "simulacra": getattr(sys.modules[package], "__version__", ""),
        "blender": blender.app.version_string.split()[0] if blender else found("bpy"),
        "python": platform.python_version(),
        "numpy": found("numpy"),
    }


def differing_versions(there: dict, here: dict) -> list[tuple[str, str, str]]:
    """What renders other labels in two places: its name, and its version there and here."""
    rows = []
    for name, parts in (("simulacra", 3), ("blender", 2)):  # a patch release of Blender renders the same labels
        one, other = str(there.get(name, "")), str(here.get(name, ""))
        if one and other and one.split(".")[:parts] != other.split(".")[:parts]:
            rows.append((f"version of {name}", one, other))
    return rows


def continued(path: Path | str, data, recipe: Recipe | SceneRecipe) -> Recipe | SceneRecipe:
    """The recipe to go on with in a folder that holds a dataset; raises BadInput where its samples would differ."""
    if not isinstance(data, dict) or data.get("format") != FORMAT or not isinstance(data.get("versions"), dict):
        raise BadInput(f"{path}: holds a dataset of another format; allowed is format {FORMAT}")
    before = Recipe.from_dict(data.get("recipe"))
    if type(before) is not type(recipe):
        raise BadInput(f"{path}: holds a dataset of another kind; allowed is this recipe's dataset or another folder")
    rows = [(name, getattr(before, name), getattr(recipe, name)) for name in before.differing(recipe)]
    rows += differing_versions(data["versions"], versions())
    if rows:
        name, there, here = rows[0]
        raise BadInput(
            f"{path}: holds a dataset of another recipe; {name} is {there!r} there and {here!r} here; "
            "allowed is the same recipe or another folder"
        )
    if isinstance(recipe, SceneRecipe):
        return recipe  # its samples are its cameras, which are the same
    return dataclasses.replace(recipe, count=max(before.count, recipe.count))


def check_record(record, index: int, path: Path) -> dict:
    """The sample.json of sample ``index``; raises BadInput where it is another's, or not what a run writes."""
    check_sample(record, path)
    if type(record.get("index")) is not int or record["index"] != index or type(record.get("seed")) is not int:
        raise BadInput(f"{path}: is not that of sample {index}")
    validity = record.get("validity", {})
    rows = [validity.get(name, []) for name in ("redone", "warned")] if isinstance(validity, dict) else [None]
    if not all(isinstance(row, list) and all(isinstance(one, dict) for one in row) for row in rows):
        raise BadInput(f"{path}: validity is not what was redone and warned of")
    if not isinstance(record.get("recipe", ""), str) or not isinstance(record.get("versions", {}), dict):
        raise BadInput(f"{path}: recipe is not a text, or versions are not texts by name")
    return record
