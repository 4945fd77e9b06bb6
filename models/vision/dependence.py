"""A regulariser against neural dependency (arXiv 2211.12339): categories shall not be told by those of other questions.

The paper cuts dependencies off by a regulariser for robustness; its formula was not at hand, and this one is ours. Coefficients come
from the covariance Lasso of running logits; what is penalised is the share of a category's variance in the batch that they explain.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .dependency import covariance, dependency

KEPT = 0.98  # of the running covariance, each step
EVERY = 50  # steps between two solutions of the Lasso
TINY = 1e-8  # of a variance that is none


class Dependence(nn.Module):
    """What tells each of K categories by those of other groups, as a training goes; ``groups`` (K,) says whose question each is.

    Answers of one question exclude each other, so one always tells the others: within a group nothing is looked for. ``share`` is the
    Lasso's penalty in that from which nothing tells a category.
    """

    def __init__(self, groups: Tensor, share: float):
        super().__init__()
        count = len(groups)
        self.groups, self.share = groups, share
        self.register_buffer("covariance", torch.zeros(count, count, dtype=torch.float64))
        self.register_buffer("coefficients", torch.zeros(count, count))
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    def forward(self, logits: Tensor) -> Tensor:
        """The mean share of their variance in the batch by which logits (B, K) are told by others; takes note of them.

        Until the first solution, and while nothing tells anything, it is 0.
        """
        self._note(logits.detach())
        return explained(logits, self.coefficients)

    @torch.no_grad()
    def _note(self, logits: Tensor) -> None:
        kept = KEPT if self.steps else 0.0
        self.covariance.lerp_(covariance(logits.cpu()).to(self.covariance.device), 1 - kept)
        self.steps += 1
        if int(self.steps) % EVERY == 0:
            self.coefficients.copy_(coefficients_of(self.covariance.cpu(), self.groups, self.share))


def coefficients_of(matrix: Tensor, groups: Tensor, share: float) -> Tensor:
    """The coefficients (K, K) by which each category of a covariance (K, K) is told by those of other groups (K,), a row each."""
    found = torch.zeros_like(matrix)
    for category in range(len(matrix)):
        chosen = torch.nonzero(groups != groups[category])[:, 0]
        if not len(chosen) or matrix[category, category] <= TINY:
            continue
        rows = torch.cat([torch.tensor([category]), chosen])
        found[category, chosen] = dependency(matrix[rows][:, rows], 0, share).coefficients[1:]
    return found


def explained(logits: Tensor, coefficients: Tensor) -> Tensor:
    """The mean over K categories of 1 − var(z − C z)/var(z), 0 where that is negative or no coefficient is set, of logits (B, K)."""
    centred = logits - logits.mean(0)
    left = (centred - centred @ coefficients.to(centred).T).square().mean(0)
    own = centred.square().mean(0)
    told = (coefficients != 0).any(1).to(own.device)
    return (torch.where(told & (own > TINY), 1 - left / own.clamp(min=TINY), torch.zeros_like(own)).clamp(min=0)).mean()
