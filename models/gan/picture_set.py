"""Single pictures of which no camera is known, from any dataset of ours."""

from __future__ import annotations

import torch
from torch import Tensor

from ..core.shots import Shots
from ..core.squares import composed, resized


class PictureSet:
    """The middle squares of frames, as uint8 (N, 3, size, size) on white; with ``mirror`` each is drawn turned as often as not."""

    def __init__(self, shots: Shots, size: int, mirror: bool = False):
        self.pictures, self.mirror = torch.stack([resized(composed(shot.maps), size) for shot in shots]), mirror

    def __len__(self) -> int:
        return len(self.pictures)

    def to(self, device: torch.device) -> PictureSet:
        """Move the pictures to a device."""
        self.pictures = self.pictures.to(device)
        return self

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, None]:
        """``count`` pictures (count, 3, H, W) in [-1, 1], and no cameras."""
        index = torch.randint(len(self.pictures), (count,), generator=generator, device=generator.device)
        pictures = self.pictures[index].float() / 127.5 - 1
        if not self.mirror:
            return pictures, None
        turned = torch.rand(count, 1, 1, 1, generator=generator, device=generator.device) < 0.5
        return torch.where(turned, pictures.flip(3), pictures), None
