"""The places of a surface that are closest to points."""

from __future__ import annotations

import torch
from torch import Tensor


def closest(vertices: Tensor, faces: Tensor, points: Tensor) -> Tensor:
    """The places (M, 3) of triangles, of vertices (N, 3) and faces (K, 3), that are closest to points (M, 3)."""
    return torch.stack([_closest(vertices[faces], point) for point in points])


def _closest(corners: Tensor, point: Tensor) -> Tensor:
    """The place (3,) of triangles' corners (K, 3, 3): each one's plane where the point is over it, else its edges."""
    along = corners.roll(-1, 1) - corners  # (K, 3, 3)
    away = point - corners
    share = (away * along).sum(-1) / (along * along).sum(-1).clamp(min=1e-20)
    places = corners + share.clamp(0, 1)[..., None] * along
    normal = torch.linalg.cross(along[:, 0], along[:, 1])
    square = (normal * normal).sum(-1).clamp(min=1e-20)
    over = ((torch.linalg.cross(along, away) * normal[:, None]).sum(-1) >= 0).all(1)
    foot = point - ((away[:, 0] * normal).sum(-1) / square)[:, None] * normal
    places = torch.cat([places, torch.where(over[:, None], foot, places[:, 0])[:, None]], 1).flatten(0, 1)
    return places[(places - point).norm(dim=1).argmin()]
