"""Tails of tied hair: ponytails, buns and braids that go on from the tie."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from .grooms import Groom
from .growth import CENTRE, TIES
from .space import Space
from .strands import resampled, smooth_noise, unit

TAIL_LOCKS = 70


def with_tails(strands, which, lock, groom: Groom, hair, space: Space, rng: Generator) -> np.ndarray:
    """Strands (n, k, 3) that end at their tie, and go on in its tail: (n, k + groom.points, 3), in the head's frame.

    Strands keep a place of their own in the cross section all the way, so they do not cross.
    """
    count, points = len(strands), groom.points
    result = np.zeros((count, points, 3))
    t = np.linspace(0, 1, points)
    tail_lock = (lock * 7919) % TAIL_LOCKS
    spread = rng.random(TAIL_LOCKS), 2 * np.pi * rng.random(TAIL_LOCKS)
    # Half of a strand's place is its lock's: a tail is made of locks.
    across = np.sqrt(spread[0])[tail_lock] * np.exp(1j * spread[1][tail_lock])
    own = np.sqrt(rng.random(count)) * np.exp(2j * np.pi * rng.random(count))
    place = 0.70 * across + 0.33 * own
    length = groom.back * hair.length
    for index, tie in enumerate(np.array(TIES[groom.tie])):
        mine = which == index
        out = unit(tie - CENTRE)
        if groom.tie in ("bun", "high_bun"):
            result[mine] = _bun(tie + out * 0.006, out, place[mine], t, rng, 1.15 if groom.tie == "bun" else 1.0)
            continue
        up = np.array([0, 0, 0.35]) if groom.tie == "ponytail" else np.array([0, 0, -0.6])
        path = resampled(_hanging(tie, out + up, length, space)[None], points)[0]
        side, third = _path_frames(path)
        if groom.tie.endswith("ponytail"):
            width = (
                0.021 * np.interp(t, [0, 0.05, 0.3, 0.75, 1], [0.38, 0.50, 1.0, 0.95, 0.45]) * (0.6 + 0.4 * hair.volume)
            )
            wander = smooth_noise(rng, TAIL_LOCKS, points, 2)[tail_lock] * (0.007 * t[:, None])
            result[mine] = path + _offset(place[mine], width, side, third) + wander[mine]
        else:
            result[mine] = _plait(path, side, third, place[mine], t, length)
    return _joined(strands, result)


def _hanging(start: np.ndarray, out: np.ndarray, length: float, space: Space, points: int = 60) -> np.ndarray:
    """A path (points, 3) that leaves along ``out`` and falls, clear of neck and back."""
    down = np.array([0, 0, -1.0]) @ space.turn
    place, direction, path = start.copy(), unit(out), [start]
    step = length / (points - 1)
    for _ in range(points - 1):
        direction = unit(direction + down * 55 * step)
        new = place + direction * step
        distance, outward, _ = space.at(new[None])
        new = new + outward[0] * max(0.020 - float(distance[0]), 0.0) * min(1.0, len(path) / 10)
        direction = unit(new - place)
        place = place + direction * step
        path.append(place)
    return np.array(path)


def _path_frames(path: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    tangent = unit(np.gradient(path, axis=0))
    side = unit(np.cross(tangent, [0.06, 1.0, 0.12]))
    return side, np.cross(tangent, side)


def _offset(place: np.ndarray, width: np.ndarray, side, third) -> np.ndarray:
    return (place.real[:, None] * width)[..., None] * side + (place.imag[:, None] * width)[..., None] * third


def _bun(centre, out, place, t, rng: Generator, size: float) -> np.ndarray:
    """Strands wound around the tie: a rope twisted in itself, laid in a ring that closes toward its middle."""
    side = unit(np.cross(out, [0.1, 0.2, 1.0]))
    third = np.cross(out, side)
    turns = 2 * np.pi * (1.75 * t + rng.random() + 0.02 * rng.normal(size=(len(place), 1)))
    twisted = place[:, None] * np.exp(1j * 5.5 * t)[None]
    thick = 0.0125 * np.interp(t, [0, 0.12, 0.6, 1], [0.7, 1.0, 0.95, 0.45])[None] * size
    ring = np.interp(t, [0, 0.1, 0.55, 1], [0.008, 0.0185, 0.0165, 0.005])[None] * size + thick * twisted.real
    height = np.interp(t, [0, 0.15, 0.55, 1], [0.000, 0.006, 0.011, 0.021])[None] * size + 0.95 * thick * twisted.imag
    wound = np.cos(turns)[..., None] * side + np.sin(turns)[..., None] * third
    strands = centre + ring[..., None] * wound + height[..., None] * out
    loose = np.where(rng.random(len(place)) < 0.05, 0.004, 0.0007)
    return strands + smooth_noise(rng, len(place), len(t), 4) * loose[:, None, None]


def _plait(path, side, third, place, t, length: float) -> np.ndarray:
    """Three bundles that cross over one another, thinner toward the end, tied off, with a brush."""
    bundle = np.floor((np.angle(place) + np.pi) / (2 * np.pi) * 3).clip(0, 2)
    phase = 2 * np.pi * (length / 0.062) * t[None] + 2 * np.pi / 3 * bundle[:, None]
    taper = np.interp(t, [0, 0.05, 0.80, 0.86, 0.89, 1], [0.6, 1, 0.72, 0.30, 0.30, 0.75])[None]
    flat = np.interp(t, [0, 0.84, 0.88, 1], [1, 1, 0, 0])[None]
    inner = place[:, None] ** 3 / np.maximum(np.abs(place[:, None]) ** 2, 1e-9)
    across = (0.0125 * np.sin(phase) * flat + 0.0078 * inner.real) * taper
    deep = (0.0066 * np.sin(2 * phase) * flat + 0.0066 * inner.imag) * taper
    return path + across[..., None] * side + deep[..., None] * third


def _joined(scalp: np.ndarray, tail: np.ndarray) -> np.ndarray:
    """Strands to the tie, bent onto the start of their tails, with the join smoothed."""
    points = scalp.shape[1]
    t = np.clip((np.linspace(0, 1, points) - 0.45) / 0.55, 0, 1)
    gap = tail[:, 0] - scalp[:, -1]
    scalp = scalp + gap[:, None] * (t * t * (3 - 2 * t))[None, :, None]
    strands = np.concatenate([scalp, tail[:, 1:]], 1)
    for _ in range(3):
        around = slice(points - 3, points + 3)
        strands[:, around] = (
            strands[:, points - 4 : points + 2] + 2 * strands[:, around] + strands[:, points - 2 : points + 4]
        ) / 4
    return strands
