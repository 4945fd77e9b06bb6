"""Pictures and videos as files: tensors to bytes, sheets, PNG, MP4 where OpenCV is installed, and GIF."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...datagen.formats.png import encode_png
from ...datagen.formats.writing import write_whole
from . import videos

RATE = 24  # pictures of a video a second


def to_bytes(picture: Tensor) -> np.ndarray:
    """A picture (C, H, W) in [-1, 1] as uint8 (H, W, C)."""
    values = (picture.detach().cpu().float().clamp(-1, 1) + 1) * 127.5
    return values.round().to(torch.uint8).permute(1, 2, 0).numpy()


def all_to_bytes(pictures: Tensor) -> np.ndarray:
    """Pictures (N, C, H, W) in [-1, 1] as uint8 (N, H, W, C)."""
    return np.stack([to_bytes(picture) for picture in pictures])


def contact_sheet(pictures: np.ndarray, columns: int | None = None) -> np.ndarray:
    """Pictures uint8 (N, H, W, C) row by row in one, white where the last row ends early; as square as can be."""
    count, height, width, channels = pictures.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = -(-count // columns)
    sheet = np.full((rows * columns, height, width, channels), 255, np.uint8)
    sheet[:count] = pictures
    sheet = sheet.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    return sheet.reshape(rows * height, columns * width, channels)


def write_png(path: Path, picture: np.ndarray) -> None:
    """Write a picture uint8 (H, W, 3) or (H, W, 4)."""
    write_whole(path, encode_png(picture))


def write_mp4(path: Path, pictures: np.ndarray, rate: float = RATE) -> None:
    """Write pictures uint8 (N, H, W, 3) as MPEG-4 Part 2 video; an odd edge loses its last row or column.

    Raises Unfinished where OpenCV, or a codec of its, is missing.
    """
    with videos.mp4_writer(path, (pictures.shape[2], pictures.shape[1]), rate) as add:
        for picture in pictures:
            add(picture)


def write_gif(path: Path, pictures: np.ndarray, rate: float = RATE) -> None:
    """Write pictures uint8 (N, H, W, 3) as an animation that repeats, of 256 colours a picture.

    The format counts hundredths of a second, so 24 pictures a second become 25.
    """
    from PIL import Image

    first, *rest = [Image.fromarray(picture) for picture in pictures]
    duration = 10 * max(round(100 / rate), 2)  # ms; browsers slow down what is faster than 20
    buffer = io.BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=rest, duration=duration, loop=0)
    write_whole(path, buffer.getvalue())


def write_video(stem: Path, pictures: np.ndarray, rate: float = RATE) -> Path:
    """Write pictures as ``stem``.mp4 where that can be done, else as ``stem``.gif; the path."""
    if videos.can_use_videos():
        path = stem.with_name(f"{stem.name}.mp4")
        write_mp4(path, pictures, rate)
    else:
        path = stem.with_name(f"{stem.name}.gif")
        write_gif(path, pictures, rate)
    return path
