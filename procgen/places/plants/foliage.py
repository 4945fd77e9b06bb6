"""Foliage: few-faced stencils of leaves, needles and petals, and copies of them in place with their own colours."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...geometry.mesh import Mesh
from .growth import unit

Stencil = tuple[np.ndarray, np.ndarray]


def halves(places, widths, fold: float = 0.35, droop: float = 0.12) -> Stencil:
    """A leaf of length one along +y, folded about its midrib, with edge points at ``places`` (k,) along it and half widths
    (k,): one quad a side for two edge points, two for four."""
    y, x = np.asarray(places, float), np.asarray(widths, float)
    sag = lambda along: -droop * along**2  # noqa: E731
    if len(y) == 2:
        rib = np.array([0.0, 1.0])
    else:
        rib = np.array([0.0, (y[1] + y[2]) / 2, 1.0])
    middle = np.stack([np.zeros_like(rib), rib, sag(rib)], 1)
    right = np.stack([x, y, x * fold + sag(y)], 1)
    vertices = np.concatenate([middle, right, right * [-1, 1, 1]])
    r, l = len(rib), len(rib) + len(y)  # noqa: E741
    if len(y) == 2:
        faces = [(0, r, r + 1, 1), (0, 1, l + 1, l)]
    else:
        faces = [(0, r, r + 1, 1), (1, r + 2, r + 3, 2), (0, 1, l + 1, l), (1, 2, l + 3, l + 2)]
    return vertices, np.array(faces)


def palmate(lobes: int, spread: float, side: float, fold: float = 0.12) -> Stencil:
    """A leaf of lobes that fan out from its stalk over ±``spread`` radians; the outer ones are ``side`` as long."""
    angle = np.linspace(-spread, spread, lobes)
    reach = 0.5 * (1 - (1 - side) * np.abs(angle / spread) ** 1.3) if lobes > 1 else np.array([1.0])
    step = angle[1] - angle[0]
    centre = np.array([0, 0.45, 0])
    vertices, faces = [[0.0, 0.0, 0.0], centre.tolist()], []
    for place, (turn, long) in enumerate(zip(angle, reach, strict=True)):
        for offset, share, lift in ((-step * 0.55, 0.5, fold), (0, 1.0, -0.6 * fold), (step * 0.55, 0.5, fold)):
            a = turn + offset
            vertices.append(
                [centre[0] + share * long * np.sin(a), centre[1] + share * long * np.cos(a), share * long * lift]
            )
        first = 2 + 3 * place
        faces.append((1, first + 2, first + 1, first))
    return np.array(vertices)[1:], np.array(faces) - 1


def pinnate(pairs: int, width: float, leaflet: float, droop: float = 0.25) -> Stencil:
    """A feather of leaflet quads in pairs along a stalk of length one."""
    vertices, faces = [], []
    for _pair, along in enumerate(np.linspace(0.18, 0.92, pairs)):
        long = leaflet * (1 - 0.5 * abs(2 * along - 0.9))
        for sign in (1, -1):
            z = -droop * along**2
            start = len(vertices)
            vertices += [
                [0, along, z], [sign * long * 0.5, along - width, z + 0.02], [sign * long, along + 0.35 * long, z - 0.12 * long],
                [sign * long * 0.45, along + width, z + 0.05],
            ]  # fmt: skip
            faces.append([start + corner for corner in ((0, 1, 2, 3) if sign > 0 else (0, 3, 2, 1))])
    return np.array(vertices), np.array(faces)


def kite(width: float, widest: float = 0.45, fold: float = 0.3, droop: float = 0.1) -> Stencil:
    """A leaf of a single folded quad; needles are narrow ones."""
    return (
        np.array(
            [[0, 0, 0], [width / 2, widest, fold * width / 2], [0, 1, -droop], [-width / 2, widest, fold * width / 2]]
        ),
        np.array([(0, 1, 2, 3)]),
    )


def blossom(petals: int = 5, cup: float = 0.25) -> Stencil:
    """An open flower of diameter one that looks along +z."""
    angle = np.arange(petals) * 2 * np.pi / petals
    half = 0.62 * np.pi / petals
    vertices, faces = [[0.0, 0.0, 0.0]], []
    for turn in angle:
        first = len(vertices)
        for offset, far in ((-half, 0.38), (0, 0.5), (half, 0.38)):
            vertices.append([far * np.sin(turn + offset), far * np.cos(turn + offset), cup * far])
        faces.append((0, first + 2, first + 1, first))
    return np.array(vertices), np.array(faces)


STENCILS = {
    "oval": halves((0.32, 0.70), (0.27, 0.24)),
    "broad": halves((0.28, 0.68), (0.40, 0.34)),
    "lobed": halves((0.28, 0.40, 0.66, 0.84), (0.26, 0.12, 0.36, 0.17), fold=0.25),
    "palmate": palmate(5, 2.0, 0.6),
    "lance": halves((0.25, 0.62), (0.11, 0.09), fold=0.5, droop=0.25),
    "pinnate": pinnate(5, 0.05, 0.28),
    "needle": kite(0.18, 0.4, 0.6, 0.05),
    "blade": kite(0.45),  # far leaves, a single face
    "blossom": blossom(),
}


def stencil_area(stencil: Stencil) -> float:
    """The area of a stencil's faces."""
    vertices, faces = stencil
    a, b, c = (vertices[corner] for corner in Mesh(vertices, faces).triangles().T)
    return float(np.sqrt((np.cross(b - a, c - a) ** 2).sum(1)).sum() / 2)


def placed(
    stencil: Stencil,
    origin: np.ndarray,
    along: np.ndarray,
    normal: np.ndarray,
    scale: np.ndarray,
    *,
    colour: np.ndarray | None = None,
    sway: np.ndarray | float = 0.0,
    phase: np.ndarray | float = 0.0,
    flutter: float = 0.0,
    slot: int = 0,
) -> Mesh:
    """Copies of a stencil at origins (m, 3): its +y along unit ``along``, its +z near ``normal`` (m, 3), sized (m,) or (m, 3).

    colour (m, 3) linear; sway and phase (m,) of where they hang, and ``flutter`` metres more at their tips.
    """
    vertices, faces = stencil
    count, points = len(origin), len(vertices)
    across = unit(np.cross(along, normal))
    up = np.cross(across, along)
    scale = np.broadcast_to(np.reshape(scale, (count, -1) if np.ndim(scale) else (1, 1)), (count, 3))
    moved = origin[:, None] + (
        vertices[None, :, 0, None] * (across * scale[:, :1])[:, None]
        + vertices[None, :, 1, None] * (along * scale[:, 1:2])[:, None]
        + vertices[None, :, 2, None] * (up * scale[:, 2:])[:, None]
    )
    shift = (np.arange(count) * points)[:, None, None]
    numbers = np.where(faces[None] < 0, -1, faces[None] + shift).reshape(-1, faces.shape[1])
    spread = lambda values: np.repeat(np.broadcast_to(np.asarray(values, float), (count,)), points)  # noqa: E731
    attributes = {
        "sway": spread(sway) + np.tile(flutter * np.clip(vertices[:, 1], 0, 1), count),
        "phase": spread(phase),
        "colour": np.repeat(np.broadcast_to(0.5 if colour is None else colour, (count, 3)), points, axis=0),
    }
    return Mesh(moved.reshape(-1, 3), numbers, slot, attributes)


def leaf_colours(
    rng: Generator, count: int, colour, other=None, share: np.ndarray | float = 0.0, spread: float = 0.16
) -> np.ndarray:
    """Colours (count, 3) of leaves around a linear albedo, of which ``share`` (one or (count,)) tend to ``other``: each is
    darker or paler, and yellower or bluer, by itself."""
    colour = np.asarray(colour, float)
    other = colour if other is None else np.asarray(other, float)
    mixed = np.clip(np.asarray(share) + rng.normal(0, 0.18, count) * (np.asarray(share) > 0), 0, 1)[:, None]
    base = colour * (1 - mixed) + other * mixed
    bright = np.exp(rng.normal(0, spread, (count, 1)))
    warm = rng.normal(0, spread * 0.6, (count, 1))
    return np.clip(base * bright * np.exp(warm * [1.0, 0.15, -0.6]), 0.002, 0.95)
