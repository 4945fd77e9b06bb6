"""Starfish: arms of tapering rods under one skin, with knobs in rows."""

from __future__ import annotations

import numpy as np

from ...assets import Asset, Surface
from ...geometry.mesh import Mesh
from ...geometry.noise import cells, fractal
from ...params import child, choice, draw, integer, seed, spec, uniform
from .pigments import blended, ramp
from .skeleton import Rods, area, skin

COLOURS = {
    "orange": ((0.62, 0.17, 0.025), (0.85, 0.52, 0.20)),
    "red": ((0.45, 0.045, 0.03), (0.75, 0.36, 0.20)),
    "blue": ((0.03, 0.09, 0.42), (0.12, 0.22, 0.55)),
    "ochre": ((0.45, 0.24, 0.055), (0.72, 0.55, 0.28)),
    "violet": ((0.20, 0.05, 0.22), (0.55, 0.33, 0.50)),
    "brown": ((0.20, 0.10, 0.05), (0.55, 0.38, 0.22)),
}


@spec
class Starfish:
    """A starfish."""

    size: float = uniform(0.08, 0.35, unit="m", doc="its longest extent")
    arms: int = integer(5, 9, says="starfish with {} arms", doc="number of arms")
    slender: float = uniform(0.0, 1.0, doc="how slender its arms are")
    curl: float = uniform(0.0, 1.0, doc="how far the arms bend aside")
    knobs: float = uniform(0.2, 1.2, doc="height of the knobs on its back")
    colour: str = choice(
        {"orange": 3, "red": 2, "blue": 1, "ochre": 2, "violet": 1, "brown": 1}, says="{}", doc="its colour"
    )
    seed: int = seed()


def sample_starfish(rng: np.random.Generator, fixed=None) -> Starfish:
    """Draw a starfish; most have five arms."""
    given = {} if rng.random() < 0.3 or "arms" in (fixed or {}) else {"arms": 5}
    return draw(Starfish, rng, fixed, **given)


def build_starfish(spec: Starfish, detail: float = 1.0) -> Asset:
    """A starfish on the bed; ``detail`` is the share of its faces."""
    rng = child(spec.seed, "body")
    parts, share = [], []
    pieces = 8
    s = np.linspace(0, 1, pieces + 1)
    thick = 0.30 - 0.13 * spec.slender
    for index in range(spec.arms):
        turn = 2 * np.pi * index / spec.arms + 0.08 * (rng.random() - 0.5)
        bend = spec.curl * 1.3 * (rng.random() - 0.5)
        angle = turn + bend * s**1.5
        step = np.stack([np.cos(angle), np.sin(angle)], 1) * (0.9 + 0.2 * rng.random()) / pieces
        line = np.concatenate([np.zeros((1, 2)), np.cumsum(step[1:], 0)])
        radii = thick * (1 - 0.80 * s**0.85) * 5 / max(spec.arms, 5)
        lift = 0.35 * radii + 0.05 * spec.curl * rng.random() * s**4
        points = np.concatenate([line, lift[:, None]], 1)
        parts.append((points[:-1], points[1:], radii[:-1], radii[1:]))
        share.append(np.stack([s[:-1], s[1:]], 1))
    start, end, low, high = (np.concatenate(column) for column in zip(*parts, strict=True))
    up = np.tile([0.0, 0, 1], (len(start), 1))
    rods = Rods(start, end, low, high, up, np.full(len(start), 1.25))
    mesh = skin(rods, np.sqrt(1.1 * area(rods) / (24000 * detail)), 0.12, 0.0)
    share = np.concatenate(share)
    rod, along = mesh.attributes["rod"].astype(int), mesh.attributes["along"]
    out = share[rod, 0] + along * (share[rod, 1] - share[rod, 0])
    spacing = 0.062 * (1 - 0.3 * spec.slender)
    first, _, _ = cells(mesh.vertices / spacing, spec.seed % 65536)
    upper = ramp(-0.1, 0.3, mesh.normals()[:, 2])
    bump = np.clip(1 - 1.9 * first, 0, 1) * upper
    vertices = mesh.vertices + mesh.normals() * (0.022 * spec.knobs * min(detail, 1.0) * bump)[:, None]
    scale = spec.size / np.ptp(vertices, axis=0).max()
    vertices = (vertices - [0, 0, vertices[:, 2].min()]) * scale
    body, knob = (np.array(colour) for colour in COLOURS[spec.colour])
    tone = 1 + 0.25 * fractal(mesh.vertices * 4, spec.seed % 65536, octaves=3) - 0.25 * out
    colour = blended(body * 1.0, knob, np.clip(1.6 * bump * min(spec.knobs, 1), 0, 1)) * tone[:, None]
    colour = blended(colour, np.tile([0.55, 0.42, 0.28], (len(colour), 1)), 0.7 * ramp(0.1, -0.5, mesh.normals()[:, 2]))
    mesh = Mesh(vertices, mesh.faces, attributes={"colour": np.clip(colour, 0, 1)})
    return Asset("starfish", mesh, (Surface("coral", spec.seed, COLOURS[spec.colour][0], painted=True),))
