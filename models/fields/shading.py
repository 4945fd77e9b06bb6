"""Shaded normals: pictures of a field's surface without its colours."""

from __future__ import annotations

import torch
from torch import Tensor

from ..core.cameras import Cameras, camera_rays
from .render import CHUNK, Field, box_range

STEP = 0.01  # box units between the points whose difference is a normal
AMBIENT = 0.25  # share of the light that comes from everywhere; the rest comes from the camera


@torch.no_grad()
def shaded_normals(field: Field, cameras: Cameras, size: int, level: float, samples: int = 96) -> Tensor:
    """Pictures (V, 3, size, size) in [-1, 1], on white, of where rays first meet a level of density in the box.

    Red, green and blue are 1/2 + n/2 of the world's unit normal, lit from the camera.
    """
    origins, directions = (rays.reshape(-1, 3) for rays in camera_rays(cameras, size, size))
    chunk = max(CHUNK // samples, 1)
    parts = [
        _shaded(field, o, d, level, samples) for o, d in zip(origins.split(chunk), directions.split(chunk), strict=True)
    ]
    return torch.cat(parts).view(-1, size, size, 3).permute(0, 3, 1, 2) * 2 - 1


def _shaded(field: Field, origins: Tensor, directions: Tensor, level: float, samples: int) -> Tensor:
    """Colours (N, 3) in 0…1 of rays (N, 3)."""

    def above(points: Tensor) -> Tensor:  # (..., 3) to (...): straight across a surface, unlike the density
        density = field(points.reshape(1, -1, 3))[0].view(points.shape[:-1])
        return density.clamp(min=1e-12).div(level).log()

    near, far = box_range(origins, directions)
    along = near[:, None] + (far - near)[:, None] * torch.linspace(0, 1, samples, device=near.device)
    values = above(origins[:, None] + along[..., None] * directions[:, None])
    inside = values > 0
    first = inside.float().argmax(1)
    hit = inside.any(1) & (far > near)
    before = (first - 1).clamp(min=0)
    low, high = (values.gather(1, index[:, None])[:, 0] for index in (before, first))
    start, stop = (along.gather(1, index[:, None])[:, 0] for index in (before, first))
    share = torch.where(first > before, -low / (high - low).clamp(min=1e-9), torch.ones_like(low)).clamp(0, 1)
    points = (origins + (start + share * (stop - start))[:, None] * directions)[hit]
    picture = torch.ones_like(origins)
    if len(points):
        offsets = torch.eye(3, device=points.device) * STEP
        slope = above(points[:, None] - offsets) - above(points[:, None] + offsets)
        normal = torch.nn.functional.normalize(slope, dim=-1)
        light = AMBIENT + (1 - AMBIENT) * (normal * directions[hit]).sum(-1, keepdim=True).abs()
        picture[hit] = (0.5 + 0.5 * normal) * light
    return picture
