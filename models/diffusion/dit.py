"""The diffusion transformer (DiT, arXiv 2212.09748): patches as tokens, conditions that scale, shift and gate every block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...datagen.errors import BadInput
from ..core.layers import Attention, timestep_embedding, xavier_module, zero_module
from .conditioning import Cond, beside, check_cond

FREQUENCIES = 256  # numbers of a time before the first layer
SMALL = 0.02  # deviation of the first weights of what embeds times and conditions


@dataclass(frozen=True)
class DiTConfig:
    """A transformer; ``vector``, ``tokens`` and ``spatial`` are the widths of what ``Cond`` brings, 0 where it brings none.

    Published are widths of 384 to 1152, 12 to 28 blocks, 6 to 16 heads, patches of 2 to 8.
    """

    channels_in: int
    channels_out: int
    size: int = 32  # height and width of the input
    patch: int = 4  # px a side of a patch
    width: int = 128
    depth: int = 6
    heads: int = 4
    vector: int = 0
    tokens: int = 0
    spatial: int = 0


class DiTBlock(nn.Module):
    """Attention and a feed-forward net, each scaled, shifted and gated by an embedding: the identity at first (adaLN-Zero).

    Between them it attends to tokens (B, M, ``tokens``) where there are any, by a branch that is nothing at first either,
    as in PixArt-α (arXiv 2310.00426).
    """

    def __init__(self, width: int, heads: int, tokens: int = 0):
        super().__init__()
        self.norm_1, self.norm_2 = (nn.LayerNorm(width, eps=1e-6, elementwise_affine=False) for _ in range(2))
        self.attention = Attention(width, heads)
        self.feed = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU("tanh"), nn.Linear(4 * width, width))
        # The gate begins at zero: were what it gates zero too, neither would ever learn.
        for part in (self.attention, self.feed):
            xavier_module(part)
        self.across = Attention(width, heads, tokens) if tokens else None
        self.modulate = zero_module(nn.Linear(width, 6 * width))

    def forward(self, x: Tensor, embedding: Tensor, tokens: Tensor | None = None) -> Tensor:
        """Tokens (B, N, C) under an activated embedding (B, C)."""
        shift, scale, gate, shift_2, scale_2, gate_2 = self.modulate(embedding)[:, None].chunk(6, -1)
        x = x + gate * self.attention(torch.addcmul(shift, self.norm_1(x), 1 + scale))
        if self.across is not None:
            x = x + self.across(x, tokens)
        return x + gate_2 * self.feed(torch.addcmul(shift_2, self.norm_2(x), 1 + scale_2))


class DiT(nn.Module):
    """x (B, channels_in, S, S) at times t (B,) under a ``Cond`` to (B, channels_out, S, S), which is 0 before training.

    A drop-in for ``UNet``: without a ``Cond`` the prediction is unconditional.
    """

    def __init__(self, config: DiTConfig):
        super().__init__()
        _check(config)
        self.config, width, patch = config, config.width, config.patch
        self.enter = nn.Conv2d(config.channels_in + config.spatial, width, patch, patch)
        xavier_module(self.enter)
        self.register_buffer("places", places(width, config.size // patch), persistent=False)
        self.time = nn.Sequential(nn.Linear(FREQUENCIES, width), nn.SiLU(), nn.Linear(width, width))
        self.keep = nn.Embedding(2, width) if config.vector or config.tokens or config.spatial else None
        self.vector = nn.Linear(config.vector, width, bias=False) if config.vector else None
        for part in (self.time, self.keep, self.vector):
            for value in part.parameters() if part is not None else ():
                nn.init.normal_(value, std=SMALL) if value.dim() > 1 else nn.init.zeros_(value)
        self.blocks = nn.ModuleList(DiTBlock(width, config.heads, config.tokens) for _ in range(config.depth))
        self.norm = nn.LayerNorm(width, eps=1e-6, elementwise_affine=False)
        self.modulate = zero_module(nn.Linear(width, 2 * width))
        self.close = zero_module(nn.Linear(width, patch * patch * config.channels_out))

    def forward(self, x: Tensor, t: Tensor, cond: Cond | None = None) -> Tensor:
        config, (batch, channels, height, across) = self.config, x.shape
        if (channels, height, across) != (config.channels_in, config.size, config.size):
            raise BadInput(
                f"input {channels}x{height}x{across}: allowed are {config.channels_in} channels, {config.size} a side"
            )
        cond = check_cond(cond, config, x)
        if config.spatial:
            nothing = x.new_zeros(batch, config.spatial, height, across)
            x = beside(x, nothing if cond.spatial is None else cond.spatial)
        embedding = F.silu(self._embedding(t, cond))
        tokens = None
        if config.tokens:
            tokens = x.new_zeros(batch, 1, config.tokens) if cond.tokens is None else cond.tokens.to(x)
        h = self.enter(x).flatten(2).transpose(1, 2) + self.places
        for block in self.blocks:
            h = block(h, embedding, tokens)
        shift, scale = self.modulate(embedding)[:, None].chunk(2, -1)
        h = self.close(torch.addcmul(shift, self.norm(h), 1 + scale))
        side, patch = config.size // config.patch, config.patch
        h = h.reshape(batch, side, side, patch, patch, config.channels_out)
        return h.permute(0, 5, 1, 3, 2, 4).reshape(batch, config.channels_out, height, across)

    def _embedding(self, t: Tensor, cond: Cond) -> Tensor:
        """Of the time and what is told of each sample as a whole: (B, C)."""
        kind = self.enter.weight.dtype
        embedding = self.time(timestep_embedding(t, FREQUENCIES).to(kind))
        if self.keep is not None:
            embedding = embedding + self.keep(cast(Tensor, cond.keep).long())
        if self.vector is not None and cond.vec is not None:
            embedding = embedding + self.vector(cond.vec.to(kind))
        return embedding


def places(width: int, side: int) -> Tensor:
    """Fixed sines and cosines (side², width) of where patches are: half of the numbers tell the column, half the row."""
    at = torch.arange(side, dtype=torch.float64)
    rates = 10_000.0 ** (-torch.arange(width // 4, dtype=torch.float64) / (width // 4))
    waves = at[:, None] * rates
    one = torch.cat([waves.sin(), waves.cos()], 1)  # (side, width / 2)
    column, row = one.expand(side, side, -1), one[:, None].expand(side, side, -1)
    return torch.cat([column, row], -1).flatten(0, 1).float()


def _check(config: DiTConfig) -> None:
    if config.size % config.patch:
        raise BadInput(f"patch: {config.patch} is not allowed; allowed is what divides {config.size} px a side")
    if config.width % config.heads or config.width % 4:
        raise BadInput(f"width: {config.width} is not allowed; allowed are multiples of 4 and of {config.heads} heads")
