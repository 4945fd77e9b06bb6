"""What a frame shows, thing by thing: classes and masks, as COCO and YOLO list them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..labels import SEMANTIC
from ..readers import Dataset, Sample
from .keypoints import PERSON
from .outlines import outlines

AROUND = ("backdrop",)  # classes of a person's sample that are not the person


class Thing(NamedTuple):
    """One thing in a frame; its mask (h, w) bool is cut to the box ``left, top, right, bottom`` around it, in pixels."""

    kind: str
    mask: np.ndarray
    box: tuple[int, int, int, int]

    def polygons(self) -> list[np.ndarray]:
        """Its outline in the picture's pixels; see outlines."""
        return [polygon + self.box[:2] for polygon in outlines(self.mask)]


def classes(dataset: Dataset) -> list[str]:
    """The names of all classes that a dataset's objects are of, the whole person first, in the order of the taxonomy."""
    found = {record["class"] for sample in dataset for frame in sample.frames for record in sample.objects(frame)}
    order = {name: number for number, name in enumerate(SEMANTIC)}
    whole = [PERSON] if any(is_person(sample) for sample in dataset) else []
    return whole + sorted(found - set(whole), key=lambda name: (order.get(name, len(order)), name))


def is_person(sample: Sample) -> bool:
    """Whether a sample shows one person: only they have landmarks."""
    return sample.holds("landmarks.json")


def things(sample: Sample, frame: int, instance: np.ndarray) -> Iterator[Thing]:
    """Everything that a frame's instance label (h, w) shows: a person as a whole first, then each object."""
    kinds = {record["id"]: record["class"] for record in sample.objects(frame)}
    if is_person(sample):
        body = [number for number, kind in kinds.items() if kind not in AROUND]
        mask = np.isin(instance, body)
        if mask.any():
            left, top, right, bottom = box = _box(mask)
            yield Thing(PERSON, mask[top:bottom, left:right], box)
    boxes = _boxes(instance)
    for number, kind in kinds.items():
        if number in boxes:
            left, top, right, bottom = boxes[number]
            yield Thing(kind, instance[top:bottom, left:right] == number, boxes[number])


def _box(mask: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _boxes(instance: np.ndarray) -> dict[int, tuple[int, int, int, int]]:
    """The box of every id but 0 in one pass over the picture."""
    rows, columns = np.nonzero(instance)
    found, place = np.unique(instance[rows, columns], return_inverse=True)
    low, high = np.full((len(found), 2), 2**31), np.zeros((len(found), 2), int)
    for axis, values in enumerate((columns, rows)):
        np.minimum.at(low[:, axis], place, values)
        np.maximum.at(high[:, axis], place, values + 1)
    corners = np.concatenate([low, high], 1).tolist()
    return {int(number): tuple(corner) for number, corner in zip(found, corners, strict=True)}
