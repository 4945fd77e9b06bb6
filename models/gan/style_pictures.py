"""StyleGAN2's generator of pictures (arXiv 1912.04958): a style a layer, noise, mixing of styles, truncation."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..core.style_layers import ModulatedConv, leaky, upsample
from ..fields.synthesis import Mapping, widths

FORGETS = 0.002  # share of the mean style that a batch replaces, once 500 batches are in it


@dataclass(frozen=True)
class StyleConfig:
    """The shape of a generator of pictures."""

    size: int = 32
    latent: int = 64
    style: int = 64
    mapping: int = 4
    narrowest: int = 32
    widest: int = 64
    mixing: float = 0.9  # probability that a fake has the styles of two latents


class NoisyConv(nn.Module):
    """A modulated convolution with a learned share of noise, one number a pixel for all channels."""

    def __init__(self, inputs: int, outputs: int, style: int):
        super().__init__()
        self.conv, self.strength = ModulatedConv(inputs, outputs, style), nn.Parameter(torch.zeros(()))

    def forward(self, values: Tensor, style: Tensor, rng: torch.Generator | None) -> Tensor:
        values = self.conv(values, style)
        if rng is not None:
            shape = (len(values), 1, *values.shape[2:])
            values = values + self.strength * torch.randn(shape, generator=rng, device=rng.device)
        return leaky(values)


class StylePictures(nn.Module):
    """Latents (B, L) to styles (B, N, S), one for each of N layers, and these to pictures (B, 3, R, R) about [-1, 1].

    ``mean`` is the mean style of all that were drawn in training: their average at first, later a moving one.
    """

    def __init__(self, config: StyleConfig):
        super().__init__()
        self.shape, self.latent = config, config.latent
        channels = list(widths(config.size, config.narrowest, config.widest).values())
        self.mapping = Mapping(config.latent, config.style, config.mapping)
        self.start = nn.Parameter(torch.randn(1, channels[0], 4, 4))
        pairs = list(zip(channels, channels[1:], strict=False))
        self.up = nn.ModuleList(NoisyConv(a, b, config.style) for a, b in pairs)
        self.same = nn.ModuleList(NoisyConv(width, width, config.style) for width in channels)
        self.out = nn.ModuleList(ModulatedConv(w, 3, config.style, kernel=1, demodulate=False) for w in channels)
        self.layers = 2 * len(channels)
        self.register_buffer("mean", torch.zeros(config.style))
        self.register_buffer("batches", torch.zeros(()))

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Latents (count, L)."""
        return torch.randn(count, self.latent, generator=generator, device=generator.device)

    def truncated(self, latents: Tensor, truncation: float) -> Tensor:
        """Styles (B, N, S) at a share of their distance from the mean style: 0 is the mean, 1 leaves them."""
        style = self.mean + truncation * (self.mapping(latents) - self.mean)
        return style[:, None].expand(-1, self.layers, -1)

    def styles(self, latents: Tensor, cameras: None, rng: torch.Generator) -> Tensor:
        """Styles (B, N, S) for training, of which some have those of another latent from a layer on (style mixing)."""
        style = self.mapping(latents)
        if self.training:
            self.batches += 1
            self.mean.lerp_(style.detach().mean(0), max(FORGETS, 1 / self.batches.item()))
        count, device = len(latents), rng.device
        other = self.mapping(self.draw(count, rng))
        since = torch.randint(1, self.layers, (count, 1, 1), generator=rng, device=device)
        mixed = torch.rand(count, 1, 1, generator=rng, device=device) < self.shape.mixing
        later = torch.arange(self.layers, device=device)[None, :, None] >= since
        return torch.where(mixed & later, other[:, None], style[:, None])

    def forward(
        self, styles: Tensor, cameras: None = None, images: int = 0, rng: torch.Generator | None = None,
        start: Tensor | None = None,
    ) -> Tensor:  # fmt: skip
        """Pictures of styles; without ``rng`` there is no noise, ``start`` (B, C, 4, 4) replaces the learned one."""
        values = self.start.expand(len(styles), -1, -1, -1) if start is None else start
        values = self.same[0](values, styles[:, 0], rng)
        total = self.out[0](values, styles[:, 1])  # a colour layer shares the style of the next convolution
        for level, (up, same, out) in enumerate(zip(self.up, self.same[1:], self.out[1:], strict=True)):
            at = 2 * level + 1
            values = same(up(upsample(values), styles[:, at], rng), styles[:, at + 1], rng)
            total = upsample(total) + out(values, styles[:, at + 2])
        return total

    def real(self, pictures: Tensor, images: int) -> Tensor:
        """Real pictures as they are."""
        return pictures
