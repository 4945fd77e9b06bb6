"""Angles that come out the same to the last bit wherever their points lie in memory."""

from __future__ import annotations

import numpy as np


def arctan2(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The angle (…,) in radians, -π…π, of points (x, y): ``numpy.arctan2`` of whole copies of the columns.

    numpy takes another routine, which differs by an ulp, when a strided column seems to overlap the result that
    happens to be allocated right behind it; the same seed would then build other bytes from run to run.
    """
    return np.arctan2(np.asarray(y, order="C"), np.asarray(x, order="C"))
