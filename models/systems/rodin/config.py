"""What a Rodin is made of and how each of its stages is trained."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...core.trainer import TrainerConfig
from ...fields.fit import FitConfig


@dataclass(frozen=True)
class Config:
    """The defaults fit two processor cores; the paper's are 64 and 256 texels, width 192, 100 000 people."""

    fit: FitConfig = field(default_factory=FitConfig)
    vlm_steps: int = 500  # of the training of the guiding image-text model
    shared: int = 64  # people whose planes are fitted together with the decoder; the others' follow with it frozen
    single_people: int = 6  # of those others, fitted in one batch
    single_steps: int = 170  # of such a batch
    single_rate: float = 1.5e-2  # of its planes
    resolution: int = 32  # of the planes that the base diffusion makes; the fit's is what the upsampler makes
    base_width: int = 32
    base_multipliers: tuple[int, ...] = (1, 2, 2)
    base_blocks: int = 1
    base_attention: tuple[int, ...] = (8,)
    rollout: bool = True  # the 3D-aware convolution; false trains plain 2D convolutions on the same planes
    process: str = "cosine"
    process_steps: int = 1000
    prediction: str = "v"  # the paper predicts eps; short trainings are steadier with v
    batch: int = 16
    drop: float = 0.2  # share of latents dropped for guidance
    base: TrainerConfig = field(default_factory=lambda: TrainerConfig(steps=2000, learning_rate=4e-4, ema=0.995))
    prior_width: int = 128
    prior_depth: int = 3
    prior_batch: int = 64
    prior: TrainerConfig = field(default_factory=lambda: TrainerConfig(steps=2000, learning_rate=5e-4, ema=0.995))
    upsampler_width: int = 12
    upsampler_multipliers: tuple[int, ...] = (1, 2, 2)
    upsampler_steps: int = 100  # of its process, which is linear
    upsampler_batch: int = 4
    render_weight: float = 1.0  # of the mean absolute error of rendered rays
    upsampler: TrainerConfig = field(default_factory=lambda: TrainerConfig(steps=600, learning_rate=4e-4, ema=0.99))
    refiner_width: int = 24
    refiner_blocks: int = 3
    refiner_batch: int = 8
    refiner: TrainerConfig = field(default_factory=lambda: TrainerConfig(steps=600, learning_rate=5e-4, ema=0.99))
    guidance: float = 4.0  # of the base diffusion when it samples
    steps: int = 25  # of the base diffusion when it samples
    upsampler_sampling: int = 5
    drawn: int = 64  # latents that the prior draws for a prompt, of which the best become candidates
    candidates: int = 6  # that a prompt makes, of which the guiding image-text model keeps the best
