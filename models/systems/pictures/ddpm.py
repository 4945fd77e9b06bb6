"""DDPM and what followed in the space of pixels: learned variances, DDIM, guidance by a classifier and without one, DiT.

arXiv 2006.11239, 2102.09672, 2010.02502, 2105.05233, 2207.12598, 2212.09748; each is a choice of the configuration.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from ....datagen.errors import BadInput
from ...core.checkpoint import load_model, read_trained
from ...core.progress import Progress
from ...core.settings import means, setting
from ...core.shots import Shots
from ...core.trainer import TrainerConfig
from ...core.training import seeded
from ...diffusion.classifier import NoisyClassifier, classifier_loss
from ...diffusion.guidance import classifier_gradient
from ...diffusion.samplers import Denoise
from ..request import Request
from ..stages import train_stage
from .config import DiffusionConfig, UNetShape, check_names, unet_config
from .dataset import Pictures
from .model import Known, PictureDiffusion, read_known
from .training import DenoiserStep, known_of, learned, save

SYSTEM = "ddpm"
GUIDES = ("free", "classifier")


@dataclass(frozen=True, kw_only=True)
class Config(DiffusionConfig):
    """Sizes for a processor; published are 32² to 512², 36 to 554 million weights, 500,000 steps and more of 128 to 2048."""

    guide: str = setting(
        "free", "of guidance: free, or classifier, one of noised pictures that is trained for condition class"
    )
    seeing: UNetShape = field(
        default_factory=lambda: UNetShape(width=16), metadata=means("shape of that classifier, a U-Net's way down")
    )
    classifier: TrainerConfig = field(
        default_factory=lambda: TrainerConfig(steps=2000, learning_rate=3e-4, weight_decay=0.05, ema=0.995),
        metadata=means("training of that classifier"),
    )

    def __post_init__(self):
        super().__post_init__()
        check_names(self, guide=GUIDES)

    def check(self) -> None:
        """Raise BadInput where fields do not go together."""
        super().check()
        if self.guide == "classifier" and self.condition != "class":
            raise BadInput(
                f"guide: classifier is not allowed with condition {self.condition}; allowed is it with class"
            )
        self.network(3, self.size)  # says what sizes are not allowed


class DDPM(PictureDiffusion):
    """A denoiser of pixels, and the classifier that guides it where there is one."""

    system, clip = SYSTEM, 1.0
    config: Config

    def __init__(self, config: Config, known: Known):
        super().__init__(config, known, 3, config.size)
        guided = config.guide == "classifier"
        shape = unet_config(config.seeing, 3, 3, config.size)
        self.classifier = NoisyClassifier(shape, len(known.names)) if guided else None

    def parts(self) -> dict[str, nn.Module]:
        """The modules that a checkpoint holds."""
        return super().parts() | ({} if self.classifier is None else {"classifier": self.classifier})

    def encoded(self, pictures: Tensor) -> Tensor:
        """The pixels themselves."""
        return pictures

    def decoded(self, x: Tensor) -> Tensor:
        """The pixels themselves."""
        return x

    def pushing(self, request: Request, guidance: float) -> Denoise | None:
        """The classifier's gradient towards the class that a prompt names."""
        if self.classifier is None or not request.prompt or not guidance:
            return None
        wanted = torch.tensor([self.denoiser.told.named(request.prompt)])
        return classifier_gradient(self.classifier, wanted, guidance)


class ClassifierStep:
    """A training step of the classifier of noised pictures."""

    def __init__(self, model: DDPM, pictures: Pictures):
        self.model, self.pictures, self.config = model, pictures, model.config

    def __call__(self, number: int, generator: torch.Generator) -> dict[str, Tensor]:
        index, pictures, _ = self.pictures.draw(self.config.batch, self.config.flip, generator)
        assert self.model.classifier is not None
        classes = self.pictures.classes[index].to(generator.device)
        return classifier_loss(self.model.denoiser.process, self.model.classifier, pictures, classes, generator)


def train(shots: Shots, folder: Path, config: Config | None = None, progress: Progress | None = None) -> None:
    """Train on the frames of the split train and write what ``load`` reads; goes on from what the folder holds."""
    config, folder = config or Config(), Path(folder)
    config.check()
    pictures = learned(shots, config)
    model = seeded(lambda: DDPM(config, known_of(pictures, config)), config.denoiser.seed)
    folder.mkdir(parents=True, exist_ok=True)
    model.requires_grad_(False)
    if model.classifier is not None:
        train_stage(model, "classifier", ClassifierStep(model, pictures), folder, progress)
    step = DenoiserStep(model, pictures)
    train_stage(model, "denoiser", step, folder, progress, step.draw)
    save(model, folder, shots.digest, len(pictures))


def load(folder: Path) -> DDPM:
    """Read a trained run; raises BadInput where the folder holds another system or is damaged."""
    config, _ = read_trained(folder, SYSTEM, Config())
    known = read_known(folder, config)
    return load_model(folder, SYSTEM, lambda: DDPM(config, known), DDPM.parts)
