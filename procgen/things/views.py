"""The cameras around a thing: an orbit that spreads evenly, or views at random."""

from __future__ import annotations

import numpy as np

from ..camera import look_at
from ..params import child, choice, normal, seed, spec, uniform

GOLDEN = 0.6180339887498949  # fractional parts of its multiples spread evenly at every count
MOST_ROLL = 8.0  # degrees of a random view


@spec
class Around:
    """How a thing is looked at; all views share a lens."""

    kind: str = choice({"orbit": 0.5, "random": 0.5}, doc="views evenly around it, or anywhere on a sphere's part")
    field_of_view: float = uniform(24, 50, unit="deg", doc="width of the picture as an angle")
    room: float = uniform(1.02, 1.2, doc="distance by the nearest from which the whole thing is in the picture")
    azimuth: float = uniform(-180, 180, unit="deg", doc="first view of an orbit, from the thing's front to its left")
    low: float = normal(-8, 10, -85, 85, unit="deg", doc="least elevation of the camera")
    high: float = normal(48, 12, -85, 85, unit="deg", doc="greatest elevation")
    seed: int = seed(doc="child seed of random views")


def places(around: Around, views: int, radius: float) -> np.ndarray:
    """Camera-to-world matrices (views, 4, 4) with Blender's axes that show all of a sphere of a radius at the origin."""
    rng = child(around.seed, "views")
    turns, heights, chance = rng.random(views), rng.random(views), rng.random((views, 2))
    index = np.arange(views)
    low, high = np.sin(np.radians(sorted([around.low, around.high])))
    if around.kind == "orbit":
        azimuth, share = around.azimuth + 360 * index / views, (0.5 + index * GOLDEN) % 1
        chance = np.full_like(chance, 0.5) * [0.0, 1.0]
    else:
        azimuth, share = 360 * turns, heights
    elevation = np.arcsin(low + (high - low) * share)  # even in area of the sphere
    near = radius / np.sin(np.radians(around.field_of_view) / 2) * around.room
    distance = near * (1 + 0.25 * chance[:, 0])
    roll = np.radians(MOST_ROLL) * (2 * chance[:, 1] - 1)
    a = np.radians(azimuth)
    away = np.stack([np.cos(elevation) * np.sin(a), -np.cos(elevation) * np.cos(a), np.sin(elevation)], 1)
    return np.stack([look_at(p, np.zeros(3), r) for p, r in zip(away * distance[:, None], roll, strict=True)])
