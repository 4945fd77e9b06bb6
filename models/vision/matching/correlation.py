"""How alike features of one picture are to those of another, and what lies around a guess of where they match."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


class Correlation:
    """The products of all features (B, C, H, W) of two pictures at several scales (RAFT, arXiv 2003.12039).

    With ``rows`` only features of one row are compared, as in rectified pairs (RAFT-Stereo, arXiv 2109.07547). What lies
    beyond the picture matches nothing: 0.
    """

    def __init__(self, first: Tensor, second: Tensor, levels: int = 4, radius: int = 4, rows: bool = False):
        self.radius, self.rows = radius, rows
        batch, channels, height, width = first.shape
        if rows:
            volume = torch.einsum("bchw,bchv->bhwv", first, second).reshape(-1, 1, 1, width)
        else:
            volume = torch.einsum("bchw,bcij->bhwij", first, second).reshape(-1, 1, height, width)
        self.shape = batch, height, width
        self.volumes = [volume / channels**0.5]
        for _ in range(levels - 1):
            pooled = (
                (1, min(2, self.volumes[-1].shape[3])) if rows else tuple(min(2, s) for s in self.volumes[-1].shape[2:])
            )
            self.volumes.append(F.avg_pool2d(self.volumes[-1], pooled))

    @property
    def channels(self) -> int:
        """Numbers that a look gives for each pixel."""
        side = 2 * self.radius + 1
        return len(self.volumes) * (side if self.rows else side * side)

    def look(self, at: Tensor) -> Tensor:
        """The products (B, channels, H, W) around where each pixel of the first picture is guessed in the second.

        ``at`` (B, 2, H, W) are x and y in pixels of these features, the first one's centre at 0; between pixels, and between
        pooled ones at their centres, products are interpolated.
        """
        batch, height, width = self.shape
        step = torch.arange(-self.radius, self.radius + 1, device=at.device, dtype=at.dtype)
        y, x = torch.meshgrid(step[:1] * 0 if self.rows else step, step, indexing="ij")
        around = torch.stack([x, y], -1)[None]
        centre = at.permute(0, 2, 3, 1).reshape(-1, 1, 1, 2)
        found = []
        for level, volume in enumerate(self.volumes):
            # A pooled pixel's centre is between those that it was made of.
            place = (centre + 0.5) / 2**level + around
            high, wide = volume.shape[2:]
            if self.rows:
                place = torch.cat([place[..., :1], torch.full_like(place[..., :1], 0.5)], -1)
            size = torch.tensor([wide, high], device=at.device, dtype=at.dtype)
            seen = F.grid_sample(volume, place / size * 2 - 1, align_corners=False)
            found.append(seen.reshape(batch, height, width, -1))
        return torch.cat(found, -1).permute(0, 3, 1, 2)


def pixel_places(batch: int, height: int, width: int, like: Tensor) -> Tensor:
    """The places (B, 2, H, W) of all pixels, x and y, the first one's at 0."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack([x, y]).to(like)[None].expand(batch, -1, -1, -1)
