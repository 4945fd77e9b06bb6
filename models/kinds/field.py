"""Fields of density and colour in a box that no avatar file can hold: a mesh and pictures from all sides are made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from ..core import pictures
from ..core.cameras import Cameras
from ..fields import mesh as meshes
from ..fields.render import Field
from ..fields.turntable import turntable, turntable_cameras
from .table import Result

FRAMES, SIZE = 24, 128  # pictures once around, and their edge in pixels


@dataclass(frozen=True, eq=False)
class Radiance(Result):
    """A field in box units, of batch 1, in a box of half side ``half`` around ``centre`` in metres.

    ``views(cameras, size)`` gives its pictures (V, 3, size, size) in [-1, 1] where the system draws with more than the
    field; ``coloured`` is false where the field's features are no colours before a network draws them.
    """

    kind = "field"
    field: Field
    half: float
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)
    views: Callable[[Cameras, int], Tensor] | None = None
    coloured: bool = True

    def around(self) -> np.ndarray:
        """Pictures uint8 (FRAMES, SIZE, SIZE, 3) once around, the first from the front."""
        if self.views is not None:
            return pictures.all_to_bytes(self.views(turntable_cameras(FRAMES), SIZE))
        return pictures.all_to_bytes(turntable(self.field, FRAMES, SIZE))


def write_glb(path: Path, result: Radiance) -> None:
    """Write the surface as binary glTF, textured where the field has colours."""
    if result.coloured:
        mesh = meshes.extract(result.field)
    else:
        how = meshes.MeshConfig()
        mesh = meshes.surface(meshes.level_grid(result.field, how.resolution, how.kind, how.level), how.keep)
    meshes.write_glb(path, mesh, result.half, result.centre)


def write_mp4(path: Path, result: Radiance) -> None:
    """Write a video once around."""
    pictures.write_mp4(path, result.around())


def write_gif(path: Path, result: Radiance) -> None:
    """Write an animation once around."""
    pictures.write_gif(path, result.around())


def write_png(path: Path, result: Radiance) -> None:
    """Write a sheet of pictures once around."""
    pictures.write_png(path, pictures.contact_sheet(result.around()))


def preview(stem: Path, result: Radiance) -> list[Path]:
    """Pictures once around: STEM.turntable.png, a sheet, and .mp4 or .gif."""
    around, sheet = result.around(), stem.with_name(f"{stem.name}.turntable.png")
    pictures.write_png(sheet, pictures.contact_sheet(around))
    return [sheet, pictures.write_video(stem.with_name(f"{stem.name}.turntable"), around)]
