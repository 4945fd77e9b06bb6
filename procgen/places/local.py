"""Ground in the coordinates of a place, whose origin is below the camera: single precision is finest there."""

from __future__ import annotations

import dataclasses

import numpy as np

from .shot import Way


class LocalGround:
    """A ground seen from another origin (2,), metres on the plan; heights stay what they are."""

    def __init__(self, ground, origin: np.ndarray):
        self.ground, self.origin = ground, np.asarray(origin, float)
        self.size, self.water_level, self.cover, self.terrain = (
            ground.size,
            ground.water_level,
            ground.cover,
            ground.terrain,
        )
        self.grid = ground.grid  # for the size of its cells

    def height(self, points, cell=None) -> np.ndarray:
        """Heights (n,) at points (n, 2), metres."""
        return self.ground.height(np.asarray(points, float) + self.origin, cell)

    def masks(self, points, cell=None) -> dict[str, np.ndarray]:
        """The masks at points (n, 2)."""
        return self.ground.masks(np.asarray(points, float) + self.origin, cell)

    def sample(self, points, cell=None):
        """Heights and masks in one go."""
        return self.ground.sample(np.asarray(points, float) + self.origin, cell)

    def slope(self, points, cell=None) -> np.ndarray:
        """Rise over run (n,) at points (n, 2)."""
        return self.ground.slope(np.asarray(points, float) + self.origin, cell)

    def rough_height(self, points) -> np.ndarray:
        """Heights (n,) of the base grid at points (n, 2)."""
        return self.ground.rough_height(np.asarray(points, float) + self.origin)


def moved(way: Way, origin: np.ndarray) -> Way:
    """A way in the coordinates of another origin (2,)."""
    return dataclasses.replace(way, eyes=way.eyes - np.append(origin, 0.0))
