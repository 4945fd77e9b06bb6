"""Meshes: a surface with colours at its vertices or a texture, placed in metres."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..fields import mesh as meshes
from . import points
from .table import Result

SPRINKLED = 200_000  # points of the surface that a preview shows
AMBIENT = 0.45  # share of the light in a preview that comes from everywhere; the rest comes from above in front


@dataclass(frozen=True, eq=False)
class PlacedMesh(Result):
    """A mesh in box units, in a box of half side ``half`` around ``centre`` in metres."""

    kind = "mesh"
    mesh: meshes.Mesh
    half: float
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)


def write_glb(path: Path, result: PlacedMesh) -> None:
    """Write binary glTF."""
    meshes.write_glb(path, result.mesh, result.half, result.centre)


def sprinkled(mesh: meshes.Mesh, count: int) -> points.PointCloud:
    """Points drawn evenly on a mesh's surface, with its colours and normals."""
    drawn = np.random.default_rng(0)
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    face = drawn.choice(len(areas), count, p=areas / areas.sum())
    # Even on a triangle: Osada et al. 2002, Shape Distributions.
    first, second = drawn.random((2, count, 1))
    root = np.sqrt(first)
    weights = np.concatenate([1 - root, root * (1 - second), root * second], 1)[..., None]
    rows = mesh.faces[face]
    normals = (mesh.normals[rows] * weights).sum(1)
    colours = None
    if mesh.texture is not None:
        height, width = mesh.texture.shape[:2]
        u, v = (mesh.uv[rows] * weights).sum(1).T
        column, row = (
            np.clip((u * width).astype(int), 0, width - 1),
            np.clip(((1 - v) * height).astype(int), 0, height - 1),
        )
        colours = mesh.texture[row, column] / 255.0
    elif mesh.colours is not None:
        colours = (mesh.colours[rows] * weights).sum(1)
    return points.PointCloud((corners[face] * weights).sum(1), colours, normals)


def preview(stem: Path, result: PlacedMesh) -> list[Path]:
    """Pictures once around the surface, lit: STEM.turntable.png, a sheet, and .mp4 or .gif."""
    cloud = sprinkled(result.mesh, SPRINKLED)
    colours = np.full(cloud.positions.shape, points.GREY) if cloud.colours is None else cloud.colours
    towards = np.array([0.3, -0.8, 0.5]) / np.linalg.norm([0.3, -0.8, 0.5])
    lit = AMBIENT + (1 - AMBIENT) * np.clip(cloud.normals @ towards, 0, 1)
    return points.preview(stem, points.PointCloud(cloud.positions, colours * lit[:, None]))
