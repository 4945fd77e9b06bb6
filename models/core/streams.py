"""Datasets as streams for a DataLoader, from folders or tar shards: only the labels asked for are read and decoded."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info

from ...datagen.errors import BadInput
from ...datagen.formats.files import decode_label, read_json
from ...datagen.labels import LABELS, RECORDS
from ...datagen.readers import Dataset, Sample
from ...datagen.storage.shards import INDEX, frame_keys, read_shard

BUFFER = 200  # frames, not yet decoded, that a shuffled stream draws from


class Stream(IterableDataset):
    """Frames as dicts of key and what was asked for; one epoch sees each once, over all loaders and processes.

    ``labels`` are names of labels, given as arrays (h, w) or (h, w, c) in the type of the label table, and of records
    (caption, camera, landmarks, objects, spec), given as text or as JSON values. With a ``seed`` the order is drawn from
    it and from the epoch, by shard or sample and then from a buffer of ``buffer`` frames, and is the same each time for
    the same number of loaders; without one it is the order of the names.
    """

    def __init__(self, labels: Sequence[str], seed: int | None, buffer: int):
        super().__init__()
        known = [*LABELS, *RECORDS]
        if isinstance(labels, str) or not labels or not set(labels) <= set(known):
            raise BadInput(f"labels: {labels} is not allowed; allowed is a list of {', '.join(known)}")
        if buffer < 1 or (seed is not None and seed < 0):
            raise BadInput(f"seed {seed}, buffer {buffer}: allowed is a seed from 0, and a buffer of 1 or more")
        self._units: list = []  # what is shared out, in a fixed order
        self.labels, self.seed, self.buffer = tuple(labels), seed, buffer
        self._epoch = torch.zeros((), dtype=torch.int64).share_memory_()  # loaders that live on see it change
        self._place: tuple[int, int] | None = None

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of the next pass."""
        self._epoch.fill_(epoch)

    def __iter__(self) -> Iterator[dict]:
        units, (slot, slots) = self._units, self._slot()
        if self.seed is None:
            return map(self._decoded, self._frames(units[slot::slots]))
        drawn = np.random.default_rng([self.seed, int(self._epoch)])
        units = [units[index] for index in drawn.permutation(len(units))][slot::slots]
        frames = self._shuffled(self._frames(units), np.random.default_rng([self.seed, int(self._epoch), slot]))
        return map(self._decoded, frames)

    def __getstate__(self) -> dict:
        return {**self.__dict__, "_place": self._processes()}  # a loader started afresh knows of no other process

    def _frames(self, units: list) -> Iterator[tuple]:
        """The frames of some units, not yet decoded."""
        raise NotImplementedError

    def _decoded(self, frame: tuple) -> dict:
        raise NotImplementedError

    def _slot(self) -> tuple[int, int]:
        """Number of this loader among all loaders of all processes."""
        (rank, ranks), worker = self._processes(), get_worker_info()
        number, count = (worker.id, worker.num_workers) if worker else (0, 1)
        if len(self._units) < ranks:
            raise BadInput(f"{len(self._units)} shards or samples are too few for {ranks} processes; "
                           "allowed is at least one each")  # fmt: skip
        return rank + number * ranks, ranks * count

    def _processes(self) -> tuple[int, int]:
        """Rank of this process and their number, as torch.distributed or torchrun tell."""
        distributed = torch.distributed
        if distributed.is_available() and distributed.is_initialized():
            return distributed.get_rank(), distributed.get_world_size()
        if self._place:
            return self._place
        given = os.environ.get("RANK", "0"), os.environ.get("WORLD_SIZE", "1")
        if not all(text.isdecimal() for text in given) or int(given[0]) >= int(given[1]):
            raise BadInput(f"RANK {given[0]}, WORLD_SIZE {given[1]}: allowed is a rank from 0 below their number")
        return int(given[0]), int(given[1])

    def _shuffled(self, frames: Iterable[tuple], drawn: np.random.Generator) -> Iterator[tuple]:
        held = []
        for frame in frames:
            held.append(frame)
            if len(held) >= self.buffer:
                at = drawn.integers(len(held))
                held[at], held[-1] = held[-1], held[at]
                yield held.pop()
        yield from (held[index] for index in drawn.permutation(len(held)))


class FolderStream(Stream):
    """The frames of one or more datasets as they were rendered; whole samples are shared out.

    Raises BadInput where a path is no dataset, has no such split or was rendered without a label.
    """

    def __init__(self, paths: str | Path | Sequence[str | Path], labels: Sequence[str], split: str | None = None,
                 seed: int | None = None, buffer: int = BUFFER):  # fmt: skip
        super().__init__(labels, seed, buffer)
        for dataset in map(Dataset, _listed(paths)):
            _check_rendered(dataset.path, dataset.description, self.labels)
            names = dataset.names if split is None else _of_split(dataset, split)
            self._units += [dataset.path / name for name in names]
        if not self._units:
            raise BadInput(f"{paths}: holds no sample{f' of the split {split}' if split else ''}")

    def _frames(self, units: list) -> Iterator[tuple]:
        for path in units:
            sample = Sample(path)
            yield from ((sample, frame, key) for frame, key in frame_keys(sample).items())

    def _decoded(self, frame: tuple) -> dict:
        sample, number, key = frame
        return {"key": key} | {name: _of_sample(sample, name, number) for name in self.labels}


class ShardStream(Stream):
    """The frames of tar shards: of a folder that ``simulacra export --to webdataset`` wrote, or of a list of tar files.

    Whole shards are shared out, so there should be as many as loaders or more. Raises BadInput where the folder is none
    or misses a shard, has no such split, or was exported without a label; and, when it gets there, at a broken shard.
    """

    def __init__(self, paths: str | Path | Sequence[str | Path], labels: Sequence[str], split: str | None = None,
                 seed: int | None = None, buffer: int = BUFFER):  # fmt: skip
        super().__init__(labels, seed, buffer)
        for path in _listed(paths):
            self._units += _shards_of(path, self.labels) if path.is_dir() else [path]
        if split is not None:  # by name, as lists of tar files have nothing else
            self._units = [path for path in self._units if path.name.startswith(f"{split}-")]
        if not self._units:
            raise BadInput(f"{paths}: holds no shard{f' of the split {split}' if split else ''}")
        for path in self._units:
            if not path.is_file():
                raise BadInput(f"{path}: is missing")
        self._fields = {
            name: f"{name}.{LABELS[name].suffix}" if name in LABELS else _record_file(name) for name in self.labels
        }

    def _frames(self, units: list) -> Iterator[tuple]:
        for path in units:
            yield from ((path, *sample) for sample in read_shard(path, self._fields.values()))

    def _decoded(self, frame: tuple) -> dict:
        path, key, members = frame
        values = {"key": key}
        for name, field in self._fields.items():
            where = f"{path}: {key}.{field}"
            values[name] = (
                decode_label(name, members[field], where) if name in LABELS else _record(members[field], where)
            )
        return values


def _listed(paths: str | Path | Sequence[str | Path]) -> list[Path]:
    return [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]


def _check_rendered(path: Path, described: dict, labels: Iterable[str]) -> None:
    rendered = described.get("rendered")
    for name in labels:
        if name in LABELS and isinstance(rendered, list) and name not in rendered:
            raise BadInput(f"{path}: was rendered without {name}; it has {', '.join(map(str, rendered))}")


def _of_split(dataset: Dataset, split: str) -> list[str]:
    splits = dataset.description.get("splits")
    if not isinstance(splits, dict) or not isinstance(splits.get(split), list):
        allowed = ", ".join(splits) if isinstance(splits, dict) else "none"
        raise BadInput(f"{dataset.path}: {split} is not a split; allowed are {allowed}")
    chosen = {name for name in splits[split] if isinstance(name, str)}
    return [name for name in dataset.names if name in chosen]


def _shards_of(folder: Path, labels: Iterable[str]) -> list[Path]:
    """The shards that the index of a folder lists."""
    if not (folder / INDEX).is_file():
        raise BadInput(f"{folder}: holds no {INDEX}; allowed is what simulacra export --to webdataset writes, "
                       "or a list of tar files")  # fmt: skip
    described = read_json(folder / INDEX)
    rows = described.get("shards") if isinstance(described, dict) else None
    names = [row.get("name") if isinstance(row, dict) else None for row in rows] if isinstance(rows, list) else [None]
    if not all(isinstance(name, str) and name.endswith(".tar") and Path(name).name == name for name in names):
        raise BadInput(f"{folder / INDEX}: is no list of shards")
    _check_rendered(folder, described, labels)
    return [folder / name for name in names]


def _record_file(name: str) -> str:
    return "caption.txt" if name == "caption" else f"{name}.json"


def _record(data: bytes, where: str):
    try:
        return data.decode().strip() if where.endswith(".txt") else json.loads(data)
    except (ValueError, RecursionError):
        raise BadInput(f"{where}: is not {'text' if where.endswith('.txt') else 'JSON'}") from None


def _of_sample(sample: Sample, name: str, frame: int):
    """A label or record of a frame as the dataset's folder holds it."""
    path = sample.path / _record_file(name)
    if name in LABELS:
        return sample.label(name, frame)
    if name in ("caption", "spec"):
        return _record(sample.bytes(path.name), str(path))
    return getattr(sample, name)(frame)
