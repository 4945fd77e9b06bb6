"""Runs the command line in another process and follows it; knows nothing of bpy.

The process writes JSON lines to a log file, which is read from here: so it can outlive Blender if the user wants that.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ...procgen import processes
from .records import Followed, Record

GRACE = 15.0  # seconds that a worker gets to end its own workers and sweep its folder
LAST_LINES = 12


def command_line(package: str, binary: str, python: str) -> Callable[[Sequence[str]], list[str]]:
    """How to call the command line with some arguments: by a Python that has the package, or by Blender itself.

    ``package`` is the package's full name, ``binary`` Blender's program ("" for the pip module), ``python`` the
    interpreter that the user chose, or "".
    """

    def call(arguments: Sequence[str]) -> list[str]:
        if python:
            return processes.python_module("simulacra", *arguments, executable=python)
        start = (
            f"import bpy, sys; from {package}.__main__ import main; sys.exit(main(sys.argv[sys.argv.index('--') + 1:]))"
        )
        return processes.program(binary, start, *arguments)

    return call


STATES = ("running", "finished", "failed", "cancelled")  # of a job; the first until its process has ended


class Job:
    """One or more commands that run after each other; the first that fails ends it."""

    def __init__(self, title: str, commands: Sequence[Sequence[str]], log: Path):
        self._begin(title, log)
        self.waiting = [list(command) for command in commands]
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(b"")
        self._next()

    @classmethod
    def found(cls, record: Record) -> Job:
        """The job of a Blender that is gone: followed through its log, and ended only while its id means the same process."""
        job = cls.__new__(cls)
        job._begin(record.title, Path(record.log))
        job.folder = record.folder
        job.process = Followed(record.process, record.born)
        return job

    def _begin(self, title: str, log: Path) -> None:
        self.title, self.log = title, log
        self.folder = ""  # where the result goes, of one that was found again
        self.waiting: list[list[str]] = []
        self.lines: list[str] = []
        self.done = self.total = 0
        self.seconds_each = self.seconds_left = 0.0
        self.failed = 0
        self.stage = ""  # of a job that has several
        self.warnings: list[str] = []
        self.coarse = ""  # the file of what can be shown until all is done
        self.result: dict = {}  # what the command line said of all that is done
        self.started = time.monotonic()
        self.state = "running"
        self.error = ""
        self._position, self._rest = 0, ""
        self._asked = 0.0
        self._told = False  # the command line said that all is done

    def _next(self) -> None:
        group = {"creationflags": 0x00000200} if os.name == "nt" else {"start_new_session": True}
        with self.log.open("ab") as output:
            self.process = processes.start(
                self.waiting.pop(0), stdin=processes.DEVNULL, stdout=output, stderr=processes.STDOUT, **group
            )

    def poll(self) -> bool:
        """Read what is new; whether the job still runs."""
        if self.state != "running":
            return False
        code = self.process.poll()
        self._read()
        if code == 0 and isinstance(self.process, Followed) and not self._told:
            code = 1  # nobody else says how it ended
        if code is None:
            if self._asked and time.monotonic() - self._asked > GRACE:
                self.process.kill()
            return True
        if self._asked:
            self.state = "cancelled"
        elif code == 0 and self.waiting:
            self._next()
            return True
        else:
            self.state = "finished" if code == 0 else "failed"
            if code:
                self.error = self._reason(code)
        return False

    def _read(self) -> None:
        try:
            with self.log.open("rb") as source:
                source.seek(self._position)
                new = source.read()
        except FileNotFoundError:  # swept away; the process itself may go on
            return
        self._position += len(new)
        *lines, self._rest = (self._rest + new.decode("utf-8", "replace")).split("\n")
        for line in lines:
            if not line.strip():
                continue
            try:
                event = json.loads(line)
            except ValueError:
                event = None
            if isinstance(event, dict) and "event" in event:
                self._take(event)
            else:
                self.lines = [*self.lines, line.strip()][-LAST_LINES:]

    def _take(self, event: dict) -> None:
        for name in ("done", "total", "seconds_each", "seconds_left"):
            if isinstance(event.get(name), int | float):
                setattr(self, name, event[name])
        self.stage = str(event.get("stage", self.stage))
        if event["event"] == "done":
            self._told, self.result = True, event
        if event["event"] == "coarse":
            self.coarse = str(event.get("file"))
        if event["event"] == "warning":
            self.warnings = [*self.warnings, str(event.get("message"))][-LAST_LINES:]
        if event["event"] == "failed":
            self.failed += 1
            self.lines = [*self.lines, f"seed {event.get('seed')}: {event.get('reason')}"][-LAST_LINES:]

    def fail(self, reason: str) -> None:
        """Say that the commands have ended, but what they made cannot be used."""
        self.state, self.error = "failed", reason

    def _reason(self, code: int) -> str:
        own = [line for line in self.lines if line.startswith("simulacra: ")]
        if isinstance(self.process, Followed) and not own:
            return "the worker ended before all was done; Resume goes on from there"
        last = own[-1].removeprefix("simulacra: ") if own else self.lines[-1] if self.lines else ""
        return last or f"the worker ended with code {code}"

    @property
    def progress(self) -> float:
        """The share that is done, 0…1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0

    def cancel(self) -> None:
        """Ask the worker to end; what is finished stays, what is half done is swept away."""
        if self.state != "running" or self._asked:
            return
        self._asked = time.monotonic()
        self.waiting.clear()
        if self.process.poll() is None:
            if os.name == "nt":
                self.process.send_signal(signal.CTRL_BREAK_EVENT)
            else:
                self.process.send_signal(signal.SIGTERM)

    def wait(self, patience: float | None = None) -> str:
        """Follow the job to its end, as scripts do; its state."""
        until = None if patience is None else time.monotonic() + patience
        while self.poll():
            if until is not None and time.monotonic() > until:
                self.cancel()
                until = None
            time.sleep(0.05)
        return self.state

    def end(self) -> None:
        """End the worker now, giving it the time to sweep."""
        self.cancel()
        self.wait()
