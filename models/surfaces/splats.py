"""Points as squares of pixels, the nearest in front."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..core.cameras import Cameras, project
from .rasterise import NEAR


class Splatted(NamedTuple):
    """What V cameras see of points: each pixel's point (V, H, W), -1 for none, and its depth (V, H, W), inf for none."""

    point: Tensor
    depth: Tensor

    def values(self, values: Tensor, background: float = 0.0) -> Tensor:
        """Pictures (V, C, H, W) of the points' values (N, C), with their gradients."""
        there = self.point >= 0
        picture = values.new_full((*self.point.shape, values.shape[1]), background)
        picture[there] = values[self.point[there]]
        return picture.permute(0, 3, 1, 2)


@torch.no_grad()
def splat(cameras: Cameras, points: Tensor, height: int, width: int, side: int = 1) -> Splatted:
    """Which of points (N, 3) each pixel shows, every point ``side`` pixels wide and high; of equally near ones the first."""
    at, depth = project(cameras, points)
    size = at.new_tensor([width, height])
    corner = torch.floor(at * size - (side - 1) / 2)
    around = torch.arange(side, device=points.device)
    column, row = (corner[..., axis, None, None] + around.view((1, -1) if axis == 0 else (-1, 1)) for axis in (0, 1))
    column, row = torch.broadcast_tensors(column, row)  # (V, N, side, side)
    inside = (depth > NEAR)[..., None, None] & (column >= 0) & (column < width) & (row >= 0) & (row < height)
    view, point, *_ = inside.nonzero(as_tuple=True)
    pixel = view * (height * width) + (row[inside] * width + column[inside]).long()
    z = depth[view, point]
    nearest = z.new_full((len(at) * height * width,), torch.inf).scatter_reduce(0, pixel, z, "amin")
    first = z == nearest[pixel]
    none = torch.full(nearest.shape, len(points), device=points.device)
    chosen = none.scatter_reduce(0, pixel[first], point[first], "amin")
    shape = (len(at), height, width)
    return Splatted(torch.where(chosen < len(points), chosen, -1).view(shape), nearest.view(shape))
