"""Colours of what lives on reefs: families of linear Rec.709 triples, and painting by how deep or how far out a place is."""

from __future__ import annotations

import numpy as np

# Body, tips and hollows of a colony. The browns and greens are those of the algae that live in coral; others its own.
CORAL_COLOURS: dict[str, tuple[tuple[float, float, float], ...]] = {
    "tan": ((0.40, 0.23, 0.09), (0.78, 0.63, 0.42), (0.13, 0.065, 0.022)),
    "brown": ((0.20, 0.10, 0.04), (0.55, 0.40, 0.24), (0.065, 0.03, 0.012)),
    "olive": ((0.20, 0.19, 0.05), (0.55, 0.52, 0.22), (0.06, 0.065, 0.015)),
    "mustard": ((0.50, 0.27, 0.035), (0.85, 0.70, 0.38), (0.18, 0.085, 0.012)),
    "green": ((0.12, 0.25, 0.075), (0.42, 0.58, 0.25), (0.025, 0.085, 0.03)),
    "blue": ((0.14, 0.20, 0.46), (0.45, 0.52, 0.80), (0.04, 0.06, 0.17)),
    "violet": ((0.27, 0.13, 0.36), (0.62, 0.45, 0.74), (0.085, 0.035, 0.13)),
    "rose": ((0.58, 0.17, 0.20), (0.88, 0.58, 0.56), (0.22, 0.04, 0.055)),
    "orange": ((0.66, 0.20, 0.035), (0.90, 0.55, 0.24), (0.26, 0.055, 0.01)),
    "cream": ((0.62, 0.52, 0.36), (0.88, 0.82, 0.70), (0.27, 0.20, 0.11)),
    "red": ((0.42, 0.04, 0.035), (0.72, 0.22, 0.17), (0.14, 0.01, 0.012)),
}
CORAL_WEIGHTS = {"tan": 4, "brown": 3, "olive": 2, "mustard": 2, "green": 2, "blue": 1, "violet": 2, "rose": 2,
                 "orange": 1, "cream": 1, "red": 1}  # fmt: skip


def ramp(start: float, end: float, x: np.ndarray) -> np.ndarray:
    """A smooth step 0…1 between two values."""
    t = np.clip((np.asarray(x, float) - start) / (end - start), 0, 1)
    return t * t * (3 - 2 * t)


def blended(a, b, share: np.ndarray) -> np.ndarray:
    """Colours (n, 3) between two, (3,) or (n, 3), by shares (n,)."""
    return np.asarray(a, float) + np.asarray(share, float)[:, None] * (np.asarray(b, float) - np.asarray(a, float))


def painted(family: str, pale: np.ndarray, deep: np.ndarray) -> np.ndarray:
    """Colours (n, 3) of a colony: its body, paler by 0…1 and deeper by 0…1."""
    body, tip, hollow = CORAL_COLOURS[family]
    return blended(blended(body, tip, pale), hollow, deep)


def plain(count: int, colour) -> np.ndarray:
    """One colour for all (n, 3)."""
    return np.tile(np.asarray(colour, float), (count, 1))
