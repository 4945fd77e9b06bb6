"""What a training tells while it runs: log.jsonl, TensorBoard, PNG pictures, a caller's function."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

from torch import Tensor

from ...datagen.formats.files import read_text
from ...datagen.formats.reading import GIB
from ...datagen.formats.writing import write_whole
from .pictures import write_png
from .progress import Progress

LOG, PICTURES, TENSORBOARD = "log.jsonl", "pictures", "tensorboard"
LARGEST = GIB  # bytes of a log: ten million steps of 100


class TrainingLog:
    """The logs of one run in a folder; a context manager. Only the first process writes (``active``).

    A run that resumes at step ``done`` cuts away what an earlier one logged beyond it. TensorBoard is left out where
    it is not installed.
    """

    def __init__(self, folder: Path, done: int, steps: int, progress: Progress | None, active: bool):
        self.folder, self.done, self.steps = folder, done, steps
        self.progress, self.active = progress, active
        self.events = None

    def __enter__(self) -> TrainingLog:
        if not self.active:
            return self
        path = self.folder / LOG
        lines = read_text(path, LARGEST).splitlines(keepends=True) if path.exists() else []
        write_whole(path, "".join(line for line in lines if 0 < _step_of(line) <= self.done).encode())
        self.file = path.open("a", buffering=1, encoding="utf-8")  # by lines: a program may read along
        self.events = _events(self.folder / TENSORBOARD, self.done)
        self.started = time.monotonic()
        return self

    def __exit__(self, *_) -> None:
        if not self.active:
            return
        self.file.close()
        if self.events:
            self.events.close()

    def tell(self, number: int, values: dict[str, float]) -> None:
        """Log the scalars of step ``number`` from 0, which is written as the count of steps that are then done."""
        if not self.active:
            return
        done = number + 1
        # JSON knows no NaN; the loss itself never gets here with one.
        line = {"step": done} | {k: v if math.isfinite(v) else None for k, v in values.items()}
        self.file.write(json.dumps(line, allow_nan=False) + "\n")
        if self.events:
            for name, value in values.items():
                self.events.add_scalar(name, value, done)
        pace = (time.monotonic() - self.started) / (done - self.done)
        if self.progress:
            self.progress(line | {"steps": self.steps, "seconds_each": round(pace, 4),
                                  "seconds_left": round(pace * (self.steps - done), 1)})  # fmt: skip

    def show(self, done: int, pictures: dict[str, Tensor]) -> None:
        """Write pictures (3, H, W) in 0…1 by name."""
        if not self.active:
            return
        (self.folder / PICTURES).mkdir(exist_ok=True)
        for name, picture in pictures.items():
            values = (picture.detach().float().clamp(0, 1) * 255).round().byte().cpu()
            write_png(self.folder / PICTURES / f"{name}_{done:06d}.png", values.permute(1, 2, 0).numpy())
            if self.events:
                self.events.add_image(name, values, done)


def _step_of(line: str) -> int:
    """The step that a line of a log is of; 0 where it is none, as one that a killed process left half written."""
    try:
        step = json.loads(line)["step"] if line.endswith("\n") else 0
    except (ValueError, KeyError, TypeError, RecursionError):
        return 0
    return step if type(step) is int else 0


def _events(folder: Path, done: int):
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(folder, purge_step=done + 1 if done else None)
