"""Meshes: a surface with colours at its vertices or a texture, placed in metres."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...procgen.geometry.solid import draw_on
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
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    drawn = draw_on(corners, count, np.random.default_rng(0))
    colours = None
    if mesh.texture is not None:
        height, width = mesh.texture.shape[:2]
        u, v = drawn.of(mesh.uv[mesh.faces]).T
        column, row = (
            np.clip((u * width).astype(int), 0, width - 1),
            np.clip(((1 - v) * height).astype(int), 0, height - 1),
        )
        colours = mesh.texture[row, column] / 255.0
    elif mesh.colours is not None:
        colours = drawn.of(mesh.colours[mesh.faces])
    return points.PointCloud(drawn.of(corners), colours, drawn.of(mesh.normals[mesh.faces]))


def preview(stem: Path, result: PlacedMesh) -> list[Path]:
    """Pictures once around the surface, lit: STEM.turntable.png, a sheet, and .mp4 or .gif."""
    cloud = sprinkled(result.mesh, SPRINKLED)
    colours = np.full(cloud.positions.shape, points.GREY) if cloud.colours is None else cloud.colours
    towards = np.array([0.3, -0.8, 0.5]) / np.linalg.norm([0.3, -0.8, 0.5])
    lit = AMBIENT + (1 - AMBIENT) * np.clip(cloud.normals @ towards, 0, 1)
    return points.preview(stem, points.PointCloud(cloud.positions, colours * lit[:, None]))
