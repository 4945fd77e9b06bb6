"""Avatars of systems that make people of latents alone: EG3D and the other baselines."""

from __future__ import annotations

import torch
from torch import Tensor

from ..fields.triplane import Decoder, TriplaneField
from ..fields.turntable import turntable_cameras
from .request import Request, Result


@torch.no_grad()
def sampled(model, request: Request) -> Result:
    """The person that a seed draws from a model with ``draw(count, generator)``, ``field(latents)`` and ``half``."""
    field = model.field(model.draw(1, torch.Generator().manual_seed(request.seed)))
    if isinstance(field, TriplaneField) and isinstance(field.decoder, Decoder):
        return Result(field.planes[0], field.decoder, model.half)

    def drawn(points: Tensor) -> tuple[Tensor, Tensor]:
        density, features = field(points)
        return density, features[..., :3]  # the first of them are its colour

    return Result(None, None, model.half, drawn=drawn)


def views_around(model, request: Request, frames: int, size: int) -> Tensor:
    """Pictures (frames, 3, size, size) in [-1, 1] once around that person, through all that the system draws with."""
    generator = torch.Generator().manual_seed(request.seed)
    return model.sample_views(1, turntable_cameras(frames), size, generator)[0]
