"""Dead wood: fallen logs, shed branches and stumps."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.mesh import Mesh, merged
from ...geometry.noise import noise
from ...params import beta, child, choice, draw, integer, lognormal, normal, seed, spec, uniform
from .growth import pipe_model, shoots, smoothed, stem, unit
from .wood import branch_tubes, trunk_mesh, tubes

BARKS = {
    "bark": (0.11, 0.082, 0.056),
    "pine_bark": (0.17, 0.10, 0.062),
    "birch_bark": (0.55, 0.52, 0.47),
    "rotten_wood": (0.17, 0.135, 0.095),
}
SAW_WOOD, OLD_WOOD = np.array([0.42, 0.27, 0.14]), np.array([0.16, 0.125, 0.09])


@spec
class FallenLog:
    """A trunk that lies on the ground."""

    length: float = lognormal(3.6, 0.4, 0.8, 12, unit="m", doc="length", says=((0.8, ""), (99, "a fallen log")))
    radius: float = lognormal(0.20, 0.35, 0.05, 0.8, unit="m", doc="radius of its thick end")
    bark: str = choice({"bark": 0.5, "pine_bark": 0.2, "birch_bark": 0.15, "rotten_wood": 0.15}, doc="what covers it")
    taper: float = uniform(0.45, 0.9, doc="radius of the thin end by that of the thick one")
    decay: float = beta(1.5, 2.0, doc="0 freshly fallen … 1 sunk and rotten", says=((0.65, ""), (2, "rotten")))
    stubs: int = integer(0, 9, doc="stubs of broken branches")
    sawn: float = uniform(0, 1, doc="above 0.6 the ends are sawn, below they are splintered")
    bend: float = normal(0.03, 0.03, 0, 0.12, doc="sideways bend by its length")
    seed: int = seed()


@spec
class DeadBranch:
    """A bare branch on the ground."""

    length: float = lognormal(1.1, 0.4, 0.25, 4, unit="m", doc="length", says=((0.2, ""), (99, "a dead branch")))
    radius: float = lognormal(0.022, 0.3, 0.006, 0.09, unit="m", doc="radius of its thick end")
    forks: int = integer(3, 14, doc="side branches")
    crooked: float = beta(2, 2, doc="0 straight … 1 crooked")
    seed: int = seed()


@spec
class TreeStump:
    """What is left of a felled or broken tree."""

    height: float = lognormal(0.45, 0.4, 0.1, 1.6, unit="m", doc="height", says=((0.05, ""), (99, "a tree stump")))
    radius: float = lognormal(0.26, 0.35, 0.08, 0.9, unit="m", doc="radius above the roots")
    bark: str = choice({"bark": 0.6, "pine_bark": 0.25, "rotten_wood": 0.15}, doc="what covers it")
    sawn: float = uniform(0, 1, doc="above 0.4 the top is sawn flat, below it is splintered")
    decay: float = beta(1.5, 2.0, doc="0 fresh … 1 rotten and grey", says=((0.65, ""), (2, "rotten")))
    roots: int = integer(4, 8, doc="roots that run over the ground")
    seed: int = seed()


def sample_fallen_log(rng: Generator, fixed=None) -> FallenLog:
    """Draw a log."""
    return draw(FallenLog, rng, fixed)


def sample_dead_branch(rng: Generator, fixed=None) -> DeadBranch:
    """Draw a branch."""
    return draw(DeadBranch, rng, fixed)


def sample_tree_stump(rng: Generator, fixed=None) -> TreeStump:
    """Draw a stump."""
    return draw(TreeStump, rng, fixed)


def _still(mesh: Mesh) -> Mesh:
    return mesh.with_attributes(sway=0.0, phase=0.5)


def _face_of_wood(
    rim: np.ndarray, outward: np.ndarray, rough: float, decay: float, rng: Generator, detail: float
) -> Mesh:
    """The cut through a trunk inside a closed rim (k, 3): rings of vertices with year rings in their colour."""
    rings = 14 if detail > 0.5 else 4
    middle = rim.mean(0)
    share = np.linspace(1, 0.02, rings)[:, None, None]
    vertices = (middle + (rim - middle) * share).reshape(-1, 3)
    count = len(rim)
    spread = rough * (1.1 - share[:, :, 0] ** 3) * rng.uniform(-0.4, 1.0, (rings, count))
    vertices = vertices + outward * spread.reshape(-1, 1)
    row = (np.arange(rings - 1) * count)[:, None]
    turn, following = np.arange(count), (np.arange(count) + 1) % count
    faces = np.stack([row + turn, row + following, row + count + following, row + count + turn], -1).reshape(-1, 4)
    inner = (rings - 1) * count
    lid = np.stack([np.full(count, len(vertices)), inner + turn, inner + following, np.full(count, -1)], 1)
    bands = 1 + 0.22 * np.sin(np.repeat(np.linspace(1, 0, rings), count) * 40 + 2 * noise(vertices * 6, 3))
    colour = (SAW_WOOD * (1 - decay) + OLD_WOOD * decay) * bands[:, None]
    normal = np.cross(rim[1] - rim[0], middle - rim[0])
    both = np.concatenate([faces, lid])
    if normal @ outward < 0:
        both = np.where(both[:, 3:] < 0, both[:, [0, 2, 1, 3]], both[:, [0, 3, 2, 1]])
    return Mesh(np.concatenate([vertices, middle[None]]), both, 1, {"colour": np.concatenate([colour, colour[-1:]])})


def build_fallen_log(log: FallenLog, detail: float = 1.0) -> Asset:
    """A log along x, half sunk where it is old."""
    rng = child(log.seed, "log")
    sides, rows = (26, int(np.clip(log.length / 0.09, 24, 90))) if detail > 0.5 else (10, 10)
    t = np.linspace(0, 1, rows)
    radii = log.radius * (1 - (1 - log.taper) * t) * (1 + 0.28 * np.exp(-t * log.length / (1.2 * log.radius)))
    sunk = log.radius * (0.12 + 0.55 * log.decay)
    side = log.bend * log.length * (np.sin(np.pi * t) + 0.25 * np.sin(2 * np.pi * t + 1))
    path = np.stack([(t - 0.5) * log.length, side, radii * 0.95 - sunk], 1)
    vertices, faces, owner = tubes(path, radii, [rows], sides)
    offset = vertices - path[owner]
    shape = np.column_stack([offset / log.radius * 1.5, vertices[:, 0] / (3.5 * log.radius)])[:, [1, 2, 3]]
    grown = 1 + (0.05 + 0.10 * log.decay) * (noise(shape, log.seed) + 0.6 * noise(shape * 2.7, log.seed + 1))
    settle = 1 - 0.22 * log.decay * (offset[:, 2] > 0) * np.abs(offset[:, 2]) / log.radius
    vertices = path[owner] + offset * grown[:, None] * np.column_stack([np.ones((len(owner), 2)), settle])
    rough = 0.02 * log.radius if log.sawn > 0.6 else log.radius * (0.35 + 0.3 * log.decay)
    if log.sawn <= 0.6:  # long splinters at both ends
        for end, sign in ((0, -1.0), (rows - 1, 1.0)):
            rim = owner == end
            vertices[rim, 0] += sign * log.radius * np.clip(rng.normal(0.3, 0.45, rim.sum()), -0.5, 1.4)
    bark = Mesh(vertices, faces)
    ends = [_face_of_wood(vertices[:sides], np.array([-1.0, 0, 0]), rough, log.decay, rng, detail),
            _face_of_wood(vertices[(rows - 1) * sides : rows * sides], np.array([1.0, 0, 0]), rough, log.decay, rng, detail)]  # fmt: skip
    stubs = []
    for _ in range(log.stubs):
        at = int(rng.uniform(0.15, 0.92) * (rows - 1))
        turn, long = rng.uniform(-0.4, np.pi + 0.4), log.radius * rng.uniform(0.3, 1.9)
        out = unit(np.array([rng.uniform(-0.1, 0.7), np.cos(turn), np.sin(turn)]))
        thick = radii[at] * rng.uniform(0.16, 0.34)
        s = np.linspace(0.55, 1, 5)[:, None]
        line = (
            path[at] + out * (radii[at] * 0.6 + long * (s - 0.55) / 0.45) + 0.02 * log.radius * rng.normal(size=(5, 3))
        )
        v, f, _ = tubes(line, thick * np.array([1.5, 1.1, 1.0, 0.9, 0.75]), [5], 7 if detail > 0.5 else 4, cap=True)
        stubs.append(Mesh(v, f))
    mesh = _still(merged([bark, *stubs, *ends]))
    return Asset(
        "dead_wood",
        mesh,
        (
            Surface(log.bark, log.seed, BARKS[log.bark]),
            Surface("rotten_wood" if log.decay > 0.5 else "wood", log.seed, painted=True),
        ),
    )


def build_dead_branch(branch: DeadBranch, detail: float = 1.0) -> Asset:
    """A branch that lies on the ground along x, touching it at its lowest points."""
    rng = child(branch.seed, "branch")
    steps = 14
    waver = np.cumsum(rng.normal(0, 0.012 + 0.05 * branch.crooked, (steps, 2)), 0) * branch.length * 0.5
    line = np.column_stack(
        [np.linspace(-0.5, 0.5, steps) * branch.length, waver[:, 0] - waver[0, 0], 0.4 * waver[:, 1]]
    )
    skeleton = stem(line)
    base = np.sort(rng.integers(2, steps - 1, branch.forks))
    forward = unit(line[base] - line[base - 1])
    heading = unit(forward + 0.9 * rng.normal(size=forward.shape) * [1, 1, 0.45])
    skeleton, first = shoots(
        skeleton,
        base,
        heading,
        branch.length * rng.uniform(0.15, 0.5, branch.forks),
        5,
        rng,
        wander=0.10 + 0.3 * branch.crooked,
        order=1,
    )
    base = np.sort(rng.choice(first.ravel(), 3 * branch.forks))
    forward = unit(skeleton.points[base] - skeleton.points[skeleton.parent[base]])
    heading = unit(forward + 0.8 * rng.normal(size=forward.shape) * [1, 1, 0.6])
    skeleton, _ = shoots(
        skeleton, base, heading, branch.length * rng.uniform(0.05, 0.16, len(base)), 3, rng, wander=0.25
    )
    skeleton = smoothed(pipe_model(skeleton, 2.2, branch.radius), 1)
    nothing = np.zeros(len(skeleton.points))
    rest = branch_tubes(skeleton, nothing, nothing, int(2600 * min(detail * 1.3, 1)), 1 if detail > 0.5 else 2)
    main, faces, _ = tubes(
        line, np.maximum(skeleton.radius[:steps], 0.3 * branch.radius), [steps], 9 if detail > 0.5 else 4, cap=True
    )
    mesh = merged([Mesh(main, faces), rest])
    floor = np.quantile(mesh.vertices[:, 2], 0.05)
    vertices = mesh.vertices * [1, 1, 1]
    vertices[:, 2] = np.maximum(vertices[:, 2] - floor, -0.35 * branch.radius)
    mesh = _still(Mesh(vertices, mesh.faces))
    return Asset("dead_wood", mesh, (Surface("rotten_wood", branch.seed, (0.17, 0.145, 0.115)),))


def build_tree_stump(stump: TreeStump, detail: float = 1.0) -> Asset:
    """A stump with its roots and the wood of its cut."""
    rng = child(stump.seed, "stump")
    sides, rings = (30, 16) if detail > 0.5 else (12, 6)
    t = np.linspace(0, 1, 6)
    path = np.column_stack([np.zeros((6, 2)), t * stump.height])
    nothing = np.zeros(6)
    bark = trunk_mesh(
        path,
        stump.radius * (1 - 0.06 * t),
        nothing,
        nothing,
        rng,
        flare=0.75,
        roots=stump.roots,
        sides=sides,
        rings=rings,
        rough=0.07,
    )
    # Take the tapered tip of the trunk off: the last ring becomes the rim of the cut.
    top = np.arange(rings * sides, (rings + 1) * sides)
    vertices = bark.vertices.copy()
    below = vertices[top - sides]
    vertices[top] = below + [0, 0, stump.height / rings * 0.4]
    splinter = stump.sawn <= 0.4
    if splinter:
        vertices[top, 2] += stump.height * np.clip(rng.normal(0.25, 0.30, sides), -0.2, 1.0)
    tip = (rings + 1) * sides
    keep = ~(bark.faces == tip).any(1)
    cut = _face_of_wood(
        vertices[top], np.array([0.0, 0, 1.0]), stump.radius * (0.9 if splinter else 0.03), stump.decay, rng, detail
    )
    mesh = _still(merged([_without(Mesh(vertices, bark.faces[keep]), tip), cut]))
    return Asset(
        "dead_wood",
        mesh,
        (
            Surface(stump.bark, stump.seed, BARKS[stump.bark]),
            Surface("rotten_wood" if stump.decay > 0.5 else "wood", stump.seed, painted=True),
        ),
    )


def _without(mesh: Mesh, index: int) -> Mesh:
    """The mesh without one vertex that no face uses."""
    faces = np.where(mesh.faces > index, mesh.faces - 1, mesh.faces)
    return Mesh(np.delete(mesh.vertices, index, axis=0), faces)
