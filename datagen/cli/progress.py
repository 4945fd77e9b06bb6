"""The progress of a run: a bar with rate and time left on a terminal, JSON lines for programs, plain lines in a log."""

from __future__ import annotations

import json
import time

import click

PLAIN_EVERY = 30.0  # seconds between two lines where there is no terminal


class Progress:
    """Told of each event of a run; a context manager."""

    def __init__(self, as_json: bool, total: int, done: int):
        self.as_json, self.total, self.done, self.failed = as_json, total, done, 0
        self.before, self.started, self.said = done, time.monotonic(), time.monotonic()
        self.bar = None

    def __enter__(self) -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        console = Console(stderr=True)
        if self.as_json:
            click.echo(json.dumps({"event": "started", "done": self.done, "total": self.total}))
        elif console.is_terminal:
            columns = TextColumn("{task.fields[rate]}"), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn()
            self.bar = Bars(TextColumn("render"), BarColumn(), MofNCompleteColumn(), *columns, console=console)
            self.bar.start()
            self.row = self.bar.add_task("render", total=self.total, completed=self.done, rate="starting")
        return self

    def tell(self, event: dict) -> None:
        """Show an event: a sample that finished or failed."""
        finished = event["event"] == "finished"
        self.done += finished
        self.failed += not finished
        if self.as_json:
            click.echo(json.dumps(event | {"done": self.done, "total": self.total, **self._pace()}))
            return
        if not finished:
            line = f"seed {event['seed']} failed: {event['reason']}"
            if self.bar:
                self.bar.console.print(line, markup=False)
            else:
                click.echo(line, err=True)
        if self.bar:
            self.bar.update(self.row, completed=self.done, rate=f"{self._pace()['seconds_each']:.1f} s/sample")
        elif finished and (time.monotonic() - self.said > PLAIN_EVERY or self.done == self.total):
            self.said, pace = time.monotonic(), self._pace()
            click.echo(
                f"{self.done} of {self.total}, {pace['seconds_each']:.1f} s a sample, {pace['seconds_left']:.0f} s left",
                err=True,
            )

    def _pace(self) -> dict:
        each = (time.monotonic() - self.started) / max(self.done - self.before, 1)
        left = each * (self.total - self.done - self.failed)
        return {"seconds_each": round(each, 2), "seconds_left": round(left, 1)}

    def __exit__(self, *_) -> None:
        if self.bar:
            self.bar.stop()
