"""Jellyfish: a bell that pulses, tentacles and ruffled arms that trail after it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...assets import Asset, Surface
from ...geometry.mesh import Mesh, merged
from ...geometry.primitives import lattice_faces
from ...params import child, choice, draw, seed, spec, uniform
from .forms import ring_faces, tube_vertices, tubes
from .pigments import blended, plain, ramp


class Form(NamedTuple):
    """A kind of jellyfish; lengths in radii of its bell."""

    height: float
    wall: float  # at the top
    lappets: int
    tentacles: int
    length: float
    thick: float
    arms: int
    arm_length: float
    arm_width: float
    frill: float
    rays: int  # painted stripes
    gonads: int


FORMS = {
    "moon": Form(0.55, 0.16, 16, 120, 0.35, 0.008, 4, 0.9, 0.16, 0.8, 0, 4),
    "compass": Form(0.75, 0.14, 32, 24, 3.6, 0.014, 4, 3.0, 0.26, 1.3, 16, 0),
    "nettle": Form(0.85, 0.15, 24, 32, 3.0, 0.013, 4, 2.4, 0.34, 1.5, 0, 0),
    "barrel": Form(1.05, 0.30, 48, 0, 0.0, 0.0, 8, 2.3, 0.42, 1.1, 0, 0),
}
# Bell, its margin and stripes, arms.
COLOURS = {
    "clear": ((0.55, 0.66, 0.74), (0.75, 0.82, 0.88), (0.62, 0.56, 0.66)),
    "amber": ((0.66, 0.36, 0.12), (0.40, 0.12, 0.03), (0.82, 0.62, 0.42)),
    "rose": ((0.74, 0.36, 0.42), (0.50, 0.08, 0.16), (0.86, 0.58, 0.58)),
    "violet": ((0.42, 0.34, 0.68), (0.20, 0.10, 0.42), (0.66, 0.56, 0.82)),
    "blue": ((0.22, 0.40, 0.72), (0.08, 0.16, 0.45), (0.55, 0.66, 0.86)),
}


@spec
class Jellyfish:
    """A jellyfish."""

    kind: str = choice(
        {"moon": 3, "compass": 2, "nettle": 2, "barrel": 1}, says="{} jellyfish", doc="kind of jellyfish"
    )
    diameter: float = uniform(0.10, 0.45, unit="m", doc="width of its bell at rest")
    trail: float = uniform(0.6, 1.4, doc="length of tentacles and arms, as a share of its kind's")
    pulse: float = uniform(0.5, 1.0, doc="how far the bell contracts")
    period: float = uniform(1.2, 3.5, unit="s", doc="time of a pulse")
    colour: str = choice({"clear": 3, "amber": 2, "rose": 1, "violet": 1, "blue": 1}, says="{}", doc="its colours")
    seed: int = seed()


def sample_jellyfish(rng: np.random.Generator, fixed=None) -> Jellyfish:
    """Draw a jellyfish."""
    return draw(Jellyfish, rng, fixed)


def contraction(cycle: float) -> float:
    """How far a bell is drawn in, 0…1, over a cycle 0…1: a quick stroke and a slow recovery."""
    turn = 2 * np.pi * (cycle % 1.0)
    return float(0.5 - 0.5 * np.cos(turn + 0.6 * (1 - np.cos(turn))))


def bell(form: Form, drawn: float, rows: int, sides: int) -> tuple[np.ndarray, np.ndarray]:
    """Rings (k, sides, 3) of a bell of radius 1, from the middle of its inner face over its margin to its top, drawn in by
    0…1; and the share 0…1 (k,) from the top to the margin."""
    s = np.linspace(0, 1, rows + 1)[1:]
    turn = np.arange(sides) * (2 * np.pi / sides)

    def face(s, inside):
        angle = s * np.pi / 2 * (1 + 0.16 * drawn)
        radius = np.sin(angle) ** 0.92 * (1 - 0.30 * drawn * s**1.2)
        height = form.height * (1 + 0.28 * drawn) * (np.cos(angle) - 0.06 * s**6)
        wall = form.wall * (1 - 0.93 * s**2.0) * inside
        return radius * (1 - 0.8 * wall * s), height - wall * (1 + 0.25 * drawn)

    outer_r, outer_z = face(s, 0.0)
    inner_r, inner_z = face(s[:-1], 1.0)
    radius, height = np.concatenate([inner_r, outer_r[::-1]]), np.concatenate([inner_z, outer_z[::-1]])
    share = np.concatenate([s[:-1], s[::-1]])
    edge = ramp(0.86, 1.0, share)[:, None]
    scallop = edge * np.abs(np.sin(form.lappets / 2 * turn))
    r = radius[:, None] * (1 + 0.03 * scallop - 0.05 * drawn * edge * np.cos(8 * turn))
    z = height[:, None] - 0.07 * scallop + 0 * turn
    return np.stack([r * np.cos(turn), r * np.sin(turn), z], -1), share


class Trail(NamedTuple):
    """What hangs from a bell, drawn once: angles and shares (m,) of the roots, lengths and phases (m,)."""

    turn: np.ndarray
    root: np.ndarray
    length: np.ndarray
    phase: np.ndarray


def _draw_trail(rng, count: int, root: float, length: float) -> Trail:
    turn = 2 * np.pi * (np.arange(count) + 0.5) / max(count, 1)
    return Trail(turn, np.full(count, root), length * (0.75 + 0.4 * rng.random(count)), rng.random(count))


def _hang(trail: Trail, form: Form, cycle: float, drawn: float, steps: int, wave: float) -> np.ndarray:
    """Curves (m, steps, 3) that hang from the bell; a wave runs down them once in a pulse."""
    s = np.linspace(0, 1, steps)
    angle = trail.root * np.pi / 2 * (1 + 0.16 * drawn)
    radius = np.sin(angle) ** 0.92 * (1 - 0.30 * drawn * trail.root**1.2)
    height = form.height * (1 + 0.28 * drawn) * np.cos(angle) - form.wall * (1 - 0.93 * trail.root**2) - 0.02
    lag = contraction(cycle - 0.2) - drawn
    swing = wave * s * np.sin(2 * np.pi * (cycle - 1.1 * s + trail.phase[:, None]))
    side = 0.7 * wave * s * np.sin(2 * np.pi * (2 * s * trail.length[:, None] / 3 - cycle + 2.3 * trail.phase[:, None]))
    r = radius[:, None] * (1 - 0.35 * s - 0.25 * lag * np.sin(np.pi * s)) + swing
    c, d = np.cos(trail.turn)[:, None], np.sin(trail.turn)[:, None]
    z = height[:, None] - trail.length[:, None] * s * (1 - 0.06 * drawn)
    return np.stack([r * c - side * d, r * d + side * c, z], -1)


def _arm_lattice(trail: Trail, form: Form, cycle: float, drawn: float, rows: int, columns: int) -> np.ndarray:
    """Ruffled ribbons (m, rows, columns, 3) along hanging curves."""
    line = _hang(trail, form, cycle, drawn, rows, 0.14)
    s, c = np.linspace(0, 1, rows)[None, :, None], np.linspace(-1, 1, columns)[None, None, :]
    width = form.arm_width * (0.25 + np.sin(np.pi * np.clip(s * 0.9 + 0.08, 0, 1)) * (1 - 0.35 * s))
    out = np.stack([np.cos(trail.turn), np.sin(trail.turn), 0 * trail.turn], 1)[:, None, None]
    across = np.stack([-np.sin(trail.turn), np.cos(trail.turn), 0 * trail.turn], 1)[:, None, None]
    waves = 2 * np.pi * (s * 5 * trail.length[:, None, None] + 0.5 * trail.phase[:, None, None] - cycle)
    frill = form.frill * 0.5 * width * np.abs(c) ** 1.5 * np.sin(waves + 2.0 * np.sign(c))
    fold = width * c * (0.75 + 0.25 * np.cos(waves * 0.5 * 2))
    return line[:, :, None] + fold[..., None] * across + (frill + 0.35 * width * (c * c))[..., None] * out


def build_jellyfish(spec: Jellyfish, detail: float = 1.0) -> Asset:
    """A jellyfish upright in the water, its lowest end at rest on the origin; ``pose`` repeats after ``spec.period``."""
    form, rng, fine = FORMS[spec.kind], child(spec.seed, "trail"), np.sqrt(min(detail, 1.0))
    rows, sides = max(int(26 * fine), 6), max(int(96 * fine) // 4 * 4, 16)
    count = int(form.tentacles * (0.4 + 0.6 * fine))
    hanging = _draw_trail(rng, count, 1.0, form.length * spec.trail)
    arms = _draw_trail(rng, form.arms, 0.22, form.arm_length * spec.trail)
    steps, arm_rows = max(int(26 * fine), 7), max(int(64 * fine), 12)
    columns = 9 if fine > 0.6 else 5
    s = np.linspace(0, 1, steps)
    radii = form.thick * (1.25 - 0.9 * s) * np.ones((count, 1)) / (0.4 + 0.6 * fine)
    gonads = np.linspace(0, 2 * np.pi, form.gonads, endpoint=False)

    def rings_and_poles(drawn: float) -> np.ndarray:
        rings, _ = bell(form, drawn, rows, sides)
        # Each end is closed by its pole; the inner one is the first ring's middle.
        top = form.height * (1 + 0.28 * drawn)
        return np.concatenate([rings.reshape(-1, 3), [[0, 0, rings[0, :, 2].mean()], [0, 0, top]]])

    def organs(drawn: float) -> np.ndarray:
        bend = np.linspace(0, 2 * np.pi, 15) * 0.8 + 0.2 * np.pi
        ring = np.stack([0.36 - 0.15 * np.cos(bend), 0.15 * np.sin(bend)], 1)
        c, d = np.cos(gonads)[:, None], np.sin(gonads)[:, None]
        x, y = ring[:, 0] * c - ring[:, 1] * d, ring[:, 0] * d + ring[:, 1] * c
        x, y = x * (1 - 0.2 * drawn), y * (1 - 0.2 * drawn)
        z = form.height * (1 + 0.28 * drawn) * (np.sqrt(np.maximum(1 - x * x - y * y, 0))) - form.wall - 0.03
        return tube_vertices(np.stack([x, y, z], -1), np.full(x.shape, 0.035), 6)

    def at(cycle: float) -> np.ndarray:
        drawn = spec.pulse * contraction(cycle)
        parts = [rings_and_poles(drawn)]
        if count:
            parts.append(tube_vertices(_hang(hanging, form, cycle, drawn, steps, 0.16), radii, 4))
        parts.append(_arm_lattice(arms, form, cycle, drawn, arm_rows, columns).reshape(-1, 3))
        if len(gonads):
            parts.append(organs(drawn))
        bob = 0.10 * np.sin(2 * np.pi * (cycle - 0.25)) * spec.pulse  # the stroke lifts it
        return np.concatenate(parts) + [0, 0, bob]

    _, share = bell(form, 0.0, rows, sides)
    mantle, margin, arm = (np.array(colour) for colour in COLOURS[spec.colour])
    turn = np.arange(sides) * (2 * np.pi / sides)
    stripe = ramp(0.55, 0.95, np.cos(form.rays * turn))[None] * ramp(0.25, 0.6, share)[:, None] if form.rays else 0.0
    edge = np.maximum(
        0.9 * ramp(0.88, 0.99, share)[:, None] * (0.6 + 0.4 * np.abs(np.sin(form.lappets / 2 * turn))), stripe
    )
    spots = 0.15 * np.sin(37 * share)[:, None] * np.sin(19 * turn)
    paint = np.concatenate([np.clip(edge + spots, 0, 1).ravel(), [0.0, 0.0]])
    faces = ring_faces(2 * rows - 1, sides, True, True)
    start = at(0.0)
    meshes = [Mesh(start[: len(paint)], faces, attributes={"colour": blended(mantle, margin, paint)})]
    if count:
        tube = tubes(_hang(hanging, form, 0.0, 0.0, steps, 0.16), radii, 4)
        meshes.append(
            Mesh(tube.vertices, tube.faces, attributes={"colour": blended(margin, arm, tube.attributes["along"])})
        )
    each = arm_rows * columns
    quads = (lattice_faces(arm_rows, columns)[None] + (np.arange(form.arms) * each)[:, None, None]).reshape(-1, 4)
    tint = np.tile(np.abs(np.linspace(-1, 1, columns)) ** 2 * 0.5, arm_rows * form.arms)
    meshes.append(Mesh(np.zeros((each * form.arms, 3)), quads, attributes={"colour": blended(arm, margin, tint)}))
    if len(gonads):
        ring = tubes(
            np.zeros((len(gonads), 15, 3)) + np.linspace(0, 1, 15)[:, None], np.full((len(gonads), 15), 0.035), 6
        )
        meshes.append(Mesh(ring.vertices, ring.faces, attributes={
            "colour": plain(len(ring.vertices), 0.5 * margin + [0.30, 0.08, 0.22])}))  # fmt: skip
    mesh = merged(meshes)
    scale, floor = spec.diameter / 2, start[:, 2].min()

    def pose(seconds: float) -> np.ndarray:
        return (at((seconds / spec.period) % 1.0) - [0, 0, floor]) * scale

    mesh = Mesh(pose(0.0), mesh.faces, attributes={"colour": np.clip(mesh.attributes["colour"], 0, 1)})
    return Asset("jellyfish", mesh, (Surface("jelly", spec.seed, COLOURS[spec.colour][0], painted=True),), pose=pose)
