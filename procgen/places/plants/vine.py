"""Vines: stems that wind along a support, or up a stake of their own, with side shoots and leaves that face out."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.mesh import Mesh, merged
from ...geometry.primitives import frames_along
from ...params import beta, child, choice, draw, integer, lognormal, seed, spec, uniform
from .foliage import STENCILS, blossom, halves, leaf_colours, palmate, placed
from .growth import unit
from .wood import tubes

IVY = palmate(5, 1.9, 0.75, 0.08)
# Stencil, leaf length in metres, colours summer and autumn, blossom.
KINDS = {
    "ivy": (IVY, 0.065, (0.038, 0.085, 0.022), (0.05, 0.09, 0.03), None), "creeper": (STENCILS["palmate"], 0.10, (0.06, 0.12, 0.025), (0.36, 0.035, 0.018), None),
    "grape": (palmate(5, 1.8, 0.85, 0.1), 0.12, (0.085, 0.145, 0.03), (0.48, 0.30, 0.03), None), "clematis": (halves((0.25, 0.6), (0.28, 0.22)), 0.06, (0.05, 0.11, 0.03), (0.2, 0.12, 0.04), (0.30, 0.14, 0.48)),
    "jungle": (halves((0.22, 0.62), (0.38, 0.33), 0.2, 0.3), 0.17, (0.045, 0.11, 0.022), (0.05, 0.11, 0.02), None),
}  # fmt: skip
SAYS = {
    "ivy": "ivy",
    "creeper": "a creeper",
    "grape": "a grapevine",
    "clematis": "a clematis",
    "jungle": "a jungle vine",
}


@spec
class Vine:
    """A climbing plant."""

    kind: str = choice({name: 1.0 for name in KINDS}, doc="kind of vine", says=SAYS)
    length: float = lognormal(2.4, 0.3, 0.6, 8.0, unit="m", doc="height it climbs where no support is given")
    radius: float = uniform(0.02, 0.6, unit="m", doc="distance of the stems from the middle of the support")
    stems: int = integer(2, 9, doc="stems that climb side by side")
    turns: float = lognormal(0.45, 0.5, 0.05, 2.0, doc="turns of a stem around the support for each metre")
    shoots: float = lognormal(14, 0.3, 3, 40, doc="side shoots for each metre of stem")
    density: float = lognormal(1.0, 0.25, 0.3, 2.0, doc="number of leaves, relative to the kind")
    turned: float = beta(0.6, 2.0, doc="0 green … 1 autumn colours", says=((0.6, ""), (2, "in autumn colours")))
    hang: float = beta(1.5, 2.5, doc="how far side shoots hang free")
    seed: int = seed()


def sample_vine(rng: Generator, fixed=None) -> Vine:
    """Draw a vine."""
    return draw(Vine, rng, fixed, radius=uniform(0.04, 0.16))


def _resampled(path: np.ndarray, count: int) -> tuple[np.ndarray, float]:
    """A path (count, 3) of even steps along a polyline, and its length."""
    way = np.concatenate([[0], np.cumsum(np.sqrt((np.diff(path, axis=0) ** 2).sum(1)))])
    s = np.linspace(0, way[-1], count)
    return np.stack([np.interp(s, way, path[:, axis]) for axis in range(3)], 1), float(way[-1])


def build_vine(vine: Vine, support: np.ndarray | None = None, detail: float = 1.0) -> Asset:
    """A vine along ``support`` (k, 3), metres, for the first point the one it roots at; without one it climbs straight up.

    Stems keep ``radius`` away from the polyline, so a trunk's or post's middle line serves as it is.
    """
    rng = child(vine.seed, "stems")
    support = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, vine.length]]) if support is None else np.asarray(support, float)
    steps = int(np.clip(np.sqrt((np.diff(support, axis=0) ** 2).sum(1)).sum() / 0.04, 24, 260) * min(1, 0.25 + detail))
    middle, length = _resampled(support, steps)
    _, across, other = frames_along(middle)
    t = np.linspace(0, 1, steps)
    share = np.clip(1 - 0.5 * rng.uniform(size=vine.stems) ** 1.5, 0.3, 1)
    share[0] = 1
    turn = (np.arange(vine.stems) * 2.4)[:, None] + 2 * np.pi * vine.turns * length * t * rng.choice(
        [-1, 1], (vine.stems, 1)
    ) * rng.uniform(0.4, 1.2, (vine.stems, 1))
    turn = turn + np.cumsum(rng.normal(0, 0.10, (vine.stems, steps)), 1)
    away = vine.radius * (1 + 0.10 * np.sin(9 * t + turn)) + 0.35 * vine.radius * (t < 0.02)
    outward = np.cos(turn)[..., None] * across + np.sin(turn)[..., None] * other
    paths = middle + away[..., None] * outward
    thick = 0.012 * (length / 2.4) ** 0.5 * np.exp(rng.normal(0, 0.2, vine.stems))
    stems, spots, faces_out = [], [], []
    for index in range(vine.stems):
        last = max(int(steps * share[index]), 4)
        radii = thick[index] * (1 - 0.85 * np.linspace(0, 1, last))
        vertices, faces, owner = tubes(paths[index, :last], radii, [last], 6 if detail > 0.5 else 3)
        stems.append(Mesh(vertices, faces, 0, {"sway": 0.02 * t[owner]}))
        spots.append(paths[index, 2:last])
        faces_out.append(outward[index, 2:last])
    spots, faces_out = np.concatenate(spots), np.concatenate(faces_out)
    # Side shoots creep over the support or hang free of it.
    rng = child(vine.seed, "shoots")
    count = max(int(vine.shoots * length * vine.stems * 0.7), 6)
    chosen = np.sort(rng.integers(0, len(spots), count))
    place, out = spots[chosen], faces_out[chosen]
    heading, walk = unit(rng.normal(size=(count, 3)) + 0.5 * out + [0, 0, 0.4]), []
    segments = 5
    reach = rng.uniform(0.06, 0.30, count) * (0.6 + vine.hang) * min(1.0, 0.4 + length / 3)
    for _ in range(segments):
        heading = unit(heading + 0.30 * rng.normal(size=heading.shape) + [0, 0, -0.75 * vine.hang] + 0.12 * out)
        inward = np.minimum((heading * out).sum(1, keepdims=True), 0)
        heading = unit(heading - inward * out)  # never into the support
        place = place + heading * (reach / segments)[:, None]
        walk.append(place)
    shoots = np.stack([spots[chosen], *walk], 1)
    shoots[..., 2] = np.maximum(shoots[..., 2], min(0.01, float(support[:, 2].min())))
    if detail > 0.12:
        radii = np.tile(np.linspace(0.0028, 0.0010, segments + 1), count)
        vertices, faces, owner = tubes(shoots.reshape(-1, 3), radii, np.full(count, segments + 1), 3)
        stems.append(
            Mesh(vertices, faces, 0, {"sway": 0.02 + 0.02 * np.tile(np.linspace(0, 1, segments + 1), count)[owner]})
        )
    stencil, size, green, autumn, flowers = KINDS[vine.kind]
    each = max(round(15 * vine.density * min(1, (0.09 / size) ** 0.7 + 0.2)), 2)
    along_share = np.linspace(0.1, 1, each) * segments
    low = np.minimum(along_share.astype(int), segments - 1)
    origin = (shoots[:, low] + (along_share - low)[None, :, None] * (shoots[:, low + 1] - shoots[:, low])).reshape(
        -1, 3
    )
    facing = np.repeat(out, each, 0)
    keep = rng.permutation(len(origin))[: int(len(origin) * min(1, detail**0.8))]
    origin, facing = origin[keep], facing[keep]
    grow = min((1 / max(detail, 0.03)) ** 0.36, 3.0)
    normal = unit(facing + 0.40 * rng.normal(size=origin.shape) + [0, 0, 0.35])
    along = unit(rng.normal(size=origin.shape) * 0.8 + [0, 0, -0.75])
    along = unit(along - (along * normal).sum(1, keepdims=True) * normal)
    colour = leaf_colours(rng, len(origin), green, autumn, np.full(len(origin), max(vine.turned, 0.02)), 0.18)
    leaves = placed(stencil if detail > 0.5 else STENCILS["blade"], origin + 0.012 * normal, along, normal,
                    grow * size * np.exp(rng.normal(0, 0.28, len(origin))), colour=colour, sway=0.035, phase=rng.uniform(0, 1, len(origin)),
                    flutter=0.02, slot=1)  # fmt: skip
    below = np.maximum(min(0.0, float(support[:, 2].min())) - leaves.vertices[:, 2], 0)
    leaves = leaves.moved(np.column_stack([0 * below, 0 * below, below]))
    parts, surfaces = (
        [*stems, leaves],
        [Surface("bark", vine.seed, (0.105, 0.075, 0.048)), Surface("leaf", vine.seed, painted=True)],
    )
    if flowers and vine.turned < 0.6:
        some = rng.permutation(len(origin))[: max(int(0.05 * len(origin)), 2)]
        across_flower = unit(np.cross(normal[some], [0.2, 0.1, 1.0]))
        parts.append(placed(blossom(6, 0.15), origin[some] + 0.04 * normal[some], across_flower, normal[some], 0.095 * grow,
                            colour=leaf_colours(rng, len(some), flowers, spread=0.1), sway=0.035, phase=0.5, slot=2))  # fmt: skip
        surfaces.append(Surface("petal", vine.seed, painted=True))
    return Asset("vine", merged(parts), tuple(surfaces))
