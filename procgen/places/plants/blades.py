"""Blades, stalks and petals: many curved strips at once, swept along arcs with a flat, folded or round section."""

from __future__ import annotations

import numpy as np

from ...geometry.mesh import Mesh
from .growth import unit

FLAT = np.array([[-1.0, 0.0], [1.0, 0.0]])
FOLDED = np.array([[-1.0, 1.0], [0.0, 0.0], [1.0, 1.0]])
ROUND = np.array([[1.0, 0.0], [0.309, 0.951], [-0.809, 0.588], [-0.809, -0.588], [0.309, -0.951]])
THREE = np.array([[1.0, -0.5], [0.0, 1.0], [-1.0, -0.5]])
# A thick leaf: hollow above, round below.
FLESHY = np.array([[1.0, 0.15], [0.45, -0.05], [-0.45, -0.05], [-1.0, 0.15], [-0.6, -0.75], [0.0, -1.0], [0.6, -0.75]])


def arcs(length, rise, turn, sag, steps: int) -> np.ndarray:
    """Paths (c, steps, 3) that leave the origin ``rise`` radians above level towards ``turn`` and sag along their way."""
    length, rise, turn, sag = (np.atleast_1d(np.asarray(value, float)) for value in (length, rise, turn, sag))
    t = np.linspace(0, 1, steps)
    slope = rise[:, None] - sag[:, None] * t**1.3
    out = np.cumsum(np.cos(slope), 1) - np.cos(slope[:, :1])
    up = np.cumsum(np.sin(slope), 1) - np.sin(slope[:, :1])
    out, up = (values * (length / (steps - 1))[:, None] for values in (out, up))
    return np.stack([out * np.cos(turn)[:, None], out * np.sin(turn)[:, None], up], -1)


def level_side(turn: np.ndarray) -> np.ndarray:
    """The level direction (c, 3) across arcs that run towards ``turn`` (c,)."""
    return np.stack([np.sin(turn), -np.cos(turn), np.zeros_like(turn)], -1)


def sweep(
    paths: np.ndarray,
    side: np.ndarray,
    section: np.ndarray,
    widths: np.ndarray,
    depths: np.ndarray | None = None,
    *,
    closed: bool = False,
    colour=0.5,
    sway=0.0,
    phase=0.5,
    slot: int = 0,
) -> Mesh:
    """A section (k, 2) swept along paths (c, s, 3): its first axis along unit ``side`` (c, 3) times widths (c, s), its second
    across both times depths (c, s), the widths if not given. Half widths, metres; ``closed`` joins the section's ends.

    colour (3,), (c, 3) or (c, s, 3), sway (c,) or (c, s), phase (c,) go to the vertices.
    """
    paths = np.asarray(paths, float)
    count, steps, _ = paths.shape
    number = len(section)
    widths = np.broadcast_to(np.asarray(widths, float), (count, steps))
    depths = widths if depths is None else np.broadcast_to(np.asarray(depths, float), (count, steps))
    tangent = unit(np.gradient(paths, axis=1))
    side = unit(np.broadcast_to(np.asarray(side, float).reshape(-1, 1, 3), paths.shape))
    side = unit(side - tangent * (side * tangent).sum(-1, keepdims=True))
    over = np.cross(side, tangent)
    vertices = (
        paths[:, :, None]
        + (widths[..., None] * section[:, 0])[..., None] * side[:, :, None]
        + (depths[..., None] * section[:, 1])[..., None] * over[:, :, None]
    )
    row = (np.arange(count)[:, None, None] * steps + np.arange(steps - 1)[None, :, None]) * number
    first = np.arange(number if closed else number - 1)
    second = (first + 1) % number
    faces = np.stack([row + first, row + second, row + number + second, row + number + first], -1).reshape(-1, 4)

    def spread(values, width):
        values = np.asarray(values, float)
        if values.ndim == (1 if width else 0):
            values = np.broadcast_to(values, (count, *values.shape))
        if values.ndim == (2 if width else 1):
            values = values[:, None]
        values = np.broadcast_to(values, (count, steps, *values.shape[2:]))
        return np.repeat(values.reshape(count * steps, *values.shape[2:]), number, axis=0)

    colour = np.full(3, colour) if np.ndim(colour) == 0 else colour
    attributes = {"colour": spread(colour, 1), "sway": spread(sway, 0), "phase": spread(phase, 0)}
    return Mesh(vertices.reshape(-1, 3), faces, slot, attributes)
