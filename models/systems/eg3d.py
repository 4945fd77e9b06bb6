"""EG3D: triplanes by a style GAN, rendered small, super-resolved, and scored with the small picture (arXiv 2112.07945)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ..core.cameras import POSE, Cameras, pose_vectors
from ..core.data import People
from ..core.progress import Progress
from ..core.settings import require, require_powers_of_two, setting
from ..core.style_layers import resize
from ..core.training import seeded
from ..fields.render import Field
from ..fields.synthesis import Mapping, TriplaneSynthesis
from ..fields.triplane import TriplaneField, sample_planes
from ..fields.view_generator import Scene, ViewGenerator, feature_picture, front_camera, load_view_generator
from ..gan.discriminators import DiscriminatorConfig, dual
from ..gan.generators import PlaneDecoder, SuperResolution
from ..gan.posed import train_posed
from ..gan.regularizers import R1, DensitySmoothness
from ..gan.trainer import AdversarialConfig

SYSTEM = "eg3d"


@dataclass(frozen=True)
class Config(AdversarialConfig):
    """EG3D at a size for a processor; published are planes of 32 x 256^2, 48 + 48 samples, 64^2 … 128^2 to 512^2."""

    size: int = setting(32, "px a side of the pictures")
    raw: int = setting(16, "px a side of what is rendered")
    latent: int = setting(64, "numbers that a person is drawn from")
    style: int = setting(64, "numbers of a style")
    mapping: int = setting(2, "layers from latents to styles")
    channels: int = setting(8, "channels of each plane")
    planes: int = setting(32, "texels a side of the planes")
    features: int = setting(16, "channels of what is rendered")
    decoder: int = setting(32, "width of the decoder's hidden layer")
    samples: int = setting(20, "samples along a ray")
    narrowest: int = setting(24, "channels at the finest level of a network")
    widest: int = setting(64, "channels at its coarsest levels")
    swap: float = setting(0.5, "probability that the generator is conditioned on another picture's pose than its own")
    r1: float = setting(1.0, "weight of the discriminator's squared gradient at real pictures")
    r1_every: int = setting(16, "steps from one R1 to the next")
    smoothness: float = setting(0.25, "weight of the density's smoothness")
    smoothness_every: int = setting(4, "steps from one to the next")

    def __post_init__(self):
        super().__post_init__()
        ones = ("latent", "style", "mapping", "channels", "decoder", "samples", "narrowest", "widest", "r1_every",
                "smoothness_every")  # fmt: skip
        # The first three features are the raw picture's colours.
        require(self, size=(4, 1024), raw=(1, 1024), planes=(4, 1024), features=(3, math.inf), swap=(0, 1),
                r1=(0, math.inf), smoothness=(0, math.inf), **dict.fromkeys(ones, (1, math.inf)))  # fmt: skip
        require_powers_of_two(self, "size", "planes")


class EG3D(ViewGenerator):
    """Latents to planes under a pose as a condition, to a raw picture, to a sharp one.

    In training the pose that conditions the planes is now and then another's, so that they cannot draw for one camera
    alone; a sampled person is conditioned on the pose straight ahead.
    """

    def __init__(self, config: Config):
        super().__init__()
        self.config, self.latent = config, config.latent
        self.mapping = Mapping(config.latent, config.style, config.mapping, POSE)
        self.planes = TriplaneSynthesis(config.channels, config.planes, config.style, config.narrowest, config.widest)
        self.decoder = PlaneDecoder(config.channels, config.features, config.decoder)
        self.sharpen = SuperResolution(config.features, config.style, config.narrowest)
        self.register_buffer("front", torch.zeros(POSE))

    def field(self, latents: Tensor) -> Field:
        """The field of people, of density and colour in 0…1: the raw picture's, as super-resolution knows no space."""
        inside = TriplaneField(self.planes(self.mapping(latents, self.front.expand(len(latents), -1))), self.decoder)

        def field(points: Tensor) -> tuple[Tensor, Tensor]:
            density, features = inside(points)
            return density, features[..., :3]

        return field

    def density(self, latents: Tensor, poses: Tensor, points: Tensor) -> Tensor:
        """Density (B, N) per box unit at points (B, N, 3)."""
        return self.decoder(sample_planes(self.planes(self.mapping(latents, poses)), points))[0]

    def pictures(
        self, planes: Tensor, style: Tensor, cameras: Cameras, size: int, rng: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """The sharp picture (B, 3, size, size) and the raw one, both in [-1, 1]."""
        raw = max(size * self.config.raw // self.config.size, 1)
        features = feature_picture(TriplaneField(planes, self.decoder), cameras, raw, self.config.samples, 1.0, rng)
        return self.sharpen(features, style, size), features[:, :3] * 2 - 1

    def styles(self, latents: Tensor, cameras: Cameras, rng: torch.Generator) -> Tensor:
        poses = pose_vectors(cameras)
        swapped = torch.rand(len(poses), 1, generator=rng, device=rng.device) < self.config.swap
        return self.mapping(latents, torch.where(swapped, poses.roll(1, 0), poses))

    def forward(self, styles: Tensor, cameras: Cameras, images: int, rng: torch.Generator) -> Tensor:
        return dual(*self.pictures(self.planes(styles), styles, cameras, self.config.size, rng))

    def real(self, pictures: Tensor, images: int) -> Tensor:
        return dual(pictures, resize(pictures, self.config.raw))

    def scene(self, latents: Tensor) -> Scene:
        style = self.mapping(latents, self.front.expand(len(latents), -1))
        planes = self.planes(style)
        return lambda cameras, size: self.pictures(planes, style, cameras, size)[0].clamp(-1, 1)


def discriminator(config: Config) -> DiscriminatorConfig:
    """The discriminator: six channels, conditioned on the camera."""
    return DiscriminatorConfig(config.size, 6, config.narrowest, config.widest, POSE)


def regularizers(config: Config) -> list:
    """R1, and smoothness of the density."""
    return [R1(config.r1, config.r1_every), DensitySmoothness(config.smoothness, config.smoothness_every)]


def train(people: People, folder: Path, config: Config | None = None, progress: Progress | None = None) -> None:
    """Train on random single views of people; goes on from what the folder holds."""
    config = config or Config()
    model = seeded(lambda: EG3D(config), config.seed)
    model.front.copy_(pose_vectors(front_camera(people))[0])
    train_posed(SYSTEM, people, folder, config, model, discriminator(config), regularizers(config), progress)


def load(folder: Path) -> EG3D:
    """The trained generator of a folder."""
    return load_view_generator(SYSTEM, folder, Config, EG3D)
