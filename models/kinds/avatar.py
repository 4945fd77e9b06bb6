"""Avatars: a person as feature planes and their decoder, which the add-on reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from torch import Tensor

from ..fields import mesh as meshes
from ..fields.export import SavedAvatar
from ..fields.export import write_avatar as write_saved
from ..fields.triplane import Decoder, TriplaneField
from .field import Radiance, preview, write_gif, write_mp4, write_png
from .table import Result

__all__ = ["Avatar", "preview", "write_avatar", "write_gif", "write_glb", "write_mp4", "write_png"]


@dataclass(frozen=True, eq=False)
class Avatar(Result):
    """Planes (3, C, R, R) and their decoder, in a box of half side ``half`` around ``centre`` in metres.

    ``generator`` names what made it; ``draws`` says of how many that were drawn and ranked it is the best: 1 of a first
    draw, 0 where nothing was drawn.
    """

    kind = "avatar"
    planes: Tensor
    decoder: Decoder
    half: float
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)
    prompt: str = ""
    generator: str = ""
    draws: int = 0
    coloured = True

    @cached_property
    def field(self) -> TriplaneField:
        """The field in box units, of batch 1."""
        return TriplaneField(self.planes[None], self.decoder)

    def around(self):
        """Pictures uint8 (N, H, W, 3) once around, the first from the front."""
        return Radiance(self.field, self.half).around()


def write_glb(path: Path, result: Avatar) -> None:
    """Write the surface as binary glTF, textured, which says in ``asset.extras`` what made it and from which prompt."""
    texts = {"generator": result.generator, "prompt": result.prompt}
    meshes.write_glb(path, meshes.extract(result.field), result.half, result.centre, texts)


def write_avatar(path: Path, result: Avatar) -> None:
    """Write the file that the add-on reads."""
    avatar = SavedAvatar(result.planes, result.decoder, result.half, result.centre, prompt=result.prompt,
                         generator=result.generator)  # fmt: skip
    write_saved(path, avatar)
