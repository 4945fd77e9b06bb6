"""How a system of one net is trained: the fields that its configuration shares with others', and what they allow."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import ClassVar

from ..core.settings import require, setting
from ..core.trainer import TrainerConfig


@dataclass(frozen=True, kw_only=True)
class TrainedConfig:
    """The fields of a training by AdamW along a cosine; a system's own Config adds what its net is and gives other defaults."""

    follows_steps: ClassVar[bool] = True  # the cosine ends with the last step
    clip: ClassVar[float] = 1.0  # largest norm of all gradients together

    steps: int = setting(6000, "steps of training in all")
    batch: int = setting(8, "samples in a step")
    learning_rate: float = setting(1e-3, "learning rate of AdamW at its highest; it falls as a cosine")
    weight_decay: float = setting(0.02, "weight decay of AdamW")
    warmup: int = setting(100, "steps over which the learning rate rises")
    ema: float = setting(0.998, "share of the averaged weights that a step keeps")
    precision: str = setting("fp32", "fp32, or bf16, which GPUs and newer processors know and others imitate slowly")
    save_every: int = setting(200, "steps between checkpoints")
    picture_every: int = setting(500, "steps between pictures; 0 draws none")
    seed: int = setting(0, "seed of everything that is drawn")
    seconds: float = setting(0.0, "seconds of training in all runs together; 0 is no limit")

    def __post_init__(self):
        require(self, batch=(1, math.inf))
        self.training  # noqa: B018 (it says what it does not allow)

    @property
    def training(self) -> TrainerConfig:
        """How the trainer trains."""
        shared = {row.name for row in fields(TrainedConfig)} - {"batch"}
        return TrainerConfig(
            schedule="cosine", final=0.02, clip=self.clip, **{name: getattr(self, name) for name in sorted(shared)}
        )
