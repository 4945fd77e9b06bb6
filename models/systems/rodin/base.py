"""The base diffusion: small rolled-out planes, conditioned on a portrait's latent."""

from __future__ import annotations

import torch
from torch import Tensor

from ...diffusion.conditioning import Cond, drop
from ...diffusion.process import Gaussian
from ...diffusion.unet import UNet, UNetConfig
from .config import TwoSizesConfig


def process_of(config: TwoSizesConfig) -> Gaussian:
    """The process of the base diffusion."""
    return Gaussian(config.process, config.process_steps, config.prediction)


def unet_of(config: TwoSizesConfig, vector: int, tokens: int = 0) -> UNetConfig:
    """What the network that predicts in it is made of, told a vector of as many numbers, and tokens if it is told any."""
    channels = config.fit.channels
    return UNetConfig(
        channels, channels, base=config.base_width, multipliers=config.base_multipliers, blocks=config.base_blocks,
        attention=config.base_attention, vector=vector, tokens=tokens, rollout=config.rollout, size=config.resolution,
    )  # fmt: skip


def network_of(config: TwoSizesConfig, latent: int) -> UNet:
    """The network that predicts in it, for latents of ``latent`` numbers."""
    return UNet(unet_of(config, latent))


class BaseStep:
    """A training step on rolled planes of people (N, 2, C, R, 3R), as they are and mirrored, and latents (N, 2, K, D).

    ``views`` (N,) says how many of the K latents a person has.
    """

    def __init__(self, network: UNet, rolled: Tensor, latents: Tensor, views: Tensor, config: TwoSizesConfig):
        self.network, self.rolled, self.latents, self.views, self.config = network, rolled, latents, views, config
        self.process = process_of(config)

    def __call__(self, number: int, generator: torch.Generator) -> dict[str, Tensor]:
        count = self.config.batch
        device = generator.device  # to which what it learns from is brought in the first step
        self.rolled, self.latents, self.views = (x.to(device) for x in (self.rolled, self.latents, self.views))
        who = torch.randint(len(self.rolled), (count,), generator=generator, device=device)
        side = torch.randint(2, (count,), generator=generator, device=device)
        view = (torch.rand(count, generator=generator, device=device) * self.views[who]).long()
        cond = drop(Cond(vec=self.latents[who, side, view]), self.config.drop, generator)
        return {"loss": self.process.loss(self.network, self.rolled[who, side], cond, generator, "min_snr")}
