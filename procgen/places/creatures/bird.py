"""Birds from songbird to eagle, gull and duck: feathered wings spread or folded, tail fan, bill, scaled feet."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...params import child, choice, draw, seed, spec, uniform
from . import feathers, gait
from .assembly import Assembly, Motions
from .coat import mixed, mottled, smoothstep
from .gait import Gait, Leg, Skeleton
from .genome import AHEAD, Part, grow, ring, skeleton
from .parts import blade, cone, ellipsoid, eyeball, unit
from .rig import product, turn
from .skin import graded, join, relaxed, smooth_weights, symmetric


class Form(NamedTuple):
    """A bird's proportions in lengths of its trunk."""

    length: tuple[float, float]  # metres from bill to tail
    tilt: float  # degrees its trunk rises when it stands
    girth: float  # half width of the breast
    neck: float
    neck_radius: float
    head: float  # radius
    bill: tuple[float, float, float]  # length, half height at its root, droop of its tip
    leg: float  # length of the tarsus
    tail: float
    chord: float  # length of the secondaries
    span: float  # of one spread wing
    pointed: float  # 0 a round wing with slots … 1 a pointed one
    webbed: bool
    claw: float


FORMS = {
    "songbird": Form(
        (0.12, 0.19), 36, 0.30, 0.10, 0.20, 0.215, (0.17, 0.055, 0.02), 0.24, 0.62, 0.56, 1.30, 0.35, False, 0.05
    ),
    "pigeon": Form(
        (0.29, 0.36), 22, 0.30, 0.16, 0.14, 0.145, (0.13, 0.035, 0.02), 0.16, 0.60, 0.46, 1.45, 0.6, False, 0.04
    ),
    "crow": Form(
        (0.42, 0.54), 24, 0.28, 0.14, 0.17, 0.175, (0.34, 0.075, 0.05), 0.27, 0.66, 0.58, 1.75, 0.2, False, 0.06
    ),
    "eagle": Form(
        (0.70, 0.92), 30, 0.30, 0.14, 0.17, 0.165, (0.17, 0.07, 0.10), 0.33, 0.52, 0.66, 2.35, 0.0, False, 0.13
    ),
    "gull": Form((0.40, 0.62), 8, 0.25, 0.14, 0.14, 0.15, (0.28, 0.045, 0.04), 0.25, 0.42, 0.42, 2.05, 1.0, True, 0.03),
    "duck": Form(
        (0.48, 0.62), 4, 0.30, 0.30, 0.105, 0.15, (0.26, 0.06, -0.02), 0.16, 0.28, 0.36, 1.25, 0.8, True, 0.03
    ),
}


class Plumage(NamedTuple):
    """Linear albedo of a bird by region."""

    back: tuple[float, float, float]
    belly: tuple[float, float, float]
    breast: tuple[float, float, float]
    head: tuple[float, float, float]
    flight: tuple[float, float, float]
    bar: tuple[float, float, float]
    tail: tuple[float, float, float]
    bill: tuple[float, float, float]
    leg: tuple[float, float, float]
    iris: tuple[float, float, float] = (0.02, 0.012, 0.01)


PLUMAGES = {
    "robin": Plumage((0.16, 0.12, 0.075), (0.62, 0.58, 0.50), (0.55, 0.17, 0.035), (0.19, 0.13, 0.075), (0.10, 0.075, 0.05), (0.24, 0.17, 0.10),
                     (0.12, 0.085, 0.055), (0.03, 0.025, 0.022), (0.16, 0.08, 0.05)),
    "blue": Plumage((0.16, 0.26, 0.12), (0.70, 0.60, 0.16), (0.72, 0.58, 0.12), (0.07, 0.20, 0.48), (0.05, 0.12, 0.30), (0.70, 0.72, 0.70),
                    (0.06, 0.15, 0.34), (0.025, 0.025, 0.03), (0.08, 0.10, 0.13)),
    "cardinal": Plumage((0.34, 0.035, 0.025), (0.52, 0.05, 0.03), (0.55, 0.045, 0.03), (0.58, 0.04, 0.03), (0.20, 0.03, 0.025), (0.34, 0.05, 0.04),
                        (0.30, 0.03, 0.025), (0.60, 0.20, 0.06), (0.14, 0.06, 0.05)),
    "sparrow": Plumage((0.20, 0.115, 0.06), (0.52, 0.46, 0.38), (0.36, 0.31, 0.25), (0.22, 0.15, 0.10), (0.075, 0.05, 0.035), (0.60, 0.54, 0.45),
                       (0.10, 0.07, 0.05), (0.06, 0.05, 0.045), (0.30, 0.16, 0.11)),
    "rock": Plumage((0.30, 0.32, 0.36), (0.28, 0.30, 0.35), (0.13, 0.16, 0.16), (0.10, 0.12, 0.16), (0.16, 0.17, 0.19), (0.03, 0.03, 0.035),
                    (0.14, 0.15, 0.18), (0.05, 0.045, 0.045), (0.42, 0.10, 0.09), (0.50, 0.12, 0.02)),
    "black": Plumage((0.014, 0.014, 0.018), (0.013, 0.013, 0.015), (0.013, 0.013, 0.016), (0.012, 0.012, 0.015), (0.012, 0.012, 0.017),
                     (0.016, 0.016, 0.022), (0.012, 0.012, 0.015), (0.012, 0.012, 0.012), (0.014, 0.013, 0.013)),
    "hooded": Plumage((0.26, 0.25, 0.24), (0.28, 0.27, 0.26), (0.24, 0.23, 0.22), (0.014, 0.014, 0.016), (0.013, 0.013, 0.016), (0.02, 0.02, 0.024),
                      (0.013, 0.013, 0.016), (0.014, 0.014, 0.014), (0.015, 0.014, 0.014)),
    "golden": Plumage((0.085, 0.048, 0.025), (0.06, 0.034, 0.020), (0.075, 0.042, 0.023), (0.24, 0.125, 0.045), (0.045, 0.03, 0.022),
                      (0.13, 0.08, 0.045), (0.06, 0.045, 0.035), (0.05, 0.05, 0.055), (0.58, 0.38, 0.04), (0.45, 0.22, 0.03)),
    "bald": Plumage((0.045, 0.028, 0.019), (0.038, 0.024, 0.017), (0.042, 0.026, 0.018), (0.80, 0.78, 0.72), (0.03, 0.021, 0.016),
                    (0.055, 0.035, 0.025), (0.78, 0.76, 0.70), (0.65, 0.38, 0.035), (0.65, 0.42, 0.04), (0.62, 0.50, 0.12)),
    "white": Plumage((0.34, 0.36, 0.39), (0.82, 0.82, 0.81), (0.82, 0.82, 0.81), (0.82, 0.82, 0.81), (0.36, 0.38, 0.41), (0.80, 0.80, 0.80),
                     (0.80, 0.80, 0.80), (0.68, 0.42, 0.04), (0.62, 0.32, 0.22), (0.60, 0.52, 0.20)),
    "mallard": Plumage((0.19, 0.16, 0.13), (0.46, 0.44, 0.41), (0.11, 0.045, 0.025), (0.012, 0.085, 0.035), (0.12, 0.10, 0.085),
                       (0.05, 0.08, 0.32), (0.62, 0.60, 0.56), (0.52, 0.48, 0.06), (0.62, 0.22, 0.03)),
    "hen": Plumage((0.17, 0.105, 0.055), (0.36, 0.26, 0.16), (0.24, 0.15, 0.08), (0.26, 0.18, 0.105), (0.10, 0.07, 0.045), (0.05, 0.08, 0.30),
                   (0.28, 0.20, 0.13), (0.34, 0.17, 0.05), (0.52, 0.20, 0.05)),
}  # fmt: skip
DRESS = {
    "songbird": {"robin": 2, "blue": 2, "cardinal": 1, "sparrow": 3}, "pigeon": {"rock": 3, "white": 0.6}, "crow": {"black": 3, "hooded": 1},
    "eagle": {"golden": 2, "bald": 1}, "gull": {"white": 1}, "duck": {"mallard": 1, "hen": 1, "white": 0.4},
}  # fmt: skip


@spec
class Bird:
    """A bird: body plan, size, plumage, and whether its wings are spread."""

    seed: int = seed()
    form: str = choice(
        {"songbird": 3, "pigeon": 1.5, "crow": 1.5, "eagle": 1.5, "gull": 1.5, "duck": 1.5},
        doc="body plan",
        says="a {}",
    )
    length: float = uniform(0.12, 0.92, unit="m", doc="from bill to tail")
    wings: str = choice({"folded": 0.6, "spread": 0.4}, doc="whether it stands or flies", says={"spread": "in flight"})
    girth: float = uniform(0.92, 1.10, doc="width of the trunk, of the body plan's")
    bill: float = uniform(0.9, 1.12, doc="length of the bill, of the body plan's")
    span: float = uniform(0.94, 1.06, doc="length of the wings, of the body plan's")
    tail: float = uniform(0.9, 1.12, doc="length of the tail, of the body plan's")
    plumage: str = choice(dict.fromkeys(PLUMAGES, 1.0), doc="colours of the feathers", says="with {} plumage")


def sample_bird(rng: Generator, fixed=None) -> Bird:
    """Draw a bird: size and plumage go with its form."""
    form = draw(Bird, rng, fixed).form
    return draw(Bird, rng, fixed, length=uniform(*FORMS[form].length), plumage=choice(DRESS[form]))


def _tilted(point, tilt: float) -> np.ndarray:
    c, s = np.cos(tilt), np.sin(tilt)
    x, y, z = point
    return np.array([x, c * y + s * z, c * z - s * y])


def _parts(form: Form, tilt: float, folded: bool) -> list[Part]:
    g = form.girth

    def at(y, z, width, up, down=None, pear=0.0):
        return ring(*_tilted((0, y, z), tilt), width, up, down, 2.0, pear)

    trunk = [at(0.56, 0.06, 0.05, 0.05), at(0.42, 0.04, 0.34 * g, 0.28 * g), at(0.20, 0.0, 0.74 * g, 0.66 * g, 0.72 * g),
             at(-0.06, -0.01, g, 0.86 * g, 1.0 * g), at(-0.30, 0.02, 0.90 * g, 0.80 * g, 0.98 * g), at(-0.46, 0.08, 0.55 * g, 0.55 * g, 0.66 * g)]  # fmt: skip
    up = tuple(_tilted((0, 0, 1), tilt))
    parts = [Part("trunk", trunk, up=up, bones=("pelvis", "chest"), caps=(0.6, 0.6))]
    base = _tilted((0, -0.34, 0.10), tilt)
    rise = np.radians(62 if folded else 18)
    ahead = np.array([0, -np.cos(rise), np.sin(rise)])
    top = base + (0.18 + form.neck) * ahead
    r = form.neck_radius
    neck = [ring(*base, 0.62 * g, 0.66 * g), ring(*(0.5 * (base + top) + [0, 0.02, 0]), 0.5 * (r + 0.5 * g) if form.neck < 0.25 else 1.1 * r, 1.15 * r),
            ring(*top, r, r)]  # fmt: skip
    parts.append(
        Part("neck", neck, blend=0.14, up=(0.0, np.sin(rise), np.cos(rise)), bones=("neck", "nape"), joint="chest")
    )
    h = form.head
    crown = top + np.array([0, -0.35 * h, 0.45 * h])
    head = [ring(*(crown + [0, 0.55 * h, -0.05 * h]), 0.74 * h, 0.74 * h), ring(*(crown + [0, -0.05 * h, 0]), 0.90 * h, 0.92 * h),
            ring(*(crown + [0, -0.62 * h, -0.12 * h]), 0.62 * h, 0.60 * h), ring(*(crown + [0, -0.98 * h, -0.20 * h]), 0.30 * h, 0.33 * h)]  # fmt: skip
    parts.append(Part("head", head, blend=0.06, bones=("head",), joint="nape", caps=(0.9, 0.4)))
    parts.append(Part("tail", [ring(*_tilted((0, y, 0.06), tilt), 0.08, 0.035) for y in (0.46, 0.58, 0.68)], blend=0.04, up=up, bones=("tail",),
                      joint="pelvis"))  # fmt: skip
    return parts + _legs(form, tilt, folded) + _arms(form, tilt, folded)


def _legs(form: Form, tilt: float, folded: bool) -> list[Part]:
    hip = _tilted((0.42 * form.girth, 0.06, -0.02), tilt)
    low = -_tilted((0, 0.05, -form.girth), tilt)[2]
    x = hip[0]
    if folded:
        toes = np.array([x, 0.0, -low - form.leg - 0.02])
        ankle = np.array([x, 0.17, -low + 0.02])
        knee = np.array([1.15 * x, -0.10, 0.4 * (hip[2] + ankle[2]) - 0.10])
    else:
        knee, ankle = hip + [0.02, -0.10, -0.10], hip + [0, 0.22, -0.13]
        toes = ankle + [0, 0.9 * form.leg, -0.25 * form.leg]
    t = 0.032 + 0.02 * (form.claw > 0.1)
    ahead = (0.0, -1.0, 0.0) if folded else (0.0, 0.0, -1.0)
    end = toes + 0.16 * np.array(ahead)
    return [
        Part("thigh.L", [ring(*hip, 0.13, 0.16), ring(*(0.4 * hip + 0.6 * knee), 0.11, 0.13), ring(*knee, 0.085, 0.09)], blend=0.09, up=AHEAD,
             bones=("thigh.L",), joint="pelvis", mirrored=True),
        Part("shin.L", [ring(*knee, 0.085, 0.095), ring(*(0.5 * (knee + ankle)), 0.07, 0.075), ring(*ankle, 1.2 * t, 1.2 * t)], blend=0.05, up=AHEAD,
             bones=("shin.L",), joint="thigh.L", mirrored=True),
        Part("foot.L", [ring(*ankle, t, t), ring(*toes, t, t)], up=AHEAD, bones=("foot.L",), joint="shin.L", mirrored=True, joined=False),
        Part("toe.L", [ring(*toes, t, t), ring(*end, t, t)], up=(0.0, 0.3, 1.0), bones=("toe.L",), joint="foot.L", mirrored=True, joined=False),
    ]  # fmt: skip


def _arm_points(form: Form, tilt: float, folded: bool) -> np.ndarray:
    g, b = form.girth, form.span
    if folded:
        local = [
            (0.72 * g, -0.24, 0.42 * g),
            (1.02 * g, 0.06, 0.30 * g),
            (1.0 * g, -0.26, 0.02 * g),
            (0.98 * g, 0.0, 0.06 * g),
        ]
    else:
        local = [
            (0.70 * g, -0.22, 0.52 * g),
            (0.24 * b, 0.0, 0.56 * g),
            (0.46 * b, -0.24, 0.62 * g),
            (0.64 * b, -0.14, 0.62 * g),
        ]
    return np.array([_tilted(point, tilt) for point in local])


def _arms(form: Form, tilt: float, folded: bool) -> list[Part]:
    points = _arm_points(form, tilt, folded)
    up = (0.0, -1.0, 0.01) if not folded else (1.0, 0.0, 0.01)
    names, radii = ("humerus", "forearm", "wing"), ((0.085, 0.06), (0.055, 0.045), (0.045, 0.02))
    parts = []
    for index, (name, (a, b)) in enumerate(zip(names, radii, strict=True)):
        parts.append(Part(f"{name}.L", [ring(*points[index], a, 0.8 * a), ring(*points[index + 1], b, 0.8 * b)], blend=0.05, up=up,
                          bones=(f"{name}.L",), joint="chest" if not index else f"{names[index - 1]}.L", mirrored=True, joined=not folded))  # fmt: skip
    return parts


def build_bird(spec: Bird, detail: float = 1.0) -> Asset:
    """Build a bird at rest: standing with folded wings, or in the air with its wings spread."""
    form = FORMS[spec.form]
    form = form._replace(girth=form.girth * spec.girth, span=form.span * spec.span, tail=form.tail * spec.tail,
                         bill=(form.bill[0] * spec.bill, *form.bill[1:]))  # fmt: skip
    folded = spec.wings == "folded"
    tilt = np.radians(form.tilt) if folded else 0.0
    parts = _parts(form, tilt, folded)
    floor = (grow(parts)["toe.L"].centre[0, 2] - 0.045) if folded else -form.girth - 0.06
    lifted = []
    for part in parts:
        rings = part.rings.copy()
        rings[:, 2] -= floor
        lifted.append(Part(**{**part.__dict__, "rings": rings}))
    grown = grow(lifted)
    bones, radii = skeleton(grown)
    assembly = Assembly(bones, radii)
    cell = 0.026 * (2.25 if detail <= 0.5 else 1.0)
    centre = np.concatenate([sweep.centre for sweep in grown.values()])
    low, high = centre.min(0) - 0.45, centre.max(0) + 0.45
    head = grown["head"].centre
    fine = [(head[:, 1].min() - 0.2, head[:, 1].max(), 0.7 * cell)]
    axes = (symmetric(high[0], cell), graded(low[1], high[1], cell, fine), graded(low[2], high[2], cell))
    skin = join(grown.values(), axes, floor=None)
    weights = relaxed(smooth_weights(skin.vertices, bones, radii), skin, 2)
    coat = PLUMAGES[spec.plumage]
    rng = child(spec.seed, "feathers")

    column = {bone.name: index for index, bone in enumerate(bones)}
    share = {name: weights[:, [column[bone] for bone in names]].sum(1) for name, names in
             {"head": ("head",), "neck": ("neck", "nape"), "leg": ("shin.L", "shin.R", "thigh.L", "thigh.R"),
              "arm": ("humerus.L", "humerus.R", "forearm.L", "forearm.R", "wing.L", "wing.R")}.items()}  # fmt: skip
    colour = _painted(skin, share, grown, coat, tilt, spec)
    assembly.add(skin, Surface("feather", spec.seed, painted=True), weights, colour)

    back = _tilted((0, 1, 0), tilt)
    down_neck = unit(grown["neck"].centre[0] - grown["neck"].centre[-1])
    backwards = mixed(mixed(back, down_neck + 0.3 * back, share["neck"]), np.array([0.0, 0.9, -0.35]), share["head"])
    backwards = mixed(
        backwards, np.array([0.0, 0.15, -1.0]) if folded else np.array([0, 1.0, 0]), np.clip(share["leg"], 0, 1) * 0.8
    )
    size = 0.15 - 0.095 * share["head"] - 0.05 * share["neck"] - 0.03 * share["leg"]
    tip = head[-1] + [0, -0.02, 0]
    size = np.where(np.linalg.norm(skin.vertices - tip, axis=1) < 0.33 * form.head, 0.0, size) * (
        1.0 if detail > 0.5 else 2.3
    )
    if not folded:
        size = np.where(share["arm"] > 0.6, 0.0, size)
    mesh = feathers.vane(feathers.CONTOUR, 0.30, 4 if detail > 0.5 else 3, 2, 0.12)
    roots, along, normal, stand = feathers.coverage(skin, backwards, size, rng, 4000 if detail > 0.5 else 110)
    shell = feathers.placed(
        mesh, roots, along, normal, size[stand] * rng.uniform(0.9, 1.15, len(stand)), rng.uniform(0.9, 1.15, len(stand))
    )
    count = len(mesh.vertices)
    vary = np.exp(0.10 * rng.standard_normal((len(stand), 1)))
    tips = 1 - 0.16 * np.tile(mesh.attributes["along"], len(stand))[:, None]
    assembly.add(shell, Surface("feather", spec.seed, painted=True), np.repeat(weights[stand], count, 0),
                 np.repeat(colour[stand] * vary, count, 0) * tips)  # fmt: skip
    if folded:
        _folded_wings(assembly, form, grown, coat, tilt, detail, rng, spec)
    else:
        _spread_wings(assembly, form, grown, coat, detail, rng, spec)
    _tail(assembly, form, grown, coat, tilt, detail, spec, folded)
    _face(assembly, form, grown, coat, spec, detail)
    _feet(assembly, form, grown, coat, folded, detail)
    everything = np.concatenate([mesh.vertices for mesh in assembly.meshes])
    if not folded:
        assembly.lower(everything[:, 2].min())
    scale = (
        spec.length / np.ptp(everything[:, 1])
        if not folded
        else spec.length / (1.0 + form.tail + form.bill[0] + form.neck + 0.1)
    )
    span = 2 * form.span * scale
    return assembly.asset("bird", lambda rest: _motions(rest, folded, form, scale, span), scale)


def _painted(skin, share, grown, coat: Plumage, tilt: float, spec: Bird) -> np.ndarray:
    points, normals = skin.vertices, skin.normals()
    up, ahead = _tilted((0, 0, 1), tilt), _tilted((0, -1, 0), tilt)
    trunk = grown["trunk"].centre.mean(0)
    over, forward = normals @ up, (points - trunk) @ ahead
    colour = mixed(coat.back, coat.belly, smoothstep(0.25, -0.15, over))
    colour = mixed(colour, coat.breast, smoothstep(0.08, 0.22, forward) * smoothstep(0.35, 0.05, over))
    neck = share["neck"]
    colour = mixed(
        colour,
        mixed(coat.head, coat.breast, smoothstep(0.3, -0.3, normals[:, 2] + 0.8 * normals[:, 1]))[:],
        np.clip(1.2 * neck, 0, 1),
    )
    headwards = smoothstep(0.25, 0.6, share["head"] + 0.5 * neck * smoothstep(0.0, 0.3, points[:, 2] - trunk[2] - 0.25))
    face = mixed(
        coat.head,
        coat.breast,
        smoothstep(-0.05, -0.35, (points - grown["head"].centre.mean(0)) @ np.array([0, 0.45, 1.0]) / 0.2)
        * (spec.plumage in ("robin", "sparrow", "blue")),
    )
    if spec.plumage == "blue":  # white cheeks, a dark line through the eye
        rise = (points[:, 2] - grown["head"].centre[1, 2]) / (grown["head"].shape[1, 0])
        face = mixed(face, (0.75, 0.75, 0.72), smoothstep(0.35, 0.2, rise) * smoothstep(-0.75, -0.6, rise))
        face = mixed(face, (0.02, 0.02, 0.04), smoothstep(0.12, 0.05, np.abs(rise - 0.15)))
    colour = mixed(colour, face, headwards)
    if spec.plumage == "mallard":  # the white ring of the neck
        u = (
            (points - grown["neck"].centre[0])
            @ unit(grown["neck"].centre[-1] - grown["neck"].centre[0])
            / np.linalg.norm(np.ptp(grown["neck"].centre, 0))
        )
        colour = mixed(colour, coat.head, np.clip(neck, 0, 1) * smoothstep(0.45, 0.5, u))
        colour = mixed(colour, (0.75, 0.74, 0.72), np.clip(1.5 * neck, 0, 1) * smoothstep(0.10, 0.04, np.abs(u - 0.44)))
    return mottled(colour, points, spec.seed, 0.2, 0.12)


def _spread_wings(assembly: Assembly, form: Form, grown, coat: Plumage, detail: float, rng, spec: Bird) -> None:
    """Primaries, secondaries and three rows of coverts above and below a spread wing."""
    joints = np.array(
        [grown[f"{name}.L"].centre[0] for name in ("humerus", "forearm", "wing")] + [grown["wing.L"].centre[-1]]
    )
    surface = Surface("feather", spec.seed, painted=True)
    rows, columns = (8, 3) if detail > 0.5 else (3, 2)
    mesh = feathers.vane(feathers.FLIGHT, 0.075, rows, columns, 0.22)
    number = 26 if detail > 0.5 else 16

    def along_arm(u):
        place = np.asarray(u) * 3
        return np.stack([np.interp(place, [0, 1, 2, 3], joints[:, axis]) for axis in range(3)], -1)

    # (first u, last u, count, length share, height above the arm, width, colour)
    tiers = [(0.04, 1.0, number, 1.0, 0.0, 1.0, coat.flight), (0.02, 0.97, number, 0.52, 0.020, 1.7, coat.bar),
             (0.0, 0.96, number, 0.32, 0.034, 2.3, coat.back), (0.0, 0.96, number, 0.19, 0.040, 3.0, coat.back),
             (0.04, 0.96, number, 0.45, -0.018, 1.9, coat.belly), (0.0, 0.96, number, 0.24, -0.030, 2.7, coat.belly)]  # fmt: skip
    for first, last, count, share, height, width, colour in tiers if detail > 0.5 else tiers[:2]:
        u = np.linspace(first, last, count)
        roots = along_arm(u) + [0, 0.015 - 0.09 * (1 - share) * 0.3, height]
        # Secondaries stand square to the arm; primaries turn outwards one after the other.
        hand = np.clip((u - 0.58) / 0.42, 0, 1)
        turned = np.radians(6 + 72 * hand**1.25)
        along = np.stack([np.sin(turned), np.cos(turned), np.zeros(count)], 1)
        reach = form.span * 0.43 * (1 + 0.22 * form.pointed)
        outer = np.interp(hand, [0, 0.35, 0.75, 1], [form.chord / reach, 0.80, 1.0, 0.92 + 0.08 * form.pointed]) * reach
        length = share * np.where(hand > 0, outer, form.chord * np.interp(u, [0, 0.25, 0.6], [0.88, 1.0, 1.0]))
        breadth = width * form.chord / length * share * (1.05 - 0.25 * hand) * (1 - 0.2 * form.pointed * hand)
        up = np.tile([0, 0, 1.0], (count, 1)) + np.stack([0.12 * np.cos(turned), -0.12 * np.sin(turned), 0 * turned], 1)
        shell = feathers.placed(mesh, roots, along, up, length, breadth)
        bones = np.where(u < 0.34, "humerus.L", np.where(u < 0.66, "forearm.L", "wing.L"))
        tone = np.repeat(np.asarray(colour)[None], count, 0) * np.exp(0.08 * rng.standard_normal((count, 1)))
        if spec.form == "gull" and share == 1.0:
            tone = mixed(tone, (0.02, 0.02, 0.022), smoothstep(0.45, 0.7, hand))
        per = len(mesh.vertices)
        paint = np.repeat(tone, per, 0) * (1.05 - 0.25 * np.tile(mesh.attributes["along"], count)[:, None])
        weights = np.zeros((count * per, len(assembly.bones)))
        # Feathers near a joint are carried by both bones, as the skin there is.
        centres = np.array([0.17, 0.5, 0.85])
        for name, middle in zip(("humerus.L", "forearm.L", "wing.L"), centres, strict=True):
            weights[:, assembly.number[name]] = np.repeat(
                np.clip(1.5 - np.abs(u - middle) / 0.17, 0, 1) + 1e-9 * (bones == name), per
            )
        weights /= weights.sum(1, keepdims=True)
        assembly.add(shell, surface, weights, paint)
        other = weights.copy()
        for name in ("humerus", "forearm", "wing"):
            left, right = assembly.number[f"{name}.L"], assembly.number[f"{name}.R"]
            other[:, right], other[:, left] = weights[:, left], 0
        assembly.add(shell.transformed(np.diag([-1.0, 1.0, 1.0])), surface, other, paint)


def _folded_wings(
    assembly: Assembly, form: Form, grown, coat: Plumage, tilt: float, detail: float, rng, spec: Bird
) -> None:
    """A folded wing: feathers that lie over each other along the flank, tips towards the tail."""
    surface = Surface("feather", spec.seed, painted=True)
    rows, columns = (8, 3) if detail > 0.5 else (3, 2)
    trunk = grown["trunk"]
    g = form.girth
    tail_root = grown["tail"].centre[0]
    back = _tilted((0, 1, 0), tilt)
    up = _tilted((0, 0, 1), tilt)
    reach = 0.50 + 0.28 * form.tail + 0.16 * form.pointed
    # (count, u from, u to, angle from, angle to, length from, to, width, outwards, colour)
    tiers = [(9, 0.60, 0.74, 104, 98, reach, 0.92 * reach, 0.062, 0.030, coat.flight), (10, 0.58, 0.74, 96, 58, 0.80 * reach, 0.66 * reach, 0.075, 0.050, coat.flight),
             (10, 0.70, 0.80, 104, 56, 0.34, 0.34, 0.075, 0.064, coat.bar), (9, 0.76, 0.84, 102, 54, 0.24, 0.26, 0.075, 0.074, coat.back),
             (8, 0.82, 0.88, 98, 56, 0.19, 0.2, 0.07, 0.080, coat.back), (6, 0.86, 0.91, 92, 62, 0.15, 0.15, 0.06, 0.082, coat.back)]  # fmt: skip
    for count, u0, u1, a0, a1, long, short, width, out, colour in tiers:
        t = np.linspace(0, 1, count)
        roots, normals = [], []
        for place, angle in zip(u0 + (u1 - u0) * t, a0 + (a1 - a0) * t, strict=True):
            surface_point, axis = trunk.place(place, angle, 1.0), trunk.place(place, angle, 0.0)
            normals.append(unit(surface_point - axis))
            roots.append(surface_point + out * 0.75 * normals[-1])
        roots, normals = np.array(roots), np.array(normals)
        length = long + (short - long) * t
        goal = tail_root + np.array([0.10 + 0.5 * out, 0, 0]) + 0.35 * back + np.outer(0.12 - 0.10 * (1 - t), up)
        along = unit(unit(goal - roots) + 0.25 * back)
        mesh = feathers.vane(
            feathers.FLIGHT if long > 0.4 else feathers.CONTOUR,
            1.0,
            rows if long > 0.4 else min(rows, 5),
            columns,
            0.25,
        )
        facing = unit(normals * [1, 1, 0.6] + [0.35, 0, 0])
        shell = feathers.placed(_thin(mesh), roots, along, facing, length, width / length * (g / 0.30))
        tone = np.asarray(colour) * np.exp(0.07 * rng.standard_normal((count, 1)))
        if spec.form == "gull" and out < 0.04:
            tone = np.broadcast_to((0.02, 0.02, 0.022), (count, 3))
        per = len(mesh.vertices)
        across = np.tile(np.abs(mesh.attributes["across"]), count)[:, None]
        paint = (
            np.repeat(tone, per, 0)
            * (1.0 - 0.22 * np.tile(mesh.attributes["along"], count)[:, None])
            * (1 + 0.35 * across**4)
        )
        assembly.add_pair(shell, surface, "forearm.L" if long > 0.4 else "humerus.L", paint)


def _thin(mesh):
    """A feather of unit width made flat, so that scaling its width leaves its camber small."""
    return mesh.transformed(np.diag([1.0, 1.0, 0.16]))


def _tail(
    assembly: Assembly, form: Form, grown, coat: Plumage, tilt: float, detail: float, spec: Bird, folded: bool
) -> None:
    count = 12 if detail > 0.5 else 6
    t = np.linspace(-1, 1, count)
    fan = np.radians((7 if folded else 26) + (8 if form.tail > 0.5 else 0)) * t
    back, up = _tilted((0, 1, 0), tilt), _tilted((0, 0, 1), tilt)
    along = np.outer(np.cos(fan), back) + np.outer(np.sin(fan), [1, 0, 0]) + 0.04 * up
    roots = grown["tail"].centre[1] + np.outer(0.045 * t, [1, 0, 0]) + np.outer(0.022 * (1 - np.abs(t)), up)
    mesh = feathers.vane(feathers.FLIGHT, 0.085 if detail > 0.5 else 0.15, 7 if detail > 0.5 else 4, 2, 0.15)
    length = form.tail * (1 - 0.10 * t * t)
    shell = feathers.placed(mesh, roots, along, np.tile(up, (count, 1)) + np.outer(0.15 * t, [1, 0, 0]), length)
    paint = np.tile(np.asarray(coat.tail), (len(shell.vertices), 1)) * (
        1.05 - 0.3 * np.tile(mesh.attributes["along"], count)[:, None]
    )
    assembly.add(shell, Surface("feather", spec.seed, painted=True), "tail", paint)


def _face(assembly: Assembly, form: Form, grown, coat: Plumage, spec: Bird, detail: float) -> None:
    head, h = grown["head"], form.head
    length, deep, droop = form.bill
    root = head.centre[-1] + [0, 0.10 * h, -0.02 * h]
    around = 12 if detail > 0.5 else 8
    t = np.linspace(0, 1, 10)
    flat = 1.7 if spec.form == "duck" else 0.75
    profile = (
        (1 - 0.30 * t - 0.62 * t**5)
        if spec.form == "duck"
        else (1 - t**1.5) ** 0.85 + 0.03
        if droop > 0.08
        else 1 - 0.93 * t
    )
    height = deep * (np.interp(t, [0, 0.5, 1], [1, 0.5, 0.35]) * profile if spec.form == "duck" else profile)
    curve = root + np.stack([0 * t, -length * t, -0.10 * h * t - droop * t**3], 1)
    upper = cone(
        curve + np.stack([0 * t, 0 * t, 0.38 * height], 1),
        0.75 * height,
        around,
        flat,
    )
    assembly.add(upper, Surface("horn", painted=True), "head", coat.bill)
    s = 0.86 if droop > 0.08 else 0.95
    lower = curve[:1] + (curve - curve[:1]) * [1, s, 0.5] - np.stack([0 * t, 0 * t, 0.30 * height + 0.006], 1)
    assembly.add(
        cone(lower, 0.5 * height, around, 1.25 * flat),
        Surface("horn", painted=True),
        "head",
        0.85 * np.asarray(coat.bill),
    )
    size = 0.185 * h * (1.25 if spec.form == "songbird" else 1.0)
    place, axis = head.place(0.50, 68, 1.0), head.place(0.50, 68, 0.0)
    out = unit(place - axis)
    ball = eyeball(
        place - 0.45 * size * out,
        unit(out * [1, 1, 0.3] + [0, -0.25, 0]),
        size,
        coat.iris,
        0.62,
        1.0,
        (0.02, 0.016, 0.014),
        detail,
    )
    assembly.add_pair(ball, Surface("eyeball", painted=True), "head")
    if spec.form == "eagle":  # the ridge that shades the eye
        shade = ellipsoid((0, 0, 0), (0.05 * h, 0.30 * h, 0.05 * h), 5, 10)
        assembly.add_pair(
            shade.moved(place + 0.02 * out + [0, -0.02 * h, size * 0.92]),
            Surface("feather", painted=True),
            "head",
            coat.head,
        )


def _feet(assembly: Assembly, form: Form, grown, coat: Plumage, folded: bool, detail: float) -> None:
    surface = Surface("reptile_scale", painted=True)
    ankle, base = grown["foot.L"].centre[0], grown["foot.L"].centre[-1]
    t = 0.030 + 0.024 * (form.claw > 0.1)
    sides = 8 if detail > 0.5 else 5
    shaft = np.linspace(0, 1, 5)[:, None]
    assembly.add_pair(
        cone(ankle + (base - ankle) * shaft, t * np.array([1.25, 0.95, 0.9, 0.95, 1.2]), sides, 0.85),
        surface,
        "foot.L",
        coat.leg,
    )
    down = np.array([0, 0, -1.0]) if folded else np.array([0, 1.0, 0])
    ahead = np.array([0, -1.0, 0]) if folded else np.array([0, 0.6, -0.8])
    size = 0.22 + 0.5 * form.claw
    tips = []
    for angle, long in ((-32, 0.9), (0, 1.08), (32, 0.9), (180, 0.62)):
        way = np.cos(np.radians(angle)) * ahead + np.sin(np.radians(angle)) * np.array([1.0, 0, 0])
        end = base + way * size * long
        middle = base + 0.5 * way * size * long - 0.1 * t * down
        level = 0.55 * t * down
        curve = np.stack([base - 0.1 * t * down, middle + level * 0.6, end + level])
        curve = np.stack([np.interp(np.linspace(0, 1, 6), [0, 0.5, 1], curve[:, axis]) for axis in range(3)], 1)
        assembly.add_pair(
            cone(curve, t * np.array([0.8, 0.75, 0.62, 0.66, 0.55, 0.4]), sides, 1.0), surface, "toe.L", coat.leg
        )
        tips.append(curve[-1])
        u = np.linspace(0, 1, 5)[:, None]
        claw = curve[-1] + form.claw * (way * u * (1 - 0.4 * u) + down * 0.55 * u * u) + 0.15 * t * -down
        if folded:
            claw[:, 2] = np.maximum(claw[:, 2], 0.004)
        assembly.add_pair(
            cone(claw, 0.55 * t * (1.05 - u[:, 0]), 6), Surface("horn", painted=True), "toe.L", (0.02, 0.018, 0.016)
        )
    if form.webbed:
        for one, two in ((0, 1), (1, 2)):
            middle = 0.5 * (tips[one] + tips[two])
            web = blade(base, middle - base, tips[two] - tips[one], 0.92 * np.linalg.norm(middle - base),
                        [0.01, 0.25 * np.linalg.norm(tips[two] - tips[one]), 0.46 * np.linalg.norm(tips[two] - tips[one])], 0.012, rows=5, columns=3)  # fmt: skip
            assembly.add_pair(web, surface, "toe.L", 0.9 * np.asarray(coat.leg))


def _motions(bones, folded: bool, form: Form, scale: float, span: float) -> Motions:
    if folded:
        legs = [
            Leg(f"thigh.{side}", f"shin.{side}", "", f"foot.{side}", f"toe.{side}", phase)
            for side, phase in (("L", 0.0), ("R", 0.5))
        ]
        step = (0.3 + form.leg) * scale
        wanted = Gait(0.62, 1.1 * step, 0.35 * step, 0.3, 0.9, 0.04 * scale, 0.008 * scale)

        def body(skeleton: Skeleton, phase: float) -> dict:
            angle = 4 * np.pi * phase
            swing = 0.16 * np.sin(angle)
            pose = {"neck": turn(gait.X, swing), "nape": turn(gait.X, -0.6 * swing), "head": turn(gait.X, -0.4 * swing),
                    "tail": turn(gait.X, 0.08 * np.sin(angle + 1))}  # fmt: skip
            return {name: skeleton.local(name, rotation) for name, rotation in pose.items()}

        walk, used = gait.cycle(bones, legs, wanted, body)
        period, speed = gait.period_and_speed(used, (0.35 + form.leg) * scale, 0.14)
        return {"walk": walk}, {"walk": period}, {"walk": speed}
    beat = 4.5 * span**-0.75  # beats a second fall with the span of the wings (Pennycuick 1990)
    skeleton = Skeleton(bones)
    fast = 4.0 + 7.5 * span**0.5

    def wings(stroke: float, bend: float, sweep: float, twist: float) -> dict:
        pose = {}
        for side, sign in (("L", 1), ("R", -1)):
            y, z = np.array([0, 1.0, 0]), np.array([0, 0, 1.0])
            pose[f"humerus.{side}"] = product(turn(y, -sign * stroke), turn(gait.X, twist))
            pose[f"forearm.{side}"] = product(turn(y, -sign * 0.55 * bend), turn(z, sign * 0.7 * sweep))
            pose[f"wing.{side}"] = product(turn(y, -sign * 0.8 * bend), turn(z, sign * -1.1 * sweep))
        return {name: skeleton.local(name, rotation) for name, rotation in pose.items()}

    def fly(phase: float) -> dict:
        a = 2 * np.pi * phase
        stroke = 0.12 + 0.72 * np.cos(a)
        bend = -0.42 * np.sin(-a + 0.5) - 0.15  # the hand lags behind, and droops in the upstroke
        pose = wings(stroke, bend, 0.24 * (1 - np.sin(-a)) / 2, 0.12 * np.sin(a))
        pose[""] = np.array([0, 0, -0.06 * scale * np.cos(a)])
        pose["tail"] = skeleton.local("tail", turn(gait.X, 0.06 * np.sin(a)))
        return pose

    def glide(phase: float) -> dict:
        a = 2 * np.pi * phase
        pose = wings(0.14 + 0.02 * np.sin(a), -0.04, 0.05, 0.0)
        pose["tail"] = skeleton.local("tail", turn([0, 1.0, 0], 0.10 * np.sin(a)))
        pose[""] = np.array([0, 0, 0.02 * scale * np.sin(a)])
        return pose

    return {"fly": fly, "glide": glide}, {"fly": 1 / beat, "glide": 3.0}, {"fly": fast, "glide": fast}
