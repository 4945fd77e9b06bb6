"""Flowers: stems with leaves and heads of petals, one kind a row."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.mesh import Mesh, merged
from ...geometry.primitives import icosphere
from ...params import beta, child, choice, draw, integer, lognormal, normal, seed, spec, uniform
from .blades import FOLDED, THREE, arcs, level_side, sweep
from .foliage import kite, leaf_colours, placed
from .growth import unit

# Height in metres, diameter of the head (or length of the spike).
KINDS = {"daisy": (0.30, 0.050), "poppy": (0.45, 0.075), "tulip": (0.38, 0.060), "sunflower": (1.7, 0.26), "lavender": (0.50, 0.075),
         "lupin": (0.75, 0.26), "orchid": (0.40, 0.060), "bluebell": (0.32, 0.11), "dandelion": (0.18, 0.040)}  # fmt: skip
SAYS = {"daisy": "daisies", "poppy": "poppies", "tulip": "tulips", "sunflower": "sunflowers", "lavender": "lavender", "lupin": "lupins",
        "orchid": "an orchid", "bluebell": "bluebells", "dandelion": "dandelions"}  # fmt: skip
PETALS = {
    "daisy": ((0.80, 0.79, 0.74), (0.76, 0.55, 0.66)), "poppy": ((0.58, 0.035, 0.018), (0.72, 0.20, 0.02)),
    "tulip": ((0.62, 0.03, 0.04), (0.78, 0.50, 0.03), (0.62, 0.16, 0.36), (0.80, 0.76, 0.66)), "sunflower": ((0.76, 0.42, 0.012),),
    "lavender": ((0.19, 0.12, 0.42), (0.30, 0.18, 0.48)), "lupin": ((0.16, 0.09, 0.46), (0.55, 0.17, 0.34), (0.72, 0.60, 0.50)),
    "orchid": ((0.62, 0.20, 0.48), (0.80, 0.76, 0.74), (0.74, 0.56, 0.10)), "bluebell": ((0.16, 0.15, 0.52),), "dandelion": ((0.76, 0.52, 0.015),),
}  # fmt: skip
GREEN = (0.075, 0.135, 0.030)


@spec
class Flower:
    """A flowering plant with one or several stems."""

    kind: str = choice({name: 1.0 for name in KINDS}, doc="kind of flower", says=SAYS)
    height: float = uniform(0.06, 3.0, unit="m", doc="height; drawn around the kind's")
    size: float = lognormal(1.0, 0.10, 0.6, 1.6, doc="size of the heads, relative to the kind")
    stems: int = integer(1, 24, doc="number of stems; drawn as the kind grows")
    colour: int = integer(0, 3, doc="which of the kind's colours; it has up to four")
    open: float = beta(4, 1.5, doc="0 in bud … 1 wide open")
    wilt: float = beta(0.8, 4, doc="0 fresh … 1 wilted", says=((0.6, ""), (2, "wilted")))
    lean: float = normal(6, 4, 0, 25, unit="deg", doc="lean of the stems")
    seed: int = seed()


def sample_flower(rng: Generator, fixed=None) -> Flower:
    """Draw a flower: height and stems as its kind has them."""
    kind = draw(Flower, rng, fixed).kind
    height = KINDS[kind][0]
    stems = {"lavender": (9, 22), "sunflower": (1, 2), "orchid": (1, 2), "lupin": (1, 5), "daisy": (3, 9)}.get(
        kind, (2, 6)
    )
    return draw(Flower, rng, fixed, height=lognormal(height, 0.18, 0.6 * height, 1.6 * height), stems=integer(*stems))


def _petals(
    count: int,
    at,
    facing,
    length: float,
    width: float,
    rise,
    curl: float,
    shape,
    rng,
    colour,
    detail: float,
    ring: float = 0.0,
    fold=0.15,
):
    """A ring of petals at a head: ``rise`` radians above the head's plane, curling outwards by ``curl`` radians."""
    turn = np.arange(count) * 2 * np.pi / count + rng.uniform(0, 6) + rng.normal(0, 0.06, count)
    steps = 6 if detail > 0.5 else 3
    t = np.linspace(0, 1, steps)
    long = length * np.exp(rng.normal(0, 0.05, count))
    paths = arcs(long, np.broadcast_to(rise, (count,)) + rng.normal(0, 0.08, count), turn, np.full(count, curl), steps)
    paths = paths + ring * np.stack([np.cos(turn), np.sin(turn), 0 * turn], -1)[:, None]
    half = width / 2 * shape(t)[None] * np.ones((count, 1))
    tint = leaf_colours(rng, count, colour, spread=0.06)[:, None] * (0.75 + 0.3 * t)[None, :, None]
    mesh = sweep(paths, level_side(turn), FOLDED, half, half * fold, colour=np.clip(tint, 0, 0.9))
    return _turned(mesh, at, facing)


def _turned(mesh: Mesh, at, facing) -> Mesh:
    """A head built along +z turned to face a direction at a place."""
    facing = unit(np.asarray(facing, float))
    x = unit(np.cross([0.0, 1.0, 0.001], facing))
    turn = np.column_stack([x, np.cross(facing, x), facing])
    return Mesh(mesh.vertices @ turn.T + at, mesh.faces, mesh.slot, mesh.attributes)


def _ball(at, facing, radius: float, flat: float, colour, detail: float, lift: float = 0.0) -> Mesh:
    ball = icosphere(2 if detail > 0.5 else 1, radius)
    colours = np.clip(np.asarray(colour) * (0.8 + 0.35 * (ball.vertices[:, 2:] / radius)), 0, 1)
    return _turned(Mesh(ball.vertices * [1, 1, flat] + [0, 0, lift], ball.faces, 0, {"colour": colours}), at, facing)


def _oval(t):
    return np.sqrt(np.clip(np.sin(np.pi * np.clip(0.10 + 0.90 * t, 0, 1)), 0, 1)) * (t < 1) + 0.05


def _wide(t):
    return np.clip(0.25 + 1.6 * t, 0, 1) * np.sqrt(np.clip(1 - np.maximum(t - 0.75, 0) ** 2 / 0.066, 0.02, 1))


def _head(flower: Flower, at, facing, size: float, rng: Generator, detail: float) -> list[Mesh]:
    """The head of a flower on its stem's end."""
    colours = PETALS[flower.kind]
    colour = np.asarray(colours[flower.colour % len(colours)]) * (1 - 0.4 * flower.wilt)
    rise = np.radians(86 - 78 * flower.open) - 0.9 * flower.wilt
    r = size / 2
    far = detail < 0.5
    if flower.kind == "daisy":
        return [_petals(12 if far else 21, at, facing, r, 0.30 * r, rise + 0.05, 0.25, _oval, rng, colour, detail, 0.22 * r),
                _ball(at, facing, 0.34 * r, 0.5, (0.62, 0.36, 0.02), detail, 0.02 * r)]  # fmt: skip
    if flower.kind == "dandelion":
        return [_petals(14 if far else 34, at, facing, r * s, 0.16 * r, rise + up, 0.3, _oval, rng, colour, detail)
                for s, up in ((1.0, 0.1), (0.78, 0.5), (0.5, 0.9))]  # fmt: skip
    if flower.kind == "sunflower":
        return [_petals(16 if far else 26, at, facing, 0.58 * r, 0.20 * r, 0.30 * rise + 0.1 + 0.12 * ring, 0.3, _oval, rng, colour, detail, 0.50 * r)
                for ring in range(2)] + [_ball(at, facing, 0.56 * r, 0.22, (0.055, 0.028, 0.012), detail, -0.03 * r),
                                         _petals(14, at, -np.asarray(facing), 0.55 * r, 0.3 * r, -0.15, 0.2, _oval, rng, GREEN, 0.3, 0.30 * r)]  # fmt: skip
    if flower.kind == "poppy":
        return [_petals(4, at, facing, 1.02 * r, 1.35 * r, 0.7 * rise + 0.45, 0.55, _wide, rng, colour, detail, fold=0.35),
                _petals(4, at, facing, 0.92 * r, 1.25 * r, 0.7 * rise + 0.70, 0.5, _wide, rng, colour * 0.9, detail, fold=0.35),
                _ball(at, facing, 0.17 * r, 1.1, (0.12, 0.15, 0.05), detail, 0.16 * r),
                _petals(18, at, facing, 0.34 * r, 0.05 * r, 0.9, 0.3, _oval, rng, (0.02, 0.015, 0.025), 0.3)]  # fmt: skip
    if flower.kind == "tulip":
        steep = np.radians(98 - 22 * flower.open)
        return [_petals(3, at, facing, 2.1 * r, 1.55 * r, steep + up, 0.20 - 0.5 * flower.open * (up < 0.1), _oval, rng, colour, detail, 0.35 * r, fold=0.55)
                for up in (0.0, 0.12)] + [_ball(at, facing, 0.40 * r, 0.7, GREEN, detail, 0.15 * r)]  # fmt: skip
    # The orchid: three sepals, two broad petals and a lip.
    return [_petals(3, at, facing, r, 0.55 * r, 0.15, 0.25, _oval, rng, colour * 0.92, detail),
            _petals(2, at, facing, 1.02 * r, 1.15 * r, 0.22, 0.3, _wide, rng, colour, detail),
            _petals(1, at, facing, 0.6 * r, 0.5 * r, 0.6, 1.2, _wide, rng, (0.42, 0.05, 0.20), detail, fold=0.5),
            _ball(at, facing, 0.14 * r, 1.0, (0.72, 0.50, 0.10), detail, 0.08 * r)]  # fmt: skip


def _spike(flower: Flower, path: np.ndarray, size: float, rng: Generator, detail: float) -> list[Mesh]:
    """Small flowers around the upper part of a stem (s, 3): whorls of a lupin, a head of lavender, nodding bells."""
    colours = PETALS[flower.kind]
    colour = np.asarray(colours[flower.colour % len(colours)]) * (1 - 0.5 * flower.wilt)
    count = {"lavender": 54, "lupin": 90, "bluebell": 8}[flower.kind]
    count = max(int(count * max(detail, 0.2)), 5)
    length = np.sqrt((np.diff(path, axis=0) ** 2).sum(1)).sum()
    t = 1 - np.linspace(0, 1, count) * min(size / length, 0.75)
    place = np.clip(t, 0, 1) * (len(path) - 1)
    low = np.minimum(place.astype(int), len(path) - 2)
    at = path[low] + (place - low)[:, None] * (path[low + 1] - path[low])
    forward = unit(path[low + 1] - path[low])
    turn = np.arange(count) * np.pi * (3 - np.sqrt(5))
    around = np.stack([np.cos(turn), np.sin(turn), 0 * turn], 1)
    taper = np.clip(0.35 + 1.1 * (1 - t) * length / size, 0, 1)
    if flower.kind == "bluebell":
        meshes = []
        for index in range(count):
            down = unit(around[index] * 0.8 - [0, 0, 0.9])
            meshes.append(
                _petals(
                    6,
                    at[index] + 0.012 * around[index],
                    down,
                    0.020 * flower.size,
                    0.009,
                    1.35,
                    1.3,
                    _oval,
                    rng,
                    colour,
                    0.6,
                    0.002,
                )
            )
        return meshes
    wide = (0.030 if flower.kind == "lupin" else 0.011) * flower.size * flower.height / KINDS[flower.kind][0]
    wide = wide * (1 + 0.5 * (detail < 0.5))
    along = unit(around + 0.55 * forward + 0.15 * rng.normal(size=at.shape))
    tone = leaf_colours(rng, count, colour, (0.30, 0.32, 0.16), np.clip(0.9 - 1.5 * taper, 0.001, 1), 0.10)
    out = [
        placed(kite(0.75, 0.6, 0.8, 0.2), at + shift * forward * wide, along, forward, wide * taper, colour=tone)
        for shift in (0, 0.25)
    ]
    return out


def _leaves(flower: Flower, paths: np.ndarray, rng: Generator, detail: float) -> list[Mesh]:
    """Leaves: a rosette at the foot, or along tall stems."""
    height, kind = flower.height, flower.kind
    meshes = []
    count, long, wide, rise, sag = {
        "daisy": (12, 0.28, 0.24, 22, 0.4), "poppy": (9, 0.40, 0.20, 42, 0.9), "tulip": (3 * flower.stems, 0.72, 0.13, 70, 0.9),
        "sunflower": (0, 0, 0, 0, 0), "lavender": (46, 0.34, 0.06, 58, 0.3), "lupin": (0, 0, 0, 0, 0), "orchid": (5, 0.55, 0.28, 35, 1.0),
        "bluebell": (8, 0.85, 0.05, 62, 1.4), "dandelion": (11, 0.75, 0.20, 24, 0.7),
    }[kind]  # fmt: skip
    if count:
        turn = np.arange(count) * 2.4 + rng.normal(0, 0.2, count)
        length = height * long * rng.uniform(0.7, 1.1, count)
        steps = 6 if detail > 0.5 else 3
        t = np.linspace(0, 1, steps)
        foot = paths[np.arange(count) % len(paths), 0]
        lines = (
            arcs(length, np.radians(rise + rng.normal(0, 7, count)), turn, np.full(count, sag), steps) + foot[:, None]
        )
        half = wide / 2 * length[:, None] * (np.minimum(0.35 + 2 * t, 1) * np.maximum(1 - t**2.5, 0.03))
        meshes.append(
            sweep(
                lines,
                level_side(turn),
                FOLDED,
                half,
                half * 0.35,
                colour=leaf_colours(rng, count, GREEN),
                sway=0.05 * length[:, None] * t,
            )
        )
    if kind in ("sunflower", "lupin"):  # up the stem
        for path in paths:
            number = 9
            at = path[np.linspace(1, len(path) * 0.72, number).astype(int)]
            turn = np.arange(number) * 2.4 + rng.uniform(0, 6)
            if kind == "sunflower":
                length = 0.19 * height * np.linspace(1.1, 0.55, number)
                t = np.linspace(0, 1, 6)
                lines = arcs(length, np.full(number, 0.55), turn, np.full(number, 1.2), 6) + at[:, None]
                half = 0.37 * length[:, None] * np.array([0.05, 0.85, 1.0, 0.75, 0.40, 0.02])
                meshes.append(
                    sweep(
                        lines,
                        level_side(turn),
                        FOLDED,
                        half,
                        half * 0.3,
                        colour=leaf_colours(rng, number, GREEN),
                        sway=0.06 * t[None] * length[:, None],
                    )
                )
            else:  # hands of leaflets
                fingers = 9
                out = np.stack([np.cos(turn), np.sin(turn), np.full(number, 0.5)], 1)
                tip = at + 0.10 * height * unit(out)
                spin = np.arange(fingers) * 2 * np.pi / fingers
                rays = np.stack([np.cos(spin), np.sin(spin), np.full(fingers, 0.25)], 1)
                meshes.append(placed(kite(0.24), np.repeat(tip, fingers, 0), unit(np.tile(rays, (number, 1))), np.tile([0.1, 0.0, 1.0], (number * fingers, 1)),
                                     0.085 * height, colour=leaf_colours(rng, number * fingers, GREEN)))  # fmt: skip
                meshes.append(
                    sweep(
                        np.stack([at, (at + tip) / 2, tip], 1),
                        level_side(turn),
                        THREE,
                        np.full((number, 3), 0.003 * height),
                        closed=True,
                        colour=GREEN,
                    )
                )
    return meshes


def build_flower(flower: Flower, detail: float = 1.0) -> Asset:
    """A flowering plant; a lower ``detail`` has fewer and plainer petals."""
    rng = child(flower.seed, "stems")
    height, head = flower.height, KINDS[flower.kind][1] * flower.size * (flower.height / KINDS[flower.kind][0]) ** 0.5
    count, tall = flower.stems, flower.height * rng.uniform(0.62, 1.0, flower.stems)
    tall[0] = height
    spike = flower.kind in ("lavender", "lupin", "bluebell")
    turn = np.arange(count) * 2.4 + rng.uniform(0, 6)
    foot = 0.05 * height * np.sqrt(np.arange(count))[:, None] * np.stack([np.cos(turn), np.sin(turn), 0 * turn], 1)
    rise = np.radians(
        90 - flower.lean - (14 if flower.kind == "lavender" else 3) * np.sqrt(np.arange(count) / max(count, 1)) * 2
    )
    sag = rng.uniform(0.05, 0.25, count) + 1.2 * flower.wilt**2 + {"bluebell": 0.9, "orchid": 0.7}.get(flower.kind, 0)
    paths = arcs(tall, rise, turn, sag, 14 if detail > 0.12 else 5) + foot[:, None]
    radius = {"sunflower": 0.010, "lavender": 0.0028, "lupin": 0.007, "tulip": 0.010}.get(flower.kind, 0.0055) * height
    t = np.linspace(0, 1, paths.shape[1])
    stem = sweep(
        paths, level_side(turn), THREE, radius * (1.1 - 0.5 * t), closed=True, colour=leaf_colours(rng, count, GREEN)
    )
    green = [stem, *_leaves(flower, paths, child(flower.seed, "leaves"), detail)]
    rng, petals = child(flower.seed, "petals"), []
    for index, path in enumerate(paths):
        forward = path[-1] - path[-2]
        if spike:
            petals += _spike(flower, path, head, rng, detail)
        elif flower.kind == "orchid":  # several heads along an arching spray
            for place in np.linspace(0.55, 1.0, 6):
                at = path[int(place * (len(path) - 1))]
                petals += _head(
                    flower, at + [0, -0.01, 0], np.array([0.3 * rng.normal(), -1.0, 0.1]), head, rng, detail
                )
        else:
            tilt = {"sunflower": [0.15 * rng.normal(), -0.75, 0.55], "tulip": [0, 0, 1.0]}.get(
                flower.kind, [0.25 * rng.normal(), -0.25, 0.9]
            )
            petals += _head(
                flower,
                path[-1],
                unit(unit(forward) * 0.5 + tilt),
                head * (0.85 + 0.15 * tall[index] / height),
                rng,
                detail,
            )
    mesh = merged([merged(green), merged(petals).with_slot(1)])
    z = np.clip(mesh.vertices[:, 2] / height, 0, 1.2)
    owner = np.argmin(((mesh.vertices[:, None, :2] - paths[None, :, -1, :2]) ** 2).sum(-1), axis=1)
    mesh = mesh.with_attributes(
        sway=0.22 * height * z**1.6, phase=child(flower.seed, "phase").uniform(0, 1, count)[owner]
    )
    return Asset(
        "flower", mesh, (Surface("stem", flower.seed, painted=True), Surface("petal", flower.seed, painted=True))
    )
