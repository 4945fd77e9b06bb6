"""Planes as the diffusion sees them: rolled out, about the mean person, each channel of unit deviation."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...fields.triplane import mirrored, roll_in, roll_out


class Statistics(nn.Module):
    """The mean planes (3, C, R, R) of people and the deviation (C,) of each channel about it, stored with the model."""

    def __init__(self, channels: int, resolution: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(3, channels, resolution, resolution))
        self.register_buffer("scale", torch.ones(channels))

    def measure(self, planes: Tensor) -> None:
        """Take them from planes (N, 3, C, R, R)."""
        self.mean.copy_((planes.mean(0) + mirrored(planes.mean(0))) / 2)
        self.scale.copy_((planes - self.mean).square().mean((0, 1, 3, 4)).sqrt().clamp(min=1e-4))

    def roll(self, planes: Tensor) -> Tensor:
        """Planes (B, 3, C, R, R) as the diffusion's (B, C, R, 3R)."""
        return roll_out((planes - self.mean) / self.scale.view(-1, 1, 1))

    def unroll(self, rolled: Tensor) -> Tensor:
        """The diffusion's (B, C, R, 3R) as planes (B, 3, C, R, R) in [-1, 1], where the fits were held."""
        return (roll_in(rolled) * self.scale.view(-1, 1, 1) + self.mean).clamp(-1, 1)
