"""The relief of skin at each texel: pores, grain, creases, bumps and lines in metres, and the folds of expressions."""

from __future__ import annotations

from functools import cache

import numpy as np

from ...geometry.periodic import bands, linear
from .fields import SkinFields, between
from .noises import CELLS, DEVIATION, WAVE
from .zones import crepe

# Metres; the residual's is its standard deviation.
PORE_DEPTH, GRAIN_HEIGHT, RESIDUAL_HEIGHT, LIP_CREASE = 0.00015, 0.00015, 0.000044, 0.00030
BLEMISH_HEIGHT, BEAD_HEIGHT = 0.00012, 0.00025
OLDER = 0.7  # how much higher the residual's relief gets from smooth skin to wrinkled
# Cells of the noise whose ridges are lines, a metre along x, y, z.
CREPE, LIP_LINES, LIP_FOLDS = (90, 70, 260), (900, 350, 150), (420, 160, 60)
CREPE_DEPTH = 0.00022  # m
LIP_FOLD = 0.00026  # m: depth of the upright furrows of the lips
FOLDED = {"forehead": 1.0, "glabella": 1.0, "crows_feet": 0.85, "nasolabial": 0.5}  # depth of folds over that of lines
PERIOD, VOXELS = 8, 96  # cells and voxels along the edge of the volume of the lines


def heights(fields: SkinFields) -> tuple[np.ndarray, np.ndarray]:
    """The heights (n,) in metres of a face at rest, and those that all expressions at full strength add."""
    f = fields
    height = np.float32(2 * GRAIN_HEIGHT) * f.grain + f.lines_at_rest
    size = RESIDUAL_HEIGHT * (1 + OLDER * f.skin.wrinkles) * (0.7 + 0.3 * f.skin.pores)
    height -= np.float32(size) * f.residual * (1 + f.coarse)
    if f.noise.dots is not None:
        pore = between(f.noise.dots["pores"], 0.0, 0.32, -1.0, 0.0) * between(f.broad, -0.2, 0.2, 0.35, 1.0)
        height += pore * f.shown(CELLS["pores"]) * (1 + f.coarse) * np.float32(PORE_DEPTH * f.skin.pores)
    if f.blemishes is not None:
        height += np.float32(BLEMISH_HEIGHT) * f.blemishes
    if f.beads is not None:
        height += np.float32(BEAD_HEIGHT) * f.beads
    at = np.nonzero(f.lips > 0)[0]
    creases = line_noise(f, LIP_LINES, at) * f.lips[at] * f.shown(1 / max(LIP_LINES))[at]
    height[at] += np.float32(2 * LIP_CREASE * (1 + f.skin.wrinkles)) * creases
    height[at] -= np.float32(LIP_FOLD * (1 + f.skin.wrinkles)) * lip_folds(f, at) * f.outer_lips[at]
    zone = crepe(f.skin.wrinkles)
    at = f.texels.near(zone)
    line = between(np.abs(line_noise(f, CREPE, at)), 0, 0.16, -1.0, 0.0) * np.float32(CREPE_DEPTH)
    height[at] += line * f.shown(1 / max(CREPE))[at] * f.texels.values(zone, at)
    folds = np.zeros_like(height)
    for name, deeper in FOLDED.items():
        at, relief = f.lines[name]
        folds[at] += relief * np.float32(deeper)
    return height, folds


def lip_folds(f: SkinFields, at: np.ndarray) -> np.ndarray:
    """How deep the upright furrows of the lips are 0…1 at texels ``at``."""
    shown = f.shown(0.7 / max(LIP_FOLDS))[at]
    return between(np.abs(line_noise(f, LIP_FOLDS, at)), 0.0, 0.07, 1.0, 0.0) * shown


@cache
def _line_volume() -> np.ndarray:
    """A periodic volume (VOXELS, VOXELS, VOXELS, 1) of gradient noise of three octaves, about zero."""
    cell = VOXELS / PERIOD
    octaves = bands(VOXELS, tuple(WAVE * cell / 2**octave for octave in range(3)), 15)
    return octaves @ np.array([[1.0], [0.5], [0.25]], np.float32) * np.float32(DEVIATION / 1.75)


def line_noise(f: SkinFields, scale: tuple[float, float, float], at: np.ndarray) -> np.ndarray:
    """Noise (k,) about zero at texels ``at``, stretched to cells of a size along x, y and z."""
    place = f.texels.place[at] + f.offset.astype(np.float32)
    return linear(_line_volume(), place * np.asarray(scale, np.float32) * np.float32(VOXELS / PERIOD))[:, 0]
