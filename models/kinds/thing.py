"""A thing as a system sees it from all sides: views of it, and a mesh that is made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..core import pictures
from ..core.cameras import Cameras, orbit
from ..fields.mesh import Mesh
from . import mesh as meshes
from .table import Result

FRAMES, SIZE, ELEVATION = 16, 128, 15.0  # views once around, their edge in pixels, and degrees up


@dataclass(frozen=True, eq=False)
class Turned(Result):
    """A thing in a box of half side ``half`` metres.

    ``views(cameras, size)`` gives its pictures (V, 3, size, size) in [-1, 1], ``mesh()`` its surface in box units; ``distance``
    in box units and ``field_of_view`` in degrees are of the cameras that it is seen through.
    """

    kind = "thing"
    views: Callable[[Cameras, int], Tensor]
    mesh: Callable[[], Mesh]
    half: float
    distance: float
    field_of_view: float

    def around(self) -> np.ndarray:
        """Pictures uint8 (FRAMES, SIZE, SIZE, 3) once around."""
        azimuths = torch.arange(FRAMES) * (360.0 / FRAMES)
        cameras = orbit(azimuths, torch.full_like(azimuths, ELEVATION), self.distance, self.field_of_view)
        return pictures.all_to_bytes(self.views(cameras, SIZE))

    @property
    def placed(self) -> meshes.PlacedMesh:
        """Its mesh in metres."""
        return meshes.PlacedMesh(self.mesh(), self.half)


def write_glb(path: Path, result: Turned) -> None:
    """Write the surface as binary glTF, textured."""
    meshes.write_glb(path, result.placed)


def write_mp4(path: Path, result: Turned) -> None:
    """Write the views as a video once around."""
    pictures.write_mp4(path, result.around())


def write_gif(path: Path, result: Turned) -> None:
    """Write the views as an animation once around."""
    pictures.write_gif(path, result.around())


def write_png(path: Path, result: Turned) -> None:
    """Write the views on a sheet."""
    pictures.write_png(path, pictures.contact_sheet(result.around()))


def preview(stem: Path, result: Turned) -> list[Path]:
    """Pictures once around the surface."""
    return meshes.preview(stem, result.placed)
