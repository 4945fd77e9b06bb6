"""Neural dependency: which categories of a classifier are sums of a few others (arXiv 2211.12339).

Logits of one category are told from those of all others by a covariance Lasso: the least variance of what is left, with few
coefficients. A category that is nothing but such a sum costs a classifier nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...datagen.errors import BadInput

ROUNDS, CLOSE = 1000, 1e-9  # of coordinate descent, and the largest change, over a target's deviation, at which it ends


class Dependency(NamedTuple):
    """What tells a category: the others' coefficients (K,), 0 for itself, and the share of its variance that is left."""

    category: int
    coefficients: Tensor
    left: float

    @property
    def others(self) -> list[int]:
        """The categories that it depends on, the strongest first."""
        order = torch.argsort(self.coefficients.abs(), descending=True)
        return [int(index) for index in order if self.coefficients[index] != 0]


def covariance(logits: Tensor, others: Tensor | None = None) -> Tensor:
    """The covariance (K, K), or (K, M) with those of another net on the same pictures, of logits (N, K) in float64."""
    if logits.ndim != 2 or len(logits) < 2 or (others is not None and len(others) != len(logits)):
        raise BadInput(
            f"logits: have the shape {tuple(logits.shape)}; allowed is (N, K) of two pictures or more, the same for two nets"
        )
    first = logits.double() - logits.double().mean(0)
    second = first if others is None else others.double() - others.double().mean(0)
    return first.T @ second / len(logits)


def covariance_lasso(quadratic: Tensor, linear: Tensor, penalty: float) -> Tensor:
    """The coefficients b (M,) of least b' Q b − 2 b' c + penalty |b|₁, by cyclic coordinate descent (arXiv 0708.1485).

    With Q the others' covariance (M, M) and c theirs with the target (M,) it is the variance of what they leave of it, but for
    a constant. One whose variance is 0 tells nothing.
    """
    q, slope = quadratic.numpy(), linear.numpy().copy()  # slope is c − Q b
    found, variances = np.zeros_like(slope), q.diagonal()
    close = CLOSE * float(np.sqrt(variances.max(initial=0.0)))
    for _ in range(ROUNDS):
        moved = 0.0
        # Others stay at 0 in this round: their pull is within the penalty.
        for index in np.nonzero(((np.abs(slope) > penalty / 2) | (found != 0)) & (variances > 0))[0]:
            pull = slope[index] + variances[index] * found[index]
            new = np.sign(pull) * max(abs(pull) - penalty / 2, 0.0) / variances[index]
            change = new - found[index]
            if change:
                slope -= q[:, index] * change
                found[index] = new
                moved = max(moved, abs(change) * float(np.sqrt(variances[index])))
        if moved <= close:
            break
    return torch.from_numpy(found)


def dependency(matrix: Tensor, category: int, share: float) -> Dependency:
    """What tells a category of a covariance (K, K); ``share`` is the penalty in that from which nothing tells it."""
    if not 0 < share <= 1:
        raise BadInput(f"share: {share} is not allowed; allowed is above 0 up to 1")
    rest = torch.arange(len(matrix)) != category
    quadratic, linear = matrix[rest][:, rest], matrix[rest, category]
    own = float(matrix[category, category])
    coefficients = torch.zeros(len(matrix), dtype=matrix.dtype)
    penalty = share * 2 * float(linear.abs().max()) if len(linear) else 0.0
    coefficients[rest] = found = covariance_lasso(quadratic, linear, penalty)
    left = own - 2 * found @ linear + found @ quadratic @ found
    return Dependency(category, coefficients, float(left) / own if own > 0 else 0.0)
