"""Disparity of photographed stereo pairs, beside OpenCV's semi-global matching."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..core.progress import Progress
from ..systems import matching as systems
from ..vision.matching.layouts import require, stereo_pairs
from ..vision.matching.measured import read_disparity
from .matching import ERROR, Measured, attempt_with, budget, read_measured
from .measuring import Found

__all__ = ["COLUMNS", "ERROR", "attempt", "budget", "facts", "read"]
COLUMNS = (
    ("EPE", "error", ".2f"),
    ("bad 2 px", "bad", ".1%"),
    ("SGBM EPE", "sgbm_error", ".2f"),
    ("bad 2 px", "sgbm_bad", ".1%"),
)
RANGE = 192  # px of disparity that are searched
BLOCK = 5  # px


def semi_global(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Disparity (h, w) of pictures uint8 (h, w, 3) by semi-global matching (Hirschmüller 2008) as OpenCV has it.

    What it leaves open goes on from the left, or the right where nothing is there, as is usual where all pixels count.
    """
    import cv2

    matcher = cv2.StereoSGBM_create(0, RANGE, BLOCK, 8 * 3 * BLOCK**2, 32 * 3 * BLOCK**2, 1, 63, 10, 100, 2,
                                    cv2.STEREO_SGBM_MODE_SGBM_3WAY)  # fmt: skip
    padded = [cv2.copyMakeBorder(picture, 0, 0, RANGE, 0, cv2.BORDER_REPLICATE) for picture in (left, right)]
    found = (
        matcher.compute(*padded)[:, RANGE:].astype(np.float32) / 16
    )  # the padding lets the left edge be searched too
    return filled(np.where(found > 0, found, np.nan))


def filled(values: np.ndarray) -> np.ndarray:
    """Rows (h, w) whose gaps, NaN, go on from the last value to the left, or the first one to the right; 0 in empty rows."""
    known = np.isfinite(values)
    last = np.maximum.accumulate(np.where(known, np.arange(values.shape[1]), -1), 1)
    first = np.argmax(known, 1)[:, None]
    found = np.take_along_axis(values, np.where(last < 0, first, last), 1)
    return np.nan_to_num(found)


def read(folder: Path, learn: Path | None) -> list[Measured]:
    """The pairs of a folder."""
    return read_measured(require(stereo_pairs(folder), folder, "stereo pairs"), read_disparity, semi_global)


def facts(test: list[Measured]) -> dict:
    """How many pairs there are, and how far OpenCV is off on each."""
    return {"pairs": len(test), "sgbm": {row.pair.name: [round(row.error, 4), round(row.bad, 5)] for row in test}}


def attempt(run: Path, test: list[Measured], seed: int, progress: Progress | None) -> Found:
    """How far a run's net is off."""
    return attempt_with(systems.stereo.load, "disparity", "sgbm", run, test, progress)
