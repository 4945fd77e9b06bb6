"""Labels that a net gives a photograph: maps and a record of its face, in the formats of our datasets, and pictures of them."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...datagen.errors import BadInput
from ...datagen.formats.files import write_json, write_label
from ...datagen.formats.writing import replacing, write_whole
from ...datagen.labels import IGNORE, LABELS
from ...datagen.pictures import picture, stroke, with_landmarks
from ..core import pictures
from .table import Result

COVER = 0.6  # share of a class's colour over the photograph
AXES = ((255, 80, 80), (90, 230, 110), (90, 150, 255))  # of a head: to its left, to where it faces, up
REACH = 0.5  # length of those axes in distances between the points furthest apart


@dataclass(frozen=True, eq=False)
class Labels(Result):
    """A photograph uint8 (h, w, 3), labels of it by name of the label table, and the row of landmarks.json of its face."""

    kind = "labels"
    photo: np.ndarray
    maps: Mapping[str, np.ndarray] = field(default_factory=dict)
    record: Mapping = field(default_factory=dict)

    def __post_init__(self):
        for name, values in self.maps.items():
            if name not in LABELS or values.shape[:2] != self.photo.shape[:2]:
                raise BadInput(
                    f"labels: {name} {values.shape} is not allowed; allowed are labels of the photograph's size"
                )


def overlay(label: str, found: Labels) -> np.ndarray:
    """A picture uint8 (h, w, 3) of one label: classes over the photograph, landmarks, looks and the head's axes on it."""
    if label == "landmarks":
        points = found.record["points_2d"]
        return with_landmarks(found.photo, {**found.record, "visible": [True] * len(points)})
    if label == "pose":
        return _with_axes(found)
    values = found.maps[label]
    if label == "depth":  # behind and before the pivot: the picture of depth wants what is above 0
        known = np.isfinite(values)
        values = values - values[known].min() + 0.1 if known.any() else values
    shown = picture(label, values)
    if label != "parts":
        return shown
    named = ((values > 0) & (values != IGNORE))[..., None]
    return np.where(named, found.photo * (1 - COVER) + shown * COVER, found.photo * 0.5).round().astype(np.uint8)


def _with_axes(found: Labels) -> np.ndarray:
    drawn = found.photo.copy()
    points, rotation = np.asarray(found.record["points_2d"]), np.asarray(found.record["head_pose"]["rotation"])
    middle, reach = points.mean(0), REACH * np.ptp(points, axis=0).max()
    axes = (rotation[:, 0], -rotation[:, 1], rotation[:, 2])
    for axis, colour in sorted(zip(axes, AXES, strict=True), key=lambda row: -row[0][2]):  # the nearest last
        stroke(drawn, middle, middle + axis[:2] * reach, max(reach / 60, 1.0), colour)
    return drawn


def shown_labels(found: Labels) -> list[str]:
    """The labels that there are pictures of."""
    return [*(("landmarks", "pose") if found.record else ()), *found.maps]


def write_png(path: Path, result: Labels) -> None:
    """Write the pictures of all labels side by side."""
    pictures.write_png(path, pictures.contact_sheet(np.stack([overlay(name, result) for name in shown_labels(result)])))


def write_json_record(path: Path, result: Labels) -> None:
    """Write the record of the face."""
    write_whole(path, (json.dumps(result.record, indent=1) + "\n").encode())


def write_npz(path: Path, result: Labels) -> None:
    """Write all maps by name as NumPy's packed archive."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **dict(result.maps))
    write_whole(path, buffer.getvalue())


def write_files(folder: Path, stem: str, label: str, found: Labels) -> list[Path]:
    """Write one label as our datasets hold it, STEM.LABEL.exr, .png or .json, and its picture STEM.LABEL.overlay.png."""
    seen = folder / f"{stem}.{label}.overlay.png"
    pictures.write_png(seen, overlay(label, found))
    if label in found.maps:
        path = folder / f"{stem}.{label}.{LABELS[label].suffix}"
        with replacing(path) as temporary:
            write_label(temporary, label, found.maps[label])
        return [path, seen]
    path = folder / f"{stem}.{label}.json"
    write_json(path, record_of(label, found))
    return [path, seen]


def record_of(label: str, found: Labels) -> dict:
    """What landmarks.json has of a label that is no map."""
    parts = ("detected", "head_pose", "gaze") if label == "pose" else ("detected", "points_2d", "spread_2d")
    return {name: found.record[name] for name in parts}


def preview(stem: Path, result: Labels) -> list[Path]:
    """A sheet of all pictures: STEM.labels.png."""
    path = stem.with_name(f"{stem.name}.labels.png")
    write_png(path, result)
    return [path]
