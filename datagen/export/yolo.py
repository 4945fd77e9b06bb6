"""YOLO: pictures, labels and data.yaml by split, as Ultralytics reads them for detection, segmentation or pose.

Source: the dataset formats of the Ultralytics documentation. One row a thing: its class from 0, then, as shares of the
picture's width and height, the box's centre and size (detect, pose) or the outline (segment); poses go on with x, y and flag
of the 70 landmarks.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from ..errors import BadInput
from ..readers import Dataset, Sample
from .files import copy_label
from .keypoints import ABSENT, NAMES, PERSON, flagged, mirrored
from .needs import Needs, needs, require
from .outlines import joined
from .splits import SHORT, by_split, frames_of
from .things import Thing, classes, things

TASKS = ("segment", "detect", "pose")


@needs("rgb", "instance", "objects")
def yolo(dataset: Dataset, out: Path, task: str = TASKS[0]) -> None:
    """pictures, labels and data.yaml by split, for segment, detect or pose"""
    if task not in TASKS:
        raise BadInput(f"task: {task} is not allowed; allowed are {', '.join(TASKS)}")
    if task == "pose":
        require(dataset, "yolo for pose", Needs(("landmarks",)))
    names = [PERSON] if task == "pose" else classes(dataset)
    held = {}
    for split, samples in by_split(dataset).items():
        split = SHORT.get(split, split)
        for sample, frame in frames_of(samples):
            stem = f"{sample.name}_{frame:04d}"
            copy_label(sample, frame, "rgb", out / "images" / split / f"{stem}.png")
            labels = out / "labels" / split
            labels.mkdir(parents=True, exist_ok=True)
            (labels / f"{stem}.txt").write_text(
                "".join(row + "\n" for row in _rows(sample, frame, task, names)), encoding="utf-8"
            )
            held[split] = f"images/{split}"
    (out / "data.yaml").write_text(_yaml(held, names, task), encoding="utf-8")


def _rows(sample: Sample, frame: int, task: str, names: list[str]) -> list[str]:
    instance = sample.label("instance", frame)
    height, width = instance.shape
    size = np.array([width, height], float)
    rows = []
    for thing in things(sample, frame, instance):
        if thing.kind not in names:
            continue
        values = _outline(thing, size) if task == "segment" else _box(thing, size)
        if task == "pose":
            points, flags = flagged(sample.landmarks(frame), width, height)
            rows.append(" ".join([_line(names, thing, values), *_points(points / size, flags)]))
        else:
            rows.append(_line(names, thing, values))
    return rows


def _line(names: list[str], thing: Thing, values: np.ndarray) -> str:
    return " ".join([str(names.index(thing.kind)), *(f"{value:.7g}" for value in values.ravel())])


def _box(thing: Thing, size: np.ndarray) -> np.ndarray:
    """The box's centre and size."""
    low, high = np.array(thing.box[:2]), np.array(thing.box[2:])
    return np.concatenate([(low + high) / 2 / size, (high - low) / size])


def _outline(thing: Thing, size: np.ndarray) -> np.ndarray:
    """One polygon, as the format has no place for more: the pieces are joined by cuts of no width."""
    return joined(thing.polygons()) / size


def _points(points: np.ndarray, flags: np.ndarray) -> list[str]:
    return [f"{x:.7g} {y:.7g} {flag}" if flag != ABSENT else "0 0 0"
            for (x, y), flag in zip(points, flags.tolist(), strict=True)]  # fmt: skip


def _yaml(held: dict[str, str], names: list[str], task: str) -> str:
    """data.yaml; JSON's lists and texts are YAML too. Without a path it stands for its own folder, wherever that is."""
    some = next(iter(held.values()))
    lines = [f"train: {held.get('train', some)}", f"val: {held.get('val', some)}"]  # both must be there
    lines += [f"test: {held['test']}"] if "test" in held else []
    if task == "pose":
        lines += [f"kpt_shape: [{len(NAMES)}, 3]", f"flip_idx: {mirrored()}"]
        lines += ["kpt_names:", f"  0: {json.dumps(NAMES)}"]
    lines += ["names:", *(f"  {number}: {json.dumps(name)}" for number, name in enumerate(names))]
    return "\n".join(lines) + "\n"
