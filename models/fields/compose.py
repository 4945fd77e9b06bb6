"""Scenes of objects: a box for each, densities that add up and features that mix by density."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from .render import Field

TINY = 1e-12  # keeps the mixture defined where nothing is


class Boxes(NamedTuple):
    """Where K objects of B scenes are: each lives in [-1, 1]^3, is scaled, rotated, then moved."""

    scale: Tensor  # (B, K, 3), half sides
    rotation: Tensor  # (B, K, 3, 3)
    translation: Tensor  # (B, K, 3)

    def inside(self, index: int, points: Tensor) -> Tensor:
        """Points (B, N, 3) of the scene in the frame of one object."""
        moved = points - self.translation[:, index, None]
        return moved @ self.rotation[:, index] / self.scale[:, index, None]


def turned(angles: Tensor) -> Tensor:
    """Rotations (..., 3, 3) about the z axis by angles (...) in radians."""
    cos, sin, zero, one = angles.cos(), angles.sin(), torch.zeros_like(angles), torch.ones_like(angles)
    return torch.stack([cos, -sin, zero, sin, cos, zero, zero, zero, one], -1).unflatten(-1, (3, 3))


def compose(fields: Sequence[Field], boxes: Boxes) -> Field:
    """One field of several objects: the sum of densities, and the mean of features weighted by density.

    An object is exactly nothing outside its box. GIRAFFE (arXiv 2011.12100).
    """

    def field(points: Tensor) -> tuple[Tensor, Tensor]:
        densities, features = [], []
        for index, own in enumerate(fields):
            local = boxes.inside(index, points)
            density, feature = own(local)
            # An object is as dense in its own units as in the scene's, so that size alone does not make it faint.
            densities.append(density * (local.abs().amax(-1) <= 1))
            features.append(feature)
        density = torch.stack(densities)
        total = density.sum(0)
        share = density / total.clamp(min=TINY)
        return total, (share[..., None] * torch.stack(features)).sum(0)

    return field
