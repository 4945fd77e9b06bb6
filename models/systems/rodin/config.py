"""What a Rodin is made of and how each of its stages is trained."""

from __future__ import annotations

from dataclasses import dataclass, field

from ....datagen.errors import BadInput
from ...core.settings import means, setting
from ...core.trainer import TrainerConfig
from ...fields.fit import FitConfig

LATENTS = ("centred", "raw")


WEIGHTINGS = ("none", "min_snr")


@dataclass(frozen=True)
class TwoSizesConfig:
    """What is common to diffusions that make small planes, and enlarge them by an upsampler."""

    fit: FitConfig = field(default_factory=FitConfig, metadata=means("how planes are fitted"))
    shared: int = setting(
        64, "people whose planes are fitted together with the decoder; the others' follow with it frozen"
    )
    single_people: int = setting(6, "of those others, fitted in one batch")
    single_steps: int = setting(170, "of such a batch")
    single_rate: float = setting(1.5e-2, "of its planes")
    resolution: int = setting(32, "of the planes that the base diffusion makes; the fit's is what the upsampler makes")
    base_width: int = setting(32, "channels of the base diffusion's first level")
    base_multipliers: tuple[int, ...] = setting((1, 2, 2), "channels of its levels, in those of the first")
    base_blocks: int = setting(1, "residual blocks of a level")
    base_attention: tuple[int, ...] = setting((8,), "resolutions with attention")
    rollout: bool = setting(True, "the 3D-aware convolution; false trains plain 2D convolutions on the same planes")
    process: str = setting("cosine", "noise schedule of the base diffusion")
    process_steps: int = setting(1000, "steps of the base diffusion's process")
    prediction: str = setting("v", "the paper predicts eps; short trainings are steadier with v")
    batch: int = setting(16, "samples in a step")
    drop: float = setting(0.2, "share of latents dropped for guidance")
    base: TrainerConfig = field(
        default_factory=lambda: TrainerConfig(steps=2000, learning_rate=0.0004, ema=0.995),
        metadata=means("training of the base diffusion"),
    )
    upsampler_width: int = setting(12, "channels of the upsampler's first level")
    upsampler_multipliers: tuple[int, ...] = setting((1, 2, 2), "channels of its levels, in those of the first")
    upsampler_process: str = setting("linear", "noise schedule of the upsampler")
    upsampler_steps: int = setting(100, "of its process")
    upsampler_weighting: str = setting("none", "of its steps: none, or min_snr (2303.09556)")
    upsampler_batch: int = setting(4, "people in a step of the upsampler")
    render_weight: float = setting(1.0, "of the mean absolute error of rendered rays")
    perceptual_weight: float = setting(0.0, "of the perceptual loss of rendered patches; 0 renders none")
    upsampler: TrainerConfig = field(
        default_factory=lambda: TrainerConfig(steps=600, learning_rate=0.0004, ema=0.99),
        metadata=means("training of the upsampler"),
    )
    guidance: float = setting(4.0, "of the base diffusion when it samples", later=True)
    steps: int = setting(25, "of the base diffusion when it samples", later=True)
    upsampler_sampling: int = setting(5, "steps of the upsampler when it samples", later=True)

    def __post_init__(self):
        if self.upsampler_weighting not in WEIGHTINGS:
            raise BadInput(
                f"upsampler_weighting: {self.upsampler_weighting} is not allowed; allowed are {', '.join(WEIGHTINGS)}"
            )


@dataclass(frozen=True)
class Config(TwoSizesConfig):
    """The defaults fit two processor cores; the paper's are 64 and 256 texels, width 192, 100 000 people."""

    vlm_steps: int = setting(500, "of the training of the guiding image-text model")
    latents: str = setting(
        "centred", "what networks are told: latents centred and scaled to unit deviation, or raw ones", before="raw"
    )
    prior_width: int = setting(128, "width of the prior from sentences to latents")
    prior_depth: int = setting(3, "hidden layers of the prior")
    prior_batch: int = setting(64, "latents in a step of the prior")
    prior: TrainerConfig = field(
        default_factory=lambda: TrainerConfig(steps=2000, learning_rate=0.0005, ema=0.995),
        metadata=means("training of the prior"),
    )
    refiner_width: int = setting(24, "channels of the refiner")
    refiner_blocks: int = setting(3, "residual blocks of the refiner")
    refiner_batch: int = setting(8, "pictures in a step of the refiner")
    refiner: TrainerConfig = field(
        default_factory=lambda: TrainerConfig(steps=600, learning_rate=0.0005, ema=0.99),
        metadata=means("training of the refiner"),
    )
    drawn: int = setting(
        64, "latents that the prior draws for a prompt, of which the best become candidates", later=True
    )
    candidates: int = setting(
        6, "that a prompt makes, of which the guiding image-text model keeps the best", later=True
    )

    def __post_init__(self):
        super().__post_init__()
        if self.latents not in LATENTS:
            raise BadInput(f"latents: {self.latents} is not allowed; allowed are {', '.join(LATENTS)}")
