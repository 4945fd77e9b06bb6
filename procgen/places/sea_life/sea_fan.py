"""Sea fans: a net of veins that fills a plane, by space colonisation (Runions et al. 2005, 2007) with closed loops."""

from __future__ import annotations

import numpy as np

from ...assets import Asset, Surface
from ...geometry.mesh import Mesh, merged
from ...params import child, choice, draw, seed, spec, uniform
from .forms import tree_tubes, tubes, unit
from .laplacian_growth import to_tip
from .neighbours import pairs_within
from .pigments import CORAL_COLOURS, painted, ramp


def colonise(targets: np.ndarray, step: float, near: float, far: float, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes (n, 2) of a tree that grows from the origin towards targets (k, 2), and each one's parent, -1 the first.

    A target pulls the node nearest to it while that is within ``far``, and is used up when it comes within ``near``.
    """
    nodes, parents = [np.zeros((1, 2))], [np.array([-1])]
    points = nodes[0]
    gap = np.sqrt((targets**2).sum(1))
    owner = np.zeros(len(targets), np.int64)
    alive = np.ones(len(targets), bool)
    for _ in range(600):
        pulling = alive & (gap < far)
        if len(points) == 1:
            pulling = alive
        if not pulling.any() or len(points) >= most:
            break
        way = unit(targets[pulling] - points[owner[pulling]])
        pull = np.stack([np.bincount(owner[pulling], way[:, axis], len(points)) for axis in range(2)], 1)
        tips = np.flatnonzero(np.sqrt((pull * pull).sum(1)) > 0.15)
        fresh = points[tips] + step * unit(pull[tips])
        one = (fresh[:, None] - points[None]) if len(fresh) * len(points) < 4e6 else np.ones((len(fresh), 1, 2))
        new = ((one * one).sum(2) > (0.5 * step) ** 2).all(1)
        stuck = np.zeros(len(points), bool)  # what would grow onto a vein that is there lets go of its targets
        stuck[tips[~new]] = True
        alive &= ~(stuck[owner] & (gap < far))
        fresh, tips = fresh[new], tips[new]
        if not len(fresh):
            continue
        apart = targets[:, None] - fresh[None]
        length = np.sqrt((apart * apart).sum(2))
        closest = length.argmin(1)
        length = length[np.arange(len(targets)), closest]
        nearer = length < gap
        owner[nearer], gap[nearer] = len(points) + closest[nearer], length[nearer]
        alive &= gap > near
        points = np.concatenate([points, fresh])
        parents.append(tips)
    return points, np.concatenate(parents)


@spec
class SeaFan:
    """A sea fan."""

    height: float = uniform(0.2, 1.2, unit="m", doc="its height")
    spread: float = uniform(80.0, 150.0, unit="degree", doc="angle that the fan fills")
    fineness: float = uniform(0.7, 1.15, doc="how fine its net is")
    bend: float = uniform(0.0, 1.0, doc="how far it leaves its plane")
    colour: str = choice({"violet": 3, "red": 3, "orange": 2, "mustard": 2, "rose": 1, "cream": 1}, says="{} sea fan",
                         doc="family of its colours")  # fmt: skip
    seed: int = seed()


def sample_sea_fan(rng: np.random.Generator, fixed=None) -> SeaFan:
    """Draw a sea fan."""
    return draw(SeaFan, rng, fixed)


def build_sea_fan(spec: SeaFan, detail: float = 1.0) -> Asset:
    """A fan in the plane of x and z, across the current along y; ``detail`` is the share of its faces."""
    mesh = fan(child(spec.seed, "growth"), detail, spec.spread, spec.fineness, spec.bend)
    scale = spec.height / mesh.vertices[:, 2].max()
    attributes = mesh.attributes
    colour = painted(spec.colour, attributes["pale"], attributes["deep"])
    mesh = Mesh(mesh.vertices * scale, mesh.faces, attributes={
        "colour": np.clip(colour, 0, 1), "sway": attributes["sway"] * scale, "phase": attributes["phase"]})  # fmt: skip
    return Asset("coral", mesh, (Surface("coral", spec.seed, CORAL_COLOURS[spec.colour][0], painted=True),))


def fan(
    rng: np.random.Generator, detail: float, spread: float = 118.0, fineness: float = 1.0, bend: float = 0.5
) -> Mesh:
    """A sea fan about one unit high in the plane of x and z, slightly bent, with pale, deep, sway and phase."""
    step = 0.0135 / fineness / np.sqrt(min(detail, 1.0)) ** 0.9
    count = int(1.3 / step**2 * spread / 118)
    turn = np.radians(90 + spread * (rng.random(count) - 0.5))
    reach = 0.95 * np.sqrt(rng.random(count))
    lobes = 1 + 0.10 * np.sin(5 * turn + 6 * rng.random()) + 0.08 * np.sin(11 * turn + 6 * rng.random())
    targets = np.stack([0.85 * reach * lobes * np.cos(turn), 0.12 + 0.88 * reach * lobes * np.sin(turn)], 1)
    nodes, parents = colonise(targets, step, 0.85 * step, 14 * step, 6000)
    height, load = to_tip(parents)
    radii = np.maximum(0.0024 * load**0.33, 0.22 * step)
    out = 0.2 * bend * np.sin(2.2 * nodes[:, 0] + 1.0) * nodes[:, 1] + 0.012 * np.sin(9 * nodes[:, 0] + 7 * nodes[:, 1])
    points = np.stack([nodes[:, 0], out, nodes[:, 1]], 1)
    tree = tree_tubes(points, parents, radii, 5 if detail > 0.5 else 3)
    one, two = pairs_within(nodes, 1.7 * step)
    loops = (parents[one] != two) & (parents[two] != one) & (parents[one] != parents[two])
    one, two = one[loops], two[loops]
    links = tubes(np.stack([points[one], points[two]], 1), np.full((len(one), 2), 0.2 * step), 3)
    node = np.concatenate([tree.attributes["node"].astype(int), one[links.attributes["owner"].astype(int)]])
    mesh = merged([Mesh(tree.vertices, tree.faces), Mesh(links.vertices, links.faces)])
    away = np.clip(points[node, 2], 0, 1)
    return mesh.with_attributes(pale=0.5 * (1 - ramp(0, 12, height[node])), deep=0.7 * ramp(6, 60, load[node]),
                                sway=0.10 * away**2, phase=np.clip(0.5 + 0.3 * points[node, 0], 0, 1))  # fmt: skip
