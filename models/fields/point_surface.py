"""A surface through points: a network that reads a cloud and says signed distances (Point-E, arXiv 2212.08751)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ...datagen.errors import BadInput
from ..core.layers import AttentionBlock
from ..core.settings import require, setting
from .render import Field

ASKED = 1 << 13  # points that a cloud is asked for at a time
NEAREST = 1 << 22  # distances between points that are held at a time


@dataclass(frozen=True)
class PointSurfaceConfig:
    """Its size for a processor; published are a width of 256, 8 blocks that read the cloud and 4 that answer."""

    width: int = setting(64, "channels of a token")
    reads: int = setting(3, "blocks that read the cloud")
    answers: int = setting(2, "blocks that look at it from a point")
    heads: int = setting(4, "heads of attention")

    def __post_init__(self):
        require(self, width=(8, 4096), reads=(0, 64), answers=(1, 64), heads=(1, 64))
        if self.width % self.heads:
            raise BadInput(f"heads: {self.heads} is not allowed; allowed is what divides a width of {self.width}")


class PointSurface(nn.Module):
    """Clouds (B, N, 3) and points (B, M, 3) in one box to signed distances (B, M), negative inside.

    The cloud's points are tokens that look at each other; a point is one that looks at them alone, so that it is answered
    as it would be by itself. Neither has an order.
    """

    def __init__(self, config: PointSurfaceConfig = PointSurfaceConfig()):
        super().__init__()
        width, heads = config.width, config.heads
        self.config = config
        self.place, self.ask = (
            nn.Sequential(nn.Linear(3, width), nn.GELU(), nn.Linear(width, width)) for _ in range(2)
        )
        self.reads = nn.ModuleList(AttentionBlock(width, heads) for _ in range(config.reads))
        self.read_norm = nn.LayerNorm(width)
        self.answers = nn.ModuleList(AttentionBlock(width, heads, width) for _ in range(config.answers))
        self.close = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 1))

    def read(self, cloud: Tensor) -> Tensor:
        """Tokens (B, N, D) of a cloud (B, N, 3)."""
        values = self.place(cloud)
        for block in self.reads:
            values = block(values)
        return self.read_norm(values)

    def answer(self, tokens: Tensor, points: Tensor) -> Tensor:
        """Signed distances (B, M) at points (B, M, 3) by a cloud's tokens."""
        values = self.ask(points)
        for block in self.answers:
            values = block(values, tokens)
        return self.close(values)[..., 0]

    def forward(self, cloud: Tensor, points: Tensor) -> Tensor:
        return self.answer(self.read(cloud), points)

    @torch.no_grad()
    def field(self, cloud: Tensor, colours: Tensor) -> Field:
        """A field of batch 1 for ``mesh.extract`` with kind sdf: the distance to a cloud (N, 3), and the colour (N, 3) of
        its nearest point."""
        tokens = self.read(cloud[None])

        @torch.no_grad()
        def field(points: Tensor) -> tuple[Tensor, Tensor]:
            distances = torch.cat([self.answer(tokens, part) for part in points.split(ASKED, 1)], 1)
            flat = points.reshape(-1, 3)
            near = [torch.cdist(part, cloud).argmin(1) for part in flat.split(max(NEAREST // len(cloud), 1))]
            return distances, colours[torch.cat(near)].view(points.shape)

        return field
