"""Grows guide strands over the head: combed, lifted, pulled down by gravity, and kept off the skin."""

from __future__ import annotations

import numpy as np

from .grooms import Groom
from .hairline import smoothstep
from .strands import unit

GARMENT_ROOM = 0.014  # metres that hair keeps from the body, for the clothes on it


def tie_points(groom: Groom) -> np.ndarray:
    """Where tied hair is gathered, in the neutral frame of the template, metres."""
    return {
        "bun": [[0.0, 0.196, 0.035]], "high_bun": [[0.0, 0.105, 0.142]], "ponytail": [[0.0, 0.192, 0.075]],
        "low_ponytail": [[0.0, 0.182, -0.045]], "braid": [[0.0, 0.186, -0.03]],
        "two_braids": [[0.06, 0.150, -0.055], [-0.06, 0.150, -0.055]],
    }[groom.tie]  # fmt: skip


def comb_field(groom: Groom, template: np.ndarray, side: np.ndarray, points: np.ndarray, targets: np.ndarray | None) -> np.ndarray:
    """The direction (n, 3) that hair is combed in at roots, in the head's neutral frame.

    ``side`` (n,) is +1 or -1 of the parting; ``targets`` (n, 3) are tie points, if the hair is tied.
    """
    count = len(template)
    top = smoothstep(template[:, 2], 0.055, 0.10)[:, None]
    rear = smoothstep(template[:, 1], 0.075, 0.135)[:, None]
    lateral = np.sign(template[:, 0])[:, None] * np.array([[0.25, 0.0, 0.0]])
    down = np.array([[0.0, 0.12, -1.0]]) + lateral
    behind = np.array([[0.0, 0.25, -1.0]])
    if groom.comb == "tie":
        return unit(targets - points)
    crown = {
        "forward": np.broadcast_to([0.0, -1.0, -0.05], (count, 3)),
        "back": np.broadcast_to([0.0, 1.0, 0.0], (count, 3)),
        "up": np.broadcast_to([0.0, 0.45, 0.9], (count, 3)),
        "down": np.broadcast_to([0.0, 0.5, -0.6], (count, 3)),
        "side": np.stack([side * 1.0, np.full(count, 0.22), np.full(count, 0.05)], 1),
        "middle": np.stack([side * 1.0, np.full(count, 0.28), np.full(count, 0.02)], 1),
        "free": np.stack([template[:, 0] * 8, (template[:, 1] - 0.05) * 8, np.full(count, 0.3)], 1),
    }[groom.comb]
    if groom.comb in ("forward", "back", "up"):
        flank = np.array([[0.0, -0.35 if groom.comb == "forward" else 0.75, -0.75]])
    else:
        flank = down
    return unit(top * crown + (1 - top) * ((1 - rear) * flank + rear * behind))


def grow(person, groom: Groom, hair, roots, normals, template, side, length, layer, points: int) -> np.ndarray:
    """Guides (n, points, 3) in the world from roots, normals and template (n, 3), and length, layer and side (n,)."""
    head = person.head_matrix
    turn = head[:3, :3]
    tree = person.surface.bvh()
    part = person.surface.part
    local = (roots - head[:3, 3]) @ turn
    targets = None
    if groom.tie:
        ties = np.array(tie_points(groom))
        targets = ties[np.where((template[:, 0] > 0) | (len(ties) == 1), 0, len(ties) - 1)]
    comb = comb_field(groom, template, side, local, targets)
    fringe = (template[:, 1] < 0.030) & (np.abs(template[:, 0]) < 0.050) & (groom.fringe > 0) & (template[:, 2] > 0.05)
    comb = np.where(fringe[:, None], unit(np.array([[0.0, -1.0, -0.25]]) + template * [9, 0, 0]), comb)
    comb = comb @ turn.T
    tangent = unit(comb - normals * np.einsum("ij,ij->i", comb, normals)[:, None])
    lift = np.full(len(roots), groom.lift * (0.75 + 0.5 * hair.volume))
    lift = np.where(fringe, 0.30, lift)[:, None]
    direction = unit(normals * (0.08 + lift) + tangent * (1 - 0.75 * lift))
    gravity = np.where(fringe, 0.5, groom.gravity)[:, None]
    step = (length / (points - 1))[:, None]
    place = roots + normals * 0.0003
    path = [place]
    travelled = np.zeros((len(roots), 1))
    free = groom.lift > 0.85
    for _ in range(points - 1):
        combing = 0.30 * np.exp(-travelled / 0.06)
        if groom.comb == "tie":
            here = (place - head[:3, 3]) @ turn
            direction = 0.55 * direction + 0.45 * unit(targets - here) @ turn.T
        elif not free:
            direction = direction + tangent * combing + np.array([0, 0, -1.0]) * gravity * (1 - np.exp(-travelled / 0.03))
        direction = unit(direction)
        new = place + direction * step
        travelled = travelled + step
        if not free or travelled.max() < 0.03:
            new = _settle(tree, part, new, groom, hair, layer, travelled[:, 0])
        moved = new - place
        size = np.linalg.norm(moved, axis=1, keepdims=True)
        moved = moved / np.maximum(size, 1e-9) * step
        place = place + moved
        direction = 0.5 * direction + 0.5 * unit(moved)
        path.append(place)
    return np.stack(path, 1)


def _settle(tree, part, places, groom: Groom, hair, layer, travelled) -> np.ndarray:
    """Push places (n, 3) out to their layer over the skin, and pull in short combed hair that stands off."""
    found = [tree.find_nearest(place) for place in places.tolist()]
    nearest = np.array([hit[0] for hit in found])
    normal = np.array([hit[1] for hit in found])
    kind = part[np.array([hit[2] for hit in found])]
    offset = places - nearest
    distance = np.einsum("ij,ij->i", offset, normal)
    sign = np.where(distance < 0, -1.0, 1.0)
    length = np.linalg.norm(offset, axis=1)
    signed = sign * length
    wanted = 0.0006 + groom.volume * hair.volume * layer * np.minimum(1.0, travelled / 0.05)
    wanted = np.where(kind == 12, np.maximum(wanted, GARMENT_ROOM), wanted)
    push = np.maximum(wanted - signed, 0)
    adhesion = 0.55 * np.exp(-travelled / 0.10) * (1 - groom.lift)
    pull = np.where(signed > wanted, adhesion * (signed - wanted), 0)
    outward = np.where(length[:, None] > 1e-6, sign[:, None] * offset / np.maximum(length, 1e-9)[:, None], normal)
    return places + outward * (push - pull)[:, None]
