"""Windows: a part of a picture, cut out, turned, mirrored and shown at a size, as one exact map of pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from ...datagen.errors import BadInput


@dataclass(frozen=True)
class Window:
    """A rectangle around ``centre`` (x, y), ``width`` px wide in the source, shown at ``size`` (height, width) px.

    What is seen in it is turned clockwise by ``angle`` radians and, where ``mirror`` is true, flipped left to right
    after that. Pixels are as everywhere: the first one's centre is at (0.5, 0.5). One scale holds for both directions.
    """

    centre: tuple[float, float]
    width: float
    size: tuple[int, int]
    angle: float = 0.0
    mirror: bool = False

    def __post_init__(self):
        numbers = (*self.centre, self.width, self.angle)
        if not all(math.isfinite(value) for value in numbers) or self.width <= 0 or min(self.size) < 1:
            raise BadInput(f"window: centre {self.centre}, width {self.width}, size {self.size} is not allowed; allowed are "
                           "finite numbers, a width above 0 and a size from 1")  # fmt: skip

    @property
    def scale(self) -> float:
        """Pixels shown for one of the source."""
        return self.size[1] / self.width

    @property
    def turned(self) -> bool:
        """Whether rows of the source are not rows of what is shown, in their direction."""
        return self.mirror or self.angle != 0

    @cached_property
    def turn(self) -> Tensor:
        """How the camera's frame turns, (3, 3) float64: a roll about its axis, and x reversed by a mirror."""
        c, s = math.cos(self.angle), math.sin(self.angle)
        roll = torch.tensor([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]], dtype=torch.float64)
        return torch.diag(torch.tensor([-1.0 if self.mirror else 1.0, 1.0, 1.0], dtype=torch.float64)) @ roll

    @cached_property
    def matrix(self) -> Tensor:
        """Pixels of the source to pixels of what is shown, (3, 3) float64."""
        moved = torch.eye(3, dtype=torch.float64)
        moved[:2, :2] = self.turn[:2, :2] * self.scale
        shown = torch.tensor([self.size[1] / 2, self.size[0] / 2], dtype=torch.float64)
        moved[:2, 2] = shown - moved[:2, :2] @ torch.tensor(self.centre, dtype=torch.float64)
        return moved

    def points(self, points: Tensor) -> Tensor:
        """Where pixels (..., 2) of the source are shown."""
        matrix = self.matrix.to(points.dtype)
        return points @ matrix[:2, :2].T + matrix[:2, 2]

    def back(self, points: Tensor) -> Tensor:
        """Where in the source lies what is shown at pixels (..., 2)."""
        inverse = torch.linalg.inv(self.matrix).to(points.dtype)
        return points @ inverse[:2, :2].T + inverse[:2, 2]

    def camera(self, intrinsics: Tensor) -> Tensor:
        """The intrinsics (3, 3) in pixels of the camera that sees what is shown; ``turn`` is how its frame lies to the old."""
        return self.matrix @ intrinsics.double() @ self.turn.T

    @cached_property
    def _sources(self) -> Tensor:
        """The source's pixels (h, w, 2), float64, of all centres of what is shown."""
        return self._samples(1)

    def _samples(self, side: int) -> Tensor:
        """The source's pixels (h * side, w * side, 2), float64, of a square of points, ``side`` a side, in each pixel shown."""
        y, x = (torch.arange(edge * side, dtype=torch.float64).add(0.5) / side for edge in self.size)
        return self.back(torch.stack(torch.meshgrid(x, y, indexing="xy"), -1))

    def inside(self, height: int, width: int) -> Tensor:
        """Which pixels (h, w) of what is shown lie in a source of this size."""
        return self._taken(height, width)[1]

    def nearest(self, values: Tensor, outside: float) -> Tensor:
        """Values (C, H, W) at the nearest pixels of the source, (C, h, w): none is mixed of others."""
        index, inside = self._taken(*values.shape[1:])
        taken = values.flatten(1)[:, index].unflatten(1, self.size)
        return torch.where(inside, taken, torch.tensor(outside, dtype=values.dtype))

    def _taken(self, height: int, width: int) -> tuple[Tensor, Tensor]:
        """The numbers (h * w,) of the pixels that are nearest in a source of a size, and which (h, w) lie in it; kept."""
        kept = self.__dict__.setdefault("_kept", {})  # beside the cached properties, which a frozen instance may have
        if (height, width) not in kept:
            x, y = torch.floor(self._sources).long().unbind(-1)
            inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
            kept[height, width] = (y.clamp(0, height - 1) * width + x.clamp(0, width - 1)).flatten(), inside
        return kept[height, width]

    def smooth(self, values: Tensor) -> Tensor:
        """Colours (C, H, W) averaged over what a pixel covers and interpolated, float32 (C, h, w); the edge goes on outside.

        Whole pixels are averaged first, then as many interpolated points as leave no gap between them.
        """
        factor = max(int(1 / self.scale + 1e-9), 1)
        side = max(math.ceil(1 / (self.scale * factor) - 1e-9), 1)
        pooled = values.float()[None]
        if factor > 1:
            pooled = F.avg_pool2d(pooled, factor, ceil_mode=True, count_include_pad=False)
        # A pooled pixel has the extent of ``factor`` ones; where the last is cut off, the map is wider than the picture.
        extent = torch.tensor([pooled.shape[3] * factor, pooled.shape[2] * factor], dtype=torch.float64)
        places = self._sources if side == 1 else self._samples(side)
        found = F.grid_sample(
            pooled, (places / extent * 2 - 1).float()[None], padding_mode="border", align_corners=False
        )
        return F.avg_pool2d(found, side)[0]


def whole(height: int, width: int, size: tuple[int, int]) -> Window:
    """The largest centred window of a picture that fills a size without a border."""
    return Window((width / 2, height / 2), min(float(width), height * size[1] / size[0]), size)
