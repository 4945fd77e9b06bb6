"""Identity: who a person is, as a phenotype mix, head sliders and asymmetry, and the neutral shape that follows."""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator

from ..params import beta, draw, flag, fork, normal, simplex, spec, uniform, vector  # noqa: F401
from . import sizes
from .brow_line import levelling
from .head_data import HeadData, head_data
from .lips import closing
from .necks import fitting
from .own_targets import BASE, LIKENESS, MIDFACE
from .traits import AGE, MALE, SEX, trait_weights

# Standard deviation of a slider by section: what people differ by where no measure of theirs says it (measures are carried to
# the published spread, see sizes.py). The skull and the neck move most at the same value, so they get less.
SPREAD = {
    "head": 0.23, "neck": 0.18, "nose": 0.38, "mouth": 0.40, "eyes": 0.50, "eyebrows": 0.41, "cheek": 0.47,
    "forehead": 0.35, "chin": 0.45, "ears": 0.38,
}  # fmt: skip
LIMIT = 0.9  # of any slider that is drawn
RESTRAINED = {  # sliders that become caricature, or leave their place, long before the others
    "head-triangular": 0.5, "head-square": 0.6, "head-diamond": 0.6, "head-angle-in-out": 0.4, "nose-hump": 0.55,
    "head-age": 0.8, "neck-double": 0.5, "nose-compression-compress-uncompress": 0.6, "nose-greek": 0.6,
    "nose-septumangle": 0.6, "mouth-scale-vert": 0.5, "chin-prognathism": 0.55, "chin-jaw-drop": 0.5,
    "eye-push1-in-out": 0.5, "eye-push2-in-out": 0.5, "ear-shape-pointed-triangle": 0.3, "ear-wing": 0.7,
    "mouth-dimples-in-out": 0.6, "eye-bag": 0.6, "eye-scale": 0.5, "mouth-laugh-lines-in-out": 0.6,
    "eyebrows-angle-down-up": 0.3, "forehead-nubian": 0.7, "eye-epicanthus-in-out": 0.7,
}  # fmt: skip
TRANSLATION = 0.5  # of the spread, for the "-trans-" sliders: features keep their place in the face
CONTRAST = 1.5  # the base phenotypes are averages of many people, and people differ more than averages do
AGE_OF_WOMEN = 0.28  # of the years past 25, how many the base model's form of women is given
LATENTS = 6  # shared causes; they make features vary together as bones and fat do
SHARED = 0.45  # part of a slider's variance that comes from the shared causes


def _slider_elements() -> dict:
    data = head_data()
    return {name: uniform(-1.0 if two_sided else 0.0, 1.0) for name, (_, two_sided) in data.sliders.items()}


def asymmetry_names(data: HeadData) -> list[str]:
    """The one-sided targets (left positive, right negative) of the asymmetry, without the side."""
    return sorted({name[5:-2] for name in data.targets if name.startswith("asym/")})


@spec
class Identity:
    """Who somebody is: phenotype, head shape and asymmetry."""

    age: float = beta(
        1.1, 1.5, 18, 88, unit="years", doc="age",
        says=((30, "young"), (45, "adult"), (62, "middle-aged"), (200, "old")),
    )  # fmt: skip
    gender: float = uniform(0, 1, doc="0 male … 1 female phenotype", says=((0.5, "man"), (1.1, "woman")))
    ancestry: tuple = simplex(("african", "asian", "european"), 0.18, doc="weights of the three base phenotypes")
    weight: float = beta(2.6, 3.2, doc="0 thin … 1 heavy")
    muscle: float = normal(0.5, 0.16, 0.05, 0.95, doc="0 slack … 1 athletic")
    shape: tuple = vector(_slider_elements(), doc="the sliders of head, face and neck, -1…1")
    asymmetry: tuple = vector(
        {name: uniform(-1, 1) for name in asymmetry_names(head_data())},
        doc="how far one side leads, left positive, right negative",
    )
    sex: tuple = vector(
        {name: normal(1.0, 0.3, 0.0, 2.0) for name in (*SEX, *MALE)},
        absent=(0.0,) * len((*SEX, *MALE)),
        doc="how much each form of the person's gender shows, 1 as in most",
    )
    ageing: tuple = vector(
        {name: normal(1.0, 0.32, 0.0, 2.0) for name in AGE},
        absent=(0.0,) * len(AGE),
        doc="how much each form of the person's age shows, 1 as in most",
    )
    size: tuple = vector(
        {name: uniform(-limit, limit) for name, limit in sizes.LIMITS.items()},
        absent=(0.0,) * len(sizes.LIMITS),
        doc="how much larger a measure is than that of the head without this, mm; the whole in per cent",
    )


def _base(name: str) -> str:
    return name[2:] if name[:2] in ("l-", "r-") else name


def _draw_shape(rng: Generator, data: HeadData) -> list[float]:
    """Sliders with shared causes, mirrored sides, and a total distance from the mean held to a human shell."""
    bases = list(dict.fromkeys(_base(name) for name in data.sliders))
    # The loadings are one fixed matrix: what goes with what is anatomy, not chance of a person.
    loadings = np.random.Generator(np.random.PCG64(1977)).normal(size=(len(bases), LATENTS))
    loadings /= np.linalg.norm(loadings, axis=1, keepdims=True)
    shared = loadings @ rng.normal(size=LATENTS)
    own = rng.normal(size=len(bases))
    score = math.sqrt(SHARED) * shared + math.sqrt(1 - SHARED) * own
    # In this many dimensions honest normals lie near a shell; a draw far outside it is a freak, far inside a clone.
    size = math.sqrt(np.mean(score**2))
    score *= np.clip(size, 0.85, 1.12) / size
    score = 2.0 * np.tanh(score / 2.0)
    by_base = dict(zip(bases, score, strict=True))
    side_noise = rng.normal(size=len(data.sliders)) * 0.03
    values = []
    for noise, (name, (section, two_sided)) in zip(side_noise, data.sliders.items(), strict=True):
        base = _base(name)
        spread = SPREAD[section] * RESTRAINED.get(base, 1.0) * (TRANSLATION if "-trans-" in base else 1.0)
        value = by_base[base] * spread + (noise if base != name else 0.0)
        values.append(float(f"{np.clip(value, -LIMIT if two_sided else 0.0, LIMIT):.6g}"))
    return values


def sample_identity(rng: Generator, fixed=None, fit: bool = True) -> Identity:
    """Draw an identity; sliders jointly, so that heads are varied and human, then sizes that people have."""
    data = head_data()
    lean = fork(rng, "lean").beta(0.02, 0.02)  # nearly all people look clearly like one or the other: 96 of 100
    asymmetry = fork(rng, "one side").normal(size=len(asymmetry_names(data))) * 0.16
    given = {
        "gender": normal(0.04 + 0.92 * lean, 0.04, 0, 1),
        "shape": _draw_shape(fork(rng, "sliders"), data),
        "asymmetry": [float(f"{value:.6g}") for value in np.clip(asymmetry, -0.5, 0.5)],
        "size": [0.0] * len(sizes.LIMITS),
    }
    if fit:
        others = {path: wish for path, wish in (fixed or {}).items() if not path.startswith("size.")}
        plain = draw(Identity, rng, others, **given)
        fitted = sizes.fitted(target_weights(plain), plain.gender)
        given["size"] = [float(f"{fitted[name]:.6g}") for name in sizes.LIMITS]
    return draw(Identity, rng, fixed, **given)


def phenotype_age(years: float) -> float:
    """MakeHuman's age axis: child 12 years at 1/3, young 25 at 2/3, old 90 at 1."""
    if years < 25:
        return 2 / 3 - (25 - years) / (25 - 12) / 3
    return 2 / 3 + (years - 25) / (90 - 25) / 3


def _between(value: float, knots: tuple[tuple[str, float], ...]) -> dict[str, float]:
    """Linear weights of the two knots around a value."""
    names, places = zip(*knots, strict=True)
    return {name: float(np.interp(value, places, np.eye(len(names))[i])) for i, name in enumerate(names)}


def macro_weights(identity: Identity) -> dict[str, float]:
    """The weight of every macro target: the product of its factors (MakeHuman's phenotype mix)."""
    # The base model's old women have men's faces: women take less of its age, and the forms of traits.AGE say theirs.
    years = identity.age - identity.gender * (1 - AGE_OF_WOMEN) * max(identity.age - 25, 0)
    age = _between(phenotype_age(years), (("child", 1 / 3), ("young", 2 / 3), ("old", 1.0)))
    gender = {"male": 1 - identity.gender, "female": identity.gender}
    weight = _between(identity.weight, (("minweight", 0), ("averageweight", 0.5), ("maxweight", 1)))
    muscle = _between(identity.muscle, (("minmuscle", 0), ("averagemuscle", 0.5), ("maxmuscle", 1)))
    race = dict(zip(("african", "asian", "caucasian"), identity.ancestry, strict=True))
    result = {}
    for sex, g in gender.items():
        for years, a in age.items():
            for people, r in race.items():
                apart = (0.5 + CONTRAST * (g - 0.5)) * (1 / 3 + CONTRAST * (r - 1 / 3))
                result[f"macro/{people}-{sex}-{years}"] = a * apart
            for strength, m in muscle.items():
                for mass, w in weight.items():
                    result[f"macro/universal-{sex}-{years}-{strength}-{mass}"] = g * a * m * w
    return {name: value for name, value in result.items() if value}


def target_weights(identity: Identity) -> dict[str, float]:
    """The weight of every target of an identity: the eyes' size, the likeness to photographs, women's midfaces, macro, traits,
    sliders, asymmetry, corrections of size, the neck, brows that are level, and lips that meet."""
    data = head_data()
    weights = {BASE: 1.0, LIKENESS: 1.0, MIDFACE: identity.gender} | macro_weights(identity)
    ageing, sex = dict(zip(AGE, identity.ageing, strict=True)), dict(zip((*SEX, *MALE), identity.sex, strict=True))
    weights |= trait_weights(identity.age, identity.gender, ageing, sex)
    for name, value in zip(data.sliders, identity.shape, strict=True):
        if value:
            weights[f"slider/{name}/{'+' if value > 0 else '-'}"] = abs(value)
    for name, value in zip(asymmetry_names(data), identity.asymmetry, strict=True):
        if value:
            weights[f"asym/{name}-{'l' if value > 0 else 'r'}"] = abs(value)
    for name, value in zip(sizes.LIMITS, identity.size, strict=True):
        if value:
            weights[f"size/{name}"] = value
    weights |= fitting(weights, identity.gender)
    weights |= levelling(weights, identity.gender)
    return weights | closing(weights)


def neutral_shape(identity: Identity) -> np.ndarray:
    """The neutral head of an identity: (n, 3) metres, the eyes' midpoint at the origin."""
    data = head_data()
    points = data.template.copy()
    for name, weight in target_weights(identity).items():
        indices, deltas = data.targets[name]
        if len(indices) == len(points):  # several times as fast
            points += weight * deltas
        else:
            points[indices] += weight * deltas
    eyes = [points[data.joints[name]].mean(0) for name in ("joint-l-eye", "joint-r-eye")]
    return points - (eyes[0] + eyes[1]) / 2
