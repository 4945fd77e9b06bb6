"""What matchers are taught by and measured with: distances of every guess, and of the last one in pixels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

DECAY = 0.8  # of the weight of a guess for each step that follows it


def sequence_loss(
    guesses: Sequence[Tensor], truth: Tensor, hidden: Tensor, hidden_truth: Tensor, largest: float
) -> dict[str, Tensor]:
    """The L1 distances of all guesses (B, A, H, W), later ones counting more, and the cross entropy of what is hidden.

    Pixels count whose truth is finite and shorter than ``largest``; ``hidden_truth`` (B, 1, H, W) is 1 for what is hidden or
    out of the other picture, 0 for what is not, NaN where that is not known.
    """
    known = truth.isfinite().all(1, keepdim=True) & (truth.nan_to_num().norm(dim=1, keepdim=True) < largest)
    clean = truth.nan_to_num()
    total = known.sum().clamp(min=1)
    apart = [((guess - clean).abs().sum(1, keepdim=True) * known).sum() / total for guess in guesses]
    loss = torch.stack([DECAY ** (len(apart) - 1 - step) * value for step, value in enumerate(apart)]).sum()
    told = hidden_truth.isfinite()
    entropy = F.binary_cross_entropy_with_logits(hidden, hidden_truth.nan_to_num(), reduction="none")
    hiding = (entropy * told).sum() / told.sum().clamp(min=1)
    return {"loss": loss + hiding, "hidden": hiding, "epe": end_point_error(guesses[-1].detach(), truth)}


def end_point_error(found: Tensor, truth: Tensor) -> Tensor:
    """The mean length in pixels of what flow or disparity (B, A, H, W) is off, where the truth is finite (EPE)."""
    known = truth.isfinite().all(1)
    return ((found - truth.nan_to_num()).norm(dim=1) * known).sum() / known.sum().clamp(min=1)


def bad_share(found: Tensor, truth: Tensor, limit: float = 2.0) -> Tensor:
    """The share of pixels of known truth that are off by more than ``limit`` pixels (Middlebury's bad 2.0)."""
    known = truth.isfinite().all(1)
    return (((found - truth.nan_to_num()).norm(dim=1) > limit) & known).sum() / known.sum().clamp(min=1)
