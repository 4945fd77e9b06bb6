"""What the JSON records of a sample hold, checked when they are read: a dataset may come from anywhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import BadInput

FORMAT = 1  # of dataset.json and what it describes
WHOLE = "a whole number from 0"
LARGEST = 1e9  # of any coordinate, in metres or pixels: arithmetic on it stays finite
# The shape of each field: None is any length.
CAMERA = {"K": (3, 3), "cam2world": (4, 4), "width": WHOLE, "height": WHOLE}
LANDMARKS = {"points_2d": (None, 2), "points_3d": (None, 3), "visible": (None,)}
FRAMES = 10**6


def check_description(document: dict, path: Path) -> dict:
    """The dataset.json of a dataset: its splits and taxonomy; raises BadInput where they are not."""
    splits, taxonomy = document.get("splits"), document.get("taxonomy", {})
    if not isinstance(splits, dict) or not all(
        isinstance(names, list) and all(isinstance(name, str) for name in names) for names in splits.values()
    ):
        raise BadInput(f"{path}: splits are not lists of samples by name")
    if not isinstance(taxonomy, dict) or not all(
        isinstance(classes, dict) and all(key.isdecimal() and key.isascii() for key in classes)
        for classes in taxonomy.values()
    ):
        raise BadInput(f"{path}: taxonomy is not names by number for each label")
    return document


def check_sample(record, path: Path) -> dict:
    """The sample.json of a sample: its frames and files; raises BadInput where it is not."""
    frames = record.get("frames") if isinstance(record, dict) else None
    if not isinstance(frames, list) or not all(type(frame) is int and 0 <= frame < FRAMES for frame in frames):
        raise BadInput(f"{path}: frames are not a list of whole numbers in 0..{FRAMES - 1}")
    files = record.get("files")
    if not isinstance(files, dict) or not all(
        isinstance(facts, dict) and _plain(name) for name, facts in files.items()
    ):
        raise BadInput(f"{path}: files are not facts by the name of a file beside it")
    eyes = record.get("eyes", 1)
    if type(eyes) is not int or not 1 <= eyes <= FRAMES:
        raise BadInput(f"{path}: eyes is {eyes!r}; allowed is a whole number from 1")
    return record


def frames_of(document, path: Path) -> list[dict]:
    """The rows of a record that has one for each frame; raises BadInput where it is not so."""
    rows = document.get("frames") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) and type(row.get("frame")) is int for row in rows):
        raise BadInput(f"{path}: frames are not a list of rows with the number of a frame")
    return rows


def check_camera(row: dict, path: Path) -> dict:
    """A frame's camera."""
    _fields(row, CAMERA, path)
    if not row["K"][0][0] or not row["K"][1][1] or abs(np.linalg.det(np.array(row["cam2world"], float))) < 1e-9:
        raise BadInput(f"{path}: frame {row['frame']}: K or cam2world cannot be inverted")
    return row


def check_landmarks(row: dict, path: Path) -> dict:
    """A frame's landmarks."""
    _fields(row, LANDMARKS, path)
    if len({len(row[name]) for name in LANDMARKS}) != 1:
        raise BadInput(f"{path}: frame {row['frame']}: {', '.join(LANDMARKS)} are not of one length")
    return row


def check_objects(row: dict, path: Path) -> list[dict]:
    """A frame's objects."""
    objects, where = row.get("objects"), f"{path}: frame {row['frame']}"
    if not isinstance(objects, list) or not all(isinstance(one, dict) for one in objects):
        raise BadInput(f"{where}: objects are not a list of objects")
    for one in objects:
        if type(one.get("id")) is not int or not isinstance(one.get("class"), str):
            raise BadInput(f"{where}: an object has no id or no class")
        box = one.get("box_2d", ())
        if box is not None and not _shaped(box, (4,)):
            raise BadInput(f"{where}: box_2d of object {one['id']} is not 4 numbers or null")
    return objects


def _fields(row: dict, fields: dict, path: Path) -> None:
    for name, shape in fields.items():
        value = row.get(name)
        right = type(value) is int and 0 <= value <= LARGEST if shape == WHOLE else _shaped(value, shape)
        if not right:
            said = (
                shape if shape == WHOLE else f"numbers of shape {'×'.join('n' if n is None else str(n) for n in shape)}"
            )
            raise BadInput(f"{path}: frame {row['frame']}: {name} is not {said}")


def _shaped(value, shape: tuple) -> bool:
    """Whether nested lists hold finite numbers in this shape."""
    if not shape:
        return isinstance(value, bool | int | float) and abs(value) <= LARGEST  # NaN is not
    return (
        isinstance(value, list)
        and (shape[0] is None or len(value) == shape[0])
        and all(_shaped(inner, shape[1:]) for inner in value)
    )


def _plain(name: str) -> bool:
    return (
        name == Path(name).name
        and name not in ("", ".", "..")
        and "\0" not in name
        and len(name.encode("utf-8", "replace")) < 256
    )
