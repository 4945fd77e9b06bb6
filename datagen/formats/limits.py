"""How much is read of each file at most, with the reason: what is larger is refused before any of it is read."""

from __future__ import annotations

from pathlib import PurePath

import numpy as np

from ..labels import LABELS
from .dense import MOST_POINTS, POINT_BYTES
from .reading import GIB, KIB, MIB

MAX_EDGE = 2**14  # pixels along one edge of a picture
MAX_PIXELS = 2**26  # of one picture, 8192×8192: three channels of single precision are 768 MiB
OVERHEAD = MIB  # bytes of headers, tables and checksums beside a picture's own; rows have one or two more each
# The largest size in bytes by a file's name, and why no file of ours is larger.
RECORDS = {
    "dataset.json": (256 * MIB, "ten million samples by name, 20 bytes each, and what was redone"),
    "sample.json": (64 * MIB, "10,000 frames of 40 files, 150 bytes each"),
    "camera.json": (64 * MIB, "10,000 frames of 2 KiB"),
    "landmarks.json": (256 * MIB, "10,000 frames of 70 landmarks, 16 KiB each"),
    "objects.json": (GIB, "frames of thousands of things, 2 KiB each"),
    "spec.json": (16 * MIB, "a spec is a few KiB; a scene of many parts some hundred"),
    "caption.txt": (64 * KIB, "a sentence"),
}
JSON = 64 * MIB, "whatever else is JSON: indices, settings, histories of runs"
TEXT = 16 * MIB, "whatever else is text"
OTHER = GIB, "arrays and meshes"


def most_of(name: str) -> int:
    """The bytes that a file of this name may hold: a record, a label such as 0000.depth.exr, or anything else."""
    if name in RECORDS:
        return RECORDS[name][0]
    *_, label, suffix = ("", "", *PurePath(name).name.split("."))
    row = LABELS.get(label)
    if row is not None and suffix == row.suffix == "npz":
        return MOST_POINTS * POINT_BYTES + OVERHEAD
    if row is not None and suffix == row.suffix:
        return MAX_PIXELS * row.channels * np.dtype(row.dtype).itemsize * 9 // 8 + OVERHEAD
    return {"json": JSON, "txt": TEXT}.get(suffix, OTHER)[0]
