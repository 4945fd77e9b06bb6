"""Renders a sample until it is valid: what checks reject is thrown away and drawn again from a seed of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from ...procgen.params import child
from ..recipe import Recipe
from ..scene_recipe import SceneRecipe
from .files import check_files
from .findings import Findings, Invalid

REDOS = 3  # further attempts at a sample
LARGEST_SEED = 2**53  # what every reader of JSON holds exactly


def drawn_seed(seed: int, attempt: int) -> int:
    """The seed that attempt k at a sample is drawn from; the first attempt's is the sample's own."""
    return int(child(seed, f"attempt {attempt}").integers(LARGEST_SEED)) if attempt else seed


def render_valid(recipe: Recipe | SceneRecipe, index: int, renderer: Callable, folder: Path) -> dict:
    """Render sample ``index`` into an empty folder, again until its checks hold; its record.

    The record is the renderer's, with {"validity": {"attempt", "redone", "warned"}}, and "drawn_seed" where it was drawn
    again. Raises Invalid where a check's level is fail, or where nothing else can be drawn.
    """
    if isinstance(recipe, SceneRecipe):
        return renderer(recipe.sample(index), recipe, folder)
    levels = recipe.levels()
    redone: list[dict] = []
    for attempt in range(REDOS + 1):
        seed = drawn_seed(recipe.seed + index, attempt)
        try:
            spec = recipe.draw(seed)
            result = renderer(spec, recipe, folder)
            found = Findings(levels)
            check_files(folder, spec, recipe, result.get("frames", []), found)
            warned = result.pop("warned", []) + [finding.to_dict() for finding in found.settle()]
        except Invalid as invalid:
            failing = [finding for finding in invalid.findings if levels[finding.check] == "fail"]
            if failing or recipe.spec or attempt == REDOS:
                raise _final(invalid, attempt, bool(recipe.spec)) from None
            redone += [{"seed": seed} | finding.to_dict() for finding in invalid.findings]
            _empty(folder)
            continue
        validity = {"attempt": attempt, "redone": redone, "warned": warned}
        return result | {"validity": validity} | ({"drawn_seed": seed} if attempt else {})
    raise AssertionError("the last attempt returns or raises")


def _final(invalid: Invalid, attempt: int, given: bool) -> Invalid:
    """The same findings, with what was tried."""
    after = "; a spec file leaves nothing to draw again" if given else f"; drawn {attempt + 1} times" if attempt else ""
    return Invalid(invalid.findings, after)


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
