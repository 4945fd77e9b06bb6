"""The progress of a run: a bar of rich's on a terminal where that is installed, JSON lines for programs, else plain lines."""

from __future__ import annotations

import json
import sys
import time

PLAIN_EVERY = 30.0  # seconds between two lines in a log


class Progress:
    """Told of each event of a run; a context manager."""

    def __init__(self, as_json: bool, total: int, done: int, what: str = "render"):
        self.what = what
        self.as_json, self.total, self.done, self.failed = as_json, total, done, 0
        self.before, self.started, self.said = done, time.monotonic(), time.monotonic()
        self.bar, self.every = None, PLAIN_EVERY

    def __enter__(self) -> Progress:
        if self.as_json:
            self._print({"event": "started", "done": self.done, "total": self.total})
        elif sys.stderr.isatty():
            self._draw()
        return self

    def _draw(self) -> None:
        try:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
            from rich.progress import Progress as Bars
        except ImportError:
            self.every = 0.0  # somebody is watching: a line for each sample
            return
        columns = TextColumn("{task.fields[rate]}"), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn()
        console = Console(stderr=True)
        self.bar = Bars(TextColumn(self.what), BarColumn(), MofNCompleteColumn(), *columns, console=console)
        self.bar.start()
        self.row = self.bar.add_task(self.what, total=self.total, completed=self.done, rate="starting")

    def tell(self, event: dict) -> None:
        """Show an event: a sample that finished or failed."""
        finished = event["event"] == "finished"
        self.done += finished
        self.failed += not finished
        if self.as_json:
            self._print(event | {"done": self.done, "total": self.total, **self._pace()})
            return
        if not finished:
            line = f"seed {event['seed']} failed: {event['reason']}"
            if self.bar:
                self.bar.console.print(line, markup=False)
            else:
                print(line, file=sys.stderr, flush=True)
        if self.bar:
            self.bar.update(self.row, completed=self.done, rate=f"{self._pace()['seconds_each']:.1f} s/sample")
        elif finished and (time.monotonic() - self.said > self.every or self.done == self.total):
            self.said, pace = time.monotonic(), self._pace()
            rate = f"{pace['seconds_each']:.1f} s a sample, {pace['seconds_left']:.0f} s left"
            print(f"{self.done} of {self.total}, {rate}", file=sys.stderr, flush=True)

    @staticmethod
    def _print(event: dict) -> None:
        print(json.dumps(event), flush=True)  # at once: a program waits for the line

    def _pace(self) -> dict:
        each = (time.monotonic() - self.started) / max(self.done - self.before, 1)
        left = each * (self.total - self.done - self.failed)
        return {"seconds_each": round(each, 2), "seconds_left": round(left, 1)}

    def __exit__(self, *_) -> None:
        if self.bar:
            self.bar.stop()
