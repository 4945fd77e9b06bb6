"""Results of systems that make people of latents alone: EG3D and the other baselines."""

from __future__ import annotations

import torch
from torch import Tensor

from ..core.cameras import Cameras
from ..fields.triplane import Decoder, TriplaneField
from ..kinds.avatar import Avatar
from ..kinds.field import Radiance
from .request import Request


@torch.no_grad()
def sampled(model, request: Request) -> Avatar | Radiance:
    """The person that a seed draws from a model with ``draw(count, generator)``, ``field(latents)`` and ``half``.

    One that is no planes, or whose decoder is of another kind, is a field that is drawn in their place.
    """
    field = model.field(model.draw(1, torch.Generator().manual_seed(request.seed)))
    if isinstance(field, TriplaneField) and isinstance(field.decoder, Decoder):
        return Avatar(field.planes[0], field.decoder, model.half)

    def drawn(points: Tensor) -> tuple[Tensor, Tensor]:
        density, features = field(points)
        return density, features[..., :3]  # the first of them are its colour

    def views(cameras: Cameras, size: int) -> Tensor:
        generator = torch.Generator().manual_seed(request.seed)  # of the same person
        return model.sample_views(1, cameras, size, generator)[0]

    return Radiance(drawn, model.half, views=views, coloured=getattr(model, "coloured", True))
