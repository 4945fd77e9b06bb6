"""Rotations of heads: six numbers that a net can give, the camera that looks at a face, and angles that people read."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

MIRROR = torch.tensor([-1.0, 1.0, 1.0])  # of x, in the camera's frame and in the head's own


def from_six(six: Tensor) -> Tensor:
    """Rotations (..., 3, 3) whose first two columns are nearest to six numbers (..., 6) (arXiv 1812.07035)."""
    first = F.normalize(six[..., :3], dim=-1)
    second = F.normalize(six[..., 3:] - (first * six[..., 3:]).sum(-1, keepdim=True) * first, dim=-1)
    return torch.stack([first, second, torch.linalg.cross(first, second)], -1)


def to_six(rotation: Tensor) -> Tensor:
    """The first two columns (..., 6) of rotations (..., 3, 3)."""
    return rotation[..., :2].transpose(-1, -2).flatten(-2)


def mirrored_six(six: Tensor) -> Tensor:
    """Six numbers (..., 6) of the head that a mirror shows: M R M, as its own left and right change too."""
    mirror = MIRROR.to(six)
    return (six.unflatten(-1, (2, 3)) * mirror * mirror[:2, None]).flatten(-2)


def looking(direction: Tensor) -> Tensor:
    """The smallest rotation (3, 3) that takes the optical axis to a direction (3,) before the camera.

    Its transpose turns vectors of the camera's frame into that of a camera in the same place that looks there. Nets see
    crops, which do not tell where in the picture they were: what they give is in this frame.
    """
    x, y, z = F.normalize(direction, dim=0)
    across = 1 / (1 + z)
    rows = [[1 - x * x * across, -x * y * across, x], [-x * y * across, 1 - y * y * across, y], [-x, -y, z]]
    return torch.stack([torch.stack(row) for row in rows])


def angles(rotation: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Yaw, pitch and roll (...) in degrees of heads (..., 3, 3), as landmarks.json has them.

    All are zero when the head faces the camera; yaw is positive to the right of the picture, pitch up, roll clockwise.
    """
    forward, up = -rotation[..., 1], rotation[..., 2]  # a head faces its own −y, and its z is up
    yaw = torch.atan2(forward[..., 0], -forward[..., 2])
    pitch = torch.asin((-forward[..., 1]).clamp(-1, 1))
    roll = torch.atan2(up[..., 0], -up[..., 1])
    return torch.rad2deg(yaw), torch.rad2deg(pitch), torch.rad2deg(roll)
