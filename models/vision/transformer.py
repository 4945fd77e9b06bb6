"""Transformer blocks: attention, the picture's tower, and the text transformer with BLIP's three modes."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .convolutions import Residual
from .tokenizer import PAD


class Attention(nn.Module):
    """Multi-head attention (arXiv 1706.03762) with one projection for queries and one for keys and values."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.query, self.keys_values = nn.Linear(width, width), nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """x (B, N, D) looks at context (B, M, D), itself by default, where mask (B or 1, 1, N or 1, M) is true."""
        keys, values = self.keys_values(x if context is None else context).chunk(2, -1)
        q, k, v = (t.unflatten(-1, (self.heads, -1)).transpose(1, 2) for t in (self.query(x), keys, values))
        return self.out(F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).flatten(2))


def feed_forward(width: int, factor: int) -> nn.Sequential:
    """Two linear layers with a GELU between."""
    return nn.Sequential(nn.Linear(width, factor * width), nn.GELU(), nn.Linear(factor * width, width))


class PictureBlock(nn.Module):
    """Attention and a feed-forward net, each normalised before and added after."""

    def __init__(self, width: int, heads: int, factor: int):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.feed = Attention(width, heads), feed_forward(width, factor)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.norm_1(x))
        return x + self.feed(self.norm_2(x))


class PictureTower(nn.Module):
    """Pictures (B, 3, S, S) to tokens (B, 1 + (S / 8)^2, D), the first of which stands for the whole.

    Residual convolutions make the tokens instead of one patch projection: vision transformers learn better from few
    pictures with them (arXiv 2106.14881).
    """

    def __init__(self, size: int, width: int, depth: int, heads: int, factor: int):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width // 4, 3, 2, 1), nn.GroupNorm(8, width // 4), nn.SiLU(),
            Residual(width // 4, width // 2), Residual(width // 2, width))  # fmt: skip
        self.whole = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        # As large as what the convolutions give: attention must tell places apart from the start.
        self.position = nn.Parameter(torch.randn(1, 1 + (size // 8) ** 2, width) * 0.3)
        self.blocks = nn.ModuleList(PictureBlock(width, heads, factor) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def forward(self, images: Tensor) -> Tensor:
        x = self.stem(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.whole.expand(len(x), -1, -1), x], 1) + self.position
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class TextBlock(nn.Module):
    """One layer of all three modes: only self-attention is the encoder's or the decoder's own (arXiv 2201.12086)."""

    def __init__(self, width: int, heads: int, factor: int):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(width) for _ in range(3))
        self.both_ways, self.causal = Attention(width, heads), Attention(width, heads)
        self.cross, self.feed = Attention(width, heads), feed_forward(width, factor)

    def forward(self, x: Tensor, mask: Tensor, picture: Tensor | None, causal: bool) -> Tensor:
        x = x + (self.causal if causal else self.both_ways)(self.norm_1(x), mask=mask)
        if picture is not None:
            x = x + self.cross(self.norm_2(x), picture)
        return x + self.feed(self.norm_3(x))


class TextTransformer(nn.Module):
    """Token numbers (B, L) to features (B, L, D): alone, with a picture, or with a picture and from left to right."""

    def __init__(self, vocabulary: int, length: int, width: int, depth: int, heads: int, factor: int):
        super().__init__()
        self.words, self.position = nn.Embedding(vocabulary, width), nn.Parameter(torch.randn(1, length, width) * 0.02)
        nn.init.normal_(self.words.weight, std=0.02)
        self.blocks = nn.ModuleList(TextBlock(width, heads, factor) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens: Tensor, picture: Tensor | None = None, causal: bool = False) -> Tensor:
        count = tokens.shape[1]
        mask = (tokens != PAD)[:, None, None]
        if causal:
            mask = mask & torch.ones(count, count, dtype=torch.bool, device=tokens.device).tril()
        x = self.words(tokens) + self.position[:, :count]
        for block in self.blocks:
            x = block(x, mask, picture, causal)
        return self.norm(x)

    def logits(self, features: Tensor) -> Tensor:
        """Scores of the next word (B, L, V); the words' embeddings are the last layer's weights too."""
        return features @ self.words.weight.T
