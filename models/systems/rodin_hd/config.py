"""What a RodinHD is made of and how each of its stages is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ....datagen.errors import BadInput
from ...core.settings import means, require, setting
from ...core.trainer import TrainerConfig
from ...fields.fit import FitConfig
from ...fields.replay import ReplayConfig
from ..rodin.config import TwoSizesConfig


@dataclass(frozen=True)
class Config(TwoSizesConfig):
    """The defaults fit two processor cores; the paper's are 128 and 512 texels of 32 channels, 46 000 people."""

    fit: FitConfig = field(
        default_factory=lambda: FitConfig(fourier=2, people=2, steps=6000),
        metadata=means("how planes are fitted; all visits together are its steps, a visit is of its people"),
    )
    replay: ReplayConfig = field(default_factory=ReplayConfig, metadata=means("how people are visited"))
    portrait: int = setting(128, "px a side of the portraits whose features are read; a multiple of 32")
    token_width: int = setting(64, "channels of the tokens that patches of features become")
    base_attention: tuple[int, ...] = setting(
        (16, 8), "resolutions with attention, and with cross-attention to the portrait"
    )
    process: str = setting("cosine_triplane", "noise schedule of the base diffusion")
    upsampler_process: str = setting("sigmoid_triplane", "noise schedule of the upsampler")
    upsampler_weighting: str = setting("min_snr", "of its steps: none, or min_snr (2303.09556)")
    perceptual_weight: float = setting(0.5, "of the perceptual loss of rendered patches; 0 renders none")
    guidance: float = setting(1.3, "of the base diffusion when it samples", later=True)
    steps: int = setting(10, "of the base diffusion when it samples", later=True)
    upsampler_sampling: int = setting(10, "steps of the upsampler when it samples", later=True)
    base: TrainerConfig = field(
        default_factory=lambda: TrainerConfig(steps=4000, learning_rate=0.0004, ema=0.995),
        metadata=means("training of the base diffusion"),
    )

    def __post_init__(self):
        super().__post_init__()
        require(self, portrait=(32, 1024), token_width=(1, math.inf))
        if self.portrait % 32:
            raise BadInput(f"portrait: {self.portrait} is not allowed; allowed is a multiple of 32")
        if not self.base_attention:
            raise BadInput("base_attention: is empty; allowed is at least one resolution, where the portrait is read")
