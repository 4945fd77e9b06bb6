"""Eyeballs of one size: every target moves them as a whole, so that lids keep lying on them and people share the eye's size."""

from __future__ import annotations

import numpy as np

from .warps import Warp

RADIUS = 0.0124  # m; adult eyes are 24 mm long and differ by 4 % only (Bekerman, Gottlieb and Vaiman 2014, recalled)
DRAWN = 0.01495  # m: radius of the ball that the lids of the base mesh lie on
MARGIN = (0.0, 0.0172, -0.008)  # m: how far from the centre of the ball, and before which depth, the lids' skin lies
# mm: eyes of the base mesh hang between their corners: on photographs (LFPW) pupils lie 1.9 mm over the line of these by
# MediaPipe, ours lay 0.8 mm over it; by points set by hand both lids lay 1.2 to 1.9 mm too low.
RISE = 1.3
CORNERS = {  # mm: a smaller ball falls away sooner beside the iris, and the lids go back with it
    "outer_corner": (0.0, 3.7, 0.0), "inner_corner": (0.0, 2.1, 0.0), "lid_top_in": (0.0, 0.25, RISE),
    "lid_top_out": (0.0, 0.35, RISE), "lid_low_in": (0.0, 0.15, RISE), "lid_low_out": (0.0, 0.3, RISE),
    "lid_fold": (0.0, 0.0, 0.6 * RISE), "orbit_side": (0.0, 0.6, 0.0),
}  # fmt: skip
Target = tuple[np.ndarray, np.ndarray]


class Balls:
    """The vertices of both eyes, and of the lids that lie on them."""

    def __init__(self, template: np.ndarray, groups: dict[str, np.ndarray], joints: dict[str, np.ndarray]):
        self.template, self.body = template, groups["body"]
        self.touched = np.zeros(len(template), bool)
        self.sides = []
        for side in "lr":
            ball = groups[f"helper-{side}-eye"]
            centre = template[joints[f"joint-{side}-eye"]].mean(0)
            offset = template[self.body] - centre
            near = (np.linalg.norm(offset, axis=1) < MARGIN[1]) & (offset[:, 1] < MARGIN[2])
            out = offset[near] / np.linalg.norm(offset[near], axis=1, keepdims=True)
            rigid = np.concatenate([ball, joints[f"joint-{side}-eye"]])
            self.sides.append((ball, rigid, self.body[near], out, centre))
            self.touched[ball] = self.touched[self.body[near]] = True

    def base(self, warp: Warp) -> np.ndarray:
        """What makes the template's eyes their size (n, 3), metres: balls that keep their front, lids that rise, and corners drawn back."""
        field = warp.field(CORNERS) / 1000
        for ball, rigid, _, _, centre in self.sides:
            front = np.array([0.0, RADIUS - DRAWN, RISE / 1000])
            field[rigid] = front
            out = self.template[ball] - centre
            out = out / np.linalg.norm(out, axis=1, keepdims=True)
            out -= out.mean(0)
            field[ball] = centre + front + RADIUS * out - self.template[ball]
        return field

    def hold(self, field: np.ndarray, own: bool) -> np.ndarray:
        """A field (n, 3) in which each eyeball moves as a whole, as deep as its lids go.

        Sideways and up it moves as the field's own balls do on average, or with ``own`` as the lids do.
        """
        field = field.copy()
        for ball, rigid, lids, out, _ in self.sides:
            shift = field[lids].mean(0) if own else field[ball].mean(0)
            rest = ((field[lids] - shift * [1, 0, 1]) * out).sum(1)
            ahead = out[:, 1] ** 3  # the lids before the iris count most
            shift[1] = (ahead @ rest) / (ahead @ out[:, 1])
            field[rigid] = shift
        return field

    def held(self, target: Target) -> Target:
        """A sparse target as ``hold`` has it."""
        indices, deltas = target
        if not self.touched[indices].any():
            return target
        field = np.zeros_like(self.template)
        field[indices] = deltas
        return sparse(self.hold(field, own=False))


def sparse(field: np.ndarray, least: float = 1e-6) -> Target:
    """The indices and deltas of what a field (n, 3) moves by more than ``least`` metres; all of them where that is most."""
    moved = (field > least).any(1) | (field < -least).any(1)
    if moved.sum() > 0.6 * len(field):
        return np.arange(len(field)), field
    indices = np.nonzero(moved)[0]
    return indices, field[indices]
