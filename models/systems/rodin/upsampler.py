"""The upsampler: large planes from small ones by a diffusion that predicts the planes, with a loss on what they render."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ...core.features import enl0
from ...core.losses import perceptual_loss
from ...diffusion.conditioning import Cond, augment, drop, enlarged
from ...diffusion.process import Gaussian
from ...diffusion.unet import UNet, UNetConfig
from ...fields.fit import Rays, RaySource, draw_rays
from ...fields.render import render
from ...fields.triplane import TriplaneField
from .config import TwoSizesConfig
from .planes import Statistics

NOISIEST = 0.5  # level of the noise that a small plane is trained with; sampling tells of 0.1
BLUR = 2.0  # texels, at level 1
RAYS = 256  # of a person in the rendered loss
PATCH = 32  # pixels a side of what the perceptual loss looks at


def process_of(config: TwoSizesConfig) -> Gaussian:
    """The upsampler's process, in which it predicts the planes themselves."""
    return Gaussian(config.upsampler_process, config.upsampler_steps, "x0")


class Upsampler(UNet):
    """Predicts large planes as a correction of the small ones, enlarged."""

    def __init__(self, config: TwoSizesConfig, latent: int):
        channels = config.fit.channels
        super().__init__(
            UNetConfig(channels, channels, base=config.upsampler_width, multipliers=config.upsampler_multipliers, blocks=1,
                       attention=(), vector=latent, spatial=channels, rollout=config.rollout, size=config.fit.resolution)
        )  # fmt: skip

    def forward(self, x: Tensor, t: Tensor, cond: Cond | None = None) -> Tensor:
        return enlarged(cond.spatial, x.shape[2]) + super().forward(x, t, cond)


class UpsamplerStep:
    """A training step: squared error of the planes, absolute error of rays rendered through them, and how unlike patches look.

    ``small`` (N, 2, C, r, 3r) and ``large`` (N, 2, C, R, 3R) are rolled planes, as they are and mirrored; only those
    that are not mirrored have pictures to compare with, ``sources``.
    """

    def __init__(self, network: Upsampler, decoder, statistics: Statistics, small: Tensor, large: Tensor, latents: Tensor,
                 views: Tensor, sources: list[RaySource], config: TwoSizesConfig):  # fmt: skip
        self.network, self.decoder, self.statistics = network, decoder, statistics
        self.small, self.large, self.latents, self.views = small, large, latents, views
        self.sources, self.config, self.process = sources, config, process_of(config)
        self.net = enl0() if config.perceptual_weight else None

    def __call__(self, number: int, generator: torch.Generator) -> dict[str, Tensor]:
        config, count, device = self.config, self.config.upsampler_batch, generator.device
        self._bring(device)
        who = torch.randint(len(self.small), (count,), generator=generator, device=device)
        side = torch.randint(2, (count,), generator=generator, device=device)
        side[: (count + 1) // 2] = 0
        level = torch.rand(count, generator=generator, device=device) * NOISIEST
        spatial = augment(self.small[who, side], level, generator, BLUR)
        view = (torch.rand(count, generator=generator, device=device) * self.views[who]).long()
        cond = drop(Cond(vec=self.latents[who, side, view]), config.drop, generator, ("vec",))
        cond = Cond(cond.vec, None, spatial, cond.keep, level)
        x0 = self.large[who, side]
        t, noise = self.process.draw(x0, generator)
        made = self.network(self.process.q_sample(x0, t, noise), t, cond)
        errors = (made - x0).square().flatten(1).mean(1)
        error = (errors * self.process.weights(t)).mean() if config.upsampler_weighting == "min_snr" else errors.mean()
        seen = side == 0
        rays = draw_rays([self.sources[i] for i in who[seen].tolist()], RAYS, generator)
        field = TriplaneField(self.statistics.unroll(made[seen]), self.decoder)
        rendered = render(field, rays.origins, rays.directions, 20, 20, rays.background, generator)
        apart = (rendered.colour - rays.colour).abs().mean()
        losses = {"loss": error + config.render_weight * apart, "planes": error, "rendered": apart}
        if self.net is not None:
            losses["perceptual"] = self._unlike(field, who[seen].tolist(), generator)
            losses["loss"] = losses["loss"] + config.perceptual_weight * losses["perceptual"]
        return losses

    def _unlike(self, field: TriplaneField, who: list[int], generator: torch.Generator) -> Tensor:
        """The perceptual loss of a patch of each person as the field shows it."""
        patches = Rays(*map(torch.stack, zip(*(self.sources[i].patch(PATCH, generator) for i in who), strict=True)))
        shown = render(field, patches.origins, patches.directions, 20, 20, patches.background, generator).colour
        side = math.isqrt(shown.shape[1])
        made, true = (x.transpose(1, 2).unflatten(2, (side, side)) * 2 - 1 for x in (shown, patches.colour))
        return perceptual_loss(made, true, self.net)

    def _bring(self, device: torch.device) -> None:
        """Bring all that it learns from to a device; nothing is done where it is there."""
        if self.small.device != device:
            self.decoder.to(device), self.statistics.to(device)
            if self.net is not None:
                self.net.to(device)
            for source in self.sources:
                source.to(device)
        self.small, self.large, self.latents, self.views = (
            x.to(device) for x in (self.small, self.large, self.latents, self.views)
        )
