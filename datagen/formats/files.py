"""Reads and writes the files of a sample: EXR by channel name, PNG by exact type, JSON; written beside, then renamed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

from ..errors import BadInput
from ..labels import LABELS
from .exr import decode_exr, read_exr, write_exr
from .png import decode_png, write_png

CHANNELS = {1: ("V",), 2: ("X", "Y"), 3: ("X", "Y", "Z")}
COLOUR = ("R", "G", "B")
COLOURS = ("linear", "albedo", "shading")


def _channel_names(label: str) -> tuple[str, ...]:
    return COLOUR if label in COLOURS else CHANNELS[LABELS[label].channels]


def read_exr_channels(path: Path) -> dict[str, np.ndarray]:
    """Every channel (h, w) float32 by its full name of the EXR file that Blender just wrote, of all its parts."""
    try:
        return read_exr(path)
    except BadInput as error:
        raise RuntimeError(str(error)) from None  # no input of the user's: the render can be tried again


def write_label(path: Path, label: str, values: np.ndarray) -> None:
    """Write a label's array (h, w) or (h, w, c) in the type that its row declares."""
    row = LABELS[label]
    values = np.asarray(values)
    expected = (2,) if row.channels == 1 else (3,)
    if values.ndim not in expected or (values.ndim == 3 and values.shape[2] != row.channels):
        raise ValueError(
            f"{label}: shape {values.shape} is not (h, w{', ' + str(row.channels) if row.channels > 1 else ''})"
        )
    if row.suffix == "png":
        write_png(path, values.astype(row.dtype))
    else:
        planes = values.reshape(*values.shape[:2], row.channels).astype(np.float32)
        write_exr(path, {name: planes[..., index] for index, name in enumerate(_channel_names(label))})


def read_label(path: Path, label: str) -> np.ndarray:
    """Read a label's file; see decode_label."""
    if not path.is_file():
        raise BadInput(f"{path}: is missing")
    return decode_label(label, path.read_bytes(), path)


def decode_label(label: str, data: bytes, where: str | Path) -> np.ndarray:
    """The array (h, w) or (h, w, c) that the bytes of a label's file hold; errors tell ``where`` they are from.

    Its type and channel count are checked against the table; raises BadInput where they differ or the file is broken.
    """
    row = LABELS[label]
    if row.suffix == "png":
        values = decode_png(data, where)
    else:
        channels = decode_exr(data, where)
        names = _channel_names(label)
        if set(channels) != set(names):
            raise BadInput(f"{where}: holds channels {', '.join(sorted(channels))}; allowed are {', '.join(names)}")
        values = channels[names[0]] if len(names) == 1 else np.stack([channels[name] for name in names], -1)
    if values.dtype != row.dtype or (values.shape[2] if values.ndim == 3 else 1) != row.channels:
        raise BadInput(f"{where}: holds {values.dtype}×{values.shape[2:] or 1}; allowed is "
                       f"{np.dtype(row.dtype).name}×{row.channels}")  # fmt: skip
    return values


def write_json(path: Path, value) -> None:
    """Write JSON beside the target and rename it into place."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(json.dumps(value, indent=1, allow_nan=False) + "\n")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read_json(path: Path):
    """Read JSON; raises BadInput that names the file."""
    text = read_text(path)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits too, and lists in lists in lists
        raise BadInput(f"{path}: is not a JSON file ({error})") from None


def read_text(path: Path) -> str:
    """Read a text; raises BadInput that names the file."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadInput(f"{path}: is missing") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: is not a text file ({error})") from None
