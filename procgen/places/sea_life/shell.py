"""Shells: coils and valves after Raup's parameters, with ribs and knobs, painted by a pattern that their lip laid down."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ...assets import Asset, Surface
from ...geometry.angles import arctan2
from ...geometry.mesh import Mesh, merged
from ...params import child, choice, draw, seed, spec, uniform
from .forms import stack
from .lip_pattern import PATTERNS, pigment
from .pigments import blended, plain, ramp
from .raup import helicospiral, section


class Form(NamedTuple):
    """A kind of shell: Raup's parameters and what departs from his circle."""

    expansion: float  # W
    distance: float  # D
    translation: float  # T
    shape: float  # S
    turns: float
    canal: float = 0.0  # how far the front of the lip is drawn out
    shoulder: float = 0.0  # height of the knobs on the shoulder
    knobs: int = 0  # a turn
    ribs: int = 0  # folds across the growth, a turn
    cords: int = 0  # ridges along it
    flare: float = 0.0  # how far the last lip spreads
    taper: float = 0.0  # how much narrower the curve is at its front
    weight: float = 1.0


FORMS = {
    "moon_snail": Form(2.1, 0.02, 1.25, 1.0, 4.5, weight=1.5),
    "top_shell": Form(1.5, 0.02, 2.3, 0.85, 6.5, cords=7, shoulder=0.05, knobs=16),
    "turritella": Form(1.22, 0.02, 9.0, 1.0, 11, cords=5, weight=1.5),
    "whelk": Form(1.75, 0.02, 3.2, 1.5, 5.5, canal=0.75, ribs=11, cords=14, taper=0.35, weight=1.5),
    "conch": Form(1.65, 0.02, 3.1, 1.7, 6, canal=0.8, shoulder=0.45, knobs=8, flare=0.75, taper=0.5, weight=1.5),
    "cone": Form(1.28, 0.02, 2.0, 2.2, 7, canal=0.3, taper=0.85),
    "nautilus": Form(3.0, 0.02, 0.0, 1.1, 3.2),
    "ramshorn": Form(1.65, 0.42, 0.0, 1.0, 4.5, ribs=38),
}
# Valves: W so great that they are done in a part of a turn; how many ribs fan out; how the outline departs from a round.
VALVES = {"scallop": (0.075, 19, 0.35), "cockle": (0.17, 26, 0.0), "clam": (0.13, 0, 0.0)}
WEIGHTS = {**{name: form.weight for name, form in FORMS.items()}, "scallop": 2.0, "cockle": 1.5, "clam": 1.5}
GROUND = {"ivory": (0.72, 0.62, 0.45), "sand": (0.52, 0.36, 0.20), "rose": (0.70, 0.36, 0.29), "grey": (0.36, 0.34, 0.31),
          "apricot": (0.68, 0.35, 0.14)}  # fmt: skip
PAINT = {"brown": (0.16, 0.055, 0.018), "red": (0.38, 0.06, 0.03), "black": (0.035, 0.028, 0.025), "orange": (0.55, 0.18, 0.03),
         "violet": (0.20, 0.07, 0.19)}  # fmt: skip
INSIDE = (0.80, 0.66, 0.56)


@spec
class Shell:
    """A sea shell."""

    kind: str = choice(WEIGHTS, says="{} shell", doc="kind of shell")
    size: float = uniform(0.02, 0.22, unit="m", doc="its longest extent")
    expansion: float = uniform(0.94, 1.07, doc="growth in a turn, Raup's W, as a share of its kind's")
    translation: float = uniform(0.85, 1.2, doc="slide along the axis, Raup's T, as a share of its kind's")
    relief: float = uniform(0.3, 1.2, doc="height of ribs, cords and knobs, as a share of its kind's")
    pattern: str = choice({**dict.fromkeys(PATTERNS, 1.0), "plain": 1.0}, doc="pattern that the lip lays down")
    ground: str = choice({"ivory": 3, "sand": 2, "rose": 1, "grey": 1, "apricot": 1}, says="{}", doc="its main colour")
    paint: str = choice({"brown": 3, "red": 1, "black": 1, "orange": 1, "violet": 1}, doc="colour of its pattern")
    gape: float = uniform(0.0, 35.0, unit="degree", doc="how far two valves stand open")
    seed: int = seed()


def sample_shell(rng: np.random.Generator, fixed=None) -> Shell:
    """Draw a shell."""
    return draw(Shell, rng, fixed)


def coil(
    form: Form, expansion: float, translation: float, relief: float, rows: int, columns: int
) -> tuple[np.ndarray, np.ndarray]:
    """The outer face (rows, columns, 3) of a coil about z whose apex is up, growth towards the last row, and the turns
    (rows,) it was laid down at, 0 the lip."""
    turns = np.linspace(-form.turns, 0, rows)
    around = np.arange(columns) * (2 * np.pi / columns)
    curve = np.repeat(section(form.distance, form.shape, around)[None], rows, 0)
    curve[..., 1] *= -1  # the shell grows downward, so that the front of the curve is below
    front = np.exp(-(((around - 1.5 * np.pi + np.pi) % (2 * np.pi) - np.pi) ** 2) / 0.5)  # below, once turned over
    front = front[::-1]
    centre = np.array([1.0, 0.0])
    offset = curve - centre
    turn = turns[:, None]
    swell = np.ones((rows, columns))
    # Ripples that go round whole numbers of times in a turn keep the coil's likeness to itself.
    swell += relief * 0.09 * np.cos(2 * np.pi * form.ribs * turn) * (form.ribs > 0) * ramp(-0.9, 0.3, np.cos(around))
    swell += relief * 0.035 * np.cos(form.cords * 2 * around) * (form.cords > 0) * ramp(-0.7, 0.2, np.cos(around))
    high = np.exp(-(((around - 0.25 * np.pi + np.pi) % (2 * np.pi) - np.pi) ** 2) / 0.06)
    knob = np.maximum(np.cos(2 * np.pi * form.knobs * turn), 0) ** 3 * (form.knobs > 0)
    swell += relief * form.shoulder * knob * high[::-1][None, :]
    swell += 0.006 * np.cos(2 * np.pi * 60 * turn)  # lines of growth
    lip = ramp(-0.14, 0.0, turn)
    swell += form.flare * lip * ramp(-0.2, 0.9, np.cos(around))
    offset = offset * swell[..., None]
    narrow = 1 - form.taper * (0.5 - 0.5 * np.sin(-around)[None, :]) * (np.cos(around) > 0)
    offset[..., 0] *= narrow
    offset[..., 1] -= form.canal * form.shape * front * (1 + 0.3 * np.sin(around))
    points = helicospiral(centre + offset, expansion, -translation, turns)
    return points, turns


def valve(sweep: float, ribs: int, wings: float, relief: float, rows: int, columns: int) -> np.ndarray:
    """The outer face (rows, columns, 3) of a valve, from its beak to the margin in the plane y = 0, hinged on z."""
    share = np.linspace(0.02, 1, rows) ** 0.8
    around = np.arange(columns) * (2 * np.pi / columns)
    curve = section(0.03, 1.08, around)
    spread = arctan2(curve[:, 1], np.maximum(curve[:, 0], 1e-3))
    fan = ramp(0.15, 0.6, curve[:, 0] / 2)
    swell = 1 + wings * (np.exp(-((np.abs(spread) - 1.25) ** 2) / 0.02)) * 1.2 if wings else np.ones(columns)
    ripple = relief * 0.028 * np.cos(spread * ribs * 2) * fan * (ribs > 0)
    turns = (
        sweep * np.log(share) / np.log(50)
    )  # W = 50 ** (1 / sweep): a fiftieth of its size lies ``sweep`` turns back
    points = helicospiral(curve * swell[:, None], 50.0 ** (1 / sweep), 0.0, turns)
    rings = 1 + 0.012 * np.cos(2 * np.pi * 22 * share)[:, None] * (ribs == 0)
    points = points * rings[..., None]
    angle = 2 * np.pi * turns[:, None]
    lift = ripple * share[:, None]
    return points + np.stack([np.sin(angle) * lift, -np.cos(angle) * lift, 0 * lift], -1)


def _lined(outer: np.ndarray, thickness: np.ndarray) -> np.ndarray:
    """The inner face of a coil: each ring of the outer one, drawn in by (rows,)."""
    away = outer - outer.mean(1, keepdims=True)
    length = np.sqrt((away * away).sum(-1, keepdims=True))
    return outer - away / np.maximum(length, 1e-9) * np.minimum(thickness[:, None, None], 0.45 * length)


def _skin(outer: np.ndarray, inner: np.ndarray, back: int, painted: np.ndarray) -> Mesh:
    """A closed wall: the outer face, and the inner one from the lip ``back`` rows in; attributes paint and inner."""
    rows, columns = outer.shape[:2]
    inner = inner[::-1][:back]
    whole = np.concatenate([outer, inner])
    paint = np.concatenate([painted, painted[::-1][:back] * 0])
    inside = np.concatenate([np.zeros((rows, columns)), np.ones((back, columns))])
    mesh = stack(whole, outer[0].mean(0), inner[-1].mean(0), paint=paint, inner=inside)
    return _outward(mesh)


def _outward(mesh: Mesh) -> Mesh:
    a, b, c = (mesh.vertices[corner] for corner in mesh.triangles().T)
    if np.einsum("ij,ij->", a, np.cross(b, c)) >= 0:
        return mesh
    faces, triangle = mesh.faces, mesh.faces[:, 3] < 0
    return replace(mesh, faces=np.where(triangle[:, None], faces[:, [0, 2, 1, 3]], faces[:, [0, 3, 2, 1]]))


def build_shell(spec: Shell, detail: float = 1.0) -> Asset:
    """A shell that lies on the bed as it would fall; ``detail`` is the share of its faces."""
    fine = np.sqrt(min(detail, 1.0))
    rng = child(spec.seed, "pattern")
    columns = max(int(72 * fine), 16)
    if spec.kind in VALVES:
        mesh = _bivalve(spec, rng, fine, max(int(168 * fine), 32))
    else:
        form = FORMS[spec.kind]
        rows = max(int(48 * form.turns * fine), 40)
        outer, turns = coil(form, 1 + (form.expansion - 1) * spec.expansion, form.translation * spec.translation, spec.relief,
                            rows, columns)  # fmt: skip
        size = (1 + (form.expansion - 1) * spec.expansion) ** turns
        back = max(int(0.7 * rows / form.turns), 6)
        mesh = _skin(outer, _lined(outer, 0.07 * size), back, _pigment(spec, rows, columns, rng))
        # Coiled flat it lies on its side; drawn out, it lies along the bed with the mouth half turned down.
        roll = 1.1
        if form.translation == 0:
            turn = np.array([[1, 0, 0], [0, np.cos(0.25), -np.sin(0.25)], [0, np.sin(0.25), np.cos(0.25)]])
        else:
            turn = np.array([[0, 0, 1], [np.sin(roll), -np.cos(roll), 0], [np.cos(roll), np.sin(roll), 0]])
            turn = turn if np.linalg.det(turn) > 0 else turn * [[1], [-1], [1]]
        mesh = mesh.transformed(turn)
    vertices = mesh.vertices * (spec.size / np.ptp(mesh.vertices, axis=0).max())
    low, high = vertices.min(0), vertices.max(0)
    vertices = vertices - [*(low + high)[:2] / 2, low[2]]
    count = len(vertices)
    ground, paint = np.array(GROUND[spec.ground]), np.array(PAINT[spec.paint])
    colour = blended(ground, paint, 0.9 * mesh.attributes["paint"])
    colour = blended(colour, plain(count, INSIDE) * (0.5 + 0.5 * ground / ground.max()), mesh.attributes["inner"])
    mesh = Mesh(vertices, mesh.faces, attributes={"colour": np.clip(colour, 0, 1)})
    return Asset("shell", mesh, (Surface("mollusc_shell", spec.seed, GROUND[spec.ground], painted=True),))


def _pigment(spec: Shell, rows: int, columns: int, rng) -> np.ndarray:
    if spec.pattern == "plain":
        return np.zeros((rows, columns))
    return ramp(0.15, 0.7, pigment(spec.pattern, columns, rows, rng))


def _bivalve(spec: Shell, rng, fine: float, columns: int) -> Mesh:
    sweep, ribs, wings = VALVES[spec.kind]
    rows = max(int(64 * fine), 14)
    sweep = sweep / spec.expansion
    outer = valve(sweep, ribs, wings, spec.relief, rows, columns)
    # The inner face is the outer one turned about the hinge, so that it keeps its ribs; the margin is sharp.
    turn = 0.07 * (1 - np.linspace(0, 1, rows) ** 3)[:, None] + 0.004
    x, y, z = outer[..., 0], outer[..., 1], outer[..., 2]
    inner = np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn), z], -1)
    one = _skin(outer, inner, rows, _pigment(spec, rows, columns, rng))
    # Hinged on z: the lower valve lies with its margin level, the upper one opens by the gape.
    level = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]) @ np.diag([1.0, 1, 1])
    lower = one.transformed(level)
    upper = lower.transformed(np.diag([1.0, 1, -1]))
    turn = -np.radians(spec.gape)
    c, s = np.cos(turn), np.sin(turn)
    upper = upper.transformed(np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]))
    return merged([lower, upper])
