"""A field whose network is written by a latent: each token of it is a row of a layer (Shap-E, arXiv 2305.02463)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core.layers import AttentionBlock, FourierFeatures
from ..core.settings import require, setting

DENSEST = 6.0  # logarithm of the largest density per box unit
EMPTY = -3.0  # logarithm of the density per box unit that networks begin with: space is nearly empty
FURTHEST = 2.0  # box units, of a signed distance at most
OUTPUTS = 8  # a distance, a density, the colours of the volume and those of the surface


@dataclass(frozen=True)
class WrittenConfig:
    """A network at a size for a processor; published are 4 written layers of 256 rows, so 1,024 tokens of 1,024 numbers."""

    layers: int = setting(2, "layers that a latent writes")
    rows: int = setting(32, "rows of each, which are its width; layers times rows is the number of tokens")
    token: int = setting(32, "numbers of a token")
    octaves: int = setting(4, "octaves of the sines of a place")

    def __post_init__(self):
        require(self, layers=(1, 16), rows=(4, 1024), token=(4, 4096), octaves=(0, 12))

    @property
    def tokens(self) -> int:
        """How many tokens a latent has."""
        return self.layers * self.rows


class WrittenNetwork(nn.Module):
    """Latents (B, T, W) to networks that say of places what is there: distance, density, and two colours.

    Token i of a layer's becomes row i of its matrix and bias by one linear map for the whole layer, and changes no other row.
    """

    def __init__(self, config: WrittenConfig = WrittenConfig()):
        super().__init__()
        self.config = config
        self.embed = FourierFeatures(3, config.octaves)
        widths = [self.embed.width, *[config.rows] * (config.layers - 1)]
        self.write = nn.ModuleList(nn.Linear(config.token, width + 1) for width in widths)
        # What every network begins as, to which a latent adds.
        self.start = nn.ParameterList(
            nn.Parameter(F.pad(torch.randn(config.rows, width) * (2 / width) ** 0.5, (0, 1))) for width in widths
        )
        self.close = nn.Linear(config.rows, OUTPUTS)
        self.close.bias.data[1] = EMPTY

    def matrices(self, latents: Tensor) -> list[Tensor]:
        """The matrix with the bias as its last column (B, rows, width + 1) of each layer."""
        parts = latents.unflatten(1, (self.config.layers, -1)).unbind(1)
        # By the root of a row's length, so that tokens of unit size move it as much as it is long.
        return [start + write(part) * (1 / start.shape[1]) ** 0.5
                for start, write, part in zip(self.start, self.write, parts, strict=True)]  # fmt: skip

    def written(self, latents: Tensor) -> Written:
        """The networks of latents (B, T, W)."""
        return Written(self, self.matrices(latents))


class Written:
    """Networks that latents have written; places are (B, N, 3) in box units."""

    def __init__(self, network: WrittenNetwork, matrices: list[Tensor]):
        self.network, self.matrices = network, matrices

    def __call__(self, points: Tensor) -> Tensor:
        """What the networks say (B, N, 8), raw."""
        values = self.network.embed(points)
        for matrix in self.matrices:
            values = F.silu(torch.baddbmm(matrix[:, None, :, -1], values, matrix[..., :-1].transpose(1, 2)))
        return self.network.close(values)

    def distance(self, points: Tensor) -> Tensor:
        """Signed distances (B, N), negative inside."""
        return FURTHEST * torch.tanh(self(points)[..., 0])

    def surface(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Signed distances (B, N) and the surface's colours (B, N, 3) in 0…1."""
        raw = self(points)
        return FURTHEST * torch.tanh(raw[..., 0]), raw[..., 5:].sigmoid()

    def volume(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Densities (B, N) per box unit and the volume's colours (B, N, 3) in 0…1."""
        raw = self(points)
        return raw[..., 1].clamp(max=DENSEST).exp(), raw[..., 2:5].sigmoid()


@dataclass(frozen=True)
class LatentEncoderConfig:
    """What makes latents of things; published are 16,384 points and 60 views."""

    width: int = setting(64, "channels")
    depth: int = setting(2, "blocks that look at points and views")
    heads: int = setting(4, "heads of attention")
    points: int = setting(256, "points of a thing that it looks at")
    views: int = setting(4, "views of a thing that it looks at")
    patch: int = setting(8, "px a side of the parts of a view")

    def __post_init__(self):
        require(
            self, width=(8, 4096), depth=(1, 64), heads=(1, 64), points=(8, 1 << 16), views=(1, 1000), patch=(1, 64)
        )


class LatentEncoder(nn.Module):
    """Points (B, N, 6) and parts of views (B, M, P) of things to latents (B, T, W) within -1…1; neither has an order."""

    def __init__(self, config: LatentEncoderConfig, parts: int, written: WrittenConfig):
        super().__init__()
        width = config.width
        self.point, self.part = (
            nn.Sequential(nn.Linear(n, width), nn.GELU(), nn.Linear(width, width)) for n in (6, parts)
        )
        self.tokens = nn.Parameter(torch.randn(1, written.tokens, width) * 0.5)
        self.norm = nn.LayerNorm(width)
        self.looks = nn.ModuleList(AttentionBlock(width, config.heads, width) for _ in range(config.depth))
        self.among = nn.ModuleList(AttentionBlock(width, config.heads) for _ in range(config.depth))
        self.close = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, written.token))

    def forward(self, points: Tensor, parts: Tensor) -> Tensor:
        context = self.norm(torch.cat([self.point(points), self.part(parts)], 1))
        values = self.tokens.expand(len(points), -1, -1)
        for look, among in zip(self.looks, self.among, strict=True):
            values = among(look(values, context))
        return torch.tanh(self.close(values))


def parts_of(pictures: Tensor, origins: Tensor, directions: Tensor, patch: int) -> Tensor:
    """Parts (B, V * K, P) of pictures (B, V, 4, S, S) of ``patch`` pixels a side, each with its middle's ray (B, V, S, S, 3)."""
    tiles = F.unfold(pictures.flatten(0, 1), patch, stride=patch).transpose(1, 2)  # (B V, K, C p p)
    middle = slice(patch // 2, None, patch)
    rays = torch.cat([part[:, :, middle, middle].flatten(2, 3) for part in (origins, directions)], -1)
    return torch.cat([tiles.unflatten(0, pictures.shape[:2]), rays], -1).flatten(1, 2)


def part_size(patch: int) -> int:
    """Numbers of a part: its pixels' colours and coverage, and a ray."""
    return 4 * patch * patch + 6
