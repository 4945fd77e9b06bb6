"""Where of an avatar an edit may change anything: between two heights, for attributes that sit in one place."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

# Heights in box units, about those of brows, eyes, nose and chin in the frontal pictures that all people are framed in, between
# which an attribute shows. What has no row may change all of an avatar: age, gender, hair.
REGIONS = {"headwear": (0.12, 2.0), "glasses": (-0.08, 0.24), "beard": (-0.7, 0.0), "expression": (-0.5, 0.0)}
FADE = 0.08  # box units in which a region ends


def region(changed: Iterable[str], resolution: int) -> Tensor:
    """How far planes may change (3, 1, R, R), 0 to 1, where some attributes are changed: all of them, if one has no row.

    The plane (x, y) reads all heights alike, so it stays as it is: what a region leaves out is exactly as it was there.
    """
    names = list(changed)
    if not names or not set(names) <= set(REGIONS):
        return torch.ones(3, 1, resolution, resolution)
    place = (2 * torch.arange(resolution) + 1) / resolution - 1
    heights = torch.stack([_within(place, low, high) for low, high in map(REGIONS.__getitem__, names)]).amax(0)
    both = heights[:, None].expand(-1, resolution)  # the rows of (x, z) and of (y, z) are heights
    return torch.stack([torch.zeros_like(both), both, both])[:, None]


def _within(place: Tensor, low: float, high: float) -> Tensor:
    """1 between two bounds, 0 outside them, and straight over ``FADE`` inside each."""
    return (torch.minimum(place - low, high - place) / FADE).clamp(0, 1)
