"""Rodin's adversarial baselines: pi-GAN (arXiv 2012.00926) and GIRAFFE (arXiv 2011.12100)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core.cameras import Cameras
from ..core.data import People
from ..core.progress import Progress
from ..core.settings import require, require_powers_of_two, setting
from ..core.style_layers import resize
from ..core.training import seeded
from ..fields.compose import Boxes, compose, turned
from ..fields.mlp import FeatureField, FeatureFieldConfig, FilmMapping, FilmSiren, SirenConfig
from ..fields.render import Field
from ..fields.view_generator import Scene, ViewGenerator, feature_picture, load_view_generator
from ..gan.discriminators import DiscriminatorConfig
from ..gan.posed import train_posed
from ..gan.regularizers import R1, CameraHead, PathLength, Regularizer
from ..gan.trainer import AdversarialConfig


class Baseline(NamedTuple):
    """A system of this module, as a module of its own would be."""

    Config: type[AdversarialConfig]
    train: Callable[..., None]
    load: Callable[[Path], ViewGenerator]


@dataclass(frozen=True)
class PiGANConfig(AdversarialConfig):
    """pi-GAN at a size for a processor; published are 8 layers of 256, 24 + 24 samples, 32 to 128 px."""

    generator_rate: float = setting(5e-4, "learning rate of the generator")
    discriminator_rate: float = setting(1e-3, "learning rate of the discriminator")
    size: int = setting(32, "px a side of the pictures")
    start: int = setting(16, "px a side at first")
    grow: int = setting(10_000, "pictures after which the full size is rendered")
    latent: int = setting(64, "numbers that a person is drawn from")
    width: int = setting(32, "channels of hidden layers")
    depth: int = setting(3, "hidden layers")
    mapping: int = setting(64, "width of the layers from latents to frequencies and phases")
    samples: int = setting(16, "samples along a ray")
    narrowest: int = setting(24, "channels at the finest level of a network")
    widest: int = setting(64, "channels at its coarsest levels")
    r1: float = setting(1.0, "weight of the discriminator's squared gradient at real pictures")
    r1_every: int = setting(16, "steps from one R1 to the next")
    camera: float = setting(5.0, "weight of the discriminator's guess of the camera")
    path_length: float = setting(0.0, "weight of path length regularisation, which pi-GAN has not; 0 leaves it out")
    path_length_every: int = setting(4, "steps from one to the next")

    def __post_init__(self):
        super().__post_init__()
        ones = (
            "latent",
            "width",
            "depth",
            "mapping",
            "samples",
            "narrowest",
            "widest",
            "r1_every",
            "path_length_every",
        )
        weights = ("grow", "r1", "camera", "path_length")
        require(self, size=(4, 1024), start=(1, 1024), **dict.fromkeys(ones, (1, math.inf)),
                **dict.fromkeys(weights, (0, math.inf)))  # fmt: skip
        require_powers_of_two(self, "size")


class PiGAN(ViewGenerator):
    """Latents to the frequencies and phases of a FiLM-SIREN, rendered at full size, at first at a lower one."""

    def __init__(self, config: PiGANConfig):
        super().__init__()
        self.config, self.latent = config, config.latent
        self.siren = FilmSiren(SirenConfig(config.width, config.depth))
        self.mapping = FilmMapping(config.latent, self.siren.modulated, config.mapping)

    def _picture(self, film: tuple[Tensor, Tensor], cameras: Cameras, size: int, rng=None) -> Tensor:
        # A ray's direction follows from its point: all rays of a picture start at the camera.
        eyes = cameras.c2w[:, None, :3, 3]

        def field(points: Tensor) -> tuple[Tensor, Tensor]:
            return self.siren(points, F.normalize(points - eyes, dim=-1), *film)

        return feature_picture(field, cameras, size, self.config.samples, 1.0, rng) * 2 - 1

    def field(self, latents: Tensor) -> Field:
        """The field of people as seen from the front."""
        film = self.mapping(latents)

        def field(points: Tensor) -> tuple[Tensor, Tensor]:
            ahead = torch.tensor([0.0, 1.0, 0.0], device=points.device)
            return self.siren(points, ahead.expand_as(points), *film)

        return field

    def side(self, images: int) -> int:
        """Pixels a side that are rendered after ``images`` real pictures."""
        return self.config.size if images >= self.config.grow else self.config.start

    def styles(self, latents: Tensor, cameras: Cameras, rng: torch.Generator) -> Tensor:
        return torch.stack(self.mapping(latents), 1).flatten(1)

    def forward(self, styles: Tensor, cameras: Cameras, images: int, rng: torch.Generator) -> Tensor:
        film = styles.unflatten(1, (2, *self.siren.modulated)).unbind(1)
        # The discriminator keeps its size: it sees low resolutions grown, real and fake alike.
        return resize(self._picture(film, cameras, self.side(images), rng), self.config.size)

    def real(self, pictures: Tensor, images: int) -> Tensor:
        return resize(resize(pictures, self.side(images)), self.config.size)

    def scene(self, latents: Tensor) -> Scene:
        film = self.mapping(latents)
        return lambda cameras, size: self._picture(film, cameras, size)


@dataclass(frozen=True)
class GiraffeConfig(FeatureFieldConfig, AdversarialConfig):
    """GIRAFFE at a size for a processor; published are codes of 256, features 128 x 16^2, pictures of 64 … 256 px."""

    generator_rate: float = setting(1e-3, "learning rate of the generator")
    discriminator_rate: float = setting(1e-3, "learning rate of the discriminator")
    size: int = setting(32, "px a side of the pictures")
    raw: int = setting(16, "px a side of the rendered features")
    objects: int = setting(1, "objects in a picture")
    samples: int = setting(16, "samples along a ray")
    shrink: float = setting(0.1, "an object's half side is between 1 - shrink and 1")
    move: float = setting(0.05, "largest shift of an object in box units")
    turn: float = setting(0.1, "largest turn of an object about z, in radians")
    narrowest: int = setting(24, "channels at the finest level of a network")
    widest: int = setting(64, "channels at its coarsest levels")
    r1: float = setting(1.0, "weight of the discriminator's squared gradient at real pictures")
    r1_every: int = setting(16, "steps from one R1 to the next")

    def __post_init__(self):
        super().__post_init__()
        ones = ("shape", "appearance", "width", "depth", "octaves", "features", "objects", "samples", "narrowest", "widest",
                "r1_every")  # fmt: skip
        # An object keeps a size, and its middle stays in the box.
        require(self, size=(4, 1024), raw=(1, 1024), shrink=(0, 0.9), move=(0, 1), turn=(0, math.pi), r1=(0, math.inf),
                **dict.fromkeys(ones, (1, math.inf)))  # fmt: skip
        require_powers_of_two(self, "size")


class NeuralRenderer(nn.Module):
    """Feature pictures (B, F, h, w) to colours (B, 3, size, size) in [-1, 1]: GIRAFFE's, with one doubling or more."""

    def __init__(self, features: int, width: int, doublings: int):
        super().__init__()
        sizes = [features] + [width] * doublings
        self.layers = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in zip(sizes, sizes[1:], strict=False))
        self.colours = nn.ModuleList(
            [nn.Conv2d(features, 3, 1)] + [nn.Conv2d(width, 3, 3, padding=1) for _ in range(doublings)]
        )

    def forward(self, values: Tensor, size: int) -> Tensor:
        total = self.colours[0](values)
        for layer, colour in zip(self.layers, self.colours[1:], strict=True):
            values = F.leaky_relu(layer(F.interpolate(values, scale_factor=2, mode="nearest")), 0.2)
            total = resize(total, values.shape[-1]) + colour(values)
        return resize(total.tanh(), size)


class Giraffe(ViewGenerator):
    """Latents to shape and appearance codes of objects, their composed features, and a picture by convolutions.

    The people stand before white, so the background is one learned feature and not a field.
    """

    coloured = False  # its field's features are no colours

    def __init__(self, config: GiraffeConfig):
        super().__init__()
        self.config = config
        self.latent = config.objects * (config.shape + config.appearance)
        shared = (config.shape, config.appearance, config.width, config.depth, config.octaves, config.features)
        self.object = FeatureField(FeatureFieldConfig(*shared))
        self.background = nn.Parameter(torch.zeros(config.features))
        doublings = max((config.size // config.raw).bit_length() - 1, 0)
        self.renderer = NeuralRenderer(config.features, config.narrowest, doublings)

    def place(self, count: int, rng: torch.Generator | None = None) -> Boxes:
        """Boxes of ``count`` scenes: drawn, or where they are on average."""
        shape = (count, self.config.objects)
        device = self.background.device
        drawn = torch.full((*shape, 5), 0.5, device=device)
        if rng is not None:
            drawn = torch.rand(*shape, 5, generator=rng, device=rng.device)
        centred = drawn * 2 - 1
        scale = 1 - self.config.shrink * drawn[..., :1]
        return Boxes(
            scale.expand(-1, -1, 3), turned(self.config.turn * centred[..., 1]), self.config.move * centred[..., 2:]
        )

    def field(self, latents: Tensor, boxes: Boxes | None = None) -> Field:
        """The composed field of people; its features are no colours."""
        codes = latents.unflatten(1, (self.config.objects, -1)).unbind(1)

        def one(code: Tensor) -> Field:
            shape, appearance = code.split([self.config.shape, self.config.appearance], -1)
            return lambda points: self.object(points, shape, appearance)

        return compose([one(code) for code in codes], self.place(len(latents)) if boxes is None else boxes)

    def _picture(self, field: Field, cameras: Cameras, size: int, rng=None) -> Tensor:
        raw = max(size * self.config.raw // self.config.size, 1)
        return self.renderer(feature_picture(field, cameras, raw, self.config.samples, self.background, rng), size)

    def forward(self, styles: Tensor, cameras: Cameras, images: int, rng: torch.Generator) -> Tensor:
        return self._picture(self.field(styles, self.place(len(styles), rng)), cameras, self.config.size, rng)

    def scene(self, latents: Tensor) -> Scene:
        field = self.field(latents)
        return lambda cameras, size: self._picture(field, cameras, size)


def pi_gan_discriminator(config: PiGANConfig) -> DiscriminatorConfig:
    """The discriminator: it guesses the camera too."""
    return DiscriminatorConfig(config.size, 3, config.narrowest, config.widest, heads={"camera": 3})


def pi_gan_regularizers(config: PiGANConfig) -> list[Regularizer]:
    """R1, the camera's guess, and path lengths where they weigh something."""
    found: list[Regularizer] = [R1(config.r1, config.r1_every), CameraHead(config.camera)]
    return found + ([PathLength(config.path_length, config.path_length_every)] if config.path_length else [])


def _train_pi_gan(
    people: People, folder: Path, config: PiGANConfig | None = None, progress: Progress | None = None
) -> None:
    config = config or PiGANConfig()
    model = seeded(lambda: PiGAN(config), config.seed)
    train_posed(
        "pi_gan", people, folder, config, model, pi_gan_discriminator(config), pi_gan_regularizers(config), progress
    )


def _train_giraffe(
    people: People, folder: Path, config: GiraffeConfig | None = None, progress: Progress | None = None
) -> None:
    config = config or GiraffeConfig()
    discriminator = DiscriminatorConfig(config.size, 3, config.narrowest, config.widest)
    model = seeded(lambda: Giraffe(config), config.seed)
    train_posed("giraffe", people, folder, config, model, discriminator, [R1(config.r1, config.r1_every)], progress)


pi_gan = Baseline(PiGANConfig, _train_pi_gan, lambda folder: load_view_generator("pi_gan", folder, PiGANConfig, PiGAN))
giraffe = Baseline(
    GiraffeConfig, _train_giraffe, lambda folder: load_view_generator("giraffe", folder, GiraffeConfig, Giraffe)
)
