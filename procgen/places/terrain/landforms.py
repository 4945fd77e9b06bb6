"""Landforms: the large shape of each kind of land before weather works on it, and what is done to it afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...params import child
from .fields import crest, smoothstep, waves
from .rivers import axis_of, meander, near_curve, valley_floor
from .spec import Terrain


def level(x, y):
    """Nothing but flat ground."""
    return np.zeros(np.shape(x))


@dataclass
class Landform:
    """The shape of a kind of land: what the plane's points (m) are raised to, and how it weathers."""

    height: Callable  # (x, y) -> m, at any resolution
    steps: tuple[int, int, int] = (0, 0, 0)  # of rivers on grids of 128, 256 and 512 cells
    strength: float = 0.03  # of rivers, K·dt
    hardness: Callable | None = None  # (height) -> factor of the strength
    uplift: Callable | None = None  # (x, y) -> m a step
    base: Callable | None = None  # (x, y, height) -> where rivers end; the northern and southern rim without it
    rescale: bool = False  # whether the result is stretched to the relief
    drops: float = 1.0  # droplets of rain, relative to the usual number
    talus: float = 0.9  # rise over run that broken rock keeps
    blur: int = 0  # how often frost and creeping soil smooth it
    finish: Callable | None = None  # (height, x, y) -> height, after the weather
    trend: Callable = level  # (x, y) -> m: a shape that is not mirrored beyond the rim
    open_south: bool = False  # whether the southern rim goes on for ever (a sea)
    river: np.ndarray | None = None  # (k, 3) centreline and width, metres
    noise: float = 0.01  # of the relief, given to each finer grid


class Land:
    """A terrain with its own noise."""

    def __init__(self, terrain: Terrain):
        self.terrain, self.size, self.relief = terrain, terrain.size, terrain.relief
        self.seeds = child(terrain.seed, "landform").integers(1, 2**30, 32).tolist()

    def wave(self, which: int, x, y, share: float, octaves: int = 4, gain: float = 0.5, shape=None) -> np.ndarray:
        """Noise number ``which`` with a first wavelength that is a share of the size."""
        return waves(x, y, self.seeds[which], share * self.size, octaves, gain, shape=shape).astype(float)

    def beds(self, height) -> np.ndarray:
        """Where beds of hard rock lie: 1 on hard, small on soft ones."""
        bed = self.terrain.bed
        hard = np.sin(height / bed * 1.1 + 1.3) + 0.6 * np.sin(height / bed * 0.43 + 0.4)
        return 1 - 0.92 * self.terrain.strata * smoothstep(0.05, 0.45, hard)


def mountain(land: Land) -> Landform:
    def uplift(x, y):
        axis = 0.14 * land.size * np.sin(2 * np.pi * x / land.size + land.seeds[0]) + 0.1 * land.size * land.wave(
            1, x, y, 0.6, 2
        )
        along = 0.75 + 0.6 * land.wave(2, x, y, 0.3, 3)
        return land.relief / 90 * (0.08 + np.exp(-(((y - axis) / (0.24 * land.size)) ** 2)) * np.clip(along, 0.2, None))

    def start(x, y):
        return 8 * uplift(x, y) * (1 + 0.5 * land.wave(3, x, y, 0.15, 4, 0.6))

    return Landform(start, (44, 16, 8), 0.03 * (0.5 + land.terrain.erosion), uplift=uplift, rescale=True, talus=1.05)


def hills(land: Land) -> Landform:
    def uplift(x, y):
        return land.relief / 60 * np.clip(0.6 + 0.7 * land.wave(1, x, y, 0.35, 2), 0.08, None)

    def start(x, y):
        return 22 * uplift(x, y) * (1 + 0.9 * land.wave(3, x, y, 0.2, 5, 0.55))

    def base(x, y, height):
        return uplift(x, y) < land.relief / 60 * 0.16

    return Landform(start, (20, 8, 3), 0.022 * (0.5 + land.terrain.erosion), uplift=uplift, base=base, rescale=True, talus=0.5, blur=5,
                    drops=0.12, noise=0.016)  # fmt: skip


def plain(land: Land) -> Landform:
    def start(x, y):
        swell = 0.6 * land.wave(1, x, y, 0.45, 4, 0.45) + 0.12 * land.wave(2, x, y, 0.06, 3)
        pond = -0.5 * smoothstep(0.36, 0.62, land.wave(4, x, y, 0.28, 2)) if land.terrain.water else 0
        return land.relief * (0.45 + swell + pond)

    return Landform(start, (4, 4, 2), 0.004, blur=4, drops=0.2, talus=0.4, noise=0.01)


def volcano(land: Land) -> Landform:
    radius, size = 0.05 * land.size, land.size

    def cone(x, y):
        far = np.sqrt(x * x + y * y)
        flank = land.relief * (1.06 * np.exp(-far / (0.15 * size)) + 0.12 * np.exp(-((far / (0.35 * size)) ** 2)))
        return flank

    def start(x, y):
        bend = 1 + 0.2 * land.wave(1, x, y, 0.22, 3)
        far = np.sqrt(x * x + y * y) * bend
        rim = land.relief * (1.06 * np.exp(-radius / (0.15 * size)) + 0.1)
        flank = land.relief * (1.06 * np.exp(-far / (0.15 * size)) + 0.12 * np.exp(-((far / (0.35 * size)) ** 2)))
        bowl = rim - 0.17 * land.relief + 0.17 * land.relief * (far / radius) ** 2
        lava = 0.03 * land.relief * land.wave(2, x, y, 0.1, 5, 0.55, crest) * smoothstep(radius, 4 * radius, far)
        return np.minimum(flank, bowl) + lava

    def base(x, y, height):
        far = np.sqrt(x * x + y * y)
        return (far > 0.49 * size) | (far < 0.7 * radius)

    return Landform(
        start, (0, 16, 8), 0.02 * (0.4 + land.terrain.erosion), base=base, talus=0.75, trend=cone, noise=0.006
    )


def canyon(land: Land) -> Landform:
    terrain = land.terrain
    curve = meander(land.seeds[0], land.size, max(terrain.river, 10.0) * 14, 1.2)
    width = max(terrain.river, 6.0)

    def start(x, y):
        return (
            land.relief
            * (1 + 0.1 * land.wave(1, x, y, 0.4, 5))
            * (1 + 0.12 * smoothstep(-0.2, 0.5, np.abs(y) / land.size))
        )

    def cut(x, y):
        return near_curve(curve, x, y, 3 * land.size / 128 + width)

    def base(x, y, height):
        return cut(x, y) < max(width * 0.7, 0.6 * (x[0, 1] - x[0, 0]))

    def begin(x, y):
        return np.where(base(x, y, None), 0.5, start(x, y))

    def finish(height, x, y):
        bank = cut(x, y)
        return valley_floor(height, bank, width, terrain.depth if terrain.water else 0.6, 1.2 * width)

    river = np.column_stack([curve, np.full(len(curve), width)]) if terrain.water else None
    return Landform(begin, (40, 18, 8), 0.075 * (0.5 + terrain.erosion), hardness=land.beds, base=base, talus=2.2, finish=finish,
                    river=river, noise=0.012)  # fmt: skip


def mesa(land: Land) -> Landform:
    size, relief = land.size, land.relief

    def blocks(which, x, y, share):
        bend = 0.05 * size * land.wave(which + 1, x, y, 0.18, 3)
        return land.wave(which, x + bend, y - bend, share, 4, 0.42) + 0.05 * land.wave(
            which + 2, x, y, 0.03, 4, 0.6, crest
        )

    def tier(field, edge, top, apron):
        """A table where the field passes the edge: a wall over an apron of scree that is steeper the higher it lies."""
        foot = np.clip((field - edge) / apron + 1, 0, 1)
        return top * (0.42 * foot * foot + 0.58 * smoothstep(edge, edge + 0.022, field))

    def start(x, y):
        field = blocks(1, x, y, 0.3)
        low = tier(field, 0.04, 0.34 * relief, 0.35)
        high = tier(field, 0.24, 0.66 * relief, 0.22)
        spires = tier(blocks(5, x, y, 0.09) * smoothstep(-0.12, 0.05, field), 0.34, 0.7 * relief, 0.3) * (field < 0.26)
        return low + np.maximum(high, spires) + 0.05 * relief * land.wave(9, x, y, 0.25, 4)

    return Landform(
        start, (0, 7, 4), 0.012 * (0.3 + land.terrain.erosion), hardness=land.beds, talus=1.9, noise=0.004, drops=1.0
    )


def cliff(land: Land) -> Landform:
    size, relief, terrain = land.size, land.relief, land.terrain

    def start(x, y):
        field = (
            y + 0.19 * size * land.wave(1, x, y, 0.45, 5, 0.5) + 0.01 * size * land.wave(2, x, y, 0.05, 4, 0.55, crest)
        )
        wall = smoothstep(0, 0.018 * size, field) * 0.82 + 0.18 * smoothstep(0, 0.4 * size, field)
        foot = 0.2 * np.clip(field / (0.05 * size) + 1, 0, 1) ** 2
        top = 0.16 * land.wave(3, x, y, 0.25, 4) * smoothstep(0, 0.1 * size, field)
        low = (
            -terrain.depth * smoothstep(0.03 * size, 0.25 * size, -field)
            if terrain.water
            else 0.02 * relief * land.wave(4, x, y, 0.2, 4)
        )
        return relief * (0.8 * wall + foot + top) + low

    return Landform(start, (0, 8, 5), 0.009 * (0.3 + terrain.erosion), hardness=land.beds, talus=3.0, drops=0.6, noise=0.006,
                    base=lambda x, y, h: (h < 0.03 * relief) & (y < 0.25 * size), open_south=terrain.water)  # fmt: skip


def cave(land: Land) -> Landform:
    size, relief = land.size, land.relief

    def start(x, y):
        field = y + 0.2 * size * land.wave(1, x, y, 0.45, 4) + 0.014 * size * land.wave(2, x, y, 0.06, 4, 0.6, crest)
        wall = smoothstep(-0.01 * size, 0.035 * size, field)
        hill = smoothstep(0, 0.5 * size, field)
        karst = 0.14 * land.wave(3, x, y, 0.1, 5, 0.55, crest) * smoothstep(0, 0.1 * size, field)
        return relief * (
            0.45 * wall
            + 0.55 * hill
            + karst
            + 0.12 * np.clip(field / (0.1 * size) + 1, 0, 1) ** 2
            + 0.03 * land.wave(4, x, y, 0.3, 3)
        )

    return Landform(
        start, (0, 6, 4), 0.006 * (0.3 + land.terrain.erosion), hardness=land.beds, talus=2.6, drops=0.5, noise=0.008
    )


def river_valley(land: Land) -> Landform:
    terrain, size = land.terrain, land.size
    curve = meander(land.seeds[0], size, terrain.river * 15, 1.35)
    flat = 4.5 * terrain.river + 0.02 * size

    def uplift(x, y):
        bend = 0.06 * size * land.wave(4, x, y, 0.25, 3)
        away = np.clip((np.abs(y - axis_of(curve, x)) + bend - 0.5 * flat) / (0.4 * size), 0, 1)
        return land.relief / 60 * away * np.clip(0.9 + 0.6 * land.wave(1, x, y, 0.3, 3), 0.1, None)

    def start(x, y):
        return 22 * uplift(x, y) * (1 + 0.8 * land.wave(2, x, y, 0.16, 5, 0.55)) + 0.5

    def base(x, y, height):
        return near_curve(curve, x, y, flat) < 0.55 * flat * (1 + 0.5 * land.wave(3, x, y, 0.1, 2))

    def finish(height, x, y):
        away = near_curve(curve, x, y, 2 * flat)
        # Old bends leave low ridges beside the river.
        scrolls = (
            0.25
            * np.sin(away / terrain.river * 7 + 3 * land.wave(5, x, y, 0.06, 2))
            * smoothstep(0.8, 1.5, away / terrain.river)
        )
        return valley_floor(
            height + scrolls * smoothstep(12, 3, height), away, terrain.river, terrain.depth, 2.5 * terrain.river, 1.5
        )

    river = np.column_stack([curve, np.full(len(curve), terrain.river)])
    return Landform(start, (24, 8, 4), 0.022 * (0.5 + terrain.erosion), uplift=uplift, base=base, rescale=True, talus=0.6, blur=3,
                    drops=0.15, finish=finish, river=river, noise=0.014)  # fmt: skip
