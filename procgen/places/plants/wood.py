"""Wood: bark tubes over the branches of a skeleton, the root flare and roots that run over the ground."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...geometry.angles import arctan2
from ...geometry.mesh import Mesh, merged
from ...geometry.noise import noise
from .growth import Skeleton, chains, unit

# Sides of a tube by its radius in metres.
SIDES = ((0.10, 11), (0.04, 8), (0.012, 5), (0.0, 3))


def tubes(points: np.ndarray, radii: np.ndarray, sizes: np.ndarray, sides: int, cap: bool = False):
    """Tubes of equally many sides along curves that lie one after another in points (n, 3) with ``sizes`` (c,) points.

    Returns vertices (n·sides (+ c), 3), faces (m, 4) and the point that each vertex belongs to; ``cap`` closes the ends.
    """
    sizes = np.asarray(sizes, np.int64)
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    last = first + sizes - 1
    count = len(points)
    before, after = np.maximum(np.arange(count) - 1, 0), np.minimum(np.arange(count) + 1, count - 1)
    before[first], after[last] = first, last
    tangent = unit(points[after] - points[before])
    across = np.zeros_like(points)
    start = np.eye(3)[np.abs(tangent[first]).argmin(1)]
    for index in range(int(sizes.max())):
        now = first[sizes > index] + index
        start = across[now - 1] if index else start
        across[now] = unit(start - tangent[now] * (start * tangent[now]).sum(1, keepdims=True))
    other = np.cross(tangent, across)
    angle = np.arange(sides) * (2 * np.pi / sides)
    ring = np.cos(angle)[:, None] * across[:, None] + np.sin(angle)[:, None] * other[:, None]
    vertices = (points[:, None] + np.asarray(radii)[:, None, None] * ring).reshape(-1, 3)
    inner = np.ones(count, bool)
    inner[last] = False
    row = np.flatnonzero(inner)[:, None] * sides
    turn, following = np.arange(sides), (np.arange(sides) + 1) % sides
    faces = np.stack([row + turn, row + following, row + sides + following, row + sides + turn], -1).reshape(-1, 4)
    owner = np.repeat(np.arange(count), sides)
    if cap:
        tip = (len(vertices) + np.arange(len(sizes)))[:, None]
        end = last[:, None] * sides
        lid = np.stack(np.broadcast_arrays(tip, end + turn, end + following, -1), -1).reshape(-1, 4)
        vertices = np.concatenate([vertices, points[last] + tangent[last] * np.asarray(radii)[last, None] * 0.5])
        faces, owner = np.concatenate([faces, lid]), np.concatenate([owner, last])
    return vertices, faces, owner


def _thinned(branch: np.ndarray, stride: int) -> np.ndarray:
    """Every so many nodes of a branch, and its end."""
    kept = branch[::stride]
    return kept if kept[-1] == branch[-1] else np.append(kept, branch[-1])


def branch_tubes(skeleton: Skeleton, sway: np.ndarray, phase: np.ndarray, budget: int, stride: int) -> Mesh:
    """Tubes over all branches but the trunk, the thickest first until ``budget`` faces are used.

    ``stride`` keeps every so many nodes of a branch; sway and phase (n,) are those of the nodes.
    """
    branches = [_thinned(branch, stride) for branch in chains(skeleton)[1:]]
    if not branches:
        return merged([])
    start = np.array([skeleton.radius[branch[1]] for branch in branches])
    reach = [threshold * (stride if stride > 1 else 1) for threshold, _ in SIDES]
    sides = np.array(
        [SIDES[next(i for i, threshold in enumerate(reach) if radius >= threshold)][1] for radius in start]
    )
    if stride > 2:
        sides = np.minimum(sides, 4)
    cost = sides * np.array([len(branch) - 1 for branch in branches])
    ranked = np.argsort(-start, kind="stable")
    kept = ranked[np.cumsum(cost[ranked]) <= budget]
    parts = []
    for number in np.unique(sides[kept]):
        group = [branches[index] for index in kept if sides[index] == number]
        sizes = np.array([len(branch) for branch in group])
        nodes = np.concatenate(group)
        first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        last = first + sizes - 1
        radii = skeleton.radius[nodes].copy()
        # A branch leaves its parent with a collar a little wider than itself.
        radii[first] = np.minimum(radii[first], 1.35 * radii[first + 1])
        radii[last] *= 0.45
        vertices, faces, owner = tubes(skeleton.points[nodes], radii, sizes, int(number), cap=number > 5)
        parts.append(Mesh(vertices, faces, attributes={"sway": sway[nodes][owner], "phase": phase[nodes][owner]}))
    return merged(parts)


def trunk_mesh(
    points: np.ndarray,
    radii: np.ndarray,
    sway: np.ndarray,
    phase: np.ndarray,
    rng: Generator,
    *,
    flare: float,
    roots: int,
    sides: int,
    rings: int,
    rough: float = 0.05,
    broken: bool = False,
) -> Mesh:
    """The trunk along points (k, 3) with radii (k,): rings lie closer near the ground, where it flares into root buttresses.

    ``flare`` is how much wider the foot is; ``rough`` the share of the radius that ridges and hollows take.
    """
    length = np.concatenate([[0], np.cumsum(np.sqrt((np.diff(points, axis=0) ** 2).sum(1)))])
    base = radii[0]
    along = length[-1] * np.linspace(0, 1, rings) ** 1.7
    path = np.stack([np.interp(along, length, points[:, axis]) for axis in range(3)], 1)
    width = np.interp(along, length, radii)
    width[-1] *= 0.9 if broken else 0.4
    path = np.concatenate([[path[0] - [0, 0, 0.35 * base + 0.05]], path])  # the foot stands in the ground
    width, along = np.concatenate([width[:1], width]), np.concatenate([[0], along])
    vertices, faces, owner = tubes(path, width, [len(path)], sides, cap=True)
    offset = vertices - path[owner]
    angle = arctan2(offset[:, 1], offset[:, 0])
    places = np.sort(rng.uniform(0, 2 * np.pi, 1)) + np.arange(roots) * 2 * np.pi / max(roots, 1)
    places = places + rng.uniform(-0.3, 0.3, roots)
    lobes = sum((np.exp(9 * (np.cos(angle - place) - 1)) for place in places), np.zeros(len(angle)))
    foot = np.exp(-along[owner] / (1.25 * base))
    seed = int(rng.integers(2**31))
    shape = np.concatenate([offset / np.maximum(width[owner, None], 1e-9) * 1.6, along[owner, None] / (4 * base)], 1)[
        :, [0, 1, 3]
    ]
    ridges = noise(shape, seed) + 0.5 * noise(shape * 2.3, seed + 1)
    grown = 1 + flare * foot * (0.22 + 0.95 * lobes) + rough * ridges
    vertices = path[owner] + offset * grown[:, None]
    if broken:  # a splintered top
        top = owner >= len(path) - 1
        vertices[top, 2] += base * rng.uniform(-0.3, 1.4, top.sum())
    at = np.interp(along, length, sway), np.interp(along, length, phase)
    wood = Mesh(vertices, faces, attributes={"sway": at[0][owner] * (along[owner] > 0), "phase": at[1][owner]})
    if roots == 0 or flare < 0.05 or sides < 8:
        return wood
    return merged([wood, surface_roots(places, base, flare, rng)])


def surface_roots(places: np.ndarray, base: float, flare: float, rng: Generator) -> Mesh:
    """Roots that leave the foot at angles ``places`` (k,), run half sunk over the ground and dive."""
    count, steps = len(places), 10
    reach = base * (1.5 + 2.6 * flare) * rng.uniform(0.6, 1.3, count)
    t = np.linspace(0, 1, steps)
    bend = places[:, None] + np.cumsum(rng.normal(0, 0.10, (count, steps)), 1) * t
    distance = base * 0.5 + t * reach[:, None]
    height = base * (0.75 * np.exp(-(((distance / base - 0.5) / 0.75) ** 1.0))) - 0.06 * base
    height = height - base * 0.55 * np.maximum(t - 0.6, 0) ** 2 / 0.16 + 0.03 * base * rng.normal(size=(count, steps))
    points = np.stack([distance * np.cos(bend), distance * np.sin(bend), height], -1).reshape(-1, 3)
    radii = (base * 0.34 * flare**0.3 * rng.uniform(0.7, 1.1, count)[:, None] * (1 - 0.85 * t) ** 1.1).ravel()
    vertices, faces, _ = tubes(points, np.maximum(radii, 0.006), np.full(count, steps), 6)
    return Mesh(vertices, faces, attributes={"sway": np.zeros(len(vertices)), "phase": np.zeros(len(vertices))})
