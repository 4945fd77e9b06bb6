"""A dataset in a store of objects: samples are rendered on the local disk and sent, with sample.json last, so whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..errors import BadInput, DestinationTrouble
from ..formats.topology import LABEL, TOPOLOGY, encode_topology
from .dataset import LOGS, DatasetFolder, continued, sample_name
from .partial import HOST, PARTIAL, partial_name

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
        except (ImportError, ValueError) as error:  # a protocol that nobody knows, or whose library is not installed
            raise BadInput(f"{url}: {error}") from None
        self.atomic = self.url.partition("://")[0] in STORES

    @classmethod
    def open(cls, url: str, recipe) -> RemoteFolder:
        """Make a dataset at a URL, or go on with one of the same recipe; raises BadInput where it holds something else."""
        folder = cls(url, recipe)
        document = folder._read("dataset.json")
        if document is not None:
            folder.recipe = continued(url, document, recipe)
        elif any(not (name.isdecimal() or name == TOPOLOGY) for name in folder._names()):
            raise BadInput(f"{url}: holds something else; allowed is a new or empty place, or this recipe's dataset")
        if not folder.atomic:
            folder.files.makedirs(folder.root, exist_ok=True)
        folder.describe({})
        return folder

    @property
    def logs(self) -> Path:
        """Where workers of this machine write what goes wrong."""
        return Path(tempfile.gettempdir()) / f"simulacra{LOGS}-{os.getpid()}"

    def trouble(self) -> str:
        """What keeps samples from being written, in words, or nothing; tried out."""
        probe = partial_name("probe")
        try:
            if self._read("dataset.json") is None:
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
        self.files.invalidate_cache()
        with contextlib.suppress(FileNotFoundError), self._reached():
            parts = (path.split("/")[-2:] for path in self.files.find(self.root))
            return sorted(int(name) for name, *file in parts if name.isdecimal() and file == ["sample.json"])
        return []

    def record(self, index: int) -> dict:
        """The sample.json of a whole sample."""
        return self._read(f"{sample_name(index)}/sample.json")

    def describe(self, failed: dict[int, dict]) -> None:
        """Write dataset.json from what exists; of several runs at a time the last one's stays, which the next mends."""
        before = self._read("dataset.json") or {}
        text = json.dumps(self._document(before, failed), indent=1, allow_nan=False) + "\n"
        self._write("dataset.json", text.encode())
        if LABEL in self.recipe.label_names() and TOPOLOGY not in self._names():
            self._write(TOPOLOGY, encode_topology())

    def write_sample(self, index: int, renderer, threads: int = 0) -> dict:
        """Render a sample on the local disk and send it; one that exists is left alone."""
        name = sample_name(index)
        there = self._read(f"{name}/sample.json")
        if there is not None:
            return there
        with tempfile.TemporaryDirectory(prefix="simulacra-") as scratch:
            partial = Path(scratch) / partial_name(name)
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

    def _read(self, name: str):
        """A JSON file, or None where there is none; raises BadInput where it is something else."""
        self.files.invalidate_cache()
        try:
            with self._reached():
                data = self.files.cat_file(f"{self.root}/{name}")
            return json.loads(data)
        except FileNotFoundError:
            return None
        except (UnicodeDecodeError, json.JSONDecodeError) as error:
            raise BadInput(f"{self.url}/{name}: is not a JSON file ({error})") from None

    def _write(self, name: str, data: bytes) -> None:
        """Put a file there, which others see whole or not at all."""
        path = f"{self.root}/{name}"
        with self._reached():
            if self.atomic:
                self.files.pipe_file(path, data)
                return
            beside = f"{path}{PARTIAL}{HOST}-{os.getpid()}"
            self.files.makedirs(path.rpartition("/")[0], exist_ok=True)
            self.files.pipe_file(beside, data)
            self.files.mv(beside, path)
