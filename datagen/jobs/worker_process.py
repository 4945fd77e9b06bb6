"""One worker process as the run that started it sees it: tasks go in, answers come out, its log tells how it ended."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import threading
import time
from pathlib import Path

from ...procgen import processes
from ..storage.held import remove
from .machine import peak, resident, worker_command

RENEW_AFTER = 40  # samples, or
RENEW_ABOVE = 2.5  # GiB of a worker between two samples
STARTING = 120.0  # seconds that a start may take beside a sample's own


class Worker:
    """One worker process and the thread that reads its answers."""

    def __init__(self, place: Path, events: queue.Queue):
        """Start it; ``place`` is a new folder of its own, for its log and for what Blender and others leave behind."""
        place.mkdir(mode=0o700)
        self.place, self.log = place, place / "log.txt"
        self.index: int | None = None  # of the sample that it renders
        self.since = 0.0
        self.done = 0
        self.ready = False
        self.ready_since = 0.0
        own = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(place))
        with self.log.open("ab") as errors:
            self.process = processes.start(
                worker_command(),
                env=os.environ | own,
                stdin=processes.PIPE,
                stdout=processes.PIPE,
                stderr=errors,
                text=True,
            )
        threading.Thread(target=self._read, args=(events,), daemon=True).start()

    def _read(self, events: queue.Queue) -> None:
        for line in self.process.stdout:
            with contextlib.suppress(json.JSONDecodeError):  # what Blender says before the worker has the stream
                answer = json.loads(line)
                if isinstance(answer, dict):
                    events.put((self, answer))
        events.put((self, None))

    def give(self, task: dict) -> None:
        """Send a task; a worker that is dead by now is told of by its reader."""
        self.index, self.since = task["index"], time.monotonic()
        with contextlib.suppress(OSError):
            self.process.stdin.write(json.dumps(task) + "\n")
            self.process.stdin.flush()

    def is_ready(self) -> None:
        """It has started, and begins with its sample."""
        self.ready, self.ready_since = True, time.monotonic()

    def is_late(self, timeout: float) -> bool:
        """Whether it takes longer for its sample than that; its start is no part of it, and has a time of its own."""
        if self.index is None:
            return False
        if not self.ready:
            return time.monotonic() - self.since > timeout + STARTING
        return time.monotonic() - max(self.since, self.ready_since) > timeout

    def account(self) -> dict:
        """What its last sample cost: seconds since it was given, from the start of a process that was fresh; its memory."""
        return {"took": time.monotonic() - self.since, "fresh": self.done == 1, "memory": peak(self.process.pid)}

    def grown(self) -> bool:
        """Whether it is time for a fresh process."""
        held = resident(self.process.pid)
        return held is None or held > RENEW_ABOVE or self.done >= RENEW_AFTER

    def end_keeping_log(self) -> None:
        """End the process and wait for it."""
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError):
            self.process.stdin.close()

    def end(self) -> None:
        """End the process; its log and what it left behind go with it."""
        self.end_keeping_log()
        remove(self.place)

    def last_words(self) -> str:
        """How the process ended, and the last line of its log."""
        code = self.process.returncode
        how = f"the worker was ended by {_signal_name(-code)}" if code < 0 else f"the worker ended with code {code}"
        lines = self.log.read_text(errors="replace").split("\n") if self.log.is_file() else []
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"{how}: {last[:300]}" if last and code >= 0 else how


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
