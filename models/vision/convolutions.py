"""Residual convolutions that see: what the classifier, the portrait encoder and the picture tower begin with."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class Residual(nn.Module):
    """Two convolutions that halve the picture, added to what averaging gives."""

    def __init__(self, a: int, b: int):
        super().__init__()
        self.first, self.second = nn.Conv2d(a, b, 3, 2, 1), nn.Conv2d(b, b, 3, 1, 1)
        self.norm_1, self.norm_2 = nn.GroupNorm(8, b), nn.GroupNorm(8, b)
        self.skip = nn.Conv2d(a, b, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm_2(self.second(F.silu(self.norm_1(self.first(x)))))
        return F.silu(y + self.skip(F.avg_pool2d(x, 2)))


class Trunk(nn.Module):
    """Pictures (B, 3, S, S) to a map (B, 4 width, S / 16, S / 16)."""

    def __init__(self, width: int):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, width, 3, 2, 1), nn.GroupNorm(8, width), nn.SiLU())
        channels = (width, 2 * width, 4 * width, 4 * width)
        self.blocks = nn.Sequential(*(Residual(a, b) for a, b in zip(channels[:-1], channels[1:], strict=True)))

    def forward(self, images: Tensor) -> Tensor:
        return self.blocks(self.stem(images))
