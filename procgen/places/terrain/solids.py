"""Solids of rock and ice as implicit shapes: their meshes, and the roughness that is laid on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from ...geometry.mesh import Mesh
from ...geometry.noise import fractal, ridged
from ...geometry.sdf import surface_nets
from ...params import child

PIECES = 32  # cells after which the facets repeat


def smooth_union(a: np.ndarray, b: np.ndarray, width: float) -> np.ndarray:
    """The union of two solids (negative inside) with a fillet of about ``width`` metres (quadratic, after Quilez)."""
    mix = np.maximum(width - np.abs(a - b), 0)
    return np.minimum(a, b) - mix * mix / (4 * width)


def smooth_cut(a: np.ndarray, b: np.ndarray, width: float) -> np.ndarray:
    """What two solids have in common, with a fillet."""
    return -smooth_union(-a, -b, width)


@lru_cache(maxsize=64)
def _pieces(seed: int) -> np.ndarray:
    """Random numbers -1…1 (PIECES³, 7) of cells: place, tilt and height."""
    return (2 * child(seed, "pieces").random((PIECES**3, 7)) - 1).astype(np.float32)


def facets(points: np.ndarray, seed: int) -> np.ndarray:
    """Relief (n,) about -0.5…0.5 at points in units of a block: flat, tilted faces of broken rock with joints between."""
    table = _pieces(seed)
    whole = np.floor(points)
    inside = (points - whole).astype(np.float32)
    whole = whole.astype(np.int64)
    first = np.full(len(points), 9.0, np.float32)
    second, level = first.copy(), np.zeros(len(points), np.float32)
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            for k in (-1, 0, 1):
                cell = (whole + (i, j, k)) & (PIECES - 1)
                row = table[(cell[:, 0] * PIECES + cell[:, 1]) * PIECES + cell[:, 2]]
                away = np.float32((i, j, k)) + 0.5 + 0.45 * row[:, :3] - inside
                square = (away * away).sum(1)
                nearer = square < first
                second = np.where(nearer, first, np.minimum(second, square))
                level = np.where(nearer, 0.28 * row[:, 6] + 0.55 * (row[:, 3:6] * away).sum(1), level)
                first = np.where(nearer, square, first)
    joint = np.clip((np.sqrt(second) - np.sqrt(first)) / 0.16, 0, 1)
    return (level * joint - 0.12 * (1 - joint) ** 2).astype(float)


def craggy(points: np.ndarray, seed: int, scale: float, octaves: int = 4) -> np.ndarray:
    """Relief (n,) in units of ``scale`` metres, about -0.4…0.4, of broken and weathered rock: blocks upon blocks with
    flat faces, and a grain of crests."""
    place = points / scale
    bend = 0.12 * fractal(place * 0.8, seed + 50, 2)[:, None]
    rough = 0.42 * facets(place + bend, seed) + 0.17 * facets((place - bend) * 2.7 + 3.3, seed + 1)
    return rough + 0.12 * (ridged(place * 1.3, seed + 2, octaves, 0.55) - 0.4)


def bedded(z: np.ndarray, points: np.ndarray, seed: int, thickness: float) -> np.ndarray:
    """Relief (n,) 0…1 of beds of rock ``thickness`` metres thick: 1 where a hard one stands out, 0 where a soft one is
    worn back; the beds undulate and differ in thickness."""
    bend = 0.5 * fractal(points / (14 * thickness), seed, 3)
    bed = z / thickness + bend
    bed = bed + 0.4 * np.sin(bed * 1.7 + seed % 7)
    share = bed - np.floor(bed)
    step = np.clip(np.minimum(share, 1 - share) / 0.16, 0, 1)
    level = np.sin(np.floor(bed) * 12.9898 + seed % 13) * 0.5 + 0.5
    return (0.25 + 0.75 * level) * step * step * (3 - 2 * step)


def solid_mesh(shape: Callable, relief: Callable, low: np.ndarray, high: np.ndarray, faces: int) -> Mesh:
    """The mesh of a solid within a box, of about ``faces`` faces.

    ``shape(points)`` is a distance (n,) m, negative inside and smooth; ``relief(points)`` (m) is how far its surface is
    then pushed out: asked for the vertices alone, it may be rich.
    """
    low, high = np.asarray(low, float), np.asarray(high, float)
    points = _lattice(low, high, np.max(high - low) / 30)
    rough = shape(points.reshape(-1, 3)).reshape(points.shape[:-1])
    # The area hardly changes with the step: faces go with its inverse square.
    step = np.max(high - low) / 30 * np.sqrt(max(len(surface_nets(rough, points).faces), 6) / faces)
    ratio = max(round(float(np.max(high - low) / 34 / step)), 1)
    coarse = _lattice(low, high, step * ratio)
    values = shape(coarse.reshape(-1, 3)).reshape(coarse.shape[:-1])
    points = _lattice(low, high, step, [(n - 1) * ratio + 1 for n in values.shape])
    for axis in range(3):
        values = _stretched(values, axis, ratio)
    # Only what is near the surface is asked for exactly.
    near = np.abs(values) < 1.2 * step * ratio
    values[near] = shape(points[near])
    for axis in range(3):  # where the box cuts the solid it is closed
        sides = np.moveaxis(values, axis, 0)
        sides[0], sides[-1] = np.maximum(sides[0], 0.5 * step), np.maximum(sides[-1], 0.5 * step)
    mesh = cleaned(surface_nets(values, points))
    return replace(mesh, vertices=mesh.vertices + mesh.normals() * relief(mesh.vertices)[:, None])


def _lattice(low, high, step: float, counts=None) -> np.ndarray:
    counts = counts or [int(np.ceil((b - a) / step)) + 1 for a, b in zip(low, high, strict=True)]
    axes = [a + step * np.arange(count) for a, count in zip(low, counts, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1)


def _stretched(values: np.ndarray, axis: int, ratio: int) -> np.ndarray:
    """Values between the samples of an axis, linearly."""
    values = np.moveaxis(values, axis, 0)
    share = (np.arange(ratio) / ratio).reshape(1, -1, 1, 1)
    between = values[:-1, None] * (1 - share) + values[1:, None] * share
    joined = np.concatenate([between.reshape(-1, *values.shape[1:]), values[-1:]])
    return np.moveaxis(joined, 0, axis)


def cleaned(mesh: Mesh, keep: int = 1) -> Mesh:
    """The largest connected pieces of a mesh; crumbs that float in the air are left out."""
    count = len(mesh.vertices)
    label = np.arange(count)
    triangles = mesh.triangles()
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]]])
    while True:
        # Each vertex takes the least label of its neighbours, and labels of labels: logarithmic in the size of a piece.
        least = label.copy()
        np.minimum.at(least, edges[:, 0], label[edges[:, 1]])
        np.minimum.at(least, edges[:, 1], label[edges[:, 0]])
        least = np.minimum(least, least[least])
        while np.any(least[least] != least):
            least = least[least]
        if np.array_equal(least, label):
            break
        label = least
    sizes = np.bincount(label, minlength=count)
    order = np.argsort(-sizes, kind="stable")[:keep]
    return chosen(mesh, np.isin(label, order))


def chosen(mesh: Mesh, keep: np.ndarray) -> Mesh:
    """A mesh with only the vertices of ``keep`` (n,) bool and the faces that have all of theirs."""
    corners = np.where(mesh.faces < 0, mesh.faces[:, :1], mesh.faces)
    faces = mesh.faces[keep[corners].all(1)]
    number = np.cumsum(keep) - 1
    attributes = {name: values[keep] for name, values in mesh.attributes.items()}
    return Mesh(mesh.vertices[keep], np.where(faces < 0, -1, number[faces]), attributes=attributes)
