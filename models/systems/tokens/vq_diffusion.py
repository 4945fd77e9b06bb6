"""VQ-Diffusion: tokens of pictures by diffusion that masks and replaces (arXiv 2111.14822; guidance and purity, 2205.16007)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ...core.progress import Progress, counting
from ...core.settings import require, setting
from ...core.shots import Shots
from ...diffusion.conditioning import Cond
from ...diffusion.guidance import guide
from ...tokens.discrete import MaskAndReplace, draw, truncated
from ..pictures.config import check_names
from ..request import Request
from .config import TokenConfig
from .model import TokenPictures, load_run, train_model

INFERENCES = ("posterior", "purity")


@dataclass(frozen=True, kw_only=True)
class Config(TokenConfig):
    """Sizes for a processor; published are 19 blocks of 1024 channels with 16 heads, over 32² tokens, and 100 steps."""

    process_steps: int = setting(100, "steps of the diffusion process")
    auxiliary: float = setting(5e-4, "weight of the first tokens' cross-entropy, which doubles towards the first step")
    guidance: float = setting(2.0, "towards what is told when pictures are made; 1 is none", later=True)
    steps: int = setting(25, "strides in which the process is gone back", later=True)
    inference: str = setting(
        "posterior",
        "posterior, as 2111.14822 draws, or purity, which unmasks the surest first (2205.16007)",
        later=True,
    )
    purity: float = setting(1.0, "of inference purity: how much sure guesses are sharpened", later=True)
    truncation: float = setting(
        0.86, "share that the likeliest tokens make up, of which each is drawn; 1 is all", later=True
    )

    def __post_init__(self):
        super().__post_init__()
        require(self, process_steps=(2, 10_000), auxiliary=(0, 100), guidance=(0, 100), steps=(1, 10_000), purity=(0, 100),
                truncation=(1e-3, 1))  # fmt: skip
        check_names(self, inference=INFERENCES)

    @property
    def process(self) -> MaskAndReplace:
        """The diffusion process."""
        return MaskAndReplace(self.codes, self.process_steps)


class VQDiffusion(TokenPictures):
    """A prior that is told the step, and guesses the first tokens."""

    system = "vq_diffusion"
    config: Config

    @property
    def times(self) -> int:
        """The steps of the process."""
        return self.config.process_steps

    def loss(self, tokens: Tensor, cond: Cond, generator: torch.Generator) -> dict[str, Tensor]:
        """The bound's term of a step, and the cross-entropy of the first tokens, in nats a token; steps are drawn by their losses."""
        config, process, sampler = self.config, self.config.process, self.prior.steps
        assert sampler is not None
        number, weights = sampler.draw(len(tokens), generator)
        noised = process.noised(tokens, number + 1, generator)
        bound, cross = process.losses(self.prior(noised, cond, number + 1), tokens, noised, number + 1)
        adaptive = config.auxiliary * (2 - (number + 1) / config.process_steps)
        loss = bound + adaptive * cross
        sampler.tell(number, loss)
        return {"loss": (weights * loss).mean(), "bound": (weights * bound).mean(), "cross_entropy": cross.mean()}

    def drawn(
        self, cond: Cond, count: int, request: Request, generator: torch.Generator, progress: Progress | None
    ) -> Tensor:
        """Tokens (count, s, s) under a condition."""
        config = self.config
        scale = config.guidance if request.guidance is None else request.guidance
        nothing = self.prior.told.nothing(count)
        scale = scale if len(cond) and (cond.keep is None or cond.keep.any()) else 1.0

        def guess(tokens: Tensor, t: Tensor) -> Tensor:
            told = self.prior(tokens, cond, t).log_softmax(-1)
            if scale != 1:
                told = guide(told, self.prior(tokens, nothing, t).log_softmax(-1), scale)
            return truncated(told.softmax(-1), config.truncation)

        purity = config.purity if config.inference == "purity" else None
        steps = min(request.steps or config.steps, config.process_steps)
        found = draw(
            config.process, guess, count, config.side**2, steps, generator, purity, counting(progress, "tokens")
        )
        return found.reshape(count, config.side, config.side)


def train(shots: Shots, folder: Path, config: Config | None = None, progress: Progress | None = None) -> None:
    """Train both stages and write what ``load`` reads; goes on from what the folder holds."""
    train_model(VQDiffusion, shots, folder, config or Config(), progress)


def load(folder: Path) -> VQDiffusion:
    """Read a trained run; raises BadInput where the folder holds another system or is damaged."""
    return load_run(VQDiffusion, folder, Config())
