"""Joins the shards of one dataset that were rendered into folders of their own, and checks that they fit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

from ..errors import BadInput, Unfinished
from ..formats.files import read_json, write_json
from ..formats.reading import MIB
from ..formats.whole import open_recorded
from ..labels import LABELS
from ..recipe import Recipe, recipe_digest
from .continuing import continued
from .dataset import DatasetFolder, rows_of
from .held import PARTIAL, hold
from .naming import sample_name

PICTURES = ("rgb", "linear", "albedo", "shading")  # rendered with noise, which another machine may round otherwise


class Merge:
    """The samples of ``shards`` on their way into ``out``, which may hold some of them already.

    Raises BadInput where a shard is of another recipe or version.
    """

    def __init__(self, out: Path, shards: Iterable[Path]):
        self.out, shards = Path(out), [Path(shard) for shard in shards]
        self.described = [_description(shard) for shard in shards]
        recipe = Recipe.from_dict(self.described[0].get("recipe"))
        for shard, document in zip(shards, self.described, strict=True):
            if shard.resolve() == self.out.resolve():
                raise BadInput(f"{shard}: is the target itself; allowed are other folders")
            recipe = continued(shard, document, recipe)
        if (self.out / "dataset.json").is_file():
            recipe = continued(self.out, _description(self.out), recipe)
        self.recipe = recipe
        self.samples = [(shard, index) for shard in shards for index in DatasetFolder(shard, recipe).named()]

    def go(self, tell: Callable[[dict], None] = lambda event: None) -> DatasetFolder:
        """Copy all samples, each file checked against the hash that was written when it was rendered; the joined dataset.

        Raises BadInput where two shards hold different labels of one sample, and Unfinished where a file is broken or a
        sample is missing in the end; what is whole is kept, and the next merge goes on from there.
        """
        folder, problems = DatasetFolder.open(self.out, self.recipe), []
        for shard, index in self.samples:
            problem = _take(folder, shard, index)
            event = {"index": index, "seed": self.recipe.seed + index}
            tell({"event": "failed", **event, "reason": problem} if problem else {"event": "finished", **event})
            problems += [problem] * bool(problem)
        folder.describe(
            {row["index"]: row for document in self.described for row in rows_of(document, "failed", "index")}
        )
        if problems:
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            raise Unfinished(f"{problems[0]}{more}; render the shard again")
        missing = sorted(set(range(self.recipe.count)) - set(folder.finished()))
        if missing:
            named = ", ".join(map(str, missing[:8])) + (", …" if len(missing) > 8 else "")
            raise Unfinished(
                f"{self.out}: {len(missing)} of {self.recipe.count} samples are in no shard (numbers {named})"
                + share_of(missing, self.recipe.count)
            )
        return folder


def _description(shard: Path) -> dict:
    document = read_json(shard / "dataset.json")
    if not isinstance(document, dict):
        raise BadInput(f"{shard}: holds no dataset; allowed are folders of one recipe")
    return document


def _take(folder: DatasetFolder, shard: Path, index: int) -> str:
    """Copy a sample of a shard beside its place and rename it there; what is wrong with it, or nothing."""
    name, source = sample_name(index), shard / sample_name(index)
    try:
        record = DatasetFolder(shard, folder.recipe).record(index)
    except BadInput as error:
        return str(error)
    if record.get("recipe", recipe_digest(folder.recipe.to_dict())) != recipe_digest(folder.recipe.to_dict()):
        return f"{source}: says that it is of another recipe"
    if (there := _record(folder, index)) is not None:
        other = _labels(there), _labels(record)
        if other[0] != other[1]:
            differing = min(set(other[0].items()) ^ set(other[1].items()))[0]
            raise BadInput(
                f"{source}: differs in {differing} from the sample of that number that is in {folder.path} already"
            )
        return ""
    with hold(folder.path, PARTIAL + name) as partial:
        for file, facts in record["files"].items():
            problem = _copy(source, partial / file, record["files"], facts["sha256"])
            if problem:
                return problem
        write_json(partial / "sample.json", record)
        folder.put(partial, index)
    return ""


def _record(folder: DatasetFolder, index: int) -> dict | None:
    """The record of a sample that is there already, and whole."""
    try:
        return folder.record(index)
    except BadInput:
        return None


def _copy(source: Path, target: Path, files: dict, expected: str) -> str:
    """Copy a file whose size and hash are those of its record; what is wrong with it, or nothing."""
    digest = hashlib.sha256()
    try:
        with open_recorded(source, target.name, files) as reader, target.open("wb") as writer:
            while block := reader.read(MIB):
                digest.update(block)
                writer.write(block)
    except BadInput as error:
        return str(error)
    return "" if digest.hexdigest() == expected else f"{source / target.name}: differs from what was written"


def _labels(record: dict) -> dict[str, object]:
    """The hashes of the files that are promised to be the same on every machine, by name."""
    exact = {name for name in LABELS if name not in PICTURES}
    return {
        name: facts.get("sha256")
        for name, facts in record["files"].items()
        if name.partition(".")[2].partition(".")[0] in exact
    }


def share_of(missing: list[int], count: int) -> str:
    """Which ``--shard`` it is that is missing as a whole, in words, or nothing."""
    for parts in range(max(missing[0] + 1, 2), 4097):
        if missing == list(range(missing[0], count, parts)):
            return f"; they are the shard {missing[0] + 1}/{parts}"
    return ""
