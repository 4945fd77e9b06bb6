"""Tails of tied hair: ponytails, buns and braids that go on from the tie point."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from .grooms import Groom
from .strands import unit


def _hanging(start: np.ndarray, out: np.ndarray, length: float, person, points: int = 60) -> np.ndarray:
    """A path (points, 3) in the world that leaves along ``out`` and falls, clear of neck and back."""
    tree = person.surface.bvh()
    place, direction, path = start.copy(), unit(out), [start]
    step = length / (points - 1)
    for index in range(points - 1):
        direction = unit(direction + np.array([0, 0, -1.0]) * (0.10 + 0.35 * index / points))
        place = place + direction * step
        nearest, normal, _, distance = tree.find_nearest(place.tolist())
        inside = (place - np.array(nearest)) @ np.array(normal) < 0
        if inside or distance < 0.030:
            place = np.array(nearest) + np.array(normal) * 0.030
        path.append(place)
    return np.array(path)


def _path_frames(path: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    tangent = unit(np.gradient(path, axis=0))
    side = unit(np.cross(tangent, [0.37, 0.11, 0.92]))
    return side, np.cross(tangent, side)


def tails(groom: Groom, ties: np.ndarray, which: np.ndarray, length: float, person, rng: Generator, points: int):
    """The tail of each strand (n, points, 3) in the world; ``which`` (n,) is the tie that it goes through.

    Strands keep a place of their own in the cross section all the way, so they do not cross.
    """
    head = person.head_matrix
    count = len(which)
    disc = np.sqrt(rng.random(count)), 2 * np.pi * rng.random(count)
    result = np.zeros((count, points, 3))
    for index, tie in enumerate(ties):
        mine = which == index
        start = head[:3, :3] @ tie + head[:3, 3]
        centre = head[:3, :3] @ np.array([0.0, 0.06, 0.02]) + head[:3, 3]
        out = unit(start - centre)
        r, angle = disc[0][mine], disc[1][mine]
        t = np.linspace(0, 1, points)
        if groom.tie in ("bun", "high_bun"):
            result[mine] = _bun(start + out * 0.016, out, r, angle, t, rng)
            continue
        path = _hanging(start, out + (np.array([0, 0, 0.25]) if groom.tie == "ponytail" else 0), length, person)
        at = np.linspace(0, len(path) - 1, points)
        low = np.minimum(at.astype(int), len(path) - 2)
        share = (at - low)[:, None]
        centreline = path[low] * (1 - share) + path[low + 1] * share
        side, third = _path_frames(centreline)
        if groom.tie.endswith("ponytail"):
            width = 0.016 * np.interp(t, [0, 0.04, 0.25, 0.8, 1], [0.45, 0.6, 1.15, 1.0, 0.35])
            place = (r[:, None] * width)[..., None]
            spread = np.cos(angle)[:, None, None] * side + np.sin(angle)[:, None, None] * third
            wander = 0.006 * t[None, :, None] ** 1.5 * rng.normal(size=(mine.sum(), 1, 3))
            result[mine] = centreline + place * spread + wander
        else:
            result[mine] = _plait(centreline, side, third, r, angle, t, length)
    return result


def _bun(centre, out, r, angle, t, rng: Generator) -> np.ndarray:
    """Strands wound around the tie like a rope in a ring."""
    side, third = _path_frames(np.stack([centre, centre + out * 0.01]))
    side, third = side[0], third[0]
    turns = 2 * np.pi * (angle[:, None] / (2 * np.pi) + 1.35 * t[None])
    ring = 0.0185 + 0.013 * r[:, None] * np.cos(angle[:, None] * 3 + 9 * t[None])
    height = 0.016 * r[:, None] * np.sin(angle[:, None] * 3 + 9 * t[None]) + 0.004
    wound = np.cos(turns)[..., None] * side + np.sin(turns)[..., None] * third
    loose = rng.normal(size=(len(r), 1, 3)) * 0.0008
    return centre + ring[..., None] * wound + height[..., None] * out + loose


def _plait(centreline, side, third, r, angle, t, length: float) -> np.ndarray:
    """Three bundles that cross over one another, thinner toward the end."""
    bundle = np.floor(angle / (2 * np.pi) * 3).clip(0, 2)
    phase = 2 * np.pi * (length / 0.050) * t[None] + 2 * np.pi / 3 * bundle[:, None]
    taper = np.interp(t, [0, 0.06, 0.85, 0.93, 1], [0.7, 1, 0.75, 0.35, 0.6])[None]
    across, deep = 0.0115 * np.sin(phase) * taper, 0.0062 * np.sin(2 * phase) * taper
    local = r * 0.0072
    inner = angle * 7
    across = across + (local * np.cos(inner))[:, None] * taper
    deep = deep + (local * np.sin(inner))[:, None] * taper
    return centreline + across[..., None] * side + deep[..., None] * third


def joined(scalp: np.ndarray, tail: np.ndarray) -> np.ndarray:
    """Strands (n, k, 3) to the tie, followed by their tails (n, m, 3), with the join smoothed."""
    strands = np.concatenate([scalp, tail], 1)
    middle = scalp.shape[1]
    for _ in range(4):
        around = slice(middle - 3, middle + 2)
        strands[:, around] = (strands[:, middle - 4 : middle + 1] + 2 * strands[:, around] + strands[:, middle - 2 : middle + 3]) / 4
    return strands
