"""A backbone and a decoder that pictures pass through: what nets with a number for each pixel are built on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...datagen.errors import BadInput
from ..core.settings import require

LEVELS = 5  # times that the resolution is halved


def joined(a: int, b: int, stride: int = 1) -> nn.Sequential:
    """A convolution without a bias, and its normalisation over the batch."""
    return nn.Sequential(nn.Conv2d(a, b, 3, stride, 1, bias=False), nn.BatchNorm2d(b))


def require_shape(config) -> None:
    """Raise BadInput unless a configuration's ``widths``, ``blocks`` and ``paint`` make a Dense."""
    for name, count, least in (("widths", LEVELS, 1), ("blocks", LEVELS, 0), ("paint", LEVELS - 1, 1)):
        if len(getattr(config, name)) != count:
            raise BadInput(f"{name}: are {len(getattr(config, name))} numbers; allowed are {count}")
        require(config, **{name: (least, math.inf)})


class Block(nn.Module):
    """Two convolutions added to what goes in (arXiv 1512.03385)."""

    def __init__(self, width: int):
        super().__init__()
        self.first, self.second = joined(width, width), joined(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.second(F.relu(self.first(x))), inplace=True)


class Stage(nn.Module):
    """Half the resolution, then blocks."""

    def __init__(self, a: int, b: int, blocks: int):
        super().__init__()
        self.down = joined(a, b, 2)
        self.blocks = nn.Sequential(*(Block(b) for _ in range(blocks)))

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks(F.relu(self.down(x), inplace=True))


class Painter(nn.Module):
    """A decoder that maps of an encoder join (arXiv 1505.04597): ``widths`` are theirs, ``paint`` its own, the finest first."""

    def __init__(self, widths: Sequence[int], paint: Sequence[int]):
        super().__init__()
        deeper = (*paint[1:], widths[-1])
        self.up = nn.ModuleList(joined(a + skip, b) for a, skip, b in zip(deeper, widths, paint, strict=False))

    def forward(self, seen: Sequence[Tensor]) -> list[Tensor]:
        """The encoder's maps at a half, a quarter … of the resolution to its own, all but the coarsest; the finest first."""
        x, painted = seen[-1], []
        for level in range(len(self.up) - 1, -1, -1):
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
            x = F.relu(self.up[level](torch.cat([x, seen[level]], 1)), inplace=True)
            painted.insert(0, x)
        return painted


class Dense(Painter):
    """Pictures (B, 3, H, W) in 0…1, of edges that 32 divides, to maps at a half, a quarter, an eighth and a sixteenth.

    A residual encoder whose maps join a decoder's. ``widths`` and ``blocks`` are the channels and residual blocks at each of
    its five resolutions, ``paint`` the channels of the decoder's four maps, the finest first.
    """

    def __init__(self, widths: Sequence[int], blocks: Sequence[int], paint: Sequence[int]):
        nn.Module.__init__(self)
        self.stages = nn.ModuleList(Stage(a, b, n) for a, b, n in zip((3, *widths[:-1]), widths, blocks, strict=True))
        self.up = Painter(widths, paint).up  # after the encoder: seeds give the weights that they always gave

    def forward(self, pictures: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The deepest map (B, widths[-1], H / 32, W / 32), and the decoder's, the finest first."""
        x, seen = ((pictures - 0.5) * 4).contiguous(memory_format=torch.channels_last), []
        for stage in self.stages:
            x = stage(x)
            seen.append(x)
        return x, super().forward(seen)
