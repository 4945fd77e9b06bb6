"""WebDataset: tar shards whose members share a key, one key a frame."""

from __future__ import annotations

import json
from pathlib import Path

from ..labels import LABELS, file_name
from ..readers import Dataset

PER_SHARD = 500


def webdataset(dataset: Dataset, out: Path) -> None:
    """tar shards with pictures, labels, records and captions"""
    import webdataset as library

    with library.ShardWriter(str(out / "shard-%06d.tar"), maxcount=PER_SHARD, verbose=0) as writer:
        for sample in dataset:
            for frame in sample.frames:
                members = {
                    f"{name}.{label.suffix}": (sample.path / file_name(frame, name)).read_bytes()
                    for name, label in LABELS.items() if sample.has(name, frame)
                }  # fmt: skip
                records = {"camera": sample.camera(frame), "objects": sample.objects(frame)}
                if sample.holds("landmarks.json"):
                    records["landmarks"] = sample.landmarks(frame)
                if sample.holds("spec.json"):
                    records["spec"] = json.loads((sample.path / "spec.json").read_text())
                members |= {f"{name}.json": json.dumps(value).encode() for name, value in records.items()}
                writer.write(
                    {"__key__": f"{sample.name}_{frame:04d}", "caption.txt": sample.caption.encode(), **members}
                )
