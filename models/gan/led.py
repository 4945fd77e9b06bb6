"""GLeaD (arXiv 2212.03752): a discriminator that must say enough of a picture for the generator to make it again."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import functional_call

from ..core.style_layers import EqualConv, EqualLinear, blur
from .discriminators import Discriminator, DiscriminatorConfig
from .regularizers import Context, Regularizer


class LedDiscriminator(Discriminator):
    """A discriminator that also says "codes" (B, N, S), of its maps at every scale, and "start" (B, C, 4, 4)."""

    def __init__(self, config: DiscriminatorConfig, layers: int, style: int, channels: int):
        super().__init__(config)
        widths = [self.enter.weight.shape[0], *(block.second.weight.shape[0] for block in self.blocks)]
        self.layers = layers
        self.codes, self.start = EqualLinear(sum(widths), layers * style), EqualConv(widths[-1], channels)

    def forward(self, pictures: Tensor, poses: Tensor | None = None, sigma: float = 0.0) -> dict[str, Tensor]:
        maps = self.maps(blur(pictures, sigma))
        vector = self.closing(maps[-1])
        pooled = torch.cat([each.mean((2, 3)) for each in maps], 1)
        codes = self.codes(pooled).unflatten(1, (self.layers, -1))
        heads = {name: head(vector) for name, head in self.heads.items()}
        return {"logit": self.logits(vector, poses), "codes": codes, "start": self.start(maps[-1]), **heads}


class GLeaD(Regularizer):
    """``weight`` times how far pictures that the generator makes of what the discriminator said of real and fake ones are
    from these: squared at full size, and at each half of it as a stand-in for features.

    The generator's weights are constants of it, so that the discriminator alone learns.
    """

    name = "glead"

    def __init__(self, weight: float = 1.0, every: int = 1):
        super().__init__(weight=weight, every=every)

    def discriminator_loss(self, context: Context, rng: torch.Generator) -> Tensor:
        fixed = {name: value.detach() for name, value in context.generator.named_parameters()}

        def error(said: dict[str, Tensor], seen: Tensor) -> Tensor:
            again = functional_call(context.generator, fixed, (said["codes"],), {"start": said["start"]})
            return distances(again, seen.detach())

        found = error(context.real_outputs, context.real_seen) + error(context.fake_outputs, context.fake_seen)
        return self.weight * found


def distances(one: Tensor, other: Tensor) -> Tensor:
    """The mean over sizes, from full down to 4, of the mean squared difference of pictures averaged down to them."""
    found = [F.mse_loss(one, other)]
    while one.shape[-1] > 4:
        one, other = F.avg_pool2d(one, 2), F.avg_pool2d(other, 2)
        found.append(F.mse_loss(one, other))
    return torch.stack(found).mean()
