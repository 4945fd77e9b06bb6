"""Trees: a spec of any species in any season, and its bark, leaves, blossoms, fruit and snow as one asset."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.mesh import Mesh, merged
from ...geometry.noise import noise
from ...geometry.primitives import icosphere
from ...params import beta, child, choice, draw, lognormal, normal, seed, spec, uniform
from .crown import build_skeleton
from .foliage import STENCILS, blossom, leaf_colours, placed, stencil_area
from .growth import Skeleton, chains, path_sums, unit
from .palm_tree import build_palm
from .species import SPECIES, Species
from .wind import branch_sway, place_phase
from .wood import branch_tubes, trunk_mesh

SEASONS = ("spring", "summer", "autumn", "winter")
# Of a tree that sheds: how many of summer's leaves it has, by season.
FULLNESS = {"spring": 0.75, "summer": 1.0, "autumn": 0.78, "winter": 0.0}
# Faces of leaves and of branches by detail; logarithms are interpolated between.
BUDGET = np.log([[0.02, 0.05, 0.25, 1.0], [260, 700, 5000, 58000], [60, 180, 1700, 22000]])
LEAFY = 0.4  # of the faces that leaves may have where there are blossoms too
SNOW_RIDGE = (
    np.array([[-1, -0.03, 0.1], [0, -0.03, 1.0], [1, -0.03, 0.1], [-1, 1.03, 0.1], [0, 1.03, 1.0], [1, 1.03, 0.1]]),
    np.array([(1, 0, 3, 4), (2, 1, 4, 5)]),
)


@spec
class Tree:
    """A tree: its kind, its age and health, and the season it stands in."""

    species: str = choice(
        {name: row.weight for name, row in SPECIES.items()},
        doc="kind of tree",
        says={name: row.says for name, row in SPECIES.items()},
    )
    season: str = choice({"spring": 0.2, "summer": 0.45, "autumn": 0.2, "winter": 0.15}, doc="season of its leaves",
                         says={"spring": "in spring", "summer": "", "autumn": "in autumn", "winter": "in winter"})  # fmt: skip
    height: float = uniform(1, 45, unit="m", doc="height; drawn within what the species reaches")
    age: float = beta(3, 1.6, doc="0 young … 1 old: a thicker trunk and a fuller crown")
    spread: float = lognormal(1.0, 0.12, 0.6, 1.6, doc="width of the crown, relative to the species")
    density: float = lognormal(1.0, 0.18, 0.4, 1.6, doc="number of leaves, relative to the species")
    dead_wood: float = beta(0.8, 9, doc="share of branches that are dead and bare",
                            says=((0.25, ""), (2, "with dead branches")))  # fmt: skip
    turned: float = beta(2, 1.6, doc="how far the autumn's colours have spread, 0 green … 1 turned")
    lean: float = normal(0, 2.0, 0, 14, unit="deg", doc="lean of the trunk", says=((8, ""), (90, "leaning")))
    snow: float = uniform(0, 1, doc="snow on the branches", says=((0.15, ""), (2, "under snow")))
    seed: int = seed()


def sample_tree(rng: Generator, fixed=None) -> Tree:
    """Draw a tree: its height within what its species reaches, snow in winter only."""
    first = draw(Tree, rng, fixed)
    row = SPECIES[first.species]
    height = uniform(*row.height)
    lean = normal(0, 0.8 if row.habit == "whorls" else 2.0, 0, 14)  # conifers right themselves
    return draw(Tree, rng, fixed, height=height, lean=lean, snow=uniform(0, 1) if first.season == "winter" else 0.0)


def _budget(row: Species, detail: float, part: int) -> int:
    return round(row.faces * np.exp(np.interp(np.log(max(detail, 0.02)), BUDGET[0], BUDGET[part])))


def _along_twigs(skeleton: Skeleton, twigs: np.ndarray, share: np.ndarray):
    """Points, directions (m, p, 3) and the nodes (m, p) next to shares (p,) 0…1 of the way along twigs (m, k)."""
    path = np.concatenate([skeleton.parent[twigs[:, :1]], twigs], 1)
    place = np.clip(share, 0, 1) * (path.shape[1] - 1)
    low = np.minimum(place.astype(int), path.shape[1] - 2)
    part = (place - low)[None, :, None]
    a, b = skeleton.points[path[:, low]], skeleton.points[path[:, low + 1]]
    return a + part * (b - a), unit(b - a), path[:, low + 1]


def _dead(tree: Tree, skeleton: Skeleton) -> np.ndarray:
    """Which nodes (n,) are of dead branches: whole side branches, until the share that is asked for is dead."""
    dead = np.zeros(len(skeleton.parent), bool)
    if tree.dead_wood < 0.02:
        return dead
    rng = child(tree.seed, "dead")
    thick = skeleton.radius < 0.45 * skeleton.radius[0]
    heads = [branch[1] for branch in chains(skeleton)[1:] if thick[branch[1]] and skeleton.order[branch[1]] == 1]
    for head in rng.permutation(np.array(heads, np.int64)) if heads else ():
        below = np.zeros(len(dead))
        below[head] = 1
        dead |= path_sums(skeleton.parent, below) > 0
        if dead.mean() >= tree.dead_wood:
            break
    return dead


class _Leaves:
    """Where the leaves of a tree hang; the same places in every season and at every detail, fewer of them at a lower one."""

    def __init__(self, tree: Tree, row: Species, skeleton: Skeleton, twigs: np.ndarray, sway, phase):
        self.tree, self.row, self.skeleton = tree, row, skeleton
        rng = child(tree.seed, "leaves")
        alive = twigs[~_dead(tree, skeleton)[twigs[:, 0]]]
        count = int(row.leaves * tree.density * (0.6 + 0.4 * tree.age) * len(alive) / max(len(twigs), 1))
        each = max(int(np.ceil(count / max(len(alive), 1))), 1)
        needles = row.leaf == "needle"
        share = (np.arange(each) + 0.5) / each * (0.9 if needles else 0.82) + (0.1 if needles else 0.18)
        origin, forward, node = _along_twigs(skeleton, alive, share)
        turn = np.arange(each) * (2.4 if needles else np.pi) + rng.uniform(0, 6.3, (len(alive), 1))
        side = unit(np.cross(forward, [0.03, 0.02, 1.0]))
        over = np.cross(side, forward)
        spin = np.cos(turn)[..., None] * side + np.sin(turn)[..., None] * over * (0.8 if needles else 0.35)
        hang = -0.75 if row.droop < -0.35 else -0.22
        noisy = rng.normal(size=origin.shape)
        if needles:
            along = unit(0.75 * forward + 0.9 * spin + 0.15 * noisy)
            normal = unit(np.cross(along, noisy))
        else:
            along = unit(0.55 * forward + 0.8 * spin + 0.28 * noisy + [0, 0, hang])
            normal = unit(0.45 * rng.normal(size=origin.shape) + [0, 0, 1.0])
        keep = rng.permutation(origin.shape[0] * each)[:count]
        # The outermost ones first: the crown keeps its extent when few are left.
        ends = origin.reshape(-1, 3)[keep]
        ends = np.unique(np.concatenate([ends.argmin(0), ends.argmax(0)])) if count else np.zeros(0, np.int64)
        keep = np.concatenate([keep[ends], np.delete(keep, ends)])
        flat = lambda values: values.reshape(-1, *values.shape[2:])[keep]  # noqa: E731
        self.origin, self.along, self.normal, node = flat(origin), flat(along), flat(normal), flat(node)
        self.sway, self.phase = sway[node], phase[node]
        # A big tree has more leaves than faces can be spent on: its leaves are drawn larger until they cover as much.
        side = 1.5 * row.spread * tree.spread * (1 - row.base) * tree.height**2
        own = max(len(self.origin), 1) * row.length**2 * stencil_area(STENCILS[row.leaf])
        grow = np.clip(np.sqrt(row.cover * tree.density * side / own), 0.8, 4.2 if needles else 2.6)
        self.size = grow * row.length * np.exp(rng.normal(0, 0.18, len(self.origin)))
        self.jitter = rng.uniform(-0.12, 0.12, len(self.origin))

    def take(self, share: float) -> np.ndarray:
        """The first share of the leaves; they lie in a random order."""
        return np.arange(round(len(self.origin) * min(share, 1.0)))

    def colours(self, chosen: np.ndarray) -> np.ndarray:
        """The linear colours of leaves: outer ones paler, and in autumn turned in patches from the outside in."""
        tree, row = self.tree, self.row
        rng = child(tree.seed, "leaf colours")
        place = self.origin[chosen]
        own = np.asarray(row.green) * np.exp(rng.normal(0, 0.10, 3) + rng.normal(0, 0.10))
        patch = noise(place / (0.25 * tree.height), int(rng.integers(2**31)))
        outer = np.clip(
            np.hypot(place[:, 0], place[:, 1]) / (0.5 * tree.height) + place[:, 2] / tree.height - 0.5, 0, 1
        )
        if tree.season == "spring" and row.autumn:
            return leaf_colours(
                rng, len(chosen), own * [1.35, 1.45, 1.2], own * [1.1, 1.2, 1.0], np.clip(0.5 + patch, 0, 1)
            )
        if tree.season in ("autumn", "winter") and row.autumn:
            turned = np.clip(1.7 * tree.turned - 0.45 + 0.9 * patch + 0.5 * outer, 0, 1)
            warm = leaf_colours(
                rng, len(chosen), row.autumn[0], row.autumn[1], np.clip(0.5 + 1.1 * patch, 0.02, 1), 0.22
            )
            green = leaf_colours(rng, len(chosen), own * [1.3, 1.05, 0.9])
            spots = np.clip(turned + rng.normal(0, 0.22, len(chosen)), 0, 1)[:, None]
            return green * (1 - spots) + warm * spots
        return leaf_colours(
            rng, len(chosen), own, own * [1.35, 1.2, 1.0], np.clip(0.35 + 0.5 * patch + 0.4 * outer, 0.01, 1)
        )

    def mesh(self, share: float, detail: float, part: float = 1.0) -> Mesh:
        """The leaves of a share of the places; at a low detail fewer and larger ones, within a part of the faces."""
        chosen = self.take(share)
        if not len(chosen):
            return merged([])
        needles = self.row.leaf == "needle"
        stencil = STENCILS[self.row.leaf if detail > 0.5 or needles else "blade"]
        stay = min(int(part * _budget(self.row, detail, 1) / len(stencil[1])), len(chosen))
        grow = (len(chosen) / max(stay, 1)) ** (0.46 if needles else 0.47)
        chosen = chosen[:stay]
        scale = self.size[chosen, None] * ([grow**1.5, grow**0.5, grow] if needles else [grow] * 3)
        # Larger leaves would reach out of the crown: they hang further in by half of what they have grown.
        middle = (self.origin.min(0) + self.origin.max(0)) / 2
        further = 0.5 * (scale[:, 1].mean() - self.size.mean())
        reach = np.maximum(np.quantile(np.abs(self.origin - middle), 0.98, axis=0), 1e-6)
        origin = middle + (self.origin[chosen] - middle) * np.clip(1 - further / reach, 0.6, 1)
        mesh = placed(
            stencil, origin, self.along[chosen], self.normal[chosen], scale, colour=self.colours(chosen),
            sway=self.sway[chosen], phase=np.clip(self.phase[chosen] + self.jitter[chosen], 0, 1), flutter=0.05,
        )  # fmt: skip
        below = np.maximum(0.004 * self.tree.height - mesh.vertices[:, 2], 0)  # what hangs that low lies on the ground
        return mesh.moved(np.column_stack([0 * below, 0 * below, below]))


def _blossoms(leaves: _Leaves, detail: float) -> Mesh:
    rng = child(leaves.tree.seed, "blossoms")
    count = int((1 - LEAFY) * _budget(leaves.row, detail, 1) / 5)  # of five petals
    chosen = np.sort(rng.choice(len(leaves.origin), min(count, len(leaves.origin)), replace=False))
    # A blossom stands for a cluster of them, as a leaf for several.
    size = 0.85 * float(np.median(leaves.size)) * (len(leaves.origin) / max(len(chosen), 1)) ** 0.42
    facing = unit(leaves.normal[chosen] + 0.8 * rng.normal(size=(len(chosen), 3)))
    across = unit(np.cross(facing, leaves.along[chosen]))
    colour = leaf_colours(rng, len(chosen), leaves.row.blossom, np.ones(3) * 0.8, 0.3, 0.05)
    return placed(blossom(), leaves.origin[chosen] + 0.03 * facing, across, facing, size * np.exp(rng.normal(0, 0.1, len(chosen))),
                  colour=colour, sway=leaves.sway[chosen], phase=leaves.phase[chosen], flutter=0.02)  # fmt: skip


def _fruit(leaves: _Leaves, detail: float) -> Mesh:
    rng = child(leaves.tree.seed, "fruit")
    ball = icosphere(1 if detail > 0.5 else 0, 0.5)
    count = int(np.clip(_budget(leaves.row, detail, 1) * 0.09 / len(ball.faces), 4, 90))
    chosen = rng.choice(len(leaves.origin), count, replace=False)
    colour = leaf_colours(rng, count, leaves.row.fruit, leaves.row.green, 0.25, 0.2)
    down = np.broadcast_to([0.0, 0.0, -1.0], (count, 3))
    return placed((ball.vertices + [0, 0.6, 0], ball.faces), leaves.origin[chosen], down, leaves.along[chosen], 0.085, colour=colour,
                  sway=leaves.sway[chosen], phase=leaves.phase[chosen])  # fmt: skip


def _snow(tree: Tree, row: Species, skeleton: Skeleton, sway, phase, width: float, detail: float) -> Mesh:
    """Ridges of snow on whatever wood (or spray of needles, ``width`` metres wide) does not stand too steep."""
    rng = child(tree.seed, "snow")
    inner = np.flatnonzero(skeleton.parent >= 0)
    start = skeleton.points[skeleton.parent[inner]]
    step = skeleton.points[inner] - start
    flat = 1 - np.abs(step[:, 2]) / np.maximum(skeleton.length[inner], 1e-9)
    likely = (
        (flat > 0.35) & (rng.uniform(size=len(inner)) < 0.35 + 0.65 * tree.snow) & (start[:, 2] > 0.02 * tree.height)
    )
    chosen = np.flatnonzero(likely)
    thickest = np.argsort(-skeleton.radius[inner[chosen]], kind="stable")
    chosen = chosen[thickest[: _budget(row, detail, 2) // 6]]
    nodes = inner[chosen]
    half = np.maximum(skeleton.radius[nodes], width * (skeleton.order[nodes] == 2) / 2) * 1.05
    depth = skeleton.radius[nodes] + 0.05 * tree.snow * flat[chosen] * np.exp(rng.normal(0, 0.3, len(nodes)))
    scale = np.stack([half, skeleton.length[nodes], depth], 1)
    return placed(SNOW_RIDGE, start[chosen], unit(step[chosen]), np.broadcast_to([0, 0.001, 1.0], (len(nodes), 3)), scale,
                  colour=np.full((len(nodes), 3), 0.86), sway=sway[nodes], phase=phase[nodes])  # fmt: skip


def build_wood(
    tree, row: Species, skeleton: Skeleton, sway: np.ndarray, phase: np.ndarray, detail: float = 1.0
) -> Mesh:
    """The trunk, its roots and the branches; no season changes them."""
    rng = child(tree.seed, "bark")
    trunk = chains(skeleton)[0]
    radii = skeleton.radius[trunk].copy()
    if row.bottle:  # widest a little way up, drawn in below the boughs
        t = skeleton.points[trunk, 2] / (row.base * tree.height)
        bottle = radii[0] * (1 - 0.45 * t**2.5 + 0.12 * np.sin(np.pi * np.clip(t, 0, 1)))
        radii = np.where(t < 1, np.maximum(radii, bottle), radii)
    sides, rings = (28, 56) if detail > 0.7 else (18, 30) if detail > 0.4 else (9, 12) if detail > 0.12 else (5, 5)
    stem = trunk_mesh(
        skeleton.points[trunk], radii, sway[trunk], phase[trunk], rng, flare=row.flare * (0.35 + 0.65 * tree.age),
        roots=int(rng.integers(4, 8)) if detail > 0.4 else 0, sides=sides, rings=rings, rough=row.rough,
        broken=row.broken,
    )  # fmt: skip
    stride = 1 if detail > 0.5 else 2 if detail > 0.12 else 4
    return merged([stem, branch_tubes(skeleton, sway, phase, _budget(row, detail, 2), stride)])


def build_tree(tree: Tree, detail: float = 1.0) -> Asset:
    """A tree at rest; ``detail`` 1 is seen from metres away, 0.25 has at most 8,000 faces, 0.05 at most 1,200."""
    row = SPECIES[tree.species]
    return build_palm(tree, row, detail) if row.habit == "palm" else grown(tree, row, detail, "tree")


def grown(tree, row: Species, detail: float, kind: str) -> Asset:
    """A tree or bush of a row of species as an asset: its wood, and what the season hangs on it."""
    skeleton, twigs = build_skeleton(tree, row)
    sway = branch_sway(skeleton, 0.4 * np.sqrt(tree.height / 12))
    phase = place_phase(skeleton.points, tree.seed, 0.35 * tree.height)
    leaves = _Leaves(tree, row, skeleton, twigs, sway, phase)
    parts, surfaces = (
        [build_wood(tree, row, skeleton, sway, phase, detail)],
        [Surface(row.bark, tree.seed, _wood_colour(tree, row))],
    )

    def add(mesh: Mesh, surface: Surface) -> None:
        if len(mesh.faces):
            parts.append(mesh.with_slot(len(surfaces)))
            surfaces.append(surface)

    share = FULLNESS[tree.season] if row.autumn or row.blossom else 1.0
    if tree.season == "autumn" and row.autumn:
        share *= 1.15 - 0.5 * tree.turned
    if tree.season == "winter" and row.autumn:
        share = row.holds
    blooms = row.blossom is not None and tree.season == "spring"
    if blooms:
        share *= 0.25
    foliage = "needle" if row.leaf == "needle" else "leaf"
    add(leaves.mesh(share, detail, LEAFY if blooms else 1.0), Surface(foliage, tree.seed, painted=True))
    if blooms:
        add(_blossoms(leaves, detail), Surface("petal", tree.seed, painted=True))
    if row.fruit and tree.season == "autumn" and len(leaves.origin) > 100 and detail > 0.1:
        add(_fruit(leaves, detail), Surface("fruit_skin", tree.seed, painted=True))
    if tree.snow > 0.1:
        width = 0.8 * row.length if row.leaf == "needle" and not row.autumn else 0.0
        add(_snow(tree, row, skeleton, sway, phase, width, detail), Surface("snow", tree.seed))
    return Asset(kind, merged(parts), tuple(surfaces))


def _wood_colour(tree: Tree, row: Species) -> tuple[float, float, float]:
    """The bark's colour, a little different from tree to tree."""
    colour = np.asarray(row.wood) * np.exp(child(tree.seed, "bark colour").normal(0, 0.12))
    return tuple(float(round(value, 4)) for value in colour)
