"""A dataset on disk: opened or made, samples written beside and renamed, dataset.json rebuilt from what exists."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from ..errors import GONE, NO_SPACE, BadInput, DestinationTrouble, trouble_of
from ..formats.files import read_json, write_json
from ..formats.records import FORMAT
from ..formats.topology import LABEL, TOPOLOGY, encode_topology
from ..formats.writing import write_whole
from ..recipe import Recipe
from ..scene_recipe import SceneRecipe
from ..validity.attempts import render_valid
from ..validity.summary import summary
from .partial import PARTIAL, partial_name, sweep

LOGS = ".logs"
SPLITS = (("train", 0.8), ("validation", 0.1), ("test", 0.1))
FULL = 2**21  # bytes left on a disk that counts as full: libraries name the cause of a failed write in many ways


def sample_name(index: int) -> str:
    """The folder of a sample."""
    return f"{index:06d}"


def split_of(seed: int | str) -> str:
    """The split of an identity: by a hash of its seed or name, so it never changes as a dataset grows."""
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


class DatasetFolder:
    """A folder that samples are rendered into; several runs (shards) may share one."""

    describe_every = 10.0  # seconds between two dataset.json of a run

    def __init__(self, path: Path, recipe: Recipe | SceneRecipe):
        self.path, self.recipe = path, recipe
        self.devices: list[dict] = []  # that pictures were rendered on, as the workers of this run told

    @classmethod
    def open(cls, path: Path, recipe: Recipe | SceneRecipe) -> DatasetFolder:
        """Make a folder, or go on with one of the same recipe; raises BadInput where it holds something else."""
        described = path / "dataset.json"
        if path.exists() and not path.is_dir():
            raise BadInput(f"{path}: is a file; allowed is a new or empty folder, or this recipe's dataset")
        if described.is_file():
            recipe = continued(path, read_json(described), recipe)
        elif path.is_dir() and any(not _own(entry.name) for entry in path.iterdir()):
            raise BadInput(f"{path}: holds something else; allowed is a new or empty folder, or this recipe's dataset")
        folder = cls(path, recipe)
        path.mkdir(parents=True, exist_ok=True)
        folder.sweep()
        folder.describe({})
        return folder

    @property
    def logs(self) -> Path:
        """Where workers write what goes wrong."""
        return self.path / LOGS

    def trouble(self) -> str:
        """What keeps samples from being written, in words, or nothing; tried out, as libraries name causes in many ways."""
        try:
            if not (self.path / "dataset.json").is_file():
                raise OSError(min(GONE), "is gone")  # a folder without it is where a disk was mounted
            if shutil.disk_usage(self.path).free < FULL:
                raise OSError(min(NO_SPACE), "is full")
            probe = self.path / partial_name("probe")
            probe.mkdir(exist_ok=True)
            probe.rmdir()
        except OSError as error:
            return f"{self.path}: {trouble_of(error) or error}, and run the same command again"
        return ""

    def sweep(self) -> None:
        """Remove the unfinished samples that dead processes left behind."""
        sweep(self.path)

    def finished(self) -> list[int]:
        """The indices of whole samples."""
        return sorted(
            int(entry.name)
            for entry in self.path.iterdir()
            if entry.name.isdecimal() and (entry / "sample.json").is_file()
        )

    def record(self, index: int) -> dict:
        """The sample.json of a whole sample."""
        return read_json(self.path / sample_name(index) / "sample.json")

    def describe(self, failed: dict[int, dict]) -> None:
        """Write dataset.json from what exists; ``failed`` maps an index to its record."""
        described = self.path / "dataset.json"
        with self._lock():
            for left in self.path.glob(".dataset.json.*"):  # whoever wrote it held the lock, and is dead
                left.unlink(missing_ok=True)
            before = read_json(described) if described.is_file() else {}
            write_json(described, self._document(before, failed))
            if LABEL in self.recipe.label_names() and not (self.path / TOPOLOGY).is_file():
                write_whole(self.path / TOPOLOGY, encode_topology())

    def _document(self, before: dict, failed: dict[int, dict]) -> dict:
        """What dataset.json says now, when it said ``before``."""
        done = self.finished()
        whole, known = set(done), rows_of(before, "devices")
        failed = {record["index"]: record for record in rows_of(before, "failed", "index")} | failed
        failed = {index: record for index, record in failed.items() if index not in whole}
        splits = {name: [] for name, _ in SPLITS}
        for index in done:
            splits[split_of(self.recipe.identity(index))].append(sample_name(index))
        return {
            "format": FORMAT,
            "recipe": self.recipe.to_dict(),
            "versions": versions(),
            "labels": self.recipe.label_table(),
            "rendered": list(self.recipe.label_names()),
            "taxonomy": self.recipe.taxonomy(),
            "splits": splits,
            "counts": {"asked": self.recipe.count, "finished": len(done), "failed": len(failed)},
            "failed": [failed[index] for index in sorted(failed)],
            "devices": [*known, *(device for device in self.devices if device not in known)],
        } | summary(self.recipe, done, before, self.record)

    def write_sample(self, index: int, renderer, threads: int = 0) -> dict:
        """Render a sample beside its place and rename it there when it is whole; one that exists is left alone."""
        final = self.path / sample_name(index)
        if (final / "sample.json").is_file():
            return read_json(final / "sample.json")
        partial = self.path / partial_name(sample_name(index))
        try:
            shutil.rmtree(partial, ignore_errors=True)
            record = self._render(index, renderer, threads, partial)
            if final.is_dir() and not (final / "sample.json").is_file():
                shutil.rmtree(final)  # a sample is whole or not at all
            try:
                os.rename(partial, final)
            except OSError:
                if not (final / "sample.json").is_file():
                    raise
                return read_json(final / "sample.json")  # another run was faster
            return record
        except Exception as error:
            trouble = self.trouble()  # before what was written is removed below
            if not trouble and isinstance(error, OSError) and error.errno in NO_SPACE:  # of temporary files
                trouble = f"{error.filename or self.path}: {trouble_of(error)}, and run the same command again"
            if trouble:
                raise DestinationTrouble(trouble) from error
            raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def _render(self, index: int, renderer, threads: int, partial: Path) -> dict:
        """Render a sample into the new folder ``partial``; its record, which is written last."""
        partial.mkdir()
        recipe = dataclasses.replace(self.recipe, threads=threads or self.recipe.threads)
        result = render_valid(recipe, index, renderer, partial)
        files = {
            entry.name: {"bytes": entry.stat().st_size, "sha256": hashlib.sha256(entry.read_bytes()).hexdigest()}
            for entry in sorted(partial.iterdir())
        }
        if not files:
            raise RuntimeError("the renderer wrote nothing")
        record = {"index": index, "seed": self.recipe.seed + index, **result, "files": files}
        write_json(partial / "sample.json", record)
        return record

    @contextlib.contextmanager
    def _lock(self, patience: float = 20.0) -> Iterator[None]:
        """Held by one writer of dataset.json at a time, where the system and the file system know locks."""
        try:
            import fcntl
        except ImportError:
            yield
            return
        folder = os.open(self.path, os.O_RDONLY)
        try:
            until = time.monotonic() + patience
            while True:
                try:
                    fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    if time.monotonic() < until:  # a stopped process must not stop all others
                        time.sleep(0.01)
                        continue
                except OSError:
                    pass  # a file system without locks
                break
            yield
        finally:
            os.close(folder)


def rows_of(document: dict, name: str, number: str = "") -> list[dict]:
    """The rows that a dataset.json has under a name, without those that lack their ``number``: others may have written it."""
    rows = document.get(name)
    rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return [row for row in rows if not number or type(row.get(number)) is int]


def _own(name: str) -> bool:
    """Whether a run that was killed before its first dataset.json may have left an entry of this name."""
    return name in (LOGS, TOPOLOGY) or name.startswith((PARTIAL, ".dataset.json."))


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
