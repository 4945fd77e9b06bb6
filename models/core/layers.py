"""Layers that networks share: embeddings of times and numbers, attention and a block of it, zero initialisation."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def zero_module(module: nn.Module) -> nn.Module:
    """The module with all its parameters zero: a residual branch that it closes begins as nothing."""
    for parameter in module.parameters():
        nn.init.zeros_(parameter)
    return module


def xavier_module(module: nn.Module) -> nn.Module:
    """The module with first weights that keep variances either way, and biases of zero (Glorot, Bengio 2010)."""
    for parameter in module.parameters():
        if parameter.dim() > 1:
            nn.init.xavier_uniform_(parameter.view(len(parameter), -1))
        else:
            nn.init.zeros_(parameter)
    return module


def divisor(number: int, largest: int) -> int:
    """The largest divisor of a number that is not above ``largest`` (at least 1)."""
    return next(part for part in range(max(1, min(number, largest)), 0, -1) if number % part == 0)


def timestep_embedding(t: Tensor, dim: int, longest: float = 10_000.0) -> Tensor:
    """Times (B,), whole or not, as dim/2 cosines and dim/2 sines (B, dim) of geometric periods (arXiv 1706.03762)."""
    half = dim // 2
    rates = torch.exp(torch.arange(half, device=t.device, dtype=torch.float32) * (-math.log(longest) / half))
    angles = t.float()[:, None] * rates
    return F.pad(torch.cat([angles.cos(), angles.sin()], 1), (0, dim % 2))


class FourierFeatures(nn.Module):
    """Numbers (..., C) with the sines and cosines of their first octaves: (..., C * (1 + 2 * octaves)); pi is one half turn."""

    def __init__(self, channels: int, octaves: int):
        super().__init__()
        self.octaves, self.width = octaves, channels * (1 + 2 * octaves)

    def forward(self, x: Tensor) -> Tensor:
        angles = [x * (math.pi * 2**octave) for octave in range(self.octaves)]
        return torch.cat([x, *(wave for angle in angles for wave in (angle.sin(), angle.cos()))], -1)


class Attention(nn.Module):
    """Multi-head attention of tokens (B, N, C) on themselves, or on others (B, M, context); its closing layer is zero.

    ``control``, where it is set, takes the maps (B, heads, N, M), how much each token attends to which, and gives those
    that are used.
    """

    control: Callable[[Tensor], Tensor] | None = None

    def __init__(self, width: int, heads: int, context: int = 0):
        super().__init__()
        assert width % heads == 0, f"{heads} heads do not divide a width of {width}"
        self.heads, self.crosses = heads, context > 0
        if self.crosses:
            self.query, self.key_value = nn.Linear(width, width), nn.Linear(context, 2 * width)
        else:
            self.query_key_value = nn.Linear(width, 3 * width)
        self.close = zero_module(nn.Linear(width, width))

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        if self.crosses:
            query, (key, value) = self.query(x), self.key_value(context).chunk(2, -1)
        else:
            query, key, value = self.query_key_value(x).chunk(3, -1)
        query, key, value = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (query, key, value))
        if self.control is None:
            seen = F.scaled_dot_product_attention(query, key, value)
        else:
            maps = (query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5).softmax(-1)
            seen = self.control(maps) @ value
        return self.close(seen.transpose(1, 2).flatten(2))


class AttentionBlock(nn.Module):
    """Attention of tokens (B, N, C) on themselves or on others, and a feed-forward net: normalised before, added after, nothing
    at first (arXiv 2002.04745); ``context`` are the channels of the others."""

    def __init__(self, width: int, heads: int, context: int = 0):
        super().__init__()
        self.norm, self.attention = nn.LayerNorm(width), Attention(width, heads, context)
        self.feed = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), zero_module(nn.Linear(4 * width, width))
        )

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        x = x + self.attention(self.norm(x), context)
        return x + self.feed(x)
