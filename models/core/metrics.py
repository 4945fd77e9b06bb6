"""Metrics: how near pictures are to pictures, and how near a set of pictures is to another."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ...datagen.errors import BadInput
from .features import FeatureNet

WINDOW, SIGMA = 11, 1.5  # px of SSIM's Gaussian window
STABLE = (0.01, 0.03)  # shares of the peak that keep SSIM's quotients stable


def psnr(a: Tensor, b: Tensor, peak: float = 2.0) -> Tensor:
    """Peak signal-to-noise ratio in dB over all values together; ``peak`` is the range of values, 2 for [-1, 1]."""
    return 10 * torch.log10(peak**2 / (a - b).square().mean())


def ssim(a: Tensor, b: Tensor, peak: float = 2.0) -> Tensor:
    """Mean structural similarity of pictures (B, C, H, W), each channel by itself, where the window lies inside.

    Gaussian window of 11 px and 1.5 px deviation (Wang et al. 2004, Image Quality Assessment).
    """
    if min(a.shape[-2:]) < WINDOW:
        raise BadInput(f"ssim: pictures of {a.shape[-1]}x{a.shape[-2]} px; allowed are {WINDOW} px a side and above")
    at = torch.arange(WINDOW, dtype=a.dtype, device=a.device) - WINDOW // 2
    window = torch.exp(-at.square() / (2 * SIGMA**2))
    window = window / window.sum()

    def average(x: Tensor) -> Tensor:
        x = F.conv2d(x.flatten(0, 1)[:, None], window.view(1, 1, -1, 1))
        return F.conv2d(x, window.view(1, 1, 1, -1))

    mean_a, mean_b = average(a), average(b)
    variance_a = average(a * a) - mean_a.square()
    variance_b = average(b * b) - mean_b.square()
    covariance = average(a * b) - mean_a * mean_b
    c1, c2 = ((share * peak) ** 2 for share in STABLE)
    likeness = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    return (likeness / ((mean_a.square() + mean_b.square() + c1) * (variance_a + variance_b + c2))).mean()


@torch.no_grad()
def features_of(images: Tensor, net: FeatureNet, batch: int = 32) -> Tensor:
    """Features (N, D) float64 of pictures (N, 3, H, W) in [-1, 1]."""
    return torch.cat([net(part).double().cpu() for part in images.split(batch)])


def statistics(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (D,) and covariance (D, D), both float64, of features (N, D)."""
    mean, rows = _centred(features)
    return mean, rows.T @ rows


def feature_statistics(images: Tensor, net: FeatureNet, batch: int = 32) -> tuple[Tensor, Tensor]:
    """Mean (D,) and covariance (D, D) of the features of pictures (N, 3, H, W) in [-1, 1]."""
    return statistics(features_of(images, net, batch))


def frechet_distance(mean1: Tensor, covariance1: Tensor, mean2: Tensor, covariance2: Tensor) -> Tensor:
    """The squared 2-Wasserstein distance of two Gaussians: |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^1/2).

    Called FD with the feature net's name; FID (arXiv 1706.08500) is it on InceptionV3, which is not this. Fewer pictures
    give a larger distance: compare only at equal numbers.
    """
    mean1, covariance1, mean2, covariance2 = (x.double() for x in (mean1, covariance1, mean2, covariance2))
    values, vectors = torch.linalg.eigh(covariance1)
    root = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    # (C1 C2)^1/2 has the trace of (R C2 R)^1/2 with R R = C1, which is symmetric: its eigenvalues are real.
    cross = torch.linalg.eigvalsh(root @ covariance2 @ root).clamp(min=0).sqrt().sum()
    return (mean1 - mean2).square().sum() + covariance1.trace() + covariance2.trace() - 2 * cross


def frechet_distance_between(a: Tensor, b: Tensor) -> Tensor:
    """``frechet_distance`` of the Gaussians of features (N, D), (M, D); for few of them without any D x D matrix."""
    if max(len(a), len(b)) >= a.shape[1]:
        return frechet_distance(*statistics(a), *statistics(b))
    (mean_a, a), (mean_b, b) = (_centred(x) for x in (a, b))
    # C1 C2 = A'A B'B has the non-zero eigenvalues of (A B')(A B')', so their roots are the singular values of A B'.
    cross = torch.linalg.svdvals(a @ b.T).sum()
    return (mean_a - mean_b).square().sum() + a.square().sum() + b.square().sum() - 2 * cross


def _centred(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (D,), and rows X (N, D) whose X'X is the covariance."""
    if len(features) < 2:
        raise BadInput(f"statistics: {len(features)} pictures; allowed are two and above")
    features = features.double()
    return features.mean(0), (features - features.mean(0)) / (len(features) - 1) ** 0.5


def kernel_distance(a: Tensor, b: Tensor) -> Tensor:
    """The unbiased squared maximum mean discrepancy of features (N, D), (M, D) under (x.y / D + 1)^3.

    KID on the feature net that made them (arXiv 1801.01401); negative values are chance, as its mean for equal sources is 0.
    """
    if min(len(a), len(b)) < 2:
        raise BadInput(f"kernel_distance: {len(a)} and {len(b)} pictures; allowed are two and above")
    a, b = a.double(), b.double()

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        return (x @ y.T / x.shape[1] + 1) ** 3

    def others(x: Tensor) -> Tensor:  # the mean over pairs of different pictures, which is what makes it unbiased
        within = kernel(x, x)
        return (within.sum() - within.trace()) / (len(x) * (len(x) - 1))

    return others(a) + others(b) - 2 * kernel(a, b).mean()


def precision_recall(real: Tensor, generated: Tensor, neighbours: int = 3) -> tuple[Tensor, Tensor]:
    """The share of generated features within reach of a real one, and the other way round.

    A feature of (N, D) reaches as far as its ``neighbours``-th nearest of its own set (arXiv 1904.06991).
    """
    if min(len(real), len(generated)) <= neighbours:
        sizes = f"{len(real)} real and {len(generated)} generated"
        raise BadInput(f"precision_recall: {sizes} pictures; allowed are more than {neighbours} of each")
    real, generated = real.double(), generated.double()

    def within(queries: Tensor, centres: Tensor) -> Tensor:
        reach = torch.cdist(centres, centres).kthvalue(neighbours + 1, dim=1).values  # the first is itself
        return (torch.cdist(queries, centres) <= reach).any(1).double().mean()

    return within(generated, real), within(real, generated)


class Nearest(NamedTuple):
    """The Euclidean distance (N,) from each query to the nearest reference, and that one's index (N,)."""

    distance: Tensor
    index: Tensor


def nearest_neighbour_distances(queries: Tensor, references: Tensor, batch: int = 1024) -> Nearest:
    """The nearest of references (M, D) for each of queries (N, D): near zero to the training set is memorised."""
    references = references.double()
    found = [torch.cdist(part.double(), references).min(1) for part in queries.split(batch)]
    return Nearest(torch.cat([row.values for row in found]), torch.cat([row.indices for row in found]))


def r_precision(images: Tensor, texts: Tensor, captions: list[str]) -> Tensor:
    """The share of pictures whose best text says what theirs does, of unit embeddings (N, D) in the same order.

    Other pictures' captions are the distractors; one of equal words counts as theirs. Chance is the mean share of equal
    captions (arXiv 2209.14988, after Park et al. 2021).
    """
    best = (images @ texts.T).argmax(1).tolist()
    hits = [captions[index] == own for index, own in zip(best, captions, strict=True)]
    return torch.tensor(hits, dtype=torch.float64).mean()
