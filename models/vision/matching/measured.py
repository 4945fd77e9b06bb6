"""Measured disparity and flow: PFM, grey PNG, Middlebury's .flo and KITTI's PNG; what is not known is NaN."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import numpy as np

from ....datagen.errors import BadInput
from ....datagen.formats.files import read_text
from ....datagen.formats.limits import MAX_EDGE, MAX_PIXELS
from ....datagen.formats.png import read_png
from ....datagen.formats.reading import KIB, read_regular

FLO = 202021.25  # the first number of a .flo file
UNKNOWN = 1e9  # a .flo file's components from here on are not known
HEADER = re.compile(rb"(P[fF])\s+(\d{1,6})\s+(\d{1,6})\s+(-?[0-9.]+(?:e[-+]?[0-9]+)?)\s", re.IGNORECASE)
LONGEST = 200  # bytes of a header
SCALE = "scale.txt"  # beside a PNG of 8 bits: how many times the disparity its grey levels are
QUARTER = 4.0  # what they are without it, as Middlebury's of 2003 are
SIZED = "disp1.png"  # Middlebury's of 2005 and 2006, which are 1, 2 or 3 times the disparity by their size: only a scale.txt tells
FINE = 256.0  # and those of 16 bits, as KITTI's are


def read_disparity(path: Path) -> np.ndarray:
    """The disparity (h, w) float32 in pixels of a PFM or grey PNG file; NaN where it is not known.

    A PNG of 16 bits holds 256 times the disparity, one of 8 bits four times, or as many times as the file scale.txt beside it
    says; a disp1.png needs one. Raises BadInput where the file is no such picture.
    """
    path = Path(path)
    if path.suffix.lower() == ".pfm":
        values = read_pfm(path)
    else:
        grey = read_png(path)
        if grey.ndim == 3 and (grey[..., :3] == grey[..., :1]).all():
            grey = grey[..., 0]
        if grey.ndim != 2:
            raise BadInput(f"{path}: has colours; allowed is a grey picture of disparity")
        values = grey.astype(np.float32) / np.float32(FINE if grey.dtype == np.uint16 else _scale(path))
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(values) & (values > 0), values, np.nan).astype(np.float32)


def _scale(truth: Path) -> float:
    """What the scale.txt beside a file says, or what is usual; raises BadInput where nothing is."""
    path = truth.with_name(SCALE)
    if not path.is_file():
        if truth.name == SIZED:
            raise BadInput(f"{truth}: does not tell its scale; allowed is a {SCALE} beside it that says 1 of full size, 2 of half, "
                           "3 of a third")  # fmt: skip
        return QUARTER
    word = read_text(path, KIB).strip()
    if not re.fullmatch(r"\d{1,4}(\.\d{1,6})?", word) or float(word) == 0:
        raise BadInput(f"{path}: {word[:20]} is not allowed; allowed is a number above 0 up to 9999")
    return float(word)


def read_pfm(path: Path) -> np.ndarray:
    """The values (h, w) float32 of a grey portable float map, top row first; its own scale only tells the order of bytes.

    Raises BadInput where it is none, or larger than is allowed.
    """
    data = read_regular(Path(path), 4 * MAX_PIXELS + LONGEST)
    found = HEADER.match(data[:LONGEST])
    if found is None or found[1] != b"Pf":
        raise BadInput(f"{path}: is no grey PFM file; allowed is one that begins with Pf, its width, height and scale")
    width, height = int(found[2]), int(found[3])
    _check_size(path, width, height, len(data) - found.end(), 4)
    order = "<" if found[4].startswith(b"-") else ">"
    return (
        np.frombuffer(data, order + "f4", width * height, found.end()).reshape(height, width)[::-1].astype(np.float32)
    )


def read_flow(path: Path) -> np.ndarray:
    """Flow (h, w, 2) float32 in pixels, x to the right and y down, of a .flo file or of KITTI's PNG; NaN where it is not known."""
    return read_kitti_flow(path) if Path(path).suffix.lower() == ".png" else read_flo(path)


def read_flo(path: Path) -> np.ndarray:
    """The flow (h, w, 2) of a .flo file (Baker et al. 2011); raises BadInput where it is none."""
    data = read_regular(Path(path), 8 * MAX_PIXELS + 12)
    if len(data) < 12 or struct.unpack("<f", data[:4])[0] != FLO:
        raise BadInput(f"{path}: is no .flo file; allowed is one that begins with {FLO}")
    width, height = struct.unpack("<ii", data[4:12])
    _check_size(path, width, height, len(data) - 12, 8)
    flow = np.frombuffer(data, "<f4", offset=12).reshape(height, width, 2).astype(np.float32)
    with np.errstate(invalid="ignore"):
        known = (np.abs(flow) < UNKNOWN).all(-1, keepdims=True)  # false of NaN
    return np.where(known, flow, np.float32(np.nan))


def read_kitti_flow(path: Path) -> np.ndarray:
    """The flow (h, w, 2) of a KITTI PNG: 64 times a component and 2^15 in 16 bits of red and green, blue 0 where it is not known."""
    values = read_png(Path(path))
    if values.dtype != np.uint16 or values.ndim != 3 or values.shape[2] != 3:
        raise BadInput(f"{path}: is no flow of KITTI's; allowed is an RGB PNG of 16 bits")
    flow = (values[..., :2].astype(np.float32) - 2**15) / 64
    return np.where(values[..., 2:] > 0, flow, np.float32(np.nan))


def _check_size(path: Path, width: int, height: int, held: int, each: int) -> None:
    """Raise BadInput where a picture's size is not allowed, or is not that of the bytes that follow."""
    if not 0 < width <= MAX_EDGE or not 0 < height <= MAX_EDGE or width * height > MAX_PIXELS:
        raise BadInput(
            f"{path}: says {width}×{height} px; allowed are edges of 1 to {MAX_EDGE}, {MAX_PIXELS} pixels in all"
        )
    if held != width * height * each:
        raise BadInput(f"{path}: holds {held} bytes after its header; allowed are {width * height * each}")
