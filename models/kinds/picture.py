"""Pictures: one, or several on one sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ..core import pictures
from .table import Result


@dataclass(frozen=True, eq=False)
class Pictures(Result):
    """Pictures (N, 3, H, W) or, with coverage, (N, 4, H, W), sRGB in [-1, 1]; several are one sheet, row by row."""

    kind = "picture"
    pictures: Tensor
    columns: int | None = None  # of the sheet; as square as can be by default


def together(results: Sequence[Pictures]) -> Pictures:
    """The pictures of several results on one sheet, those of sheets below each other."""
    return Pictures(torch.cat([one.pictures for one in results]), results[0].columns)


def write_png(path: Path, result: Pictures) -> None:
    """Write the picture or the sheet."""
    pictures.write_png(path, pictures.contact_sheet(pictures.all_to_bytes(result.pictures), result.columns))


def preview(stem: Path, result: Pictures) -> list[Path]:
    """A picture is its own preview."""
    return []
