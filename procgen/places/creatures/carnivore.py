"""Carnivores from cat and fox to wolf and bear: padded feet, pointed teeth, fur with spots, stripes or a saddle."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...params import choice, draw, seed, spec, uniform
from . import coat
from .coat import mixed, mottled, smoothstep
from .mammal import Mammal
from .proportions import proportioned
from .shapes import CARNIVORES

# Linear albedo of a coat: its main colour, its marks and its pale underside.
COATS = {
    "grey": ((0.16, 0.145, 0.125), (0.035, 0.032, 0.03), (0.42, 0.38, 0.32)),
    "brown": ((0.12, 0.062, 0.03), (0.035, 0.018, 0.01), (0.22, 0.13, 0.07)),
    "red": ((0.36, 0.13, 0.035), (0.03, 0.02, 0.015), (0.62, 0.56, 0.48)),
    "golden": ((0.42, 0.23, 0.09), (0.035, 0.02, 0.012), (0.68, 0.58, 0.44)),
    "black": ((0.018, 0.016, 0.015), (0.008, 0.007, 0.007), (0.045, 0.035, 0.028)),
    "white": ((0.68, 0.64, 0.56), (0.32, 0.28, 0.23), (0.76, 0.74, 0.70)),
    "cream": ((0.50, 0.37, 0.23), (0.12, 0.075, 0.045), (0.66, 0.57, 0.44)),
}
# Which coats and patterns a form has, with weights.
FORMS = {
    "cat": ({"grey": 2, "red": 1.5, "brown": 1, "black": 1, "white": 1, "cream": 1}, {"stripes": 4, "plain": 1, "patches": 2, "points": 1}),
    "leopard": ({"golden": 4, "red": 1, "black": 0.4}, {"rosettes": 3, "stripes": 1, "countershaded": 1.2}),
    "wolf": ({"grey": 4, "black": 1, "white": 1, "brown": 1}, {"saddle": 4, "countershaded": 1}),
    "fox": ({"red": 5, "grey": 1, "white": 1}, {"points": 1}),
    "dog": ({"brown": 2, "golden": 2, "black": 2, "white": 2, "cream": 1}, {"plain": 2, "patches": 2, "saddle": 1.5, "points": 1}),
    "bear": ({"brown": 4, "black": 2, "white": 1}, {"plain": 4, "countershaded": 1}),
}  # fmt: skip


@spec
class Carnivore:
    """A carnivore: body plan, size, proportions and coat."""

    seed: int = seed()
    form: str = choice(
        {"cat": 2, "leopard": 1.5, "wolf": 1.5, "fox": 1.5, "dog": 2, "bear": 1.5}, doc="body plan", says="a {}"
    )
    height: float = uniform(0.2, 1.25, unit="m", doc="height at the withers")
    leg: float = uniform(0.94, 1.07, doc="length of the legs, of the body plan's")
    girth: float = uniform(0.92, 1.12, doc="width of the trunk, of the body plan's")
    neck: float = uniform(0.92, 1.10, doc="length of the neck, of the body plan's")
    head: float = uniform(0.95, 1.08, doc="size of the head, of the body plan's")
    muzzle: float = uniform(0.92, 1.08, doc="length of the muzzle, of the body plan's")
    tail: float = uniform(0.85, 1.15, doc="length of the tail, of the body plan's")
    ear: float = uniform(0.9, 1.12, doc="length of the ears, of the body plan's")
    coat: str = choice(dict.fromkeys(COATS, 1.0), doc="colours of the coat", says="with {} fur")
    pattern: str = choice(
        {"plain": 1, "countershaded": 1, "saddle": 1, "points": 1, "patches": 1, "stripes": 1, "rosettes": 1},
        doc="how colours lie on the coat", says={"stripes": "striped", "rosettes": "spotted", "patches": "with patches"},
    )  # fmt: skip
    mark: float = uniform(0.8, 1.25, doc="size of the marks, of the usual")
    fur_length: float = uniform(0.8, 1.25, doc="length of the fur, of the body plan's")


def sample_carnivore(rng: Generator, fixed=None) -> Carnivore:
    """Draw a carnivore: size and coat go with its form."""
    form = draw(Carnivore, rng, fixed).form
    coats, patterns = FORMS[form]
    return draw(
        Carnivore, rng, fixed, height=uniform(*CARNIVORES[form].height), coat=choice(coats), pattern=choice(patterns)
    )


def build_carnivore(spec: Carnivore, detail: float = 1.0) -> Asset:
    """Build a carnivore at rest."""
    shape = proportioned(CARNIVORES[spec.form], spec)
    animal = Mammal(shape, spec.seed, detail, Surface("fur", spec.seed, painted=True))
    main, dark, light = COATS[spec.coat]
    colour, bare = _paint(animal, spec, main, dark, light)
    animal.put_skin(colour, bare)
    round_pupil = spec.form in ("dog", "wolf", "bear", "leopard")
    animal.eyes(0.45, 1.0 if round_pupil else 2.6)
    tipped = spec.pattern in ("points", "rosettes", "saddle") or spec.form == "fox"
    animal.ears(
        np.asarray(dark) if tipped else np.asarray(main),
        mixed(light, (0.40, 0.22, 0.17), np.array([0.45]))[0],
        animal.fur,
    )
    animal.nose()
    if detail > 0.5:
        animal.claws()
    return animal.asset("carnivore", spec.height)


def _paint(animal: Mammal, spec: Carnivore, main, dark, light) -> tuple[np.ndarray, np.ndarray]:
    """Colours (n, 3) of the skin and where it is bare 0…1 (n,)."""
    points, normals, s = animal.skin.vertices, animal.skin.normals(), animal.shape
    trunk = animal.part_weight("pelvis", "loin", "chest", "neck", "nape", "scapula", "thigh", "upperarm")
    head = animal.part_weight("head", "jaw")
    feet = animal.part_weight("hand", "toe", "foot")
    tail = animal.part_weight("tail")
    colour = np.broadcast_to(np.asarray(main, float), points.shape)
    below = smoothstep(0.0, -0.75, normals[:, 2]) * (trunk + tail) + 0.4 * animal.part_weight(
        "forearm", "shin"
    ) * smoothstep(0.08, 0.0, np.abs(points[:, 0]))
    facing = (points - animal.origin) @ animal.ahead / s.head
    rise = (points - animal.origin) @ animal.crown / s.head
    cheek = head * smoothstep(0.03, -0.10, rise - 0.02) * smoothstep(0.05, 0.35, facing)
    if spec.pattern != "plain":
        colour = mixed(colour, light, np.clip(np.maximum(0.85 * below, 0.8 * cheek), 0, 1))
    if spec.pattern == "saddle":
        back = smoothstep(0.1, 0.75, normals[:, 2] + 0.25 * coat.fractal(points * 9, spec.seed, 3)) * np.clip(
            trunk + 0.8 * tail, 0, 1
        )
        colour = mixed(colour, dark, 0.78 * back)
        colour = mixed(colour, light, 0.35 * feet)
    if spec.pattern == "points":
        tip = smoothstep(0.80, 0.86, _tail_share(animal)) * tail
        colour = mixed(colour, dark, np.clip(smoothstep(0.30, 0.16, points[:, 2]) * (1 - tail), 0, 1) * 0.92)
        colour = mixed(colour, light if spec.form == "fox" else dark, tip)
        if spec.form != "fox":
            colour = mixed(colour, dark, 0.8 * head * smoothstep(0.3, 0.75, facing))
    if spec.pattern == "patches":
        colour = mixed(colour, (0.70, 0.66, 0.60), coat.patches(points, spec.seed, 0.42 * spec.mark, 0.45))
    if spec.pattern == "rosettes":
        wave = 0.135 * spec.mark * (1 - 0.42 * np.clip(head + feet + animal.part_weight("shin", "forearm"), 0, 1))
        wave = np.median(wave)
        on_body = coat.spots(points, spec.seed, wave, rosettes=True)
        small = coat.spots(points + 0.37, spec.seed, 0.5 * wave)
        share = np.clip(head + feet + animal.part_weight("shin", "forearm", "tail"), 0, 1)
        colour = mixed(
            colour,
            dark,
            np.clip(on_body * (1 - share) + small * share, 0, 1)
            * (1 - 0.3 * below)
            * (1 - head * smoothstep(0.4, 0.6, facing)),
        )
    if spec.pattern == "stripes":
        limbs = np.clip(animal.part_weight("forearm", "hand", "shin", "foot", "tail", "upperarm", "thigh"), 0, 1)
        across = np.stack([np.full(len(points), 0.25), 0.12 + 0.85 * limbs, 1.0 - 0.95 * limbs], 1)
        across /= np.linalg.norm(across, axis=1, keepdims=True)
        # The same on both sides of the body near the spine, as the neural crest leaves them.
        mark = coat.stripes(np.abs(points * [1, 0, 0]) + points * [0, 1, 1], spec.seed, 0.105 * spec.mark, across)
        colour = mixed(colour, dark, 0.88 * mark * (1 - 0.55 * below) * (1 - head * smoothstep(0.35, 0.6, facing)))
    # Lips, the line of the mouth and the skin about the eyes are dark.
    last = s.skull[-1]
    mouth = (
        head
        * smoothstep(0.028, 0.008, np.abs(rise - (last[1] - 0.72 * last[4]) - 0.05 * (facing - 0.9)))
        * smoothstep(0.42, 0.52, facing)
    )
    colour = mixed(colour, (0.025, 0.018, 0.016), 0.75 * mouth)
    eye = animal.on_head(*s.eye[:2])
    near = np.linalg.norm(np.abs(points * [1, 0, 0]) + points * [0, 1, 1] - eye, axis=1) / (s.eye[2] * s.head)
    colour = mixed(colour, (0.02, 0.015, 0.012), 0.7 * smoothstep(1.5, 1.1, near))
    bare = smoothstep(2.2, 1.2, near) + feet * smoothstep(0.02, 0.008, points[:, 2])
    return np.clip(mottled(colour, points, spec.seed, 0.05, 0.18), 0.003, 0.9), np.clip(bare, 0, 1)


def _tail_share(animal: Mammal) -> np.ndarray:
    """How far along the tail a vertex is (n,), 0…1."""
    curve = animal.grown["tail"].centre
    nearest = np.argmin(((animal.skin.vertices[:, None] - curve[None]) ** 2).sum(-1), axis=1)
    return animal.grown["tail"].along[nearest]
