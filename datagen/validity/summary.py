"""What dataset.json says of validity: the checks as they were made, and every sample that was redone or warned of."""

from __future__ import annotations

from collections.abc import Callable

from ..recipe import Recipe
from ..scene_recipe import SceneRecipe
from .table import CHECKS


def summary(recipe: Recipe | SceneRecipe, done: list[int], before: dict, record_of: Callable[[int], dict]) -> dict:
    """The key "validity" of dataset.json, {} for scenes, which are not checked.

    ``before`` is the dataset.json that is there: its entries stay while their samples do, and only the records of samples
    that its splits do not name are read, by ``record_of(index)``.
    """
    if isinstance(recipe, SceneRecipe):
        return {}
    whole = set(done)
    known, entries = _summarised(before)
    entries = {index: row for index, row in entries.items() if index in whole}
    for index in whole - known:
        record = record_of(index)
        validity = record.get("validity", {})
        if validity.get("redone") or validity.get("warned"):
            drawn = {"drawn_seed": record["drawn_seed"]} if "drawn_seed" in record else {}
            entries[index] = {"index": index, "seed": record["seed"]} | drawn | {"redone": [], "warned": []} | validity
    levels = recipe.levels()
    checks = [{"name": name, "level": levels[name], "limit": row.limit, "measures": row.measures}
              for name, row in CHECKS.items()]  # fmt: skip
    counts = {"redone": 0, "warned": 0}
    for row in entries.values():
        for key in counts:
            counts[key] += bool(row[key])
    return {"validity": {"checks": checks, **counts, "samples": [entries[index] for index in sorted(entries)]}}


def _summarised(before: dict) -> tuple[set[int], dict[int, dict]]:
    """The samples that a dataset.json has known of, and its entries; nothing of one that says it otherwise."""
    try:
        entries = {row["index"]: row for row in before["validity"]["samples"] if row["redone"] + row["warned"]}
        return {int(name) for names in before["splits"].values() for name in names}, entries
    except (KeyError, TypeError, ValueError, AttributeError):
        return set(), {}  # of an older version, say
