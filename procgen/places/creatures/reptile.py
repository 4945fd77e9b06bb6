"""Reptiles that sprawl: lizard, crocodile and tortoise; scaled skin, a sideways bending walk, a shell of scutes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.angles import arctan2
from ...geometry.noise import cells
from ...params import choice, draw, seed, spec, uniform
from . import coat, gait
from .assembly import Assembly, Motions
from .coat import mixed, mottled, smoothstep
from .gait import Gait, Leg, Skeleton
from .genome import AHEAD, Part, grow, ring, skeleton
from .parts import ellipsoid, eyeball, unit
from .reptile_forms import COLOURS, FORMS, KINDS, Form
from .reptile_plates import add_armour, add_claws, add_shell, add_teeth
from .rig import turn
from .skin import graded, join, relaxed, smooth_weights, symmetric

# Linear albedo: back, marks, belly.


@spec
class Reptile:
    """A reptile on four legs: body plan, size, proportions and colours."""

    seed: int = seed()
    form: str = choice({"lizard": 2, "crocodile": 1.2, "tortoise": 1.2}, doc="body plan", says="a {}")
    length: float = uniform(0.06, 2.4, unit="m", doc="from snout to vent; the tail comes to it")
    girth: float = uniform(0.9, 1.12, doc="width of the trunk, of the body plan's")
    leg: float = uniform(0.93, 1.08, doc="length of the legs, of the body plan's")
    head: float = uniform(0.93, 1.08, doc="size of the head, of the body plan's")
    tail: float = uniform(0.85, 1.15, doc="length of the tail, of the body plan's")
    colours: str = choice(dict.fromkeys(COLOURS, 1.0), doc="colours of the scales", says="of {} colour")
    pattern: str = choice({"plain": 1, "spots": 1, "bands": 1, "stripes": 1}, doc="marks on the back",
                          says={"spots": "spotted", "bands": "banded", "stripes": "striped"})  # fmt: skip
    mark: float = uniform(0.8, 1.25, doc="size of the marks, of the usual")


def sample_reptile(rng: Generator, fixed=None) -> Reptile:
    """Draw a reptile: size and colours go with its form."""
    form = draw(Reptile, rng, fixed).form
    colours, patterns = KINDS[form]
    return draw(
        Reptile, rng, fixed, length=uniform(*FORMS[form].length), colours=choice(colours), pattern=choice(patterns)
    )


def _parts(f: Form, tortoise: bool) -> list[Part]:
    z = f.height
    length, width, deep = f.head
    front = -0.5 + length + f.neck  # where the trunk begins
    trunk = [ring(0, y, z + rise, f.breadth * w, f.depth * up, f.depth * down, 2.3) for y, rise, w, up, down in (
        (0.52, -0.006, 0.38, 0.55, 0.55), (0.44, 0.0, 0.62, 0.72, 0.66), (0.5 * (0.44 + front) + 0.05, 0.0, 1.0, 1.0, 1.0),
        (front + 0.12, 0.0, 0.88, 0.92, 0.9), (front, 0.005, 0.62, 0.76, 0.74))]  # fmt: skip
    rise = 0.06 if tortoise else 0.012
    neck_top = np.array([0, front - f.neck - 0.02, z + rise])
    w = 0.60 * width if tortoise else 0.78 * width
    neck = [ring(0, front + 0.06, z, 0.55 * f.breadth if not tortoise else 0.4 * f.breadth, 0.6 * f.depth, 0.6 * f.depth),
            ring(*(0.5 * (neck_top + [0, front, z])), 1.02 * w, 0.95 * deep if not tortoise else w), ring(*neck_top, w, 0.85 * deep)]  # fmt: skip
    nose = neck_top[1] - 0.94 * length
    s = f.snout
    head = [ring(0, neck_top[1] + 0.015, neck_top[2], 0.80 * width, 0.80 * deep, 0.85 * deep), ring(0, neck_top[1] - 0.22 * length, neck_top[2], width, deep, 0.92 * deep),
            ring(0, neck_top[1] - 0.45 * length, neck_top[2], 0.5 * (1 + s) * width, (0.72 if not tortoise else 0.9) * deep, 0.72 * deep, 2.2),
            ring(0, neck_top[1] - 0.74 * length, neck_top[2] - 0.08 * deep, s * width * 0.92, 0.46 * deep if not tortoise else 0.6 * deep, 0.52 * deep, 2.4),
            ring(0, nose, neck_top[2] - 0.12 * deep, s * width * 0.86, 0.36 * deep if not tortoise else 0.4 * deep, 0.40 * deep, 2.3)]  # fmt: skip
    tail = []
    for t in np.linspace(0, 1, 7):
        drop = (z - 0.03) * smoothstep(0.0, 0.6, np.array(t)).item()
        r = f.breadth * 0.55 * (1 - t) ** 1.15 + 0.006
        tail.append(ring(0, 0.46 + f.tail * t, max(z - drop, r), r, r * (1.0 if f.bumps < 0.03 else 1.0 + 0.35 * t)))
    names = ("tail1",) if tortoise else tuple(f"tail{index}" for index in range(1, 7))
    parts = [
        Part("trunk", trunk, bones=("pelvis", "loin", "chest"), caps=(0.6, 0.6)),
        Part("neck", neck, blend=0.04, bones=("neck",), joint="chest"),
        Part("head", head, blend=0.03, bones=("head",), joint="neck", caps=(0.8, 0.6)),
        Part("tail", tail, blend=0.03, bones=names, joint="pelvis"),
    ]
    for name, y, joint in (("fore", front + 0.07, "chest"), ("hind", 0.40, "pelvis")):
        root = np.array([0.62 * f.breadth, y, z - (0.55 if tortoise else 0.15) * f.depth])
        swing = (-0.10 if name == "fore" else 0.14) + (0.05 if tortoise else 0.0)
        out = unit([1.0, swing, 0.0])
        # The upper limb stands out level, the lower one comes down to the ground in the same upright plane.
        knee = root + out * f.upper * 0.93 + [0, 0, (-0.12 if tortoise else 0.10) * f.upper]
        floor = 0.55 * f.limb
        fall = min(knee[2] - floor, 0.97 * f.lower)
        wrist = knee + out * np.sqrt(max(f.lower**2 - fall**2, 0)) * (0.9 if not tortoise else 0.25) + [0, 0, -fall]
        wrist[2] = floor
        toe = unit([0.55, -1.0, 0.0])
        reach = f.digit + 0.8 * f.limb
        c = f.limb
        big = 1.25 if name == "hind" else 1.0
        parts += [
            Part(f"upper_{name}.L", [ring(*root, 1.35 * big * c, 1.5 * big * c), ring(*(0.5 * (root + knee)), 1.15 * big * c, 1.25 * big * c), ring(*knee, c, 1.05 * c)],
                 blend=0.045, up=AHEAD, bones=(f"upper_{name}.L",), joint=joint, mirrored=True),
            Part(f"lower_{name}.L", [ring(*knee, c, 1.05 * c), ring(*(0.5 * (knee + wrist)), 0.95 * c, c), ring(*wrist, (1.15 if tortoise else 0.72) * c, (1.15 if tortoise else 0.75) * c)],
                 blend=0.02, up=AHEAD, bones=(f"lower_{name}.L",), joint=f"upper_{name}.L", mirrored=True),
            Part(f"foot_{name}.L", [ring(*(wrist + [0, 0, -0.1 * c]), 0.85 * c, 0.5 * c), ring(*(wrist + 0.5 * reach * toe + [0, 0, -0.15 * c]), 0.9 * c, 0.4 * c)],
                 blend=0.5 * c, bones=(f"foot_{name}.L",), joint=f"lower_{name}.L", mirrored=True),
        ]  # fmt: skip
        if not tortoise:
            for number, (angle, long) in enumerate(((-62, 0.7), (-30, 0.95), (0, 1.1), (26, 1.0), (58, 0.7))):
                a = np.radians(angle) + arctan2(toe[1], toe[0])
                tip = wrist + (0.6 * c + f.digit * long) * np.array([np.cos(a), np.sin(a), 0]) + [0, 0, -0.28 * c]
                start = wrist + 0.5 * c * np.array([np.cos(a), np.sin(a), 0]) - [0, 0, 0.1 * c]
                parts.append(Part(f"digit_{name}{number}.L", [ring(*start, 0.30 * c, 0.30 * c), ring(*(0.5 * (start + tip) + [0, 0, 0.12 * c]), 0.22 * c, 0.22 * c),
                                  ring(*tip, 0.18 * c, 0.16 * c)], blend=0.15 * c, mirrored=True))  # fmt: skip
    return parts


def build_reptile(spec: Reptile, detail: float = 1.0) -> Asset:
    """Build a reptile at rest, standing."""
    f = FORMS[spec.form]
    tortoise, crocodile = spec.form == "tortoise", spec.form == "crocodile"
    length, width, deep = f.head
    f = f._replace(breadth=f.breadth * spec.girth, upper=f.upper * spec.leg, lower=f.lower * spec.leg, tail=f.tail * spec.tail,
                   head=(length, width * spec.head, deep * spec.head))  # fmt: skip
    grown = grow(_parts(f, tortoise))
    bones, radii = skeleton(grown)
    assembly = Assembly(bones, radii)
    cell = 0.0125 * (1.0 if detail > 0.5 else 2.9)
    reach = max(np.abs(sweep.centre[:, 0]).max() for sweep in grown.values()) + 0.06
    rear = grown["tail"].centre[-1, 1] + 0.05
    front = grown["head"].centre[-1, 1]
    foot = (0.0069 if detail > 0.5 else 0.37 * f.limb) if not tortoise else cell
    bands = (
        [
            (grown[f"digit_{n}2.L"].centre[:, 1].min() - 0.05, grown[f"foot_{n}.L"].centre[:, 1].max() + 0.05, foot)
            for n in ("fore", "hind")
        ]
        if not tortoise
        else []
    )
    axes = (
        symmetric(
            reach,
            cell,
            [(0.0, f.head[1], 0.62 * cell), (grown["foot_fore.L"].centre[:, 0].min() - 0.03, reach, 1.3 * foot)],
        ),
        graded(front - 0.07, rear, cell, [(front - 0.07, grown["head"].centre[0, 1], 0.62 * cell), *bands]),
        graded(-0.0037, f.height + f.depth + 0.1, 0.85 * cell, [(-0.01, 0.04, 0.82 * foot)]),
    )
    skin = join(grown.values(), axes)
    weights = relaxed(smooth_weights(skin.vertices, bones, radii), skin, 3)
    head_axis = grown["head"]
    colour, lift = _painted(skin, grown, f, spec, detail)
    floored = smoothstep(0.004, 0.02, skin.vertices[:, 2])
    skin = replace(skin, vertices=skin.vertices + (lift * floored)[:, None] * skin.normals())
    assembly.add(skin, Surface("reptile_scale", spec.seed, painted=True), weights, colour)
    size = f.eye * spec.head
    place, axis = head_axis.place(0.36, 52, 1.0), head_axis.place(0.36, 52, 0.0)
    out = unit(place - axis)
    iris = {"lizard": (0.50, 0.28, 0.05), "crocodile": (0.42, 0.36, 0.08)}.get(spec.form, (0.05, 0.03, 0.02))
    ball = eyeball(place - (0.15 if crocodile else 0.35) * size * out, unit(out * [1, 1, 0.2] + [0, -0.3, 0]), size, iris, 0.4, 2.2 if crocodile else 1.0,
                   (0.16, 0.13, 0.08), detail)  # fmt: skip
    assembly.add_pair(ball, Surface("eyeball", painted=True), "head")
    lid = ellipsoid((0, 0, 0), (0.9 * size, 1.25 * size, 0.55 * size), 5, 10)
    back, _, _ = (np.asarray(tone) for tone in COLOURS[spec.colours])
    scale = Surface("reptile_scale", spec.seed, painted=True)
    assembly.add_pair(lid.moved(place + [0, 0, 0.72 * size] - 0.35 * size * out), scale, "head", 0.85 * back)
    if crocodile:
        add_armour(assembly, grown, f, scale, back, detail)
    if tortoise:
        add_shell(assembly, grown, f, spec, back, detail)
    if detail > 0.5:
        add_claws(assembly, grown, f, tortoise)
    if crocodile and detail > 0.5:
        add_teeth(assembly, head_axis, f)
    return assembly.asset("reptile", lambda rest: _motions(rest, f, spec), spec.length)


def _painted(skin, grown, f: Form, spec: Reptile, detail: float):
    """Colours (n, 3) and the relief (n,) of the scales."""
    points, normals = skin.vertices, skin.normals()
    back, mark, belly = (np.asarray(tone) for tone in COLOURS[spec.colours])
    folded = points * [0, 1, 1] + np.abs(points) * [1, 0, 0]
    first, second, _ = cells(points / f.bumps * 1.6, spec.seed)
    crease = smoothstep(0.22, 0.04, second - first)
    colour = np.broadcast_to(back, points.shape)
    above = smoothstep(-0.35, 0.15, normals[:, 2])
    if spec.pattern == "spots":
        colour = mixed(colour, mark, 0.85 * coat.spots(folded, spec.seed, 0.055 * spec.mark) * above)
    elif spec.pattern == "bands":
        wave = (points[:, 1] + 0.02 * coat.fractal(points * 14, spec.seed, 2)) / (0.12 * spec.mark)
        colour = mixed(colour, mark, 0.75 * smoothstep(0.1, 0.5, np.cos(2 * np.pi * wave)) * above)
    elif spec.pattern == "stripes":
        side = np.abs(points[:, 0]) / (0.5 * f.breadth)
        colour = mixed(colour, mark, 0.8 * smoothstep(0.22, 0.1, np.abs(side - 1.0)) * above)
        colour = mixed(colour, belly, 0.7 * smoothstep(0.14, 0.05, np.abs(side - 0.55)) * above)
    colour = mixed(colour, belly, smoothstep(-0.15, -0.7, normals[:, 2]))
    head = grown["head"]
    nose = head.centre[-1]
    along = (head.centre[0, 1] - points[:, 1]) / (head.centre[0, 1] - nose[1])
    line = np.interp(along, head.along, head.centre[:, 2] - 0.22 * head.shape[:, 2])
    mouth = smoothstep(0.10, 0.05, np.abs(points[:, 2] - line) / f.head[2]) * smoothstep(0.22, 0.3, along)
    colour = mixed(colour, 0.25 * back, 0.75 * mouth)
    colour = colour * (1 - 0.42 * crease)[:, None]
    lift = 0.10 * f.bumps * (1 - crease) * (detail > 0.5)
    return np.clip(mottled(colour, points, spec.seed, 0.05, 0.16), 0.003, 0.9), lift


def _motions(bones, f: Form, spec: Reptile) -> Motions:
    """A sprawling trot: diagonal feet fall together while the trunk bends from side to side."""
    scale = spec.length
    tortoise = spec.form == "tortoise"
    bend = 0.0 if tortoise else 0.13
    phases = gait.LATERAL_SEQUENCE if tortoise else gait.TROT
    legs = [
        Leg(f"upper_{end}.{side}", f"lower_{end}.{side}", end=f"foot_{end}.{side}", phase=phases[f"{end}.{side}"])
        for end in ("fore", "hind")
        for side in "LR"
    ]
    wanted = Gait(0.72 if tortoise else 0.6, 0.22 * scale, 0.05 * scale, crouch=0.008 * scale)

    def body(skeleton: Skeleton, phase: float) -> dict:
        a = 2 * np.pi * phase
        z = {
            "pelvis": bend * np.cos(a + 0.3),
            "loin": -bend * np.cos(a + 0.3),
            "chest": -bend * np.cos(a + 0.3),
            "neck": 0.6 * bend * np.cos(a),
            "head": 0.5 * bend * np.cos(a),
        }
        pose = {name: skeleton.local(name, turn(gait.Z, value)) for name, value in z.items()}
        for index in range(1, 7):
            if f"tail{index}" in skeleton.named and not tortoise:
                pose[f"tail{index}"] = skeleton.local(f"tail{index}", turn(gait.Z, 0.16 * np.sin(a - 0.75 * index)))
        return pose

    walk, used = gait.cycle(bones, legs, wanted, body, gait.radial)
    period, speed = gait.period_and_speed(used, f.height * scale, 0.02 if tortoise else 0.25)
    return {"walk": walk}, {"walk": period}, {"walk": speed}
