"""Ropes of hair: locs, and cornrows that lie on the skull."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...geometry.angles import arctan2
from . import growth
from .cut import lengths, sides
from .grooms import Groom
from .space import Space
from .strands import resampled, shortened, smooth_noise, unit

ROWS = 15  # cornrows over the head


def grow_ropes(hair, groom: Groom, person, space: Space, density, count: int, rng: Generator):
    """Strands (n, k, 3) in the world wound into ropes, and the rope (n,) of each."""
    if hair.groom == "cornrows":
        paths, widths = _rows(hair, groom, person, space, density, rng)
    else:
        number = int(groom.locks * np.clip(hair.density, 0.7, 1.2))
        roots, normals, template = _spread(person, density, number, rng)
        if len(roots) == 0:
            return np.zeros((0, 2, 3)), np.zeros(0, int)
        roots, normals = space.to_local(roots), normals @ space.turn
        jitter = 0.22 * groom.messy * rng.normal(size=(len(roots), 3))
        length = lengths(hair, groom, template) * rng.uniform(0.75, 1.1, len(roots))
        layer = 0.25 + 0.75 * rng.random(len(roots))
        paths = growth.grow(
            space, groom, hair, roots, normals, template, sides(hair, groom, template, rng), length, layer, jitter, 36
        )
        paths = paths + smooth_noise(rng, len(paths), 36, 4) * (0.0028 * np.linspace(0, 1, 36)[None, :, None] ** 0.5)
        widths = np.full(len(paths), 0.0036) * rng.uniform(0.8, 1.25, len(paths))
        places = space.pushed_out(paths[:, 1:].reshape(-1, 3), np.repeat(widths * 0.9, 35))
        paths[:, 1:] = places.reshape(-1, 35, 3)
    if len(paths) == 0:  # a headscarf leaves no room
        return np.zeros((0, 2, 3)), np.zeros(0, int)
    lock = rng.integers(0, len(paths), count)
    strands = _wound(resampled(paths, groom.points), lock, widths, hair.groom == "cornrows", rng)
    places = space.pushed_out(strands.reshape(-1, 3), np.full(count * groom.points, 0.0002)).reshape(strands.shape)
    share = space.share_outside_hats(places)
    keep = np.isfinite(places).all((1, 2)) & (share > 0.05)
    return space.to_world(shortened(places, share)[keep]), lock[keep]


def _spread(person, density, number: int, rng: Generator):
    """Roots that keep a distance from one another: the farthest of many (positions, normals, template)."""
    positions, normals, template, _, _ = person.surface.sample(rng, number * 12, density)
    if len(positions) == 0:
        return positions, normals, template
    chosen = [0]
    gap = np.linalg.norm(positions - positions[0], axis=1)
    for _ in range(number - 1):
        farthest = int(gap.argmax())
        chosen.append(farthest)
        gap = np.minimum(gap, np.linalg.norm(positions - positions[farthest], axis=1))
    return positions[chosen], normals[chosen], template[chosen]


def _wound(paths: np.ndarray, lock: np.ndarray, widths: np.ndarray, plaited: bool, rng: Generator) -> np.ndarray:
    """Strands wound around their path: twisted, or plaited of three bundles."""
    count, points = len(lock), paths.shape[1]
    t = np.linspace(0, 1, points)
    path = paths[lock]
    tangent = unit(np.gradient(path, axis=1))
    across = unit(np.cross(tangent, np.broadcast_to([0.31, 0.2, 0.93], tangent.shape)))
    third = np.cross(tangent, across)
    taper = np.interp(t, [0, 0.04, 0.9, 1], [0.6, 1, 1, 0.5])[None]
    lump = 1 + 0.18 * smooth_noise(rng, len(paths), points, 9)[lock, :, 0]
    radius = widths[lock][:, None] * np.sqrt(rng.random(count))[:, None] * taper * lump
    length = np.linalg.norm(np.diff(paths, axis=1), axis=2).sum(1)[lock]
    turns = length / (0.016 if plaited else 0.030)
    angle = 2 * np.pi * (rng.random(count)[:, None] + turns[:, None] * t[None])
    strands = path + radius[..., None] * (np.cos(angle)[..., None] * across + np.sin(angle)[..., None] * third)
    fuzz = np.where(rng.random(count) < 0.12, 0.0022, 0.0005)
    return strands + smooth_noise(rng, count, points, 6) * fuzz[:, None, None]


def _rows(hair, groom: Groom, person, space: Space, density, rng: Generator):
    """Paths (ROWS, 40, 3) in the head's frame that run over the skull from the hairline to the nape, and widths."""
    surface = person.surface
    grows = surface.positions[density(surface.template) > 0.5]
    places = space.to_local(grows) - growth.CENTRE
    azimuth = np.linspace(-1.35, 1.35, ROWS)
    paths = []
    for lean in azimuth:
        # A plane through the axis from forehead to nape, leaning to the side.
        normal = np.array([np.cos(lean), 0.0, -np.sin(lean)])
        toward = np.array([np.sin(lean), 0.0, np.cos(lean)])
        band = places[(np.abs(places @ normal) < 0.006) & (places @ toward > 0.0)]
        if len(band) < 8:
            continue
        turn = arctan2(band[:, 1], band @ toward)
        first, last = np.percentile(turn, [1, 99])
        angle = np.linspace(first, last, 40)
        ray = np.sin(angle)[:, None] * [0, 1.0, 0] + np.cos(angle)[:, None] * toward
        path = growth.CENTRE + ray * 0.10
        for _ in range(4):
            distance, outward, _ = space.at(path)
            path = path + outward * (0.0022 - distance)[:, None]
        paths.append(path)
    paths = np.array(paths)
    return paths, np.full(len(paths), 0.0046)
