"""Grows guide strands over the head: combed, lifted, pulled down by gravity, and kept off skin and clothes."""

from __future__ import annotations

import numpy as np

from .grooms import Groom
from .hairline import smoothstep
from .space import Space
from .strands import unit

CENTRE = np.array([0.0, 0.062, 0.022])  # of the skull, in the head's neutral frame
CROWN = np.array([0.010, 0.118, 0.104])  # where the whorl sits
STIFF = 0.85  # cosine of the sharpest turn of a guide from step to step
SHOULDER = 0.070  # m of the template: hair that roots before this y falls before the shoulder, the other behind it
TIES = {
    "bun": [[0.0, 0.183, 0.030]], "high_bun": [[0.0, 0.108, 0.132]], "ponytail": [[0.0, 0.178, 0.066]],
    "low_ponytail": [[0.0, 0.166, -0.040]], "braid": [[0.0, 0.166, -0.036]],
    "two_braids": [[0.058, 0.138, -0.052], [-0.058, 0.138, -0.052]],
}  # fmt: skip


LOW_FRINGE = 0.045  # m: a fringe that is cut higher is that of short hair, and shorter at the temples


def in_fringe(groom: Groom, template: np.ndarray) -> np.ndarray:
    """Which roots (n,) belong to hair that is combed onto the forehead."""
    wide = 0.056 - 0.35 * np.clip(template[:, 1] - 0.005, 0, 1)
    return (groom.fringe > 0) & (template[:, 1] < 0.045) & (np.abs(template[:, 0]) < wide) & (template[:, 2] > 0.045)


def comb_field(groom: Groom, template: np.ndarray, side: np.ndarray) -> np.ndarray:
    """The direction (n, 3) that hair is combed in, by root; ``side`` (n,) is +1 or -1 of the parting."""
    count = len(template)
    x = template[:, 0]
    outward = np.sign(x) * np.clip(np.abs(x) / 0.05, 0, 1)
    zero, one = np.zeros(count), np.ones(count)
    behind = smoothstep(template[:, 1], 0.085, 0.145)[:, None]
    top = smoothstep(template[:, 2], 0.045, 0.092)[:, None]
    down = np.stack([0.35 * outward, 0.10 * one, -one], 1)
    rear = np.stack([0.25 * outward, 0.15 * one, -one], 1)
    # Hair grows out of the whorl in a spiral: forward in front of it, down behind it.
    from_crown = template - CROWN
    swirl = np.stack([from_crown[:, 0] - 0.7 * from_crown[:, 1], from_crown[:, 1] + 0.7 * from_crown[:, 0], zero], 1)
    near_crown = np.exp(-np.linalg.norm(from_crown, axis=1) / 0.022)[:, None]
    flank = down
    if groom.comb in ("forward", "round"):
        above = np.stack([0.35 * outward, -one, -0.05 * one], 1)
        flank = np.stack([zero, -0.35 * one, -one], 1)
        rear = np.stack([0.15 * outward, zero, -one], 1)
    elif groom.comb == "back":
        above, flank = np.stack([0.15 * outward, one, 0.05 * one], 1), np.stack([zero, one, -0.45 * one], 1)
    elif groom.comb == "up":
        front = rising(groom, template)[:, None]
        above = np.stack([0.20 * side, 0.45 * one, 1.0 * one], 1) * front + (1 - front) * np.stack(
            [0.3 * side, one, 0 * one], 1
        )
        flank = np.stack([zero, 0.7 * one, -0.8 * one], 1)
    elif groom.comb == "side":
        above = np.stack([side, 0.30 * one, -0.25 * one], 1)
    elif groom.comb == "middle":
        # From the forehead hair goes back before it falls: no arcs hang over the brow.
        front = smoothstep(-template[:, 1], -0.040, -0.005)
        above = np.stack([side, 0.32 + 0.90 * front, -0.35 + 0.45 * front], 1)
    elif groom.comb == "down":
        above = np.stack([outward, 0.4 * one, -0.6 * one], 1)
    else:
        above = (template - CENTRE) * [9, 9, 6]
        flank = unit(above) + 0.6 * down
    if has_parting(groom):  # behind the parting hair falls away from the crown
        away = smoothstep(template[:, 1], 0.060, 0.112)[:, None]
        above = unit(above) * (1 - away) + away * unit(
            np.stack([from_crown[:, 0] + 0.4 * outward * 0.05, from_crown[:, 1] + 0.02, -0.05 * one], 1)
        )
    if groom.comb in ("forward", "round", "free", "down", "side"):
        above = unit(above) * (1 - 0.9 * near_crown) + unit(swirl) * 0.9 * near_crown
    field = unit(top * unit(above) + (1 - top) * ((1 - behind) * unit(flank) + behind * unit(rear)))
    fringe = in_fringe(groom, template)[:, None]
    # The outer locks of a fringe hang over the temples: between it and the hair beside the face no skin lies bare.
    aside = np.sign(x) * 1.3 * smoothstep(np.abs(x), 0.022, 0.054) if groom.fringe < LOW_FRINGE else 0.0
    sweep = 0.75 * side if groom.comb == "side" else 6 * x + aside
    return np.where(fringe, unit(np.stack([sweep, -one, -0.45 * one], 1)), field)


def has_parting(groom: Groom) -> bool:
    """Whether hair falls to two sides of a line."""
    return groom.comb in ("side", "middle") and not groom.tie


def part_place(hair, groom: Groom) -> float:
    """Distance of the parting from the middle, metres, positive on the person's left."""
    return hair.part * (1 if hair.part_left else -1) if groom.comb == "side" else 0.0


def rising(groom: Groom, template: np.ndarray) -> np.ndarray:
    """How far (n,) in 0…1 roots belong to hair that is brushed up from the forehead."""
    front = smoothstep(-template[:, 1], -0.075, -0.020) * smoothstep(template[:, 2], 0.055, 0.075)
    return front if groom.comb == "up" else np.zeros(len(template))


def grow(
    space: Space, groom: Groom, hair, roots, normals, template, side, length, layer, jitter, points: int
) -> np.ndarray:
    """Guides (n, points, 3) in the head's frame from roots, normals and template (n, 3), side, length and layer (n,).

    ``jitter`` (n, 3) is the disorder of a lock: it bends the comb.
    """
    count = len(roots)
    fringe = in_fringe(groom, template)
    down = np.array([0, 0, -1.0]) @ space.turn  # the world's down in the head's frame
    comb = unit(comb_field(groom, template, side) + jitter)
    tangent = unit(comb - normals * np.einsum("ij,ij->i", comb, normals)[:, None])
    lift = np.clip(groom.lift * (0.7 + 0.3 * hair.volume) * (0.7 + 0.6 * layer), 0, 1)
    lift = np.where(fringe, np.minimum(lift, 0.35), lift)
    rise = rising(groom, template)
    lift = np.maximum(lift, 0.92 * rise)
    if has_parting(groom):
        beside = np.abs(template[:, 0] - part_place(hair, groom))
        lift = lift * np.where(template[:, 2] > 0.05, 0.40 + 0.60 * smoothstep(beside, 0.002, 0.030), 1)
    direction = unit(normals * (0.06 + lift)[:, None] + tangent * (1.02 - lift)[:, None])
    gravity = np.where(fringe & (groom.fringe < 0.045), 0.55, groom.gravity) * (0.85 + 0.3 * layer)
    step = length / (points - 1)
    place = roots + normals * 0.0003
    travelled = np.zeros(count)
    path = [place]
    aside = np.where((np.abs(template[:, 0]) > 0.012) & (not has_parting(groom)), np.sign(template[:, 0]), side)
    ahead = np.where(template[:, 1] < SHOULDER, -1.0, 1.0)
    standing = groom.comb == "free" and groom.hold == 0
    volume = groom.volume * hair.volume
    for _ in range(points - 1):
        distance, outward, room = space.at(place)
        near = (np.clip(1.4 - distance / 0.045, 0, 1) * (1 - rise * np.exp(-((travelled / 0.045) ** 2))))[:, None]
        along = comb - near * outward * np.einsum("ij,ij->i", comb, outward)[:, None]
        if standing:
            wish = 0.0
        else:
            held = np.exp(-travelled / max(groom.hold, 1e-3))
            turn = 60 * step * held + 1e-9
            fall = 60 * step * gravity * (1 - np.exp(-travelled / 0.025))
            wish = unit(along) * turn[:, None] + down * fall[:, None]
            # Hair is kept out of the face, but for a fringe and a lock here and there.
            face = smoothstep(-place[:, 1], -0.030, 0.0) * smoothstep(-place[:, 2], -0.070, -0.045)
            face = face * smoothstep(-np.abs(place[:, 0]), -0.064, -0.050) * ~fringe
            # At the neck it goes to the sides and over the shoulders, never across the throat.
            neck = smoothstep(-place[:, 2], 0.085, 0.115) * smoothstep(-np.abs(place[:, 0]), -0.085, -0.060)
            throat = neck * smoothstep(-place[:, 1], -0.085, -0.055)
            behind = smoothstep(-place[:, 2], 0.085, 0.115) * smoothstep(place[:, 1], 0.020, 0.060)
            away = (90 * step)[:, None] * np.stack(
                [aside * np.maximum(1.3 * face, throat), 0.55 * face + 0.9 * behind, 0 * face], 1
            )
            away = away + _over_the_shoulders(place, distance, ahead, step)
            # Brushed-up hair bends over to the back.
            over = 75 * step * rise * np.clip(travelled / 0.035, 0, 1.2) ** 2
            wish = wish + away + over[:, None] * np.array([0, 1.0, -0.55])
        direction = unit(direction + wish)
        new = place + direction * step[:, None]
        travelled = travelled + step
        wanted = 0.0005 + volume * layer * (1 - np.exp(-travelled / 0.05)) if not standing else np.full(count, 0.0004)
        if not standing:
            distance, outward, room = space.at(new)
            outward = _aside(new, outward)
            push = np.maximum(wanted - distance, 0)
            adhesion = (
                (1 - np.exp(-80 * step))
                * (1 - np.maximum(0.7 * groom.lift, rise))
                * np.exp(-travelled / (0.07 + groom.hold))
            )
            pull = np.where(distance > wanted, adhesion * (distance - wanted), 0)
            new = new + outward * (push - pull)[:, None]
        else:
            distance, outward, room = space.at(new)
            new = new + outward * np.maximum(wanted - distance, 0)[:, None]
        if space.hats:
            distance, outward, room = space.at(new)
            new = new - outward * np.maximum(distance - np.maximum(0.7 * room - 0.002, 0.0006), 0)[:, None]
        moved = _stiff(unit(new - place), direction)
        place = place + moved * step[:, None]
        direction = unit(0.4 * direction + 0.6 * moved)
        path.append(place)
    return np.stack(path, 1)


def _aside(place: np.ndarray, outward: np.ndarray) -> np.ndarray:
    """Directions (n, 3) out of what is met, but for hair below the jaw never upward: it slides off collars and shoulders."""
    low = place[:, 2] < -0.07
    return unit(np.where(low[:, None] & (outward[:, 2:] > 0.25), outward * [1, 1, 0.1] + [0, 0, 0.02], outward))


def _stiff(moved: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Unit steps (n, 3) that turn from the one before by no more than hair bends."""
    sharp = np.einsum("ij,ij->i", moved, before) < STIFF
    return np.where(sharp[:, None], unit(0.45 * moved + before), moved)


def _over_the_shoulders(place: np.ndarray, distance: np.ndarray, ahead: np.ndarray, step: np.ndarray) -> np.ndarray:
    """How hair that comes down on a shoulder turns (n, 3): ``ahead`` (n,) of it or behind it, and never out along it."""
    on = smoothstep(-place[:, 2], 0.095, 0.135) * np.clip(1 - distance / 0.035, 0, 1)
    on = on * smoothstep(np.abs(place[:, 0]), 0.055, 0.085)
    turn = np.stack([-0.55 * np.sign(place[:, 0]), ahead, np.zeros(len(place))], 1)
    return (65 * step * on)[:, None] * turn


def gathered(space: Space, groom: Groom, hair, roots, template, layer, points: int):
    """Guides (n, points, 3) drawn over the skull to their tie, and the tie (n,) of each.

    Between root and tie they follow the great circle around the skull's centre.
    """
    ties = np.array(TIES[groom.tie])
    which = np.where((template[:, 0] > 0) | (len(ties) == 1), 0, len(ties) - 1)
    start, end = roots - CENTRE, ties[which] - CENTRE
    near, far = np.linalg.norm(start, axis=1), np.linalg.norm(end, axis=1)
    a, b = start / near[:, None], end / far[:, None]
    angle = np.arccos(np.clip(np.einsum("ij,ij->i", a, b), -0.999, 0.9999))
    t = np.linspace(0, 1, points)
    u = t[None, :]
    arc = np.sin((1 - u) * angle[:, None])[..., None] * a[:, None] + np.sin(u * angle[:, None])[..., None] * b[:, None]
    arc = arc / np.sin(angle)[:, None, None]
    path = CENTRE + arc * (near[:, None] * (1 - u) + far[:, None] * u)[..., None]
    path[:, 0] = roots
    room = 0.0006 + (groom.volume * hair.volume * (0.35 + 0.65 * layer))[:, None] * (
        1 - np.exp(-angle[:, None] * u / 0.12)
    )
    for _ in range(3):
        distance, outward, _ = space.at(path.reshape(-1, 3))
        move = (room.ravel() - distance).reshape(len(roots), points)
        # Drawn tight: hair lies on its layer, and leaves it near the tie.
        ease = np.clip((1 - u) / 0.18, 0, 1) * np.clip(u / 0.06, 0, 1)
        move = np.where(move > 0, move * np.clip(u / 0.06, 0, 1), move * 0.8 * ease)
        path = path + outward.reshape(path.shape) * move[..., None]
        path[:, 1:-1] = 0.25 * path[:, :-2] + 0.5 * path[:, 1:-1] + 0.25 * path[:, 2:]
    return path, which
