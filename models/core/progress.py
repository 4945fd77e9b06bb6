"""How trainings and systems tell of their progress: a function that is called with events."""

from __future__ import annotations

from collections.abc import Callable

# Called with {"stage", "done", "total"}, a trainer's {"step", "steps"}, both with more numbers, or {"event": "warning"
# or "note", "message"}.
Progress = Callable[[dict], None]


def staged(progress: Progress | None, stage: str) -> Progress | None:
    """Progress that names its events' stage."""
    return progress and (lambda event: progress({**event, "stage": stage}))


def counting(progress: Progress | None, stage: str) -> Callable[..., None]:
    """A callback (done, total, …), as samplers take, that tells how far a stage is."""

    def callback(done: int, total: int, *_) -> None:
        if progress is not None:
            progress({"stage": stage, "done": done, "total": total})

    return callback
