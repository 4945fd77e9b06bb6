"""The flight feathers of birds: wings spread or folded, and tails."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...assets import Surface
from . import feathers
from .assembly import Assembly
from .bird_forms import Form, Plumage
from .coat import mixed, smoothstep
from .parts import unit


def tilted(point, tilt: float) -> np.ndarray:
    """A point or direction (3,) of a level bird when its breast rises by ``tilt`` radians."""
    c, s = np.cos(tilt), np.sin(tilt)
    x, y, z = point
    return np.array([x, c * y + s * z, c * z - s * y])


def spread_wings(assembly: Assembly, form: Form, grown, coat: Plumage, detail: float, rng, spec: Any) -> None:
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


def folded_wings(
    assembly: Assembly, form: Form, grown, coat: Plumage, tilt: float, detail: float, rng, spec: Any
) -> None:
    """A folded wing: feathers that lie over each other along the flank, tips towards the tail."""
    surface = Surface("feather", spec.seed, painted=True)
    rows, columns = (8, 3) if detail > 0.5 else (3, 2)
    trunk = grown["trunk"]
    g = form.girth
    tail_root = grown["tail"].centre[0]
    back = tilted((0, 1, 0), tilt)
    up = tilted((0, 0, 1), tilt)
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


def tail_fan(
    assembly: Assembly, form: Form, grown, coat: Plumage, tilt: float, detail: float, spec: Any, folded: bool
) -> None:
    """The fan of tail feathers."""
    count = 12 if detail > 0.5 else 6
    t = np.linspace(-1, 1, count)
    fan = np.radians((7 if folded else 26) + (8 if form.tail > 0.5 else 0)) * t
    back, up = tilted((0, 1, 0), tilt), tilted((0, 0, 1), tilt)
    along = np.outer(np.cos(fan), back) + np.outer(np.sin(fan), [1, 0, 0]) + 0.04 * up
    roots = grown["tail"].centre[1] + np.outer(0.045 * t, [1, 0, 0]) + np.outer(0.022 * (1 - np.abs(t)), up)
    mesh = feathers.vane(feathers.FLIGHT, 0.085 if detail > 0.5 else 0.15, 7 if detail > 0.5 else 4, 2, 0.15)
    length = form.tail * (1 - 0.10 * t * t)
    shell = feathers.placed(mesh, roots, along, np.tile(up, (count, 1)) + np.outer(0.15 * t, [1, 0, 0]), length)
    paint = np.tile(np.asarray(coat.tail), (len(shell.vertices), 1)) * (
        1.05 - 0.3 * np.tile(mesh.attributes["along"], count)[:, None]
    )
    assembly.add(shell, Surface("feather", spec.seed, painted=True), "tail", paint)
