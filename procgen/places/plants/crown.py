"""Skeletons of trees: crowns that are colonised, boughs in whorls, and the radii of both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from ...geometry.noise import noise
from ...params import child
from .growth import Skeleton, colonise, pipe_model, shoots, smoothed, stem, unit
from .species import Species

LEAVES_OF_TWIG = 8


def outline(t: np.ndarray, low: float, high: float) -> np.ndarray:
    """The crown's radius relative to its greatest over its height t 0…1: t^low (1-t)^high."""
    peak = low / (low + high)
    return (np.clip(t, 0, 1) ** low * np.clip(1 - t, 0, 1) ** high) / (peak**low * (1 - peak) ** high)


def _lean(points: np.ndarray, lean: float, turn: float, height: float) -> np.ndarray:
    """Points leant by ``lean`` radians at the top, the foot upright."""
    over = np.tan(lean) * np.maximum(points[:, 2], 0) ** 1.4 / height**0.4
    return points + np.stack([over * np.cos(turn), over * np.sin(turn), np.zeros_like(over)], 1)


def _trunk(row: Species, height: float, top: float, crooked: float, rng: Generator, steps: int) -> np.ndarray:
    """A trunk (steps, 3) that wavers on its way up."""
    knots = 12  # of the wavering, whatever the number of nodes
    waver = np.cumsum(np.cumsum(rng.normal(0, 1, (knots, 2)), 0) * 0.12 + rng.normal(0, 0.35, (knots, 2)), 0) / np.sqrt(
        knots
    )
    t = np.linspace(0, 1, steps)
    waver = np.stack([np.interp(t, np.linspace(0, 1, knots), waver[:, axis] - waver[0, axis]) for axis in (0, 1)], 1)
    return np.column_stack([waver * (t**0.7)[:, None] * crooked * height * 0.05, t * top])


def attractors(row: Species, height: float, spread: float, count: int, rng: Generator) -> np.ndarray:
    """Points (k, 3) in the crown: within its outline, denser near its surface, and none in the air between boughs."""
    seed = int(rng.integers(2**31))
    many = int(count * 3.2 / (1 - row.gaps))
    t = rng.uniform(0.01, 1, many)
    angle = rng.uniform(0, 2 * np.pi, many)
    bulge = 1 + 0.42 * noise(np.stack([np.cos(angle) * 1.1, np.sin(angle) * 1.1, t * 2.0], 1), seed)
    share = rng.uniform(0, 1, many) ** 0.42
    weight = outline(t, row.low, row.high)
    radius = row.spread * spread * height * weight * bulge * share
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle), (row.base + (1 - row.base) * t) * height], 1)
    clump = noise(points / (0.30 * row.spread * height + 0.05 * height), seed + 1)
    keep = (rng.uniform(0, 1, many) < weight**2) & (clump > np.quantile(clump, row.gaps))
    return points[keep][:count]


def _colonised(tree, row: Species) -> Skeleton:
    rng = child(tree.seed, "crown")
    height = tree.height
    inner = row.base + (1 - row.base) * row.leader
    top = height * max(inner, 0.06)
    if row.stems:
        trunk = _stems(tree, row, rng)
    else:
        trunk = stem(_trunk(row, height, top, 3.2 * row.wander, rng, max(int(top / height * 34), 4)))
    cloud = attractors(row, height, tree.spread, int(row.attractors * (0.55 + 0.45 * tree.age)), rng)
    step = min(0.030, 0.15 * row.spread) * height
    grown = colonise(
        trunk, cloud, rng, step=step, kill=1.9 * step, influence=0.42 * height, tropism=row.tropism, wander=row.wander
    )  # fmt: skip
    return replace(grown, points=_settled(grown.points, height))


def _stems(tree, row: Species, rng: Generator) -> Skeleton:
    """The stems of a bush: they fan out from one root."""
    turn = np.arange(row.stems) * np.pi * (3 - np.sqrt(5)) + rng.uniform(-0.4, 0.4, row.stems)
    out = rng.uniform(0.15, 1.0, row.stems) * np.arctan(2.2 * row.spread * tree.spread)
    direction = np.stack([np.sin(out) * np.cos(turn), np.sin(out) * np.sin(turn), np.cos(out)], 1)
    length = tree.height * rng.uniform(0.35, 0.62, row.stems)
    root = stem(np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.02 * tree.height]]))
    return shoots(root, np.ones(row.stems, np.int64), direction, length, 10, rng, tropism=0.05, wander=0.08, order=1)[0]


def _settled(points: np.ndarray, height: float) -> np.ndarray:
    """Points with nothing but the root near the ground, so that low boughs do not dig in."""
    lift = np.maximum(0.035 * height - points[1:, 2], 0)
    points = points.copy()
    points[1:, 2] += np.where(np.hypot(points[1:, 0], points[1:, 1]) > 0.05 * height, lift, 0)
    return points


def _whorls(tree, row: Species) -> tuple[Skeleton, np.ndarray]:
    """A conifer: boughs in whorls up a straight trunk, each with twigs to both sides."""
    rng = child(tree.seed, "crown")
    height = tree.height
    # Taller trees have more whorls, though not as many more as years.
    count = int(row.whorls * (0.65 + 0.35 * tree.age) * np.clip(np.sqrt(height / 16), 0.7, 1.3))
    steps = 2 * count + 8
    skeleton = stem(_trunk(row, height, height * 0.985, 0.25, rng, steps))
    t = (np.arange(count) + rng.uniform(-0.3, 0.3, count)) / count
    t = np.clip(np.repeat(t, row.boughs) + rng.normal(0, 0.006, count * row.boughs), 0.0, 0.97)
    reach = row.spread * tree.spread * height * outline(np.maximum(t, 0.03), row.low, row.high)
    reach = reach * np.exp(rng.normal(0, 0.13, len(t))) + 0.006 * height
    keep = rng.uniform(size=len(t)) > 0.10 + 0.25 * np.maximum(0.25 - t, 0)
    t, reach = t[keep], reach[keep]
    at = row.base + (1 - row.base) * t
    base = np.clip(np.round(at * (steps - 1)), 1, steps - 2).astype(int)
    turn = np.arange(len(t)) * np.pi * (3 - np.sqrt(5)) + rng.normal(0, 0.25, len(t))
    rise = (
        np.radians(row.angle - (row.angle - 38) * np.clip(t, 0, 1) ** 1.6) if row.angle > 40 else np.radians(row.angle)
    )
    rise = np.broadcast_to(rise + rng.normal(0, 0.07, len(t)), t.shape)
    direction = np.stack([np.sin(rise) * np.cos(turn), np.sin(rise) * np.sin(turn), np.cos(rise)], 1)
    segments = 9
    skeleton, boughs = shoots(
        skeleton, base, direction, reach, segments, rng, tropism=row.bend, wander=0.05, order=1
    )  # fmt: skip
    # Twigs to the left and right of each bough, shorter towards its end, hanging a little.
    place = boughs[:, 1:].ravel()
    forward = unit(skeleton.points[place] - skeleton.points[skeleton.parent[place]])
    side = unit(np.cross(forward, [0.0, 0.0, 1.0]))
    share = np.tile(np.linspace(1, 0.25, segments - 1), len(boughs))
    long = np.repeat(reach, segments - 1) * 0.42 * share + 0.003 * height
    starts, headings, lengths = [], [], []
    for sign in (1, -1):
        for turn_in in (0.75, 1.25):
            heading = unit(
                forward * np.sin(turn_in) ** 2 * 0.9 + sign * side + [0, 0, -0.12 if row.angle > 40 else 0.5]
            )
            starts.append(place)
            headings.append(unit(heading + 0.22 * rng.normal(size=heading.shape)))
            lengths.append(long * rng.uniform(0.55, 1.1, len(long)))
    some = rng.uniform(size=4 * len(place)) < 0.68
    skeleton, twigs = shoots(
        skeleton, np.concatenate(starts)[some], np.concatenate(headings)[some], np.concatenate(lengths)[some], 3, rng,
        tropism=-0.05 if row.angle > 40 else 0.2, wander=0.10,
    )  # fmt: skip
    return skeleton, np.concatenate([twigs, boughs[:, -3:]])


def _twigs(tree, row: Species, skeleton: Skeleton) -> tuple[Skeleton, np.ndarray]:
    """Twigs at the thin ends of a colonised crown."""
    rng = child(tree.seed, "twigs")
    radius = pipe_model(skeleton, row.exponent, 1.0).radius
    count = len(skeleton.points)
    ends = np.bincount(skeleton.parent[1:], minlength=count) == 0
    thin = (skeleton.order > 0) & (radius < np.quantile(radius[skeleton.order > 0], 0.72))
    many = int(np.clip(row.leaves / LEAVES_OF_TWIG, 120 if row.stems else 420, 2600) * (0.5 + 0.5 * tree.age))
    weight = thin * 1.0 + 2.5 * ends
    base = np.sort(rng.choice(count, many, p=weight / weight.sum()))
    forward = unit(skeleton.points[base] - skeleton.points[skeleton.parent[base]])
    outward = unit(skeleton.points[base] - [0, 0, tree.height * (row.base + 0.4 * (1 - row.base))])
    heading = unit(0.8 * forward + 0.35 * outward + 0.75 * rng.normal(size=forward.shape))
    length = row.twig * tree.height * np.exp(rng.normal(0, 0.25, many))
    segments = 6 if row.twig > 0.2 else 4 if row.twig > 0.06 else 3
    if row.twig > 0.2:  # withes hang nearly to the ground and no further
        length = np.minimum(length, np.maximum(skeleton.points[base, 2] - 0.06 * tree.height, 0.05 * tree.height))
    return shoots(skeleton, base, heading, length, segments, rng, tropism=row.droop, wander=0.16)


def build_skeleton(tree, row: Species) -> tuple[Skeleton, np.ndarray]:
    """The branches of a tree or bush of any habit but a palm's, with radii by the pipe model, and the nodes (m, k) of its
    twigs."""
    if row.habit == "whorls":
        skeleton, twigs = _whorls(tree, row)
    else:
        skeleton, twigs = _twigs(tree, row, _colonised(tree, row))
    foot = row.trunk * tree.height * (0.62 + 0.38 * tree.age)
    skeleton = pipe_model(skeleton, row.exponent, foot)
    skeleton = smoothed(skeleton, row.smooth)
    # A crown ends where it was cut short or grew past its outline: the height is what the tree was said to have.
    points = skeleton.points * [1, 1, tree.height / skeleton.points[:, 2].max()]
    floor = np.where(skeleton.order > 0, 0.008 * tree.height, 0.0)  # boughs that hang so low lie on the ground
    points[:, 2] = np.maximum(points[:, 2], floor)
    turn = child(tree.seed, "lean").uniform(0, 2 * np.pi)
    return replace(skeleton, points=_lean(points, np.radians(tree.lean), turn, tree.height)), twigs
