"""COCO: instances and the person's keypoints by split, as pycocotools, detectron2 and torchvision read them.

Source: the format page of cocodataset.org. Every thing is an annotation of its own (``iscrowd`` 0) with polygons, which all
three take; a person is one more, whole, and carries the 70 landmarks. Keypoints are indices of pixels there: the centre of
the first pixel is (0, 0), half a pixel less than in landmarks.json.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from ..readers import Dataset, Sample
from .files import copy_label
from .keypoints import NAMES, PERSON, flagged, skeleton
from .needs import needs
from .splits import SHORT, by_split, frames_of
from .things import AROUND, Thing, classes, is_person, things

HALF = 0.5  # pixels between our coordinates of a centre and COCO's


@needs("rgb", "instance", "objects")
def coco(dataset: Dataset, out: Path) -> None:
    """pictures by split; annotations/instances_SPLIT.json, and of people annotations/person_keypoints_SPLIT.json"""
    names = classes(dataset)
    people = PERSON in names
    (out / "annotations").mkdir()
    shots = annotated = 0  # numbers are unique over all splits
    for split, samples in by_split(dataset).items():
        split = SHORT.get(split, split)
        images, rows = [], []
        for sample, frame in frames_of(samples):
            shots += 1
            name = f"{sample.name}_{frame:04d}.png"
            copy_label(sample, frame, "rgb", out / split / name)
            instance = sample.label("instance", frame)
            found = annotations(sample, frame, names, instance)
            for number, row in enumerate(found, annotated + 1):
                row |= {"id": number, "image_id": shots}
            annotated += len(found)
            rows += found
            height, width = instance.shape
            images.append({"id": shots, "file_name": name, "width": width, "height": height, "license": 1})
        if not images:
            continue
        document = _head(dataset, split) | {"images": images}
        plain = [{key: value for key, value in row.items() if "keypoints" not in key} for row in rows]
        _write(out / f"annotations/instances_{split}.json", document, plain, _categories(names, people))
        if people:
            whole = [row for row in rows if "keypoints" in row]
            _write(out / f"annotations/person_keypoints_{split}.json", document, whole, [_person()])


def annotations(sample: Sample, frame: int, names: list[str], instance: np.ndarray) -> list[dict]:
    """The annotations of a frame without their numbers; a class's number is its place in ``names`` from 1."""
    rows, (height, width) = [], instance.shape
    for thing in things(sample, frame, instance):
        row = _row(thing, names.index(thing.kind) + 1)
        if thing.kind == PERSON and is_person(sample):
            points, flags = flagged(sample.landmarks(frame), width, height)
            places = [(x - HALF, y - HALF) if flag else (0, 0) for (x, y), flag in zip(points, flags, strict=True)]
            row["keypoints"] = [
                value for (x, y), flag in zip(places, flags, strict=True) for value in (float(x), float(y), int(flag))
            ]
            row["num_keypoints"] = int((flags > 0).sum())
        rows.append(row)
    return rows


def _row(thing: Thing, category: int) -> dict:
    left, top, right, bottom = thing.box
    return {
        "category_id": category, "iscrowd": 0, "area": float(thing.mask.sum()),
        "bbox": [float(left), float(top), float(right - left), float(bottom - top)],
        "segmentation": [polygon.ravel().tolist() for polygon in thing.polygons()],
    }  # fmt: skip


def _categories(names: list[str], people: bool) -> list[dict]:
    rows = []
    for number, name in enumerate(names, 1):
        part = people and name not in AROUND
        rows.append({"id": number, "name": name, "supercategory": PERSON if part else "thing"})
    return rows


def _person() -> dict:
    lines = [[a + 1, b + 1] for a, b in skeleton()]  # COCO counts keypoints from 1
    return {"id": 1, "name": PERSON, "supercategory": PERSON, "keypoints": list(NAMES), "skeleton": lines}


def _head(dataset: Dataset, split: str) -> dict:
    versions = dataset.description.get("versions")
    version = versions.get("simulacra", "") if isinstance(versions, dict) else ""
    return {
        "info": {
            "description": f"{dataset.path.name}, split {split}: rendered, no photograph", "version": str(version),
            "contributor": "Simulacra",
        },
        "licenses": [{"id": 1, "name": "the owner's", "url": ""}],
    }  # fmt: skip


def _write(path: Path, document: dict, rows: list[dict], categories: list[dict]) -> None:
    path.write_text(json.dumps(document | {"annotations": rows, "categories": categories}), encoding="utf-8")
