"""What the face net is taught by: likelihoods of landmarks, rotations, looks, classes, depth and normals."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor

from ....datagen.labels import IGNORE
from ...core.settings import require, setting
from .net import CLASSES, METRES, Outputs
from .rotations import from_six
from .targets import Targets


@dataclass(frozen=True)
class LossConfig:
    """How much each head counts."""

    points: float = setting(1.0, "weight of the landmarks' negative log likelihood")
    distance: float = setting(5.0, "weight of their mean distance; likelihoods alone learn hard ones late")
    pose: float = setting(4.0, "weight of the squared distance of rotation matrices")
    gaze: float = setting(2.0, "weight of 1 − cosine of looks")
    parts: float = setting(1.0, "weight of the classes' cross entropy and of their overlap")
    depth: float = setting(1.0, "weight of depth, smooth L1 in units of 0.1 m")
    normal: float = setting(1.0, "weight of 1 − cosine of normals")

    def __post_init__(self):
        require(self, **{row.name: (0, math.inf) for row in fields(self)})


def point_likelihood(points: Tensor, spread: Tensor, truth: Tensor) -> Tensor:
    """The mean negative log likelihood, but for a constant, of landmarks (B, 70, 2) under round Gaussians.

    ``spread`` (B, 70) is the logarithm of their deviation. It is least where the deviation is the root of half the mean
    squared distance. As for dense landmarks (arXiv 2204.02776).
    """
    squared = (points - truth).square().sum(-1)
    return (2 * spread + squared * torch.exp(-2 * spread) / 2).mean()


def overlap_loss(logits: Tensor, parts: Tensor) -> Tensor:
    """1 − the mean over classes of the soft Dice coefficient (arXiv 1606.04797), of the classes that the batch shows."""
    known = (parts != IGNORE)[:, None]
    truth = F.one_hot(torch.where(parts == IGNORE, 0, parts).long(), CLASSES).permute(0, 3, 1, 2) * known
    share = logits.softmax(1) * known
    both, all_of_it = (share * truth).sum((0, 2, 3)), (share + truth).sum((0, 2, 3))
    there = truth.sum((0, 2, 3)) > 0
    return 1 - (2 * both / all_of_it.clamp(min=1e-6))[there].mean() if there.any() else logits.sum() * 0


def face_losses(found: Outputs, truth: Targets, config: LossConfig) -> dict[str, Tensor]:
    """Every head's loss by name, and their weighted sum as "loss"."""
    points = point_likelihood(found["points"], found["spread"], truth.points)
    pose = (from_six(found["pose"]) - from_six(truth.pose)).square().sum((-1, -2)).mean()
    gaze = (1 - F.cosine_similarity(found["gaze"], truth.gaze, dim=-1)).mean()
    classes = F.cross_entropy(found["parts"], truth.parts.long(), ignore_index=IGNORE, reduction="sum")
    classes = classes / (truth.parts != IGNORE).sum().clamp(min=1) + overlap_loss(found["parts"], truth.parts)
    known = truth.depth.isfinite()
    apart = F.smooth_l1_loss(found["depth"] / METRES, truth.depth.nan_to_num() / METRES, reduction="none")
    normal = 1 - F.cosine_similarity(found["normal"], truth.normal, dim=1)
    faced = truth.normal.square().sum(1) > 0.25
    distance = (found["points"] - truth.points).norm(dim=-1).mean()
    losses = {
        "points": points, "distance": distance, "pose": pose, "gaze": gaze, "parts": classes,
        "depth": (apart * known).sum() / known.sum().clamp(min=1),
        "normal": (normal * faced).sum() / faced.sum().clamp(min=1),
    }  # fmt: skip
    return {"loss": torch.stack([getattr(config, name) * value for name, value in losses.items()]).sum()} | losses
