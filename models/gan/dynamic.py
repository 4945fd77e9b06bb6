"""DynamicD (arXiv 2209.09897): a discriminator whose capacity grows or shrinks while it trains, by slices of one tensor."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core.style_layers import leaky
from .discriminators import Discriminator, spread_of_batch
from .regularizers import Context, Regularizer

WAYS = ("grow", "shrink")


class DynamicDiscriminator(Discriminator):
    """A discriminator of which some channels of each level are used: ``kept`` has their numbers, finest level first.

    None uses all of them. What is cut out of a weight has the gain of the inputs that are left; the channel of the batch's
    spread always stays, so does the vector.
    """

    kept: list[Tensor] | None = None

    @property
    def channels(self) -> list[int]:
        """Channels of each level, the finest first."""
        return [self.enter.weight.shape[0], *(block.second.weight.shape[0] for block in self.blocks)]

    def maps(self, pictures: Tensor) -> list[Tensor]:
        if self.kept is None:
            return super().maps(pictures)
        every = torch.arange(pictures.shape[1], device=pictures.device)
        values = [leaky(sliced(self.enter, pictures, every, self.kept[0]))]
        for block, before, after in zip(self.blocks, self.kept, self.kept[1:], strict=False):
            inside = sliced(block.second, leaky(sliced(block.first, values[-1], before, before)), before, after)
            skip = sliced(block.skip, F.avg_pool2d(values[-1], 2), before, after)
            values.append((leaky(F.avg_pool2d(inside, 2)) + skip) / math.sqrt(2))
        return values

    def closing(self, values: Tensor) -> Tensor:
        if self.kept is None:
            return super().closing(values)
        kept = self.kept[-1]
        spread = kept.new_tensor([self.channels[-1]])
        values = leaky(sliced(self.mix, spread_of_batch(values), torch.cat([kept, spread]), kept))
        cells = values.shape[2] * values.shape[3]
        inputs = (kept[:, None] * cells + torch.arange(cells, device=kept.device)).flatten()
        weight = self.vector.weight[:, inputs] * (self.vector.rate / math.sqrt(len(inputs)))
        return leaky(F.linear(values.flatten(1), weight, self.vector.bias * self.vector.rate))


def sliced(layer: nn.Module, values: Tensor, inputs: Tensor, outputs: Tensor) -> Tensor:
    """What an EqualConv gives of some inputs to some outputs, as if it had no others."""
    weight = layer.weight[outputs][:, inputs]
    scale = 1 / math.sqrt(len(inputs) * weight.shape[-1] ** 2)
    bias = None if layer.bias is None else layer.bias[outputs]
    return F.conv2d(values, weight * scale, bias, padding=weight.shape[-1] // 2)


class Dynamic(Regularizer):
    """Sets which channels a DynamicDiscriminator uses: a share that changes in a straight line over ``images`` pictures.

    With ``grow`` it rises from ``least`` to 1, and the first channels are used; without, it falls from 1 to ``least``, and
    each step draws others, but for the level nearest to the picture, which stays whole.
    """

    name = "dynamic"

    def __init__(self, grow: bool = True, least: float = 0.5, images: int = 20_000):
        super().__init__(grow=grow, least=least, images=images)

    def share(self, images: int) -> float:
        """The share of channels after ``images`` real pictures."""
        gone = min(images / self.images, 1.0)
        return self.least + (1 - self.least) * (gone if self.grow else 1 - gone)

    def prepare_discriminator(self, context: Context) -> None:
        network = context.discriminator
        if (share := self.share(context.images)) == 1:
            network.kept = None
            return
        rng, device = torch.Generator().manual_seed(context.step), context.real.device
        network.kept = []
        for level, count in enumerate(network.channels):
            left = max(math.ceil(share * count), 1)
            if self.grow:
                found = torch.arange(left)
            else:
                found = torch.randperm(count, generator=rng)[:left].sort().values if level else torch.arange(count)
            network.kept.append(found.to(device))
