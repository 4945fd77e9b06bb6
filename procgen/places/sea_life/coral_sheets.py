"""Corals that grow as sheets: ruffled leaves, tiers of scrolls, and tables. Shapes are in metres of a colony 0.5 m wide.

Each kind gives a mesh of closed skins with the attributes pale and deep (0…1).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...geometry.mesh import Mesh, merged
from ...geometry.noise import fractal
from .differential_growth import Frill, grow_sheet
from .forms import thickened, tubes, unit
from .pigments import ramp


def _ring(radius: float, count: int, z: float = 0.0) -> np.ndarray:
    turn = np.arange(count) * (2 * np.pi / count)
    return np.stack([radius * np.cos(turn), radius * np.sin(turn), np.full(count, z)], 1)


def _leaf(rng, detail, reach, excess, spread, radius, thickness, stiff=0.5, z=0.0) -> Mesh:
    """A thick ruffled leaf that leaves a ring of ``radius`` and grows ``reach`` metres."""
    fine = np.sqrt(min(detail, 1.0))
    layers = max(int(44 * fine), 12)
    edge = 0.0062 / fine
    sheet, _ = grow_sheet(Frill(layers, reach / layers, excess * 44 / layers, spread, edge, stiff), _ring(radius, max(int(
        2 * np.pi * radius / edge), 12), z), rng)  # fmt: skip
    layer = sheet.attributes["layer"]
    corrugated = sheet.vertices + sheet.normals() * (0.0018 * fractal(sheet.vertices * 70, 11, octaves=3))[:, None]
    sheet = replace(sheet, vertices=corrugated)
    return thick(sheet, thickness * (1.5 - 0.9 * layer), layer)


def thick(sheet: Mesh, thickness: np.ndarray, layer: np.ndarray) -> Mesh:
    """The closed skin of a sheet, pale at its rim and deep at its base."""
    mesh = thickened(sheet, thickness)
    layer = np.concatenate([layer, layer])
    return replace(mesh, attributes={"pale": ramp(0.80, 1.0, layer), "deep": 0.8 * (1 - ramp(0.05, 0.6, layer))})


def lettuce(rng: np.random.Generator, detail: float) -> Mesh:
    """Leaves with frilled rims, one within another."""
    outer = _leaf(rng, 0.55 * detail, 0.25, 0.028, 0.55, 0.035, 0.005)
    middle = _leaf(rng, 0.45 * detail, 0.24, 0.028, 0.28, 0.025, 0.005)
    inner = _leaf(rng, 0.3 * detail, 0.19, 0.030, 0.1, 0.014, 0.005)
    return merged([outer, middle, inner])


def scroll(rng: np.random.Generator, detail: float) -> Mesh:
    """Wide wavy cups in tiers, as scroll coral."""
    tiers = []
    for index, (reach, spread) in enumerate(((0.24, 0.74), (0.21, 0.5), (0.19, 0.25))):
        leaf = _leaf(rng, (0.5, 0.4, 0.3)[index] * detail, reach, 0.013, spread, 0.06 - 0.014 * index, 0.008, 0.9)
        shift = 0.04 * (rng.random(3) - 0.5) * (index > 0)
        tiers.append(leaf.moved(shift * [1, 1, 0] + [0, 0, 0.006 * index]))
    return merged(tiers)


def table(rng: np.random.Generator, detail: float) -> Mesh:
    """A flat plate on a stalk, its upper side a lawn of short twigs."""
    plate = _leaf(rng, 0.4 * detail, 0.27, 0.003, 0.93, 0.028, 0.012, 0.9, z=0.13)
    turns = 24
    height = np.linspace(0, 1, 9)
    radii = 0.026 + 0.055 * (1 - height) ** 3 + 0.02 * height**6
    line = np.stack([0.004 * np.sin(6 * height), 0.004 * np.cos(5 * height), -0.01 + 0.155 * height], 1)
    stalk = tubes(line[None], radii[None], turns)
    stalk = replace(
        stalk, attributes={"pale": np.zeros(len(stalk.vertices)), "deep": np.full(len(stalk.vertices), 0.6)}
    )
    half = len(plate.vertices) // 2  # the second half of a thick sheet that spreads is its upper side
    normals = plate.normals()[half:]
    count = min(int(1900 * min(detail, 1.0)) + 250, half)
    chosen = np.argsort(rng.random(half), kind="stable")[:count]
    root, way = plate.vertices[half:][chosen], unit(normals[chosen] + [0, 0, 1.2])
    rim = np.sqrt((root[:, :2] ** 2).sum(1)) / np.sqrt((plate.vertices[:, :2] ** 2).sum(1)).max()
    way = unit(way + 0.9 * rim[:, None] ** 3 * unit(root * [1, 1, 0]) + 0.5 * (rng.random(way.shape) - 0.5))
    long = (0.016 + 0.012 * rng.random(count)) * (1 - 0.25 * rim)
    steps = np.array([-0.15, 0.45, 1.0])
    lines = root[:, None] + way[:, None] * (long[:, None] * steps)[:, :, None]
    twigs = tubes(lines, (0.0046 * np.array([1.1, 1.0, 0.55]))[None] * (2.0 - min(detail, 1.0)) ** 0.5, 4)
    along = twigs.attributes["along"]
    twigs = replace(twigs, attributes={"pale": ramp(0.4, 1, along), "deep": 0.8 * (1 - ramp(0, 0.7, along))})
    return merged([plate, stalk, twigs])
