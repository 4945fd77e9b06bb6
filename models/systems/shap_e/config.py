"""What a Shap-E is made of and how each of its stages is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ....datagen.errors import BadInput
from ...core.settings import means, require, setting
from ...core.trainer import TrainerConfig
from ...diffusion.points import PointsConfig
from ...diffusion.process import Gaussian
from ...fields.written import LatentEncoderConfig, WrittenConfig
from ...vision.vlm import VLMConfig


def _training(steps: int, rate: float = 5e-4):
    return lambda: TrainerConfig(steps=steps, learning_rate=rate, ema=0.995)


@dataclass(frozen=True)
class Config:
    """Sizes for a processor; published are latents of 1,024 x 1,024, transformers of 24 x 1,024, 64 steps of sampling."""

    size: int = setting(32, "px a side of the views that are looked at")
    vlm_width: int = setting(128, "channels of the image-text model, whose grid of a view is a condition")
    vlm_steps: int = setting(500, "of its training")
    encoder: LatentEncoderConfig = field(
        default_factory=LatentEncoderConfig, metadata=means("what makes latents of things")
    )
    written: WrittenConfig = field(default_factory=WrittenConfig, metadata=means("the network that a latent writes"))
    noise: float = setting(
        0.05, "deviation of the noise on latents while fields are learned: what it hides is not told"
    )
    rays: int = setting(256, "of each thing in a step")
    samples: int = setting(24, "along a ray")
    asked: int = setting(
        256, "places of each thing in a step whose distance is learned, and as many colours of the surface"
    )
    distance_weight: float = setting(1.0, "of distances, beside the colours and the opacity of rays")
    surface_weight: float = setting(
        0.5, "of pictures of the surface, by tetrahedra, beside the rest of the second stage"
    )
    tetrahedra: int = setting(16, "cells along an edge of their grid")
    width: int = setting(96, "channels of a token as the diffusion's transformer sees it")
    depth: int = setting(4, "blocks of that")
    heads: int = setting(4, "heads of attention")
    process_steps: int = setting(1024, "steps of the diffusion process")
    drop: float = setting(0.1, "share of conditions dropped for guidance")
    batch: int = setting(4, "things in a step")
    fields: TrainerConfig = field(
        default_factory=_training(3000, 1e-3), metadata=means("training of encoder and fields as volumes")
    )
    surfaces: TrainerConfig = field(default_factory=_training(1000), metadata=means("training of both with surfaces"))
    prior: TrainerConfig = field(
        default_factory=_training(4000), metadata=means("training of the diffusion of latents")
    )
    guidance: float = setting(
        3.0, "of latents when they are sampled; published are 15 for words and 3 for pictures", later=True
    )
    steps: int = setting(32, "of a latent when it is sampled", later=True)
    grid: int = setting(48, "nodes along the box at which the surface is asked for", later=True)
    skin: float = setting(0.02, "box units by which the surface lies outside, which makes leaves thick", later=True)
    keep: float = setting(
        1.0, "share of the largest piece's area below which pieces are dropped; 1 keeps that alone", later=True
    )
    texture: int = setting(512, "px a side of a mesh's texture", later=True)

    def __post_init__(self):
        ones = ("vlm_steps", "rays", "samples", "batch", "process_steps", "steps")
        require(self, size=(16, 256), noise=(0, 1), distance_weight=(0, math.inf), surface_weight=(0, math.inf), tetrahedra=(3, 128),
                asked=(2, math.inf), drop=(0, 1), guidance=(0, 100), grid=(4, 512), skin=(0, 0.2), keep=(0, 1), texture=(16, 8192),
                **dict.fromkeys(ones, (1, math.inf)))  # fmt: skip
        if self.size % self.encoder.patch:
            raise BadInput(
                f"encoder.patch: {self.encoder.patch} is not allowed; allowed is what divides {self.size} px"
            )
        self.vlm, self.net  # noqa: B018 (they say what they do not allow)

    @property
    def vlm(self) -> VLMConfig:
        """The image-text model."""
        return VLMConfig(size=self.size, crop=1.0, width=self.vlm_width)

    @property
    def net(self) -> PointsConfig:
        """The transformer of latents, told a sentence's embedding or a view's grid."""
        return PointsConfig(self.written.token, self.width, self.depth, self.heads, self.vlm.embedding, self.vlm_width)

    @property
    def process(self) -> Gaussian:
        """The diffusion of latents, which predicts them, as published."""
        return Gaussian("cosine", self.process_steps, "x0")
