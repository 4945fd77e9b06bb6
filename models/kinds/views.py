"""A scene of views: pictures with depth from cameras around one place, the points that they show, and the mesh of all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..core import pictures
from ..core.cameras import Cameras, turned_around
from ..fields.mesh import Mesh
from ..surfaces.warps import edges_of, sheets_of
from . import mesh as meshes
from . import points
from .table import Result

FRAMES, SIZE = 24, 128  # pictures of a flight, and their edge in pixels


@dataclass(frozen=True, eq=False)
class ViewedScene(Result):
    """Pictures (V, 3, S, S) in [-1, 1] with planar depth (V, S, S) in box units, 0 where nothing is, of a camera each.

    The box has a half side of ``half`` metres, ``mesh()`` gives its surface in box units. A flight turns around the box
    from the first camera by as much as ``swing`` says, in radians to the sides and up.
    """

    kind = "views"
    pictures: Tensor
    depths: Tensor
    cameras: Cameras
    mesh: Callable[[], Mesh]
    half: float
    swing: tuple[float, float]

    def seen(self, camera: Cameras, size: int) -> Tensor:
        """A picture (3, size, size) in [-1, 1] of all views' surfaces through one camera, white where none is."""
        drawn = sheets_of(self.pictures, self.depths, self.cameras).seen(camera, size, size)
        return torch.where(drawn.mask, drawn.picture, torch.ones(()))

    def flight(self) -> np.ndarray:
        """Pictures uint8 (FRAMES, SIZE, SIZE, 3) from a camera that swings to both sides, up and down."""
        turn = torch.arange(FRAMES) * (2 * torch.pi / FRAMES)
        path = turned_around(self.cameras.pick([0]), self.swing[0] * turn.sin(), self.swing[1] * (2 * turn).sin())
        return pictures.all_to_bytes(torch.stack([self.seen(path.pick([frame]), SIZE) for frame in range(FRAMES)]))

    @property
    def placed(self) -> meshes.PlacedMesh:
        """Its mesh in metres."""
        return meshes.PlacedMesh(self.mesh(), self.half)

    @property
    def cloud(self) -> points.PointCloud:
        """What all pixels show, in metres, but for those between two surfaces."""
        sheets = sheets_of(self.pictures, self.depths, self.cameras)
        there = torch.stack([(depth > 0) & ~edges_of(depth) for depth in self.depths]).flatten()
        if not there.any():
            there = (self.depths > 0).flatten()
        colours = (sheets.values[there] / 2 + 0.5).clamp(0, 1)
        return points.PointCloud((sheets.points[there] * self.half).numpy(), colours.numpy())


def write_glb(path: Path, result: ViewedScene) -> None:
    """Write the surface as binary glTF, textured."""
    meshes.write_glb(path, result.placed)


def write_ply(path: Path, result: ViewedScene) -> None:
    """Write the points that the views show."""
    points.write_ply(path, result.cloud)


def write_mp4(path: Path, result: ViewedScene) -> None:
    """Write the flight as a video."""
    pictures.write_mp4(path, result.flight())


def write_gif(path: Path, result: ViewedScene) -> None:
    """Write the flight as an animation."""
    pictures.write_gif(path, result.flight())


def write_png(path: Path, result: ViewedScene) -> None:
    """Write the views on a sheet, in the order in which they were made."""
    pictures.write_png(path, pictures.contact_sheet(pictures.all_to_bytes(result.pictures)))


def preview(stem: Path, result: ViewedScene) -> list[Path]:
    """Pictures once around the surface."""
    return meshes.preview(stem, result.placed)
