"""Joins the shards of one dataset that were rendered into folders of their own, and checks that they fit."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from ..errors import BadInput, Unfinished
from ..formats.files import read_json
from ..labels import LABELS
from ..recipe import Recipe
from .dataset import DatasetFolder, continued, rows_of, sample_name
from .partial import partial_name

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
        self.samples = [(shard, index) for shard in shards for index in DatasetFolder(shard, recipe).finished()]

    def go(self, tell: Callable[[dict], None] = lambda event: None) -> DatasetFolder:
        """Copy all samples, each file checked against the hash that was written when it was rendered; the joined dataset.

        Raises BadInput where two shards hold different labels of one sample, and Unfinished where a file is broken or a
        sample is missing in the end; what is whole is kept, and the next merge goes on from there.
        """
        folder, problems = DatasetFolder.open(self.out, self.recipe), []
        for shard, index in self.samples:
            problem = _take(folder, shard / sample_name(index), index)
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


def _take(folder: DatasetFolder, source: Path, index: int) -> str:
    """Copy a sample beside its place and rename it there; what is wrong with it, or nothing."""
    final = folder.path / sample_name(index)
    record = read_json(source / "sample.json")
    if not isinstance(record, dict) or record.get("index") != index or not isinstance(record.get("files"), dict):
        return f"{source}: its sample.json is not that of sample {index}"
    if (final / "sample.json").is_file():
        other = _labels(folder.record(index)), _labels(record)
        if other[0] != other[1]:
            name = min(set(other[0].items()) ^ set(other[1].items()))[0]
            raise BadInput(
                f"{source}: differs in {name} from the sample of that number that is in {folder.path} already"
            )
        return ""
    partial = folder.path / partial_name(final.name)
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        for name, facts in record["files"].items():
            if name != Path(name).name or name in (".", "..") or not isinstance(facts, dict):
                return f"{source}: its sample.json names {name!r}, which is no file of a sample"
            problem = _copy(source / name, partial / name, facts.get("sha256"))
            if problem:
                return problem
        shutil.copyfile(source / "sample.json", partial / "sample.json")
        os.rename(partial, final)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return ""


def _copy(source: Path, target: Path, expected) -> str:
    if not source.is_file():
        return f"{source}: is missing"
    digest = hashlib.sha256()
    with source.open("rb") as reader, target.open("wb") as writer:
        while block := reader.read(1 << 20):
            digest.update(block)
            writer.write(block)
    return "" if digest.hexdigest() == expected else f"{source}: differs from what was written"


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
