"""Fur as strands: roots spread over the skin, combed backwards and down, as long and as coloured as the skin says."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...assets import Asset
from ...geometry.noise import noise
from ...params import child
from .parts import unit

STRANDS = 60_000  # at detail 1
POINTS = 5
COVER = 2.2  # how many strands lie over each other


def fur_strands(asset: Asset, spec: Any, detail: float = 1.0, vertices: np.ndarray | None = None):
    """Strands (n, 5, 3) metres, radii (n, 5) metres and colours (n, 3) linear of an animal's fur; none where it has none.

    ``vertices`` (n, 3) of a pose take the place of the rest.
    """
    mesh = asset.mesh
    vertices = mesh.vertices if vertices is None else vertices
    triangles = mesh.triangles()
    length = mesh.attributes["fur"]
    corners = vertices[triangles]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = 0.5 * np.linalg.norm(cross, axis=1)
    # Fine fur stands closer: as many hairs cover a place whatever their length is.
    weight = area / np.sqrt(np.maximum(length[triangles].mean(1), 1e-9)) * (length[triangles].min(1) > 0)
    if not weight.sum() > 0:
        return np.zeros((0, POINTS, 3)), np.zeros((0, POINTS)), np.zeros((0, 3))
    rng = child(spec.seed, "fur")
    count = int(STRANDS * detail)
    chosen = np.searchsorted(np.cumsum(weight) / weight.sum(), rng.random(count)).clip(0, len(triangles) - 1)
    share = rng.dirichlet((1.0, 1.0, 1.0), count)
    rows = triangles[chosen]

    def on_skin(values):
        return np.einsum("nk,nk...->n...", share, values[rows])

    posed = type(mesh)(vertices, mesh.faces)
    roots, normals = on_skin(vertices), unit(on_skin(posed.normals()))
    long = on_skin(length) * rng.uniform(0.75, 1.15, count)
    size = np.ptp(vertices[:, 2])
    # Hair lies backwards on the trunk and down the limbs; a slow noise parts it in tufts.
    flow = np.array([0.0, 0.80, -0.55]) + 0.35 * np.stack(
        [noise(roots / (0.10 * size) + shift, spec.seed) for shift in (0.0, 31.7, 77.1)], 1
    )
    flow = unit(flow - (flow * normals).sum(1, keepdims=True) * normals)
    rise = rng.uniform(0.25, 0.60, count)[:, None]
    start = unit(flow + rise * normals + 0.10 * rng.standard_normal((count, 3)))
    t = np.linspace(0, 1, POINTS)[None, :, None]
    bend = 0.35 * flow - 0.12 * normals + np.array([0, 0, -0.18])
    strands = (
        roots[:, None]
        - 0.0005 * size * normals[:, None]
        + long[:, None, None] * (start[:, None] * t + bend[:, None] * t * t * 0.5)
    )
    covered = area[length[triangles].min(1) > 0].sum()
    radius = np.clip(COVER * covered / (2 * count * np.maximum(long.mean(), 1e-6)), 1.5e-5, 0.06 * long.mean())
    radii = radius * (1.0 - 0.85 * np.linspace(0, 1, POINTS) ** 2)[None] * rng.uniform(0.7, 1.3, (count, 1))
    colours = on_skin(mesh.attributes["colour"]) * np.exp(0.16 * rng.standard_normal((count, 1)))
    return strands, radii, np.clip(colours, 0.002, 0.95)
