"""Stereo and flow of photographs, as a small net that learned from a dataset finds them, beside what OpenCV finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from ...datagen.errors import BadInput
from ...datagen.pictures import picture
from ..core import pictures
from ..core.photographs import read_photo
from ..core.progress import Progress, counting
from ..systems.matching import Config, Matching
from ..vision.matching.layouts import Pair
from ..vision.matching.net import MatcherConfig
from ..vision.matching.pairs import CropConfig
from .measuring import WORST, Found

NET = MatcherConfig(features=48, hidden=48, levels=3)
CROPS = CropConfig(160, 224)
LONGEST = 640  # px of photographs' longer edge that the net and OpenCV look at
LEAST = 16  # px of the shorter edge, so large as they are looked at: OpenCV's flow needs 12
BAD = 2.0  # px
TILE = 180, 240  # px of each picture on the sheet
ERROR = ".2f"


class Measured(NamedTuple):
    """A pair whose disparity or flow (h, w[, 2]) is known where it is finite, and how wrong OpenCV's is."""

    pair: Pair
    truth: np.ndarray
    error: float
    bad: float


def budget(steps: int, seed: int) -> Config:
    """The small net and its training, the same for all datasets that are compared."""
    return Config(NET, CROPS, steps=steps, batch=2, guesses=4, applied=8, longest=LONGEST, warmup=min(100, steps // 10),
                  picture_every=0, seed=seed)  # fmt: skip


def read_measured(pairs: Sequence[Pair], read: Callable[[Path], np.ndarray], classic) -> list[Measured]:
    """Read what is known of pairs, and try OpenCV on them; ``classic`` maps two pictures (h, w, 3) to what it finds.

    Raises BadInput where a file cannot be read, sizes differ or are too small, or nothing is known.
    """
    found = []
    for pair in pairs:
        first, second, truth = read_photo(pair.first), read_photo(pair.second), read(pair.truth)
        for path, shape in ((pair.second, second.shape), (pair.truth, truth.shape)):
            if shape[:2] != first.shape[:2]:
                raise BadInput(f"{path}: has {shape[1]}×{shape[0]} px; allowed is the size of {pair.first.name}, "
                               f"{first.shape[1]}×{first.shape[0]}")  # fmt: skip
        if min(_small(first)) < LEAST:
            raise BadInput(f"{pair.first}: has {first.shape[1]}×{first.shape[0]} px; allowed are edges of {LEAST} or more, after it is "
                           f"made no longer than {LONGEST}")  # fmt: skip
        if not np.isfinite(truth).any():
            raise BadInput(f"{pair.truth}: says nothing that is known; allowed is a pixel or more")
        other = _at_longest(classic, first, second)
        found.append(Measured(pair, truth, *figures(other, truth)))
    return found


def figures(found: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """The mean length in pixels of what is off where the truth (h, w[, 2]) is known, and the share that is off by over 2 px.

    Where no number was found, zero counts as found: silence must not better a figure.
    """
    off = np.nan_to_num(found, nan=0.0, posinf=0.0, neginf=0.0) - truth
    off = np.abs(off) if off.ndim == 2 else np.linalg.norm(off, axis=-1)
    known = np.isfinite(off)
    return float(off[known].mean()), float((off[known] > BAD).mean())


def _small(photo: np.ndarray) -> tuple[int, int]:
    """The width and height that a photograph (h, w, 3) is looked at with."""
    height, width = photo.shape[:2]
    factor = min(LONGEST / max(height, width), 1.0)
    return max(round(width * factor), 1), max(round(height * factor), 1)


def _at_longest(classic, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """What is found in pictures that are as small as those that the net looks at, enlarged, in pixels of the large ones."""
    import cv2

    (height, width), size = first.shape[:2], _small(first)
    if size != (width, height):
        first, second = (cv2.resize(photo, size, interpolation=cv2.INTER_AREA) for photo in (first, second))
    found = classic(first, second).astype(np.float32)
    scale = np.array([width / size[0], height / size[1]], np.float32)[: found.shape[2] if found.ndim == 3 else 1]
    return cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR) * (scale if found.ndim == 3 else scale[0])


def attempt_with(load: Callable[[Path], Matching], label: str, classic: str, run: Path, test: Sequence[Measured],
                 progress: Progress | None) -> Found:  # fmt: skip
    """The errors of a run's net on pairs, and those of OpenCV beside them."""
    model, counted = load(run), counting(progress, "photographs")
    rows, answers = [], []
    for number, row in enumerate(test):
        answer = model.predict(row.pair.first, row.pair.second).maps[label]
        rows.append(figures(answer, row.truth))
        answers.append(answer)
        counted(number + 1, len(test))
    errors = np.array([error for error, _ in rows])
    worst = np.argsort(-errors, kind="stable")[:WORST].tolist()
    found = {"error": float(errors.mean()), "bad": float(np.mean([bad for _, bad in rows])),
             f"{classic}_error": float(np.mean([row.error for row in test])),
             f"{classic}_bad": float(np.mean([row.bad for row in test]))}  # fmt: skip
    named = tuple((test[i].pair.name, round(float(errors[i]), 4)) for i in worst)
    return Found(found, named, sheet(label, [(test[i], answers[i]) for i in worst]))


def sheet(label: str, rows: Sequence[tuple[Measured, np.ndarray]]) -> np.ndarray:
    """Pairs, a row each: the first picture, what is known, what was found, and how far that is off, black 0 and white 4 px or more."""
    tiles = []
    for row, answer in rows:
        shown = picture(label, np.concatenate([np.nan_to_num(row.truth), answer], 1))  # of one scale
        width = row.truth.shape[1]
        off = answer - row.truth
        off = np.abs(off) if off.ndim == 2 else np.linalg.norm(off, axis=-1)
        grey = (np.nan_to_num(off).clip(0, 2 * BAD) * (255 / (2 * BAD))).astype(np.uint8)
        parts = (read_photo(row.pair.first), shown[:, :width], shown[:, width:], np.repeat(grey[..., None], 3, -1))
        tiles.append(np.concatenate([_tile(part) for part in parts], 1))
    return pictures.contact_sheet(np.stack(tiles), 1)


def _tile(values: np.ndarray) -> np.ndarray:
    planes = torch.from_numpy(np.ascontiguousarray(values.transpose(2, 0, 1)))[None].float()
    small = F.interpolate(planes, size=TILE, mode="bilinear", antialias=True, align_corners=False)
    return small[0].round().clamp(0, 255).byte().permute(1, 2, 0).numpy()
