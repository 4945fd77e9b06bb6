"""Avatars: a person as feature planes and their decoder, which the add-on reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from ..core.cameras import Cameras
from ..fields import component
from ..fields import mesh as meshes
from ..fields.export import LEVEL, SavedAvatar
from ..fields.export import write_avatar as write_saved
from ..fields.render import Field, render_image
from ..fields.triplane import Decoder, TriplaneField
from .field import Radiance, preview, write_gif, write_mp4, write_png, write_portrait
from .table import Result

__all__ = ["Avatar", "preview", "write_avatar", "write_gif", "write_glb", "write_mp4", "write_png", "write_portrait"]
FLOOR = -0.9  # box units: the height below the shoulders at which a bust is cut off
CRISP = 1.5  # the power of densities, in those from which a piece is one, that takes the fog from around it
CRISP_LEVEL = component.LEVEL * (LEVEL / component.LEVEL) ** CRISP  # the density at which the surface then lies
REFINED = 512  # pixels from which on pictures are drawn at half their edge and enlarged


@dataclass(frozen=True, eq=False)
class Avatar(Result):
    """Planes (3, C, R, R) and their decoder, in a box of half side ``half`` around ``centre`` in metres.

    What is written and drawn of it is ``bust``: crisp, its largest piece alone, and cut off below the shoulders.
    ``generator`` names what made it; ``draws`` says of how many that were drawn and ranked it is the best: 1 of a first
    draw, 0 where nothing was drawn. ``enlarge(pictures, size)`` is its system's refiner, if it has one, through which
    pictures of 512 px or more go; ``size`` is their edge, 0 the usual one. The mesh of a ``coarse`` one is there in seconds.
    """

    kind = "avatar"
    planes: Tensor
    decoder: Decoder
    half: float
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)
    prompt: str = ""
    generator: str = ""
    draws: int = 0
    size: int = 0
    enlarge: Callable[[Tensor, int], Tensor] | None = None
    coarse: bool = False
    coloured = True

    @cached_property
    def bust(self) -> SavedAvatar:
        """It as it is written and drawn; a fog in which there is no piece is left as it is."""
        kept = component.largest_piece(TriplaneField(self.planes[None], self.decoder), FLOOR)
        decoder, level = (self.decoder, LEVEL) if kept is None else (crisp(self.decoder), CRISP_LEVEL)
        return SavedAvatar(self.planes, decoder, self.half, self.centre, level, self.prompt, generator=self.generator,
                           kept=kept)  # fmt: skip

    @cached_property
    def field(self) -> Field:
        """The field of the bust in box units, of batch 1."""
        return self.bust.field

    @torch.no_grad()
    def seen(self, cameras: Cameras, size: int) -> Tensor:
        """Its pictures (V, 3, size, size) in [-1, 1], refined where that is wanted."""
        if self.enlarge is None or size < REFINED:
            return render_image(self.field, cameras, size)
        small = render_image(self.field, cameras, -(-size // 2))
        return torch.cat([self.enlarge(picture[None], size) for picture in small])

    @property
    def drawn(self) -> Radiance:
        """It as a field with pictures."""
        return Radiance(self.field, self.half, views=self.seen, size=self.size)

    def around(self):
        """Pictures uint8 (N, size, size, 3) once around, the first from the front."""
        return self.drawn.around()

    def portrait(self):
        """A picture uint8 (size, size, 3) from the front."""
        return self.drawn.portrait()


def crisp(decoder: Decoder) -> Decoder:
    """A decoder as avatars are written and drawn with it: dense places are denser, and faint ones fainter."""
    return decoder.crisp(component.LEVEL, CRISP)


def write_glb(path: Path, result: Avatar) -> None:
    """Write the surface as binary glTF, textured, which says in ``asset.extras`` what made it and from which prompt."""
    texts = {"generator": result.generator, "prompt": result.prompt}
    how = meshes.MeshConfig(level=result.bust.level, coarse=result.coarse)
    meshes.write_glb(path, meshes.extract(result.field, how), result.half, result.centre, texts, "avatar")


def write_avatar(path: Path, result: Avatar) -> None:
    """Write the file that the add-on reads."""
    write_saved(path, result.bust)
