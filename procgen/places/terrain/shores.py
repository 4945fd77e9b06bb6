"""Landforms at and under the sea: coasts, islands, pack ice, sea beds and reefs."""

from __future__ import annotations

import numpy as np

from .fields import cells2, crest, smoothstep
from .landforms import Land, Landform


def _shore(land: Land, field: np.ndarray, cliffs: np.ndarray, x, y) -> np.ndarray:
    """Heights from the distance to the shore (m, positive on land): sea bed, beach, and slope or cliff behind it."""
    relief, depth, size = land.relief, land.terrain.depth, land.size
    gentle, steep = 0.5 * size, 0.035 * size
    inland = np.maximum(field, 0)
    slope = relief * (0.55 * (1 - np.exp(-inland / gentle)) * 1.6)
    # Behind a low shore the land rises to the same height, but slowly.
    wall = relief * 0.5 * (1 - np.exp(-((inland / (steep + (1 - cliffs) * 0.25 * size)) ** 2)))
    rise = slope * smoothstep(0, 0.08 * size, inland) + wall
    rolling = 0.22 * relief * land.wave(7, x, y, 0.22, 4) * smoothstep(0, 0.18 * size, inland)
    beach = 0.05 * np.minimum(inland, 0.016 * size)
    out = np.maximum(-field, 0)
    bed = -depth * (1 - np.exp(-out / (0.12 * size))) - 0.03 * np.minimum(out, 40)
    skerries = 0.6 * depth * np.maximum(land.wave(8, x, y, 0.06, 4, 0.55), 0) * cliffs * smoothstep(0.2 * size, 0, out)
    return rise + rolling + beach + bed + skerries * (field < 0)


def _coast(land: Land, field, open_south: bool) -> Landform:
    terrain = land.terrain

    def start(x, y):
        return _shore(land, field(x, y), smoothstep(-0.1, 0.25, land.wave(6, x, y, 0.35, 2)), x, y)

    def finish(height, x, y):
        # Waves flatten what lies within their reach: a beach of about one in twenty.
        reach = 2.5
        return np.where(np.abs(height) < reach, height * (0.3 + 0.7 * (height / reach) ** 2), height)

    return Landform(start, (0, 10, 6), 0.014 * (0.3 + terrain.erosion), hardness=land.beds, base=lambda x, y, h: h < 0.3, talus=1.4,
                    drops=0.6, finish=finish, open_south=open_south, noise=0.006)  # fmt: skip


def coast(land: Land) -> Landform:
    def field(x, y):
        bays = 0.13 * land.size * land.wave(1, x, y, 0.5, 5, 0.45)
        return y + bays + 0.01 * land.size * land.wave(2, x, y, 0.04, 4, 0.55)

    return _coast(land, field, True)


def islands(land: Land) -> Landform:
    def field(x, y):
        far = np.sqrt(x * x + y * y) / land.size
        main = 0.1 * np.exp(-((far / 0.16) ** 2))
        rim = 0.2 * smoothstep(0.33, 0.5, np.maximum(np.abs(x), np.abs(y)) / land.size)
        return land.size * (0.17 * land.wave(1, x, y, 0.4, 6, 0.5) + main - 0.045 - rim)

    return _coast(land, field, False)


def glacier(land: Land) -> Landform:
    """Flat frozen sea in the south (its floes are detail of the ground), snowy mountains and ice in the north."""
    size, relief = land.size, land.relief

    def field(x, y):
        return y - 0.1 * size + 0.12 * size * land.wave(1, x, y, 0.4, 4)

    def uplift(x, y):
        inland = smoothstep(0, 0.4 * size, field(x, y))
        return relief / 70 * inland * np.clip(0.7 + 0.8 * land.wave(2, x, y, 0.25, 3), 0.15, None)

    def start(x, y):
        return 10 * uplift(x, y) * (1 + 0.4 * land.wave(3, x, y, 0.12, 4)) + 0.25 * smoothstep(
            -0.01 * size, 0.02 * size, field(x, y)
        )

    return Landform(start, (36, 12, 6), 0.03, uplift=uplift, base=lambda x, y, h: field(x, y) < 0, rescale=True, talus=0.95,
                    open_south=True, noise=0.008)  # fmt: skip


def sea_floor(land: Land) -> Landform:
    depth, relief = land.terrain.depth, land.relief

    def start(x, y):
        swell = 0.25 * land.wave(1, x, y, 0.4, 4)
        ground = smoothstep(0.08, 0.42, land.wave(2, x, y, 0.22, 4, 0.5))
        rocks = ground * (
            0.55 + 0.35 * land.wave(3, x, y, 0.09, 5, 0.55, crest) + 0.15 * land.wave(4, x, y, 0.02, 3, 0.5, crest)
        )
        return np.minimum(-depth + relief * (swell + np.maximum(rocks, 0)), -0.15 * depth)

    return Landform(start, talus=2.0, drops=0.1, blur=0, noise=0.0)


def reef(land: Land) -> Landform:
    """Spurs and grooves that run down to deeper water in the south, and coral heads that stand on sand."""
    depth, relief, size = land.terrain.depth, land.relief, land.size

    def heads(which, x, y, across, share):
        """Domes with flat tops where a cell's number is below the share."""
        first, _, number = cells2(x / across + land.seeds[which] % 97, y / across, land.seeds[which])
        radius = 0.28 + 0.5 * number / share * 0.5
        return np.where(number < share, smoothstep(1.0, 0.55, first / radius) * (0.55 + 0.45 * number / share), 0)

    def start(x, y):
        bend = 8 * land.wave(1, x, y, 0.1, 3)
        spur = np.abs(np.sin((x + bend + 0.15 * y) * np.pi / 24))
        front = smoothstep(-0.32 * size, 0.0, y + 3 * bend) * smoothstep(0.22 * size, 0.1 * size, y + 2 * bend)
        ridge = front * smoothstep(0.45, 0.75, spur + 0.25 * land.wave(2, x, y, 0.03, 3)) * 0.7
        bommies = np.maximum(heads(3, x + bend, y, 21, 0.45), 0.6 * heads(4, x, y + bend, 8, 0.4))
        knobs = 0.1 * land.wave(5, x, y, 0.012, 3, 0.6, crest)
        coral = np.maximum(ridge, bommies * 0.8)
        slope = -depth + 0.35 * depth * smoothstep(-0.5 * size, 0.5 * size, y)
        return np.minimum(slope + 0.25 * land.wave(6, x, y, 0.3, 3) + relief * (coral + knobs * coral), -0.4)

    return Landform(start, talus=4.0, drops=0.0, noise=0.0)
