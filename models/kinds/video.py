"""Videos: pictures one after another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from ..core import pictures
from .table import Result


@dataclass(frozen=True, eq=False)
class Video(Result):
    """Pictures (T, 3, H, W), sRGB in [-1, 1], of which ``rate`` are shown a second."""

    kind = "video"
    pictures: Tensor
    rate: float = pictures.RATE


def write_mp4(path: Path, result: Video) -> None:
    """Write an MPEG-4 video."""
    pictures.write_mp4(path, pictures.all_to_bytes(result.pictures), result.rate)


def write_gif(path: Path, result: Video) -> None:
    """Write an animation of few colours, which every program shows."""
    pictures.write_gif(path, pictures.all_to_bytes(result.pictures), result.rate)


def write_png(path: Path, result: Video) -> None:
    """Write all pictures on one sheet."""
    pictures.write_png(path, pictures.contact_sheet(pictures.all_to_bytes(result.pictures)))


def preview(stem: Path, result: Video) -> list[Path]:
    """A video is its own preview."""
    return []
