"""Taming transformers: tokens of pictures one after another, and wide pictures by a sliding window (arXiv 2012.09841)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ....datagen.errors import BadInput
from ...core.progress import Progress, counting
from ...core.settings import require, setting
from ...core.shots import Shots
from ...diffusion.conditioning import Cond
from ...tokens.autoregressive import chosen, draw, shifted
from ...tokens.transformer import Cache
from ..request import Request
from .config import TokenConfig
from .model import TokenPictures, load_run, train_model


@dataclass(frozen=True, kw_only=True)
class Config(TokenConfig):
    """Sizes for a processor; published are 24 blocks of 1024 channels for faces, over 16² tokens."""

    temperature: float = setting(1.0, "of the tokens when they are drawn; 0 is always the likeliest", later=True)
    top: int = setting(100, "of how many of the likeliest tokens each is drawn; 0 is all", later=True)
    wide: int = setting(0, "px of the width of pictures that are made, by a window that slides; 0 is size", later=True)
    high: int = setting(0, "the same of their height", later=True)

    def __post_init__(self):
        super().__post_init__()
        require(self, temperature=(0, 100), top=(0, math.inf), wide=(0, 4096), high=(0, 4096))

    def check(self) -> None:
        """Raise BadInput where fields do not go together."""
        super().check()
        factor = self.autoencoder.factor
        for name in ("wide", "high"):
            if (value := getattr(self, name)) and (value < self.size or value % factor):
                raise BadInput(
                    f"{name}: {value} is not allowed; allowed are multiples of {factor} from size, which is {self.size}"
                )

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of the tokens of pictures that are made."""
        return (self.high or self.size) // self.autoencoder.factor, (self.wide or self.size) // self.autoencoder.factor


class Taming(TokenPictures):
    """A causal prior, which draws row by row."""

    system = "taming"
    causal = True
    config: Config

    def loss(self, tokens: Tensor, cond: Cond, generator: torch.Generator) -> dict[str, Tensor]:
        """The cross-entropy of each token after those before it, in nats."""
        logits = self.prior(shifted(tokens, self.config.codes), cond)
        return {"loss": F.cross_entropy(logits.flatten(0, 1), tokens.flatten())}

    def drawn(
        self, cond: Cond, count: int, request: Request, generator: torch.Generator, progress: Progress | None
    ) -> Tensor:
        """Tokens (count, h, w) under a condition; what one window holds is drawn with all keys kept."""
        config = self.config
        cache = Cache() if config.grid == (config.side, config.side) else None

        def told(tokens: Tensor, cache: Cache | None, first: int) -> Tensor:
            return self.prior(tokens, cond, None, cache, first)

        return draw(told, count, config.grid, config.side, config.codes,
                    lambda logits: chosen(logits, generator, config.temperature, config.top), cache,
                    counting(progress, "tokens"))  # fmt: skip


def train(shots: Shots, folder: Path, config: Config | None = None, progress: Progress | None = None) -> None:
    """Train both stages and write what ``load`` reads; goes on from what the folder holds."""
    train_model(Taming, shots, folder, config or Config(), progress)


def load(folder: Path) -> Taming:
    """Read a trained run; raises BadInput where the folder holds another system or is damaged."""
    return load_run(Taming, folder, Config())
