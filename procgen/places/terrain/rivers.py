"""Rivers on the plane: winding centrelines, the distance to them, and the bed they lie in."""

from __future__ import annotations

import numpy as np

from ...params import child
from .fields import smoothstep


def meander(seed: int, size: float, wavelength: float, bend: float) -> np.ndarray:
    """A winding centreline (k, 2) metres from the western to the eastern rim of a square.

    The sine-generated curve of Langbein & Leopold (1966), its swing ``bend`` (rad) varied from bend to bend.
    """
    rng = child(seed, "meander")
    count = 1201
    along = np.linspace(0, 1, count)
    bends = max(size / wavelength * 1.6, 1.0)
    phases = rng.uniform(0, 2 * np.pi, 4)
    swing = 0.75 + 0.35 * np.sin(2 * np.pi * bends * 0.23 * along + phases[0]) * np.sin(
        2 * np.pi * bends * 0.11 * along + phases[1]
    )
    turn = (
        bend
        * swing
        * np.sin(2 * np.pi * bends * along + phases[2] + 0.9 * np.sin(2 * np.pi * bends * 0.31 * along + phases[3]))
    )
    turn *= smoothstep(0, 0.12, along) * smoothstep(1, 0.88, along)  # straight at the rim, where the land is mirrored
    steps = np.stack([np.cos(turn), np.sin(turn)], 1)
    curve = np.cumsum(steps, 0)
    curve -= curve[0]
    curve[:, 1] -= np.linspace(0, 1, count) * (curve[-1, 1] - 0.0)
    curve *= size / curve[-1, 0]
    curve[:, 0] -= size / 2
    curve[:, 1] -= np.mean(curve[:, 1]) * smoothstep(0, 0.2, along) * smoothstep(1, 0.8, along)
    # The valley itself winds, too.
    valley = (
        np.sin(2 * np.pi * along + phases[0])
        - np.sin(phases[0])
        + 0.45 * (np.sin(5 * np.pi * along + phases[1]) - np.sin(phases[1]))
    )
    curve[:, 1] += 0.07 * size * valley * smoothstep(0, 0.2, along) * smoothstep(1, 0.8, along)
    return curve[::3]


def axis_of(curve: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The y of the valley that a river winds in, at x (…,), metres."""
    rim = len(curve) // 8
    long = np.concatenate([np.full(rim, curve[0, 1]), curve[:, 1], np.full(rim, curve[-1, 1])])
    total = np.concatenate([[0.0], np.cumsum(long)])
    mean = (total[2 * rim :] - total[: -2 * rim]) / (2 * rim)
    return np.interp(x, curve[:, 0], mean[: len(curve)])


def near_curve(curve: np.ndarray, x: np.ndarray, y: np.ndarray, reach: float) -> np.ndarray:
    """Distance (n, n) of a plane's cells to a curve (k, 2), metres; ``reach`` where it is farther."""
    distance = np.full(x.shape, reach * reach)
    step, low = x[0, 1] - x[0, 0], x[0, 0]
    count = len(x)
    start, stop = curve[:-1], curve[1:]
    first = np.floor((np.minimum(start, stop) - reach - low) / step).astype(int)
    last = np.ceil((np.maximum(start, stop) + reach - low) / step).astype(int) + 1
    first, last = np.clip(first, 0, count), np.clip(last, 0, count)
    for a, b, (i, j), (k, m) in zip(start, stop, first, last, strict=True):
        if k <= i or m <= j:
            continue
        px, py = x[0, i:k] - a[0], y[j:m, :1] - a[1]
        way = b - a
        share = np.clip((px * way[0] + py * way[1]) / max(way @ way, 1e-12), 0, 1)
        square = (px - share * way[0]) ** 2 + (py - share * way[1]) ** 2
        window = distance[j:m, i:k]
        np.minimum(window, square, out=window)
    return np.sqrt(distance)


def valley_floor(height, away, width: float, depth: float, plain: float, bank: float = 0.8) -> np.ndarray:
    """Heights with a river's bed and its flat banks cut in: the water's surface is at 0, the banks ``bank`` m above.

    ``away`` is the distance to the centreline; beyond ``plain`` metres from the bank the land is as it was.
    """
    edge = away - width / 2
    flat = smoothstep(plain, 0.0, edge)
    floor = bank * smoothstep(-0.05 * width, 0.35 * width, edge) + 0.012 * np.maximum(edge, 0)
    land = height * (1 - flat) + np.minimum(height, floor) * flat
    land = np.maximum(land, np.minimum(floor, bank) * (edge > 0))
    bed = -depth * (1 - np.clip(away / (width / 2), 0, 1) ** 2)
    return np.where(edge < 0, np.minimum(bed, land), land)
