"""What of a field is kept: its largest piece, cut off below as a bust; all else is dirt in space that should be empty."""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from .render import Field

CELLS = 64  # along an edge of the box, by which pieces are told apart
LEVEL = 4.0  # per box unit: the density from which a cell belongs to a piece
GROWN = 2  # cells by which the largest piece is grown, for what fades out around it is its own
CHUNK = 1 << 16  # points that the field is asked for at a time


def grown(cells: Tensor, by: int) -> Tensor:
    """Cells (K, K, K) and all that are at most ``by`` of them away along each axis."""
    return F.max_pool3d(cells[None, None].float(), 2 * by + 1, 1, by)[0, 0] > 0


@torch.no_grad()
def largest_piece(field: Field, floor: float = -1.0, cells: int = CELLS) -> Tensor | None:
    """Which cells (K, K, K), indexed x, y, z, of the box hold the largest piece of a field of batch 1, or are near it.

    Cells whose middle lies below ``floor``, a height in box units, are not kept. None where the field is above ``LEVEL`` in
    no cell, for then it has no piece.
    """
    from scipy.ndimage import label

    axis = (2 * torch.arange(cells) + 1) / cells - 1
    points = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(1, -1, 3)
    density = torch.cat([field(part)[0][0] for part in points.split(CHUNK, 1)]).view((cells,) * 3)
    full, above = density > LEVEL, (axis >= floor).expand(cells, cells, cells)
    if not (full & above).any():
        return None
    pieces = torch.from_numpy(cast("tuple", label((full & above).numpy()))[0])
    sizes = torch.bincount(pieces.flatten())
    sizes[0] = 0
    return grown(pieces == sizes.argmax(), GROWN) & above


class KeptField:
    """A field of batch 1 that is empty outside the cells (K, K, K) that are kept, and is not asked for there.

    Its colours are the field's up to a cell farther out, so that a texture has them on both sides of a cut.
    """

    def __init__(self, field: Field, kept: Tensor):
        self.field, self.kept, self.asked = field, kept, grown(kept, 1)

    @property
    def floor(self) -> float:
        """The height in box units below which nothing is kept."""
        lowest = int(self.kept.any(0).any(0).int().argmax())
        return 2 * lowest / self.kept.shape[2] - 1

    def __call__(self, points: Tensor) -> tuple[Tensor, Tensor]:
        cells = self.kept.shape[0]
        x, y, z = ((points[0] + 1) * (cells / 2)).long().clamp(0, cells - 1).unbind(-1)
        where = self.asked[x, y, z].nonzero()[:, 0]
        where = where if len(where) else x.new_zeros(1)  # a field is asked for a point at least
        found, seen = self.field(points[:, where])
        density = found.new_zeros(points.shape[:2]).index_copy(1, where, found * self.kept[x, y, z][where])
        return density, seen.new_zeros((*points.shape[:2], seen.shape[-1])).index_copy(1, where, seen)
