"""Latent diffusion: an autoencoder, and diffusion in its latents, told words, a class or a map of parts (arXiv 2112.10752)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from ....datagen.errors import BadInput
from ...core.checkpoint import load_model, read_trained
from ...core.progress import Progress
from ...core.settings import means, require, setting
from ...core.shots import Shots
from ...core.trainer import TrainerConfig
from ...core.training import seeded
from ...diffusion.autoencoder import Autoencoder, AutoencoderConfig, drawn
from ...diffusion.conditioning import Cond
from ...gan.patches import LEAST
from ..request import Request
from ..stages import train_stage
from .config import DiffusionConfig, DiTShape, UNetShape, check_names
from .dataset import LAYOUTS, Pictures, read_layout
from .first_stage import train_autoencoder
from .model import Known, PictureDiffusion, read_known
from .training import DenoiserStep, known_of, learned, save

SYSTEM = "ldm"


@dataclass(frozen=True, kw_only=True)
class Config(DiffusionConfig):
    """Sizes for a processor; published are pictures of 256², latents of 64² to 16², and 274 to 400 million weights."""

    size: int = setting(64, "px a side of the pictures")
    unet: UNetShape = field(
        default_factory=lambda: UNetShape(width=48), metadata=means("the network's shape where net is unet")
    )
    dit: DiTShape = field(default_factory=lambda: DiTShape(patch=2), metadata=means("its shape where net is dit"))
    schedule: str = setting(
        "scaled_linear", "of the noise; published is scaled_linear, whose betas are straight in their roots"
    )
    variance: str = setting("small", "of a step back: small or large, or learned between them (2102.09672)")
    loss: str = setting("simple", "simple, or of a learned variance hybrid or vlb, the bound alone")
    layout: str = setting("", "map that pictures are made from too: parts, semantic, or empty for none")
    autoencoder: AutoencoderConfig = field(default_factory=AutoencoderConfig, metadata=means("the autoencoder's shape"))
    perceptual: float = setting(1.0, "weight of the perceptual loss beside the absolute error; 0 leaves it out")
    divergence: float = setting(
        1e-6, "weight of the latents' divergence from the standard distribution, in nats a picture"
    )
    adversarial: float = setting(
        0.5, "share of the other losses' gradient at the last layer that the discriminator's has"
    )
    adversarial_from: int = setting(1000, "step from which it has that")
    judging: int = setting(32, "channels of the discriminator after its first convolution")
    first_stage: TrainerConfig = field(
        default_factory=lambda: TrainerConfig(steps=4000, learning_rate=5e-4, ema=0.995, betas=(0.5, 0.9)),
        metadata=means("training of the autoencoder"),
    )

    def __post_init__(self):
        super().__post_init__()
        require(
            self,
            size=(LEAST, 512),
            perceptual=(0, 1000),
            divergence=(0, 1000),
            adversarial=(0, 1000),
            adversarial_from=(0, math.inf),
            judging=(1, 1024),
        )
        check_names(self, layout=("", *LAYOUTS))

    def check(self) -> None:
        """Raise BadInput where fields do not go together."""
        super().check()
        if self.size % self.autoencoder.factor:
            raise BadInput(f"size: {self.size} is not allowed; allowed are multiples of {self.autoencoder.factor}, by which the autoencoder "
                           "divides it")  # fmt: skip
        self.network(self.autoencoder.latent, self.side)  # says what sizes are not allowed

    @property
    def side(self) -> int:
        """Places a side of a latent."""
        return self.size // self.autoencoder.factor


class LDM(PictureDiffusion):
    """A denoiser of latents, and the autoencoder whose they are; ``scale`` is one over their deviation."""

    system = SYSTEM
    config: Config

    def __init__(self, config: Config, known: Known, scale: float = 1.0):
        super().__init__(config, known, config.autoencoder.latent, config.side)
        self.autoencoder, self.scale = Autoencoder(config.autoencoder), scale

    def parts(self) -> dict[str, nn.Module]:
        """The modules that a checkpoint holds."""
        return super().parts() | {"autoencoder": self.autoencoder}

    def encoded(self, pictures: Tensor) -> Tensor:
        """The means of pictures' latents, scaled."""
        return self.autoencoder.encode(pictures)[0] * self.scale

    def decoded(self, x: Tensor) -> Tensor:
        """The pictures of scaled latents."""
        return self.autoencoder.decode(x / self.scale)

    def condition(self, request: Request, progress: Progress | None) -> Cond:
        """What the denoiser is told of a request: a map, which a photo is here, or a prompt, or nothing."""
        if request.photo is None:
            return super().condition(request, progress)
        told = self.denoiser.told
        return told.whole(told(layouts=read_layout(request.photo, self.config.size, self.known.layouts)))


class LatentStep(DenoiserStep):
    """A training step in latents, which are drawn anew each time."""

    model: LDM

    def encoded(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Latents of pictures, drawn and scaled."""
        autoencoder = self.model.autoencoder.to(pictures.device)
        with torch.no_grad():
            return drawn(*autoencoder.encode(pictures), generator) * self.model.scale


def scale_of(autoencoder: Autoencoder, pictures: Pictures, batch: int, seed: int) -> float:
    """One over the deviation of all numbers of a first batch's latents."""
    generator = torch.Generator().manual_seed(seed)
    _, first, _ = pictures.draw(batch, False, generator)
    with torch.no_grad():
        deviation = float(drawn(*autoencoder.encode(first), generator).std())
    if not 1e-6 < deviation < 1e6:
        raise BadInput(
            f"first_stage: latents have a deviation of {deviation:g}; allowed is an autoencoder that tells pictures apart"
        )
    return 1 / deviation


def train(shots: Shots, folder: Path, config: Config | None = None, progress: Progress | None = None) -> None:
    """Train both stages on the frames of the split train and write what ``load`` reads; goes on from what the folder holds."""
    config, folder = config or Config(), Path(folder)
    config.check()
    pictures = learned(shots, config, config.layout)
    model = seeded(lambda: LDM(config, known_of(pictures, config)), config.denoiser.seed)
    folder.mkdir(parents=True, exist_ok=True)
    model.requires_grad_(False)
    train_autoencoder(model.autoencoder, pictures, folder, config, progress)
    model.scale = scale_of(model.autoencoder, pictures, config.batch, config.denoiser.seed)
    step = LatentStep(model, pictures)
    train_stage(model, "denoiser", step, folder, progress, step.draw)
    save(model, folder, shots.digest, len(pictures), scale=model.scale)


def load(folder: Path) -> LDM:
    """Read a trained run; raises BadInput where the folder holds another system or is damaged."""
    config, (scale,) = read_trained(folder, SYSTEM, Config(), "scale")
    known = read_known(folder, config)
    return load_model(folder, SYSTEM, lambda: LDM(config, known, scale), LDM.parts)
