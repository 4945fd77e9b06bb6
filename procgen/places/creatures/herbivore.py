"""Grazing animals from antelope and deer to sheep, cow and horse: hooves, horns or antlers, mane, wool."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.noise import cells, fractal
from ...params import child, choice, draw, seed, spec, uniform
from . import coat, horns
from .coat import mixed, mottled, smoothstep
from .mammal import Mammal
from .parts import cone, unit
from .proportions import proportioned
from .shapes import HERBIVORES

# Linear albedo of a coat: its main colour, its marks or points and its pale underside.
COATS = {
    "bay": ((0.19, 0.072, 0.028), (0.014, 0.011, 0.010), (0.24, 0.12, 0.06)),
    "chestnut": ((0.27, 0.10, 0.035), (0.22, 0.085, 0.03), (0.36, 0.18, 0.08)),
    "brown": ((0.16, 0.085, 0.045), (0.04, 0.024, 0.015), (0.32, 0.22, 0.13)),
    "red": ((0.30, 0.125, 0.05), (0.05, 0.03, 0.02), (0.55, 0.47, 0.38)),
    "fawn": ((0.38, 0.225, 0.11), (0.035, 0.022, 0.016), (0.72, 0.67, 0.58)),
    "black": ((0.018, 0.016, 0.015), (0.010, 0.009, 0.009), (0.03, 0.026, 0.023)),
    "white": ((0.66, 0.63, 0.57), (0.06, 0.05, 0.045), (0.72, 0.70, 0.66)),
    "grey": ((0.30, 0.29, 0.28), (0.07, 0.065, 0.065), (0.45, 0.44, 0.43)),
    "cream": ((0.58, 0.50, 0.38), (0.22, 0.17, 0.12), (0.66, 0.60, 0.50)),
}
# Coats, patterns and horns of a form, with weights.
FORMS = {
    "deer": ({"red": 4, "brown": 2, "fawn": 1}, {"countershaded": 3, "dappled": 1}, {"antlers": 1, "none": 1}),
    "antelope": ({"fawn": 4, "red": 2}, {"countershaded": 1}, {"lyre": 4, "none": 1}),
    "cow": ({"black": 3, "red": 2, "brown": 2, "cream": 1, "white": 1}, {"patches": 3, "plain": 2}, {"short": 2, "none": 1}),
    "horse": ({"bay": 4, "chestnut": 3, "black": 1.5, "grey": 1.5, "cream": 1, "white": 1}, {"points": 4, "patches": 1, "plain": 1}, {"none": 1}),
    "sheep": ({"cream": 4, "white": 3, "black": 0.6, "brown": 0.6}, {"points": 2, "plain": 2}, {"spiral": 1, "none": 3}),
    "goat": ({"white": 2, "brown": 2, "black": 1, "grey": 1, "cream": 1}, {"plain": 1, "points": 2, "patches": 1.5}, {"curved": 4, "none": 1}),
}  # fmt: skip


@spec
class Herbivore:
    """A hoofed animal: body plan, size, proportions, coat and horns."""

    seed: int = seed()
    form: str = choice(
        {"deer": 2, "antelope": 1.5, "cow": 2, "horse": 2, "sheep": 1.5, "goat": 1.5}, doc="body plan", says="a {}"
    )
    height: float = uniform(0.6, 1.7, unit="m", doc="height at the withers")
    leg: float = uniform(0.95, 1.06, doc="length of the legs, of the body plan's")
    girth: float = uniform(0.92, 1.12, doc="width of the trunk, of the body plan's")
    neck: float = uniform(0.93, 1.08, doc="length of the neck, of the body plan's")
    head: float = uniform(0.95, 1.06, doc="size of the head, of the body plan's")
    muzzle: float = uniform(0.95, 1.06, doc="length of the muzzle, of the body plan's")
    tail: float = uniform(0.85, 1.15, doc="length of the tail, of the body plan's")
    ear: float = uniform(0.9, 1.12, doc="length of the ears, of the body plan's")
    coat: str = choice(dict.fromkeys(COATS, 1.0), doc="colours of the coat", says="with a {} coat")
    pattern: str = choice({"plain": 1, "countershaded": 1, "points": 1, "patches": 1, "dappled": 1}, doc="how colours lie on the coat",
                          says={"patches": "with patches", "dappled": "with pale spots"})  # fmt: skip
    mark: float = uniform(0.8, 1.25, doc="size of the marks, of the usual")
    horns: str = choice(
        {"none": 1, "antlers": 1, "lyre": 1, "short": 1, "spiral": 1, "curved": 1}, doc="horns or antlers",
        says={"antlers": "with antlers", "lyre": "with long horns", "short": "with horns", "spiral": "with spiral horns", "curved": "with horns"},
    )  # fmt: skip
    horn_length: float = uniform(0.7, 1.25, doc="length of horns or antlers, of the usual")
    fur_length: float = uniform(0.8, 1.25, doc="length of the fur, of the body plan's")


def sample_herbivore(rng: Generator, fixed=None) -> Herbivore:
    """Draw a hoofed animal: size, coat and horns go with its form."""
    form = draw(Herbivore, rng, fixed).form
    coats, patterns, crowns = FORMS[form]
    return draw(Herbivore, rng, fixed, height=uniform(*HERBIVORES[form].height), coat=choice(coats), pattern=choice(patterns),
                horns=choice(crowns))  # fmt: skip


def build_herbivore(spec: Herbivore, detail: float = 1.0) -> Asset:
    """Build a hoofed animal at rest."""
    shape = proportioned(HERBIVORES[spec.form], spec)
    animal = Mammal(shape, spec.seed, detail, Surface("fur", spec.seed, painted=True))
    main, dark, light = (np.array(colour) for colour in COATS[spec.coat])
    colour, bare = _paint(animal, spec, main, dark, light)
    if spec.form == "sheep":
        animal.skin = replace(
            animal.skin, vertices=animal.skin.vertices + _wool(animal, spec)[:, None] * animal.skin.normals()
        )
    animal.put_skin(colour, bare)
    animal.eyes(0.55, 0.8)
    inner = 0.5 * light + 0.5 * np.array([0.35, 0.2, 0.15])
    faced = dark if spec.form == "sheep" and spec.pattern == "points" else main
    animal.ears(faced, inner, animal.fur)
    animal.nostrils()
    animal.hooves((0.045, 0.036, 0.030) if spec.coat != "white" else (0.20, 0.15, 0.10))
    _hair(animal, spec, main, dark)
    if spec.horns != "none":
        _horns(animal, spec)
    return animal.asset("herbivore", spec.height)


def _paint(animal: Mammal, spec: Herbivore, main, dark, light) -> tuple[np.ndarray, np.ndarray]:
    """Colours (n, 3) of the skin and where it is bare 0…1 (n,)."""
    points, normals, s = animal.skin.vertices, animal.skin.normals(), animal.shape
    head = animal.part_weight("head", "jaw")
    legs = animal.part_weight("forearm", "hand", "toe", "foot", "shin")
    facing = (points - animal.origin) @ animal.ahead / s.head
    colour = np.broadcast_to(main, points.shape)
    below = smoothstep(-0.1, -0.8, normals[:, 2]) * (1 - legs) * (1 - head)
    if spec.pattern in ("countershaded", "dappled"):
        rump = smoothstep(0.43, 0.47, points[:, 1] / s.length) * smoothstep(0.60, 0.7, points[:, 2])
        inside = legs * smoothstep(0.5, 1.0, -normals[:, 0] * np.sign(points[:, 0]))
        colour = mixed(
            colour,
            light,
            np.clip(0.9 * below + 0.9 * rump + 0.6 * inside + 0.5 * head * smoothstep(0.1, -0.6, normals[:, 2]), 0, 1),
        )
    if spec.form == "antelope":  # the dark band on the flank
        height = (points[:, 2] - (s.tuck - 0.01)) / 0.12
        band = (
            smoothstep(0.0, 0.35, height)
            * smoothstep(1.0, 0.65, height)
            * smoothstep(0.30, 0.2, np.abs(points[:, 1]) / s.length)
        )
        colour = mixed(colour, dark, 0.9 * band * (1 - legs))
    if spec.pattern == "dappled":
        mark = coat.spots(points * [1, 0.8, 1], spec.seed, 0.075 * spec.mark, share=0.13)
        colour = mixed(
            colour,
            (0.75, 0.72, 0.66),
            0.85
            * mark
            * smoothstep(-0.1, 0.3, normals[:, 2])
            * (1 - head)
            * (1 - legs)
            * smoothstep(0.5, 0.65, points[:, 2]),
        )
    if spec.pattern == "patches":
        other = np.array([0.70, 0.67, 0.62]) if main.mean() < 0.4 else np.array([0.15, 0.08, 0.04])
        field = points * [0.75, 1, 1]
        mark = coat.patches(field, spec.seed, 0.38 * spec.mark, 0.48)
        mark = np.maximum(mark, smoothstep(0.34, 0.28, points[:, 2]) * (spec.form == "cow"))
        colour = mixed(colour, other, mark)
    if spec.pattern == "points":
        limit = s.hock * 0.95
        share = smoothstep(limit + 0.10, limit - 0.03, points[:, 2]) * legs
        if spec.form in ("sheep", "goat"):
            share = np.maximum(share, head * smoothstep(0.02, 0.12, facing))
        colour = mixed(colour, dark, 0.93 * share)
    if spec.form == "horse" and child(spec.seed, "blaze").random() < 0.6:
        width = 0.035 + 0.03 * child(spec.seed, "blaze", "width").random()
        top = (points - animal.origin) @ animal.crown > 0
        line = np.abs(points[:, 0]) / s.head + 0.012 * fractal(points * 25, spec.seed, 2)
        colour = mixed(
            colour,
            (0.72, 0.69, 0.65),
            head
            * top
            * smoothstep(width, width - 0.02, line)
            * smoothstep(0.16, 0.22, facing)
            * smoothstep(0.95, 0.85, facing),
        )
    end = s.skull[-1][0]
    soft = smoothstep(end - 0.14, end - 0.02, facing) * head
    tone = {"deer": (0.02, 0.017, 0.016), "antelope": (0.03, 0.02, 0.02), "cow": (0.20, 0.11, 0.085)}.get(
        spec.form, 0.45 * main + 0.02
    )
    if spec.form == "cow" and main.mean() < 0.1:
        tone = (0.025, 0.02, 0.02)
    colour = mixed(colour, tone, 0.85 * soft)
    eye = animal.on_head(*s.eye[:2])
    near = np.linalg.norm(np.abs(points * [1, 0, 0]) + points * [0, 1, 1] - eye, axis=1) / (s.eye[2] * s.head)
    colour = mixed(colour, 0.3 * main, 0.6 * smoothstep(1.6, 1.1, near))
    bare = np.clip(smoothstep(1.4, 1.1, near) + smoothstep(0.6, 1, soft), 0, 1)
    return np.clip(mottled(colour, points, spec.seed, 0.06, 0.14), 0.003, 0.9), bare


def _wool(animal: Mammal, spec: Herbivore) -> np.ndarray:
    """How far (n,) the fleece stands off the body: a coat of locks."""
    points = animal.skin.vertices
    bare = animal.part_weight("head", "jaw", "forearm", "hand", "toe", "foot") + 0.7 * animal.part_weight("shin")
    first, _, _ = cells(points / 0.045, spec.seed)
    facing = (points - animal.origin) @ animal.ahead / animal.shape.head
    cap = animal.part_weight("head") * smoothstep(0.3, 0.1, facing)
    return np.clip(1 - bare + cap, 0, 1) * (0.035 + 0.022 * (0.6 - np.minimum(first, 1.0) ** 2)) * spec.fur_length


def _hair(animal: Mammal, spec: Herbivore, main, dark) -> None:
    """Mane, forelock, the tail of a horse or the tuft of a cow, the beard of a goat."""
    rng = child(spec.seed, "locks")
    s = animal.shape
    fur = Surface("fur", spec.seed, painted=True)
    count = 1.0 if animal.detail > 0.5 else 0.3
    tail = animal.grown["tail"]
    if spec.form == "horse":
        colour = 0.8 * main if spec.coat in ("chestnut", "white", "grey", "cream") else dark
        neck = animal.grown["neck"]
        number = int(64 * count)
        u = np.linspace(0.16, 1.0, number)
        roots = np.array([neck.place(place, 6 * rng.standard_normal(), 0.95) for place in u])
        side = 1.0
        along = np.stack(
            [side * (0.75 + 0.25 * rng.random(number)), 0.15 * rng.standard_normal(number), 0.5 * np.ones(number)], 1
        )
        bones = ["neck" if place < 0.5 else "nape" for place in u]
        animal.locks(roots, along, 0.24 * (0.8 + 0.4 * rng.random(number)), 0.020 / count**0.5, bones, colour, fur, 1.0)
        number = int(10 * count)
        roots = np.array([animal.on_head(0.05, 8 * rng.standard_normal(), 0.97) for _ in range(number)])
        along = animal.ahead + 0.3 * rng.standard_normal((number, 3)) * [1, 0, 0]
        animal.locks(roots, along, np.full(number, 0.16), 0.013, ["head"] * number, colour, fur, 0.5)
        number = int(46 * count)
        u = rng.uniform(0.05, 1.0, number)
        roots = np.array(
            [tail.place(place, angle, 0.8) for place, angle in zip(u, rng.uniform(0, 360, number), strict=True)]
        )
        names = [f"tail{1 + min(int(3 * place), 2)}" for place in u]
        along = 0.25 * rng.standard_normal((number, 3)) + [0, 0.25, -0.2]
        animal.locks(
            roots, along, 0.48 * (0.7 + 0.4 * rng.random(number)), 0.016 / count**0.5, names, colour, fur, 1.15
        )
    if spec.form == "cow":
        number = int(18 * count)
        tip = tail.centre[-1]
        along = 0.35 * rng.standard_normal((number, 3)) + [0, 0, -0.4]
        animal.locks(
            np.repeat(tip[None], number, 0), along, np.full(number, 0.16), 0.011, ["tail3"] * number, 0.6 * main, fur
        )
    if spec.form == "goat":
        number = int(14 * count)
        chin = animal.grown["jaw"].centre[-1] - 0.1 * s.head * animal.crown + 0.12 * s.head * -animal.ahead
        along = 0.25 * rng.standard_normal((number, 3)) + [0, 0.1, -0.5]
        animal.locks(chin + 0.008 * rng.standard_normal((number, 3)), along, 0.13 * (0.7 + 0.5 * rng.random(number)), 0.009, ["jaw"] * number,
                     0.8 * main, fur)  # fmt: skip


def _horns(animal: Mammal, spec: Herbivore) -> None:
    """Horns or antlers as mirrored shells on the crown."""
    s = animal.shape
    base = animal.on_head(0.14, {"short": 62, "spiral": 48}.get(spec.horns, 26), 0.85)
    back = -animal.ahead
    axes = np.stack(
        [np.array([1.0, 0, 0]), unit(back * [0, 1, 0.2]), unit(np.cross([1.0, 0, 0], unit(back * [0, 1, 0.2])) * -1)]
    )
    axes[2] = np.where(axes[2, 2] < 0, -axes[2], axes[2])
    around = 10 if animal.detail > 0.5 else 6
    for curve, radii, colour in horns.horn(spec.horns, spec.seed, spec.horn_length):
        points = base + s.head * (curve @ axes)
        animal.assembly.add_pair(
            cone(points, s.head * radii, around, up=(0.3, 1.0, 0.2)),
            Surface("horn", spec.seed, painted=True),
            "head",
            colour,
        )
