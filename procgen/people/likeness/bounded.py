"""Least squares within bounds: the primal-dual active set method (Hintermüller, Ito and Kunisch 2003)."""

from __future__ import annotations

import numpy as np

ROUNDS = 40  # of changes of which bounds hold; nearly always a handful suffice
SLOPE = 1e-12  # of a multiplier that counts as none, relative


def bounded_minimum(hessian: np.ndarray, pull: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The x (n,) of least x' H x / 2 − b' x between ``low`` and ``high``; H (n, n) is positive definite."""
    held = np.zeros(len(pull), int)  # -1 at the low bound, 1 at the high one
    close = SLOPE * float(np.abs(pull).max(initial=1e-300))
    for _ in range(ROUNDS):
        found = np.where(held < 0, low, np.where(held > 0, high, 0.0))
        free = held == 0
        found[free] = np.linalg.solve(
            hessian[np.ix_(free, free)], pull[free] - hessian[np.ix_(free, ~free)] @ found[~free]
        )
        slope = hessian @ found - pull
        before = held
        held = np.where(free, np.where(found < low, -1, np.where(found > high, 1, 0)),
                        np.where(held * slope <= close, held, 0))  # fmt: skip
        if (held == before).all():
            break
    return np.clip(found, low, high)
