"""What networks are told of a portrait: features of three scales, patched into tokens, and a vector of the coarsest."""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...core.features import FeatureNet
from ...diffusion.conditioning import Cond
from ...diffusion.unet import UNet, UNetConfig

BLOCKS, CHANNELS, HALVINGS = (2, 3, 4), (40, 112, 320), (3, 4, 5)  # of EfficientNet-Lite0's maps at 1/8, 1/16, 1/32
POOLED = CHANNELS[-1]


def shapes(size: int) -> list[tuple[int, int, int]]:
    """Channels, height and width of the three maps of portraits of ``size`` px."""
    return [(channels, size >> halved, size >> halved) for channels, halved in zip(CHANNELS, HALVINGS, strict=True)]


def numbers(size: int) -> int:
    """How many numbers the three maps hold."""
    return sum(channels * height * width for channels, height, width in shapes(size))


@torch.no_grad()
def features(pictures: Tensor, size: int, net: FeatureNet) -> Tensor:
    """The three maps (B, F) of portraits (B, 3, s, s) in [-1, 1], brought to ``size`` px, laid flat one after the other.

    The paper reads the scales of a variational auto-encoder that was trained on many pictures; EfficientNet-Lite0's maps
    stand in for them.
    """
    if pictures.shape[-1] != size:
        pictures = F.interpolate(pictures, (size, size), mode="bicubic", align_corners=False, antialias=True)
    maps = net.blocks(pictures.clamp(-1, 1))
    return torch.cat([maps[block].flatten(1) for block in BLOCKS], 1)


def unpacked(flat: Tensor, size: int) -> list[Tensor]:
    """What ``features`` laid flat (B, F), as three maps (B, C, h, w)."""
    sizes = [channels * height * width for channels, height, width in shapes(size)]
    return [part.unflatten(1, shape) for part, shape in zip(flat.split(sizes, 1), shapes(size), strict=True)]


def pooled(flat: Tensor, size: int) -> Tensor:
    """The mean (..., 320) of the coarsest map of what ``features`` laid flat (..., F)."""
    channels, height, width = shapes(size)[-1]
    return flat[..., -channels * height * width :].unflatten(-1, (channels, -1)).mean(-1)


class PortraitUNet(UNet):
    """A UNet whose conditions' ``vec`` (B, F) are three maps laid flat.

    Each map is cut into as many patches, of which a linear layer of each scale makes tokens; every attending level attends to
    the tokens of all scales, and the coarsest map's mean joins the time embedding. A portrait that was dropped leaves tokens of
    zeros, as no portrait does.
    """

    def __init__(self, config: UNetConfig, size: int):
        super().__init__(replace(config, vector=POOLED))
        self.size, grid = size, shapes(size)[-1][1]
        self.patches = [height // grid for _, height, _ in shapes(size)]  # texels a side
        self.embed = nn.ModuleList(
            nn.Linear(channels * patch**2, config.tokens)
            for channels, patch in zip(CHANNELS, self.patches, strict=True)
        )
        self.place = nn.Parameter(torch.randn(len(CHANNELS) * grid**2, config.tokens) * 0.02)

    def tokens_of(self, flat: Tensor) -> Tensor:
        """Tokens (B, L, D) of all scales of maps that are laid flat (B, F)."""
        maps = unpacked(flat.to(self.place), self.size)
        rows = zip(self.embed, maps, self.patches, strict=True)
        return (
            torch.cat([layer(F.unfold(x, side, stride=side).transpose(1, 2)) for layer, x, side in rows], 1)
            + self.place
        )

    def forward(self, x: Tensor, t: Tensor, cond: Cond | None = None) -> Tensor:
        if cond is None or cond.vec is None:
            return super().forward(x, t)
        keep = x.new_ones(len(x)) if cond.keep is None else cond.keep
        tokens = self.tokens_of(cond.vec) * keep.to(self.place)[:, None, None]
        return super().forward(x, t, Cond(vec=pooled(cond.vec, self.size), tokens=tokens, keep=keep))
