"""Optical flow of photographed pairs, beside OpenCV's dense inverse search."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..core.progress import Progress
from ..systems import matching as systems
from ..vision.matching.layouts import flow_pairs, require
from ..vision.matching.measured import read_flow
from .matching import ERROR, Measured, attempt_with, budget, read_measured
from .measuring import Found

__all__ = ["COLUMNS", "ERROR", "attempt", "budget", "facts", "read"]
COLUMNS = (
    ("EPE", "error", ".2f"),
    ("bad 2 px", "bad", ".1%"),
    ("DIS EPE", "dis_error", ".2f"),
    ("bad 2 px", "dis_bad", ".1%"),
)


def inverse_search(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Flow (h, w, 2) of pictures uint8 (h, w, 3) by dense inverse search (arXiv 1603.03590) as OpenCV has it."""
    import cv2

    grey = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (first, second)]
    return cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(*grey, None)


def read(folder: Path, learn: Path | None) -> list[Measured]:
    """The pairs of a folder."""
    return read_measured(require(flow_pairs(folder), folder, "flow pairs"), read_flow, inverse_search)


def facts(test: list[Measured]) -> dict:
    """How many pairs there are, and how far OpenCV is off on each."""
    return {"pairs": len(test), "dis": {row.pair.name: [round(row.error, 4), round(row.bad, 5)] for row in test}}


def attempt(run: Path, test: list[Measured], seed: int, progress: Progress | None) -> Found:
    """How far a run's net is off."""
    return attempt_with(systems.optical_flow.load, "flow", "dis", run, test, progress)
