"""Empty space: where pictures show that nobody is, and what a field that is fitted to them has there."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ..core.cameras import project
from ..core.data import Person
from .triplane import Decoder, sample_planes

THICKNESS = 0.05  # box units along which the opacity of a point is told, as thick as a lock of hair


class EmptySpace:
    """Tells which points some picture of a person looks through, a pixel or more beside the person's outline."""

    def __init__(self, person: Person, views: Sequence[int]):
        covered = (person.rgba[list(views), 3:] > 0).float()
        self.covered = F.max_pool2d(covered, 3, 1, 1)
        self.cameras = person.cameras.pick(list(views))

    def __call__(self, points: Tensor) -> Tensor:
        """Whether points (N, 3) in box units are empty, (N,)."""
        places, depth = project(self.cameras, points)
        cover = F.grid_sample(self.covered, places[:, None] * 2 - 1, mode="nearest", align_corners=False)[:, 0, 0]
        in_view = (depth > 0) & ((places >= 0) & (places <= 1)).all(-1)
        return (in_view & (cover == 0)).any(0)


def dirt(
    planes: Tensor, decoder: Decoder, spaces: Sequence[EmptySpace], points: int, generator: torch.Generator
) -> Tensor:
    """The mean opacity, over ``THICKNESS``, of planes (B, 3, C, R, R) at random points where ``spaces`` are empty; 0 is clean."""
    at = torch.rand(len(planes), points, 3, generator=generator) * 2 - 1
    empty = torch.stack([space(own) for space, own in zip(spaces, at, strict=True)])
    density = decoder(sample_planes(planes, at))[0]
    return ((1 - torch.exp(-THICKNESS * density)) * empty).sum() / empty.sum().clamp(min=1)
