"""What is added to adversarial training: each adds one loss, draws from its own generator, may keep a state, can be left out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core.cameras import Cameras
from ..core.losses import density_smoothness
from ..fields.view_generator import ViewGenerator
from ..surfaces.tetrahedra import sign_changes
from .style_pictures import StylePictures


@dataclass(eq=False)
class Context:
    """One step as regularisers see it; the outputs are what the first discriminator gave last, its "logit" and its heads.

    Without cameras there are no poses either.
    """

    generator: ViewGenerator | StylePictures
    discriminator: nn.Module
    average: ViewGenerator | StylePictures  # the generator with averaged weights
    step: int  # from 0
    images: int  # real pictures that the discriminator has seen
    latents: Tensor  # (B, L)
    styles: Tensor  # (B, S) or, one a layer, (B, N, S), what the generator maps latents to; fakes depend on them
    cameras: Cameras | None  # of the fake pictures
    poses: Tensor | None  # (B, 25), of the same cameras
    real_poses: Tensor | None  # (B, 25), of the real pictures
    real: Tensor  # (B, C, H, W), as the discriminator takes them
    fake: Tensor  # (B, C, H, W), with its graph
    real_outputs: dict[str, Tensor] = field(default_factory=dict)
    fake_outputs: dict[str, Tensor] = field(default_factory=dict)
    more_real: dict[str, dict[str, Tensor]] = field(default_factory=dict)  # what further discriminators gave, by name
    more_fake: dict[str, dict[str, Tensor]] = field(default_factory=dict)
    real_seen: Tensor | None = None  # the pictures as discriminators were shown them
    fake_seen: Tensor | None = None


class Regularizer(nn.Module):
    """Adds to a network's loss at every ``every``-th step, where it counts ``every`` times (lazy, arXiv 1912.04958).

    A subclass calls ``super().__init__`` with its settings by name: they become attributes and are its ``config``, which
    must be the same when a training resumes. What it registers as buffers is its state, which checkpoints hold, and may
    change in any of its functions. The ``rng`` of a loss is a generator of its own at each step, so that no other number
    changes when it is left out.
    """

    name = ""
    every = 1

    def __init__(self, **config: float):
        super().__init__()
        self.config = config
        for name, value in config.items():
            setattr(self, name, value)

    def prepare_discriminator(self, context: Context) -> None:
        """Called before the discriminator scores pictures for its own loss."""

    def discriminator_loss(self, context: Context, rng: torch.Generator) -> Tensor | None:
        """A loss for the discriminator."""

    def shown(self, pictures: Tensor, context: Context, rng: torch.Generator) -> Tensor:
        """What discriminators are shown of pictures (B, C, H, W), real or fake, for either network's loss."""
        return pictures

    def prepare_generator(self, context: Context) -> None:
        """Called before the discriminator scores fakes for the generator's loss."""

    def generator_loss(self, context: Context, rng: torch.Generator) -> Tensor | None:
        """A loss for the generator."""


def gradient_penalty(logits: Tensor, pictures: Tensor) -> Tensor:
    """The squared norm (B,) of the gradient of logits (B,) by their pictures (B, C, H, W)."""
    (gradient,) = torch.autograd.grad(logits.sum(), pictures, create_graph=True)
    return gradient.square().sum((1, 2, 3))


class R1(Regularizer):
    """Half ``weight`` times the squared gradient of each discriminator at real pictures (arXiv 1801.04406)."""

    name = "r1"

    def __init__(self, weight: float = 1.0, every: int = 16):
        super().__init__(weight=weight, every=every)

    def prepare_discriminator(self, context: Context) -> None:
        context.real = context.real.detach().requires_grad_()

    def discriminator_loss(self, context: Context, rng: torch.Generator) -> Tensor:
        scored = (context.real_outputs, *context.more_real.values())
        return sum(self.weight / 2 * gradient_penalty(each["logit"], context.real).mean() for each in scored)


class PathLength(Regularizer):
    """``weight`` times the squared difference of how far a style moves a picture from its mean over training.

    The length of a path is the norm of the transposed Jacobian of fakes by their styles times a noise picture of unit
    variance, divided by the square root of its pixels; ``mean`` follows it by ``decay`` at each call and is held constant
    in the loss (StyleGAN2, arXiv 1912.04958). Layers that share a style count together;
    of styles of their own the mean square over layers counts.
    """

    name = "path_length"

    def __init__(self, weight: float = 2.0, every: int = 4, decay: float = 0.01):
        super().__init__(weight=weight, every=every, decay=decay)
        self.register_buffer("mean", torch.zeros(()))

    def generator_loss(self, context: Context, rng: torch.Generator) -> Tensor:
        lengths = path_lengths(context.fake, context.styles, rng)
        self.mean.lerp_(lengths.detach().mean(), self.decay)
        return self.weight * (lengths - self.mean).square().mean()


def path_lengths(pictures: Tensor, styles: Tensor, rng: torch.Generator) -> Tensor:
    """The lengths (B,) of a step of the styles (B, S) or (B, N, S) in pictures (B, C, H, W) along noise that is drawn from ``rng``."""
    noise = torch.randn(pictures.shape, generator=rng, device=rng.device) / math.sqrt(math.prod(pictures.shape[2:]))
    (gradient,) = torch.autograd.grad((pictures * noise).sum(), styles, create_graph=True)
    return (
        gradient.square().sum(-1).flatten(1).mean(1).sqrt() if gradient.dim() > 2 else gradient.square().sum(1).sqrt()
    )


class DensitySmoothness(Regularizer):
    """``weight`` times how much the generator's density changes over ``deviation`` box units (EG3D, arXiv 2112.07945).

    The generator gives ``density(latents, poses, points (B, N, 3)) -> (B, N)``.
    """

    name = "density"

    def __init__(self, weight: float = 0.25, every: int = 4, deviation: float = 0.004, points: int = 1000):
        super().__init__(weight=weight, every=every, deviation=deviation, points=points)

    def generator_loss(self, context: Context, rng: torch.Generator) -> Tensor:
        points = torch.rand(len(context.latents), self.points, 3, generator=rng, device=rng.device) * 2 - 1

        def density(at: Tensor) -> Tensor:
            return context.generator.density(context.latents, context.poses, at)

        return self.weight * density_smoothness(density, points, rng, self.deviation)


class CameraHead(Regularizer):
    """``weight`` times the squared error of the discriminator's head "camera" on fakes, for both networks.

    The head says from which direction (a unit vector) a picture was taken: so pi-GAN (arXiv 2012.00926) holds the
    generator to the camera that it was given, without telling the discriminator that of real pictures.
    """

    name = "camera"

    def __init__(self, weight: float = 1.0):
        super().__init__(weight=weight)

    def _loss(self, context: Context) -> Tensor:
        away = F.normalize(context.cameras.c2w[:, :3, 3], dim=-1)
        return self.weight * F.mse_loss(context.fake_outputs["camera"], away)

    def discriminator_loss(self, context: Context, rng: torch.Generator) -> Tensor:
        return self._loss(context)

    def generator_loss(self, context: Context, rng: torch.Generator) -> Tensor:
        return self._loss(context)


class SignChanges(Regularizer):
    """``weight`` times the cross-entropy of the sides of edges that a surface cuts, and ``empty`` times how far a shape
    without an inside is from having one (GET3D, arXiv 2209.11163).

    The generator gives ``distances(styles) -> (B, N)``, negative inside, at the nodes of its ``grid``.
    """

    name = "sign_changes"

    def __init__(self, weight: float = 0.01, empty: float = 1.0):
        super().__init__(weight=weight, empty=empty)

    def generator_loss(self, context: Context, rng: torch.Generator) -> Tensor:
        distances = context.generator.distances(context.styles)
        missing = F.relu(distances.amin(1)).mean()
        return self.weight * sign_changes(distances, context.generator.grid.edges) + self.empty * missing
