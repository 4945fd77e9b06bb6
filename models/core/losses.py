"""Losses and regularisers that several systems share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .features import FeatureNet

TINY = 1e-8  # keeps the direction of a zero vector defined


def perceptual_loss(a: Tensor, b: Tensor, net: FeatureNet, weights: Sequence[float] | None = None) -> Tensor:
    """The weighted sum over depths of the mean squared distance of unit feature vectors of pictures (B, 3, H, W).

    ``weights`` has one number for each of the net's blocks; 1 / their number by default. The form of LPIPS
    (arXiv 1801.03924) without learned channel weights, so its values are not LPIPS. 0 ... 4 times the sum of weights.
    """
    found = [F.normalize(x, dim=1, eps=TINY) for x in net.blocks(torch.cat([a, b]))]
    weights = [1 / len(found)] * len(found) if weights is None else weights
    halves = (x.chunk(2) for x in found)
    return sum(w * (x - y).square().sum(1).mean() for w, (x, y) in zip(weights, halves, strict=True))


def total_variation(planes: Tensor) -> Tensor:
    """The mean absolute difference of neighbours along the height plus that along the width, of (..., H, W)."""
    return planes.diff(dim=-2).abs().mean() + planes.diff(dim=-1).abs().mean()


def density_smoothness(density: Callable[[Tensor], Tensor], points: Tensor, generator: torch.Generator,
                       deviation: float = 0.004) -> Tensor:  # fmt: skip
    """The mean |density(x) - density(x + n)| at points (..., 3), n Gaussian of a deviation in box units.

    Density takes points (..., 3) to (...). From EG3D (arXiv 2112.07945).
    """
    noise = torch.randn(points.shape, generator=generator, dtype=points.dtype).to(points.device)
    return (density(points) - density(points + deviation * noise)).abs().mean()


def distortion_loss(weights: Tensor, edges: Tensor) -> Tensor:
    """The mean over rays of sum_ij w_i w_j |m_i - m_j| + sum_i w_i^2 d_i / 3, of weights (..., S) between edges (..., S + 1).

    m are the samples' middles, d their lengths: it draws a ray's weight together (mip-NeRF 360, arXiv 2111.12077). Linear
    in the number of samples, as the middles ascend.
    """
    middle, length = (edges[..., 1:] + edges[..., :-1]) / 2, edges.diff(dim=-1)
    before = weights.cumsum(-1) - weights
    moment = (weights * middle).cumsum(-1) - weights * middle
    between = 2 * (weights * (middle * before - moment)).sum(-1)
    return (between + (weights.square() * length).sum(-1) / 3).mean()


def opacity_entropy(opacity: Tensor) -> Tensor:
    """The mean entropy in nats of opacities in 0...1, which draws each ray to empty or solid; 0 at both, ln 2 between."""
    inside = opacity.clamp(TINY, 1 - 1e-6)
    return -(inside * inside.log() + (1 - inside) * (1 - inside).log()).mean()


def info_nce(a: Tensor, b: Tensor, temperature: float | Tensor = 0.07) -> Tensor:
    """Symmetric contrastive loss of unit embeddings (N, D), (N, D): row i of each belongs to row i of the other.

    ln N where all are equal (arXiv 1807.03748, in both directions as in arXiv 2103.00020).
    """
    logits = a @ b.T / temperature
    own = torch.arange(len(a), device=a.device)
    return (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2


def chamfer_distance(a: Tensor, b: Tensor, squared: bool = False) -> Tensor:
    """The mean distance from points (B, N, 3) to the nearest of (B, M, 3) plus that the other way, in their unit."""
    apart = torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")
    to_b, to_a = apart.amin(2), apart.amin(1)
    return (to_b.square() if squared else to_b).mean() + (to_a.square() if squared else to_a).mean()
