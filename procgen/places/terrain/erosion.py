"""What wears land down: rivers, rain, frost; and what settles on it. Grids (n, n) of heights in metres."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from .fields import blurred

EIGHT = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))
GRAIN = (
    2.0**-12
)  # heights are rounded to this before they steer water: then every platform's libm gives the same rivers


def settled(height: np.ndarray) -> np.ndarray:
    """Heights rounded to GRAIN metres."""
    return np.round(height / GRAIN) * GRAIN


def _receivers(height: np.ndarray, step: float, sway: np.ndarray, base: np.ndarray):
    """The steepest of eight neighbours (n²,) of each cell and the way there, and the lowest neighbour's height.

    The cell itself where none is lower and on ``base``; ``sway`` varies slopes, so that no river follows the grid's axes.
    """
    rows, columns = height.shape
    wide = np.pad(height, 1, mode="edge")
    best = np.zeros_like(height)
    lowest = np.full_like(height, np.inf)
    receiver = np.arange(height.size, dtype=np.int64).reshape(height.shape)
    own, length = receiver.copy(), np.full_like(height, step)
    for index, (i, j) in enumerate(EIGHT):
        away = step * (1.4142135623730951 if i and j else 1.0)
        other = wide[1 + i : 1 + i + rows, 1 + j : 1 + j + columns]
        slope = (height - other) * (np.roll(sway, index * 7, axis=1) / away)
        better = slope > best
        best = np.where(better, slope, best)
        receiver = np.where(better, own + (i * columns + j), receiver)
        length = np.where(better, away, length)
        lowest = np.minimum(lowest, other)
    receiver = np.where(base, own, receiver)
    return receiver.ravel(), length.ravel(), lowest


def drainage(receiver: np.ndarray) -> np.ndarray:
    """How many cells (n²,) drain through each, by pointer doubling: log2 of the longest river passes, no order needed."""
    count = len(receiver)
    own = np.arange(count)
    total = np.ones(count + 1)
    pointer = np.append(np.where(receiver == own, count, receiver), count)  # the last place swallows what has arrived
    active = np.flatnonzero(pointer[:-1] != count)
    while len(active):
        target = pointer[active]
        gain = np.bincount(target, total[active], count + 1)
        pointer[active] = pointer[target]
        total[:-1] += gain[:-1]
        active = active[pointer[active] != count]
    return total[:-1]


def carve(height, step: float, steps: int, *, strength, uplift=0.0, base: np.ndarray, rng: Generator):
    """Rivers: the implicit stream power law of Braun & Willett (2013), with drainage and solution by pointer doubling.

    ``strength`` K·dt (n, n) or a function of the heights, for a drainage in m² to the power ½; ``uplift`` metres a step;
    ``base`` (n, n) bool stays as it is. Returns heights and the drainage area of the last step, m².
    """
    shape = height.shape
    sway = rng.uniform(0.85, 1.15, shape)
    height = settled(height)
    area = np.full(shape, step * step)
    fixed = base.ravel()
    for _ in range(steps):
        receiver, length, lowest = _receivers(height, step, sway, base)
        own = np.arange(height.size)
        rooted = receiver == own
        area = drainage(receiver) * (step * step)
        force = (
            np.broadcast_to(strength(height) if callable(strength) else strength, shape).ravel()
            * np.sqrt(area)
            / length
        )
        grown = height.ravel() + np.where(fixed, 0.0, np.broadcast_to(uplift, shape).ravel())
        # A pit is lifted to its lowest neighbour, so that it drains in the next step.
        pit = rooted & ~fixed
        grown = np.where(pit, np.maximum(grown, lowest.ravel() + 0.02 * step), grown)
        share = np.where(rooted, 0.0, force / (1 + force))
        value = grown * (1 - share)
        pointer = receiver
        while share.max() > 1e-4:
            value = value + share * value[pointer]
            share = share * share[pointer]
            pointer = pointer[pointer]
        height = value.reshape(shape)
    return height, area.reshape(shape)


def crumble(height: np.ndarray, step: float, talus, times: int, share: float = 0.2) -> np.ndarray:
    """Frost: what is steeper than ``talus`` (rise over run) slides to the lower neighbours (Musgrave et al. 1989)."""
    limit = np.broadcast_to(np.asarray(talus, float) * step, height.shape)
    for _ in range(times):
        moved = np.zeros_like(height)
        for axis in (0, 1):
            fall = np.diff(height, axis=axis)
            low, high = [slice(None)] * 2, [slice(None)] * 2
            low[axis], high[axis] = slice(None, -1), slice(1, None)
            bound = (limit[tuple(low)] + limit[tuple(high)]) / 2
            slide = share * (np.maximum(fall - bound, 0) + np.minimum(fall + bound, 0))
            moved[tuple(low)] += slide
            moved[tuple(high)] -= slide
        height = height + moved
    return height


def rain(
    height: np.ndarray, step: float, rng: Generator, drops: int, strength: float = 1.0, life: int = 36, batches: int = 3
):
    """Droplet erosion (after Beyer 2015), all drops of a batch at once: each runs downhill, cuts where it is fast and
    empty, and drops its load where it slows. Returns heights, deposits (m) and visits (drops a cell)."""
    count = len(height)
    ground = settled(height) / step  # in cells, so that slopes are pure numbers
    flat = ground.ravel()
    before, visits = flat.copy(), np.zeros(flat.size)
    for _ in range(batches):
        place = rng.uniform(1.0, count - 2.0, (2, drops // batches))
        way = np.zeros_like(place)
        speed, water, load = np.full(place.shape[1], 1.0), np.ones(place.shape[1]), np.zeros(place.shape[1])
        for _ in range(life):
            cell = place.astype(np.int64)
            x, y = place - cell
            index = cell[1] * count + cell[0]
            a, b, c, d = flat[index], flat[index + 1], flat[index + count], flat[index + count + 1]
            gx, gy = (b - a) * (1 - y) + (d - c) * y, (c - a) * (1 - x) + (d - b) * x
            here = a * (1 - x) * (1 - y) + b * x * (1 - y) + c * (1 - x) * y + d * x * y
            way = 0.3 * way - 0.7 * np.stack([gx, gy]) / np.maximum(np.sqrt(gx * gx + gy * gy), 1e-9)
            way /= np.maximum(np.sqrt(way[0] ** 2 + way[1] ** 2), 1e-9)
            place = place + way
            inside = ((place > 1.0) & (place < count - 2.0)).all(0)
            place = np.clip(place, 1.0, count - 2.001)
            cell2 = place.astype(np.int64)
            u, v = place - cell2
            other = cell2[1] * count + cell2[0]
            there = (flat[other] * (1 - u) + flat[other + 1] * u) * (1 - v) + (
                flat[other + count] * (1 - u) + flat[other + count + 1] * u
            ) * v
            fall = here - there
            able = np.maximum(fall, 0.01) * speed * water * 4.0
            # Uphill the load fills the pit behind; else it is dropped or taken up by a share of what the drop lacks.
            change = np.where(
                fall < 0,
                np.minimum(load, -fall),
                np.where(load > able, 0.3 * (load - able), -0.3 * strength * np.minimum(able - load, fall)),
            )
            change = np.where(inside, change, 0.0)
            load = load - change
            for offset, weight in ((0, (1 - x) * (1 - y)), (1, x * (1 - y)), (count, (1 - x) * y), (count + 1, x * y)):
                np.add.at(flat, index + offset, change * weight)
            np.add.at(visits, index, water)
            speed = np.sqrt(np.maximum(speed * speed * 0.9 + fall * 4.0, 0.05))
            water = water * 0.97 * inside
    return ground * step, ((flat - before) * step).reshape(height.shape), visits.reshape(height.shape)


def steepness(height: np.ndarray, step: float) -> np.ndarray:
    """Rise over run (n, n)."""
    gy, gx = np.gradient(height, step)
    return np.sqrt(gx * gx + gy * gy)


def snowfall(height: np.ndarray, step: float, fallen: np.ndarray, rest: float = 0.8, times: int = 14) -> np.ndarray:
    """How deep snow (n, n) lies once ``fallen`` has slid from where it is steeper than ``rest`` and filled hollows."""
    snow = fallen.copy()
    limit = rest * step
    for _ in range(times):
        top = height + snow
        moved = np.zeros_like(snow)
        for axis in (0, 1):
            fall = np.diff(top, axis=axis)
            low, high = [slice(None)] * 2, [slice(None)] * 2
            low[axis], high[axis] = slice(None, -1), slice(1, None)
            down = 0.22 * np.maximum(fall - limit, 0)  # from the higher index to the lower one
            up = 0.22 * np.maximum(-fall - limit, 0)
            down, up = np.minimum(down, 0.25 * snow[tuple(high)]), np.minimum(up, 0.25 * snow[tuple(low)])
            moved[tuple(low)] += down - up
            moved[tuple(high)] += up - down
        snow = np.maximum(snow + moved, 0)
    hollow = blurred(height, 6) - height
    return np.maximum(snow * (1 + np.clip(hollow / (0.3 * step), -0.6, 1.2)), 0)
