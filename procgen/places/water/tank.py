"""What a liquid simulation is given: a box of cells, its solids, the liquid in it and what flows in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Box:
    """A box from ``low`` to ``high``, (3,) metres."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]

    def distance(self, points: np.ndarray) -> np.ndarray:
        """Signed distance (n,) in metres of points (n, 3), negative inside."""
        middle, half = (np.add(self.low, self.high)) / 2, np.subtract(self.high, self.low) / 2
        out = np.abs(points - middle) - half
        return np.linalg.norm(np.maximum(out, 0), axis=-1) + np.minimum(out.max(-1), 0)


@dataclass(frozen=True)
class Ball:
    """A ball of a radius in metres around ``centre`` (3,)."""

    centre: tuple[float, float, float]
    radius: float

    def distance(self, points: np.ndarray) -> np.ndarray:
        """Signed distance (n,) in metres of points (n, 3), negative inside."""
        return np.linalg.norm(points - np.asarray(self.centre), axis=-1) - self.radius


@dataclass(frozen=True)
class Body:
    """Liquid at the start: a shape and its velocity (3,) m/s; or, as an inflow, the shape it is kept full in."""

    shape: Box | Ball
    velocity: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Tank:
    """A liquid in a box of ``cells`` (nx, ny, nz) of the edge ``cell`` metres, whose lowest corner is the origin.

    The box's walls are solid but for the sides named in ``open_sides`` ("-x", "+x", "-y", "+y"), through which liquid
    leaves; its top is open. ``transfer`` is apic or flip; ``flip`` the share of FLIP over PIC of the latter.
    """

    cells: tuple[int, int, int]
    cell: float
    bodies: tuple[Body, ...] = ()
    inflows: tuple[Body, ...] = ()
    solids: tuple[Box | Ball, ...] = ()
    open_sides: tuple[str, ...] = ()
    gravity: float = 9.81  # m/s²
    transfer: str = "apic"
    flip: float = 0.97
    courant: float = 2.5  # cells that the fastest particle may cross in a step
    tolerance: float = 1e-5  # of the divergence that is left, over what it was
    seed: int = 0

    @property
    def size(self) -> np.ndarray:
        """Extent (3,), metres."""
        return np.asarray(self.cells) * self.cell

    def solid_distance(self, points: np.ndarray) -> np.ndarray:
        """Signed distance (n,) in metres of points (n, 3) to walls and solids, negative inside them."""
        points = np.asarray(points, float)
        distance = points[..., 2].copy()
        for axis, name in enumerate("xy"):
            if "-" + name not in self.open_sides:
                distance = np.minimum(distance, points[..., axis])
            if "+" + name not in self.open_sides:
                distance = np.minimum(distance, self.size[axis] - points[..., axis])
        for solid in self.solids:
            distance = np.minimum(distance, solid.distance(points))
        return distance

    def digest(self) -> str:
        """A hash of all that the simulation depends on."""
        return hashlib.blake2b(repr(self).encode(), digest_size=12).hexdigest()
