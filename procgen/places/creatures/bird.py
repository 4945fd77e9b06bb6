"""Birds from songbird to eagle, gull and duck: feathered wings spread or folded, tail fan, bill, scaled feet."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...params import child, choice, draw, seed, spec, uniform
from . import feathers
from .assembly import Assembly
from .bird_forms import DRESS, FORMS, PLUMAGES, Form, Plumage
from .coat import mixed, mottled, smoothstep
from .flight import motions
from .genome import AHEAD, Part, grow, ring, skeleton
from .parts import blade, cone, ellipsoid, eyeball, unit
from .skin import graded, join, relaxed, smooth_weights, symmetric
from .wings import folded_wings, spread_wings, tail_fan, tilted


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


def _parts(form: Form, tilt: float, folded: bool) -> list[Part]:
    g = form.girth

    def at(y, z, width, up, down=None, pear=0.0):
        return ring(*tilted((0, y, z), tilt), width, up, down, 2.0, pear)

    trunk = [at(0.56, 0.06, 0.05, 0.05), at(0.42, 0.04, 0.34 * g, 0.28 * g), at(0.20, 0.0, 0.74 * g, 0.66 * g, 0.72 * g),
             at(-0.06, -0.01, g, 0.86 * g, 1.0 * g), at(-0.30, 0.02, 0.90 * g, 0.80 * g, 0.98 * g), at(-0.46, 0.08, 0.55 * g, 0.55 * g, 0.66 * g)]  # fmt: skip
    up = tuple(tilted((0, 0, 1), tilt))
    parts = [Part("trunk", trunk, up=up, bones=("pelvis", "chest"), caps=(0.6, 0.6))]
    base = tilted((0, -0.34, 0.10), tilt)
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
    parts.append(Part("tail", [ring(*tilted((0, y, 0.06), tilt), 0.08, 0.035) for y in (0.46, 0.58, 0.68)], blend=0.04, up=up, bones=("tail",),
                      joint="pelvis"))  # fmt: skip
    return parts + _legs(form, tilt, folded) + _arms(form, tilt, folded)


def _legs(form: Form, tilt: float, folded: bool) -> list[Part]:
    hip = tilted((0.42 * form.girth, 0.06, -0.02), tilt)
    low = -tilted((0, 0.05, -form.girth), tilt)[2]
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
    return np.array([tilted(point, tilt) for point in local])


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

    back = tilted((0, 1, 0), tilt)
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
    roots, along, normal, stand = feathers.coverage(skin, backwards, size, rng, 4000 if detail > 0.5 else 75)
    shell = feathers.placed(
        mesh, roots, along, normal, size[stand] * rng.uniform(0.9, 1.15, len(stand)), rng.uniform(0.9, 1.15, len(stand))
    )
    count = len(mesh.vertices)
    vary = np.exp(0.10 * rng.standard_normal((len(stand), 1)))
    tips = 1 - 0.16 * np.tile(mesh.attributes["along"], len(stand))[:, None]
    assembly.add(shell, Surface("feather", spec.seed, painted=True), np.repeat(weights[stand], count, 0),
                 np.repeat(colour[stand] * vary, count, 0) * tips)  # fmt: skip
    if folded:
        folded_wings(assembly, form, grown, coat, tilt, detail, rng, spec)
    else:
        spread_wings(assembly, form, grown, coat, detail, rng, spec)
    tail_fan(assembly, form, grown, coat, tilt, detail, spec, folded)
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
    return assembly.asset("bird", lambda rest: motions(rest, folded, form, scale, span), scale)


def _painted(skin, share, grown, coat: Plumage, tilt: float, spec: Bird) -> np.ndarray:
    points, normals = skin.vertices, skin.normals()
    up, ahead = tilted((0, 0, 1), tilt), tilted((0, -1, 0), tilt)
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
