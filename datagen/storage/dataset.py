"""A dataset on disk: opened or made, samples written beside and renamed, dataset.json rebuilt from what exists."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from ..errors import GONE, NO_SPACE, BadInput, DestinationTrouble, trouble_of
from ..formats.files import decode_json, write_json
from ..formats.limits import most_of
from ..formats.reading import read_regular
from ..formats.records import FORMAT
from ..formats.topology import LABEL, TOPOLOGY, encode_topology
from ..formats.whole import differing
from ..formats.writing import BESIDE, flush, write_whole
from ..recipe import Recipe, recipe_digest
from ..scene_recipe import SceneRecipe
from ..validity.attempts import render_valid
from ..validity.summary import summary
from .continuing import check_record, continued, differing_versions, versions
from .held import PARTIAL, SWEPT, drawn_name, hold, set_aside, sweep
from .naming import SPLITS, index_of, sample_name, split_of

LOGS = ".logs"
KEPT_LOG = 3600.0  # seconds for which a log is kept that dataset.json does not name
FULL = 2**21  # bytes left on a disk that counts as full: libraries name the cause of a failed write in many ways


class DatasetFolder:
    """A folder that samples are rendered into; several runs (shards) may share one."""

    describe_every = 10.0  # seconds between two dataset.json of a run

    def __init__(self, path: Path, recipe: Recipe | SceneRecipe):
        self.path, self.recipe = path, recipe
        self.devices: list[dict] = []  # that pictures were rendered on, as the workers of this run told
        self.again: set[int] = set()  # the samples that are there and are to be rendered again
        self.notes: list[str] = []  # what was found and mended, for the user
        self._seen: dict[int, tuple] = {}  # when the record of a whole sample was written

    @classmethod
    def open(cls, path: Path, recipe: Recipe | SceneRecipe) -> DatasetFolder:
        """Make a folder, or go on with one of the same recipe; raises BadInput where it holds something else."""
        if path.exists() and not path.is_dir():
            raise BadInput(f"{path}: is a file; allowed is a new or empty folder, or this recipe's dataset")
        folder = cls(path, recipe)
        before = folder.description()
        if before is not None:
            folder.recipe = continued(path, before, recipe)
        elif path.is_dir():
            torn = os.path.lexists(path / "dataset.json")
            theirs = torn and not _begun(read_regular(path / "dataset.json", most_of("dataset.json")))
            names = [entry.name for entry in path.iterdir() if entry.name != "dataset.json"]
            folder.take_up(torn, theirs or any(not _own(name) for name in names))
        path.mkdir(parents=True, exist_ok=True)
        folder.sweep()
        folder.describe({})
        return folder

    def take_up(self, torn: bool, something_else: bool) -> None:
        """Go on without a dataset.json, which is missing or ``torn``, from what the samples say of themselves.

        Raises BadInput where they are another recipe's, or where there are none of ours but ``something_else``.
        """
        ours = [index for index in self.named() if self._says_ours(index)]
        if ours:
            how = "was not whole" if torn else "was missing"
            self.notes.append(f"{self.path}: dataset.json {how}, and is rebuilt from {len(ours)} samples")
            if isinstance(self.recipe, Recipe) and not self.recipe.spec:
                self.recipe = dataclasses.replace(self.recipe, count=max(self.recipe.count, ours[-1] + 1))
        elif something_else:
            raise BadInput(
                f"{self.path}: holds something else; allowed is a new or empty folder, or this recipe's dataset"
            )
        elif torn:
            self.notes.append(f"{self.path}: dataset.json was not whole, and is written anew")

    def _says_ours(self, index: int) -> bool:
        """Whether a sample says that it is of this recipe; not where it cannot be read, or is of an older version."""
        try:
            record = self.record(index)
        except (BadInput, FileNotFoundError):
            return False
        if "recipe" not in record:
            return False
        rows = differing_versions(record.get("versions", {}), versions())
        if record["recipe"] != recipe_digest(self.recipe.to_dict()):
            rows.append(("its recipe", record["recipe"][:8], recipe_digest(self.recipe.to_dict())[:8]))
        if rows:
            name, there, here = rows[0]
            raise BadInput(
                f"{self.path}: holds samples of another recipe; {name} is {there} in {sample_name(index)} and {here} here; "
                "allowed is the same recipe or another folder"
            )
        return True

    def description(self) -> dict | None:
        """What dataset.json says, or None where it is missing or not whole."""
        path = self.path / "dataset.json"
        if not os.path.lexists(path):
            return None
        data = read_regular(path, most_of(path.name))
        try:
            return decode_json(data, path)
        except BadInput:
            return None

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
            probe = self.path / drawn_name(f"{PARTIAL}probe")
            probe.mkdir(exist_ok=True)
            probe.rmdir()
        except OSError as error:
            return f"{self.path}: {trouble_of(error) or error}, and run the same command again"
        return ""

    def sweep(self) -> None:
        """Remove what dead processes left behind: unfinished samples, and logs of samples that were made since."""
        sweep(self.path)

    def keep_log(self, log: Path, name: str) -> None:
        """Keep the log of a worker that failed for good."""
        with contextlib.suppress(OSError):  # the disk may be full, or the worker never wrote one
            self.logs.mkdir(exist_ok=True)
            shutil.copyfile(log, self.logs / name)

    def named(self) -> list[int]:
        """The indices of all samples that have a record, whatever it says."""
        found = []
        with contextlib.suppress(FileNotFoundError), os.scandir(self.path) as entries:
            for entry in entries:
                index = index_of(entry.name)
                if index is not None and os.path.lexists(os.path.join(entry.path, "sample.json")):
                    found.append(index)
        return sorted(found)

    def finished(self) -> list[int]:
        """The indices of whole samples: those whose record is theirs, and can be read."""
        os.stat(self.path)  # a folder that is gone has none, and is no empty one
        return [index for index in self.named() if self._is_finished(index)]

    def _is_finished(self, index: int) -> bool:
        """As ``finished``, where a record that was read once is read again only when it has changed."""
        try:
            found = os.lstat(self.path / sample_name(index) / "sample.json")
            written = found.st_mtime_ns, found.st_size, found.st_ino
            if self._seen.get(index) != written:
                self._record(index)
                self._seen[index] = written
        except (BadInput, FileNotFoundError, NotADirectoryError):
            return False
        return True

    def record(self, index: int) -> dict:
        """The sample.json of a whole sample; raises BadInput where it is torn, or another sample's."""
        return self._record(index)

    def _record(self, index: int) -> dict:
        path = self.path / sample_name(index) / "sample.json"
        return check_record(decode_json(read_regular(path, most_of(path.name), self.path), path), index, path)

    def wrong(self, index: int) -> str:
        """What is wrong with a finished sample, each file held against its size and hash in the record; or nothing."""
        try:
            record = self.record(index)
        except BadInput as error:
            return str(error)
        return self.strange(index, record) or next(
            (line for _, line in differing(self.path / sample_name(index), record["files"])), ""
        )

    def strange(self, index: int, record: dict) -> str:
        """What a sample's record says that this recipe does not make of it, or nothing."""
        seed = self.recipe.seed + index
        return "" if record["seed"] == seed else f"its seed is {record['seed']}; that of sample {index} is {seed}"

    def describe(self, failed: dict[int, dict]) -> None:
        """Write dataset.json from what exists; ``failed`` maps an index to its record."""
        described = self.path / "dataset.json"
        with self._lock():
            for left in self.path.glob(f"{BESIDE}dataset.json-*"):  # whoever wrote it held the lock, and is dead
                left.unlink(missing_ok=True)
            before = self.description()
            document = self._document(before if isinstance(before, dict) else {}, failed)
            try:
                write_json(described, document)
            except FileNotFoundError:  # another one did not see the lock, and took this for left behind
                write_json(described, document)
            if LABEL in self.recipe.label_names() and not (self.path / TOPOLOGY).is_file():
                write_whole(self.path / TOPOLOGY, encode_topology())
        self._drop_logs({record.get("log") for record in document["failed"]})

    def _drop_logs(self, wanted: set[str]) -> None:
        """Remove old logs that no failed sample names any more: a run that goes on may have written a young one."""
        with contextlib.suppress(OSError):
            for log in list(self.logs.iterdir()):
                if log.name not in wanted and time.time() - log.lstat().st_mtime > KEPT_LOG:
                    log.unlink()
            self.logs.rmdir()

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

    def write_sample(self, index: int, renderer, threads: int = 0, again: bool = False) -> dict:
        """Render a sample beside its place and rename it there when it is whole; its record.

        One that exists is left alone; with ``again`` only where its files are those of its record.
        """
        if self._is_finished(index) and not (again and self.wrong(index)):
            return self.record(index)
        with self._explaining(OSError), hold(self.path, PARTIAL + sample_name(index)) as partial:
            with self._explaining(Exception):  # before what was written is removed, which may make room
                record = self._render(index, renderer, threads, partial)
                return self.put(partial, index, again) or record

    @contextlib.contextmanager
    def _explaining(self, kind: type[Exception]) -> Iterator[None]:
        """Raises DestinationTrouble in place of errors that the destination's trouble explains."""
        try:
            yield
        except kind as error:
            trouble = "" if isinstance(error, DestinationTrouble) else self.trouble()
            if not trouble and isinstance(error, OSError) and error.errno in NO_SPACE:  # of temporary files
                trouble = f"{error.filename or self.path}: {trouble_of(error)}, and run the same command again"
            if trouble:
                raise DestinationTrouble(trouble) from error
            raise

    def put(self, partial: Path, index: int, again: bool = False) -> dict | None:
        """Rename a whole sample to its place; None, or the record of the whole one that another run put there first.

        All of it is on the disk before it is renamed, so that it is whole after a loss of power too.
        """
        final = self.path / sample_name(index)
        for file in partial.iterdir():
            flush(file)
        flush(partial)
        if os.path.lexists(final) and (again or not self._is_finished(index)):
            with set_aside(final):  # a sample is whole or not at all
                os.rename(partial, final)
        else:
            try:
                os.rename(partial, final)
            except OSError:
                if not self._is_finished(index):
                    raise
                return self.record(index)
        flush(self.path)
        return None

    def _render(self, index: int, renderer, threads: int, partial: Path) -> dict:
        """Render a sample into the empty folder ``partial``; its record, which is written last."""
        recipe = dataclasses.replace(self.recipe, threads=threads or self.recipe.threads)
        result = render_valid(recipe, index, renderer, partial)
        files = {}
        for entry in sorted(partial.iterdir()):
            with entry.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            files[entry.name] = {"bytes": entry.stat().st_size, "sha256": digest}
        if not files:
            raise RuntimeError("the renderer wrote nothing")
        record = {
            "index": index,
            "seed": self.recipe.seed + index,
            "recipe": recipe_digest(self.recipe.to_dict()),
            "versions": {name: versions()[name] for name in ("simulacra", "blender")},
            **result,
            "files": files,
        }
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
    return name in (LOGS, TOPOLOGY) or name.startswith((PARTIAL, SWEPT, BESIDE))


def _begun(data: bytes) -> bool:
    """Whether a dataset.json that is not whole begins as ours do, or not at all."""
    return not data.strip(b"\0 \n") or data.startswith(b'{\n "format": ')
