"""The latent prior: from a text's vector to vectors of pictures that it may describe, by diffusion."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...datagen.errors import BadInput
from ..core.layers import timestep_embedding, zero_module
from .conditioning import Cond, drop
from .guidance import guided
from .process import Gaussian, noise_like
from .samplers import ddim


@dataclass(frozen=True)
class LatentPriorConfig:
    """A prior between vectors of one width."""

    dim: int
    width: int = 256
    depth: int = 4
    steps: int = 1000
    dropped: float = 0.1  # share of texts that training hides, for guidance


class Block(nn.Module):
    """A residual perceptron under an adaptive norm whose gate is 0 at first (adaLN-Zero, arXiv 2212.09748)."""

    def __init__(self, width: int):
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.modulate = zero_module(nn.Linear(width, 3 * width))
        self.net = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        scale, shift, gate = self.modulate(condition).chunk(3, -1)
        return x + gate * self.net(torch.addcmul(shift, self.norm(x), 1 + scale))


class LatentPrior(nn.Module):
    """Vectors (B, dim) of unit length of pictures, given those of texts, by diffusion that predicts the signal.

    The prior of arXiv 2204.06125, section 2.2, with a perceptron in place of the transformer: both sides are one vector.
    """

    def __init__(self, config: LatentPriorConfig):
        super().__init__()
        self.config, self.process = config, Gaussian("cosine", config.steps, "x0")
        self.time = nn.Sequential(
            nn.Linear(config.width, config.width), nn.SiLU(), nn.Linear(config.width, config.width)
        )
        self.text, self.keep = nn.Linear(config.dim, config.width), nn.Embedding(2, config.width)
        self.open = nn.Linear(config.dim, config.width)
        self.blocks = nn.ModuleList([Block(config.width) for _ in range(config.depth)])
        self.close = nn.Sequential(nn.LayerNorm(config.width), zero_module(nn.Linear(config.width, config.dim)))

    def forward(self, x: Tensor, t: Tensor, cond: Cond) -> Tensor:
        """The signal seen in x (B, dim) at steps t (B,); cond.vec is the text's vector. All in units of deviation 1."""
        keep = torch.ones_like(t) if cond.keep is None else cond.keep
        condition = self.text(cond.vec) + self.keep(keep.long())
        h = self.open(x) + condition
        condition = F.silu(condition + self.time(timestep_embedding(t, self.config.width).to(x)))
        for block in self.blocks:
            h = block(h, condition)
        return self.close(h)

    def loss(self, z: Tensor, text: Tensor, generator: torch.Generator) -> Tensor:
        """The mean squared error of the pictures' vectors z (B, dim) seen in noise, given the texts' (B, dim)."""
        if z.shape != text.shape or z.shape[1] != self.config.dim:
            raise BadInput(
                f"vectors {tuple(z.shape)} and {tuple(text.shape)}: allowed are two of (B, {self.config.dim})"
            )
        cond = drop(self._cond(text), self.config.dropped, generator)
        return self.process.loss(self, z * self.config.dim**0.5, cond, generator)

    def sample(self, text: Tensor, generator: torch.Generator, steps: int = 50, scale: float = 1.0) -> Tensor:
        """One vector (B, dim) of unit length for each text's (B, dim)."""
        steps = min(steps, self.config.steps)
        noise = noise_like(text, generator)
        return F.normalize(
            ddim(guided(self, self._cond(text), None, scale), self.process, noise, steps, generator), dim=1
        )

    def _cond(self, text: Tensor) -> Cond:
        return Cond(vec=text * self.config.dim**0.5)
