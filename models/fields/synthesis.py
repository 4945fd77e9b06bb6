"""Style-based synthesis: latents to styles, styles to maps (StyleGAN2) and to feature planes (EG3D)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ...datagen.errors import BadInput
from ..core.style_layers import EqualLinear, ModulatedConv, leaky, normalise, upsample


class Mapping(nn.Module):
    """Latents (B, L), and pose vectors (B, P) where there are such, to styles (B, S)."""

    def __init__(self, latent: int, style: int, depth: int, pose: int = 0):
        super().__init__()
        self.embed = EqualLinear(pose, latent) if pose else None
        sizes = [latent * (2 if pose else 1)] + [style] * depth
        self.layers = nn.ModuleList(EqualLinear(a, b, rate=0.01) for a, b in zip(sizes, sizes[1:], strict=False))

    def forward(self, latents: Tensor, poses: Tensor | None = None) -> Tensor:
        style = normalise(latents)
        if self.embed is not None:
            style = torch.cat([style, normalise(self.embed(poses))], 1)
        for layer in self.layers:
            style = leaky(layer(style))
        return style


def widths(resolution: int, narrowest: int, widest: int) -> dict[int, int]:
    """Channels at each resolution from 4 up: ``narrowest`` at the finest, twice as many at each half, up to ``widest``."""
    if resolution < 4 or resolution & (resolution - 1):
        raise BadInput(f"resolution {resolution}: is not allowed; allowed are powers of two from 4")
    levels = range(2, int(math.log2(resolution)) + 1)
    return {2**level: min(widest, narrowest * resolution // 2**level) for level in levels}


@dataclass(frozen=True)
class SynthesisConfig:
    """A StyleGAN2 synthesis network: what it makes of a style."""

    resolution: int = 32
    channels: int = 3
    style: int = 64
    narrowest: int = 32
    widest: int = 64


class Synthesis(nn.Module):
    """Styles (B, S) to maps (B, C, R, R): a learned 4x4 start, modulated convolutions, and skip outputs that add up.

    StyleGAN2 (arXiv 1912.04958) without its noise per pixel: a person must look the same each time.
    """

    def __init__(self, config: SynthesisConfig):
        super().__init__()
        self.config = config
        channels = widths(config.resolution, config.narrowest, config.widest)
        self.start = nn.Parameter(torch.randn(1, channels[4], 4, 4))
        self.up, self.same, self.out = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        before = channels[4]
        for resolution, width in channels.items():
            if resolution > 4:
                self.up.append(ModulatedConv(before, width, config.style))
            self.same.append(ModulatedConv(width, width, config.style))
            self.out.append(ModulatedConv(width, config.channels, config.style, kernel=1, demodulate=False))
            before = width

    def forward(self, style: Tensor) -> Tensor:
        values, total = self.start.expand(len(style), -1, -1, -1), style.new_zeros(())
        for level, (same, out) in enumerate(zip(self.same, self.out, strict=True)):
            if level:
                values = leaky(self.up[level - 1](upsample(values), style))
                total = upsample(total)
            values = leaky(same(values, style))
            total = total + out(values, style)
        return total


class TriplaneSynthesis(nn.Module):
    """Styles (B, S) to feature planes (B, 3, C, R, R): a StyleGAN2 of 3 C channels (EG3D, arXiv 2112.07945)."""

    def __init__(self, channels: int, resolution: int, style: int, narrowest: int = 32, widest: int = 64):
        super().__init__()
        self.synthesis = Synthesis(SynthesisConfig(resolution, 3 * channels, style, narrowest, widest))

    def forward(self, style: Tensor) -> Tensor:
        return self.synthesis(style).unflatten(1, (3, -1))
