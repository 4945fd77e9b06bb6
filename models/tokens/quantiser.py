"""The vector quantiser: each vector becomes the nearest of a codebook, which follows what it stands for (arXiv 1711.00937)."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SMOOTH = 1e-5  # added to counts, so that no code is divided by nothing


class Quantised(NamedTuple):
    """Codes (B, D, h, w) in place of vectors, their numbers (B, h, w), and how far the vectors lie from them."""

    values: Tensor  # their gradient is handed on to the vectors as it is
    numbers: Tensor
    commitment: Tensor  # mean squared distance, with a gradient by the vectors alone


class Quantiser(nn.Module):
    """A codebook (K, D) of moving averages: ``count`` codes of ``width`` numbers, of which a step keeps ``decay``.

    The codebook learns by ``follow`` alone, which is no gradient: each code is the average of the vectors that chose it.
    One that is chosen less than ``revive`` times as often as the mean is set to a vector of the batch.
    """

    codebook: Tensor
    counts: Tensor
    sums: Tensor
    started: Tensor

    def __init__(self, count: int, width: int, decay: float = 0.99, revive: float = 0.03):
        super().__init__()
        self.decay, self.revive = decay, revive
        first = torch.randn(count, width)
        self.register_buffer("codebook", first)
        self.register_buffer("counts", torch.ones(count))
        self.register_buffer("sums", first.clone())
        self.register_buffer("started", torch.zeros(()))  # 1 once the codes have been set to vectors

    def nearest(self, vectors: Tensor) -> Tensor:
        """The numbers (B, h, w) of the codes that are nearest to vectors (B, D, h, w); the lowest of equals."""
        flat = vectors.permute(0, 2, 3, 1).reshape(-1, vectors.shape[1])
        apart = self.codebook.square().sum(1) - 2 * flat @ self.codebook.T  # but for the vector's own length
        return apart.argmin(1).reshape(len(vectors), *vectors.shape[2:])

    def look_up(self, numbers: Tensor) -> Tensor:
        """The codes (B, D, h, w) of numbers (B, h, w)."""
        return self.codebook[numbers].permute(0, 3, 1, 2)

    def forward(self, vectors: Tensor) -> Quantised:
        """Quantise vectors (B, D, h, w); the gradient passes straight through."""
        numbers = self.nearest(vectors)
        codes = self.look_up(numbers)
        return Quantised(vectors + (codes - vectors).detach(), numbers, F.mse_loss(vectors, codes.detach()))

    @torch.no_grad()
    def follow(self, vectors: Tensor, generator: torch.Generator) -> None:
        """Move the codebook towards a batch of vectors (B, D, h, w), and set codes that hardly any chooses to some of them."""
        flat = vectors.permute(0, 2, 3, 1).reshape(-1, vectors.shape[1]).to(self.sums)
        if not self.started:
            self._set(torch.ones_like(self.counts, dtype=torch.bool), flat, 1.0, generator)
            self.started.fill_(1)
        chosen = F.one_hot(self.nearest(vectors).flatten(), len(self.codebook)).to(self.sums)
        self.counts.lerp_(chosen.sum(0), 1 - self.decay)
        self.sums.lerp_(chosen.T @ flat, 1 - self.decay)
        mean = len(flat) / len(self.codebook)
        self.codebook.copy_(self.sums / (self.counts + SMOOTH)[:, None])
        self._set(self.counts < self.revive * mean, flat, mean, generator)

    def _set(self, which: Tensor, flat: Tensor, count: float, generator: torch.Generator) -> None:
        """Set codes to random vectors of a batch, as if ``count`` had chosen each."""
        drawn = torch.randint(len(flat), (len(which),), generator=generator, device=generator.device)
        vectors = torch.where(which[:, None], flat[drawn.to(flat.device)], self.codebook)
        self.codebook.copy_(vectors)
        self.counts.copy_(torch.where(which, torch.full_like(self.counts, count), self.counts))
        self.sums.copy_(torch.where(which[:, None], vectors * count, self.sums))


def usage(numbers: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The share of ``count`` codes that numbers name, and their perplexity: exp of the entropy, 1 … count."""
    share = torch.bincount(numbers.flatten(), minlength=count).float() / numbers.numel()
    return (share > 0).float().mean(), torch.exp(-torch.xlogy(share, share).sum())
