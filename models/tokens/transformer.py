"""The transformer of tokens on a square grid: causal or not, told a vector, words and a time, near or far sighted."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...datagen.errors import BadInput
from ..core.layers import Attention, timestep_embedding, zero_module
from .nearby import mask_of, nearby_attention, neighbours

SMALL = 0.02  # deviation of the first weights of embeddings


@dataclass(frozen=True)
class TransformerConfig:
    """A transformer of ``codes`` and one token more, which stands for what is not known or comes before the first.

    ``vector`` and ``context`` are the widths of what it is told as a whole and word by word, 0 where it is told none;
    ``nearby`` is how far a place sees along rows and columns, 0 everywhere.
    """

    codes: int
    side: int  # places a side
    width: int = 128
    depth: int = 4
    heads: int = 4
    vector: int = 0
    context: int = 0
    causal: bool = False
    timed: bool = False
    nearby: int = 0
    dropout: float = 0.0

    def __post_init__(self):
        if self.width % self.heads:
            raise BadInput(f"heads: {self.heads} is not allowed; allowed is what divides a width of {self.width}")


@dataclass
class Cache:
    """The keys and values (B, heads, n, D) of the tokens so far, block by block, which a causal transformer need not make again."""

    blocks: dict[int, tuple[Tensor, Tensor]] = field(default_factory=dict)

    def grown(self, block: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """A block's keys and values with new ones after them."""
        if block in self.blocks:
            key, value = (torch.cat(pair, 2) for pair in zip(self.blocks[block], (key, value), strict=True))
        self.blocks[block] = key, value
        return key, value


class Modulated(nn.Module):
    """A norm that an embedding (B, C) scales and shifts, as nothing at first (AdaLN, of VQ-Diffusion); a plain one without."""

    def __init__(self, width: int, timed: bool):
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=not timed)
        self.modulate = zero_module(nn.Linear(width, 2 * width)) if timed else None

    def forward(self, x: Tensor, embedding: Tensor | None) -> Tensor:
        if self.modulate is None or embedding is None:
            return self.norm(x)
        shift, scale = self.modulate(F.silu(embedding))[:, None].chunk(2, -1)
        return self.norm(x) * (1 + scale) + shift


class Block(nn.Module):
    """Attention among tokens, on words where there are any, and a feed-forward net: normalised before, added after."""

    def __init__(self, config: TransformerConfig):
        super().__init__()
        width, self.config = config.width, config
        self.norm, self.query_key_value = Modulated(width, config.timed), nn.Linear(width, 3 * width)
        self.close, self.drop = nn.Linear(width, width), nn.Dropout(config.dropout)
        self.norm_words = Modulated(width, config.timed) if config.context else None
        self.across = Attention(width, config.heads, config.context) if config.context else None
        self.feed = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor, embedding: Tensor | None, context: Tensor | None, near: tuple[Tensor, Tensor] | None,
                mask: Tensor | None, number: int, cache: Cache | None) -> Tensor:  # fmt: skip
        """Tokens (B, n, C); ``near`` or ``mask`` (n, m) says what each of them sees, everything where neither does."""
        parts = self.query_key_value(self.norm(x, embedding)).chunk(3, -1)
        query, key, value = (part.unflatten(-1, (self.config.heads, -1)).transpose(1, 2) for part in parts)
        if cache is not None:
            key, value = cache.grown(number, key, value)
        if near is not None:
            seen = nearby_attention(query, key, value, *near)
        else:
            seen = F.scaled_dot_product_attention(query, key, value, mask)
        x = x + self.drop(self.close(seen.transpose(1, 2).flatten(2)))
        if self.across is not None and self.norm_words is not None:
            x = x + self.across(self.norm_words(x, embedding), context)
        return x + self.drop(self.feed(x))


class TokenTransformer(nn.Module):
    """Tokens long (B, n) in 0…codes to logits (B, n, codes); a causal one's place k is told tokens up to the k-th alone.

    What a sample is told and its words are replaced by learned ones where ``keep`` (B,) is 0 (arXiv 2205.16007).
    """

    index: Tensor
    there: Tensor
    mask: Tensor

    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.config, width, count = config, config.width, config.side**2
        self.tokens = nn.Embedding(config.codes + 1, width)
        self.row, self.column = (nn.Parameter(torch.randn(config.side, width) * SMALL) for _ in range(2))
        nn.init.normal_(self.tokens.weight, std=SMALL)
        self.vector = nn.Linear(config.vector, width) if config.vector else None
        self.nothing = nn.Parameter(torch.zeros(width)) if config.vector else None
        self.silence = nn.Parameter(torch.randn(config.context) * SMALL) if config.context else None
        self.time = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width)) if config.timed else None
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.depth))
        self.norm, self.logits = nn.LayerNorm(width), nn.Linear(width, config.codes)
        nn.init.normal_(self.logits.weight, std=SMALL)
        grid = (1, config.side, config.side)
        index, there = neighbours(grid, grid, (0, config.nearby, config.nearby), config.causal)
        mask = mask_of(index, there, count) if config.nearby else torch.ones(count, count, dtype=torch.bool)
        for name, value in (("index", index), ("there", there), ("mask", mask.tril() if config.causal else mask)):
            self.register_buffer(name, value, persistent=False)

    def forward(self, tokens: Tensor, vector: Tensor | None = None, context: Tensor | None = None, keep: Tensor | None = None,
                t: Tensor | None = None, cache: Cache | None = None, first: int = 0) -> Tensor:  # fmt: skip
        """Logits of tokens at the places from ``first`` on, of which a ``cache`` knows those before."""
        config, count, last = self.config, tokens.shape[1], first + tokens.shape[1]
        kept = torch.ones(len(tokens), device=tokens.device) if keep is None else keep
        kept = kept.to(self.logits.weight.dtype)[:, None]
        places = (self.row[:, None] + self.column).flatten(0, 1)
        x = self.tokens(tokens) + places[first:last]
        if self.vector is not None:
            told = self.nothing if vector is None else kept * self.vector(vector) + (1 - kept) * self.nothing
            x = x + told.expand(len(x), -1)[:, None]
        if self.silence is not None:
            silence = self.silence.expand(len(x), 1, -1)
            context = silence if context is None else kept[:, None] * context + (1 - kept[:, None]) * silence
        embedding = None
        if self.time is not None and t is not None:
            embedding = self.time(timestep_embedding(t, config.width).to(x))
        whole = first == 0 and count == config.side**2
        near = (self.index, self.there) if config.nearby and whole else None
        mask = self.mask[first:last, :last] if config.causal or config.nearby else None
        for number, block in enumerate(self.blocks):
            x = block(x, embedding, context, near, mask, number, cache)
        return self.logits(self.norm(x))
