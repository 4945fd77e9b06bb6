"""Photos: finds the face, cuts the person out, and lays both where a frontal picture of the dataset has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ....datagen.errors import BadInput
from ...core.photographs import read_photo, sure_face_box

SIZE = 128  # pixels of what comes out
FACE = 0.375  # share of a frontal picture's edge that a detected face takes
CENTRE = (0.5, 0.51)  # of that face
LARGEST = 1024  # pixels of a photo's longer edge that are looked at


def read_portrait(path: Path) -> Tensor:
    """A photo (3, 128, 128) in [-1, 1] on white, framed as the dataset's frontal pictures are.

    The face is one that two of OpenCV's cascades see (Viola and Jones 2001), the person cut out by GrabCut (Rother et al. 2004).
    Raises BadInput where the file is no picture, a larger one than is allowed, or shows no face.
    """
    import cv2

    image = read_photo(path)
    scale = min(LARGEST / max(image.shape[:2]), 1.0)
    image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
    box = sure_face_box(image)
    if box is None:
        raise BadInput(f"photo: {path} shows no face; allowed is a picture of one person seen from the front")
    left, top, side = box
    edge = side / FACE
    corner = np.array([left + side / 2 - CENTRE[0] * edge, top + side / 2 - CENTRE[1] * edge])
    to_portrait = np.array([[1, 0, -corner[0]], [0, 1, -corner[1]]]) * (2 * SIZE / edge)
    portrait = cv2.warpAffine(
        image, to_portrait, (2 * SIZE, 2 * SIZE), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )
    alpha = _person(np.ascontiguousarray(portrait[..., ::-1]))
    portrait = portrait / 255.0 * alpha[..., None] + 1 - alpha[..., None]
    small = cv2.resize(portrait.astype(np.float32), (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    return torch.from_numpy(small).permute(2, 0, 1) * 2 - 1


def _person(portrait: np.ndarray) -> np.ndarray:
    """Coverage (h, w) in 0…1 of the person in a framed portrait (h, w, 3), blue first."""
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
