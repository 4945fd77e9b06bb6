"""The discriminator of patches: a logit for each of overlapping parts of a picture (arXiv 1611.07004)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core.layers import divisor

LEAST = 16  # pixels a side of what it judges: of smaller ones too little is left to judge
SMALL = 0.02  # deviation of the first weights
MOST = 1e4  # of the share that weighs an adversarial loss
STEADY = 1e-4  # keeps that share finite where the adversarial gradient is nothing


class PatchDiscriminator(nn.Module):
    """Pictures (B, 3, S, S) to logits (B, 1, s, s), each of a patch: convolutions of 4, ``layers`` of which halve the map.

    Group norms stand for the batch norms of the paper, whose running means a step of few pictures does not give.
    """

    def __init__(self, width: int = 32, layers: int = 2):
        super().__init__()
        parts: list[nn.Module] = [nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        for layer in range(1, layers + 1):
            inputs, outputs = width * min(1 << layer - 1, 8), width * min(1 << layer, 8)
            conv = nn.Conv2d(inputs, outputs, 4, 2 if layer < layers else 1, 1, bias=False)
            parts += [conv, nn.GroupNorm(divisor(outputs, 8), outputs), nn.LeakyReLU(0.2)]
        self.net = nn.Sequential(*parts, nn.Conv2d(width * min(1 << layers, 8), 1, 4, 1, 1))
        for module in self.net:
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, std=SMALL)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.net(pictures)


def hinge_loss(real: Tensor, fake: Tensor) -> Tensor:
    """The discriminator's loss of logits, nothing where real ones are above 1 and fake ones below -1."""
    return 0.5 * (F.relu(1 - real).mean() + F.relu(1 + fake).mean())


def adaptive_weight(loss: Tensor, adversarial: Tensor, weight: Tensor) -> Tensor:
    """How much an adversarial loss counts so that its gradient by a last layer's weight is as long as another loss's.

    From arXiv 2012.09841; no gradient passes through it.
    """
    (main,) = torch.autograd.grad(loss, weight, retain_graph=True)
    (other,) = torch.autograd.grad(adversarial, weight, retain_graph=True)
    return (main.norm() / (other.norm() + STEADY)).clamp(0, MOST).detach()
