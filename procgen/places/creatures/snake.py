"""Snakes from slender to heavy: keeled scales in diamonds, patterned backs, a wedge of a head, serpentine motion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.angles import arctan2
from ...params import choice, draw, seed, spec, uniform
from . import coat
from .assembly import Assembly, Motions
from .coat import mixed, mottled, smoothstep
from .gait import Skeleton
from .genome import Part, grow, ring, skeleton
from .parts import cone, eyeball, loft, unit
from .rig import turn
from .skin import limited

BONES = 24
# Linear albedo: ground, marks, rim of the marks, belly.
COLOURS = {
    "brown": ((0.20, 0.13, 0.07), (0.06, 0.035, 0.02), (0.40, 0.30, 0.18), (0.46, 0.40, 0.28)),
    "green": ((0.08, 0.16, 0.03), (0.03, 0.06, 0.018), (0.22, 0.28, 0.06), (0.42, 0.45, 0.18)),
    "sand": ((0.46, 0.33, 0.19), (0.20, 0.125, 0.065), (0.60, 0.50, 0.34), (0.64, 0.57, 0.44)),
    "coral": ((0.45, 0.035, 0.02), (0.012, 0.011, 0.011), (0.68, 0.55, 0.12), (0.52, 0.30, 0.18)),
    "grey": ((0.17, 0.175, 0.17), (0.05, 0.05, 0.05), (0.36, 0.36, 0.34), (0.44, 0.44, 0.41)),
    "black": ((0.02, 0.02, 0.022), (0.012, 0.012, 0.014), (0.50, 0.42, 0.10), (0.10, 0.10, 0.105)),
}


@spec
class Snake:
    """A snake: length, girth, head and pattern."""

    seed: int = seed()
    length: float = uniform(0.4, 3.5, unit="m", doc="from snout to tail")
    girth: float = uniform(
        0.75, 1.5, doc="thickness, of a length-to-width ratio of 40", says=((0.9, "slender"), (1.25, ""), (9, "heavy"))
    )
    head: float = uniform(0.9, 1.5, doc="breadth of the head, of the neck's")
    pattern: str = choice({"diamonds": 2, "bands": 1.5, "stripes": 1, "plain": 1, "blotches": 1.5}, doc="marks on the back",
                          says={"diamonds": "with diamonds", "bands": "banded", "stripes": "striped", "blotches": "blotched"})  # fmt: skip
    colours: str = choice(
        {"brown": 3, "green": 2, "sand": 2, "coral": 1, "grey": 1, "black": 1},
        doc="colours of the scales",
        says="a {} snake",
    )
    mark: float = uniform(0.8, 1.3, doc="size of the marks, of the usual")
    bends: float = uniform(1.6, 2.6, doc="waves that the body lies in as it slithers")
    winding: float = uniform(0.6, 1.0, unit="rad", doc="greatest angle between the body and its way")


def sample_snake(rng: Generator, fixed=None) -> Snake:
    """Draw a snake."""
    return draw(Snake, rng, fixed)


def build_snake(spec: Snake, detail: float = 1.0) -> Asset:
    """Build a snake at rest, stretched out along y."""
    r = 0.0125 * spec.girth  # half the greatest width, in lengths
    h = spec.head
    # (place, half width, up, down): head with its jaws, neck, body, tail.
    sections = [(0.000, 0.30 * h, 0.20, 0.24), (0.007, 0.52 * h, 0.36, 0.34), (0.020, 0.74 * h, 0.50, 0.42), (0.033, 0.88 * h, 0.56, 0.46),
                (0.043, 0.78 * h, 0.52, 0.44), (0.058, 0.50, 0.47, 0.44), (0.085, 0.56, 0.54, 0.50), (0.16, 0.78, 0.76, 0.62),
                (0.32, 1.0, 0.98, 0.74), (0.50, 1.04, 1.0, 0.76), (0.66, 0.92, 0.90, 0.70), (0.80, 0.66, 0.66, 0.55), (0.90, 0.42, 0.42, 0.38),
                (0.96, 0.24, 0.24, 0.22), (1.0, 0.07, 0.07, 0.07)]  # fmt: skip
    rings = [
        ring(0, t - 0.5, r * (down + (0.12 if t < 0.05 else 0.0)), r * width, r * up, r * down, 2.2)
        for t, width, up, down in sections
    ]
    names = ("head", *(f"spine{index}" for index in range(BONES)))
    # The head is one bone, the rest share the body evenly.
    cut = 0.046
    bone_parts = [
        Part(
            "skull",
            [ring(0, 0.0 - 0.5, r * 0.5, r, r), ring(0, cut - 0.5, r * 0.5, r, r)],
            bones=names[:1],
            joined=False,
        ),
        Part(
            "back",
            [ring(0, y - 0.5, r * 0.7, r, r) for y in np.linspace(cut, 1, 5)],
            bones=names[1:],
            joint="head",
            joined=False,
        ),
    ]
    bones, radii = skeleton(grow(bone_parts))
    assembly = Assembly(bones, radii)
    body = grow([Part("body", rings, caps=(1.0, 1.0))], (22 if detail > 0.5 else 6) * (len(rings) - 1) + 1)["body"]
    around = 42 if detail > 0.5 else 12
    shell = loft(_even(body, 560 if detail > 0.5 else 130), around)
    t = (shell.vertices[:, 1] + 0.5).clip(0, 1)
    angle = shell.attributes["around"]
    lift, crease = _scales(t, angle, r)
    local = np.interp(t, body.along, body.shape[:, 0])
    if detail > 0.5:
        shell = shell.moved(np.where(t > 0.03, lift * 0.05 * local, 0)[:, None] * shell.normals())
    colour = _painted(shell.vertices, t, angle, crease, spec, r, local)
    weights = _along(shell.vertices, bones)
    assembly.add(shell, Surface("snake_skin", spec.seed, painted=True), weights, colour)
    sweep = body
    size = 0.12 * r * h
    place, axis = sweep.place(0.018, 58, 1.0), sweep.place(0.018, 58, 0.0)
    out = unit(place - axis)
    ball = eyeball(
        place - 0.5 * size * out,
        unit(out * [1, 1, 0.3] + [0, -0.3, 0]),
        size,
        (0.45, 0.28, 0.04),
        0.4,
        2.5 if h > 1.2 else 1.0,
        detail=detail,
    )
    assembly.add_pair(ball, Surface("eyeball", painted=True), "head")
    root = sweep.place(0.0, 180, 0.4) - [0, 0.2 * r, 0]
    u = np.linspace(0, 1, 7)[:, None]
    stem = root + r * np.array([0, -1.0, -0.05]) * u * 0.9
    tongue = Surface("hide", painted=True)
    assembly.add(cone(stem, 0.045 * r, 6, 1.6), tongue, "head", (0.06, 0.01, 0.012))
    fork = stem[-1] + r * (np.array([0.28, -0.55, 0.0]) * u + np.array([0.1, 0, 0.12]) * u * u)
    assembly.add_pair(cone(fork, 0.04 * r * (1.05 - u[:, 0]), 6), tongue, "head", (0.05, 0.008, 0.01))
    assembly.lower(min(mesh.vertices[:, 2].min() for mesh in assembly.meshes[:1]))
    return assembly.asset("snake", lambda rest: _motions(rest, spec), spec.length)


def _even(sweep, count: int):
    """A sweep sampled again in even steps along, closer at the head."""
    u = np.concatenate([np.linspace(0, 0.06, count // 8, endpoint=False), np.linspace(0.06, 1, count - count // 8)])
    rows = [sweep.at(place) for place in u]
    columns = [np.array(values) for values in zip(*rows, strict=True)]
    return replace(
        sweep,
        centre=columns[0],
        tangent=unit(columns[1]),
        side=unit(columns[2]),
        up=unit(columns[3]),
        shape=columns[4],
        along=u,
    )


def _scales(t: np.ndarray, angle: np.ndarray, r: float) -> tuple[np.ndarray, np.ndarray]:
    """Relief 0…1 of keeled scales in a diamond lattice with broad plates below, and how deep in a crease a point is."""
    rows = 21
    a, b = t / (2 * np.pi * 0.85 * r / rows * 1.35), angle * rows
    height = np.zeros(len(t))
    for shift in (0.0, 0.5):
        da, db = (a + shift) % 1 - 0.5, (b + shift) % 1 - 0.5
        height = np.maximum(height, 1 - (np.abs(da) / 0.56 + np.abs(db) / 0.56) ** 2)
    below = smoothstep(0.10, 0.07, np.abs(angle - 0.5))
    plates = 1 - (2 * np.abs((a * 0.75) % 1 - 0.5)) ** 6
    height = height * (1 - below) + plates * below
    return np.clip(height, 0, 1), smoothstep(0.35, 0.0, height)


def _painted(points, t, angle, crease, spec: Snake, r: float, local: np.ndarray) -> np.ndarray:
    ground, mark, rim, belly = (np.asarray(colour) for colour in COLOURS[spec.colours])
    from_top = np.minimum(angle, 1 - angle) * 2  # 0 the back … 1 the belly
    colour = np.broadcast_to(ground, points.shape)
    wave = 5.5 * r * spec.mark
    along = t / wave
    jitter = 0.12 * coat.fractal(points / (2 * r), spec.seed, 2)
    if spec.pattern == "diamonds":
        shape = np.abs((along % 1) - 0.5) * 2 * 0.62 + from_top * 1.7 + 0.5 * jitter
        colour = mixed(colour, rim, smoothstep(0.80, 0.70, shape))
        colour = mixed(colour, mark, smoothstep(0.64, 0.56, shape))
        colour = mixed(colour, ground, smoothstep(0.30, 0.2, shape))
    elif spec.pattern == "bands":
        phase = (along * 0.8 + 0.2 * jitter) % 1
        colour = mixed(colour, rim, smoothstep(0.42, 0.45, phase) * smoothstep(0.98, 0.95, phase))
        colour = mixed(colour, mark, smoothstep(0.52, 0.55, phase) * smoothstep(0.88, 0.85, phase))
    elif spec.pattern == "stripes":
        colour = mixed(
            colour,
            rim,
            smoothstep(0.07, 0.05, np.abs(from_top - 0.02)) + smoothstep(0.07, 0.05, np.abs(from_top - 0.42)),
        )
        colour = mixed(colour, mark, smoothstep(0.10, 0.07, np.abs(from_top - 0.2)))
    elif spec.pattern == "blotches":
        field = coat.sampled(
            coat.turing(spec.seed, True), np.stack([t / (1.6 * r), from_top * 3.2, 0 * t], 1) / 1.3, 1.5 * spec.mark
        )
        bar = np.quantile(field, 0.66)
        colour = mixed(colour, rim, smoothstep(bar - 0.12, bar - 0.05, field) * (from_top < 0.8))
        colour = mixed(colour, mark, smoothstep(bar - 0.03, bar + 0.04, field))
    colour = mixed(colour, belly, smoothstep(0.70, 0.82, from_top))
    head = smoothstep(0.050, 0.040, t)
    colour = mixed(colour, 0.8 * ground + 0.2 * mark, head * smoothstep(0.75, 0.6, from_top))
    stripe = head * smoothstep(0.09, 0.05, np.abs(from_top - 0.50)) * smoothstep(0.012, 0.018, t)
    colour = mixed(colour, mark, 0.85 * stripe)
    mouth = smoothstep(0.03, 0.012, np.abs(from_top - 0.66)) * smoothstep(0.040, 0.036, t)
    colour = mixed(colour, 0.25 * ground, 0.8 * mouth)
    colour = colour * (1 - 0.35 * crease * (1 - head))[:, None]
    return np.clip(mottled(colour, points, spec.seed, 2 * r, 0.12), 0.003, 0.9)


def _along(points: np.ndarray, bones) -> np.ndarray:
    middles = np.array([0.5 * (bone.head[1] + bone.tail[1]) for bone in bones])
    middles[0] = bones[0].head[1] + 0.8 * (bones[0].tail[1] - bones[0].head[1])  # the skull does not bend
    place = np.interp(points[:, 1], middles, np.arange(len(bones)))
    return limited(np.clip(1 - np.abs(place[:, None] - np.arange(len(bones))), 0, 1))


def _motions(bones, spec: Snake) -> Motions:
    """Lateral undulation along a serpenoid curve (Hirose 1993): every part follows the track of the head, none slips.

    On a track whose heading is a·cos(2πσ/λ), a body that runs along it at u metres a second leaves at J0(a)·u.
    """
    skeleton = Skeleton(bones)
    length = spec.length
    wave = length / spec.bends
    names = [bone.name for bone in bones]
    starts = np.array([skeleton.head(name)[1] for name in names] + [skeleton.tail(names[-1])[1]])
    behind = starts - starts[0]
    # The track over one wave, from its heading; its drift is the mean.
    fine = np.linspace(0, 1, 2049)
    heading = spec.winding * np.cos(2 * np.pi * fine)
    x = np.concatenate([[0], np.cumsum(0.5 * (np.sin(heading[1:]) + np.sin(heading[:-1])))]) * wave / 2048
    y = np.concatenate([[0], np.cumsum(0.5 * (np.cos(heading[1:]) + np.cos(heading[:-1])))]) * wave / 2048
    drift = y[-1] / wave

    def track(sigma):
        turns = np.floor(sigma / wave)
        share = sigma / wave - turns
        return np.stack([np.interp(share, fine, x - x.mean()), -(turns * y[-1] + np.interp(share, fine, y))], -1)

    def slither(phase: float) -> dict:
        travelled = phase * wave
        points = track(travelled - behind)
        chord = np.diff(points, axis=0)
        yaw = arctan2(chord[:, 0], chord[:, 1])  # of each bone from +y, in which it lies at rest
        head = points[0] + [0, drift * travelled]
        pose = {"": np.array([head[0], head[1], 0.0])}
        for name, turned, before in zip(names, yaw, np.concatenate([[0], yaw[:-1]]), strict=True):
            pose[name] = skeleton.local(name, turn([0, 0, 1.0], -(turned - before)))
        return pose

    period = 1.3 * length**0.35
    return {"slither": slither}, {"slither": period}, {"slither": drift * wave / period}
