"""Turntables: pictures once around something, as one sheet and as a video, or as single pictures without a codec."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...datagen.errors import BadInput
from ...datagen.formats.png import write_png
from ..core.cameras import Cameras, orbit
from .render import Field, render_image

DISTANCE, FIELD_OF_VIEW = 4.0, 30.0  # box units, degrees: the whole box is seen
RATE = 24  # pictures a second


def turntable_cameras(frames: int, elevation: float = 5.0) -> Cameras:
    """Cameras evenly around the box [-1, 1]^3, the first in front of the face."""
    if frames < 1:
        raise BadInput(f"turntable: {frames} pictures are not allowed; allowed is 1 or more")
    azimuths = torch.arange(frames) * (360.0 / frames)
    return orbit(azimuths, torch.full_like(azimuths, elevation), DISTANCE, FIELD_OF_VIEW)


def turntable(field: Field, frames: int = 36, size: int = 256, elevation: float = 5.0) -> Tensor:
    """Pictures (frames, 3, size, size) in [-1, 1] once around a field of batch 1."""
    return render_image(field, turntable_cameras(frames, elevation), size)


def write_turntable(path: str | Path, views: Tensor, columns: int | None = None, rate: int = RATE) -> list[Path]:
    """Write pictures (V, 3, H, W) in [-1, 1] as NAME.png, a sheet row by row, and NAME.mp4; ``path`` is NAME.

    Where no codec for video is at hand the pictures go into the folder NAME instead. Returns what was written.
    """
    path = Path(path)
    pictures = np.stack([to_bytes(view) for view in views])
    sheet = path.with_name(f"{path.name}.png")
    write_png(sheet, contact_sheet(pictures, columns))
    video = path.with_name(f"{path.name}.mp4")
    if _write_video(video, pictures, rate):
        return [sheet, video]
    path.mkdir(exist_ok=True)
    singles = [path / f"{number:04d}.png" for number in range(len(pictures))]
    for single, picture in zip(singles, pictures, strict=True):
        write_png(single, picture)
    return [sheet, *singles]


def contact_sheet(pictures: np.ndarray, columns: int | None = None) -> np.ndarray:
    """Pictures uint8 (V, H, W, 3) row by row in one, white where the last row ends early; as square as can be."""
    count, height, width = pictures.shape[:3]
    columns = columns or math.ceil(math.sqrt(count))
    rows = -(-count // columns)
    sheet = np.full((rows * columns, height, width, 3), 255, np.uint8)
    sheet[:count] = pictures
    return sheet.reshape(rows, columns, height, width, 3).swapaxes(1, 2).reshape(rows * height, columns * width, 3)


def to_bytes(view: Tensor) -> np.ndarray:
    """A picture (3, H, W) in [-1, 1] as uint8 (H, W, 3)."""
    return ((view.detach().cpu().float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).permute(1, 2, 0).numpy()


def _write_video(path: Path, pictures: np.ndarray, rate: int) -> bool:
    """Write an mp4, and say whether that was possible."""
    try:
        import cv2
    except ImportError:
        return False
    height, width = pictures.shape[1:3]
    beside = path.with_name(f".{os.getpid()}.{path.name}")  # OpenCV goes by the suffix
    writer = cv2.VideoWriter(
        str(beside), cv2.VideoWriter_fourcc(*"mp4v"), rate, (width - width % 2, height - height % 2)
    )
    try:
        if not writer.isOpened():
            return False
        for picture in pictures:
            writer.write(np.ascontiguousarray(picture[: height - height % 2, : width - width % 2, ::-1]))
        writer.release()
        os.replace(beside, path)
        return True
    finally:
        writer.release()
        beside.unlink(missing_ok=True)
