"""Photographs: read with care, and where OpenCV's cascade sees a face in one."""

from __future__ import annotations

import io
import math
import struct
import warnings
from pathlib import Path

import numpy as np

from ...datagen.errors import BadInput
from ...datagen.formats.reading import MIB, read_regular

MOST_BYTES = 64 * MIB
MOST_PIXELS = 10**8  # more than any camera for portraits has
FORMATS = ("PNG", "JPEG")
SUFFIXES = (".png", ".jpg", ".jpeg")
SMALLEST = 384  # px of a longer edge below which pictures hide faces from the cascade


def read_photo(path: Path, formats: tuple[str, ...] = FORMATS) -> np.ndarray:
    """The colours uint8 (h, w, 3) of a PNG or JPEG, or of others of Pillow's ``formats``; its size is looked at before it is unpacked.

    Raises BadInput where the file is no such picture, or larger than is allowed.
    """
    import cv2
    from PIL import Image

    path = Path(path)
    data = read_regular(path.resolve(), MOST_BYTES)
    refused = BadInput(f"photo: {path} is not a picture that can be read; allowed are {' and '.join(formats)}")
    try:
        with warnings.catch_warnings(action="ignore"):  # of sizes, which are told below
            width, height = Image.open(io.BytesIO(data), formats=formats).size
    except Image.DecompressionBombError:
        width = height = math.isqrt(MOST_PIXELS) + 1
    except (OSError, ValueError, SyntaxError, struct.error):
        raise refused from None
    if width * height > MOST_PIXELS:
        raise BadInput(f"photo: {path} has {width}×{height} pixels or more; allowed are {MOST_PIXELS} in all")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        image = None
    if image is None:
        raise refused
    return np.ascontiguousarray(image[..., ::-1])


def colours_of(photo: str | Path | np.ndarray) -> np.ndarray:
    """The colours uint8 (h, w, 3) of a photograph: a PNG, a JPEG, or an array that is such; raises BadInput for others."""
    if not isinstance(photo, np.ndarray):
        return read_photo(Path(photo))
    if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3 or not photo.size:
        raise BadInput(f"photo: is {photo.dtype} {photo.shape}; allowed is uint8 (h, w, 3)")
    return photo


def face_box(image: np.ndarray) -> tuple[float, float, float] | None:
    """Left, top and edge in pixels of the largest face of a picture (h, w, 3); None where none is seen (Viola, Jones 2001)."""
    import cv2

    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    enlarge = max(SMALLEST / max(image.shape[:2]), 1.0)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    grey = cv2.resize(grey, None, fx=enlarge, fy=enlarge, interpolation=cv2.INTER_CUBIC) if enlarge > 1 else grey
    found = cascade.detectMultiScale(grey, 1.1, 4, minSize=(min(grey.shape) // 10,) * 2)
    if not len(found):
        return None
    left, top, side, _ = max(found, key=lambda box: box[2])
    return left / enlarge, top / enlarge, side / enlarge
