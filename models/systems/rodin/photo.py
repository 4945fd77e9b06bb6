"""Photos: finds the face, cuts the person out, and lays both where a frontal picture of the dataset has them."""

from __future__ import annotations

import io
import math
import struct
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ....datagen.errors import BadInput
from ....datagen.formats.reading import MIB, read_regular

SIZE = 128  # pixels of what comes out
FACE = 0.375  # share of a frontal picture's edge that a detected face takes
CENTRE = (0.5, 0.51)  # of that face
LARGEST = 1024  # pixels of a photo's longer edge that are looked at
MOST_BYTES = 64 * MIB
MOST_PIXELS = 10**8  # more than any camera for portraits has
FORMATS = ("PNG", "JPEG")


def read_portrait(path: Path) -> Tensor:
    """A photo (3, 128, 128) in [-1, 1] on white, framed as the dataset's frontal pictures are.

    The face is found by OpenCV's cascade (Viola and Jones 2001), the person cut out by GrabCut (Rother et al. 2004).
    Raises BadInput where the file is no picture, a larger one than is allowed, or shows no face.
    """
    import cv2

    image = _decoded(path)
    scale = min(LARGEST / max(image.shape[:2]), 1.0)
    image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
    left, top, side = _face(image, path)
    edge = side / FACE
    corner = np.array([left + side / 2 - CENTRE[0] * edge, top + side / 2 - CENTRE[1] * edge])
    to_portrait = np.array([[1, 0, -corner[0]], [0, 1, -corner[1]]]) * (2 * SIZE / edge)
    portrait = cv2.warpAffine(
        image, to_portrait, (2 * SIZE, 2 * SIZE), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )
    alpha = _person(portrait)
    portrait = portrait[..., ::-1] / 255.0 * alpha[..., None] + 1 - alpha[..., None]
    small = cv2.resize(portrait.astype(np.float32), (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    return torch.from_numpy(small).permute(2, 0, 1) * 2 - 1


def _decoded(path: Path) -> np.ndarray:
    """The colours uint8 (h, w, 3) of a photo, blue first; its size is looked at before it is unpacked."""
    import cv2
    from PIL import Image

    path = Path(path)
    data = read_regular(path.resolve(), MOST_BYTES)
    refused = BadInput(f"photo: {path} is not a picture that can be read; allowed are PNG and JPEG")
    try:
        with warnings.catch_warnings(action="ignore"):  # of sizes, which are told below
            width, height = Image.open(io.BytesIO(data), formats=FORMATS).size
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
    return image


def _face(image: np.ndarray, path: Path) -> tuple[float, float, float]:
    """Left, top and edge in pixels of the largest face."""
    import cv2

    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    enlarge = max(384 / max(image.shape[:2]), 1.0)  # small pictures hide faces from the cascade
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    grey = cv2.resize(grey, None, fx=enlarge, fy=enlarge, interpolation=cv2.INTER_CUBIC) if enlarge > 1 else grey
    found = cascade.detectMultiScale(grey, 1.1, 4, minSize=(min(grey.shape) // 10,) * 2)
    if not len(found):
        raise BadInput(f"photo: {path} shows no face; allowed is a picture of one person seen from the front")
    left, top, side, _ = max(found, key=lambda box: box[2])
    return left / enlarge, top / enlarge, side / enlarge


def _person(portrait: np.ndarray) -> np.ndarray:
    """Coverage (h, w) in 0…1 of the person in a framed portrait (h, w, 3)."""
    import cv2

    height, width = portrait.shape[:2]
    guess = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    middle = (round(CENTRE[0] * width), round(CENTRE[1] * height))
    cv2.ellipse(guess, middle, (round(0.27 * width), round(0.36 * height)), 0, 0, 360, cv2.GC_PR_FGD, -1)
    cv2.rectangle(guess, (round(0.15 * width), round(0.85 * height)), (round(0.85 * width), height), cv2.GC_PR_FGD, -1)
    cv2.ellipse(guess, middle, (round(0.13 * width), round(0.19 * height)), 0, 0, 360, cv2.GC_FGD, -1)
    guess[: height // 16] = guess[: height // 2, : width // 16] = guess[: height // 2, -(width // 16) :] = cv2.GC_BGD
    cv2.setRNGSeed(0)  # its clusters start at random
    cv2.grabCut(portrait, guess, None, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_MASK)
    person = np.isin(guess, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    return cv2.GaussianBlur(person, (0, 0), 1.0)
