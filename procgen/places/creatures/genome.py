"""The genome of an animal: a tree of swept parts, each attached to its parent, with the bones that run through it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from ...assets import Bone

UP = (0.0, 0.0, 1.0)
AHEAD = (0.0, -1.0, 0.0)
MIRROR = np.array([-1.0, 1.0, 1.0])


def ring(x: float, y: float, z: float, width: float, up: float, down: float | None = None, power: float = 2.0,
         pear: float = 0.0) -> tuple[float, ...]:  # fmt: skip
    """A cross-section: its centre, half width, heights above and below the centre, the exponent of the superellipse
    (2 an ellipse, more is boxier), and how much wider (+) or narrower (-) its top is than its bottom."""
    return (x, y, z, width, up, up if down is None else down, power, pear)


@dataclass(frozen=True)
class Part:
    """A swept part: cross-sections (k, 8) along a skeleton curve that a cubic B-spline runs through.

    ``attach`` (u along, angle around in degrees from its top towards its left, depth 0 axis … 1 surface) is the place on
    the parent that the centres of the rings are measured from; without it they are measured from the origin.
    ``blend`` metres over which the skin flows into what is joined before it; ``caps`` length of the rounded ends in
    radii; ``up`` the direction of a section's top; ``bones`` the names of the bones that share the curve evenly.
    """

    name: str
    rings: np.ndarray
    parent: str = ""
    attach: tuple[float, float, float] | None = None
    blend: float = 0.02
    caps: tuple[float, float] = (1.0, 1.0)
    up: tuple[float, float, float] = UP
    bones: tuple[str, ...] = ()
    joint: str = ""  # the bone these bones hang from; without it the nearest one of the parent
    mirrored: bool = False  # a second one stands on the right, named .R, where this one is .L
    joined: bool = True  # into the skin; otherwise it only carries bones
    carved: bool = False  # taken out of the skin instead

    def __post_init__(self):
        object.__setattr__(self, "rings", np.asarray(self.rings, float).reshape(-1, 8))


@dataclass(frozen=True)
class Sweep:
    """A part in its place: sections sampled along the curve, arrays over the samples (m, …)."""

    part: Part
    centre: np.ndarray
    tangent: np.ndarray
    side: np.ndarray
    up: np.ndarray
    shape: np.ndarray  # (m, 5): width, up, down, power, pear
    along: np.ndarray  # 0…1 of the arc length

    def at(self, u: float) -> tuple[np.ndarray, ...]:
        """Centre, tangent, side, up (3,) and shape (5,) at u of the arc length."""
        return tuple(
            np.array([np.interp(u, self.along, column) for column in values.T])
            for values in (self.centre, self.tangent, self.side, self.up, self.shape)
        )

    def place(self, u: float, angle: float, depth: float = 1.0) -> np.ndarray:
        """The point (3,) at u along, ``angle`` degrees around from the top towards the left, ``depth`` of the radius."""
        centre, _, side, up, (width, above, below, power, pear) = self.at(u)
        sine, cosine = np.sin(np.radians(angle)), np.cos(np.radians(angle))
        x = np.sign(sine) * np.abs(sine) ** (2 / power) * width
        z = np.sign(cosine) * np.abs(cosine) ** (2 / power)
        return centre + depth * (x * (1 + pear * z) * side + z * (above if z > 0 else below) * up)


def spline(values: np.ndarray, steps: int) -> np.ndarray:
    """Samples (steps, d) of the natural cubic B-spline curve through values (k, d), evenly over its parameter."""
    values = np.asarray(values, float)
    count = len(values)
    if count == 1:
        return np.repeat(values, steps, 0)
    matrix = np.zeros((count, count))
    np.fill_diagonal(matrix, 4)
    matrix[np.arange(1, count), np.arange(count - 1)] = 1
    matrix[np.arange(count - 1), np.arange(1, count)] = 1
    matrix[[0, -1]] = 0
    matrix[0, 0] = matrix[-1, -1] = 6
    control = np.linalg.solve(matrix, 6 * values)
    control = np.concatenate([2 * control[:1] - control[1:2], control, 2 * control[-1:] - control[-2:-1]])
    place = np.linspace(0, count - 1, steps)
    first = np.minimum(place.astype(int), count - 2)
    t = (place - first)[:, None]
    basis = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    return sum(weight * control[first + index] for index, weight in enumerate(basis)) / 6


def swept(part: Part, base: np.ndarray, steps: int | None = None) -> Sweep:
    """The sections of a part whose rings are measured from ``base`` (3,)."""
    steps = steps or 4 * (len(part.rings) - 1) + 1
    values = spline(part.rings, steps)
    low, high = part.rings[:, 3:].min(0), part.rings[:, 3:].max(0)
    shape = np.clip(values[:, 3:], low, high * np.where(high > 0, 1.08, 1))  # a spline through radii may overshoot
    centre = values[:, :3] + base
    tangent = np.gradient(centre, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-12)
    side = np.cross(np.asarray(part.up, float), tangent)
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-12)
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(centre, axis=0), axis=1))])
    return Sweep(part, centre, tangent, side, np.cross(tangent, side), shape, length / max(length[-1], 1e-12))


def _mirror(sweep: Sweep) -> Sweep:
    part = replace(sweep.part, name=sweep.part.name.replace(".L", ".R"), joint=sweep.part.joint.replace(".L", ".R"),
                   parent=sweep.part.parent.replace(".L", ".R"),
                   bones=tuple(bone.replace(".L", ".R") for bone in sweep.part.bones))  # fmt: skip
    # The reflected side is turned about, so that the frame stays right-handed; sections are symmetric.
    return replace(sweep, part=part, centre=sweep.centre * MIRROR, tangent=sweep.tangent * MIRROR,
                   side=-sweep.side * MIRROR, up=sweep.up * MIRROR)  # fmt: skip


def grow(parts: Iterable[Part], steps: int | None = None) -> dict[str, Sweep]:
    """Every part in its place by name, the left ones followed by their mirror images."""
    grown: dict[str, Sweep] = {}
    for part in parts:
        base = grown[part.parent].place(*part.attach) if part.attach else np.zeros(3)
        sweep = swept(part, base, steps)
        grown[part.name] = sweep
        if part.mirrored:
            other = _mirror(sweep)
            grown[other.part.name] = other
    return grown


def skeleton(grown: dict[str, Sweep]) -> tuple[tuple[Bone, ...], np.ndarray]:
    """The bones of all parts and their radii (bones, 2) metres at head and tail."""
    bones: list[Bone] = []
    radii = []
    for sweep in grown.values():
        names = sweep.part.bones
        stops = [sweep.at(u) for u in np.linspace(0, 1, len(names) + 1)]
        for index, name in enumerate(names):
            head, tail = stops[index][0], stops[index + 1][0]
            if index:
                parent = names[index - 1]
            else:
                parent = sweep.part.joint or _nearest(bones, grown, sweep.part.parent, head)
            bones.append(Bone(name, tuple(map(float, head)), tuple(map(float, tail)), parent))
            radii.append([stop[4][:3].mean() for stop in (stops[index], stops[index + 1])])
    return tuple(bones), np.array(radii)


def _nearest(bones: list[Bone], grown: dict[str, Sweep], parent: str, point: np.ndarray) -> str:
    while parent and not grown[parent].part.bones:
        parent = grown[parent].part.parent
    if not parent:
        return ""
    of_parent = [bone for bone in bones if bone.name in grown[parent].part.bones]
    return min(of_parent, key=lambda bone: round(to_segment(point, bone.head, bone.tail)[0].item(), 6)).name


def to_segment(points: np.ndarray, head, tail) -> tuple[np.ndarray, np.ndarray]:
    """Distances (n,) of points (n, 3) from a segment, and where on it 0…1 the nearest place is."""
    points, head = np.atleast_2d(points), np.asarray(head, float)
    axis = np.asarray(tail, float) - head
    t = np.clip((points - head) @ axis / max(axis @ axis, 1e-18), 0, 1)
    return np.linalg.norm(points - head - t[:, None] * axis, axis=1), t
