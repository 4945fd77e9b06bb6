"""Videos that nets are asked about: a record a frame, labels in the layout of our datasets, and a video to look at."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from ...datagen.errors import BadInput
from ...datagen.formats.files import write_label
from ...datagen.formats.writing import replacing
from ...datagen.labels import LABELS, file_name
from ..core.videos import Clip, frames_of, mp4_writer
from ..kinds.labels import Labels, overlay, record_of


def ask(
    model, labels: tuple[str, ...], clip: Clip, out: Path, follows: bool, tell: Callable[[int], None]
) -> list[Path]:
    """Ask of every frame of a video, or of every one and the ``next``, and write what is found; the files.

    STEM.LABEL.jsonl has a row a frame of what is no map, STEM/0000.LABEL.… the maps, STEM.LABEL.overlay.mp4 shows each label.
    """
    stem, files = clip.path.stem, []
    maps = [label for label in labels if label in LABELS]
    with contextlib.ExitStack() as stack:
        films = {}
        for label in labels:
            path = out / f"{stem}.{label}.overlay.mp4"
            films[label] = stack.enter_context(mp4_writer(path, clip.size, clip.rate))
            files.append(path)
        tables = {}
        for label in (label for label in labels if label not in maps):
            path = out / f"{stem}.{label}.jsonl"
            tables[label] = stack.enter_context(stack.enter_context(replacing(path)).open("w", encoding="utf-8"))
            files.append(path)
        for number, found in enumerate(_answers(model, clip, follows)):
            for label in labels:
                films[label](overlay(label, found))
                if label in tables:
                    row = {"frame": number, "seconds": round(number / clip.rate, 4), **record_of(label, found)}
                    tables[label].write(json.dumps(row) + "\n")
                else:
                    files.append(_write_map(out / stem, number, label, found))
            tell(number + 1)
    return files


def _answers(model, clip: Clip, follows: bool) -> Iterator[Labels]:
    """What a model says of each frame, or of each and the next; raises BadInput where there is no next."""
    alone = True
    before: np.ndarray | None = None
    for frame in frames_of(clip):
        if not follows:
            yield model.predict(frame)
        elif before is not None:
            alone = False
            yield model.predict(before, frame)
        before = frame
    if follows and alone:
        raise BadInput(f"video: {clip.path} has one frame; allowed are two or more, each to be compared with the next")


def _write_map(folder: Path, number: int, label: str, found: Labels) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / file_name(number, label)
    with replacing(path) as temporary:
        write_label(temporary, label, found.maps[label])
    return path
