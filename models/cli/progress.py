"""The progress of training or generating: a bar a stage on a terminal, JSON lines for programs, else plain lines."""

from __future__ import annotations

import json
import math
import sys
import time

from ...datagen.cli.progress import PLAIN_EVERY

OFTEN = 0.2  # seconds between two JSON lines of a stage
TIMES = {"seconds_each", "seconds_left"}


class Progress:
    """Told of what a run does; a context manager.

    An event is {"event": "warning", "message"}, or how far a stage is: {"stage", "done", "total"} or a trainer's
    {"step", "steps"}, with any more numbers.
    """

    def __init__(self, as_json: bool):
        self.as_json, self.bars, self.rows = as_json, None, {}
        self.begun: dict[
            str, tuple[float, int, int]
        ] = {}  # of each stage: when, at how much, and how much was last done
        self.said: dict[str, float] = {}
        self.every = OFTEN if as_json else PLAIN_EVERY

    def __enter__(self) -> Progress:
        if not self.as_json and sys.stderr.isatty():
            self._draw()
        return self

    def _draw(self) -> None:
        try:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
            from rich.progress import Progress as Bars
        except ImportError:
            self.every = 1.0  # somebody is watching
            return
        columns = TextColumn("{task.fields[facts]}"), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn()
        console = Console(stderr=True)
        self.bars = Bars(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), *columns, console=console)
        self.bars.start()

    def tell(self, event: dict) -> None:
        """Show an event."""
        if event.get("event") == "warning":
            if self.as_json:
                self._print(event)
            else:
                self._say(f"warning: {event['message']}")
            return
        event = dict(event)
        if "step" in event:
            event["done"], event["total"] = event.pop("step"), event.pop("steps")
        event = {"event": "progress", "stage": "train"} | event
        event |= self._pace(event)
        now, stage = time.monotonic(), event["stage"]
        if not (self.bars or now - self.said.get(stage, -math.inf) > self.every or event["done"] == event["total"]):
            return
        self.said[stage] = now
        if self.as_json:
            self._print(event)
        else:
            self._show(event)

    def _pace(self, event: dict) -> dict:
        now, stage, done = time.monotonic(), event["stage"], event["done"]
        since, first, last = self.begun.get(stage, (now, done, done))
        if done < last:  # the same stage of the next avatar
            since, first = now, done
        self.begun[stage] = since, first, done
        if done == first:  # nothing is known yet
            return {}
        each = (now - since) / (done - first)
        return {"seconds_each": round(each, 3), "seconds_left": round(each * max(event["total"] - done, 0), 1)}

    def _show(self, event: dict) -> None:
        stage, done, total = event["stage"], event["done"], event["total"]
        facts = ", ".join(
            f"{name} {value:.4g}" for name, value in event.items() if name not in TIMES and isinstance(value, float)
        )
        if self.bars:
            if stage not in self.rows:
                self.rows[stage] = self.bars.add_task(stage, total=total, completed=done, facts=facts)
            self.bars.update(self.rows[stage], completed=done, total=total, facts=facts)
        else:
            left = f", {event['seconds_left']:.0f} s left" if "seconds_left" in event and done < total else ""
            self._say(f"{stage}: {done} of {total}{left}{f', {facts}' if facts else ''}")

    @staticmethod
    def _print(event: dict) -> None:
        print(json.dumps(event), flush=True)  # at once: a program waits for the line

    def _say(self, line: str) -> None:
        if self.bars:
            self.bars.console.print(line, markup=False)
        else:
            print(line, file=sys.stderr, flush=True)

    def __exit__(self, *_) -> None:
        if self.bars:
            self.bars.stop()
