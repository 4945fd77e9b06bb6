"""Dragonflies: great compound eyes, a long ringed abdomen, and four veined wings that beat in turn."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.noise import cells
from ...params import choice, draw, flag, seed, spec, uniform
from .arthropod import add_leg, antenna, bone_part, dome, leg_bones
from .assembly import Assembly, Motions
from .coat import mixed, smoothstep
from .gait import Skeleton
from .genome import grow, skeleton
from .parts import cone, ellipsoid, sheet
from .rig import product, turn

SEGMENTS = 9  # of the abdomen that show
# Linear albedo of the abdomen, its marks, the thorax and the eyes.
COLOURS = {
    "blue": ((0.05, 0.22, 0.50), (0.012, 0.012, 0.014), (0.10, 0.22, 0.05), (0.06, 0.25, 0.42)),
    "green": ((0.06, 0.26, 0.05), (0.015, 0.018, 0.012), (0.10, 0.30, 0.06), (0.12, 0.30, 0.08)),
    "red": ((0.46, 0.030, 0.015), (0.04, 0.012, 0.01), (0.28, 0.07, 0.03), (0.30, 0.04, 0.02)),
    "yellow": ((0.56, 0.36, 0.03), (0.014, 0.013, 0.012), (0.42, 0.30, 0.05), (0.10, 0.20, 0.10)),
    "brown": ((0.24, 0.12, 0.04), (0.05, 0.03, 0.018), (0.22, 0.13, 0.06), (0.18, 0.09, 0.04)),
}


@spec
class Dragonfly:
    """A dragonfly, or a damselfly with its eyes apart and its wings narrow."""

    seed: int = seed()
    length: float = uniform(0.03, 0.085, unit="m", doc="of the body")
    damsel: bool = flag(
        0.25, doc="a damselfly: slender, eyes apart, stalked wings", says={True: "a damselfly", False: "a dragonfly"}
    )
    abdomen: float = uniform(0.9, 1.15, doc="thickness of the abdomen, of the usual")
    span: float = uniform(0.92, 1.1, doc="length of the wings, of the usual")
    colours: str = choice(
        {"blue": 3, "green": 2, "red": 2, "yellow": 1.5, "brown": 1}, doc="colours of the body", says="of {} colour"
    )
    marks: float = uniform(0.1, 0.7, doc="share of a segment that is dark")


def sample_dragonfly(rng: Generator, fixed=None) -> Dragonfly:
    """Draw a dragonfly."""
    return draw(Dragonfly, rng, fixed)


def build_dragonfly(spec: Dragonfly, detail: float = 1.0) -> Asset:
    """Build a dragonfly at rest with its wings spread, on its six feet."""
    thin = (0.55 if spec.damsel else 1.0) * spec.abdomen
    level = 0.15
    main, mark, chest, eyes = (np.asarray(colour) for colour in COLOURS[spec.colours])
    legs = _legs(level)
    parts = [
        bone_part("thorax", (0, -0.14, level), (0, -0.30, level + 0.01), 0.08, ""),
        bone_part("head", (0, -0.30, level + 0.01), (0, -0.44, level), 0.06, "thorax"),
    ]
    stops = np.linspace(-0.14, 0.56, 4)
    for index in range(3):
        joint = "thorax" if not index else f"abdomen{index - 1}"
        parts.append(bone_part(f"abdomen{index}", (0, stops[index], level), (0, stops[index + 1], level), 0.04, joint))
    span = 0.66 * spec.span
    roots = {"fore": np.array([0.035, -0.235, level + 0.085]), "hind": np.array([0.035, -0.165, level + 0.080])}
    for name, root in roots.items():
        parts.append(bone_part(f"{name}wing.L", root, root + [span, 0.0, 0.0], 0.05, "thorax", True, (0.0, -1.0, 0.0)))
    for index, joints in enumerate(legs):
        parts += leg_bones(str(index), joints[[0, 1, 3]], "thorax", 0.01)
    bones, radii = skeleton(grow(parts))
    assembly = Assembly(bones, radii)
    surface = Surface("chitin", spec.seed, painted=True)
    fine = detail > 0.5
    sides = 18 if fine else 8
    # Thorax: a tilted box of plates with pale stripes.
    trunk = dome(
        10 if fine else 4, 28 if fine else 12, (0.068 * (0.8 if spec.damsel else 1), 0.115), (0.095, 0.075), 2.4
    ).moved([0, -0.215, level + 0.01])
    stripe = np.abs(((trunk.vertices[:, 1] * 0.8 + trunk.vertices[:, 2] * 0.55) / 0.055 % 1) - 0.5) * 2
    assembly.add(trunk, surface, "thorax", mixed(chest, mark, 0.85 * smoothstep(0.45, 0.6, stripe)))
    _abdomen(assembly, spec, level, thin, main, mark, surface, sides, fine)
    _head(assembly, spec, level, eyes, chest, mark, surface, fine)
    for index, joints in enumerate(legs):
        radius = 0.010
        add_leg(
            assembly,
            str(index),
            joints,
            [
                (0.8 * radius, radius, 0.7 * radius),
                (0.6 * radius, 0.5 * radius),
                (0.4 * radius, 0.3 * radius, 0.25 * radius),
            ],
            surface,
            (mark,),
            6 if fine else 4,
        )
    for name, root in roots.items():
        _wing(assembly, name, root, span, spec, mark, fine)
    return assembly.asset("dragonfly", lambda rest: _motions(rest, spec), spec.length)


def _legs(level: float) -> list[np.ndarray]:
    result = []
    for y, angle, size in ((-0.27, -48, 0.8), (-0.235, -5, 0.9), (-0.20, 38, 1.0)):
        out = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle)), 0])
        hip = np.array([0.030, y, level - 0.055])
        knee = hip + out * 0.11 * size + [0, 0, 0.045]
        ankle = knee + out * 0.085 * size
        ankle[2] = 0.018
        claw = ankle + out * 0.03
        claw[2] = 0.003
        result.append(np.array([hip, knee, ankle, claw]))
    return result


def _abdomen(
    assembly: Assembly, spec: Dragonfly, level: float, thin: float, main, mark, surface: Surface, sides: int, fine: bool
) -> None:
    t = np.linspace(0, 1, (6 if fine else 2) * SEGMENTS + 1)
    profile = np.interp(t, [0, 0.08, 0.2, 0.5, 0.8, 0.93, 1], [0.040, 0.050, 0.034, 0.036, 0.040, 0.034, 0.020]) * thin
    inside = (t * SEGMENTS) % 1
    profile = profile * (1 - 0.10 * (np.abs(inside - 0.5) * 2) ** 8)
    curve = np.stack([0 * t, -0.14 + 0.70 * t, level + 0.012 - 0.01 * t + 0.02 * t * t], 1)
    tube = cone(curve, profile, sides, 1.1)
    along = tube.attributes["along"]
    segment = (along * SEGMENTS) % 1
    dark = smoothstep(1 - spec.marks, 1.02 - spec.marks, segment)
    back = smoothstep(0.05 + 0.5 * (spec.marks > 0.4), 0.7, tube.normals()[:, 2])
    colour = mixed(
        main, mark, np.clip(dark + 0.9 * smoothstep(0.94, 0.99, segment) + 0.6 * back * (spec.marks > 0.35), 0, 1)
    )
    weights = np.zeros((len(along), len(assembly.bones)))
    place = along * 3 - 0.5
    for index in range(3):
        weights[:, assembly.number[f"abdomen{index}"]] = np.clip(1 - np.abs(np.clip(place, 0, 2) - index), 0, 1)
    assembly.add(tube, surface, weights, colour)
    tip = curve[-1]
    u = np.linspace(0, 1, 4)[:, None]
    assembly.add_pair(
        cone(tip + [0.008, -0.01, 0] + np.array([0.015, 0.055, 0]) * u, 0.008 * (1.1 - u[:, 0]), 6),
        surface,
        "abdomen2",
        mark,
    )


def _head(assembly: Assembly, spec: Dragonfly, level: float, eyes, chest, mark, surface: Surface, fine: bool) -> None:
    rows, around = (12, 22) if fine else (6, 10)
    apart = 0.072 if spec.damsel else 0.040
    size = np.array([0.036, 0.040, 0.042]) if spec.damsel else np.array([0.052, 0.060, 0.060])
    eye = ellipsoid((0, 0, 0), size, rows, around).moved([apart, -0.352, level + 0.022])
    first, _, _ = cells(eye.vertices / 0.012, spec.seed)
    low = smoothstep(level + 0.02, level - 0.03, eye.vertices[:, 2])
    assembly.add_pair(
        eye, surface, "head", mixed(eyes, 0.6 * eyes + 0.15, low) * (1 - 0.3 * smoothstep(0.2, 0.5, first))[:, None]
    )
    face = ellipsoid((0, 0, 0), (0.075 if spec.damsel else 0.050, 0.045, 0.046), rows, around).moved(
        [0, -0.375, level - 0.005]
    )
    assembly.add(face, surface, "head", mixed(chest, mark, 0.5 * smoothstep(level, level + 0.03, face.vertices[:, 2])))
    assembly.add_pair(
        antenna((0.018, -0.415, level + 0.03), (0.35, -0.8, 0.6), 0.055, 0.0035, 4, 0.1, 5), surface, "head", mark
    )
    neck = np.array([0, -0.29, level + 0.01]) + np.outer(np.linspace(0, 1, 4), [0, -0.05, 0])
    assembly.add(cone(neck, 0.022, 10), surface, "head", mark)


def _wing(assembly: Assembly, name: str, root: np.ndarray, span: float, spec: Dragonfly, mark, fine: bool) -> None:
    """A wing as a thin corrugated sheet whose veins are painted: ribs along it, a net of cells between them."""
    hind = name == "hind"
    chord = (0.115 if spec.damsel else 0.15 if not hind else 0.19) * (0.85 if spec.damsel else 1)
    rows, columns = (84, 22) if fine else (14, 5)
    s = np.linspace(0, 1, rows)
    stalk = smoothstep(0.0, 0.42 if spec.damsel else 0.12 if hind else 0.22, s)
    width = chord * (0.16 + 0.84 * stalk) * np.sqrt(np.clip(1 - s**7, 0, 1)) * (1 - 0.22 * s)
    width = np.maximum(width, 0.004)
    lead = -0.022 * np.sin(np.pi * s) + 0.05 * s**6
    v = np.linspace(0, 1, columns)
    x = np.repeat(s[:, None] * span, columns, 1)
    y = lead[:, None] + np.outer(width, v) - 0.012
    fold = 0.0035 * np.cos(2 * np.pi * 4.5 * v)[None] * (1 - 0.6 * v)[None] * np.ones((rows, 1)) if fine else 0 * x
    sweep = np.tan(np.radians(-4 if not hind else 9))
    points = root + np.stack([x, y + sweep * x, fold + 0.05 * x], -1)
    thick = 0.0035 * (1 - 0.5 * v)[None] * np.ones((rows, 1))
    wing = sheet(points, thick)
    along, across = wing.attributes["along"], wing.attributes["across"]
    flat = np.stack([along * span / 0.018, across * 0.15 / 0.016, 0 * along], 1)
    first, second, _ = cells(flat, 5)
    net = smoothstep(0.16, 0.05, second - first) * 0.55
    ribs = smoothstep(0.72, 0.93, np.cos(2 * np.pi * 4.5 * across)) * (across < 0.6) + smoothstep(0.04, 0.02, across)
    stigma = smoothstep(0.03, 0.02, np.abs(along - 0.86)) * smoothstep(0.16, 0.12, across)
    base = smoothstep(0.10, 0.0, along) * (0.6 if not spec.damsel else 0)
    colour = mixed(np.array([0.72, 0.76, 0.76]), (0.05, 0.04, 0.03), np.clip(np.maximum(net, ribs), 0, 1))
    colour = mixed(mixed(colour, (0.36, 0.18, 0.04), base), 0.8 * np.asarray(mark) + 0.02, stigma)
    assembly.add_pair(wing, Surface("wing_membrane", spec.seed, painted=True), f"{name}wing.L", colour)


def _motions(bones, spec: Dragonfly) -> Motions:
    skeleton = Skeleton(bones)

    def beat(phase: float, size: float) -> dict:
        pose = {}
        for name, lag in (("fore", 0.0), ("hind", 0.28)):  # the hind wings lead by about a quarter of a beat
            a = 2 * np.pi * (phase + lag)
            for side, sign in (("L", 1), ("R", -1)):
                stroke = turn([0.0, 1.0, 0.0], -sign * size * (0.1 + np.cos(a)))
                twist = turn([1.0, 0.0, 0.0], 0.45 * size * np.sin(a))
                bone = f"{name}wing.{side}"
                pose[bone] = skeleton.local(bone, product(stroke, twist))
        for index in range(3):
            pose[f"abdomen{index}"] = skeleton.local(
                f"abdomen{index}", turn([1.0, 0, 0], 0.02 * np.sin(2 * np.pi * phase - index))
            )
        for index in range(3):  # legs are folded under the thorax in flight
            for side in "LR":
                pose[f"upper_{index}.{side}"] = skeleton.local(f"upper_{index}.{side}", turn([1.0, 0, 0], 0.5))
                pose[f"lower_{index}.{side}"] = skeleton.local(f"lower_{index}.{side}", turn([1.0, 0, 0], 0.5))
        pose[""] = np.array([0, 0, -0.01 * spec.length * np.cos(2 * np.pi * phase)])
        return pose

    beats = 34 * (0.06 / spec.length) ** 0.5
    return ({"fly": lambda phase: beat(phase, 0.62), "hover": lambda phase: beat(phase, 0.75)},
            {"fly": 1 / beats, "hover": 1 / beats}, {"fly": 75 * spec.length, "hover": 0.0})  # fmt: skip
