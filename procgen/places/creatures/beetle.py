"""Beetles: grooved wing cases, pronotum, head with jaws and feelers, six jointed legs that walk in tripods."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.noise import cells
from ...params import choice, draw, seed, spec, uniform
from . import coat, gait
from .arthropod import add_leg, antenna, bone_part, dome, leg_bones, many_legs
from .assembly import Assembly, Motions
from .coat import mixed, smoothstep
from .gait import Gait, Skeleton
from .genome import grow, skeleton
from .parts import cone, ellipsoid, sheet, unit
from .rig import turn


class Form(NamedTuple):
    """A beetle's proportions in lengths of its body."""

    length: tuple[float, float]  # metres
    breadth: float  # half width of the wing cases
    height: float  # they arch to
    pronotum: tuple[float, float, float]  # half width, half length, height
    head: tuple[float, float]  # half width, half length
    leg: float
    jaw: float  # length
    horn: float
    feeler: float
    clubbed: bool
    grooves: int


FORMS = {
    "ground_beetle": Form((0.012, 0.035), 0.20, 0.17, (0.16, 0.115, 0.10), (0.10, 0.10), 0.52, 0.09, 0.0, 0.42, False, 9),
    "ladybird": Form((0.005, 0.010), 0.36, 0.36, (0.25, 0.10, 0.17), (0.13, 0.07), 0.34, 0.02, 0.0, 0.12, True, 0),
    "scarab": Form((0.012, 0.045), 0.28, 0.25, (0.26, 0.14, 0.20), (0.14, 0.10), 0.42, 0.02, 0.0, 0.13, True, 7),
    "stag_beetle": Form((0.03, 0.075), 0.20, 0.16, (0.19, 0.095, 0.12), (0.15, 0.085), 0.50, 0.32, 0.0, 0.18, True, 0),
    "rhinoceros_beetle": Form((0.03, 0.08), 0.255, 0.24, (0.24, 0.15, 0.20), (0.11, 0.08), 0.46, 0.02, 0.34, 0.12, True, 0),
    "longhorn": Form((0.015, 0.05), 0.155, 0.13, (0.11, 0.095, 0.10), (0.09, 0.09), 0.50, 0.05, 0.0, 1.25, False, 0),
}  # fmt: skip
# Linear albedo of wing cases, their marks, and the rest of the body.
COLOURS = {
    "black": ((0.012, 0.012, 0.013), (0.30, 0.15, 0.02), (0.010, 0.010, 0.011)),
    "brown": ((0.13, 0.055, 0.02), (0.035, 0.018, 0.01), (0.05, 0.025, 0.014)),
    "chestnut": ((0.10, 0.022, 0.010), (0.03, 0.01, 0.008), (0.018, 0.012, 0.011)),
    "green": ((0.02, 0.17, 0.035), (0.22, 0.20, 0.03), (0.018, 0.11, 0.035)),
    "blue": ((0.012, 0.045, 0.17), (0.02, 0.12, 0.16), (0.012, 0.03, 0.10)),
    "red": ((0.50, 0.025, 0.010), (0.012, 0.011, 0.011), (0.012, 0.011, 0.011)),
    "yellow": ((0.60, 0.34, 0.02), (0.012, 0.011, 0.011), (0.012, 0.011, 0.011)),
}
KINDS = {
    "ground_beetle": ({"black": 3, "green": 1.5, "blue": 1, "brown": 1}, {"plain": 3, "spots": 0.5}), "ladybird": ({"red": 4, "yellow": 1}, {"spots": 1}),
    "scarab": ({"green": 3, "black": 2, "brown": 1, "blue": 1}, {"plain": 1}), "stag_beetle": ({"chestnut": 3, "black": 2}, {"plain": 1}),
    "rhinoceros_beetle": ({"chestnut": 2, "black": 2, "brown": 1}, {"plain": 1}), "longhorn": ({"black": 2, "blue": 1, "brown": 1, "yellow": 1}, {"spots": 2, "bands": 2, "plain": 1}),
}  # fmt: skip


@spec
class Beetle:
    """A beetle: body plan, size and colours."""

    seed: int = seed()
    form: str = choice(dict.fromkeys(FORMS, 1.0), doc="body plan", says="a {}")
    length: float = uniform(0.005, 0.08, unit="m", doc="of the body without jaws, horn and feelers")
    breadth: float = uniform(0.92, 1.08, doc="width, of the body plan's")
    leg: float = uniform(0.92, 1.1, doc="length of the legs, of the body plan's")
    colours: str = choice(dict.fromkeys(COLOURS, 1.0), doc="colours of the wing cases", says="of {} colour")
    pattern: str = choice(
        {"plain": 1, "spots": 1, "bands": 1},
        doc="marks on the wing cases",
        says={"spots": "with spots", "bands": "with bands"},
    )
    mark: float = uniform(0.8, 1.3, doc="size of the marks, of the usual")


def sample_beetle(rng: Generator, fixed=None) -> Beetle:
    """Draw a beetle: size and colours go with its form."""
    form = draw(Beetle, rng, fixed).form
    colours, patterns = KINDS[form]
    return draw(
        Beetle, rng, fixed, length=uniform(*FORMS[form].length), colours=choice(colours), pattern=choice(patterns)
    )


def build_beetle(spec: Beetle, detail: float = 1.0) -> Asset:
    """Build a beetle at rest on its six feet."""
    f = FORMS[spec.form]
    wide = f.breadth * spec.breadth
    main, mark, rest = (np.asarray(colour) for colour in COLOURS[spec.colours])
    level = 0.13 + 0.10 * f.leg  # of the rim of the wing cases above the ground
    thorax = f.pronotum[0] * spec.breadth
    legs = _legs(f, spec, wide, level)
    parts = [bone_part("body", (0, 0.45, level), (0, -0.05, level), 0.1, ""), bone_part("thorax", (0, -0.05, level), (0, -0.30, level), 0.1, "body"),
             bone_part("head", (0, -0.30, level), (0, -0.47, level), 0.06, "thorax")]  # fmt: skip
    for index, joints in enumerate(legs):
        parts += leg_bones(str(index), joints[[0, 1, 3]], "body", 0.02)
    bones, radii = skeleton(grow(parts))
    assembly = Assembly(bones, radii)
    surface = Surface("chitin", spec.seed, painted=True)
    rows, around = (18, 56) if detail > 0.5 else (6, 20)
    _wing_cases(assembly, f, spec, wide, level, main, mark, surface, rows, around)
    belly = dome(
        8, 28, (0.86 * wide, 0.36), (0.03, 0.11 + 0.05 * f.height), outline=lambda a: 1 - 0.06 * np.cos(2 * a)
    ).moved([0, 0.13, level + 0.012])
    assembly.add(belly, surface, "body", 0.8 * rest)
    # The pronotum: broadest at its rear, hollowed towards the head.
    plate = dome(12 if detail > 0.5 else 5, around, (thorax, f.pronotum[1]), (f.pronotum[2], 0.08), 2.2,
                 lambda a: 1 + 0.10 * np.cos(2 * a) ** 2 - 0.05 * np.exp(-(((a + np.pi) % (2 * np.pi) - np.pi) ** 2) / 0.1))  # fmt: skip
    plate = plate.moved([0, -0.245, level + 0.008])
    first, _, _ = cells((np.abs(plate.vertices * [1, 0, 0]) + plate.vertices * [0, 1, 1]) / 0.018, spec.seed)
    paint = mixed(
        main if spec.form in ("scarab", "ground_beetle", "stag_beetle", "rhinoceros_beetle") else rest,
        0.4 * rest,
        smoothstep(0.25, 0.1, first),
    )
    if spec.form == "ladybird":
        cheek = smoothstep(
            0.07, 0.05, np.hypot(np.abs(plate.vertices[:, 0]) - 0.62 * thorax, plate.vertices[:, 1] + 0.28)
        )
        paint = mixed(paint, (0.75, 0.72, 0.62), cheek)
    plate = plate.moved(np.outer(-0.004 * smoothstep(0.3, 0.1, first), [0, 0, 1])) if detail > 0.5 else plate
    assembly.add(plate, surface, "thorax", paint)
    w, long = f.head[0] * spec.breadth, f.head[1]
    front = -0.245 - 0.85 * f.pronotum[1]
    skull = dome(8, 24 if detail > 0.5 else 12, (w, long), (0.075, 0.06), 2.3).moved(
        [0, front - 0.55 * long, level - 0.005]
    )
    assembly.add(skull, surface, "head", rest)
    eye = ellipsoid((0, 0, 0), (0.30 * w, 0.30 * long, 0.04), 7, 14).moved(
        [0.86 * w, front - 0.55 * long, level + 0.012]
    )
    assembly.add_pair(eye, surface, "head", (0.02, 0.012, 0.010))
    sides = 8 if detail > 0.5 else 5
    _jaws(assembly, f, spec, w, front - 1.4 * long, level, rest, surface, sides)
    beads = max(int(11 * min(f.feeler, 0.5) / 0.42), 6)
    way = unit([0.75, -0.75, 0.25]) if f.feeler < 0.9 else unit([0.55, -0.45, 0.55])
    root = np.array([0.7 * w, front - 1.15 * long, level + 0.015])
    feeler = antenna(root, way, f.feeler, 0.014, beads if detail > 0.5 else 4, 0.12 if f.feeler < 0.9 else 0.40)
    if f.clubbed:
        share = feeler.vertices - root
        along = np.clip(share @ way / f.feeler, 0, 1)
        feeler = feeler.moved((0.018 * smoothstep(0.72, 0.9, along))[:, None] * feeler.normals())
    assembly.add_pair(feeler, surface, "head", 1.1 * rest)
    for index, joints in enumerate(legs):
        thick = 0.034 if spec.form in ("scarab", "rhinoceros_beetle", "stag_beetle") else 0.026
        profiles = [
            (0.6 * thick, 1.15 * thick, 0.95 * thick, 0.6 * thick),
            (0.45 * thick, 0.55 * thick, 0.72 * thick),
            (0.40 * thick, 0.34 * thick, 0.42 * thick, 0.30 * thick, 0.20 * thick),
        ]
        add_leg(assembly, str(index), joints, profiles, surface, (rest,), sides)
        if detail > 0.5:
            _spines(assembly, index, joints, thick, surface, rest)
    return assembly.asset("beetle", lambda rest_bones: _motions(rest_bones, spec), spec.length)


def _legs(f: Form, spec: Beetle, wide: float, level: float) -> list[np.ndarray]:
    """The joints (4, 3) of the left legs: hip, knee, ankle, claw, all in one upright plane."""
    result = []
    for y, angle, size in ((-0.22, -38, 0.92), (-0.02, 8, 0.95), (0.14, 42, 1.2)):
        length = f.leg * spec.leg * size
        out = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle)), 0])
        hip = np.array([0.45 * wide, y, level - 0.045])
        reach = wide * 0.35 / max(out[0], 0.6)
        knee = hip + out * (reach + 0.26 * length) + [0, 0, 0.16 * length]
        ankle = knee + out * 0.28 * length
        ankle[2] = 0.035
        claw = ankle + out * 0.22 * length
        claw[2] = 0.006
        result.append(np.array([hip, knee, ankle, claw]))
    return result


def _wing_cases(
    assembly: Assembly,
    f: Form,
    spec: Beetle,
    wide: float,
    level: float,
    main,
    mark,
    surface: Surface,
    rows: int,
    around: int,
) -> None:
    """Two wing cases that meet along the back, with their grooves and marks."""
    detail = rows > 10
    across, along = (34, 44) if detail else (9, 12)
    u = np.linspace(0, 1, across)  # from the seam to the rim
    v = np.linspace(0, 1, along)  # from the shoulder to the tip
    outline = np.interp(
        v,
        [0, 0.03, 0.10, 0.25, 0.5, 0.7, 0.82, 0.91, 0.97, 1],
        [0.70, 0.83, 0.92, 0.97, 1.0, 0.93, 0.78, 0.57, 0.32, 0.02],
    )
    width = wide * outline
    start, end = -0.135, 0.5
    y = start + (end - start) * v
    arch = f.height * (np.clip(1 - np.abs(2 * v - 0.75) ** 2.6 / 1.25**2.6 * 0.98, 0, 1)) ** 0.5
    theta = u * (np.pi / 2)
    x = 0.0025 + np.outer(width, np.sin(theta) ** 0.92)
    z = level + np.outer(arch, np.cos(theta) ** 0.82)
    points = np.stack([x, np.repeat(y[:, None], across, 1), z], -1)
    groove = 0.0
    if f.grooves and detail:
        groove = (np.abs(np.sin(np.pi * f.grooves * u)) ** 0.6 - 1)[None] * np.sin(np.pi * v)[:, None] ** 0.3 * 0.010
        points = points + np.stack([groove * np.sin(theta), 0 * groove, groove * np.cos(theta)], -1)
    case = sheet(points, 0.012)
    place = case.vertices
    s, t = case.attributes["across"], case.attributes["along"]
    colour = np.broadcast_to(main, place.shape)
    if spec.form == "ladybird":
        spots = np.array([(0.0, 0.10), (0.55, 0.30), (0.34, 0.58), (0.62, 0.72)])
        distance = np.hypot((s[:, None] - spots[:, 0]) * 0.9, t[:, None] - spots[:, 1]).min(1)
        colour = mixed(colour, mark, smoothstep(0.115, 0.095, distance / spec.mark))
    elif spec.pattern == "spots":
        colour = mixed(
            colour,
            mark if spec.form != "longhorn" else np.array([0.62, 0.60, 0.55]),
            coat.spots(place, spec.seed, 0.10 * spec.mark),
        )
    elif spec.pattern == "bands":
        colour = mixed(
            colour, mark, smoothstep(0.1, 0.3, np.cos(2 * np.pi * (t * 2.6 / spec.mark + 0.03 * np.sin(9 * s))))
        )
    if f.grooves and detail:
        colour = colour * (1 - 0.45 * smoothstep(0.35, 0.0, np.abs(np.sin(np.pi * f.grooves * s))))[:, None]
    assembly.add_pair(case, surface, "body", colour)


def _jaws(
    assembly: Assembly, f: Form, spec: Beetle, w: float, front: float, level: float, rest, surface: Surface, sides: int
) -> None:
    t = np.linspace(0, 1, 12)
    if f.jaw > 0.2:  # antlers of a stag beetle
        curve = np.array([0.55 * w, front + 0.03, level]) + f.jaw * np.stack(
            [0.62 * np.sin(2.3 * t) * (1 - 0.35 * t), -t, 0.10 * np.sin(np.pi * t)], 1
        )
        assembly.add_pair(cone(curve, 0.030 * (1.05 - t**2), sides, 1.3), surface, "head", rest)
        for place, size in ((6, 0.10), (9, 0.06)):
            u = np.linspace(0, 1, 4)[:, None]
            assembly.add_pair(
                cone(curve[place] + size * np.array([-0.9, -0.25, 0.1]) * u, 0.016 * (1.05 - u[:, 0]), 6),
                surface,
                "head",
                rest,
            )
    elif f.jaw > 0:
        curve = np.array([0.45 * w, front + 0.04, level - 0.01]) + f.jaw * np.stack(
            [0.45 * np.sin(np.pi * t) - 0.30 * t, -t, 0 * t], 1
        )
        assembly.add_pair(cone(curve, 0.25 * f.jaw * (1.05 - t), sides), surface, "head", 0.8 * rest)
    if f.horn:
        curve = np.array([0, front + 0.06, level + 0.03]) + f.horn * np.stack(
            [0 * t, -0.75 * np.sin(1.9 * t), 1.05 * t**1.2], 1
        )
        assembly.add(cone(curve, 0.036 * (1.08 - t), sides), surface, "head", rest)
        nub = np.array([0, -0.30, level + 0.15]) + 0.16 * np.stack([0 * t, -0.8 * t, 0.25 * t], 1)
        assembly.add(cone(nub, 0.032 * (1.08 - t), sides), surface, "thorax", rest)


def _spines(assembly: Assembly, index: int, joints: np.ndarray, thick: float, surface: Surface, rest) -> None:
    """Spurs along the shin and two claws on the foot."""
    way = joints[2] - joints[1]
    u = np.linspace(0, 1, 4)[:, None]
    for share in (0.45, 0.65, 0.85):
        root = joints[1] + share * way
        side = unit(np.cross(way, [0, 0, 1])) * (1 if share != 0.65 else -1)
        assembly.add_pair(
            cone(root + 1.4 * thick * (side * 0.8 + unit(way) * 0.7) * u, 0.2 * thick * (1.05 - u[:, 0]), 5),
            surface,
            f"lower_{index}.L",
            rest,
        )
    out = unit((joints[3] - joints[2]) * [1, 1, 0])
    for side in (-1, 1):
        aside = np.cross(out, [0, 0, 1]) * side
        curve = joints[3] + 0.9 * thick * (out * u + 0.6 * aside * u) - np.outer(0.004 * u[:, 0] ** 2, [0, 0, 1])
        assembly.add_pair(cone(curve, 0.16 * thick * (1.05 - u[:, 0]), 5), surface, f"lower_{index}.L", rest)


def _motions(bones, spec: Beetle) -> Motions:
    scale = spec.length
    wanted = Gait(0.58, 0.28 * scale, 0.07 * scale, crouch=0.01 * scale, bob=0.003 * scale)

    def body(skeleton: Skeleton, phase: float) -> dict:
        a = 2 * np.pi * phase
        return {
            "head": skeleton.local("head", turn(gait.Z, 0.06 * np.sin(a))),
            "body": skeleton.local("body", turn(gait.Z, 0.02 * np.cos(a))),
        }

    walk, used = gait.cycle(bones, many_legs(3), wanted, body, gait.radial)
    steps = 3.2 * (0.02 / scale) ** 0.4  # cycles a second
    return {"walk": walk}, {"walk": 1 / steps}, {"walk": used.stance / used.duty * steps}
