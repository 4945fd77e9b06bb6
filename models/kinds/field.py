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
from ..fields.render import Field, render_image
from ..fields.turntable import turntable_cameras
from .table import Result

FRAMES, SIZE = 24, 128  # pictures once around, and their edge in pixels
PORTRAIT = 512  # pixels of a portrait's edge


@dataclass(frozen=True, eq=False)
class Radiance(Result):
    """A field in box units, of batch 1, in a box of half side ``half`` around ``centre`` in metres.

    ``views(cameras, size)`` gives its pictures (V, 3, size, size) in [-1, 1] where the system draws with more than the
    field; ``coloured`` is false where the field's features are no colours before a network draws them. ``size`` is the edge
    of its pictures in pixels, 0 the usual one.
    """

    kind = "field"
    field: Field
    half: float
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)
    views: Callable[[Cameras, int], Tensor] | None = None
    coloured: bool = True
    size: int = 0

    def seen(self, cameras: Cameras, size: int) -> Tensor:
        """Its pictures (V, 3, size, size) in [-1, 1]."""
        return render_image(self.field, cameras, size) if self.views is None else self.views(cameras, size)

    def around(self) -> np.ndarray:
        """Pictures uint8 (FRAMES, size, size, 3) once around, the first from the front."""
        return pictures.all_to_bytes(self.seen(turntable_cameras(FRAMES), self.size or SIZE))

    def portrait(self) -> np.ndarray:
        """A picture uint8 (size, size, 3) from the front."""
        return pictures.to_bytes(self.seen(turntable_cameras(1), self.size or PORTRAIT)[0])


def write_glb(path: Path, result: Radiance) -> None:
    """Write the surface as binary glTF, textured where the field has colours."""
    if result.coloured:
        mesh = meshes.extract(result.field)
    else:
        how = meshes.MeshConfig()
        mesh = meshes.surface(meshes.level_grid(result.field, how.resolution, how.kind, how.level), how.keep)
    meshes.write_glb(path, mesh, result.half, result.centre, name="person")


def write_mp4(path: Path, result: Radiance) -> None:
    """Write a video once around."""
    pictures.write_mp4(path, result.around())


def write_gif(path: Path, result: Radiance) -> None:
    """Write an animation once around."""
    pictures.write_gif(path, result.around())


def write_png(path: Path, result: Radiance) -> None:
    """Write a sheet of pictures once around."""
    pictures.write_png(path, pictures.contact_sheet(result.around()))


def write_portrait(path: Path, result: Radiance) -> None:
    """Write a picture from the front."""
    pictures.write_png(path, result.portrait())


def preview(stem: Path, result: Radiance) -> list[Path]:
    """Pictures once around: STEM.turntable.png, a sheet, and .mp4 or .gif."""
    around, sheet = result.around(), stem.with_name(f"{stem.name}.turntable.png")
    pictures.write_png(sheet, pictures.contact_sheet(around))
    return [sheet, pictures.write_video(stem.with_name(f"{stem.name}.turntable"), around)]
