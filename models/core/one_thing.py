"""A photograph of one thing before a plain background, brought into the framing of a dataset's views."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ...datagen.errors import BadInput
from .photographs import read_photo
from .progress import Progress
from .things import Things

APART = 0.12  # of the range of colours: what differs from the background by more is the thing
LEAST = 0.002  # share of a picture that a thing covers at least
UNEVEN = 0.08  # deviation of the border's colours above which a background is not plain
SMALLEST = 16  # px a side of a photograph


def fill_of(things: Things) -> float:
    """The mean share of a view's edge that a thing's longer side covers."""
    shares = []
    for thing in things:
        seen = thing.rgba[:, 3] > 127
        high, wide = seen.any(2).sum(1), seen.any(1).sum(1)
        shares.append(torch.maximum(high, wide).float().mean() / seen.shape[-1])
    return float(torch.stack(shares).mean())


def framed(photo: Tensor, size: int, fill: float, where: str = "photo", progress: Progress | None = None) -> Tensor:
    """The thing of a picture (3, H, W) in [-1, 1] in the middle of (4, size, size), before white, with coverage in [-1, 1] too.

    The background is the median colour of the border; ``fill`` is the share of the edge that the thing's longer side gets.
    Warns where the border has many colours; raises BadInput where nothing stands out from it.
    """
    if photo.dim() != 3 or len(photo) != 3 or min(photo.shape[1:]) < SMALLEST:
        raise BadInput(
            f"{where}: has the shape {tuple(photo.shape)}; allowed are 3 channels of {SMALLEST} pixels a side or more"
        )
    values = photo / 2 + 0.5
    border = torch.cat(
        [
            values[:, :2].flatten(1),
            values[:, -2:].flatten(1),
            values[:, :, :2].flatten(1),
            values[:, :, -2:].flatten(1),
        ],
        1,
    )
    ground = border.median(1).values
    if progress and border.std(1).max() > UNEVEN:
        progress(
            {
                "event": "warning",
                "message": f"{where}: its background is not plain, and is taken for a part of the thing",
            }
        )
    away = (values - ground[:, None, None]).abs().amax(0)
    there = away > APART
    if there.float().mean() < LEAST:
        raise BadInput(f"{where}: shows nothing but its background; allowed is one thing before a plain one")
    rows, columns = there.any(1).nonzero()[:, 0], there.any(0).nonzero()[:, 0]
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    share = (away / APART).clamp(0, 1)  # soft where it meets the background
    cut = torch.cat([values * share + 1 - share, share[None]])[:, top:bottom, left:right]
    side = max(round(max(cut.shape[1:]) / fill), 1)
    above, before = (side - cut.shape[1]) // 2, (side - cut.shape[2]) // 2
    around = (before, side - cut.shape[2] - before, above, side - cut.shape[1] - above)
    whole = torch.cat([F.pad(cut[:3], around, value=1.0), F.pad(cut[3:], around)])
    return (
        F.interpolate(whole[None], (size, size), mode="bilinear", antialias=side > size, align_corners=False)[0] * 2 - 1
    )


def read_thing(path: Path, size: int, fill: float, progress: Progress | None = None) -> Tensor:
    """The thing of a PNG or JPEG as ``framed`` shows it, (4, size, size) in [-1, 1]."""
    photo = torch.from_numpy(read_photo(path)).permute(2, 0, 1).float() / 127.5 - 1
    return framed(photo, size, fill, f"photo: {path}", progress)
