"""Videos as pictures one after another: read with care, and written while they are made; both by OpenCV."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...datagen.errors import BadInput, Unfinished
from ...datagen.formats.writing import replacing
from .photographs import MOST_PIXELS

SUFFIXES = (".mp4", ".gif", ".mov", ".webm", ".avi", ".mkv")
MOST_FRAMES = 20_000  # of one video
MOST_BYTES = 4 << 30
USUAL = 24.0  # frames a second of a video that does not say


class Clip(NamedTuple):
    """A video before it is read: how many frames it says that it has (0 where it does not), and how many a second."""

    path: Path
    frames: int
    rate: float
    size: tuple[int, int]  # width and height, px


def can_use_videos() -> bool:
    """Whether what reads and writes videos is installed."""
    return find_spec("cv2") is not None


def _refused(path: Path, what: str, allowed: str) -> BadInput:
    return BadInput(f"video: {path} {what}; allowed {allowed}")


@contextlib.contextmanager
def _opened(path: Path):
    """OpenCV's reader of a file; FFmpeg alone, which takes no names for patterns of many files."""
    if not can_use_videos():
        raise Unfinished(f"{path}: needs OpenCV, pip install opencv-python-headless")
    import cv2

    path = Path(path).resolve()
    if not path.is_file():
        raise _refused(path, "is not a file", "is the file of a video")
    if path.stat().st_size > MOST_BYTES:
        raise _refused(path, "has too many bytes", f"are {MOST_BYTES >> 30} GiB")
    with _silent():
        reader = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        if not reader.isOpened():
            raise _refused(path, "is not a video that can be read", f"are {', '.join(SUFFIXES)}")
        yield reader
    finally:
        reader.release()


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Nothing of OpenCV's own words on the terminal, nor of FFmpeg's."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # quiet; read when the first video is opened
    import cv2

    before = cv2.getLogLevel() if hasattr(cv2, "getLogLevel") else None
    if before is not None:
        cv2.setLogLevel(0)
    try:
        yield
    finally:
        if before is not None:
            cv2.setLogLevel(before)


def look_at(path: Path) -> Clip:
    """What a video says of itself, before any of it is unpacked; raises BadInput where it is none, or larger than is allowed."""
    with _opened(path) as reader:
        import cv2

        width, height = (int(reader.get(field)) for field in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        frames, rate = reader.get(cv2.CAP_PROP_FRAME_COUNT), reader.get(cv2.CAP_PROP_FPS)
    if width < 1 or height < 1:
        raise _refused(path, "is not a video that can be read", f"are {', '.join(SUFFIXES)}")
    if min(width, height) < 2:  # no video to look at could be written
        raise _refused(path, f"is of {width}×{height} px", "are edges of 2 or more")
    if width * height > MOST_PIXELS:
        raise _refused(path, f"is of {width}×{height} px", f"are {MOST_PIXELS} pixels in all")
    if frames > MOST_FRAMES:
        raise _refused(path, f"has {frames:.0f} frames", f"are {MOST_FRAMES}")
    return Clip(Path(path), max(int(frames), 0), rate if 0 < rate <= 1000 else USUAL, (width, height))


def frames_of(clip: Clip) -> Iterator[np.ndarray]:
    """The pictures uint8 (h, w, 3) of a video, one after another; raises BadInput where it has more than is allowed, or none,
    or one of another size than the video's, which the videos that are written would lose."""
    count = 0
    with _opened(clip.path) as reader:
        while True:
            good, image = reader.read()
            if not good:
                break
            count += 1
            if count > MOST_FRAMES:
                raise _refused(clip.path, f"has more than {MOST_FRAMES} frames", f"are {MOST_FRAMES}")
            if image.shape[1::-1] != clip.size:
                raise _refused(
                    clip.path,
                    f"has a frame of {image.shape[1]}×{image.shape[0]} px",
                    f"are {clip.size[0]}×{clip.size[1]}",
                )
            yield np.ascontiguousarray(image[..., ::-1])
    if not count:
        raise _refused(clip.path, "has no frame that can be read", f"are {', '.join(SUFFIXES)}")


@contextlib.contextmanager
def mp4_writer(path: Path, size: tuple[int, int], rate: float) -> Iterator[Callable[[np.ndarray], None]]:
    """What adds a picture uint8 (h, w, 3) of a size (w, h) to an MPEG-4 Part 2 video; an odd edge loses its last row or column.

    The video stands at ``path`` when the block ends well. Raises Unfinished where OpenCV, or a codec of its, is missing.
    """
    if not can_use_videos():
        raise Unfinished(f"{path}: needs OpenCV, pip install opencv-python-headless; a .gif needs none")
    import cv2

    width, height = (edge - edge % 2 for edge in size)
    with replacing(path) as temporary:
        named = temporary.with_name(f"{temporary.name}.mp4")  # OpenCV goes by the suffix
        writer = cv2.VideoWriter(str(named), cv2.VideoWriter_fourcc(*"mp4v"), rate, (width, height))
        try:
            if not writer.isOpened():
                raise Unfinished(f"{path}: this OpenCV writes no MP4; a .gif needs none")
            yield lambda picture: writer.write(np.ascontiguousarray(picture[:height, :width, ::-1]))
            writer.release()
            os.replace(named, temporary)
        finally:
            writer.release()
            named.unlink(missing_ok=True)
