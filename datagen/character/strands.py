"""Reads strands of hair curves, and gathers them in bundles that one card each can show (needs bpy)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

POINTS = 32  # along every strand
ROUNDS = 3  # of k-means
STRAYS = 0.5  # share of bundles that begin where strands are far from the others


class Strands(NamedTuple):
    """Strands of one groom in the frame of the rig: points (n, POINTS, 3), radius (n,) at the root, randoms (n, 3)."""

    points: np.ndarray
    radius: np.ndarray
    randoms: np.ndarray


def read_strands(obj, into_rig: np.ndarray) -> Strands:
    """The strands of a curves object as they were combed, whatever its modifiers do."""
    curves = obj.data
    flat, radii = np.zeros(len(curves.points) * 3, np.float32), np.zeros(len(curves.points), np.float32)
    curves.points.foreach_get("position", flat)
    curves.points.foreach_get("radius", radii)
    first = np.zeros(len(curves.curves), np.int32)
    sizes = np.zeros(len(curves.curves), np.int32)
    curves.curves.foreach_get("first_point_index", first)
    curves.curves.foreach_get("points_length", sizes)
    points = bent(flat.reshape(-1, 3), first, sizes, np.linspace(0, 1, POINTS)[None] * (sizes[:, None] - 1))
    matrix = into_rig @ np.array(obj.matrix_world)
    randoms = np.full((len(first), 3), 0.5)
    if "strand" in curves.attributes and curves.attributes["strand"].domain == "CURVE":
        values = np.zeros(len(first) * 3, np.float32)
        curves.attributes["strand"].data.foreach_get("vector", values)
        randoms = values.reshape(-1, 3).astype(np.float64)
    return Strands(points @ matrix[:3, :3].T + matrix[:3, 3], radii[first].astype(np.float64), randoms)


def bent(points: np.ndarray, first: np.ndarray, sizes: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Points (n, k, 3) at places (n, k), counted in points, of curves that begin at ``first`` (n,) in a list of points.

    Cubic through the points (Catmull and Rom 1974), so that waves stay round.
    """
    last = (first + sizes - 1)[:, None]
    low = np.clip(place.astype(int), 0, np.maximum(sizes - 2, 0)[:, None])
    t = (place - low)[..., None]
    at = first[:, None] + low
    a, b, c, d = (points[np.clip(at + step, first[:, None], last)] for step in (-1, 0, 1, 2))
    return b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))


def lengths_of(points: np.ndarray) -> np.ndarray:
    """Arc lengths (n,) of strands (n, k, 3)."""
    return np.linalg.norm(np.diff(points, axis=1), axis=2).sum(1)


def bundles(points: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """The bundle (n,) of each strand (n, k, 3), at most ``count`` of them: k-means on where strands begin, go and end."""
    places = points[:, [0, 0, points.shape[1] // 3, 2 * points.shape[1] // 3, -1]].reshape(len(points), -1)
    places = places.astype(np.float32)
    if len(places) <= count:
        return np.arange(len(places))
    centres = _chosen(places, count, rng)
    for _ in range(ROUNDS):
        nearest = _nearest(places, centres)
        sizes = np.bincount(nearest, minlength=len(centres))
        total = np.stack([np.bincount(nearest, places[:, i], len(centres)) for i in range(places.shape[1])], 1)
        centres = (total[sizes > 0] / sizes[sizes > 0, None]).astype(np.float32)
    return np.unique(_nearest(places, centres), return_inverse=True)[1]


def _chosen(places: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Centres to begin with: half at random, half the likelier the farther from those before, so that strays have their own.

    Source: Bahmani et al., Scalable K-Means++ (2012), in a few rounds.
    """
    centres = places[rng.choice(len(places), count - int(count * STRAYS), replace=False)]
    while len(centres) < count:
        left = count - len(centres)
        apart = _apart(places, centres)
        likely = np.count_nonzero(apart)
        if likely == 0:
            break
        number = min(left, max(int(count * STRAYS / ROUNDS), 1), likely)
        more = rng.choice(len(places), number, replace=False, p=apart / apart.sum())
        centres = np.concatenate([centres, places[more]])
    return centres


def _apart(places: np.ndarray, centres: np.ndarray, rows: int = 4096) -> np.ndarray:
    """The square of how far each place (n, d) is from the nearest centre (c, d), as (n,) float64."""
    length, found = (centres**2).sum(1), []
    for start in range(0, len(places), rows):
        some = places[start : start + rows]
        found.append((length - 2 * some @ centres.T).min(1) + (some**2).sum(1))
    return np.maximum(np.concatenate(found).astype(np.float64), 0)


def _nearest(places: np.ndarray, centres: np.ndarray, rows: int = 4096) -> np.ndarray:
    length = (centres**2).sum(1)
    return np.concatenate(
        [(length - 2 * places[start : start + rows] @ centres.T).argmin(1) for start in range(0, len(places), rows)]
    )
