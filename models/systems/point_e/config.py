"""What a Point-E is made of and how each of its stages is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ....datagen.errors import BadInput
from ...core.settings import means, require, setting
from ...core.trainer import TrainerConfig
from ...diffusion.points import PointsConfig
from ...diffusion.process import PREDICTIONS, Gaussian
from ...diffusion.unet import UNetConfig
from ...fields.point_surface import PointSurfaceConfig
from ...vision.vlm import VLMConfig


def _training(steps: int, rate: float = 5e-4):
    return lambda: TrainerConfig(steps=steps, learning_rate=rate, ema=0.995)


@dataclass(frozen=True)
class Config:
    """Sizes for a processor; published are pictures of 64 px, 40 M to 1 B parameters, 64 and 64 steps, millions of things."""

    size: int = setting(32, "px a side of the views that are drawn and looked at")
    vlm_width: int = setting(
        128, "channels of the guiding image-text model, whose grid of a view conditions the clouds"
    )
    vlm_steps: int = setting(500, "of its training")
    view_width: int = setting(32, "channels of the first level of the network that draws views")
    view_multipliers: tuple[int, ...] = setting((1, 2, 2), "channels of its levels, in those of the first")
    view_attention: tuple[int, ...] = setting((8,), "resolutions with attention")
    points: int = setting(1024, "points of a coarse cloud")
    dense: int = setting(4096, "points of a fine cloud, the coarse one's among them")
    width: int = setting(96, "channels of a point as the coarse cloud's transformer sees it")
    depth: int = setting(6, "blocks of that")
    dense_width: int = setting(64, "channels of a point as the fine cloud's transformer sees it")
    dense_depth: int = setting(4, "blocks of that")
    heads: int = setting(4, "heads of attention of both")
    surface_net: PointSurfaceConfig = field(
        default_factory=PointSurfaceConfig, metadata=means("what says how far the surface of a cloud is")
    )
    surface_points: int = setting(1024, "points of the fine cloud that it reads, at most")
    asked: int = setting(256, "places that it is asked about in a step, half of them near the surface")
    prediction: str = setting("v", "the paper predicts eps and its variance; short trainings are steadier with v")
    process_steps: int = setting(1024, "steps of the diffusion processes")
    drop: float = setting(0.1, "share of conditions dropped for guidance")
    batch: int = setting(8, "things in a step")
    view: TrainerConfig = field(default_factory=_training(4000), metadata=means("training of what draws views"))
    base: TrainerConfig = field(default_factory=_training(4000), metadata=means("training of coarse clouds"))
    upsampler: TrainerConfig = field(default_factory=_training(1000), metadata=means("training of fine clouds"))
    surface: TrainerConfig = field(default_factory=_training(2000, 1e-3), metadata=means("training of surfaces"))
    guidance: float = setting(3.0, "of views and coarse clouds when they are sampled", later=True)
    view_steps: int = setting(25, "of a view when it is sampled", later=True)
    steps: int = setting(32, "of a coarse cloud when it is sampled", later=True)
    dense_steps: int = setting(12, "of a fine cloud when it is sampled", later=True)
    draws: int = setting(4, "views that a prompt draws, of which the image-text model keeps the best", later=True)
    grid: int = setting(48, "nodes along the box at which the surface is asked for", later=True)
    skin: float = setting(
        0.02, "box units by which the surface lies outside the cloud, which makes leaves thick", later=True
    )
    keep: float = setting(
        1.0, "share of the largest piece's area below which pieces are dropped; 1 keeps that alone", later=True
    )
    texture: int = setting(512, "px a side of a mesh's texture", later=True)

    def __post_init__(self):
        ones = (
            "vlm_steps",
            "view_width",
            "dense_width",
            "batch",
            "process_steps",
            "view_steps",
            "steps",
            "dense_steps",
            "draws",
        )
        require(self, size=(16, 256), points=(8, 1 << 15), dense=(9, 1 << 16), surface_points=(8, 1 << 16),
                asked=(2, math.inf), drop=(0, 1), guidance=(0, 100), grid=(4, 512), skin=(0, 0.2), keep=(0, 1), texture=(16, 8192),
                **dict.fromkeys(ones, (1, math.inf)))  # fmt: skip
        if self.prediction not in PREDICTIONS:
            raise BadInput(f"prediction: {self.prediction} is not allowed; allowed are {', '.join(PREDICTIONS)}")
        self.vlm, self.base_net, self.dense_net  # noqa: B018 (they say what they do not allow)

    @property
    def vlm(self) -> VLMConfig:
        """The guiding image-text model."""
        return VLMConfig(size=self.size, crop=1.0, width=self.vlm_width)

    def view_net(self, embedding: int) -> UNetConfig:
        """What draws a view of a sentence's embedding."""
        return UNetConfig(3, 3, self.view_width, self.view_multipliers, 1, self.view_attention, vector=embedding, rollout=False,
                          size=self.size)  # fmt: skip

    @property
    def base_net(self) -> PointsConfig:
        """The coarse cloud's transformer, told a view's grid."""
        return PointsConfig(width=self.width, depth=self.depth, heads=self.heads, tokens=self.vlm_width)

    @property
    def dense_net(self) -> PointsConfig:
        """The fine cloud's transformer, told a view's grid and the coarse cloud."""
        return PointsConfig(
            width=self.dense_width, depth=self.dense_depth, heads=self.heads, tokens=self.vlm_width, known=True
        )

    def process(self, name: str) -> Gaussian:
        """The process of a stage: cosine but for fine clouds, whose is linear, as published."""
        return Gaussian("linear" if name == "upsampler" else "cosine", self.process_steps, self.prediction)
