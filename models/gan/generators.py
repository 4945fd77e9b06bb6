"""Style-based generators: pictures (StyleGAN2), feature planes and their decoder (EG3D), super-resolution."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...datagen.errors import BadInput
from ..core.cameras import Cameras, camera_rays
from ..fields.render import Field, render
from .layers import EqualLinear, ModulatedConv, leaky, normalise, resize, upsample

POSE = 25  # a camera as a condition: c2w, then intrinsics
Scene = Callable[[Cameras, int], Tensor]  # a camera for each of B people, size -> pictures (B, 3, size, size)


def pose_vectors(cameras: Cameras) -> Tensor:
    """Cameras as vectors (V, 25): c2w row by row, then the normalised intrinsics."""
    return torch.cat([cameras.c2w.flatten(1), cameras.intrinsics.flatten(1)], 1)


class ViewGenerator(nn.Module):
    """What a generator of people in a box gives: the scene of latents, and from it posed pictures."""

    latent: int  # width of a latent

    def scene(self, latents: Tensor) -> Scene:
        """The people of latents (B, L), ready to be seen by cameras."""
        raise NotImplementedError

    def forward(self, latents: Tensor, cameras: Cameras, shown: int, rng: torch.Generator) -> Tensor:
        """What the discriminator sees (B, C, H, W) of latents (B, L) through B cameras, after ``shown`` pictures."""
        raise NotImplementedError

    def real(self, pictures: Tensor, shown: int) -> Tensor:
        """Real pictures (B, 3, H, W) in the form that ``forward`` gives its own."""
        return pictures

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Latents (count, L)."""
        return torch.randn(count, self.latent, generator=generator, device=generator.device)

    @torch.no_grad()
    def sample_views(
        self, count: int, cameras: Cameras, size: int, generator: torch.Generator, together: int = 8
    ) -> Tensor:
        """Pictures (count, V, 3, size, size) in [-1, 1] of new people, each through all V cameras."""
        people = []
        for latents in self.draw(count, generator).split(together):
            scene = self.scene(latents)
            everyone = (len(latents), -1, -1)
            views = [
                scene(Cameras(k.expand(everyone), c2w.expand(everyone)), size)
                for k, c2w in zip(cameras.intrinsics, cameras.c2w, strict=True)
            ]
            people.append(torch.stack(views, 1))
        return torch.cat(people)


def feature_picture(
    field: Field,
    cameras: Cameras,
    size: int,
    samples: int,
    background: float | Tensor = 1.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """What B cameras see of a field of B scenes: (B, F, size, size)."""
    seen = render(field, *camera_rays(cameras, size, size), samples, 0, background, generator)
    return seen.colour.transpose(1, 2).unflatten(2, (size, size))


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
        values, total = self.start.expand(len(style), -1, -1, -1), 0
        for level, (same, out) in enumerate(zip(self.same, self.out, strict=True)):
            if level:
                values = leaky(self.up[level - 1](upsample(values), style))
                total = upsample(total)
            values = leaky(same(values, style))
            total = total + out(values, style)
        return total


class StyleGAN2(nn.Module):
    """Latents (B, L) to pictures (B, C, R, R)."""

    def __init__(self, latent: int, mapping: int, config: SynthesisConfig, pose: int = 0):
        super().__init__()
        self.mapping = Mapping(latent, config.style, mapping, pose)
        self.synthesis = Synthesis(config)

    def forward(self, latents: Tensor, poses: Tensor | None = None) -> Tensor:
        return self.synthesis(self.mapping(latents, poses))


class TriplaneSynthesis(nn.Module):
    """Styles (B, S) to feature planes (B, 3, C, R, R): a StyleGAN2 of 3 C channels (EG3D, arXiv 2112.07945)."""

    def __init__(self, channels: int, resolution: int, style: int, narrowest: int = 32, widest: int = 64):
        super().__init__()
        self.synthesis = Synthesis(SynthesisConfig(resolution, 3 * channels, style, narrowest, widest))

    def forward(self, style: Tensor) -> Tensor:
        return self.synthesis(style).unflatten(1, (3, -1))


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
