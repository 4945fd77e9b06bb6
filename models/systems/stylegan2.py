"""StyleGAN2 on pictures of any dataset (arXiv 1912.04958), with ADA (2006.06676), LinkGAN, DynamicD and GLeaD to choose."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from ...datagen.errors import BadInput
from ..core.checkpoint import load_model, read_trained, save_weights
from ..core.pictures import all_to_bytes, contact_sheet
from ..core.progress import Progress
from ..core.settings import means, require, require_powers_of_two, setting
from ..core.shots import Shots
from ..core.training import seeded
from ..gan.augment import Augment
from ..gan.discriminators import Discriminator, DiscriminatorConfig
from ..gan.dynamic import WAYS, Dynamic, DynamicDiscriminator
from ..gan.led import GLeaD, LedDiscriminator
from ..gan.linked import LinkGAN
from ..gan.picture_set import PictureSet
from ..gan.regularizers import R1, PathLength, Regularizer
from ..gan.style_pictures import StyleConfig, StylePictures
from ..gan.trainer import AdversarialConfig, AdversarialTrainer
from ..kinds.picture import Pictures
from .request import Request

SYSTEM = "stylegan2"
PLUGINS = ("path_length", "linkgan", "glead")
SHOWN = 16  # pictures of the sheets that a training draws


@dataclass(frozen=True)
class AugmentConfig:
    """Adaptive augmentation of what discriminators see."""

    target: float = setting(
        0.6, "mean sign of the logits of real pictures that the augmentation holds; 0 leaves it out"
    )
    images: int = setting(20_000, "pictures over which its probability may go from 0 to 1; the paper's are 500,000")
    interval: int = setting(4, "steps from one move of the probability to the next")

    def __post_init__(self):
        require(self, target=(0, 1), images=(1, math.inf), interval=(1, math.inf))


@dataclass(frozen=True)
class DynamicConfig:
    """How the discriminator's capacity changes."""

    dynamic: str = setting("none", "none, grow for much data, shrink for little")
    least: float = setting(0.5, "share of its channels at the start, or at the end")
    images: int = setting(20_000, "pictures over which it changes")

    def __post_init__(self):
        if self.dynamic not in ("none", *WAYS):
            raise BadInput(f"dynamic: {self.dynamic[:60]} is not allowed; allowed are none, {', '.join(WAYS)}")
        require(self, least=(0.05, 1), images=(1, math.inf))


@dataclass(frozen=True)
class LinkConfig:
    """What is linked where linkgan is among the regularisers."""

    axes: int = setting(16, "first numbers of a style, which change the region alone")
    region: tuple[float, ...] = setting((0.25, 0.25, 0.75, 0.75), "left, top, right and bottom, in shares of the side")
    outside: float = setting(1.0, "weight of what they change outside")
    inside: float = setting(1.0, "weight of what the other numbers change inside")
    every: int = setting(4, "steps from one to the next")

    def __post_init__(self):
        require(
            self, axes=(1, math.inf), region=(0, 1), outside=(0, math.inf), inside=(0, math.inf), every=(1, math.inf)
        )
        if len(self.region) != 4 or self.region[0] >= self.region[2] or self.region[1] >= self.region[3]:
            raise BadInput(
                f"region: {','.join(map(str, self.region))[:60]} is not allowed; allowed are left, top, right, bottom"
            )


@dataclass(frozen=True)
class Config(AdversarialConfig):
    """StyleGAN2 at a size for a processor; published are styles of 512, 8 layers of mapping, 256 to 1024 px."""

    blur: float = setting(0.0, "of the discriminator's input at the start, as a share of the side")
    blur_images: int = setting(0, "pictures over which the blur fades")
    size: int = setting(32, "px a side of the pictures")
    mirror: bool = setting(True, "whether pictures are turned left to right half of the time")
    latent: int = setting(64, "numbers that a picture is drawn from")
    style: int = setting(64, "numbers of a style")
    mapping: int = setting(4, "layers from latents to styles")
    narrowest: int = setting(24, "channels at the finest level of a network")
    widest: int = setting(64, "channels at its coarsest levels")
    mixing: float = setting(0.9, "probability that a fake has the styles of two latents")
    truncation: float = setting(1.0, "share of their distance from the mean that styles keep when asked", later=True)
    r1: float = setting(0.1, "weight of the discriminator's squared gradient at real pictures")
    r1_every: int = setting(16, "steps from one R1 to the next")
    regularizers: tuple[str, ...] = setting(("path_length",), f"some of {', '.join(PLUGINS)}, or nothing")
    path_length: float = setting(2.0, "weight of path lengths")
    path_length_every: int = setting(4, "steps from one to the next")
    glead: float = setting(1.0, "weight of pictures made again of what the discriminator says of them")
    link: LinkConfig = field(default_factory=LinkConfig, metadata=means("what linkgan links"))
    discriminator: DynamicConfig = field(default_factory=DynamicConfig, metadata=means("the discriminator's capacity"))
    augment: AugmentConfig = field(default_factory=AugmentConfig, metadata=means("adaptive augmentation"))

    def __post_init__(self):
        super().__post_init__()
        ones = ("latent", "style", "mapping", "narrowest", "widest", "r1_every", "path_length_every")
        weights = ("r1", "path_length", "glead")
        require(self, size=(8, 1024), mixing=(0, 1), truncation=(0, 2), **dict.fromkeys(ones, (1, math.inf)),
                **dict.fromkeys(weights, (0, math.inf)))  # fmt: skip
        require_powers_of_two(self, "size")
        named = set(self.regularizers)
        if not named <= set(PLUGINS) or len(named) < len(self.regularizers):
            raise BadInput(
                f"regularizers: {','.join(self.regularizers)[:60]} is not allowed; allowed are some of {', '.join(PLUGINS)}, each once"
            )
        if "linkgan" in named and self.link.axes >= self.style:
            raise BadInput(
                f"link.axes: {self.link.axes} is not allowed; allowed is 1 to {self.style - 1}, fewer than a style has"
            )
        if "glead" in named and self.discriminator.dynamic != "none":
            raise BadInput(
                "discriminator.dynamic: is not allowed with glead, whose heads read all channels; allowed is none"
            )


class StyleGAN2(StylePictures):
    """A generator of pictures that answers requests."""

    def __init__(self, config: Config):
        super().__init__(StyleConfig(config.size, config.latent, config.style, config.mapping, config.narrowest,
                                     config.widest, config.mixing))  # fmt: skip
        self.config = config

    @torch.no_grad()
    def sample(self, count: int, rng: torch.Generator) -> Tensor:
        """Pictures (count, 3, size, size) in [-1, 1], truncated as the configuration says."""
        return self(self.truncated(self.draw(count, rng), self.config.truncation), rng=rng).clamp(-1, 1)

    def generate(self, request: Request, progress: Progress | None = None) -> Pictures:
        """The picture that a seed draws."""
        return Pictures(self.sample(1, torch.Generator().manual_seed(request.seed)))


def make_discriminator(config: Config, generator: StylePictures) -> Discriminator:
    """The discriminator, of the class that the plug-ins need."""
    shape = DiscriminatorConfig(config.size, 3, config.narrowest, config.widest)
    if "glead" in config.regularizers:
        return LedDiscriminator(shape, generator.layers, config.style, generator.start.shape[1])
    return DynamicDiscriminator(shape) if config.discriminator.dynamic != "none" else Discriminator(shape)


def regularizers(config: Config) -> list[Regularizer]:
    """R1, augmentation and capacity, and those that are named."""
    augment, capacity, link = config.augment, config.discriminator, config.link
    found: list[Regularizer] = [R1(config.r1, config.r1_every)] if config.r1 else []
    if augment.target:
        found.append(Augment(augment.target, augment.images, augment.interval))
    if capacity.dynamic != "none":
        found.append(Dynamic(capacity.dynamic == "grow", capacity.least, capacity.images))
    made = {
        "path_length": lambda: PathLength(config.path_length, config.path_length_every),
        "linkgan": lambda: LinkGAN(link.axes, *link.region, link.outside, link.inside, link.every),
        "glead": lambda: GLeaD(config.glead),
    }
    return found + [made[name]() for name in config.regularizers]


def train(shots: Shots, folder: Path, config: Config | None = None, progress: Progress | None = None) -> None:
    """Train on the frames of the split train; goes on from what the folder holds."""
    config = config or Config()
    found = PictureSet(shots.of("train"), config.size, config.mirror)
    model = seeded(lambda: StyleGAN2(config), config.seed)
    judge = seeded(lambda: make_discriminator(config, model), config.seed + 1)

    def saved(average: dict[str, nn.Module]) -> None:
        about = {"system": SYSTEM, "config": asdict(config), "data": shots.digest, "pictures": len(found),
                 "images": trainer.images}  # fmt: skip
        save_weights(folder, {"model": average["generator"]}, about)

    def pictures(_: int) -> dict[str, Tensor]:
        rng = torch.Generator(trainer.device).manual_seed(config.seed)  # of the same latents each time
        sheet = contact_sheet(all_to_bytes(model.sample(SHOWN, rng)))
        return {"pictures": torch.from_numpy(sheet).permute(2, 0, 1) / 255}

    trainer = AdversarialTrainer(folder, model, judge, found, config, regularizers(config), saved, pictures, progress,
                                 shots.digest)  # fmt: skip
    trainer.run()
    if trainer.done and trainer.workers.rank == 0:
        saved(trainer.ema_modules())  # also where a run that is over is asked in another way from now on


def load(folder: Path) -> StyleGAN2:
    """The trained generator of a folder."""
    config, _ = read_trained(folder, SYSTEM, Config())
    return load_model(folder, SYSTEM, lambda: StyleGAN2(config))
