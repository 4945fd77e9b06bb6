"""A multi-resolution hash grid: features of a place, read at many levels from tables of bounded size (arXiv 2201.05989)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor, nn

from ..core.settings import require, setting

PRIMES = (1, 2_654_435_761, 805_459_861)  # one for each axis, as published
START = 1e-4  # first features are uniform within


@dataclass(frozen=True)
class HashGridConfig:
    """A grid at a size for a processor; published are 16 levels of 2 features, 16 to 2048 cells, 2^19 rows."""

    levels: int = setting(8, "resolutions")
    features: int = setting(2, "numbers of each level")
    coarsest: int = setting(8, "cells along the box at the first level")
    finest: int = setting(128, "cells along the box at the last level")
    log2_rows: int = setting(14, "binary logarithm of the rows of a level's table at most")

    def __post_init__(self):
        require(self, levels=(1, 32), features=(1, 64), coarsest=(1, 1 << 16), finest=(self.coarsest, 1 << 16),
                log2_rows=(1, 24))  # fmt: skip

    def cells(self, level: int) -> int:
        """Cells along the box at a level: the levels grow by one factor."""
        if self.levels == 1:
            return self.coarsest
        return int(self.coarsest * (self.finest / self.coarsest) ** (level / (self.levels - 1)) + 1e-6)


def hashed(nodes: Tensor, rows: int) -> Tensor:
    """The row (...) of nodes (..., 3) of whole numbers from 0 in a table of rows, a power of two."""
    x, y, z = (nodes[..., axis] * prime for axis, prime in enumerate(PRIMES))
    return (x ^ y ^ z) & (rows - 1)


class HashGrid(nn.Module):
    """Points (..., 3) in [-1, 1]^3 to features (..., levels * features), coarsest first.

    A level lays nodes at its cells' corners and mixes the eight around a point by its place among them. Where a table
    has a row for every node, each has its own; else nodes share rows by a hash, and what is read through them learns to
    tell collisions apart. Points beyond the box read its border.
    """

    def __init__(self, config: HashGridConfig = HashGridConfig()):
        super().__init__()
        self.config, self.width = config, config.levels * config.features
        rows = [min((config.cells(level) + 1) ** 3, 1 << config.log2_rows) for level in range(config.levels)]
        self.tables = nn.ParameterList(
            nn.Parameter((torch.rand(count, config.features) * 2 - 1) * START) for count in rows
        )

    def rows(self, level: int, nodes: Tensor) -> Tensor:
        """The rows (...) of a level's nodes (..., 3)."""
        side = self.config.cells(level) + 1
        if side**3 <= 1 << self.config.log2_rows:
            return (nodes[..., 0] * side + nodes[..., 1]) * side + nodes[..., 2]
        return hashed(nodes, 1 << self.config.log2_rows)

    def forward(self, points: Tensor) -> Tensor:
        corners = torch.tensor(list(product((0, 1), repeat=3)), device=points.device)
        place = (points.clamp(-1, 1) + 1) / 2
        found = []
        for level, table in enumerate(self.tables):
            cells = self.config.cells(level)
            at = place * cells
            low = at.detach().floor().clamp(max=cells - 1)
            share = (at - low)[..., None, :]
            weight = torch.where(corners == 1, share, 1 - share).prod(-1, keepdim=True)  # (..., 8, 1)
            rows = self.rows(level, low.long()[..., None, :] + corners)
            found.append((table[rows] * weight).sum(-2))
        return torch.cat(found, -1)
