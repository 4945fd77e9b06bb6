"""Conditions: what a denoiser is told, how it is dropped for guidance, and noise on what is upsampled from."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from ...datagen.errors import BadInput
from .process import noise_like
from .rollout import merge, split

PARTS = ("vec", "tokens", "spatial")


@dataclass(frozen=True)
class Cond:
    """What a denoiser is told of each of B samples."""

    vec: Tensor | None = None  # (B, D), joins the time embedding
    tokens: Tensor | None = None  # (B, L, D), read by cross-attention
    spatial: Tensor | None = None  # (B, C, h, w), laid beside the channels of x, of x's size or smaller
    keep: Tensor | None = None  # (B,), 0 where conditions were dropped; None: all are kept
    level: Tensor | None = None  # (B,) in 0…1, of the noise put on ``spatial``; None: 0

    def each(self, function: Callable[[Tensor], Tensor]) -> Cond:
        """The same conditions with a function applied to every tensor."""
        present = {field.name: getattr(self, field.name) for field in fields(self)}
        return Cond(**{name: function(value) for name, value in present.items() if value is not None})

    def __len__(self) -> int:
        return next((len(getattr(self, name)) for name in PARTS if getattr(self, name) is not None), 0)


def drop(cond: Cond, probability: float, generator: torch.Generator, parts: tuple[str, ...] = PARTS) -> Cond:
    """Conditions with each sample's zeroed, and marked so in ``keep``, with a probability (arXiv 2207.12598)."""
    kept = (torch.rand(len(cond), generator=generator, device=generator.device) >= probability).float()
    return masked(cond, kept, parts)


def masked(cond: Cond, kept: Tensor, parts: tuple[str, ...] = PARTS) -> Cond:
    """Conditions of which only the samples with 1 in ``kept`` (B,) remain."""
    there = {name: getattr(cond, name) for name in parts if getattr(cond, name) is not None}
    for name, value in there.items():
        there[name] = value * kept.to(value).reshape(-1, *[1] * (value.dim() - 1))
    kept = kept.to(next(iter(there.values())).device) if there else kept
    return replace(cond, keep=kept if cond.keep is None else cond.keep * kept, **there)


def unconditional(cond: Cond) -> Cond:
    """The same conditions, all dropped."""
    return masked(cond, torch.zeros(len(cond)))


class Widths(Protocol):
    """What a network's configuration says of its conditions: the channels of each part, 0 where there is none."""

    @property
    def vector(self) -> int: ...
    @property
    def tokens(self) -> int: ...
    @property
    def spatial(self) -> int: ...


def check_cond(cond: Cond | None, widths: Widths, x: Tensor) -> Cond:
    """The condition of samples x (B, ...), made explicit; raises BadInput where it is not what a network was made for."""
    batch = len(x)
    if cond is None or not len(cond):
        return Cond(keep=x.new_zeros(batch))
    for name, axis, wanted in (("vec", 1, widths.vector), ("tokens", 2, widths.tokens), ("spatial", 1, widths.spatial)):
        value = getattr(cond, name)
        if (0 if value is None else value.shape[axis]) != wanted or (wanted and len(value) != batch):
            found = "none" if value is None else "x".join(map(str, value.shape))
            raise BadInput(f"condition {name} of {found}: allowed are {wanted} channels for {batch} samples")
    return cond if cond.keep is not None else replace(cond, keep=x.new_ones(batch))


def augment(spatial: Tensor, level: Tensor, generator: torch.Generator, blur: float = 0.0) -> Tensor:
    """A spatial condition with noise at levels (B,) in 0…1 of its own (arXiv 2106.15282), variance-preserving: 1 is all noise.

    It is blurred before by a Gaussian of ``blur`` times the level pixels. Give the levels to ``Cond`` too.
    """
    angle = (level.to(spatial) * (math.pi / 2)).reshape(-1, 1, 1, 1)
    if blur > 0:
        spatial = blurred(spatial, level.to(spatial) * blur)
    return angle.cos() * spatial + angle.sin() * noise_like(spatial, generator)


def blurred(x: Tensor, sigma: Tensor) -> Tensor:
    """Pictures or rolled planes (B, C, h, w) under a Gaussian of sigma (B,) pixels, each plane by itself."""
    radius = max(math.ceil(3 * float(sigma.max())), 1)
    offsets = torch.arange(-radius, radius + 1, device=x.device, dtype=x.dtype)
    kernel = torch.exp(-0.5 * (offsets / sigma.clamp(min=1e-3)[:, None]) ** 2)
    kernel = kernel / kernel.sum(1, keepdim=True)
    planes, count = split(x)  # (P*B, C, h, w)
    kernel = kernel.repeat(count, 1).repeat_interleave(x.shape[1], 0)[:, None, :, None]  # (P*B*C, 1, 2r+1, 1)
    flat = planes.flatten(0, 1)[None]
    for turned, pad in ((kernel, (0, 0, radius, radius)), (kernel.transpose(2, 3), (radius, radius, 0, 0))):
        flat = F.conv2d(F.pad(flat, pad, mode="replicate"), turned, groups=len(turned))
    return merge(flat[0].unflatten(0, planes.shape[:2]), count)


def enlarged(x: Tensor, height: int) -> Tensor:
    """Pictures or rolled planes (B, C, h, w) brought to a height, bicubic, each plane by itself."""
    if x.shape[2] == height:
        return x
    planes, count = split(x)
    width = planes.shape[3] * height // planes.shape[2]
    return merge(F.interpolate(planes, (height, width), mode="bicubic", align_corners=False), count)


def beside(x: Tensor, spatial: Tensor) -> Tensor:
    """x (B, C, H, W) with a spatial condition, enlarged to its size, as further channels."""
    return torch.cat([x, enlarged(spatial, x.shape[2]).to(x)], 1)
