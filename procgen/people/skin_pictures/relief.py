"""The relief of skin at each texel: pores, grain, creases, bumps and lines in metres, and the folds of expressions."""

from __future__ import annotations

from functools import cache

import numpy as np

from ...geometry.periodic import bands, linear
from .fields import SkinFields, between
from .noises import CELLS, DEVIATION, WAVE
from .zones import fold_zones, line_zones

PORE_DEPTH, GRAIN_HEIGHT, LIP_CREASE, BLEMISH_HEIGHT = 0.00008, 0.00017, 0.00030, 0.00012  # m
# Cells of the noise whose ridges are lines, a metre along x, y, z: across the forehead, between the brows, by eyes and
# mouth, on lips.
LINES = {"brow": (14, 20, 105), "frown": (170, 60, 22), "fine": (60, 50, 330)}
LIP_LINES = (900, 350, 150)
DEPTHS = {"brow": 0.0010, "frown": 0.0009, "fine": 0.00042}  # m
FOLDED = {
    "brow": ("brow",), "frown": ("frown",), "fine": ("eye_left", "eye_right", "smile_left", "smile_right")
}  # fmt: skip
PERIOD, VOXELS = 8, 96  # cells and voxels along the edge of the volume of the lines


def heights(fields: SkinFields) -> tuple[np.ndarray, np.ndarray]:
    """The heights (n,) in metres of a face at rest, and those that all expressions at full strength add."""
    f = fields
    height = np.float32(2 * GRAIN_HEIGHT) * f.grain
    if f.noise.dots is not None:
        pore = between(f.noise.dots["pores"], 0.0, 0.32, -1.0, 0.0) * between(f.broad, -0.2, 0.2, 0.35, 1.0)
        height += pore * f.shown(CELLS["pores"]) * np.float32(PORE_DEPTH * f.skin.pores)
    if f.blemishes is not None:
        height += np.float32(BLEMISH_HEIGHT) * f.blemishes
    at = np.nonzero(f.lips * f.shown(1 / max(LIP_LINES)))[0]
    creases = _line_noise(f, LIP_LINES, at) * f.lips[at] * f.shown(1 / max(LIP_LINES))[at]
    height[at] += np.float32(2 * LIP_CREASE) * creases
    folds = np.zeros_like(height)
    resting = line_zones(f.skin.wrinkles)
    for name, scale in LINES.items():
        moved = sum(fold_zones()[family] for family in FOLDED[name])
        at = f.texels.near(np.maximum(resting[name], moved))
        line = between(np.abs(_line_noise(f, scale, at)), 0, 0.16, -1.0, 0.0) * np.float32(DEPTHS[name])
        line *= f.shown(1 / max(scale))[at]
        height[at] += line * f.texels.values(resting[name], at)
        folds[at] += line * f.texels.values(moved, at)
    return height, folds


@cache
def _line_volume() -> np.ndarray:
    """A periodic volume (VOXELS, VOXELS, VOXELS, 1) of gradient noise of three octaves, about zero."""
    cell = VOXELS / PERIOD
    octaves = bands(VOXELS, tuple(WAVE * cell / 2**octave for octave in range(3)), 15)
    return octaves @ np.array([[1.0], [0.5], [0.25]], np.float32) * np.float32(DEVIATION / 1.75)


def _line_noise(f: SkinFields, scale: tuple[float, float, float], at: np.ndarray) -> np.ndarray:
    """Noise (k,) about zero at texels ``at``, stretched to cells of a size along x, y and z."""
    place = f.texels.place[at] + f.offset.astype(np.float32)
    return linear(_line_volume(), place * np.asarray(scale, np.float32) * np.float32(VOXELS / PERIOD))[:, 0]
