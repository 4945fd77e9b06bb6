"""Reads and writes the files of a sample: EXR by channel name, PNG by exact type, JSON and text; each within its limit."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np

from ..errors import BadInput
from ..labels import LABELS, file_name
from .dense import decode_dense, encode_dense
from .exr import decode_exr, encode_exr, read_exr
from .limits import MAX_PIXELS, most_of
from .png import decode_png, encode_png
from .reading import read_regular
from .writing import write_whole

CHANNELS = {1: ("V",), 2: ("X", "Y"), 3: ("X", "Y", "Z")}
COLOUR = ("R", "G", "B")
COLOURS = ("linear", "albedo", "shading")
# How JSON writes half of a character that takes two; alone it is no text, and no file can be written with it.
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def _channel_names(label: str) -> tuple[str, ...]:
    return COLOUR if label in COLOURS else CHANNELS[LABELS[label].channels]


def read_exr_channels(path: Path) -> dict[str, np.ndarray]:
    """Every channel (h, w) float32 by its full name of the EXR file that Blender just wrote, of all its parts."""
    try:
        return read_exr(path)
    except BadInput as error:
        raise RuntimeError(str(error)) from None  # no input of the user's: the render can be tried again


def write_label(path: Path, label: str, values: np.ndarray) -> None:
    """Write a label's array (h, w) or (h, w, c) in the type that its row declares.

    It is for a sample's folder, which appears as a whole and is brought to the disk as a whole: this file alone is not.
    """
    row = LABELS[label]
    values = np.asarray(values)
    if row.suffix == "npz":
        path.write_bytes(encode_dense(values))
        return
    expected = (2,) if row.channels == 1 else (3,)
    if values.ndim not in expected or (values.ndim == 3 and values.shape[2] != row.channels):
        raise ValueError(
            f"{label}: shape {values.shape} is not (h, w{', ' + str(row.channels) if row.channels > 1 else ''})"
        )
    if row.suffix == "png":
        data = encode_png(values.astype(row.dtype))
    else:
        planes = values.reshape(*values.shape[:2], row.channels).astype(np.float32)
        data = encode_exr({name: planes[..., index] for index, name in enumerate(_channel_names(label))})
    path.write_bytes(data)


def read_label(path: Path, label: str) -> np.ndarray:
    """Read a label's file; see decode_label."""
    return decode_label(label, read_regular(path, most_of(file_name(0, label))), path)


def decode_label(label: str, data: bytes, where: str | Path) -> np.ndarray:
    """The array (h, w), (h, w, c) or, of points, (n, c) that a label's bytes hold; errors tell ``where`` they are from.

    Its type and channel count are checked against the table; raises BadInput where they differ or the file is broken.
    """
    row = LABELS[label]
    if row.suffix == "npz":
        return decode_dense(data, where)
    if row.suffix == "png":
        values = decode_png(data, where)
        if label == "rgb" and values.ndim == 3 and values.shape[2] == 4:
            values = values[..., :3]  # of a transparent film; its alpha is a label of its own
    else:
        channels = decode_exr(data, where, MAX_PIXELS * row.channels * np.dtype(row.dtype).itemsize)
        names = _channel_names(label)
        if set(channels) != set(names):
            raise BadInput(f"{where}: holds channels {', '.join(sorted(channels))}; allowed are {', '.join(names)}")
        values = channels[names[0]] if len(names) == 1 else np.stack([channels[name] for name in names], -1)
    if values.dtype != row.dtype or (values.shape[2] if values.ndim == 3 else 1) != row.channels:
        raise BadInput(f"{where}: holds {values.dtype}×{values.shape[2:] or 1}; allowed is "
                       f"{np.dtype(row.dtype).name}×{row.channels}")  # fmt: skip
    return values


def write_json(path: Path, value) -> None:
    """Put JSON at ``path``, whole or not at all."""
    write_whole(path, (json.dumps(value, indent=1, allow_nan=False) + "\n").encode())


def read_json(path: Path, most: int | None = None):
    """Read JSON of at most ``most`` bytes, or as many as a file of its name may hold; see decode_json."""
    return decode_json(read_regular(path, most_of(path.name) if most is None else most), path)


def decode_json(data: bytes, where: str | Path):
    """The JSON value that bytes hold; raises BadInput, which tells ``where`` they are from, on NaN and half characters too."""
    text = decode_text(data, where)
    try:
        value = json.loads(text, parse_constant=_refuse)
        if SURROGATE.search(data):
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits too, and lists in lists in lists
        raise BadInput(f"{where}: is not a JSON file ({error})") from None
    return value


def read_text(path: Path, most: int | None = None) -> str:
    """Read a text of at most ``most`` bytes, or as many as a file of its name may hold; raises BadInput that names it."""
    return decode_text(read_regular(path, most_of(path.name) if most is None else most), path)


def decode_text(data: bytes, where: str | Path) -> str:
    """The text that bytes hold; raises BadInput, which tells ``where`` they are from."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise BadInput(f"{where}: is not a text file ({error})") from None


def _refuse(name: str):
    raise ValueError(f"{name} is no number of JSON")
