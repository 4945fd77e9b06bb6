"""Pictures with depth from several sides as one solid: truncated distances, averaged over the views (Curless and Levoy 1996)."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from ..core.cameras import Cameras, project
from .warps import lifted

NEIGHBOURS = 4  # points of the views whose mean colour a place of the surface gets


def fused(
    pictures: Tensor, depths: Tensor, cameras: Cameras, truncation: float, known: Tensor
) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """A field for ``mesh.extract`` with kind sdf, of pictures (V, 3, H, W) in [-1, 1] with planar depth (V, H, W) in box units.

    Depth is infinite where a view shows nothing. A place is as far outside as the views say on the mean that see it or see
    a surface less than ``truncation`` before it; what is hidden from all of them is inside, what none of them
    frames is outside. Colours are those of the nearest pixels of which ``known`` (V, H, W) is true.
    """
    from scipy.spatial import cKDTree

    places, shades = _points(pictures, depths, cameras, known)
    tree = cKDTree(places.numpy())

    @torch.no_grad()
    def field(points: Tensor) -> tuple[Tensor, Tensor]:
        flat = points.reshape(-1, 3)
        total, count, hidden = (torch.zeros(len(flat)) for _ in range(3))
        for view in range(len(depths)):
            ahead, inside = _ahead(depths[view], cameras.pick([view]), flat)
            seen = inside & (ahead > -truncation)
            total += torch.where(seen, ahead.clamp(max=truncation), torch.zeros(()))
            count, hidden = count + seen, hidden + (inside & ~seen)
        unseen = torch.where(hidden > 0, -truncation, truncation)
        distances = torch.where(count > 0, total / count.clamp(min=1), unseen)
        _, index = tree.query(flat.numpy(), min(NEIGHBOURS, len(places)))
        colours = shades[torch.as_tensor(index).reshape(len(flat), -1)].mean(1)
        return distances.view(points.shape[:-1]), colours.view(points.shape)

    return field


def _ahead(depth: Tensor, camera: Cameras, points: Tensor) -> tuple[Tensor, Tensor]:
    """How far the surface (H, W) of one view lies behind points (N, 3), and whether it frames them."""
    at, z = project(camera, points)
    at, z = at[0], z[0]
    inside = (z > 0) & (at > 0).all(1) & (at < 1).all(1)
    grid = (at * 2 - 1)[None, :, None]
    near = F.grid_sample(depth[None, None], grid, mode="nearest", align_corners=False, padding_mode="border").flatten()
    smooth = F.grid_sample(depth[None, None].nan_to_num(posinf=1e6), grid, align_corners=False, padding_mode="border")
    smooth = smooth.flatten()
    one = (smooth - near).abs() < 0.05 * near  # of one surface, whose pixels are no steps
    return torch.where(one, smooth, near) - z, inside


def _points(pictures: Tensor, depths: Tensor, cameras: Cameras, known: Tensor) -> tuple[Tensor, Tensor]:
    """The places (N, 3) and colours (N, 3) in 0…1 of what the views know; the origin in grey where that is nothing."""
    places, shades = [torch.zeros(0, 3)], [torch.zeros(0, 3)]
    for view, (picture, depth) in enumerate(zip(pictures, depths, strict=True)):
        there = (known[view] & torch.isfinite(depth)).flatten()
        places.append(lifted(torch.where(torch.isfinite(depth), depth, 0.0), cameras.pick([view]))[there])
        shades.append((picture.flatten(1).T[there] / 2 + 0.5).clamp(0, 1))
    if sum(map(len, places)) == 0:
        return torch.zeros(1, 3), torch.full((1, 3), 0.5)
    return torch.cat(places), torch.cat(shades)
