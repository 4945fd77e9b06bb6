"""WebDataset: tar shards by split, whose members share a key, one key a frame; each is written by one process."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

from ...procgen.processes import BrokenProcessPool, map_in_processes
from ..errors import BadInput, Unfinished
from ..formats.files import write_json
from ..formats.npz import encode_npz
from ..formats.topology import TOPOLOGY
from ..labels import LABELS, file_name
from ..readers import Dataset, Sample
from ..storage.shards import INDEX, frame_keys, write_shard
from .needs import needs
from .splits import by_split

PER_SHARD = 500  # frames
MOST_WORKERS = 61  # that Windows lets one process wait for
FORMAT = 1
OF_THINGS = ("thing.json", "mesh.glb", "points.npz", "sdf.npz")  # once a thing, with its first view


@needs("rgb")
def webdataset(dataset: Dataset, out: Path, workers: int = 1, per_shard: int = PER_SHARD) -> None:
    """tar shards by split, with pictures, labels, records and captions

    The bytes are the same with any number of workers; beside them ``shards.json`` says what each shard holds.
    """
    for name, value, high in (("workers", workers, MOST_WORKERS), ("per-shard", per_shard, 10**6)):
        if not 1 <= value <= high:
            raise BadInput(f"{name}: {value} is not allowed; allowed is a whole number in 1..{high}")
    frames = {
        split: [(sample.name, frame) for sample in samples for frame in frame_keys(sample)]
        for split, samples in by_split(dataset).items()
    }
    jobs = [
        (split, out / f"{split}-{start // per_shard:06d}.tar", dataset.path, found[start : start + per_shard])
        for split, found in frames.items()
        for start in range(0, len(found), per_shard)
    ]
    if __package__.startswith("bl_ext."):
        workers = 1  # only a Blender can import an extension
    workers = min(workers, len(jobs))
    shards = [_shard(*job) for job in jobs] if workers < 2 else _in_parallel(jobs, workers)
    if (dataset.path / TOPOLOGY).exists():
        (out / TOPOLOGY).write_bytes(encode_npz(dataset.topology()._asdict()))
    described = dataset.description
    recipe = json.dumps(described.get("recipe"), sort_keys=True).encode()
    write_json(out / INDEX, {
        "format": FORMAT,
        "recipe_sha256": hashlib.sha256(recipe).hexdigest(),
        **{name: described.get(name) for name in ("versions", "labels", "rendered", "taxonomy")},
        "splits": {split: len(found) for split, found in frames.items()},
        "shards": shards,
    })  # fmt: skip


def _in_parallel(jobs: list[tuple], workers: int) -> list[dict]:
    try:
        return list(map_in_processes(_shard, jobs, workers, _begin))
    except BrokenProcessPool:
        raise Unfinished("export: a worker was killed; fewer --workers need less memory") from None


def _begin() -> None:
    """Leave stopping to the process that started this one, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)


def _shard(split: str, path: Path, dataset: Path, frames: list[tuple[str, int]]) -> dict:
    """Write one shard; returns its row of shards.json."""
    write_shard(path, _members(dataset, frames))
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"name": path.name, "split": split, "samples": len(frames), "bytes": path.stat().st_size, "sha256": digest}


def _members(dataset: Path, frames: list[tuple[str, int]]) -> Iterator[tuple[str, bytes]]:
    sample = None
    for name, frame in frames:
        if sample is None or sample.name != name:
            sample = Sample(dataset / name)
            records, keys = _records(sample), frame_keys(sample)
        members = {f"{label}.{row.suffix}": label for label, row in LABELS.items() if sample.has(label, frame)}
        for record, by_frame in records.items():
            if frame not in by_frame:
                raise BadInput(f"{sample.path / record}: holds no frame {frame}")
            members[record] = by_frame[frame]
        for record in ("caption.txt", "spec.json"):
            if sample.holds(record):
                members[record] = sample.bytes(record).strip()
        for record in OF_THINGS if frame == sample.frames[0] else ():
            if sample.holds(record):
                members[record] = sample.bytes(record)
        for field in sorted(members):
            content = members[field]
            yield (
                f"{keys[frame]}.{field}",
                sample.bytes(file_name(frame, content)) if isinstance(content, str) else content,
            )


def _records(sample: Sample) -> dict[str, dict[int, bytes]]:
    """What is written of each frame, by file and frame; some samples come without objects or landmarks."""
    found = {}
    for name in ("camera.json", "landmarks.json", "objects.json"):
        if sample.holds(name):
            try:
                rows = sample.rows(name).items()
                values = {number: row["objects"] if name == "objects.json" else row for number, row in rows}
            except KeyError:
                raise BadInput(f"{sample.path / name}: is not a record of frames") from None
            found[name] = {number: json.dumps(value).encode() for number, value in values.items()}
    return found
