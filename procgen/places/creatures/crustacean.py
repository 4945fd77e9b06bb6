"""Crustaceans: crabs that walk sideways and lobsters, with relief on their shells, claws, stalked eyes and feelers."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.noise import cells, fractal
from ...params import choice, draw, seed, spec, uniform
from . import gait
from .arthropod import antenna, bone_part, dome, leg_bones, many_legs, segments
from .assembly import Assembly, Motions
from .coat import mixed, mottled, smoothstep
from .gait import Gait, Skeleton
from .genome import grow, skeleton
from .parts import blade, cone, ellipsoid, unit
from .rig import product, turn

SIZES = {"crab": (0.04, 0.24), "lobster": (0.15, 0.45)}  # metres: breadth of a carapace, length of a body
# Linear albedo of the shell, its marks and its underside.
COLOURS = {
    "red": ((0.42, 0.06, 0.025), (0.20, 0.02, 0.012), (0.66, 0.48, 0.34)),
    "brown": ((0.24, 0.10, 0.045), (0.09, 0.04, 0.022), (0.56, 0.44, 0.30)),
    "green": ((0.10, 0.13, 0.055), (0.035, 0.045, 0.022), (0.52, 0.46, 0.28)),
    "blue": ((0.035, 0.07, 0.17), (0.015, 0.025, 0.07), (0.55, 0.46, 0.34)),
    "sand": ((0.48, 0.36, 0.22), (0.24, 0.16, 0.09), (0.68, 0.60, 0.48)),
}


@spec
class Crustacean:
    """A crab or a lobster: size, claws and colours."""

    seed: int = seed()
    form: str = choice({"crab": 1.5, "lobster": 1.0}, doc="body plan", says="a {}")
    size: float = uniform(0.04, 0.45, unit="m", doc="breadth of a crab's shell, length of a lobster's body")
    claw: float = uniform(0.85, 1.25, doc="size of the claws, of the usual", says=((1.1, ""), (9, "with large claws")))
    leg: float = uniform(0.92, 1.1, doc="length of the legs, of the usual")
    bumps: float = uniform(0.4, 1.3, doc="height of the relief, of the usual")
    colours: str = choice(
        {"red": 2, "brown": 2, "green": 1, "blue": 1, "sand": 1}, doc="colours of the shell", says="of {} colour"
    )


def sample_crustacean(rng: Generator, fixed=None) -> Crustacean:
    """Draw a crustacean: size goes with its form."""
    form = draw(Crustacean, rng, fixed).form
    return draw(Crustacean, rng, fixed, size=uniform(*SIZES[form]))


def build_crustacean(spec: Crustacean, detail: float = 1.0) -> Asset:
    """Build a crustacean at rest on its legs."""
    return (_crab if spec.form == "crab" else _lobster)(spec, detail)


def _leg(hip, angle: float, upper: float, lower: float, rise: float) -> np.ndarray:
    """The joints (4, 3) of a left leg in one upright plane: hip, knee, ankle and the tip on the ground."""
    out = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle)), 0])
    hip = np.asarray(hip, float)
    knee = hip + out * upper * np.cos(rise) + [0, 0, upper * np.sin(rise)]
    tip = knee + out * np.sqrt(max(lower**2 - knee[2] ** 2, 0.01 * lower**2))
    tip[2] = 0.004
    ankle = knee + 0.52 * (tip - knee) + out * 0.16 * lower + [0, 0, 0.02]
    return np.array([hip, knee, ankle, tip])


def _relief(mesh, spec: Crustacean, size: float, height: float):
    """A shell with bumps, and how deep between them a vertex lies (n,)."""
    first, _, _ = cells(mesh.vertices / size, spec.seed)
    bump = 1 - np.minimum(first, 1) ** 2
    broad = fractal(np.abs(mesh.vertices * [1, 0, 0]) / 0.2 + mesh.vertices * [0, 1, 1] / 0.2, spec.seed, 3)
    lift = spec.bumps * (height * bump + 1.2 * height * broad)
    up = smoothstep(-0.2, 0.2, mesh.normals()[:, 2])
    return mesh.moved((lift * up)[:, None] * mesh.normals()), 1 - bump


def _shade(mesh, spec: Crustacean, hollow=None, amount: float = 0.5) -> np.ndarray:
    shell, mark, under = COLOURS[spec.colours]
    colour = mixed(
        shell,
        mark,
        amount
        * smoothstep(
            -0.1,
            0.35,
            fractal(np.abs(mesh.vertices * [1, 0, 0]) / 0.15 + mesh.vertices * [0, 1, 1] / 0.15, spec.seed + 3, 4),
        ),
    )
    if hollow is not None:
        colour = mixed(colour, mark, 0.45 * smoothstep(0.3, 0.9, hollow))
    colour = mixed(colour, under, 0.9 * smoothstep(-0.15, -0.6, mesh.normals()[:, 2]))
    return np.clip(mottled(colour, mesh.vertices, spec.seed, 0.03, 0.18), 0.003, 0.9)


def _claw(assembly: Assembly, joints: np.ndarray, spec: Crustacean, size: float, surface: Surface, fine: bool) -> None:
    """The arm and pincer of both sides: joints (4, 3) shoulder, elbow, wrist, and the hinge of the finger."""
    sides = 12 if fine else 6
    arm = segments(
        joints[:3], [(0.16 * size, 0.22 * size, 0.20 * size), (0.20 * size, 0.28 * size, 0.24 * size)], sides, 0.04
    )
    for shell, bone in zip(arm, ("arm", "wrist"), strict=True):
        assembly.add_pair(shell, surface, f"{bone}.L", _shade(shell, spec))
    way = unit(joints[3] - joints[2])
    aside = unit(np.cross(way, [0, 0, 1.0]))
    over = np.cross(aside, way)
    t = np.linspace(0, 1, 14 if fine else 7)
    long = 1.25 * size
    # The palm swells and then narrows to the fixed finger, which lies on the outer side and curves in.
    palm = np.interp(t, [0, 0.15, 0.42, 0.58, 0.68, 1], [0.17, 0.33, 0.38, 0.27, 0.15, 0.02]) * size
    bend = np.interp(t, [0, 0.5, 0.8, 1], [0, 0.02, 0.16, 0.10]) * size
    curve = joints[2] + np.outer(long * t, way) + np.outer(bend, aside)
    shell = cone(curve, palm, sides + 4, 0.62, up=tuple(aside))
    if fine:
        shell, hollow = _relief(shell, spec, 0.10 * size, 0.012 * size)
    else:
        hollow = None
    tip = smoothstep(0.72, 0.9, (shell.vertices - joints[2]) @ way / long)
    under = COLOURS[spec.colours][2]
    assembly.add_pair(shell, surface, "palm.L", mixed(_shade(shell, spec, hollow), np.asarray(under) * 0.9, 0.7 * tip))
    hinge = joints[2] + 0.52 * long * way - 0.20 * size * aside
    finger = hinge + np.outer(0.55 * long * t, way) + np.outer((-0.10 * np.sin(np.pi * t) + 0.18 * t) * size, aside)
    shell = cone(finger, np.interp(t, [0, 0.15, 0.6, 1], [0.10, 0.14, 0.09, 0.015]) * size, sides, 0.7, up=tuple(aside))
    tip = smoothstep(0.4, 0.8, (shell.vertices - hinge) @ way / (0.55 * long))
    assembly.add_pair(shell, surface, "finger.L", mixed(_shade(shell, spec), np.asarray(under) * 0.9, 0.7 * tip))
    if fine:
        for index in range(5):
            share = 0.25 + 0.15 * index
            root = (
                np.array([np.interp(share, t, finger[:, axis]) for axis in range(3)])
                + 0.09 * size * (1 - 0.5 * share) * aside
            )
            tooth = ellipsoid((0, 0, 0), (0.035 * size, 0.035 * size, 0.035 * size), 3, 6).moved(root + 0 * over)
            assembly.add_pair(tooth, surface, "finger.L", np.asarray(under) * 0.9)


def _claw_bones(joints: np.ndarray, size: float, body: str) -> list:
    way = unit(joints[3] - joints[2])
    aside = unit(np.cross(way, [0, 0, 1.0]))
    long = 1.25 * size
    hinge = joints[2] + 0.52 * long * way - 0.20 * size * aside
    return [bone_part("arm.L", joints[0], joints[1], 0.15 * size, body, True), bone_part("wrist.L", joints[1], joints[2], 0.15 * size, "arm.L", True),
            bone_part("palm.L", joints[2], joints[2] + long * way, 0.3 * size, "wrist.L", True),
            bone_part("finger.L", hinge, hinge + 0.55 * long * way, 0.1 * size, "palm.L", True)]  # fmt: skip


def _crab(spec: Crustacean, detail: float) -> Asset:
    """Units: the breadth of the carapace."""
    fine = detail > 0.5
    level = 0.22
    size = 0.40 * spec.claw
    legs = []
    for y, angle, share in ((-0.10, -24, 0.95), (0.0, -4, 1.05), (0.10, 18, 1.05), (0.18, 42, 0.9)):
        legs.append(_leg((0.36, y, level - 0.04), angle, 0.36 * share * spec.leg, 0.56 * share * spec.leg, 0.62))
    arm = np.array(
        [(0.30, -0.22, level - 0.04), (0.52, -0.36, level + 0.03), (0.42, -0.56, level), (0.22, -0.72, level - 0.02)]
    )
    parts = [bone_part("body", (0, 0.3, level), (0, -0.3, level), 0.3, "")]
    for index, joints in enumerate(legs):
        parts += leg_bones(str(index), joints[[0, 1, 3]], "body", 0.04)
    parts += _claw_bones(arm, size, "body")
    parts.append(bone_part("eye.L", (0.09, -0.29, level + 0.05), (0.12, -0.33, level + 0.13), 0.02, "body", True))
    bones, radii = skeleton(grow(parts))
    assembly = Assembly(bones, radii)
    surface = Surface("crustacean_shell", spec.seed, painted=True)

    def outline(a):  # a fan: broad in front of the middle, teeth along the front edge, narrow behind
        front = np.cos(a)
        teeth = 0.02 * (np.abs(np.sin(9 * a)) ** 0.5) * (front > 0.1) * (np.abs(np.sin(a)) > 0.35)
        return 1 + 0.10 * front * np.abs(np.sin(a)) + teeth - 0.07 * (front < -0.3) * (-front - 0.3)

    rows, around = (22, 120) if fine else (7, 36)
    carapace = dome(rows, around, (0.5, 0.36), (0.135, 0.115), 2.4, outline).moved([0, 0, level])
    hollow = None
    if fine:
        carapace, hollow = _relief(carapace, spec, 0.045, 0.007)
        # The regions over stomach and heart stand between two grooves.
        x, y = np.abs(carapace.vertices[:, 0]), carapace.vertices[:, 1]
        groove = smoothstep(0.03, 0.0, np.abs(x - 0.13 - 0.25 * (y - 0.05) ** 2 * 4)) + smoothstep(
            0.025, 0.0, np.abs(y - 0.04 + 0.5 * x * x)
        ) * (x < 0.3)
        carapace = carapace.moved(
            (-0.010 * spec.bumps * np.clip(groove, 0, 1) * (carapace.vertices[:, 2] > level))[:, None] * [0, 0, 1.0]
        )
    assembly.add(carapace, surface, "body", _shade(carapace, spec, hollow, 0.65))
    for index, joints in enumerate(legs):
        _walking_leg(assembly, index, joints, 0.052, spec, surface, fine)
    _claw(assembly, arm, spec, size, surface, fine)
    stalk = np.linspace([0.09, -0.29, level + 0.045], [0.12, -0.33, level + 0.12], 5)
    assembly.add_pair(cone(stalk, [0.022, 0.018, 0.016, 0.018, 0.02], 8), surface, "eye.L", COLOURS[spec.colours][0])
    assembly.add_pair(
        ellipsoid((0.122, -0.332, level + 0.132), (0.027, 0.027, 0.032), 7, 12),
        Surface("eyeball", painted=True),
        "eye.L",
        (0.012, 0.010, 0.010),
    )
    mouth = dome(6, 16, (0.13, 0.06), (0.05, 0.06)).moved([0, -0.30, level - 0.045])
    assembly.add(mouth, surface, "body", _shade(mouth, spec))
    assembly.add_pair(
        antenna((0.05, -0.345, level + 0.01), (0.45, -0.8, 0.5), 0.16, 0.006, 6, 0.1, 5),
        surface,
        "body",
        COLOURS[spec.colours][0],
    )
    return assembly.asset("crustacean", lambda rest: _crab_motions(rest, spec), spec.size)


def _walking_leg(
    assembly: Assembly, index: int, joints: np.ndarray, thick: float, spec: Crustacean, surface: Surface, fine: bool
) -> None:
    profiles = [(0.8 * thick, 1.15 * thick, 1.05 * thick, 0.7 * thick), (0.7 * thick, 0.85 * thick, 0.75 * thick, 0.55 * thick),
                (0.55 * thick, 0.50 * thick, 0.34 * thick, 0.06 * thick)]  # fmt: skip
    shells = segments(joints, profiles, 10 if fine else 5, 0.05, 0.7)
    for shell, bone in zip(shells, ("upper", "lower", "lower"), strict=True):
        colour = _shade(shell, spec)
        if shell is shells[-1]:
            colour = mixed(
                colour, 0.5 * np.asarray(COLOURS[spec.colours][1]), smoothstep(0.55, 0.9, shell.attributes["along"])
            )
        assembly.add_pair(shell, surface, f"{bone}_{index}.L", colour)


def _lobster(spec: Crustacean, detail: float) -> Asset:
    """Units: the length of the body from beak to tail fan."""
    fine = detail > 0.5
    level, wide = 0.115, 0.082
    size = 0.20 * spec.claw
    legs = []
    for y, angle, share in ((-0.26, -34, 0.95), (-0.20, -12, 1.0), (-0.14, 12, 1.0), (-0.08, 34, 0.95)):
        legs.append(_leg((0.045, y, level - 0.045), angle, 0.13 * share * spec.leg, 0.20 * share * spec.leg, 0.55))
    arm = np.array(
        [
            (0.05, -0.33, level - 0.04),
            (0.12, -0.42, level - 0.01),
            (0.13, -0.52, level - 0.02),
            (0.115, -0.70, level - 0.03),
        ]
    )
    parts = [bone_part("body", (0, -0.02, level), (0, -0.40, level), 0.08, "")]
    count = 6
    stops = np.linspace(-0.02, 0.40, count + 1)
    for index in range(count):
        joint = "body" if not index else f"tail{index - 1}"
        parts.append(
            bone_part(f"tail{index}", (0, stops[index], level - 0.01), (0, stops[index + 1], level - 0.01), 0.06, joint)
        )
    for index, joints in enumerate(legs):
        parts += leg_bones(str(index), joints[[0, 1, 3]], "body", 0.012)
    parts += _claw_bones(arm, size, "body")
    bones, radii = skeleton(grow(parts))
    assembly = Assembly(bones, radii)
    surface = Surface("crustacean_shell", spec.seed, painted=True)
    rows, around = (16, 72) if fine else (6, 20)
    shield = dome(rows, around, (wide, 0.205), (0.095, 0.075), 2.5, lambda a: 1 + 0.05 * np.cos(a)).moved(
        [0, -0.20, level]
    )
    hollow = None
    if fine:
        shield, hollow = _relief(shield, spec, 0.022, 0.0028)
        y = shield.vertices[:, 1] + 0.17 - 0.6 * np.abs(shield.vertices[:, 0])
        shield = shield.moved((-0.008 * smoothstep(0.02, 0.0, np.abs(y)))[:, None] * shield.normals())
    assembly.add(shield, surface, "body", _shade(shield, spec, hollow))
    t = np.linspace(0, 1, 8)
    beak = np.stack([0 * t, -0.37 - 0.11 * t, level + 0.055 + 0.02 * t], 1)
    assembly.add(cone(beak, 0.022 * (1.06 - t), 8), surface, "body", COLOURS[spec.colours][0])
    for index in range(count):
        share = index / count
        ring_width = wide * (0.95 - 0.32 * share)
        plate = dome(
            8 if fine else 4, 40 if fine else 14, (ring_width, 0.055), (0.078 * (1 - 0.3 * share), 0.045), 2.6, None
        )
        plate = plate.moved([0, stops[index] + 0.032, level - 0.008 - 0.012 * share])
        assembly.add(plate, surface, f"tail{index}", _shade(plate, spec))
        if fine:  # the points at the sides
            side = blade(
                (0.92 * ring_width, stops[index] + 0.03, level - 0.02),
                (0.12, 0.35, -1.0),
                (0, 1, 0),
                0.06,
                (0.03, 0.03, 0.02, 0.003),
                0.008,
                rows=6,
                columns=3,
            )
            assembly.add_pair(side, surface, f"tail{index}", _shade(side, spec))
    _fan(assembly, spec, level, surface, fine, f"tail{count - 1}")
    for index, joints in enumerate(legs):
        _walking_leg(assembly, index, joints, 0.013, spec, surface, fine)
    _claw(assembly, arm, spec, size, surface, fine)
    eye = ellipsoid((0, 0, 0), (0.014, 0.016, 0.014), 6, 10).moved([0.035, -0.405, level + 0.055])
    assembly.add_pair(eye, Surface("eyeball", painted=True), "body", (0.012, 0.010, 0.010))
    shell = np.asarray(COLOURS[spec.colours][0])
    assembly.add_pair(
        antenna((0.03, -0.39, level + 0.02), (0.42, -0.75, 0.45), 0.75, 0.0065, 30 if fine else 6, 0.35, 6),
        surface,
        "body",
        shell,
    )
    for spread in (0.10, 0.25):
        assembly.add_pair(
            antenna((0.014, -0.40, level + 0.04), (spread, -0.9, 0.25), 0.14, 0.004, 8 if fine else 3, 0.05, 5),
            surface,
            "body",
            shell,
        )
    return assembly.asset("crustacean", lambda rest: _lobster_motions(rest, spec), spec.size)


def _fan(assembly: Assembly, spec: Crustacean, level: float, surface: Surface, fine: bool, bone: str) -> None:
    rows, columns = (8, 4) if fine else (4, 2)
    middle = blade(
        (0, 0.385, level - 0.02),
        (0, 1, -0.12),
        (1, 0, 0),
        0.115,
        (0.034, 0.036, 0.034, 0.02),
        0.012,
        0.05,
        rows=rows,
        columns=columns,
    )
    assembly.add(middle, surface, bone, _shade(middle, spec))
    for angle, length in ((32, 0.115), (58, 0.105)):
        way = (np.sin(np.radians(angle)), np.cos(np.radians(angle)), -0.12)
        lobe = blade(
            (0.028, 0.385, level - 0.024),
            way,
            np.cross(way, [0, 0, -1.0]),
            length,
            (0.012, 0.030, 0.038, 0.034, 0.016),
            0.010,
            0.05,
            rows=rows,
            columns=columns,
        )
        assembly.add_pair(lobe, surface, bone, _shade(lobe, spec))


def _arms(skeleton: Skeleton, phase: float) -> dict:
    a = 2 * np.pi * phase
    pose = {}
    for side, sign in (("L", 1), ("R", -1)):
        pose[f"arm.{side}"] = skeleton.local(
            f"arm.{side}", product(turn(gait.Z, sign * 0.05 * np.sin(a)), turn(gait.X, -0.05 * np.cos(a)))
        )
        pose[f"finger.{side}"] = skeleton.local(
            f"finger.{side}", turn(gait.Z, sign * -0.16 * (0.5 + 0.5 * np.sin(a + sign)))
        )
    return pose


def _crab_motions(bones, spec: Crustacean) -> Motions:
    scale = spec.size
    side = Gait(0.60, 0.26 * scale, 0.10 * scale, crouch=0.012 * scale, bob=0.004 * scale, direction=(1.0, 0.0, 0.0))
    walk, used = gait.cycle(bones, many_legs(4), side, _arms, gait.radial)
    steps = 2.2 * (0.1 / scale) ** 0.4
    return {"sidle": walk}, {"sidle": 1 / steps}, {"sidle": used.stance / used.duty * steps}


def _lobster_motions(bones, spec: Crustacean) -> Motions:
    scale = spec.size

    def body(skeleton: Skeleton, phase: float) -> dict:
        pose = _arms(skeleton, phase)
        for index in range(6):
            pose[f"tail{index}"] = skeleton.local(
                f"tail{index}", turn(gait.X, -0.03 + 0.015 * np.sin(2 * np.pi * phase - 0.5 * index))
            )
        return pose

    walk, used = gait.cycle(
        bones, many_legs(4), Gait(0.62, 0.10 * scale, 0.04 * scale, crouch=0.004 * scale), body, gait.radial
    )
    steps = 1.4 * (0.3 / scale) ** 0.4
    return {"walk": walk}, {"walk": 1 / steps}, {"walk": used.stance / used.duty * steps}
