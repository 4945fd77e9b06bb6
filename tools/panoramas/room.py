"""A room to furnish: floor, ceiling, walls with windows, curtains, lamps in the ceiling, rugs and pictures."""

from __future__ import annotations

import numpy as np

from . import furniture as have
from .furniture import DARK, WHITE, Frame
from .kit import Set, tint

SKIRTING = 0.09  # m
WARM = np.array([1.0, 0.62, 0.30])  # light of a lamp of 2900 K, relative linear sRGB
COOL = np.array([1.0, 0.95, 0.88])  # of an office's tubes, 4500 K


class Room:
    """A room around the one who looks: walls by number, 0 at +x, then counter-clockwise; a frame for each."""

    def __init__(self, stage: Set, low, high, ceiling: float, row: dict):
        self.set, self.rng, self.row, self.ceiling = stage, stage.rng, row, ceiling
        self.low, self.high = np.asarray(low, float), np.asarray(high, float)
        x0, y0, x1, y1 = *self.low, *self.high
        # Frames look inwards: u runs along the wall to the right of who faces it from within reversed, v inwards.
        self.corners = [(x1, y0), (x1, y1), (x0, y1), (x0, y0)]
        self.lengths = [y1 - y0, x1 - x0, y1 - y0, x1 - x0]
        self.glow = row.get("lamps", 1.0) * (COOL if row.get("cool") else WARM)

    def frame(self, wall: int, u: float = 0.0) -> Frame:
        """The frame at the middle of a wall, moved along it by u metres."""
        start, end = np.array(self.corners[wall]), np.array(self.corners[(wall + 1) % 4])
        along = (end - start) / np.linalg.norm(end - start)
        return Frame(self.set, (start + end) / 2 + along * u, np.arctan2(along[1], along[0]))

    def shell(self, wall_colour, floor: str, floor_colour, windows: dict[int, list]) -> None:
        """Floor, ceiling, walls and windows; ``windows`` maps walls to openings (middle, width, sill, head) m."""
        (_x0, _y0), (_x1, _y1), stage = self.low, self.high, self.set
        middle, size = (self.low + self.high) / 2, self.high - self.low
        stage.box(floor, (*middle, -0.05), (*(size + 1.0), 0.1), floor_colour, 0, 0.0)
        stage.box("wall", (*middle, self.ceiling + 0.1), (*(size + 1.0), 0.2), (0.78, 0.77, 0.75), 0, 0.0)
        accent = int(self.rng.integers(4)) if self.row.get("accent") else -1
        for wall in range(4):
            length = self.lengths[wall]
            openings = [
                (length / 2 + u - w / 2, length / 2 + u + w / 2, low, high) for u, w, low, high in windows.get(wall, [])
            ]
            colour = tint(self.rng, 0.1, 0.4, 0.7) if wall == accent else wall_colour
            stage.wall("wall", self.corners[wall], self.corners[(wall + 1) % 4], 0, self.ceiling, colour, openings)
            frame = self.frame(wall)
            frame.box("satin", (0, 0.008, SKIRTING / 2), (length, 0.016, SKIRTING), WHITE * self.row.get("trim", 1.0))
            for u, w, low, high in windows.get(wall, []):
                self.window(self.frame(wall, u), w, low, high)

    def window(self, f: Frame, wide: float, low: float, high: float) -> None:
        """Frame, bars, sill and curtains of an opening."""
        paint = WHITE if self.row.get("frames", "white") == "white" else DARK
        bars = max(round(wide / 0.85), 1)
        for u in np.linspace(-wide / 2, wide / 2, bars + 1):
            f.box("satin", (u, -0.1, (low + high) / 2), (0.06, 0.07, high - low), paint)
        for z in {low, high, *((low + (high - low) * 0.68,) if high - low > 1.2 else ())}:
            f.box("satin", (0, -0.1, z), (wide + 0.06, 0.07, 0.06), paint)
        if low > 0.3:
            f.box("satin", (0, 0.05, low - 0.02), (wide + 0.2, 0.28, 0.035), WHITE)
        self.set.portal(f.at(0, -0.2, (low + high) / 2), (wide, high - low), f.yaw)
        curtain = self.row.get("curtains")
        if curtain:
            colour, hem = tint(self.rng, 0.25, 0.7, 0.6), 0.04 if low < 1.2 else low - 0.15
            for side in (-1, 1):
                reach = self.rng.uniform(0.2, 0.42)
                ends = f.at(side * (wide / 2 + 0.25), 0.12)[:2], f.at(side * (wide / 2 + 0.2 - reach), 0.12)[:2]
                self.set.sheet("cloth", *ends, hem, high + 0.12, colour, 0.035)
            if curtain == "net":
                ends = f.at(-wide / 2, 0.04)[:2], f.at(wide / 2, 0.04)[:2]
                self.set.sheet("cloth", *ends, low, high, (0.8, 0.8, 0.8), 0.015)
            f.tube(
                "metal", (-wide / 2 - 0.35, 0.12, high + 0.14), (wide / 2 + 0.35, 0.12, high + 0.14), 0.014, DARK * 3
            )
        elif self.row.get("blinds"):
            down = self.rng.uniform(0.15, 0.8)
            for z in np.arange(high - (high - low) * down, high, 0.05):
                f.box("satin", (0, 0.0, z), (wide, 0.045, 0.004), WHITE, 0.0)
        if 0.5 < low < 1.2 and self.row.get("radiators", True):
            have.radiator(f, wide * 0.8)

    def panels(self, step: float, size=(1.2, 0.3)) -> None:
        """Lamps in the ceiling, in rows."""
        for x in np.arange(self.low[0] + step / 2, self.high[0], step):
            for y in np.arange(self.low[1] + step / 2, self.high[1], step):
                self.set.box("glow", (x, y, self.ceiling - 0.01), (*size, 0.03), self.glow * 2.2, 0, 0.0)

    def rug(self, place, size) -> None:
        """A rug with a border."""
        colour = tint(self.rng, 0.08, 0.4, 0.7)
        self.set.box("fabric", (*place, 0.006), (*size, 0.012), colour, 0, 0.0)
        self.set.box(
            "fabric", (*place, 0.010), (*(np.array(size) * 0.86), 0.012), tint(self.rng, 0.1, 0.5, 0.8), 0, 0.0
        )
        self.set.box("fabric", (*place, 0.013), (*(np.array(size) * 0.8), 0.012), colour * 0.9, 0, 0.0)

    def pictures(self, wall: int, span: float, count: int, low: float = 1.35, high: float = 1.85) -> None:
        """Pictures along a wall."""
        for u in np.linspace(-span / 2, span / 2, count) if count > 1 else [0.0]:
            wide = self.rng.uniform(0.25, min(0.9, span / max(count, 1) * 0.8 + 0.2))
            have.picture(self.frame(wall, u), self.rng.uniform(low, high), wide, wide * self.rng.uniform(0.65, 1.4))
