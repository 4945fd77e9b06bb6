"""A dataset made of numbers, without Blender: what the tests of exporting and loading read."""

import hashlib
import json
from pathlib import Path

import numpy as np

from simulacra.datagen.formats.files import write_json, write_label
from simulacra.datagen.formats.records import FORMAT
from simulacra.datagen.labels import LABELS, file_name, table
from simulacra.datagen.storage.naming import SPLITS, sample_name, split_of

NAMES = ("rgb", "depth", "parts", "instance", "uv")

RECORDS = {
    "camera": {
        "K": [[8.0, 0.0, 4.0], [0.0, 8.0, 3.0], [0.0, 0.0, 1.0]],
        "cam2world": np.eye(4).tolist(),
        "width": 8,
        "height": 6,
    },
    "objects": {
        "objects": [{"id": 1, "class": "skin", "box_2d": [0, 0, 8, 6]}, {"id": 2, "class": "hair", "box_2d": None}]
    },
    "landmarks": {"points_2d": [[1.5, 2.5]] * 70, "points_3d": [[0.1, 0.2, 1.0]] * 70, "visible": [True] * 70},
}


def hashes(folder: Path) -> dict:
    """The facts of a sample's files, as its sample.json holds them."""
    return {
        file.name: {"bytes": file.stat().st_size, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
        for file in sorted(folder.iterdir())
    }


def make_dataset(path: Path, samples: int = 12, frames: int = 1, records: tuple[str, ...] = ("objects", "landmarks"),
                 seed: int = 0) -> Path:  # fmt: skip
    """Write a dataset of faces of 8×6 px whose labels are drawn."""
    splits = {name: [] for name, _ in SPLITS}
    for index in range(samples):
        rng = np.random.default_rng([seed, index])
        name = sample_name(index)
        splits[split_of(seed + index)].append(name)
        folder = path / name
        folder.mkdir(parents=True)
        for frame in range(frames):
            for label in NAMES:
                row = LABELS[label]
                shape = (6, 8) if row.channels == 1 else (6, 8, row.channels)
                write_label(folder / file_name(frame, label), label, (rng.random(shape) * 250).astype(row.dtype))
        for record in ("camera", *records):
            rows = [{"frame": frame, "drawn": [index / 3, frame], **RECORDS[record]} for frame in range(frames)]
            write_json(folder / f"{record}.json", {"frames": rows})
        write_json(folder / "spec.json", {"kind": "faces", "version": 1, "spec": {"age": index + 0.5}})
        (folder / "caption.txt").write_text(f"person {index} – drawn\n")
        write_json(
            folder / "sample.json",
            {"index": index, "seed": seed + index, "frames": list(range(frames)), "files": hashes(folder)},
        )
    described = {
        "format": FORMAT, "recipe": {"generator": "faces", "seed": seed, "count": samples}, "versions": {},
        "labels": table(), "rendered": list(NAMES), "taxonomy": {}, "splits": splits,
    }  # fmt: skip
    (path / "dataset.json").write_text(json.dumps(described))
    return path
