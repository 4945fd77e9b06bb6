"""MaskGIT: tokens of pictures many at a time, the surest first (arXiv 2202.04200)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ...core.progress import Progress, counting
from ...core.settings import require, setting
from ...core.shots import Shots
from ...diffusion.conditioning import Cond
from ...tokens.masked import draw, masked_at_random, masked_loss
from ..request import Request
from .config import TokenConfig
from .model import TokenPictures, load_run, train_model


@dataclass(frozen=True, kw_only=True)
class Config(TokenConfig):
    """Sizes for a processor; published are 24 blocks of 768 channels with 16 heads, over 16² tokens of 1024 codes."""

    smoothing: float = setting(0.1, "smoothing of the labels")
    least: float = setting(0.5, "share of the tokens that training hides at least")
    steps: int = setting(8, "steps in which a picture's tokens are drawn", later=True)
    temperature: float = setting(4.5, "of the noise on how sure tokens are, in the first step", later=True)

    def __post_init__(self):
        super().__post_init__()
        require(self, smoothing=(0, 0.9), least=(0, 1), steps=(1, 10_000), temperature=(0, 1000))


class MaskGIT(TokenPictures):
    """A prior that sees all tokens, of which some are masks."""

    system = "maskgit"
    config: Config

    def loss(self, tokens: Tensor, cond: Cond, generator: torch.Generator) -> dict[str, Tensor]:
        """The cross-entropy of tokens that were hidden, smoothed, in nats."""
        config = self.config
        seen, hidden = masked_at_random(tokens, config.codes, config.least, generator)
        return {"loss": masked_loss(self.prior(seen, cond), tokens, hidden, config.smoothing)}

    def drawn(
        self, cond: Cond, count: int, request: Request, generator: torch.Generator, progress: Progress | None
    ) -> Tensor:
        """Tokens (count, s, s) under a condition."""
        return self.completed(torch.full((count, self.config.side, self.config.side), self.config.codes), cond, request.steps,
                              generator, progress)  # fmt: skip

    @torch.no_grad()
    def completed(self, known: Tensor, cond: Cond, steps: int | None, generator: torch.Generator,
                  progress: Progress | None = None) -> Tensor:  # fmt: skip
        """Tokens (B, s, s) in place of those of ``known`` that are masks (the number ``codes``); all others stay."""
        config = self.config
        found = draw(lambda tokens: self.prior(tokens, cond), known.flatten(1), config.codes, steps or config.steps, generator,
                     config.temperature, counting(progress, "tokens"))  # fmt: skip
        return found.reshape(known.shape)


def train(shots: Shots, folder: Path, config: Config | None = None, progress: Progress | None = None) -> None:
    """Train both stages and write what ``load`` reads; goes on from what the folder holds."""
    train_model(MaskGIT, shots, folder, config or Config(), progress)


def load(folder: Path) -> MaskGIT:
    """Read a trained run; raises BadInput where the folder holds another system or is damaged."""
    return load_run(MaskGIT, folder, Config())
