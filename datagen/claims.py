"""What dataset.json and sample.json claim, held against what there is: which samples, of which seeds, with which labels."""

from __future__ import annotations

from collections.abc import Iterator

from ..procgen import registry
from ..procgen.distributions import SpecError
from .errors import BadInput
from .labels import LABELS
from .readers import Dataset, Sample
from .recipe import Recipe
from .scene_recipe import SceneRecipe
from .storage.continuing import versions
from .storage.naming import split_of
from .validity.attempts import drawn_seed


class Claims:
    """The claims of a dataset, one line for each that does not hold.

    Its recipe says the most; a dataset that is not of this version may hold one that is not understood, and is left alone.
    """

    def __init__(self, dataset: Dataset):
        self.dataset, self.description = dataset, dataset.description
        self.where = dataset.path / "dataset.json"
        made = self.description.get("versions", {})
        self.same_version = made.get("simulacra") == versions()["simulacra"]
        self.recipe, self.wrong = self._recipe()
        self.split = {name: split for split, names in self.description["splits"].items() for name in names}

    def _recipe(self) -> tuple[Recipe | SceneRecipe | None, str]:
        """The recipe that can be read, and what is wrong with one that should be."""
        data = self.description.get("recipe")
        try:  # the pictures that it names may lie on another machine
            return Recipe.from_dict({**data, "hdri": ""} if data and "generator" in data else data), ""
        except (BadInput, SpecError, TypeError, OverflowError) as error:
            return None, f"{self.where}: {error}" if data and self.same_version else ""

    def of_dataset(self) -> Iterator[str]:
        """What is wrong with the dataset as a whole."""
        if self.wrong:
            yield self.wrong
        listed = [name for names in self.description["splits"].values() for name in names]
        if len(listed) != len(set(listed)):
            yield f"{self.where}: a sample is in two splits"
        there = set(self.dataset.names)
        if gone := sorted(set(listed) - there):
            yield f"{self.where}: {_named(gone)} in its splits, and not in the folder; the same command again renders them"
        if more := sorted(there - set(listed)):
            yield f"{self.where}: {_named(more)} in the folder, and in none of its splits; the same command again lists them"
        finished = self.description.get("counts", {}).get("finished", len(listed))
        if finished != len(listed):
            yield f"{self.where}: counts {finished!r} finished samples, and its splits name {len(listed)}"

    def of_sample(self, sample: Sample) -> Iterator[str]:
        """What is wrong with a sample's place, seed, spec and labels."""
        index, where = int(sample.name), sample.path / "sample.json"
        if sample.record.get("index") != index:
            yield f"{where}: is that of sample {sample.record.get('index')}, in the folder of {index}"
        recipe = self.recipe
        if recipe is not None and recipe.count <= index:
            yield f"{where}: is of sample {index}; the recipe has {recipe.count}"
        elif recipe is not None:
            yield from self._of_recipe(sample, recipe, index)
        rendered = self._rendered(index)
        for frame in sample.frames:
            for name in rendered:
                if not sample.has(name, frame):
                    yield f"{sample.path}: frame {frame} has no {name}, which dataset.json says is rendered"

    def _rendered(self, index: int) -> list[str]:
        """The labels that a sample should have: of a label run, what its own camera can have of those that are rendered."""
        names = [name for name in self.description.get("rendered", []) if name in LABELS]
        if isinstance(self.recipe, SceneRecipe) and index < self.recipe.count:
            had = self.recipe.labels_of(self.recipe.models[index])
            names = [name for name in names if name in had]
        return names

    def _of_recipe(self, sample: Sample, recipe: Recipe | SceneRecipe, index: int) -> Iterator[str]:
        record, where = sample.record, sample.path / "sample.json"
        if record.get("seed") != recipe.seed + index:
            yield f"{where}: its seed is {record.get('seed')}; that of sample {index} is {recipe.seed + index}"
        split = self.split.get(sample.name)
        if split is not None and split != split_of(recipe.identity(index)):
            yield f"{self.where}: {sample.name} is in {split}; its identity is of {split_of(recipe.identity(index))}"
        frames = recipe.frames * getattr(recipe, "views", 1)
        if len(sample.frames) != frames:
            yield f"{where}: has {len(sample.frames)} frames; the recipe has {frames}"
        if isinstance(recipe, SceneRecipe):
            if record.get("camera") != recipe.cameras[index]:
                yield f"{where}: its camera is {record.get('camera')!r}; that of sample {index} is {recipe.cameras[index]!r}"
        elif self.same_version:
            yield from self._drawn(sample, recipe, index)

    def _drawn(self, sample: Sample, recipe: Recipe, index: int) -> Iterator[str]:
        """Whether the spec is the one that the seed draws, which is the same everywhere."""
        validity = sample.record.get("validity")
        attempt = validity.get("attempt", 0) if isinstance(validity, dict) else 0
        if type(attempt) is not int or attempt < 0:
            yield f"{sample.path / 'sample.json'}: attempt {attempt!r} is no whole number from 0"
            return
        seed = drawn_seed(recipe.seed + index, attempt)
        if sample.record.get("drawn_seed", recipe.seed + index) != seed:
            yield f"{sample.path / 'sample.json'}: was not drawn from the seed of attempt {attempt}"
        if recipe.spec or self.description["recipe"].get("hdri") or not sample.holds("spec.json"):
            return
        try:
            document = sample.document("spec.json")
        except BadInput:
            return  # which is told where files are read
        if registry.dump(recipe.generator, recipe.draw(seed)) != document:
            yield f"{sample.path / 'spec.json'}: is not the spec that seed {seed} draws"


def _named(names: list[str]) -> str:
    """Samples in a few words, with the verb."""
    named = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    return f"{named} {'is' if len(names) == 1 else 'are'}"
