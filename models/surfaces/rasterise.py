"""A rasteriser in torch: which triangle each pixel shows, without a gradient, and where on it, with one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from ..core.cameras import Cameras, pixel_grid

NEAR = 1e-3  # units before the camera's plane from which on things are seen
BAND = 1 << 20  # pairs of a triangle and a pixel that are tried at a time
SLACK = 1e-3  # px by which a triangle may miss a pixel's centre that lies on its edge, for rounding
OUTSIDE = -1e-4  # of a barycentric weight, for the same reason


class Seen(NamedTuple):
    """What V cameras see of a mesh: the face (V, H, W) of each pixel's centre, -1 for none, the corners' weights (V, H, W, 3)
    and the depth along the optical axis (V, H, W), both with gradients and 0 where nothing is."""

    face: Tensor
    weights: Tensor
    depth: Tensor

    @property
    def mask(self) -> Tensor:
        """Where something is, bool (V, H, W)."""
        return self.face >= 0


def in_front_of(cameras: Cameras, vertices: Tensor) -> Tensor:
    """Vertices (N, 3) in the frame of each camera, (V, N, 3): x right, y down, z forward."""
    return (vertices - cameras.c2w[:, None, :3, 3]) @ cameras.c2w[:, :3, :3]


def slopes(cameras: Cameras, height: int, width: int) -> Tensor:
    """x and y (V, H * W, 2) at depth 1 of the rays through all pixels' centres, row by row."""
    pixels = pixel_grid(height, width).to(cameras.c2w)
    ones = torch.ones_like(pixels[:, :1])
    return (torch.cat([pixels, ones], 1) @ torch.linalg.inv(cameras.intrinsics).transpose(1, 2))[..., :2]


def corner_weights(corners: Tensor, slope: Tensor) -> tuple[Tensor, Tensor]:
    """Barycentric weights (M, 3), right in perspective, and twice the area that M rays of a slope (M, 2) see of triangles.

    Corners (M, 3, 3) are in the camera's frame. A ray meets p = sum(w_i c_i) where the c_i less z_i times the ray, which
    are vectors across it, cancel: w_i is the cross product of the two others, and so needs no division by z.
    """
    x, y = (corners[..., :2] - corners[..., 2:] * slope[:, None]).unbind(-1)
    areas = x.roll(-1, 1) * y.roll(-2, 1) - y.roll(-1, 1) * x.roll(-2, 1)
    whole = areas.sum(1)
    return areas / torch.where(whole.abs() < 1e-20, torch.ones_like(whole), whole)[:, None], whole


def rasterise(cameras: Cameras, vertices: Tensor, faces: Tensor, height: int, width: int) -> Seen:
    """What V cameras see of a mesh of vertices (N, 3) and faces (K, 3), whichever way these face, at pixels' centres."""
    local, slope = in_front_of(cameras, vertices), slopes(cameras, height, width)
    face = torch.stack([
        _nearest(local[view].detach(), faces, slope[view], cameras.intrinsics[view], height, width)
        for view in range(len(local))
    ])  # fmt: skip
    view, pixel = (face >= 0).nonzero(as_tuple=True)
    corners = local[view[:, None], faces[face[view, pixel]]]
    found, _ = corner_weights(corners, slope[view, pixel])
    at = view * (height * width) + pixel
    weights = vertices.new_zeros(face.numel(), 3).index_copy(0, at, found)
    depth = vertices.new_zeros(face.numel()).index_copy(0, at, (found * corners[..., 2]).sum(1))
    shape = (len(local), height, width)
    return Seen(face.view(shape), weights.view(*shape, 3), depth.view(shape))


def interpolated(seen: Seen, faces: Tensor, values: Tensor) -> Tensor:
    """Pictures (V, C, H, W) of values (N, C) at the vertices, or (K, 3, C) at each face's corners; 0 where nothing is."""
    hit = seen.face[seen.mask]
    there = values[hit] if values.dim() == 3 else values[faces[hit]]
    mixed = (there * seen.weights[seen.mask][..., None]).sum(1)
    picture = values.new_zeros(seen.face.numel(), values.shape[-1])
    picture = picture.index_copy(0, seen.mask.flatten().nonzero()[:, 0], mixed)
    return picture.view(*seen.face.shape, -1).permute(0, 3, 1, 2)


def _nearest(local: Tensor, faces: Tensor, slope: Tensor, intrinsics: Tensor, height: int, width: int) -> Tensor:
    """The nearest face (H * W,) at each pixel's centre, -1 for none, the first of those that are as near."""
    corners = local[faces]
    low, high = _reach(corners, intrinsics, height, width)
    depth = local.new_full((height * width,), torch.inf)
    chosen = torch.full((height * width,), -1, device=faces.device)
    for number, column, row in boxes(low, high):
        pixel = row * width + column
        weights, area = corner_weights(corners[number], slope[pixel])
        z = (weights * corners[number][..., 2]).sum(1)
        hits = (weights > OUTSIDE).all(1) & (area.abs() > 1e-20) & (z > NEAR)
        number, pixel, z = number[hits], pixel[hits], z[hits]
        before = depth[pixel]
        depth = depth.scatter_reduce(0, pixel, z, "amin")
        wins = (z < before) & (z == depth[pixel])
        first = torch.full_like(chosen, len(faces)).scatter_reduce(0, pixel[wins], number[wins], "amin")
        chosen = torch.where(first < len(faces), first, chosen)
    return chosen


def _reach(corners: Tensor, intrinsics: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """The first and the last column and row (K, 2) that each triangle can cover; the last before the first for none."""
    z = corners[..., 2]
    size = corners.new_tensor([width, height])
    image = corners @ intrinsics.T
    at = image[..., :2] / image[..., 2:].clamp(min=NEAR) * size - 0.5
    most = size - 1
    low = torch.ceil(at.amin(1) - SLACK).clamp(min=0).minimum(most + 1)
    high = torch.floor(at.amax(1) + SLACK).minimum(most).clamp(min=-1)
    behind = z <= NEAR
    crosses = behind.any(1) & ~behind.all(1)  # it may be anywhere
    low, high = torch.where(crosses[:, None], 0, low), torch.where(crosses[:, None], most, high)
    high = torch.where(behind.all(1)[:, None], -1, high)
    return low.long(), high.long()


def boxes(low: Tensor, high: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Every row's number with each column and row of its box from low (K, 2) to high (K, 2), about ``BAND`` at a time."""
    extent = (high - low + 1).clamp(min=0)
    counts = extent.prod(1)
    ends = counts.cumsum(0)
    first = 0
    while first < len(ends):
        done = int(ends[first - 1]) if first else 0
        last = max(int(torch.searchsorted(ends, done + BAND, right=True)), first + 1)
        number = torch.repeat_interleave(torch.arange(first, last, device=low.device), counts[first:last])
        at = torch.arange(len(number), device=low.device) - (ends - counts)[number] + done
        yield number, low[number, 0] + at % extent[number, 0], low[number, 1] + at // extent[number, 0]
        first = last
