"""Discriminators: one residual trunk, a logit that a camera may condition, named heads; dual discrimination."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core.style_layers import EqualConv, EqualLinear, blur, leaky, normalise, resize
from ..fields.synthesis import widths


@dataclass(frozen=True)
class DiscriminatorConfig:
    """A discriminator: ``channels`` 6 for dual discrimination, ``pose`` 25 where the camera conditions the logit."""

    size: int = 32
    channels: int = 3
    narrowest: int = 32
    widest: int = 64
    pose: int = 0
    heads: dict[str, int] = field(default_factory=dict)  # further outputs of the trunk and their widths


class _Residual(nn.Module):
    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.first, self.second = EqualConv(inputs, inputs), EqualConv(inputs, outputs)
        self.skip = EqualConv(inputs, outputs, kernel=1, bias=False)

    def forward(self, values: Tensor) -> Tensor:
        inside = leaky(F.avg_pool2d(self.second(leaky(self.first(values))), 2))
        return (inside + self.skip(F.avg_pool2d(values, 2))) / math.sqrt(2)


def spread_of_batch(values: Tensor, group: int = 4) -> Tensor:
    """Maps (B, C, H, W) with one more channel: how much a group of the batch differs (arXiv 1710.10196).

    A group is every (B / group)-th of the batch, or all of it where that does not divide.
    """
    count = len(values)
    group = group if count % group == 0 else count
    grouped = values.unflatten(0, (group, -1))
    spread = (grouped.var(0, unbiased=False) + 1e-8).sqrt().mean((1, 2, 3)).repeat(group)
    return torch.cat([values, spread[:, None, None, None].expand(-1, 1, *values.shape[2:])], 1)


class Discriminator(nn.Module):
    """Pictures (B, C, H, W) to {"logit": (B,)} and each head's (B, width); StyleGAN2 (arXiv 1912.04958).

    The logit of a conditioned one is the product of the trunk's vector with an embedding of the pose (projection, as in
    EG3D).
    """

    def __init__(self, config: DiscriminatorConfig):
        super().__init__()
        self.config = config
        channels = widths(config.size, config.narrowest, config.widest)
        order = sorted(channels, reverse=True)
        self.enter = EqualConv(config.channels, channels[config.size], kernel=1)
        self.blocks = nn.ModuleList(_Residual(channels[a], channels[b]) for a, b in zip(order, order[1:], strict=False))
        width = channels[4]
        self.mix, self.vector = EqualConv(width + 1, width), EqualLinear(width * 16, width)
        self.logit = EqualLinear(width, width if config.pose else 1)
        self.embed = (
            nn.ModuleList([EqualLinear(config.pose, width), EqualLinear(width, width), EqualLinear(width, width)])
            if config.pose
            else None
        )
        self.heads = nn.ModuleDict({name: EqualLinear(width, size) for name, size in config.heads.items()})

    def maps(self, pictures: Tensor) -> list[Tensor]:
        """Maps (B, C, H, W) of pictures, from their own size down to 4 x 4."""
        values = [leaky(self.enter(pictures))]
        for block in self.blocks:
            values.append(block(values[-1]))
        return values

    def closing(self, values: Tensor) -> Tensor:
        """The vector (B, D) that all heads read, of the last maps."""
        values = leaky(self.mix(spread_of_batch(values)))
        return leaky(self.vector(values.flatten(1)))

    def trunk(self, pictures: Tensor) -> Tensor:
        """The vector (B, D) of pictures."""
        return self.closing(self.maps(pictures)[-1])

    def logits(self, vector: Tensor, poses: Tensor | None) -> Tensor:
        """The scores (B,) of vectors."""
        logit = self.logit(vector)
        if self.embed is None:
            return logit[:, 0]
        condition = normalise(self.embed[0](poses))
        condition = normalise(self.embed[2](leaky(self.embed[1](condition))))
        return (logit * condition).mean(1) * math.sqrt(logit.shape[1])

    def forward(self, pictures: Tensor, poses: Tensor | None = None, sigma: float = 0.0) -> dict[str, Tensor]:
        """Score pictures under a blur of ``sigma`` pixels."""
        vector = self.trunk(blur(pictures, sigma))
        outputs = {name: head(vector) for name, head in self.heads.items()}
        return {"logit": self.logits(vector, poses), **outputs}


class Discriminators(nn.Module):
    """Several discriminators, each of the channels after those of the one before; "logit" has all their scores, (D * B,).

    So the mean of a loss is over discriminators too, and the squared gradient by a picture is the sum of theirs.
    """

    def __init__(self, configs: Sequence[DiscriminatorConfig]):
        super().__init__()
        self.networks = nn.ModuleList(Discriminator(config) for config in configs)

    def forward(self, pictures: Tensor, poses: Tensor | None = None, sigma: float = 0.0) -> dict[str, Tensor]:
        """Score pictures (B, C, H, W) under a blur of ``sigma`` pixels."""
        parts = pictures.split([network.config.channels for network in self.networks], 1)
        scores = [network(part, poses, sigma) for network, part in zip(self.networks, parts, strict=True)]
        return {"logit": torch.cat([score["logit"] for score in scores])}


def dual(picture: Tensor, raw: Tensor) -> Tensor:
    """Six channels (B, 6, H, W): a picture (B, 3, H, W), and the raw one (B, 3, h, w) that it came from, grown.

    Scored together they must agree, so that super-resolution adds detail and invents nothing (dual discrimination,
    EG3D, arXiv 2112.07945).
    """
    return torch.cat([picture, resize(raw, picture.shape[-1])], 1)


def blur_at(images: int, start: float, fade: int) -> float:
    """The blur of the discriminator's input after ``images`` pictures: from ``start`` in a straight line to 0 at ``fade``."""
    return start * max(1 - images / fade, 0.0) if fade else 0.0
