"""Corals that grow as domes and discs, whose relief is a pattern: reaction and diffusion, a folded line, or septa.

Each kind gives a closed mesh about one unit wide, with the attributes pale and deep (0…1) and relief (0…1).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...geometry.mesh import Mesh
from ...geometry.noise import fractal
from .differential_growth import grow_line
from .forms import geodesic, neighbour_mean, stack
from .pigments import ramp
from .reaction_diffusion import gray_scott

CAP = 0.72  # share of a sphere's area that becomes the dome; the rest is the flat underside


def dome(detail: float, rng: np.random.Generator, lumps: float) -> tuple[Mesh, Mesh]:
    """The unit sphere that carries a pattern, and the closed dome that its vertices make."""
    sphere = geodesic(max(int(50 * np.sqrt(detail)), 6))
    x, y, z = sphere.vertices.T
    height = np.clip((z - (1 - 2 * CAP)) / (2 * CAP), 0, 1)  # equal areas stay equal: z is linear in a sphere's area
    under = z < 1 - 2 * CAP
    rim = np.sqrt(1 - (1 - 2 * CAP) ** 2)
    flat = np.sqrt(x * x + y * y)
    radius = np.where(under, np.minimum(flat / rim, 1) * 0.98, np.sqrt(1 - height * height))
    tall = 0.72 + 0.35 * rng.random()
    share = radius / np.maximum(flat, 1e-9)
    vertices = np.stack([x * share, y * share, np.where(under, -0.08, height * tall)], 1)
    offset = rng.random(3) * 50
    swell = 1 + lumps * fractal(sphere.vertices * 1.6 + offset, 3, octaves=3)
    return sphere, replace(sphere, vertices=vertices * swell[:, None] * [0.5, 0.5, 0.5])


def _raised(body: Mesh, relief: np.ndarray, amount: float, pale: np.ndarray, deep: np.ndarray) -> Mesh:
    above = ramp(-0.04, 0.06, body.vertices[:, 2])
    vertices = body.vertices + body.normals() * (amount * (relief - 0.5) * above)[:, None]
    return replace(body, vertices=vertices, attributes={"pale": pale * above, "deep": deep, "relief": relief * above})


def _concentration(sphere: Mesh, pattern: str, scale: float, steps: int, rng) -> np.ndarray:
    """The pattern as 0…1 between its hollows and its crests."""
    value = gray_scott(sphere, pattern, steps, scale, rng).astype(float)
    value = 0.5 * value + 0.5 * neighbour_mean(sphere, value)
    low, high = np.quantile(value, [0.02, 0.98])
    return np.clip((value - low) / max(high - low, 1e-9), 0, 1)


def _scale(detail: float, scale: float) -> float:
    """A diffusion that keeps a pattern's width on a coarser sphere; below 0.02 the pattern would freeze on the edges."""
    return max(scale * detail, 0.02)


def brain(rng: np.random.Generator, detail: float) -> Mesh:
    """Winding ridges and valleys."""
    sphere, body = dome(detail, rng, 0.10)
    value = ramp(0.12, 0.75, _concentration(sphere, "worms", _scale(detail, 0.042), 1400, rng))
    return _raised(body, value, 0.034, 0.55 * ramp(0.6, 1, value), ramp(0.55, 0.05, value))


def star(rng: np.random.Generator, detail: float) -> Mesh:
    """Round cups, each with a rim and a hollow, set apart."""
    sphere, body = dome(detail, rng, 0.10)
    value = _concentration(sphere, "spots", _scale(detail, 0.05), 1700, rng)
    rim, pit = ramp(0.05, 0.5, value), ramp(0.62, 1.0, value)
    relief = rim - 0.85 * pit
    return _raised(body, relief, 0.030, 0.7 * rim * (1 - pit), np.maximum(pit, 0.25 * (1 - rim)))


def honeycomb(rng: np.random.Generator, detail: float) -> Mesh:
    """Polygonal cups that share their walls."""
    sphere, body = dome(detail, rng, 0.08)
    value = _concentration(sphere, "holes", _scale(detail, 0.05), 1700, rng)
    relief = ramp(0.15, 1.0, value)
    return _raised(body, relief, 0.040, 0.7 * ramp(0.82, 1.0, value), 1 - ramp(0.1, 0.75, value))


def maze(rng: np.random.Generator, detail: float) -> Mesh:
    """Long walls that meander: a line folded by differential growth, laid over the dome."""
    _, body = dome(detail, rng, 0.06)
    spacing = 0.15 * max(1.0, 0.4 / np.sqrt(detail))  # no narrower than a few edges of the dome
    grown = grow_line(110, spacing, int(720 * (0.15 / spacing) ** 2), rng).points
    for _ in range(2):  # a wall runs along the line, not from point to point
        grown = np.stack([grown, (grown + np.roll(grown, -1, 0)) / 2], 1).reshape(-1, 2)
    x, y, z = body.vertices.T
    flat = np.maximum(np.sqrt(x * x + y * y), 1e-9)
    lift = np.clip(z / z.max(), 0, 1)  # the disc is Lambert's equal-area picture of the dome
    place = np.stack([x, y], 1) / flat[:, None] * np.sqrt(1 - np.minimum(lift, 1))[:, None]
    distance = np.full(len(place), 1.0)
    for start in range(0, len(place), 4096):
        part = place[start : start + 4096].astype(np.float32)
        gap = (part[:, None, 0] - grown[None, :, 0].astype(np.float32)) ** 2
        gap += (part[:, None, 1] - grown[None, :, 1].astype(np.float32)) ** 2
        distance[start : start + 4096] = np.sqrt(gap.min(1))
    wall = 1 - ramp(0.08 * spacing, 0.32 * spacing, distance)
    return _raised(body, wall, 0.045, 0.8 * ramp(0.4, 1, wall), 0.9 * ramp(0.2 * spacing, 0.48 * spacing, distance))


def mushroom(rng: np.random.Generator, detail: float) -> Mesh:
    """A free disc of thin radial septa round a slit mouth, as mushroom coral."""
    rings, sides = max(int(52 * np.sqrt(detail)), 8), max(int(480 * np.sqrt(detail)) // 24, 2) * 24
    turn = np.arange(sides) * (2 * np.pi / sides)
    out = np.linspace(0.02, 1, rings)[:, None]
    wobble = fractal(np.stack([np.cos(turn), np.sin(turn)], 1) * 1.2 + rng.random(2) * 40, 5, octaves=3)
    edge = 0.5 * (1 + 0.07 * wobble)
    septa = np.zeros((rings, sides))
    for order, (number, starts) in enumerate(((24, 0.0), (48, 0.22), (96, 0.5))):  # younger septa start farther out
        crest = np.cos(turn * number + order) ** 2
        septa = np.maximum(septa, crest * ramp(starts - 0.05, starts + 0.12, out) * (1 - 0.22 * order))
    x, y = out * edge * np.cos(turn), out * edge * np.sin(turn)
    slit = np.exp(-((x / 0.11) ** 2 + (y / 0.022) ** 2))
    crown = 0.17 * (1 - out**2.4) + 0.03 * out - 0.09 * slit
    z = crown + 0.030 * septa * ramp(0.02, 0.2, out) * (1 - 0.75 * ramp(0.92, 1.0, out))
    top = np.stack([x, y, np.broadcast_to(z, x.shape)], -1)
    under = [0.97, 0.75, 0.4]
    below = np.stack([np.stack([r * edge * np.cos(turn), r * edge * np.sin(turn), np.full(sides, d)], -1)
                      for r, d in zip(under, (-0.012, -0.02, -0.015), strict=True)])[::-1]  # fmt: skip
    whole = np.concatenate([below, top[::-1]])
    shade = np.concatenate([np.zeros((3, sides)), septa[::-1]])
    mouth = np.concatenate([np.zeros((3, sides)), np.broadcast_to(slit, x.shape)[::-1]])
    return stack(whole, [0, 0, -0.015], [0, 0, float(crown[0].mean())], pale=0.75 * ramp(0.45, 1, shade),
                 deep=np.clip(0.85 * (1 - ramp(0.0, 0.5, shade)) + mouth, 0, 1), relief=shade)  # fmt: skip
