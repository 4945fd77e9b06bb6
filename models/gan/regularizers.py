"""What plugs into adversarial training: each adds one loss, draws from its own generator, and can be left out."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core.cameras import Cameras
from ..core.losses import density_smoothness


@dataclass(eq=False)
class Round:
    """One step as regularisers see it; ``judged_real`` and ``judged_fake`` are what the discriminator said last."""

    generator: nn.Module
    discriminator: nn.Module
    latents: Tensor  # (B, L)
    cameras: Cameras  # of the fake pictures
    poses: Tensor  # (B, 25), of the same cameras
    real: Tensor  # (B, C, H, W), as the discriminator takes them
    fake: Tensor  # (B, C, H, W), with its graph
    judged_real: dict[str, Tensor] = field(default_factory=dict)
    judged_fake: dict[str, Tensor] = field(default_factory=dict)


class Regularizer:
    """A plug-in; ``every`` n-th step it is called, and its losses count n times (lazy, arXiv 1912.04958).

    Its ``rng`` is a generator of its own at each step, so that no other number changes when it is left out.
    """

    name = ""
    every = 1

    def before_discriminator(self, step: Round) -> None:
        """Called before the discriminator judges."""

    def after_discriminator(self, step: Round, rng: torch.Generator) -> Tensor | None:
        """A loss for the discriminator."""

    def before_generator(self, step: Round) -> None:
        """Called before the discriminator judges for the generator."""

    def after_generator(self, step: Round, rng: torch.Generator) -> Tensor | None:
        """A loss for the generator."""


def gradient_penalty(logits: Tensor, pictures: Tensor) -> Tensor:
    """The squared norm (B,) of the gradient of logits (B,) by their pictures (B, C, H, W)."""
    (gradient,) = torch.autograd.grad(logits.sum(), pictures, create_graph=True)
    return gradient.square().sum((1, 2, 3))


class R1(Regularizer):
    """Half ``weight`` times the squared gradient of the discriminator at real pictures (arXiv 1801.04406)."""

    name = "r1"

    def __init__(self, weight: float = 1.0, every: int = 16):
        self.weight, self.every = weight, every

    def before_discriminator(self, step: Round) -> None:
        step.real = step.real.detach().requires_grad_()

    def after_discriminator(self, step: Round, rng: torch.Generator) -> Tensor:
        return self.weight / 2 * gradient_penalty(step.judged_real["logit"], step.real).mean()


class DensitySmoothness(Regularizer):
    """``weight`` times how much the generator's density changes over ``deviation`` box units (EG3D, arXiv 2112.07945).

    The generator gives ``density(latents, poses, points (B, N, 3)) -> (B, N)``.
    """

    name = "density"

    def __init__(self, weight: float = 0.25, every: int = 4, deviation: float = 0.004, points: int = 1000):
        self.weight, self.every, self.deviation, self.points = weight, every, deviation, points

    def after_generator(self, step: Round, rng: torch.Generator) -> Tensor:
        points = torch.rand(len(step.latents), self.points, 3, generator=rng) * 2 - 1

        def density(at: Tensor) -> Tensor:
            return step.generator.density(step.latents, step.poses, at)

        return self.weight * density_smoothness(density, points, rng, self.deviation)


class CameraHead(Regularizer):
    """``weight`` times the squared error of the discriminator's head "camera" on fakes, for both networks.

    The head says from which direction (a unit vector) a picture was taken: so pi-GAN (arXiv 2012.00926) holds the
    generator to the camera that it was given, without telling the discriminator that of real pictures.
    """

    name = "camera"

    def __init__(self, weight: float = 1.0):
        self.weight = weight

    def _loss(self, step: Round) -> Tensor:
        away = F.normalize(step.cameras.c2w[:, :3, 3], dim=-1)
        return self.weight * F.mse_loss(step.judged_fake["camera"], away)

    def after_discriminator(self, step: Round, rng: torch.Generator) -> Tensor:
        return self._loss(step)

    def after_generator(self, step: Round, rng: torch.Generator) -> Tensor:
        return self._loss(step)
