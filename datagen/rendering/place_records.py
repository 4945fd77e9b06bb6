"""What a place's sample tells of its things: ids that fit 16 bits, and the records of all that is seen."""

from __future__ import annotations

import numpy as np

from ..labels import SEMANTIC

LARGEST = 65535  # instance ids are 16 bits


class PixelCounts:
    """Counts over a whole sample in how many pixels each thing is seen."""

    def __init__(self):
        self.counts: dict[int, int] = {}

    def add(self, identity: np.ndarray) -> None:
        """Count a shot's numbers (h, w)."""
        found, count = np.unique(identity[identity > 0], return_counts=True)
        for number, pixels in zip(found.tolist(), count.tolist(), strict=True):
            self.counts[number] = self.counts.get(number, 0) + pixels

    @staticmethod
    def boxes(identity: np.ndarray) -> dict[int, list[int]]:
        """The box [left, top, right, bottom) in pixels of every thing in a shot."""
        rows, columns = np.nonzero(identity)
        found, place = np.unique(identity[rows, columns], return_inverse=True)
        low, high = np.full((len(found), 2), 2**31), np.zeros((len(found), 2), int)
        for axis, values in enumerate((columns, rows)):
            np.minimum.at(low[:, axis], place, values)
            np.maximum.at(high[:, axis], place, values + 1)
        return {int(number): [*map(int, a), *map(int, b)] for number, a, b in zip(found, low, high, strict=True)}


class CompactIds:
    """The ids 1…65535 of what is seen in a sample, in the order of the place's own numbers."""

    def __init__(self, numbers: np.ndarray, ids: np.ndarray, classes: np.ndarray, merged: int):
        self.numbers, self.ids, self.classes, self.merged = numbers, ids, classes, merged

    def labels(self, identity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The instance (h, w) uint16 and semantic (h, w) uint8 labels of a shot's numbers."""
        place = np.searchsorted(self.numbers, identity)
        place = np.minimum(place, max(len(self.numbers) - 1, 0))
        known = identity > 0
        if not len(self.numbers):
            return np.zeros(identity.shape, np.uint16), np.zeros(identity.shape, np.uint8)
        return np.where(known, self.ids[place], 0).astype(np.uint16), np.where(known, self.classes[place], 0).astype(
            np.uint8
        )


def compact_ids(site, counts: PixelCounts) -> CompactIds:
    """Number what is seen from 1; where it is more than 16 bits can tell, the smallest things of a crowd share one id."""
    numbers = np.array(sorted(counts.counts), np.int64)
    crowd = np.searchsorted([crowd.first for crowd in site.crowds], numbers, side="right") - 1
    kinds = np.array([SEMANTIC.index(crowd.kind) for crowd in site.crowds], np.uint8)
    merged = 0
    if len(numbers) <= LARGEST:
        ids = np.arange(1, len(numbers) + 1)
    else:
        pixels = np.array([counts.counts[int(number)] for number in numbers])
        order = np.lexsort((numbers, -pixels))  # the largest first; equal ones by number
        alone = np.zeros(len(numbers), bool)
        alone[order[: LARGEST - len(site.crowds)]] = True
        merged = int((~alone).sum())
        ids = np.zeros(len(numbers), int)
        ids[alone] = np.arange(1, alone.sum() + 1)
        ids[~alone] = alone.sum() + 1 + crowd[~alone]
    return CompactIds(numbers, ids, kinds[crowd] if len(numbers) else kinds[:0], merged)


def object_records(site, numbers: CompactIds, shot: tuple[int, int], boxes: dict[int, list[int]]) -> list[dict]:
    """The record of everything that a shot shows; 3D boxes and poses are those at rest, in metres in the world."""
    ids = dict(zip(numbers.numbers.tolist(), numbers.ids.tolist(), strict=True))
    firsts = [crowd.first for crowd in site.crowds]
    shared: dict[int, dict] = {}
    records = []
    for number, box in boxes.items():
        crowd = site.crowds[int(np.searchsorted(firsts, number, side="right")) - 1]
        low, high, matrix = site.extent(crowd, number)
        scale = np.linalg.norm(matrix[:3, :3], axis=0)
        record = {
            "id": ids[number], "name": crowd.name, "class": crowd.kind, "box_2d": box, "number": number,
            "box_3d": {"center": (matrix[:3, :3] @ ((low + high) / 2) + matrix[:3, 3]).tolist(),
                       "size": ((high - low) * scale).tolist(), "rotation": (matrix[:3, :3] / scale).tolist()},
            "pose": matrix.tolist(), "spec": crowd.part,
        }  # fmt: skip
        known = shared.setdefault(ids[number], record)
        if known is record:
            records.append(record)
        else:  # one id for several small things: their boxes are one
            known["box_2d"] = [*map(min, known["box_2d"][:2], box[:2]), *map(max, known["box_2d"][2:], box[2:])]
    return sorted(records, key=lambda record: record["id"])
