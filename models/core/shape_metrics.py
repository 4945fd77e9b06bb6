"""Metrics of sets of shapes as point clouds: coverage, minimum matching distance, and 1-nearest-neighbour accuracy."""

from __future__ import annotations

import torch
from torch import Tensor

from ...datagen.errors import BadInput
from .losses import chamfer_distance


def chamfer_matrix(a: Tensor, b: Tensor, squared: bool = True) -> Tensor:
    """The Chamfer distance (A, B) of each cloud of (A, N, 3) to each of (B, M, 3): squared ones are in their unit squared."""
    rows = [torch.stack([chamfer_distance(one[None], other[None], squared) for other in b]) for one in a]
    return torch.stack(rows)


def coverage(apart: Tensor) -> Tensor:
    """The share of references that are the nearest one of some sample, by distances (samples, references).

    Source: Achlioptas et al., arXiv 1707.02392; high is better, and so are samples that are no good but differ.
    """
    _require(apart)
    return apart.argmin(1).unique().numel() / torch.tensor(apart.shape[1], dtype=torch.float64)


def minimum_matching_distance(apart: Tensor) -> Tensor:
    """The mean over references of the distance to their nearest sample, by distances (samples, references); low is better.

    Source: Achlioptas et al., arXiv 1707.02392.
    """
    _require(apart)
    return apart.amin(0).double().mean()


def nearest_neighbour_accuracy(among_samples: Tensor, apart: Tensor, among_references: Tensor) -> Tensor:
    """The share of shapes whose nearest other shape is of their own set: 0.5 where the sets cannot be told apart.

    Distances (S, S), (S, R) and (R, R). Source: Yang et al., PointFlow, arXiv 1906.12320, after Lopez-Paz and Oquab.
    """
    samples, references = apart.shape
    if among_samples.shape != (samples, samples) or among_references.shape != (references, references):
        raise BadInput(f"distances are {tuple(among_samples.shape)}, {tuple(apart.shape)}, {tuple(among_references.shape)}; allowed "
                       "are (S, S), (S, R), (R, R)")  # fmt: skip
    whole = torch.cat([torch.cat([among_samples, apart], 1), torch.cat([apart.T, among_references], 1)]).double()
    whole.fill_diagonal_(torch.inf)
    own = torch.arange(samples + references) < samples
    return (own[whole.argmin(1)] == own).double().mean()


def _require(apart: Tensor) -> None:
    if apart.dim() != 2 or not apart.numel():
        raise BadInput(
            f"distances have the shape {tuple(apart.shape)}; allowed is (samples, references), one of each at least"
        )
