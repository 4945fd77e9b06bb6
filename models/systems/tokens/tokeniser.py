"""VQGAN: pictures to tokens and back, by a codebook, a perceptual loss and a discriminator of patches (arXiv 2012.09841)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from ....datagen.errors import BadInput
from ...core.losses import perceptual_loss
from ...core.progress import Progress, staged
from ...core.trainer import Phase, Trainer
from ...core.training import CHECKPOINT, seeded
from ...diffusion.autoencoder import Autoencoder
from ...gan.patches import PatchDiscriminator, adaptive_weight, hinge_loss
from ...tokens.quantiser import Quantised, Quantiser, usage
from ..pictures.dataset import Pictures
from ..pictures.first_stage import OVER, ruler
from ..pictures.training import SHOWN, sheet
from .config import TokenConfig

CHUNK = 64  # pictures that are encoded at once


class Tokeniser(nn.Module):
    """Pictures (B, 3, S, S) in [-1, 1] to the numbers (B, s, s) of codes, and those of any grid to pictures."""

    def __init__(self, config: TokenConfig):
        super().__init__()
        self.autoencoder = Autoencoder(config.autoencoder, variances=False)
        self.quantiser = Quantiser(config.codes, config.autoencoder.latent, config.decay, config.revive)

    def quantised(self, pictures: Tensor) -> tuple[Tensor, Quantised]:
        """The vectors (B, D, s, s) of pictures, and the codes in their place."""
        vectors = self.autoencoder.vectors(pictures)
        return vectors, self.quantiser(vectors)

    @torch.no_grad()
    def encode(self, pictures: Tensor) -> Tensor:
        """The tokens (B, s, s) of pictures."""
        return self.quantiser.nearest(self.autoencoder.vectors(pictures))

    @torch.no_grad()
    def decode(self, tokens: Tensor) -> Tensor:
        """The pictures (B, 3, H, W) of tokens (B, h, w)."""
        return self.autoencoder.decode(self.quantiser.look_up(tokens)).clamp(-1, 1)

    def all_tokens(self, pictures: Pictures) -> Tensor:
        """The tokens (2, N, s * s) of all pictures, as they are and mirrored."""
        index = torch.arange(len(pictures)).split(CHUNK)
        return torch.stack([
            torch.cat([self.encode(pictures.shown(part).flip(3) if turned else pictures.shown(part)).flatten(1) for part in index])
            for turned in (False, True)
        ])  # fmt: skip


class TokeniserSteps:
    """The two losses that alternate: of the autoencoder, whose codebook follows, then of the discriminator that judges it."""

    def __init__(
        self, tokeniser: Tokeniser, discriminator: PatchDiscriminator, pictures: Pictures, config: TokenConfig
    ):
        self.tokeniser, self.discriminator, self.pictures, self.config = tokeniser, discriminator, pictures, config
        self.net = ruler(config.perceptual)

    def autoencode(self, number: int, generator: torch.Generator) -> dict[str, Tensor]:
        """The autoencoder's step; the adversarial part counts as much as the others at its last layer, times a weight."""
        config, tokeniser = self.config, self.tokeniser
        _, pictures, _ = self.pictures.draw(config.batch, config.flip, generator)
        vectors, found = tokeniser.quantised(pictures)
        made = tokeniser.autoencoder.decode(found.values)
        told = {"error": (pictures - made).abs().mean()}
        loss = told["error"]
        if self.net is not None:
            net = self.net.to(pictures.device) if isinstance(self.net, nn.Module) else self.net
            told["perceptual"] = perceptual_loss(made, pictures, net)
            loss = loss + config.perceptual * told["perceptual"]
        adversarial = -self.discriminator(made).mean()
        counts = config.adversarial if number >= config.adversarial_from else 0.0
        weight = counts * adaptive_weight(loss, adversarial, tokeniser.autoencoder.close.weight) if counts else 0.0
        told["usage"], told["perplexity"] = usage(found.numbers, config.codes)
        told |= {"adversarial": adversarial, "commitment": found.commitment}
        tokeniser.quantiser.follow(vectors.detach(), generator)
        return {"loss": loss + config.commitment * found.commitment + weight * adversarial, **told}

    def discriminate(self, number: int, generator: torch.Generator) -> dict[str, Tensor]:
        """The discriminator's step, which waits as the adversarial part does."""
        with torch.no_grad():
            _, pictures, _ = self.pictures.draw(self.config.batch, self.config.flip, generator)
            made = self.tokeniser.autoencoder.decode(self.tokeniser.quantised(pictures)[1].values)
        loss = hinge_loss(self.discriminator(pictures), self.discriminator(made))
        return {"loss": loss * float(number >= self.config.adversarial_from)}

    def draw(self, number: int) -> dict[str, Tensor]:
        """The first pictures, and below them what their tokens become."""
        index = torch.arange(min(SHOWN, len(self.pictures)))
        shown = self.pictures.shown(index).to(self.tokeniser.quantiser.codebook.device)
        return {
            "pictures and rebuilt": sheet(torch.cat([shown, self.tokeniser.decode(self.tokeniser.encode(shown))]).cpu())
        }


def train_tokeniser(tokeniser: Tokeniser, pictures: Pictures, folder: Path, config: TokenConfig,
                    progress: Progress | None = None) -> None:  # fmt: skip
    """Train it in a folder of its own and leave its averaged weights in it; what was stopped goes on.

    Once its tokens are learned from it stays as it is, whatever the configuration says now.
    """
    how = config.tokeniser
    if (folder / "prior" / CHECKPOINT).is_file():
        how = replace(how, seconds=OVER)
    tokeniser.requires_grad_(True)
    discriminator = seeded(lambda: PatchDiscriminator(config.judging), how.seed)
    steps = TokeniserSteps(tokeniser, discriminator, pictures, config)
    phases = (
        Phase("tokeniser", steps.autoencode, ("tokeniser",)),
        Phase("discriminator", steps.discriminate, ("discriminator",)),
    )
    modules = {"tokeniser": tokeniser, "discriminator": discriminator}
    trainer = Trainer(folder / "tokeniser", modules, phases, how, steps.draw, staged(progress, "tokeniser"))
    if trainer.workers.count > 1:
        raise BadInput("tokeniser: is trained in one process, which its codebook is of; allowed is a WORLD_SIZE of 1")
    trainer.run()
    tokeniser.load_state_dict(trainer.ema_modules()["tokeniser"].state_dict())
    tokeniser.requires_grad_(False).eval().cpu()
