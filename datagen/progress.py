"""The progress of any run: a bar a stage on a terminal where rich is installed, JSON lines for programs, else plain lines."""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass

from .terminal import emit, escaped, message, warn

PLAIN_EVERY, WATCHED_EVERY, JSON_EVERY = 30.0, 1.0, 0.2  # seconds between two lines of a stage
PACE = {"seconds_each", "seconds_left"}


@dataclass
class Stage:
    """How far a stage is: what was done when it began, and when."""

    began: float
    first: int
    done: int
    total: int
    failed: int = 0
    shown: float = -math.inf

    def pace(self) -> dict[str, float]:
        """Seconds each and left; nothing before the first is done."""
        if self.done == self.first:
            return {}
        each = (time.monotonic() - self.began) / (self.done - self.first)
        left = each * max(self.total - self.done - self.failed, 0)
        return {"seconds_each": round(each, 3), "seconds_left": round(left, 1)}


class Progress:
    """Told of what a run does; a context manager.

    An event is a sample, {"event": "finished" or "failed", …}; or how far a stage is, {"stage", "done", "total"} or a trainer's
    {"step", "steps"}, with any more numbers; or {"event": "warning" or "note", "message"}, or
    {"event": "coarse", "message", "file"} of what can be shown already. A run of samples names its stage, how
    many there are and how many are done already.
    """

    def __init__(self, as_json: bool = False, stage: str = "", total: int = 0, done: int = 0):
        self.as_json, self.samples, self.bars, self.rows = as_json, stage, None, {}
        self.stages: dict[str, Stage] = {}
        self.every = JSON_EVERY if as_json else PLAIN_EVERY
        if stage:
            self.stages[stage] = Stage(time.monotonic(), done, done, total)

    def __enter__(self) -> Progress:
        if self.as_json:
            for stage in self.stages.values():
                emit({"event": "started", "done": stage.done, "total": stage.total})
        elif sys.stderr.isatty():
            self._draw()
            for name in self.stages:
                self._update(name, "starting")
        return self

    def __exit__(self, *_) -> None:
        if self.bars:
            self.bars.stop()

    def tell(self, event: dict) -> None:
        """Show an event."""
        kind = event.get("event")
        if kind == "warning":
            emit(event) if self.as_json else self._say(f"warning: {event['message']}")
        elif kind in ("note", "coarse"):
            emit(event) if self.as_json else self._say(event["message"])
        elif kind in ("finished", "failed"):
            self._tell_sample(event, kind == "finished")
        else:
            self._tell_stage(dict(event))

    def _tell_sample(self, event: dict, finished: bool) -> None:
        stage = self.stages[self.samples]
        stage.done += finished
        stage.failed += not finished
        if self.as_json:
            emit(event | {"done": stage.done, "total": stage.total} | stage.pace())
            return
        if not finished:
            self._say(f"seed {event['seed']} failed: {event['reason']}")
        self._show(self.samples, "")

    def _tell_stage(self, event: dict) -> None:
        if "step" in event:
            event["done"], event["total"] = event.pop("step"), event.pop("steps")
        event = {"event": "progress", "stage": "train"} | event
        name, now = event["stage"], time.monotonic()
        stage = self.stages.get(name)
        if stage is None or event["done"] < stage.done:  # the same stage of the next one
            stage = self.stages[name] = Stage(now, event["done"], event["done"], event["total"])
        stage.done, stage.total = event["done"], event["total"]
        event |= stage.pace()
        if self.as_json:
            if self._due(stage):
                emit(event)
            return
        numbers = [f"{key} {value:.4g}" for key, value in event.items() if key not in PACE and isinstance(value, float)]
        self._show(name, ", ".join(numbers))

    def _due(self, stage: Stage) -> bool:
        now = time.monotonic()
        due = now - stage.shown > self.every or stage.done == stage.total
        stage.shown = now if due else stage.shown
        return due

    def _show(self, name: str, facts: str) -> None:
        stage = self.stages[name]
        pace = stage.pace()
        each = f"{pace['seconds_each']:.3g} s each" if pace else ""
        if self.bars:
            self._update(name, ", ".join(filter(None, (each, facts))))
        elif stage.done > stage.first or name != self.samples:  # a failure has its own line
            if self._due(stage):
                left = f"{pace['seconds_left']:.0f} s left" if pace and stage.done < stage.total else ""
                self._say(", ".join(filter(None, (f"{name}: {stage.done} of {stage.total}", each, left, facts))))

    def _draw(self) -> None:
        try:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
            from rich.progress import Progress as Bars
        except ImportError:
            self.every = WATCHED_EVERY
            return
        name, facts = (TextColumn(f"{{task.{what}}}", markup=False) for what in ("description", "fields[facts]"))
        columns = facts, TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn()
        self.bars = Bars(name, BarColumn(), MofNCompleteColumn(), *columns, console=Console(stderr=True))
        self.bars.start()

    def _update(self, name: str, facts: str) -> None:
        stage = self.stages[name]
        if not self.bars:
            return
        if name not in self.rows:
            self.rows[name] = self.bars.add_task(escaped(name), total=stage.total, completed=stage.done, facts="")
        self.bars.update(self.rows[name], completed=stage.done, total=stage.total, facts=escaped(facts))

    def _say(self, line: str) -> None:
        if self.bars:
            self.bars.console.print(message(line), markup=False, highlight=False)
        else:
            warn(line)
