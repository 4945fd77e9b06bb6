"""A dataset of people made of numbers, whose masks, landmarks and cameras are known: what the tests of exports read."""

import json
from pathlib import Path

import numpy as np
from loading_stage import hashes

from simulacra.datagen.formats.files import write_json, write_label
from simulacra.datagen.formats.records import FORMAT
from simulacra.datagen.labels import file_name, table
from simulacra.datagen.storage.naming import SPLITS, sample_name

WIDTH, HEIGHT = 40, 32
KINDS = {1: "skin", 2: "hair", 3: "eye", 4: "backdrop"}
LABELS = ("rgb", "alpha", "depth", "parts", "instance", "flow", "occlusion")


def masks(seed: int) -> np.ndarray:
    """An instance label: a backdrop, a head with holes, ragged hair over it and an eye of two pieces."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    instance = np.where(y > 4, 4, 0)
    head = (x - 20) ** 2 / 12**2 + (y - 16) ** 2 / 13**2 < 1
    instance[head] = 1
    instance[head & (y < 14) & (rng.random(head.shape) < 0.6)] = 2
    instance[17:19, 14:17] = instance[17:19, 23:26] = 3
    return instance.astype(np.uint16)


def landmarks(seed: int) -> dict:
    """70 points: most in the head, number 0 left of the frame, number 1 hidden."""
    rng = np.random.default_rng([seed, 1])
    points = rng.uniform([10, 6], [30, 26], (70, 2))
    points[0] = -3.0, 5.0
    visible = np.ones(70, bool)
    visible[1] = False
    return {
        "points_2d": points.tolist(), "points_3d": [[0.0, 0.0, 1.0]] * 70, "visible": visible.tolist(),
        "gaze": {"left": [0, 0, -1], "right": [0, 0, -1]},
    }  # fmt: skip


def camera(frame: int, moments: int, eyes: int = 1, views: int = 1) -> dict:
    """A pinhole with its principal point off the middle, which moves with time and eye or view."""
    moment, place = divmod(frame, eyes * views)
    matrix = np.eye(4)
    matrix[:3, 3] = 0.06 * place, 0.0, 0.1 * moment
    row = {
        "K": [[50.0, 0, 19.0], [0, 50.0, 17.5], [0, 0, 1]], "cam2world": matrix.tolist(), "width": WIDTH, "height": HEIGHT,
        "time": moment / 24,
    }  # fmt: skip
    return row | ({"eye": ("left", "right")[place]} if eyes == 2 else {})


def make_people(path: Path, samples: int = 3, moments: int = 1, eyes: int = 1, views: int = 1, labels=LABELS) -> Path:
    """Write a dataset; samples go to train, validation and test in turn."""
    splits = {name: [] for name, _ in SPLITS}
    for index in range(samples):
        name = sample_name(index)
        splits[list(splits)[index % 3]].append(name)
        folder = path / name
        folder.mkdir(parents=True)
        frames = range(moments * eyes * views)
        rows = {"camera": [], "objects": [], "landmarks": []}
        for frame in frames:
            rng = np.random.default_rng([index, frame])
            instance = masks(index + frame)
            depth = np.where(instance > 0, 1 + instance / 10, np.inf)
            values = {
                "rgb": rng.integers(0, 256, (HEIGHT, WIDTH, 3)), "alpha": rng.integers(0, 256, (HEIGHT, WIDTH)),
                "depth": depth, "parts": np.minimum(instance, 18), "instance": instance,
                "dense_landmarks": np.concatenate(
                    [rng.uniform(0, [WIDTH + 5, HEIGHT], (50, 2)), rng.normal(size=(50, 3)), rng.random((50, 1)) < 0.6], 1
                ),
                "flow": np.ones((HEIGHT, WIDTH, 2)), "occlusion": np.zeros((HEIGHT, WIDTH)),
            }  # fmt: skip
            for label in labels:
                write_label(folder / file_name(frame, label), label, values[label])
            rows["camera"].append({"frame": frame} | camera(frame, moments, eyes, views))
            rows["landmarks"].append({"frame": frame} | landmarks(index))
            objects = [
                {"id": number, "class": kind, "box_2d": box(instance == number)} for number, kind in KINDS.items()
            ]
            rows["objects"].append({"frame": frame, "objects": objects})
        for record, found in rows.items():
            write_json(folder / f"{record}.json", {"frames": found})
        write_json(folder / "spec.json", {"kind": "faces", "version": 1, "spec": {}})
        (folder / "caption.txt").write_text(f"person {index}\n")
        record = {"index": index, "seed": index, "frames": list(frames), "files": hashes(folder)}
        write_json(folder / "sample.json", record | ({"eyes": eyes} if eyes > 1 else {}))
    described = {
        "format": FORMAT, "recipe": {"generator": "faces", "seed": 0, "count": samples}, "versions": {"simulacra": "1.2.3"},
        "labels": table(), "rendered": list(labels), "taxonomy": {}, "splits": splits,
    }  # fmt: skip
    (path / "dataset.json").write_text(json.dumps(described))
    return path


def box(mask: np.ndarray) -> list[int] | None:
    """Left, top, right and bottom around a mask."""
    rows, columns = np.nonzero(mask)
    return [int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1] if len(rows) else None
