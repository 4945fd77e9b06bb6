"""3-D nearby attention: each place attends to the places around the one that lies where it does in another grid (2111.12417)."""

from __future__ import annotations

import torch
from torch import Tensor

Grid = tuple[int, int, int]  # frames, rows, columns


def neighbours(grid: Grid, source: Grid, reach: Grid, causal: bool = False) -> tuple[Tensor, Tensor]:
    """For each of the N places of a grid the numbers (N, E) of the source's places near it, and which of them there are.

    Places are numbered frame by frame, row by row. Near is what lies at most ``reach`` from where the place lies in the
    source, whose size may be another. A causal one sees no place of a higher number than its own.
    """
    places = torch.cartesian_prod(*(torch.arange(count) for count in grid))  # (N, 3)
    sizes = torch.tensor(source)
    middle = places * sizes // torch.tensor(grid)
    offsets = torch.cartesian_prod(*(torch.arange(-far, far + 1) for far in reach))  # (E, 3)
    near = middle[:, None] + offsets
    there = ((near >= 0) & (near < sizes)).all(-1)
    near = near.clamp(min=0).minimum(sizes - 1)
    index = (near[..., 0] * source[1] + near[..., 1]) * source[2] + near[..., 2]
    if causal:
        there &= index <= torch.arange(len(places))[:, None]
    return index, there


def mask_of(index: Tensor, there: Tensor, count: int) -> Tensor:
    """The same as a mask (N, count) of full attention: true where a place sees one of the source."""
    found = torch.zeros(len(index), count, dtype=torch.long, device=index.device)
    return found.scatter_add_(1, index, there.long()) > 0


def nearby_attention(query: Tensor, key: Tensor, value: Tensor, index: Tensor, there: Tensor) -> Tensor:
    """Attention of (B, heads, N, D) on those of (B, heads, M, D) that ``neighbours`` names, and on no others."""
    scores = torch.einsum("bhnd,bhned->bhne", query, key[:, :, index]) * query.shape[-1] ** -0.5
    weights = scores.masked_fill(~there, -torch.inf).softmax(-1)
    return torch.einsum("bhne,bhned->bhnd", weights, value[:, :, index])
