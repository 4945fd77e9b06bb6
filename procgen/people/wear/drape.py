"""How cloth hangs: it falls from chest and shoulders, bridges hollows, and gathers in folds where it is pulled."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...geometry.angles import arctan2
from ..surface import vertex_normals
from .panels import along_arm, armhole, backward
from .tailor import smooth

AXIS = np.array([0.0, 0.075])  # x and y of the trunk in the world, metres
AROUND, STEP = 72, 0.006  # columns of the grid around the trunk, and metres between its rows
HIGHEST, LOWEST = -0.17, -0.42  # heights of the grid, metres
FREE = (-0.185, -0.235)  # heights between which cloth leaves the shoulders and begins to hang
FALL = 0.22  # metres that hanging cloth comes in by for a metre that it falls
LEVELLED = 0.008  # metres that cloth comes in at most where it stood out by itself: it does not follow small forms
BRIDGED, TENTED = 24, 160  # rounds in which cloth spans hollows, each by a column, and by a row
SLEEVE_ROOM, SLEEVE_SAG = 0.006, 0.012  # metres that a loose sleeve stands off, and hangs below the arm


def hung(positions: np.ndarray, triangles: np.ndarray, template: np.ndarray, loose: float) -> np.ndarray:
    """Let cloth (n, 3) that lies on the body hang; ``loose`` 0…1 says how much of it."""
    on_sleeve = np.clip((armhole(template) + 0.02) / 0.035, 0, 1)
    trunk = armhole(template) < 0
    flat = positions[:, :2] - AXIS
    radius, angle = np.linalg.norm(flat, axis=1), arctan2(flat[:, 0], -flat[:, 1])
    column, row = (angle / (2 * np.pi) % 1) * AROUND, (HIGHEST - positions[:, 2]) / STEP
    grid = _fallen(radius[trunk], column[trunk], row[trunk])
    free = np.clip((FREE[0] - positions[:, 2]) / (FREE[0] - FREE[1]), 0, 1)
    free = free * free * (3 - 2 * free) * (1 - on_sleeve)
    away = _sampled(grid, column, row) - radius
    out = radius + free * np.where(away > 0, loose * away, min(2 * loose, 1) * np.maximum(away, -LEVELLED))
    positions = positions.copy()
    positions[:, :2] = AXIS + flat * (out / np.maximum(radius, 1e-6))[:, None]
    down, _ = along_arm(template)
    normals = vertex_normals(positions, triangles)
    room = loose * on_sleeve * np.clip((down + 0.02) / 0.06, 0, 1)
    positions = positions + normals * (room * SLEEVE_ROOM)[:, None]
    positions[:, 2] -= room * SLEEVE_SAG * np.clip(-normals[:, 2], 0, 1)
    return smooth(positions, triangles, 8)


def tented(positions: np.ndarray, highest: float, lowest: float, share: float) -> np.ndarray:
    """Let cloth (n, 3) between two heights span from what stands out above to what stands out below, by a ``share``."""
    flat = positions[:, :2] - AXIS
    radius, angle = np.linalg.norm(flat, axis=1), arctan2(flat[:, 0], -flat[:, 1])
    column, row = (angle / (2 * np.pi) % 1) * AROUND, (highest - positions[:, 2]) / STEP
    grid = _widest(radius, column, row, int((highest - lowest) / STEP))
    for _ in range(TENTED):
        grid[1:-1] = np.maximum(grid[1:-1], (grid[2:] + grid[:-2]) / 2)
    free = np.clip((highest - positions[:, 2]) / 0.03, 0, 1) * np.clip((positions[:, 2] - lowest) / 0.02, 0, 1)
    out = radius + share * free * np.maximum(_sampled(_evened(grid, 3), column, row) - radius, 0)
    result = positions.copy()
    result[:, :2] = AXIS + flat * (out / np.maximum(radius, 1e-6))[:, None]
    return result


def _fallen(radius: np.ndarray, column: np.ndarray, row: np.ndarray) -> np.ndarray:
    """The radius (rows, AROUND) at which cloth hangs over an obstacle: a membrane that bridges hollows and falls."""
    grid = _widest(radius, column, row, int((HIGHEST - LOWEST) / STEP))
    for k in range(1, len(grid)):
        grid[k] = np.maximum(grid[k], grid[k - 1] - FALL * STEP)
    return _evened(grid, 12)


def _widest(radius: np.ndarray, column: np.ndarray, row: np.ndarray, rows: int) -> np.ndarray:
    """The greatest radius (rows, AROUND) in each cell, hollows between columns spanned by chords."""
    grid = np.zeros((rows, AROUND))
    inside = (row >= 0) & (row < rows)
    np.maximum.at(grid, (row[inside].astype(int), column[inside].astype(int) % AROUND), radius[inside])
    chord = np.cos(2 * np.pi / AROUND)
    for _ in range(BRIDGED):
        grid = np.maximum(grid, chord * (np.roll(grid, 1, 1) + np.roll(grid, -1, 1)) / 2)
    return grid


def _evened(grid: np.ndarray, rounds: int) -> np.ndarray:
    for _ in range(rounds):
        padded = np.pad(grid, ((1, 1), (0, 0)), "edge")
        grid = (2 * grid + np.roll(grid, 1, 1) + np.roll(grid, -1, 1) + padded[2:] + padded[:-2]) / 6
    return grid


def _sampled(grid: np.ndarray, column: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Values (n,) of a grid of cells, between their centres."""
    row = np.clip(row - 0.5, 0, len(grid) - 1.001)
    top, left = row.astype(int), np.floor(column - 0.5).astype(int)
    v, u = row - top, column - 0.5 - left
    a, b = grid[top, left % AROUND], grid[top, (left + 1) % AROUND]
    c, d = grid[top + 1, left % AROUND], grid[top + 1, (left + 1) % AROUND]
    return (a * (1 - u) + b * u) * (1 - v) + (c * (1 - u) + d * u) * v


def _fold(x, z, start: tuple[float, float], angle: float, long: float, wide: float, bend: float) -> np.ndarray:
    """The height -0.5…1 of one fold over places (n,): a crest between two shallow valleys, flat at both ends.

    It starts at a place and runs at an angle (0 along x, anticlockwise), bent by metres at its end.
    """
    dx, dz = x - start[0], z - start[1]
    along = (dx * np.cos(angle) + dz * np.sin(angle)) / long
    across = dz * np.cos(angle) - dx * np.sin(angle) - bend * along**2
    across = across / (wide * (0.75 + 0.5 * np.clip(along, 0, 1)))  # folds open as they leave what pulls them
    crest = np.exp(-(across**2)) - 0.42 * np.exp(-((np.abs(across) - 1.8) ** 2) / 0.6)
    rise, end = np.clip(along / 0.32, 0, 1), np.clip((1 - along) / 0.5, 0, 1)
    return crest * rise * rise * (3 - 2 * rise) * end * end * (3 - 2 * end)


def fold_heights(template: np.ndarray, wide: float, rng: Generator) -> np.ndarray:
    """The height (n,) of a garment's folds, about -0.5…1: from armpits over the chest, from the shoulders down, around the
    sleeves, and hanging below the chest; ``wide`` 1 is thin cotton, more is stiffer."""
    x, z = template[:, 0], template[:, 2]
    facing, sleeve = backward(template), armhole(template)
    on_trunk = np.clip((0.012 - sleeve) / 0.024, 0, 1)
    height = np.zeros(len(template))
    for back in (False, True):
        here = np.clip((facing if back else -facing) / 0.03, 0, 1) * on_trunk
        mine = here > 0
        px, pz, total = x[mine], z[mine], np.zeros(mine.sum())
        for side in (1.0, -1.0):
            for step in range(4):  # the sleeve's weight pulls at the armhole
                angle = np.radians(rng.uniform(4, 18) + 17 * step)
                start = (side * (0.150 - rng.uniform(0.0, 0.012)), -0.268 + 0.014 * step + rng.uniform(-0.006, 0.006))
                fold = _fold(px, pz, start, angle if side < 0 else np.pi - angle, rng.uniform(0.07, 0.15),
                             wide * rng.uniform(0.0055, 0.0095), side * rng.uniform(-0.02, 0.02))  # fmt: skip
                total += rng.uniform(0.35, 1.0) * fold
            for step in range(2):  # what hangs from the point of the shoulder
                start = (side * (0.142 - 0.028 * step + rng.uniform(-0.01, 0.01)), -0.165 + rng.uniform(-0.01, 0.01))
                angle = np.radians(-90 - side * rng.uniform(2, 24))
                total += rng.uniform(0.2, 0.6) * _fold(
                    px, pz, start, angle, rng.uniform(0.09, 0.16), wide * rng.uniform(0.009, 0.013), 0.02 * side
                )
            for _ in range(3):  # and below the chest
                start = (side * rng.uniform(0.01, 0.12), rng.uniform(-0.31, -0.24))
                angle = np.radians(-90 + rng.uniform(-16, 16))
                total += rng.uniform(0.25, 0.7) * _fold(
                    px,
                    pz,
                    start,
                    angle,
                    rng.uniform(0.26, 0.44),
                    wide * rng.uniform(0.009, 0.015),
                    rng.uniform(-0.03, 0.03),
                )
        for _ in range(2):  # swags from side to side
            side = rng.choice([-1.0, 1.0])
            start = (side * rng.uniform(0.09, 0.13), rng.uniform(-0.25, -0.20))
            angle = np.radians(-90 - side * rng.uniform(50, 80))
            total += rng.uniform(0.15, 0.45) * _fold(
                px, pz, start, angle, rng.uniform(0.10, 0.20), wide * 0.010, side * 0.03
            )
        height[mine] += total * here[mine]
    height += _sleeve_folds(template, wide, rng) * np.clip((sleeve - 0.002) / 0.02, 0, 1)
    return height


def _sleeve_folds(template: np.ndarray, wide: float, rng: Generator) -> np.ndarray:
    """Folds (n,) around the upper arms: slanting, from the armpit up and outward, closer together near the elbow."""
    along, angle = along_arm(template)
    height = np.zeros(len(template))
    for side in (1.0, -1.0):
        mine = template[:, 0] * side > 0.10
        down, around = along[mine], angle[mine] * 0.055  # metres around the sleeve
        total = np.zeros(mine.sum())
        for step in range(7):
            start = (rng.uniform(-0.15, 0.02), 0.005 + 0.016 * step + rng.uniform(-0.006, 0.006))
            fold = _fold(around, down, start, np.radians(rng.uniform(-38, 38)), rng.uniform(0.08, 0.16),
                         wide * rng.uniform(0.006, 0.010), rng.uniform(-0.02, 0.02))  # fmt: skip
            total += rng.uniform(0.3, 1.0) * fold
        height[mine] += total
    return height
