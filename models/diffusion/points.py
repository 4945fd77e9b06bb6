"""The denoiser of point clouds: a transformer over points as tokens, which has no order (Point-E, arXiv 2212.08751)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ...datagen.errors import BadInput
from ..core.layers import AttentionBlock, timestep_embedding, zero_module
from ..core.settings import require, setting
from ..core.things import Thing
from .conditioning import Cond

COLOURS = 2.0  # width of the range of colours; places have one of the same width, as published
HALF_BOX = 0.5  # a cloud's places lie in a cube of this half side before they are scaled


@dataclass(frozen=True)
class PointsConfig:
    """A transformer at a size for a processor; published are widths of 512 to 2048, 12 or 24 blocks, 8 to 32 heads."""

    channels: int = setting(6, "numbers of a point: its place and its colour")
    width: int = setting(96, "channels of a token")
    depth: int = setting(4, "blocks")
    heads: int = setting(4, "heads of attention")
    vector: int = setting(0, "numbers of a condition as a whole, which joins the time")
    tokens: int = setting(0, "channels of conditions' tokens, as of a picture's grid")
    known: bool = setting(False, "whether a coarser cloud is given, whose points are tokens too")

    def __post_init__(self):
        require(self, channels=(1, 64), width=(8, 4096), depth=(1, 64), heads=(1, 64))
        if self.width % self.heads:
            raise BadInput(f"heads: {self.heads} is not allowed; allowed is what divides a width of {self.width}")


class PointTransformer(nn.Module):
    """Noised clouds (B, C, N) at steps (B,) with conditions to what is predicted of them (B, C, N), zero at first.

    Tokens are the time with ``cond.vec`` on it, ``cond.tokens`` (B, L, T), the points (B, C, M) of ``cond.spatial`` where
    a coarser cloud is given, and the points. No token says where in the order a point is, so one order of points gives
    the same as another in its order.
    """

    def __init__(self, config: PointsConfig):
        super().__init__()
        self.config, width = config, config.width
        self.time = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.vector = nn.Linear(config.vector, width) if config.vector else None
        self.tokens = (
            nn.Sequential(nn.LayerNorm(config.tokens), nn.Linear(config.tokens, width)) if config.tokens else None
        )
        self.known = nn.Linear(config.channels, width) if config.known else None
        self.enter = nn.Linear(config.channels, width)
        self.blocks = nn.ModuleList(AttentionBlock(width, config.heads) for _ in range(config.depth))
        self.close = nn.Sequential(nn.LayerNorm(width), zero_module(nn.Linear(width, config.channels)))

    def forward(self, x: Tensor, t: Tensor, cond: Cond | None = None) -> Tensor:
        cond = cond or Cond()
        time = self.time(timestep_embedding(t, self.config.width).to(x))
        if self.vector is not None and cond.vec is not None:
            time = time + self.vector(cond.vec)
        parts = [time[:, None]]
        if self.tokens is not None and cond.tokens is not None:
            parts.append(self.tokens(cond.tokens))
        if self.known is not None and cond.spatial is not None:
            parts.append(self.known(cond.spatial.transpose(1, 2)))
        points = self.enter(x.transpose(1, 2))
        values = torch.cat([*parts, points], 1)
        for block in self.blocks:
            values = block(values)
        return self.close(values[:, -x.shape[2] :]).transpose(1, 2)


def as_cloud(places: Tensor, colours: Tensor) -> Tensor:
    """What is diffused (B, 6, N) of places (B, N, 3) in [-0.5, 0.5] and colours (B, N, 3) in 0…1: all of it in [-1, 1]."""
    return torch.cat([places / HALF_BOX, colours * COLOURS - 1], -1).transpose(1, 2)


def from_cloud(cloud: Tensor) -> tuple[Tensor, Tensor]:
    """The places (B, N, 3) and the colours (B, N, 3), held in 0…1, of what was diffused (B, 6, N)."""
    places, colours = cloud.transpose(1, 2).split(3, -1)
    return places * HALF_BOX, ((colours + 1) / COLOURS).clamp(0, 1)


def points_of(thing: Thing, count: int, generator: torch.Generator) -> Tensor:
    """Random points (6, count) of a thing's surface as they are diffused."""
    rows = some(torch.cat([thing.points * HALF_BOX, thing.colours], 1), count, generator)
    return as_cloud(rows[None, :, :3], rows[None, :, 3:])[0]


def distances_of(thing: Thing, count: int, generator: torch.Generator) -> Tensor:
    """Places in box units with their signed distances (count, 4), half of them near the surface."""
    return torch.cat([some(part, count // 2, generator) for part in (thing.near, thing.far)])


def some(rows: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """``count`` different rows of (N, D), all of them where there are fewer."""
    return rows[torch.randperm(len(rows), generator=generator, device=generator.device)[:count].to(rows.device)]
