"""A dataset on disk: opened or made, samples written beside and renamed, dataset.json rebuilt from what exists."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
from pathlib import Path

from .errors import BadInput
from .files import read_json, write_json
from .labels import PARTS, table
from .recipe import Recipe

FORMAT = 1
PARTIAL = ".partial-"
SPLITS = (("train", 0.8), ("validation", 0.1), ("test", 0.1))


def sample_name(index: int) -> str:
    """The folder of a sample."""
    return f"{index:06d}"


def split_of(seed: int) -> str:
    """The split of an identity: by a hash of its seed, so it never changes as a dataset grows."""
    value = int.from_bytes(hashlib.sha256(str(seed).encode()).digest()[:8], "big") / 2**64
    for name, share in SPLITS:
        if value < share:
            return name
        value -= share
    return SPLITS[-1][0]


def versions() -> dict:
    """The versions that made a dataset."""
    from importlib.metadata import PackageNotFoundError, version

    def found(name):
        try:
            return version(name)
        except PackageNotFoundError:
            return ""

    package = __package__.rpartition(".")[0]
    return {
        "simulacra": getattr(sys.modules[package], "__version__", ""), "blender": found("bpy"), "numpy": found("numpy"),
        "python": platform.python_version(),
    }  # fmt: skip


class DatasetFolder:
    """A folder that samples are rendered into."""

    def __init__(self, path: Path, recipe: Recipe):
        self.path, self.recipe = path, recipe

    @classmethod
    def open(cls, path: Path, recipe: Recipe) -> DatasetFolder:
        """Make a folder, or go on with one of the same recipe; raises BadInput where it holds something else."""
        described = path / "dataset.json"
        if path.exists() and not path.is_dir():
            raise BadInput(f"{path}: is a file; allowed is a new or empty folder, or this recipe's dataset")
        if described.is_file():
            data = read_json(described)
            if not isinstance(data, dict) or data.get("format") != FORMAT:
                raise BadInput(f"{described}: is not a dataset of format {FORMAT}")
            before = Recipe.from_dict(data.get("recipe"))
            different = before.same_content(recipe)
            if different:
                raise BadInput(
                    f"{path}: holds a dataset of another recipe; {different} is {getattr(before, different)!r} there "
                    f"and {getattr(recipe, different)!r} here; allowed is the same recipe or another folder"
                )
        elif path.is_dir() and any(entry.name != ".logs" for entry in path.iterdir()):
            raise BadInput(f"{path}: holds something else; allowed is a new or empty folder, or this recipe's dataset")
        folder = cls(path, recipe)
        path.mkdir(parents=True, exist_ok=True)
        folder.sweep()
        folder.describe({})
        return folder

    def sweep(self) -> None:
        """Remove what dead processes left behind."""
        for entry in self.path.glob(f"{PARTIAL}*"):
            owner = entry.name.rsplit("-", 1)[-1]
            if not owner.isdigit() or not _alive(int(owner)):
                shutil.rmtree(entry, ignore_errors=True)

    def finished(self) -> list[int]:
        """The indices of whole samples."""
        return sorted(
            int(entry.name) for entry in self.path.iterdir() if entry.name.isdigit() and (entry / "sample.json").is_file()
        )

    def describe(self, failed: dict[int, dict]) -> None:
        """Write dataset.json from what exists; ``failed`` maps an index to its record."""
        done = self.finished()
        old = {}
        described = self.path / "dataset.json"
        if described.is_file():
            old = {record["index"]: record for record in read_json(described).get("failed", [])}
        failed = {index: record for index, record in (old | failed).items() if index not in set(done)}
        splits = {name: [] for name, _ in SPLITS}
        for index in done:
            splits[split_of(self.recipe.seed + index)].append(sample_name(index))
        write_json(described, {
            "format": FORMAT, "recipe": self.recipe.to_dict(), "versions": versions(), "labels": table(),
            "rendered": list(self.recipe.label_names()), "taxonomy": {"parts": {str(k): v for k, v in PARTS.items()}},
            "splits": splits,
            "counts": {"asked": self.recipe.count, "finished": len(done), "failed": len(failed)},
            "failed": [failed[index] for index in sorted(failed)],
        })  # fmt: skip

    def write_sample(self, index: int, renderer) -> dict:
        """Render a sample beside its place and rename it there when it is whole."""
        final = self.path / sample_name(index)
        partial = self.path / f"{PARTIAL}{sample_name(index)}-{os.getpid()}"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        try:
            result = renderer(self.recipe.sample(index), self.recipe, partial)
            files = {
                entry.name: {"bytes": entry.stat().st_size, "sha256": hashlib.sha256(entry.read_bytes()).hexdigest()}
                for entry in sorted(partial.iterdir())
            }
            record = {"index": index, "seed": self.recipe.seed + index, **result, "files": files}
            write_json(partial / "sample.json", record)
            if final.is_dir():  # another shard was faster, or a broken one stands there
                if (final / "sample.json").is_file():
                    return read_json(final / "sample.json")
                shutil.rmtree(final)
            os.rename(partial, final)
            return record
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
