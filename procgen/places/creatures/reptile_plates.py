"""The hard parts of reptiles: a crocodile's plates and teeth, a tortoise's shell, claws."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...assets import Surface
from ...geometry.angles import arctan2
from .assembly import Assembly
from .coat import mixed, smoothstep
from .parts import capped, cone, unit
from .reptile_forms import Form


def add_armour(assembly: Assembly, grown, f: Form, surface: Surface, back, detail: float) -> None:
    """Rows of keeled plates on a crocodile's back, and the crest of its tail."""
    trunk, tail = grown["trunk"], grown["tail"]
    count = 17 if detail > 0.5 else 9
    rank = 3 if detail > 0.5 else 2
    for row in range(count):
        u = 0.05 + 0.88 * row / count
        for side in range(rank):
            angle = 9 + 60 / rank * side
            place, axis = trunk.place(u, angle, 0.97), trunk.place(u, angle, 0.0)
            out = unit(place - axis)
            size = f.breadth * 0.105 * (1 - 0.25 * abs(u - 0.5)) * 3 / rank
            plate = _keel(place, out, size, 0.75)
            assembly.add_pair(plate, surface, assembly.bones[min(int(3 * u), 2)].name, 0.75 * back)
    for row in range(22 if detail > 0.5 else 11):
        u = 0.05 + 0.9 * row / (22 if detail > 0.5 else 11)
        bone = f"tail{min(1 + int(6 * u), 6)}"
        height = 0.05 * (1 - 0.55 * u)
        if u < 0.5:
            plate = _keel(tail.place(u, 38, 0.95), unit([0.55, 0, 1.0]), height, 1.2)
            assembly.add_pair(plate, surface, bone, 0.75 * back)
        else:
            assembly.add(
                _keel(tail.place(u, 0, 0.9), unit([0, 0.2, 1.0]), 1.1 * height, 1.5), surface, bone, 0.75 * back
            )


def _keel(place, out, size: float, sharp: float):
    """A plate with a keel: a low pyramid drawn out backwards."""
    along = unit(np.array([0, 1.0, 0]) - out[1] * np.asarray(out))
    across = np.cross(along, out)
    base = [(-1, -0.85), (-1, 0.85), (1, 0.8), (1, -0.8)]
    lower = [place + size * (0.95 * a * along + b * across) - 0.35 * size * out for a, b in base]
    upper = [
        place
        + size * (0.55 * a * along + 0.18 * along + 0.12 * b * across)
        + sharp * size * (0.55 + 0.25 * (a > 0)) * out
        for a, b in base
    ]
    return replace(capped(np.array([lower, upper])), smooth=False)


def add_shell(assembly: Assembly, grown, f: Form, spec: Any, back, detail: float) -> None:
    """A tortoise's domed shell with the relief of its scutes, and the flat plate below."""
    rows, around = (26, 72) if detail > 0.5 else (10, 28)
    trunk = grown["trunk"].centre
    middle = 0.5 * (trunk[:, 1].min() + trunk[:, 1].max()) + 0.01
    half = 0.5 * np.ptp(trunk[:, 1]) + 0.045
    wide, base, top = 1.42 * f.breadth, f.height - 0.35 * f.depth, 0.40 * (f.breadth / 0.22) ** 0.3
    polar = np.linspace(0.03, np.pi / 2, rows)
    angle = np.arange(around) * (2 * np.pi / around)
    rings = []
    for p in polar[::-1]:
        flare = 1 + 0.07 * np.exp(-(((np.pi / 2 - p) / 0.22) ** 2))
        rings.append(np.stack([wide * flare * np.sin(p) ** 0.8 * np.sin(angle), middle - half * flare * np.sin(p) ** 0.8 * np.cos(angle),
                               np.full(around, base + (top - base + 0.03) * np.cos(p) ** 0.9)], 1))  # fmt: skip
    lower = [
        ring * [0.86, 0.9, 0] + [0, 0.1 * middle, height]
        for ring, height in ((rings[0], base - 0.45 * f.depth), (rings[0], base - 0.25 * f.depth))
    ]
    dome = capped(np.array([*lower, *rings]))
    points = dome.vertices
    x, y = points[:, 0] / wide, (points[:, 1] - middle) / half
    # Five scutes along the spine, four on each flank, and a rim of small ones.
    reach = np.hypot(x, y)
    seeds = np.array(
        [(0, v) for v in (-0.78, -0.40, 0.0, 0.40, 0.78)]
        + [(s * 0.56, v) for s in (-1, 1) for v in (-0.58, -0.2, 0.2, 0.58)]
    )
    distance = np.hypot((x[:, None] - seeds[None, :, 0]) * 0.95, y[:, None] - seeds[None, :, 1])
    order = np.sort(distance, 1)
    gap = order[:, 1] - order[:, 0]
    rim = smoothstep(0.86, 0.90, reach)
    edge = np.where(reach > 0.88, np.abs(((arctan2(x, y) / (2 * np.pi) * 24) % 1) - 0.5) * 0.2, gap)
    crease = smoothstep(0.075, 0.02, np.minimum(edge, 3 * np.abs(reach - 0.88)))
    growth = np.cos(np.minimum(order[:, 0], 0.5) * 75) * (1 - rim)
    up = smoothstep(base - 0.02, base + 0.01, points[:, 2])
    raised = up * (0.028 * (1 - order[:, 0] / 0.35).clip(-0.3, 1) * (1 - rim) - 0.012 * crease + 0.002 * growth)
    dome = dome.moved(raised[:, None] * dome.normals())
    centre = smoothstep(0.20, 0.06, order[:, 0]) * (1 - rim)
    dark = 0.32 * np.asarray(back)
    colour = mixed(
        mixed(0.9 * np.asarray(back) + 0.01, (0.46, 0.32, 0.12), 0.8 * centre),
        dark,
        np.clip(crease + 0.25 * (growth > 0.4), 0, 1),
    )
    colour = mixed((0.36, 0.28, 0.15), colour, up)
    shell_weights = np.zeros((len(points), len(assembly.bones)))
    shell_weights[:, assembly.number["loin"]] = 1
    assembly.add(dome, Surface("mollusc_shell", spec.seed, painted=True), shell_weights, colour)


def add_claws(assembly: Assembly, grown, f: Form, tortoise: bool) -> None:
    """Claws on every digit, four on each foot of a tortoise."""
    for name in ("fore", "hind"):
        if tortoise:
            foot = grown[f"foot_{name}.L"].centre[-1]
            tips = [
                (
                    foot + f.limb * np.array([0.55 * side + 0.25, -0.75 + 0.2 * abs(side), -0.25]),
                    unit([0.3 * side, -1, -0.15]),
                )
                for side in (-1, -0.35, 0.35, 1)
            ]
            size = 0.5 * f.limb
        else:
            tips = [
                (
                    grown[f"digit_{name}{n}.L"].centre[-1],
                    unit(np.diff(grown[f"digit_{name}{n}.L"].centre[[0, -1]], axis=0)[0] * [1, 1, 0]),
                )
                for n in range(5)
            ]
            size = 0.75 * f.limb
        u = np.linspace(0, 1, 5)[:, None]
        for tip, way in tips:
            curve = tip + size * (way * u + np.array([0, 0, 0.12]) * u - np.array([0, 0, 0.3]) * u * u)
            curve[:, 2] = np.maximum(curve[:, 2], 0.002)
            assembly.add_pair(
                cone(curve, 0.22 * size * (1.05 - u[:, 0]), 6),
                Surface("horn", painted=True),
                f"foot_{name}.L",
                (0.07, 0.055, 0.04),
            )


def add_teeth(assembly: Assembly, head, f: Form) -> None:
    """The teeth of a crocodile that show along its closed jaws."""
    for index, u in enumerate(np.linspace(0.42, 0.99, 12)):
        root = head.place(u, 103, 0.97)
        long = f.head[2] * (0.22 + 0.12 * np.sin(2.3 * index) ** 2)
        curve = root + np.array([0.15, 0, -1.0]) * long * np.linspace(-0.3, 1, 4)[:, None]
        assembly.add_pair(
            cone(curve, long * np.array([0.24, 0.24, 0.17, 0.02]), 6),
            Surface("bone", painted=True),
            "head",
            (0.62, 0.56, 0.42),
        )
