"""Beards, moustaches and stubble, grown from the posed jaw and lip."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.random import Generator

from ...params import beta, child, choice, draw, group, lognormal, normal, seed, spec, within
from ..identity import Identity
from ..parts import PART
from ..regions import beard_region
from .brows import _undyed
from .colour import HairColour, sample_hair_colour
from .strands import bent, clumped, curled, leaders_of, smooth_noise, tapered, unit


@dataclasses.dataclass(frozen=True)
class Style:
    """A beard: length on chin and cheeks in metres, strands, and which zones it covers (0…1)."""

    says: str
    chin: float
    cheek: float
    strands: int
    zones: dict[str, float]


ALL = {"cheek": 1.0, "jaw": 1.0, "chin": 1.0, "soul": 0.8, "strap": 1.0}
STYLES = {
    "none": Style("", 0, 0, 0, {}),
    "stubble_light": Style("light stubble", 0.0011, 0.0010, 9000, ALL),
    "stubble_heavy": Style("heavy stubble", 0.0026, 0.0024, 14000, ALL),
    "short_boxed": Style("a short beard", 0.007, 0.005, 16000, ALL),
    "full": Style("a full beard", 0.022, 0.014, 18000, ALL),
    "long_full": Style("a long beard", 0.075, 0.030, 18000, ALL),
    "goatee": Style("a goatee", 0.016, 0.008, 5500, {"chin": 1.0, "soul": 0.8}),
    "van_dyke": Style("a Van Dyke beard", 0.024, 0.008, 5000, {"chin": 0.9, "soul": 0.7}),
    "circle": Style("a circle beard", 0.010, 0.007, 7000, {"chin": 1.0, "soul": 0.8, "circle": 1.0}),
    "chinstrap": Style("a chin strap", 0.005, 0.004, 7000, {"strap": 1.0, "chin": 0.6}),
    "soul_patch": Style("a soul patch", 0.010, 0.006, 700, {"soul": 1.0}),
    "mutton_chops": Style("mutton chops", 0.016, 0.016, 12000, {"cheek": 1.0, "jaw": 0.6}),
    "anchor": Style("an anchor beard", 0.014, 0.007, 4500, {"chin": 1.0, "soul": 1.0, "low": 1.0}),
}
# Length in metres, strands, half width in mm, and how hairs turn: outward share and curl of the tips up.
MOUSTACHES = {
    "none": ("", 0, 0, 0, 0, 0), "natural": ("a moustache", 0.009, 1800, 27, 0.45, 0.0), "chevron": ("a thick moustache", 0.014, 2600, 28, 0.5, 0.0),
    "handlebar": ("a handlebar moustache", 0.024, 2200, 27, 1.5, 0.9), "pencil": ("a pencil moustache", 0.004, 800, 25, 0.4, 0.0),
    "walrus": ("a walrus moustache", 0.024, 3200, 29, 0.35, -0.2), "horseshoe": ("a horseshoe moustache", 0.012, 3400, 30, 0.4, 0.0),
    "lampshade": ("a lampshade moustache", 0.009, 1900, 20, 0.3, 0.0), "imperial": ("an imperial moustache", 0.022, 2200, 26, 1.2, 1.2),
    "stubble": ("", 0.0018, 1800, 27, 0.3, 0.0),
}  # fmt: skip


@spec
class Beard:
    """Facial hair."""

    style: str = choice({name: 1.0 for name in STYLES}, doc="beard", says={n: s.says for n, s in STYLES.items()})
    moustache: str = choice({name: 1.0 for name in MOUSTACHES}, doc="moustache", says={n: m[0] for n, m in MOUSTACHES.items()})
    length: float = lognormal(1.0, 0.2, 0.5, 2.0, doc="length, relative to the style's")
    density: float = lognormal(1.0, 0.2, 0.3, 1.6, doc="number of strands, relative")
    patchiness: float = beta(1.5, 4.0, doc="how unevenly it grows")
    curl: float = beta(2, 3, doc="how far strands curl")
    redder: float = normal(0.08, 0.08, -0.1, 0.4, doc="pheomelanin over that of the scalp")
    colour: HairColour = group(HairColour)
    seed: int = seed()


def sample_beard(rng: Generator, fixed=None, *, identity: Identity, hair=None) -> Beard:
    """Draw facial hair: men's alone; coarse hair curls, and grows grey before the scalp."""
    male = identity.gender < 0.45
    if male:
        styles = {"none": 0.40, "stubble_light": 0.13, "stubble_heavy": 0.12, "short_boxed": 0.10, "full": 0.09, "long_full": 0.025,
                  "goatee": 0.035, "van_dyke": 0.015, "circle": 0.025, "chinstrap": 0.015, "soul_patch": 0.01, "mutton_chops": 0.01,
                  "anchor": 0.012}  # fmt: skip
    else:
        styles = {name: float(name == "none") for name in STYLES}
    wished = within(fixed, "colour")
    colour = hair.colour if hair is not None and not wished else sample_hair_colour(rng, wished, identity=identity)
    first = draw(Beard, rng, {k: v for k, v in (fixed or {}).items() if k == "style"}, style=choice(styles))
    if not male:
        moustaches = {name: float(name == "none") for name in MOUSTACHES}
    elif first.style == "none":
        moustaches = {"none": 0.9} | {name: 0.1 / 9 for name in MOUSTACHES if name != "none"}
    elif first.style.startswith("stubble"):
        moustaches = {"stubble": 0.9, "natural": 0.1}
    elif first.style in ("chinstrap", "soul_patch"):
        moustaches = {"none": 0.7, "pencil": 0.3}
    else:
        moustaches = {"natural": 0.55, "chevron": 0.25, "walrus": 0.05, "handlebar": 0.06, "imperial": 0.03, "pencil": 0.06}
    coily = 0.6 if identity.ancestry[0] > 0.6 else 0.0
    return draw(
        Beard, rng, fixed, style=choice(styles), moustache=choice(moustaches), curl=beta(1.6 + 4 * coily, 3.4 - 2 * coily),
        colour=_undyed(colour),
    )  # fmt: skip


def _zones(template: np.ndarray) -> dict[str, np.ndarray]:
    """The zones of a beard over the template, each (n,) in 0…1, inside the region where a beard grows."""
    x, y, z = np.abs(template[:, 0]), template[:, 1], template[:, 2]

    def soft(value, width=0.003):
        return 1 / (1 + np.exp(np.clip(-value / width, -30, 30)))

    below_lip = soft(-0.083 - z)
    chin = soft(0.024 - x) * below_lip
    return {
        "cheek": soft(x - 0.030) * soft(z + 0.085) * soft(0.060 - y), "jaw": soft(x - 0.020) * soft(-0.080 - z), "chin": chin,
        "soul": soft(0.0075 - x, 0.0012) * soft(-0.0785 - z, 0.0012) * soft(z + 0.098),
        "strap": soft(x - 0.02) * soft(-0.094 - 0.0 - z + 0.9 * np.clip(x - 0.03, 0, 1)) * soft(0.085 - y),
        "circle": soft(x - 0.022, 0.0015) * soft(0.034 - x, 0.0015) * soft(-0.055 - z),
        "low": soft(-0.112 - z, 0.002) * soft(0.034 - x),
    }  # fmt: skip


def build_beard(beard: Beard, person) -> list:
    """Build beard and moustache as curves on the posed skin (needs bpy)."""
    from ...blender import curves_object
    from ...materials.hair import hair_material

    rng = child(beard.seed, "beard")
    sets = [made for made in (_grow_beard(beard, person, rng), _grow_moustache(beard, person, rng)) if made is not None]
    if not sets:
        return []
    colour = dataclasses.replace(beard.colour, redness=min(max(beard.colour.redness + beard.redder, 0.0), 1.0))
    objects = []
    for name, strands, short in sets:
        radius = 0.000052 if not short else 0.000045
        obj = curves_object(
            name, strands, tapered(len(strands), strands.shape[1], radius, radius * (0.7 if short else 0.3)), part=PART["beard"],
            curve_attributes={"strand": ("FLOAT_VECTOR", rng.random((len(strands), 3)))},
        )  # fmt: skip
        obj.data.materials.append(hair_material(name, colour, 0.34))
        objects.append(person.link(obj, "beard"))
    return objects


def _directions(person, normals, template):
    """Down and outward along the skin (n, 3), in the world."""
    head = person.head_matrix[:3, :3]
    side = np.clip(template[:, 0] / 0.04, -1, 1)
    flow = np.stack([0.28 * side, 0.20 + 0 * side, -1.0 + 0 * side], 1) @ head.T
    return unit(flow - normals * np.einsum("ij,ij->i", flow, normals)[:, None])


def _grow_beard(beard: Beard, person, rng: Generator):
    style = STYLES[beard.style]
    if not style.strands:
        return None
    patch = rng.uniform(0, 100)

    def density(template):
        zones = _zones(template)
        zone = np.clip(sum(weight * zones[name] for name, weight in style.zones.items()), 0, 1)
        upper = (np.abs(template[:, 0]) < 0.027) & (template[:, 2] > -0.068)
        spots = 0.5 + 0.5 * np.sin(template[:, 0] * 310 + patch) * np.sin(template[:, 2] * 270 + 2 * patch)
        return beard_region(template) * zone * np.where(upper, 0, 1) * (1 - beard.patchiness * 0.8 * spots)

    density = _without_lips(person, density)
    roots, normals, template, _, _ = person.surface.sample(rng, int(style.strands * beard.density), density)
    if len(roots) == 0:
        return None
    zones = _zones(template)
    edge = density(template)
    length = (style.cheek + (style.chin - style.cheek) * np.clip(zones["chin"] + 0.35 * zones["jaw"], 0, 1)) * beard.length
    length = length * rng.uniform(0.6, 1.08, len(roots)) * (0.45 + 0.55 * np.clip(edge * 1.6, 0, 1))
    short = style.chin < 0.004
    tangent = _directions(person, normals, template)
    down = np.array([0.0, 0.0, -1.0])
    start = unit(normals * (0.75 if not short else 0.45) + tangent * 0.8 + rng.normal(0, 0.14, normals.shape))
    end = unit(tangent * 0.9 + down * 0.6 + normals * 0.16 + rng.normal(0, 0.20, normals.shape))
    points = 4 if short else 12
    strands = bent(roots - normals * 0.0003, start, end, length, points)
    if not short:
        leaders = leaders_of(template, max(len(roots) // 16, 1), rng)
        strands = clumped(strands, leaders, 0.45 * rng.uniform(0.3, 1.0, len(roots)), 1.1)
        strands = strands + smooth_noise(rng, len(roots), points, 2) * (0.055 * length)[:, None, None]
        if beard.curl > 0.15:
            size = 0.0016 * beard.curl * np.minimum(length / 0.01, 1)
            strands = curled(strands, size, 0.0065 + 0.008 * (1 - beard.curl), 2 * np.pi * rng.random(len(roots)), 0.004)
        strands = _pushed_out(person, strands)
    return "Beard", strands, short


def _grow_moustache(beard: Beard, person, rng: Generator):
    _, longest, count, half, outward, tips = MOUSTACHES[beard.moustache]
    if not count:
        return None

    def density(template):
        x, y, z = np.abs(template[:, 0]), template[:, 1], template[:, 2]
        top = -0.0480 - 0.13 * x - (0.004 if beard.moustache == "pencil" else 0.0)
        bottom = -0.0575 - 0.30 * np.clip(x - 0.006, 0, 1)
        body = 1 / (1 + np.exp(np.clip((z - top) / 0.0008, -30, 30)) + np.exp(np.clip((bottom - 0.002 - z) / 0.0008, -30, 30)))
        value = body * np.clip((half / 1000 - x) / 0.004, 0, 1) * (y < 0.0) * np.interp(x, [0, 0.0015, 0.004], [0.25, 0.6, 1])
        if beard.moustache == "horseshoe":
            leg = np.exp(-(((x - 0.0285) / 0.0045) ** 2)) * (z < -0.056) * (z > -0.108) * (y < 0.0)
            value = np.maximum(value, leg)
        return value

    density = _without_lips(person, density)
    roots, normals, template, _, _ = person.surface.sample(rng, int(count * beard.density), density)
    if len(roots) == 0:
        return None
    head = person.head_matrix[:3, :3]
    side = np.sign(template[:, 0])
    far = np.clip(np.abs(template[:, 0]) / 0.024, 0, 1)
    flow = np.stack([side * (0.25 + outward * far), 0 * side, -1.0 + 0.5 * far * min(outward, 1.2)], 1) @ head.T
    tangent = unit(flow - normals * np.einsum("ij,ij->i", flow, normals)[:, None])
    length = longest * beard.length * rng.uniform(0.65, 1.05, len(roots)) * (0.75 + 0.25 * far)
    short = longest < 0.004
    start = unit(tangent + normals * 0.35 + rng.normal(0, 0.10, normals.shape))
    up = head @ np.array([0.0, 0.0, 1.0])
    drop = np.stack([side * outward * far, 0 * side, -0.6 + 0 * side], 1) @ head.T
    end = unit(0.6 * tangent + drop + up * tips * far[:, None] * 1.6 + normals * 0.05 + rng.normal(0, 0.12, normals.shape))
    points = 4 if short else 10
    strands = bent(roots - normals * 0.0003, start, end, length, points)
    if not short:
        leaders = leaders_of(template, max(len(roots) // 12, 1), rng)
        strands = clumped(strands, leaders, 0.5 * rng.uniform(0.3, 1.0, len(roots)), 1.0)
        strands = _pushed_out(person, strands)
    return "Moustache", strands, short


def _without_lips(person, density):
    """The density with lips, nose and the inside of the mouth taken out."""
    surface = person.surface
    bare = np.isin(surface.part, [PART[name] for name in ("top_lip", "bottom_lip", "mouth_interior", "nose")])
    bald = np.zeros(len(surface.template), bool)
    bald[surface.triangles[bare].ravel()] = True

    def masked(template):
        value = density(template)
        return np.where(bald, 0.0, value) if len(template) == len(bald) else value

    return masked


def _pushed_out(person, strands: np.ndarray) -> np.ndarray:
    """Strands whose later points went under the skin come out again; every third point is looked up."""
    tree = person.surface.bvh()
    for k in range(2, strands.shape[1], 3):
        found = [tree.find_nearest(point) for point in strands[:, k].tolist()]
        nearest, normal = np.array([hit[0] for hit in found]), np.array([hit[1] for hit in found])
        height = np.einsum("ij,ij->i", strands[:, k] - nearest, normal)
        push = np.clip(0.0006 - height, 0, 0.02)[:, None] * normal
        strands[:, k:] += push[:, None]
        strands[:, k - 1] += 0.6 * push
    return strands
