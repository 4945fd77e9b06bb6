"""What the JSON records of a sample hold, checked when they are read: a dataset may come from anywhere."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ..errors import BadInput
from ..projections import LENGTHS, LINEAR, MODELS, PANORAMAS, PINHOLE
from .limits import MAX_EDGE, MAX_PIXELS

FORMAT = 1  # of dataset.json and what it describes
WHOLE = "a whole number from 0"
LARGEST = 1e9  # of any coordinate, in metres or pixels: arithmetic on it stays finite
# The shape of each field: None is any length.
CAMERA = {"K": (3, 3), "cam2world": (4, 4), "width": WHOLE, "height": WHOLE}
BOX = {"center": (3,), "size": (3,), "rotation": (3, 3)}
LANDMARKS = {"points_2d": (None, 2), "points_3d": (None, 3), "visible": (None,)}
SIDES = "right", "left"
FRAMES = 10**6
LARGEST_SEED = 2**63
EYES = 2  # of a stereo pair
DIGEST = re.compile("[0-9a-f]{64}")


def check_description(document, path: Path) -> dict:
    """The dataset.json of a dataset: its splits, taxonomy, labels, recipe and versions; raises BadInput where they are not.

    All but the splits may be missing: they tell of a dataset, and none of its files needs them.
    """
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise BadInput(f"{path}: is not that of a dataset of format {FORMAT}")
    splits, taxonomy = document.get("splits"), document.get("taxonomy", {})
    if not isinstance(splits, dict) or not all(_texts(names) for names in splits.values()):
        raise BadInput(f"{path}: splits are not lists of samples by name")
    if not isinstance(taxonomy, dict) or not all(
        isinstance(classes, dict) and all(_number(key) and isinstance(name, str) for key, name in classes.items())
        for classes in taxonomy.values()
    ):
        raise BadInput(f"{path}: taxonomy is not names by number for each label")
    if not _texts(document.get("rendered", [])):
        raise BadInput(f"{path}: rendered is not a list of labels by name")
    for name in ("recipe", "versions", "counts"):
        if not isinstance(document.get(name, {}), dict):
            raise BadInput(f"{path}: {name} is not an object")
    if not all(isinstance(version, str) for version in document.get("versions", {}).values()):
        raise BadInput(f"{path}: versions are not texts by name")
    return document


def check_sample(record, path: Path) -> dict:
    """The sample.json of a sample: its frames and files; raises BadInput where it is not."""
    frames = record.get("frames") if isinstance(record, dict) else None
    if not isinstance(frames, list) or not all(type(frame) is int and 0 <= frame < FRAMES for frame in frames):
        raise BadInput(f"{path}: frames are not a list of whole numbers in 0..{FRAMES - 1}")
    if not frames or frames != sorted(set(frames)):
        raise BadInput(f"{path}: frames are none, or not in order; allowed are one or more, each once")
    files = record.get("files")
    if not isinstance(files, dict) or not all(_facts(name, facts) for name, facts in files.items()):
        raise BadInput(f"{path}: files are not bytes and sha256 by the name of a file beside it")
    for name in ("index", "seed", "drawn_seed"):
        if type(record.get(name, 0)) is not int or not 0 <= record.get(name, 0) < LARGEST_SEED:
            raise BadInput(f"{path}: {name} is {record[name]!r}; allowed is {WHOLE}")
    eyes = record.get("eyes", 1)
    if type(eyes) is not int or not 1 <= eyes <= EYES:
        raise BadInput(f"{path}: eyes is {eyes!r}; allowed is a whole number in 1..{EYES}")
    return record


def _facts(name: str, facts) -> bool:
    """Whether facts are those of a file beside a record."""
    if not plain(name) or not isinstance(facts, dict):
        return False
    size, digest = facts.get("bytes"), facts.get("sha256")
    return type(size) is int and size >= 0 and isinstance(digest, str) and DIGEST.fullmatch(digest) is not None


def _texts(value) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _number(text: str) -> bool:
    return text.isdecimal() and text.isascii() and len(text) < 10


def frames_of(document, path: Path) -> dict[int, dict]:
    """The rows, by frame, of a record that has one for each; raises BadInput where it is not so."""
    rows = document.get("frames") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) and type(row.get("frame")) is int for row in rows):
        raise BadInput(f"{path}: frames are not a list of rows with the number of a frame")
    found = {row["frame"]: row for row in rows}
    if len(found) != len(rows):
        raise BadInput(f"{path}: holds a frame twice")
    return found


def check_camera(row: dict, path: Path) -> dict:
    """A frame's camera: K of a pinhole or an orthographic one, the parameters of all other models."""
    model = row.get("model", PINHOLE)
    if not isinstance(model, str) or model not in MODELS:
        raise BadInput(f"{path}: frame {row['frame']}: model is no camera model; allowed are {', '.join(MODELS)}")
    _fields(row, CAMERA if model in LINEAR else {name: shape for name, shape in CAMERA.items() if name != "K"}, path)
    if not 1 <= min(row["width"], row["height"]) or max(row["width"], row["height"]) > MAX_EDGE:
        raise BadInput(
            f"{path}: frame {row['frame']}: {row['width']}×{row['height']} px; allowed are 1…{MAX_EDGE} each"
        )
    if row["width"] * row["height"] > MAX_PIXELS:
        raise BadInput(
            f"{path}: frame {row['frame']}: {row['width']}×{row['height']} px; allowed are {MAX_PIXELS} in all"
        )
    if abs(np.linalg.det(np.array(row["cam2world"], float))) < 1e-9:
        raise BadInput(f"{path}: frame {row['frame']}: cam2world cannot be inverted")
    if not _shaped(row.get("time", 0.0), ()):
        raise BadInput(f"{path}: frame {row['frame']}: time is not a number of seconds")
    if model in PANORAMAS:
        parameters, names = row.get("parameters"), (*PANORAMAS[model][2], "shift")
        for name in names:
            shape = (LENGTHS[name],) if name in LENGTHS else ()
            if not isinstance(parameters, dict) or not _shaped(parameters.get(name), shape):
                raise BadInput(f"{path}: frame {row['frame']}: {name} is not the numbers that {model} needs")
        return row
    if not row["K"][0][0] or not row["K"][1][1]:
        raise BadInput(f"{path}: frame {row['frame']}: K cannot be inverted")
    return row


def check_landmarks(row: dict, path: Path) -> dict:
    """A frame's landmarks."""
    _fields(row, LANDMARKS, path)
    if len({len(row[name]) for name in LANDMARKS}) != 1:
        raise BadInput(f"{path}: frame {row['frame']}: {', '.join(LANDMARKS)} are not of one length")
    gaze = row.get("gaze")
    if gaze is not None and not (isinstance(gaze, dict) and all(_shaped(gaze.get(side), (3,)) for side in SIDES)):
        raise BadInput(f"{path}: frame {row['frame']}: gaze is not 3 numbers for {' and '.join(SIDES)}")
    return row


def check_objects(row: dict, path: Path) -> list[dict]:
    """A frame's objects."""
    objects, where = row.get("objects"), f"{path}: frame {row['frame']}"
    if not isinstance(objects, list) or not all(isinstance(one, dict) for one in objects):
        raise BadInput(f"{where}: objects are not a list of objects")
    for one in objects:
        if type(one.get("id")) is not int or not 0 <= one["id"] < 2**32 or not isinstance(one.get("class"), str):
            raise BadInput(f"{where}: an object has no id or no class")
        box = one.get("box_2d", ())
        if box is not None and not _shaped(box, (4,)):
            raise BadInput(f"{where}: box_2d of object {one['id']} is not 4 numbers or null")
        solid = one.get("box_3d")
        if solid is not None and not (
            isinstance(solid, dict) and all(_shaped(solid.get(name), shape) for name, shape in BOX.items())
        ):
            raise BadInput(f"{where}: box_3d of object {one['id']} is not a center, size and rotation")
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


def plain(name: str) -> bool:
    """Whether a text names a file in one folder, and nothing beside or below it."""
    return (
        name == Path(name).name
        and name not in ("", ".", "..")
        and "\0" not in name
        and len(name.encode("utf-8", "replace")) < 256
    )
