"""The genome of four-legged mammals: trunk, neck, head and limbs with their muscles, from a row of proportions."""

from __future__ import annotations

import numpy as np

from .genome import AHEAD, Part, Sweep, grow, ring
from .shapes import Shape

Point = np.ndarray


def quadruped(shape: Shape) -> list[Part]:
    """The parts of a mammal whose withers are one high; the left limbs are mirrored."""
    trunk = _trunk(shape)
    grown = grow([trunk])["trunk"]
    return [trunk, *_neck(shape), *_head(shape), *_fore(shape), *_hind(shape, grown), *_tail(shape)]


def _row(y: float, top: float, bottom: float, width: float, power: float = 2.1, pear: float = 0.0):
    return ring(0, y, (top + bottom) / 2, width, (top - bottom) / 2, power=power, pear=pear)


def _trunk(shape: Shape) -> Part:
    s, length = shape, shape.length
    floor = 1 - s.chest
    rings = [
        _row(0.485 * length, s.croup - 0.10, s.croup - 0.30, 0.42 * s.haunch),
        _row(0.42 * length, s.croup - 0.025, s.croup - 0.40, 0.80 * s.haunch, pear=-0.08),
        _row(0.30 * length, s.croup, 0.55 * s.tuck + 0.45 * (s.croup - 0.38), s.haunch, pear=-0.1),
        _row(0.15 * length, 0.5 * (s.croup + s.back), s.tuck, s.loin),
        _row(
            -0.04 * length, s.back, 0.35 * s.tuck + 0.65 * (floor + 0.01), 0.5 * (s.loin + s.breadth) * 1.04, pear=-0.05
        ),
        _row(-0.20 * length, 0.985, floor, s.breadth, pear=-0.16),
        _row(-0.32 * length, 0.985, floor + 0.01, 0.90 * s.breadth, pear=-0.22),
        _row(-0.42 * length, 0.915, floor + 0.05, 0.78 * s.breadth, pear=-0.1),
        _row(-0.49 * length, 0.82, floor + 0.13, 0.52 * s.breadth),
    ]
    return Part("trunk", rings, bones=("pelvis", "loin", "chest"), caps=(0.5, 0.5))


def poll(shape: Shape) -> Point:
    """Where the head begins (3,)."""
    return _neck_rings(shape)[-1][0]


def _neck_rings(shape: Shape):
    s = shape
    angle = np.radians(s.neck_angle)
    ahead = np.array([0, -np.cos(angle), np.sin(angle)])
    over = np.array([0, np.sin(angle), np.cos(angle)])
    base = np.array([0, -0.36 * s.length, 0.965 - s.neck_base * (0.6 + 0.55 * np.cos(angle))])
    # The line of the neck dips before it rises to the poll.
    return [
        (base, s.neck_base, 0.60 * s.neck_base + 0.25 * s.breadth),
        (
            base + 0.35 * s.neck * ahead - 0.02 * s.neck * over,
            0.6 * s.neck_base + 0.4 * s.neck_top,
            0.45 * s.neck_base + 0.2 * s.breadth,
        ),
        (
            base + 0.72 * s.neck * ahead + 0.01 * s.neck * over,
            0.25 * s.neck_base + 0.75 * s.neck_top,
            0.78 * s.neck_top,
        ),
        (base + s.neck * ahead + 0.04 * s.neck * over, s.neck_top, 0.80 * s.neck_top),
    ]


def _neck(shape: Shape) -> list[Part]:
    rings = [ring(*centre, width, depth, pear=-0.12) for centre, depth, width in _neck_rings(shape)]
    up = (0.0, np.sin(np.radians(shape.neck_angle)), np.cos(np.radians(shape.neck_angle)))
    return [Part("neck", rings, "trunk", blend=0.07, up=up, bones=("neck", "nape"), joint="chest", caps=(0.6, 0.7))]


def head_frame(shape: Shape) -> tuple[Point, Point, Point]:
    """Origin, direction towards the nose and the direction of the crown (3,) each."""
    pitch = np.radians(shape.pitch)
    ahead = np.array([0, -np.cos(pitch), -np.sin(pitch)])
    crown = np.array([0, -np.sin(pitch), np.cos(pitch)])
    return poll(shape) + 0.10 * shape.head * crown * 0.3 - 0.06 * shape.head * ahead, ahead, crown


def _head(shape: Shape) -> list[Part]:
    s = shape
    origin, ahead, crown = head_frame(s)
    rings = [
        ring(*(origin + s.head * (t * ahead + rise * crown)), s.head * width, s.head * up, s.head * down, power)
        for t, rise, width, up, down, power in s.skull
    ]
    parts = [
        Part(
            "head",
            rings,
            "neck",
            blend=0.05 * s.head / 0.36,
            up=tuple(crown),
            bones=("head",),
            joint="nape",
            caps=(0.8, 0.6),
        )
    ]
    # The lower jaw: from the angle below the ear to the chin.
    last, middle = s.skull[-1], s.skull[-3]
    chin = origin + s.head * ((last[0] - 0.06) * ahead + (last[1] - 0.86 * last[4]) * crown)
    angle = origin + s.head * (0.26 * ahead + (middle[1] - 0.62 * s.skull[1][4]) * crown)
    between = 0.5 * (chin + angle) - 0.015 * s.head * crown
    jaw = [
        ring(*angle, 0.70 * s.skull[1][2] * s.head, 0.09 * s.head, 0.10 * s.head),
        ring(*between, 0.72 * middle[2] * s.head, 0.06 * s.head, 0.07 * s.head),
        ring(*chin, 0.78 * last[2] * s.head, 0.05 * s.head, 0.055 * s.head),
    ]
    parts.append(Part("jaw", jaw, "head", blend=0.016 * s.head / 0.36, up=tuple(crown), bones=("jaw",), joint="head"))
    # The ridge over the eye.
    t, around, radius = s.eye
    grown = grow([Part("head", rings, up=tuple(crown))])["head"]
    brow = grown.place(t - 0.02, around - 9, 0.93)
    size = radius * s.head
    parts.append(Part("brow.L", [ring(*(brow - 0.9 * size * ahead), 0.8 * size, 0.75 * size), ring(*(brow + 0.5 * size * ahead), 0.6 * size, 0.6 * size)],
                      "head", blend=0.6 * size + 0.004, up=tuple(crown), mirrored=True))  # fmt: skip
    return parts


def _limb(name: str, rings, blend: float, bone: str, joint: str, up=AHEAD, caps=(1.0, 1.0)) -> Part:
    return Part(f"{name}.L", rings, blend=blend, bones=(f"{bone}.L",), joint=joint, up=up, caps=caps, mirrored=True)


def _fore(shape: Shape) -> list[Part]:
    s, length = shape, shape.length
    x = 0.66 * s.breadth + 0.012
    blade = np.array([0.50 * s.breadth, -0.235 * length, 0.90])
    shoulder = np.array([1.0 * x, -0.405 * length, s.elbow + 0.115])
    elbow = np.array([1.04 * x, -0.285 * length, s.elbow])
    wrist = np.array([x, -0.315 * length, s.wrist])
    knuckle = np.array([x, -0.318 * length, s.knuckle])
    if s.foot == "plantigrade":
        wrist = np.array([x, -0.305 * length, s.wrist])
        knuckle = np.array([x, -0.345 * length, s.knuckle])
    a, c = s.arm, s.cannon
    depth = 0.155 * s.chest / 0.46

    def between(p, q, t, *shape, shift=0.0):
        return ring(*((1 - t) * p + t * q + np.array([0, shift, 0])), *shape)

    parts = [
        Part("scapula.L", [between(blade, shoulder, 0, 0.04, 0.06), between(blade, shoulder, 0.45, 0.05, 0.5 * depth),
                           between(blade, shoulder, 1, 0.045, 0.065)],
             blend=0.11, bones=("scapula.L",), joint="chest", up=AHEAD, mirrored=True),
        # The triceps fills the angle between blade and elbow.
        _limb("upperarm", [between(shoulder, elbow, 0, 0.05, 0.06), between(shoulder, elbow, 0.5, 0.055, 0.5 * depth, 0.75 * depth),
                           between(shoulder, elbow, 1, 0.9 * a, 0.95 * a)], 0.075, "upperarm", "scapula.L"),
        _limb("forearm", [between(elbow, wrist, -0.05, 0.75 * a, 0.95 * a), between(elbow, wrist, 0.22, 0.78 * a, 0.95 * a),
                          between(elbow, wrist, 0.6, 0.5 * a + 0.3 * c, 0.48 * a + 0.4 * c), between(elbow, wrist, 1, 1.12 * c, 1.2 * c)],
              0.03, "forearm", "upperarm.L"),
        _limb("hand", [between(wrist, knuckle, 0, 1.12 * c, 1.2 * c), between(wrist, knuckle, 0.5, 0.88 * c, 0.95 * c),
                       between(wrist, knuckle, 1, 1.1 * c, 1.12 * c)], 0.02, "hand", "forearm.L"),
    ]  # fmt: skip
    return parts + _foot(s, "toe_fore", "hand.L", knuckle)


def _hind(shape: Shape, trunk: Sweep) -> list[Part]:
    s, length = shape, shape.length
    x = 0.60 * s.haunch + 0.012
    hip = np.array([0.95 * x, 0.335 * length, s.croup - 0.20])
    knee = np.array([1.12 * x, 0.225 * length, s.knee])
    hock = np.array([x, 0.455 * length, s.hock])
    knuckle = np.array([x, 0.415 * length, s.knuckle])
    if s.foot == "plantigrade":
        hock = np.array([x, 0.43 * length, s.hock])
        knuckle = np.array([x, 0.34 * length, s.knuckle])
    d, c = s.thigh, s.cannon

    def between(p, q, t, *shape, shift=0.0):
        return ring(*((1 - t) * p + t * q + np.array([0, shift, 0])), *shape)

    parts = [
        _limb("thigh", [between(hip, knee, 0, 0.62 * s.haunch, 0.85 * d, 1.0 * d), between(hip, knee, 0.5, 0.54 * s.haunch, 0.80 * d, 1.30 * d),
                        between(hip, knee, 1, 0.38 * s.haunch + 0.01, 0.45 * d, 0.75 * d)], 0.07, "thigh", "pelvis"),
        # Calf muscles high, the tendon of the heel behind.
        _limb("shin", [between(knee, hock, 0, 0.32 * d + 0.2 * c, 0.40 * d, 0.5 * d), between(knee, hock, 0.3, 0.30 * d + 0.25 * c, 0.30 * d + 0.2 * c, 0.40 * d + 0.2 * c),
                       between(knee, hock, 0.72, 0.95 * c, 1.0 * c, 1.45 * c), between(knee, hock, 1, 1.05 * c, 1.0 * c, 1.35 * c)],
              0.04, "shin", "thigh.L", up=(0.0, -0.75, 0.66)),
        _limb("foot", [between(hock, knuckle, -0.08, 1.0 * c, 1.15 * c, 1.2 * c), between(hock, knuckle, 0.25, 1.0 * c, 1.05 * c, 1.2 * c),
                       between(hock, knuckle, 0.6, 0.88 * c, 0.95 * c), between(hock, knuckle, 1, 1.1 * c, 1.12 * c)],
              0.02, "foot", "shin.L"),
    ]  # fmt: skip
    return parts + _foot(s, "toe_hind", "foot.L", knuckle)


def _foot(shape: Shape, name: str, joint: str, knuckle: Point) -> list[Part]:
    s, c = shape, shape.cannon
    x, y, z = knuckle
    if s.foot in ("hoof", "cloven"):
        # The pastern leans forward to the crown of the hoof, which is a shell of its own.
        crown = np.array([x, y - 0.55 * (z - 0.055), 0.058])
        return [_limb(name, [ring(*knuckle, 1.15 * c, 1.2 * c), ring(*(0.5 * (knuckle + crown)), 0.95 * c, 1.0 * c),
                             ring(*crown, 1.2 * c, 1.3 * c)], 0.015, name, joint, up=(0.0, -0.9, 0.44), caps=(1.0, 0.3))]  # fmt: skip
    wide = 1.55 * c if s.foot == "paw" else 1.25 * c
    reach = 2.6 * c if s.foot == "paw" else 1.9 * c
    pad = [ring(x, y + 0.4 * c, 0.85 * c, 0.8 * wide, 0.95 * c), ring(x, y - 0.45 * reach, 0.72 * c, wide, 0.85 * c),
           ring(x, y - 0.75 * reach, 0.58 * c, 0.9 * wide, 0.62 * c)]  # fmt: skip
    parts = [Part(f"{name}.L", pad, blend=0.5 * c, bones=(f"{name}.L",), joint=joint, mirrored=True, caps=(1.0, 0.6))]
    for number, (side, ahead) in enumerate(toes()):
        place = np.array([x + side * wide * 0.80, y - reach * ahead, 0.52 * c])
        parts.append(Part(f"{name}{number}.L", [ring(*(place + [0, 0.75 * c, 0.16 * c]), 0.36 * wide, 0.52 * c), ring(*place, 0.34 * wide, 0.46 * c)],
                          blend=0.12 * c, mirrored=True))  # fmt: skip
    return parts


def toes() -> tuple[tuple[float, float], ...]:
    """The four toes of a paw: place across -1…1 and how far ahead, in reaches of the paw."""
    return (-0.78, 0.82), (-0.28, 1.0), (0.28, 1.0), (0.78, 0.82)


def _tail(shape: Shape) -> list[Part]:
    s = shape
    drop = np.radians(s.tail_drop)
    base = np.array([0, 0.435 * s.length, s.croup - 0.075])
    rings = []
    for t in np.linspace(0, 1, 6):
        # The tail leaves the body in the line of the back and bends to its own; its end curls up a little.
        angle = drop * min(1.0, 2.2 * t) - 0.35 * (t > 0.75) * (s.tail > 0.4)
        if t:
            base = base + 0.2 * s.tail * np.array([0, np.cos(angle), -np.sin(angle)])
        radius = s.tail_root * (1 - t) + s.tail_tip * t
        if s.tail_tip > 0.045:  # a brush
            radius = np.interp(
                t,
                [0, 0.15, 0.6, 0.9, 1],
                [0.8 * s.tail_root, 0.75 * s.tail_root, 1.25 * s.tail_tip, s.tail_tip, 0.35 * s.tail_tip],
            )
        rings.append(ring(*base, radius, radius))
    names = ("tail1", "tail2", "tail3") if s.tail > 0.3 else ("tail1",)
    return [Part("tail", rings, "trunk", blend=0.04, bones=names, joint="pelvis", up=(1.0, 0.0, 0.0))]
