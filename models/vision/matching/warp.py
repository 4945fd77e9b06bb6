"""Pictures seen from elsewhere: forward warps in which what is near hides what is far, and what is hidden or new."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

SURFACE = 1.0  # px of disparity within which pixels that fall together are of one surface, and mixed
HOLE = 0.01  # share of a pixel that something must fall on
TINY = 1e-4  # share below which nothing does
CRACKS = ((1, 1), (1, 2), (2, 1))  # px to the seen pixels on both sides of a gap in a steep surface


class Seen(NamedTuple):
    """What the right eye sees: the picture (C, H, W), which of its pixels no left one fell on (H, W), and, of the left
    picture, which are hidden behind nearer ones or leave the frame (H, W)."""

    picture: Tensor
    holes: Tensor
    hidden: Tensor


def seen_from_the_right(left: Tensor, disparity: Tensor) -> Seen:
    """The right picture of a left one (C, H, W) whose pixels move to the left by their disparity (H, W) in pixels, finite.

    Each falls on two pixels by its distance from them; where several fall, those of the nearest surface count (as in
    arXiv 2008.01484). A constant disparity of whole pixels shifts the picture and changes nothing else. Gaps of up to two
    pixels, as steep surfaces leave, go on from one side to the other.
    """
    channels, height, width = left.shape
    at = torch.arange(width, dtype=disparity.dtype) - disparity
    low = torch.floor(at)
    share = torch.stack([1 - (at - low), at - low])  # (2, H, W)
    x = torch.stack([low, low + 1]).long()
    inside = (x >= 0) & (x < width) & (share > TINY)
    index = torch.arange(height)[:, None] * width + x.clamp(0, width - 1)
    far = torch.full_like(share, -torch.inf)
    nearness = disparity.expand_as(share)
    nearest = torch.full((height * width,), -torch.inf, dtype=disparity.dtype)
    nearest = nearest.scatter_reduce(0, index.flatten(), torch.where(inside, nearness, far).flatten(), "amax")
    shown = inside & (nearness >= nearest[index] - SURFACE)
    weight = torch.where(shown, share, torch.zeros_like(share))
    total = torch.zeros(height * width, dtype=share.dtype).scatter_add(0, index.flatten(), weight.flatten())
    mixed = torch.zeros(channels, height * width, dtype=left.dtype)
    values = (left[:, None] * weight).reshape(channels, -1)
    mixed = mixed.scatter_add(1, index.flatten().expand(channels, -1), values)
    holes = (total < HOLE).reshape(height, width)
    picture, holes = _without_cracks((mixed / total.clamp(min=TINY)).reshape(left.shape), holes)
    # A left pixel is hidden where the pixel that most of it falls on shows another surface, or is out of the frame.
    most = share.argmax(0, keepdim=True)
    hidden = ~shown.gather(0, most)[0]
    return Seen(torch.where(holes, torch.zeros(()), picture), holes, hidden)


def _without_cracks(picture: Tensor, holes: Tensor) -> tuple[Tensor, Tensor]:
    """A picture (C, H, W) whose narrow holes (H, W) have what is between their sides, and the holes that are left."""
    width, filled, left = holes.shape[1], picture.clone(), holes.clone()
    sides, seen = F.pad(picture, (2, 2)), F.pad(~holes, (2, 2))
    for before, after in CRACKS:
        a, b = slice(2 - before, 2 - before + width), slice(2 + after, 2 + after + width)
        crack = left & seen[:, a] & seen[:, b]
        between = (sides[..., a] * after + sides[..., b] * before) / (before + after)
        filled, left = torch.where(crack, between, filled), left & ~crack
    return filled, left


def taken_back(second: Tensor, moved: Tensor) -> Tensor:
    """What pixels of the first picture look like in the second (B, C, H, W), by flow (B, 2, H, W): a backward warp."""
    height, width = second.shape[2:]
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    at = torch.stack([x, y]).to(second) + 0.5 + moved
    size = torch.tensor([width, height]).to(second)[:, None, None]
    return F.grid_sample(second, (at / size * 2 - 1).permute(0, 2, 3, 1), padding_mode="border", align_corners=False)
