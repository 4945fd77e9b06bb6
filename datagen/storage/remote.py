"""A dataset in a store of objects: samples are rendered on the local disk and sent, with sample.json last, so whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..errors import BadInput, DestinationTrouble
from ..formats.files import decode_json
from ..formats.limits import most_of
from ..formats.reading import MIB
from ..formats.topology import LABEL, TOPOLOGY, encode_topology
from .continuing import check_record, continued
from .dataset import LOGS, DatasetFolder
from .held import PARTIAL, TEMPORARY, drawn_name, hold
from .naming import index_of, sample_name

STORES = ("s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oci", "memory")  # where putting an object is atomic


class RemoteFolder(DatasetFolder):
    """As ``DatasetFolder``, behind an fsspec URL; the file system's options come from its own configuration files."""

    describe_every = 60.0  # listing a store takes a while

    def __init__(self, url: str, recipe):
        self.url = url.rstrip("/")
        super().__init__(Path(tempfile.gettempdir()), recipe)
        self.path = self.url  # of messages and tasks
        try:
            from fsspec.core import url_to_fs
        except ImportError:
            raise BadInput(f"{url}: needs fsspec; pip install 'simulacra[cluster]'") from None
        try:
            self.files, self.root = url_to_fs(self.url)
        except (
            Exception
        ) as error:  # a protocol that nobody knows, whose library is missing, or that wants more than a URL
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise BadInput(f"{url}: cannot be taken as a place for a dataset ({reason})") from None
        self.atomic = self.url.partition("://")[0] in STORES

    @classmethod
    def open(cls, url: str, recipe) -> RemoteFolder:
        """Make a dataset at a URL, or go on with one of the same recipe; raises BadInput where it holds something else."""
        folder = cls(url, recipe)
        document = folder.description()
        if document is not None:
            folder.recipe = continued(url, document, recipe)
        else:
            names = folder._names()
            theirs = [name for name in names if index_of(name) is None and name not in ("dataset.json", LOGS, TOPOLOGY)]
            folder.take_up("dataset.json" in names, any(not name.startswith("dataset.json.") for name in theirs))
        if not folder.atomic:
            with folder._reached():
                folder.files.makedirs(folder.root, exist_ok=True)
        folder.describe({})
        return folder

    def keep_log(self, log: Path, name: str) -> None:
        """Send the end of the log of a worker that failed for good."""
        with contextlib.suppress(OSError, DestinationTrouble):
            with log.open("rb") as file:
                file.seek(max(0, file.seek(0, 2) - MIB))
                self._write(f"{LOGS}/{name}", file.read())

    def trouble(self) -> str:
        """What keeps samples from being written, in words, or nothing; tried out."""
        probe = drawn_name(f"{PARTIAL}probe")
        try:
            if self._bytes("dataset.json") is None:
                return f"{self.url}: is gone; bring it back, and run the same command again"
            self._write(probe, b"")
            with self._reached():
                self.files.rm_file(f"{self.root}/{probe}")
        except DestinationTrouble as error:
            return str(error)
        return ""

    def sweep(self) -> None:
        """Nothing to do: what was sent of an unfinished sample is not seen, and is written over."""

    def finished(self) -> list[int]:
        """The indices of whole samples."""
        return [index for index, size in self._records() if size != 0]

    def named(self) -> list[int]:
        """The indices of all samples that have a record."""
        return [index for index, _ in self._records()]

    def _records(self) -> list[tuple[int, int | None]]:
        """The index of each sample.json, and its size where the store tells."""
        self.files.invalidate_cache()
        with contextlib.suppress(FileNotFoundError), self._reached():
            found = self.files.find(self.root, detail=True)
            parts = [(*path.split("/")[-2:], facts.get("size")) for path, facts in found.items()]
            rows = [(index_of(name), size) for name, *file, size in parts if file == ["sample.json"]]
            return sorted((index, size) for index, size in rows if index is not None)
        return []

    def record(self, index: int) -> dict:
        """The sample.json of a whole sample; raises BadInput where it is torn, another sample's, or not there."""
        name = f"{sample_name(index)}/sample.json"
        data = self._bytes(name)
        if data is None:
            raise BadInput(f"{self.url}/{name}: is missing")
        return check_record(decode_json(data, f"{self.url}/{name}"), index, Path(f"{self.url}/{name}"))

    def description(self) -> dict | None:
        """What dataset.json says, or None where it is missing or not whole."""
        data = self._bytes("dataset.json")
        try:
            return None if data is None else decode_json(data, f"{self.url}/dataset.json")
        except BadInput:
            return None

    def wrong(self, index: int) -> str:
        """What is wrong with a finished sample, each file held against its size and hash in the record; or nothing."""
        try:
            record = self.record(index)
        except BadInput as error:
            return str(error)
        if strange := self.strange(index, record):
            return strange
        for name, facts in record["files"].items():
            where = f"{sample_name(index)}/{name}"
            try:
                with self._reached():
                    size = self.files.info(f"{self.root}/{where}")["size"]
                    if size != facts["bytes"]:
                        return f"{self.url}/{where}: holds {size} bytes, its record says {facts['bytes']}"
                    with self.files.open(f"{self.root}/{where}", "rb") as file:
                        if hashlib.file_digest(file, "sha256").hexdigest() != facts["sha256"]:
                            return f"{self.url}/{where}: differs from what was written"
            except FileNotFoundError:
                return f"{self.url}/{where}: is missing"
        return ""

    def describe(self, failed: dict[int, dict]) -> None:
        """Write dataset.json from what exists; of several runs at a time the last one's stays, which the next mends."""
        before = self.description()
        before = before if isinstance(before, dict) else {}
        text = json.dumps(self._document(before, failed), indent=1, allow_nan=False) + "\n"
        self._write("dataset.json", text.encode())
        if LABEL in self.recipe.label_names() and TOPOLOGY not in self._names():
            self._write(TOPOLOGY, encode_topology())

    def write_sample(self, index: int, renderer, threads: int = 0, again: bool = False) -> dict:
        """Render a sample on the local disk and send it; one that exists is left alone, where its files are right."""
        name = sample_name(index)
        with contextlib.suppress(BadInput):
            there = self.record(index)
            if not (again and self.wrong(index)):
                return there
        with hold(Path(tempfile.gettempdir()), TEMPORARY, 0o700) as scratch:
            partial = scratch / drawn_name(PARTIAL + name)
            partial.mkdir()
            record = self._render(index, renderer, threads, partial)
            try:
                for file in sorted(partial.iterdir(), key=lambda file: (file.name == "sample.json", file.name)):
                    self._write(f"{name}/{file.name}", file.read_bytes())
            except DestinationTrouble as error:
                if self.trouble():
                    raise
                raise ConnectionError(str(error)) from error  # for a moment: this sample can be tried again
        return record

    @contextlib.contextmanager
    def _reached(self) -> Iterator[None]:
        """Raises DestinationTrouble for whatever the store's library raises, but FileNotFoundError."""
        try:
            yield
        except FileNotFoundError:
            raise
        except Exception as error:  # each library of a store has its own
            reason = " ".join(str(error).split())[:200]
            raise DestinationTrouble(
                f"{self.url}: cannot be reached or written to ({reason}); run the same command again later"
            ) from error

    def _names(self) -> list[str]:
        """What there is at the URL."""
        self.files.invalidate_cache()
        try:
            with self._reached():
                return [path["name"].rstrip("/").rpartition("/")[2] for path in self.files.ls(self.root, detail=True)]
        except FileNotFoundError:
            return []

    def _bytes(self, name: str) -> bytes | None:
        """What an object holds, or None where there is none; raises BadInput where it is larger than its kind may be."""
        self.files.invalidate_cache()
        path, most = f"{self.root}/{name}", most_of(name)
        try:
            with self._reached():
                size = self.files.info(path).get("size")
                data = self.files.cat_file(path, end=most + 1) if size is None else b""
                if size is not None and size <= most:
                    data = self.files.cat_file(path)
        except FileNotFoundError:
            return None
        if max(size or 0, len(data)) > most:
            raise BadInput(f"{self.url}/{name}: holds more than {most} bytes, which is what is allowed")
        return data

    def _write(self, name: str, data: bytes) -> None:
        """Put a file there, which others see whole or not at all."""
        path = f"{self.root}/{name}"
        with self._reached():
            if self.atomic:
                self.files.pipe_file(path, data)
                return
            beside = drawn_name(path + PARTIAL.rstrip("-"))
            self.files.makedirs(path.rpartition("/")[0], exist_ok=True)
            self.files.pipe_file(beside, data)
            self.files.mv(beside, path)
