"""Parts of adversarial generators: StyleGAN2, EG3D's decoder of planes, super-resolution."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from ..core.style_layers import EqualLinear, ModulatedConv, leaky, resize
from ..fields.synthesis import Mapping, Synthesis, SynthesisConfig


class StyleGAN2(nn.Module):
    """Latents (B, L) to pictures (B, C, R, R)."""

    def __init__(self, latent: int, mapping: int, config: SynthesisConfig, pose: int = 0):
        super().__init__()
        self.mapping = Mapping(latent, config.style, mapping, pose)
        self.synthesis = Synthesis(config)

    def forward(self, latents: Tensor, poses: Tensor | None = None) -> Tensor:
        return self.synthesis(self.mapping(latents, poses))


class PlaneDecoder(nn.Module):
    """Plane features (..., C) to density (...) per box unit and features (..., F) in 0…1, the first three a colour.

    One hidden layer, softplus throughout, density softplus(x - 1): EG3D (arXiv 2112.07945).
    """

    def __init__(self, channels: int, features: int, width: int = 64):
        super().__init__()
        self.hidden, self.out = EqualLinear(channels, width), EqualLinear(width, 1 + features)

    def forward(self, values: Tensor) -> tuple[Tensor, Tensor]:
        raw = self.out(F.softplus(self.hidden(values)))
        return F.softplus(raw[..., 0] - 1), raw[..., 1:].sigmoid()


class SuperResolution(nn.Module):
    """A rendered feature picture (B, F, h, w) to a colour picture (B, 3, size, size), added to its grown first three
    channels; features in 0…1, colours in [-1, 1]."""

    def __init__(self, features: int, style: int, width: int = 32):
        super().__init__()
        self.first = ModulatedConv(features, width, style)
        self.second = ModulatedConv(width, width, style)
        self.out = ModulatedConv(width, 3, style, kernel=1, demodulate=False)

    def forward(self, features: Tensor, style: Tensor, size: int) -> Tensor:
        grown = resize(features * 2 - 1, size)
        values = leaky(self.first(grown, style))
        values = leaky(self.second(values, style))
        return grown[:, :3] + self.out(values, style)
