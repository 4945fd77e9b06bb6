"""Runs samples in worker processes: renewed before they grow, killed when they hang, each failure retried, then told."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from .dataset import LOGS, DatasetFolder
from .errors import NO_SPACE, Unfinished
from .machine import resident, worker_command
from .stopping import stoppable
from .worker import DEFAULT_RENDERER

RENEW_AFTER = 40  # samples, or
RENEW_ABOVE = 2.5  # GiB of a worker between two samples
FALSE_STARTS = 5  # workers in a row that end before they are ready: the installation is broken, not a sample
DESCRIBE_EVERY = 10.0  # seconds


@dataclass(frozen=True)
class Pool:
    """How a run uses the machine."""

    workers: int
    threads: int = 0  # of one worker; 0 leaves it to the recipe
    timeout: float = 1800.0  # seconds that one sample may take
    retries: int = 2  # further attempts at a sample
    renderer: str = DEFAULT_RENDERER


class Worker:
    """One worker process and the thread that reads its answers."""

    def __init__(self, log: Path, events: queue.Queue):
        log.parent.mkdir(exist_ok=True)
        self.log = log
        self.index: int | None = None  # of the sample that it renders
        self.since = 0.0
        self.done = 0
        self.ready = False
        self.trouble = False
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                worker_command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
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
        """End the process; the log of one without trouble goes with it."""
        self.end_keeping_log()
        if not self.trouble:
            self.log.unlink(missing_ok=True)

    def last_words(self) -> str:
        """How the process ended, and the last line of its log."""
        code = self.process.returncode
        how = f"the worker was ended by {_signal_name(-code)}" if code < 0 else f"the worker ended with code {code}"
        lines = self.log.read_text(errors="replace").split("\n") if self.log.is_file() else []
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"{how}: {last[:300]}" if last and code >= 0 else how


class Run:
    """Samples on their way through a pool of workers."""

    def __init__(self, folder: DatasetFolder, indices: Iterable[int], pool: Pool, tell: Callable[[dict], None]):
        self.folder, self.pool, self.tell = folder, pool, tell
        self.waiting = list(indices)[::-1]
        self.attempts: dict[int, int] = {}
        self.failed: dict[int, dict] = {}
        self.events: queue.Queue = queue.Queue()
        self.workers: set[Worker] = set()
        self.hired = 0
        self.false_starts = 0

    def go(self) -> dict[int, dict]:
        """Render everything; the records of the samples that failed."""
        described = time.monotonic()
        try:
            while self.waiting or self._busy():
                self._staff()
                with contextlib.suppress(queue.Empty):
                    worker, answer = self.events.get(timeout=0.5)
                    if worker in self.workers:
                        self._answered(worker, answer)
                self._end_late()
                if time.monotonic() - described > DESCRIBE_EVERY:
                    self.folder.describe(self.failed)
                    described = time.monotonic()
        finally:
            for worker in list(self.workers):
                self._dismiss(worker)
            self.folder.sweep()
            with contextlib.suppress(OSError):
                (self.folder.path / LOGS).rmdir()  # nothing to read in it
        self.folder.describe(self.failed)
        return self.failed

    def _busy(self) -> int:
        return sum(worker.index is not None for worker in self.workers)

    def _staff(self) -> None:
        while len(self.workers) < min(self.pool.workers, len(self.waiting) + self._busy()):
            self.hired += 1
            log = self.folder.path / LOGS / f"worker-{os.getpid()}-{self.hired}.log"
            self.workers.add(Worker(log, self.events))
        for worker in self.workers:
            if worker.index is None and self.waiting:
                worker.give(self._task(self.waiting.pop()))

    def _task(self, index: int) -> dict:
        return {
            "index": index,
            "out": str(self.folder.path),
            "recipe": self.folder.recipe.for_worker(),
            "threads": self.pool.threads,
            "renderer": self.pool.renderer,
        }

    def _answered(self, worker: Worker, answer: dict | None) -> None:
        if answer is None:
            self._lost(worker)
        elif "ready" in answer:
            worker.ready, self.false_starts = True, 0
        elif "error" in answer:
            if answer["full_disk"]:
                raise OSError(min(NO_SPACE), "the disk is full")
            if answer["bad_input"]:
                self.attempts[answer["index"]] = self.pool.retries  # it would fail the same way again
            self._give_up(worker, answer["error"])  # what an error leaves behind in a process is not trusted
        elif "index" in answer:
            worker.index, worker.done = None, worker.done + 1
            self.tell({"event": "finished", "seed": self.folder.recipe.seed + answer["index"], **answer})
            if self.waiting and worker.grown():
                self._dismiss(worker)

    def _lost(self, worker: Worker) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.process.wait(10)
        worker.end_keeping_log()
        words = worker.last_words()
        if not worker.ready:
            self.false_starts += 1
            if self.false_starts >= FALSE_STARTS:
                worker.trouble = True
                raise Unfinished(f"workers do not start: {words}")
        self._give_up(worker, words)

    def _end_late(self) -> None:
        now = time.monotonic()
        for worker in list(self.workers):
            if worker.index is not None and now - worker.since > self.pool.timeout:
                self._give_up(worker, f"took longer than {self.pool.timeout:g} s")

    def _give_up(self, worker: Worker, reason: str) -> None:
        """End a worker; its sample is tried again, or reported by seed."""
        index, worker.trouble = worker.index, True
        self._dismiss(worker)
        self.folder.sweep()
        if index is None:
            return
        self.attempts[index] = self.attempts.get(index, 0) + 1
        if self.attempts[index] <= self.pool.retries:
            self.waiting.append(index)
            return
        seed = self.folder.recipe.seed + index
        self.failed[index] = {
            "index": index, "seed": seed, "reason": reason, "attempts": self.attempts[index], "log": worker.log.name,
        }  # fmt: skip
        self.tell({"event": "failed", **self.failed[index]})

    def _dismiss(self, worker: Worker) -> None:
        self.workers.discard(worker)
        worker.end()


def run(folder: DatasetFolder, indices: Iterable[int], pool: Pool, tell: Callable[[dict], None]) -> dict[int, dict]:
    """Render samples; ``tell`` gets an event for each finished or failed one.

    Returns the records of the failed ones by index. Raises Unfinished where going on makes no sense: the disk is full, or
    workers do not start. However it ends, no worker outlives it and no unfinished sample is left.
    """
    try:
        with stoppable():
            return Run(folder, indices, pool, tell).go()
    except OSError as error:
        if error.errno in NO_SPACE:
            raise Unfinished(f"{folder.path}: the disk is full; free some and run the same command again") from None
        raise


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
