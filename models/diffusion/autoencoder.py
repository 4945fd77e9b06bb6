"""The KL autoencoder of latent diffusion: pictures to normal distributions of small maps, and back (LDM, arXiv 2112.10752)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...datagen.errors import BadInput
from ..core.layers import Attention, divisor
from ..core.settings import require, setting
from .process import noise_like

NARROWEST, WIDEST = -30.0, 20.0  # logarithms of variances that a latent may have


@dataclass(frozen=True)
class AutoencoderConfig:
    """Sizes for a processor; published are 128 channels, levels of 1, 2, 4 of them, two blocks each, and latents of 3."""

    width: int = setting(32, "channels of the first level")
    multipliers: tuple[int, ...] = setting(
        (1, 2, 2), "channels of the levels, in those of the first; each but the last halves"
    )
    blocks: int = setting(1, "residual blocks of a level on the way down, and one more on the way up")
    latent: int = setting(3, "channels of a latent")

    def __post_init__(self):
        require(self, width=(4, 4096), multipliers=(1, 64), blocks=(1, 16), latent=(1, 64))
        if not 1 <= len(self.multipliers) <= 6:
            raise BadInput(f"multipliers: {len(self.multipliers)} levels are not allowed; allowed are 1 to 6")

    @property
    def factor(self) -> int:
        """How many pixels a side one place of a latent stands for."""
        return 1 << len(self.multipliers) - 1


def _norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(divisor(channels, max(1, min(32, channels // 4))), channels, eps=1e-6)


class _Residual(nn.Module):
    """Two convolutions, each after a norm and SiLU, beside a shortcut."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.norm_1, self.first = _norm(inputs), nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm_2, self.second = _norm(outputs), nn.Conv2d(outputs, outputs, 3, padding=1)
        self.shortcut = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.first(F.silu(self.norm_1(x)))
        return self.shortcut(x) + self.second(F.silu(self.norm_2(h)))


class _Attend(nn.Module):
    """One head of attention among all places."""

    def __init__(self, channels: int):
        super().__init__()
        self.norm, self.attention = _norm(channels), Attention(channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.attention(self.norm(x).flatten(2).transpose(1, 2)).transpose(1, 2).unflatten(2, x.shape[2:])


class _Half(nn.Module):
    """A convolution of stride 2, which is padded to the right and below alone."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.pad(x, (0, 1, 0, 1)))


def _double(channels: int) -> nn.Module:
    """The nearest neighbours of twice the size, and a convolution."""
    return nn.Sequential(nn.Upsample(scale_factor=2.0), nn.Conv2d(channels, channels, 3, padding=1))


def _middle(channels: int) -> list[nn.Module]:
    return [_Residual(channels, channels), _Attend(channels), _Residual(channels, channels)]


class Autoencoder(nn.Module):
    """Pictures (B, 3, S, S) in [-1, 1] to latents (B, C, S / f, S / f) and back; convolutions alone but for one attention.

    Without ``variances`` it has vectors in place of distributions, as a quantiser wants them (arXiv 2012.09841).
    """

    def __init__(self, config: AutoencoderConfig, variances: bool = True):
        super().__init__()
        self.config = config
        widths = [config.width * multiplier for multiplier in config.multipliers]
        down: list[nn.Module] = [nn.Conv2d(3, widths[0], 3, padding=1)]
        width, last = widths[0], len(widths) - 1
        for level, wanted in enumerate(widths):
            for _ in range(config.blocks):
                down.append(_Residual(width, wanted))
                width = wanted
            down += [_Half(width)] if level < last else []
        numbers = config.latent * (2 if variances else 1)
        down += [*_middle(width), _norm(width), nn.SiLU(), nn.Conv2d(width, numbers, 3, padding=1)]
        self.encoder, self.moments = nn.Sequential(*down), nn.Conv2d(numbers, numbers, 1)
        up: list[nn.Module] = [nn.Conv2d(config.latent, width, 3, padding=1), *_middle(width)]
        for level, wanted in reversed(list(enumerate(widths))):
            for _ in range(config.blocks + 1):
                up.append(_Residual(width, wanted))
                width = wanted
            up += [_double(width)] if level else []
        self.enter = nn.Conv2d(config.latent, config.latent, 1)
        self.decoder = nn.Sequential(*up, _norm(width), nn.SiLU())
        self.close = nn.Conv2d(width, 3, 3, padding=1)  # the layer at which gradients of the losses are weighed

    def encode(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """The means and the logarithms of the variances (B, C, h, w) of pictures' latents."""
        mean, log_variance = self.vectors(pictures).chunk(2, 1)
        return mean, log_variance.clamp(NARROWEST, WIDEST)

    def vectors(self, pictures: Tensor) -> Tensor:
        """What the encoder makes of pictures: both moments (B, 2 C, h, w), or vectors (B, C, h, w) where there are no variances."""
        return self.moments(self.encoder(pictures))

    def decode(self, latents: Tensor) -> Tensor:
        """The pictures of latents."""
        return self.close(self.decoder(self.enter(latents)))


def drawn(mean: Tensor, log_variance: Tensor, generator: torch.Generator) -> Tensor:
    """A latent of each distribution."""
    return mean + torch.exp(log_variance / 2) * noise_like(mean, generator)


def standard_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """The Kullback-Leibler divergence in nats (B,) of normal distributions from the standard one, summed over numbers."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).flatten(1).sum(1)
