"""Options that nothing would come of beside others: each is refused, for what is accepted is used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..errors import BadInput

PICTURES = {"rgb", "alpha", "linear", "albedo", "shading"}  # labels of a Blender file whose pixels take Cycles samples


def set_once(settings: Iterable[str], option: str) -> None:
    """Refuse NAME=VALUE twice of one name, where the first would be passed over."""
    counted = Counter(setting.partition("=")[0].strip() for setting in settings)
    twice = [name for name, number in counted.items() if number > 1]
    if twice:
        raise BadInput(f"{option}: {twice[0]} is set twice; allowed is once")


def seed_beside_spec(seed: int, spec: str, hdri: str) -> None:
    """Refuse a seed beside a spec file, from which nothing is drawn but the surroundings of a folder."""
    if spec and seed and not hdri:
        raise BadInput(f"seed: {seed} is not allowed with a spec file, which leaves nothing to draw")


def hdri_beside_another(recipe) -> None:
    """Refuse a folder of environment pictures where the spec or a setting names a picture of its own."""
    if recipe.hdri and recipe.sample(0).light.hdri not in map(str, recipe.environments()):
        raise BadInput(f"hdri: {recipe.hdri} is not allowed beside a picture that is named by light.hdri")


def samples_without_picture(samples: int, labels: Iterable[str]) -> None:
    """Refuse Cycles samples where no label takes any: labels are points."""
    if samples and not PICTURES & set(labels):
        raise BadInput(
            f"samples: {samples} is not allowed without a picture; allowed is with a label of {', '.join(sorted(PICTURES))}"
        )
