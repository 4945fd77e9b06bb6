"""Runs samples in worker processes: renewed before they grow, killed when they hang, each failure retried, then told."""

from __future__ import annotations

import contextlib
import os
import queue
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ...procgen import processes
from ..errors import DestinationTrouble, Unfinished
from ..storage.continuing import versions
from ..storage.dataset import DatasetFolder
from ..storage.held import drawn_name, temporary
from .ledger import Ledger
from .stopping import stoppable
from .worker import DEFAULT_RENDERER
from .worker_process import Worker

FALSE_STARTS = 5  # workers in a row that end before they are ready: the installation is broken, not a sample


@dataclass(frozen=True)
class Pool:
    """How a run uses the machine."""

    workers: int
    threads: int = 0  # of one worker; 0 leaves it to the recipe
    timeout: float = 1800.0  # seconds that one sample may take
    retries: int = 2  # further attempts at a sample
    renderer: str = DEFAULT_RENDERER


def task_of(folder: DatasetFolder, index: int, pool: Pool) -> dict:
    """What a worker is told of a sample."""
    return {
        "index": index,
        "out": os.path.abspath(folder.path) if isinstance(folder.path, Path) else folder.path,
        "again": index in folder.again,
        "recipe": folder.recipe.for_worker(),
        "threads": pool.threads,
        "renderer": pool.renderer,
        "versions": versions(),
    }


class Run:
    """Samples on their way through a pool of workers."""

    def __init__(
        self, folder: DatasetFolder, indices: Iterable[int], pool: Pool, tell: Callable[[dict], None], place: Path
    ):
        self.folder, self.pool, self.place = folder, pool, place
        self.ledger = Ledger(folder, indices, pool.retries, tell)
        self.events: queue.Queue = queue.Queue()
        self.workers: set[Worker] = set()
        self.hired = 0
        self.false_starts = 0

    def go(self) -> dict[int, dict]:
        """Render everything; the records of the samples that failed."""
        try:
            while self.ledger.waiting or self._busy():
                self._staff()
                with contextlib.suppress(queue.Empty):
                    worker, answer = self.events.get(timeout=0.5)
                    if worker in self.workers:
                        self._answered(worker, answer)
                self._end_late()
                self.ledger.describe()
        finally:
            for worker in list(self.workers):
                self._dismiss(worker)
            self.folder.sweep()
        return self.ledger.close()

    def _busy(self) -> int:
        return sum(worker.index is not None for worker in self.workers)

    def _staff(self) -> None:
        while len(self.workers) < min(self.pool.workers, len(self.ledger.waiting) + self._busy()):
            self.hired += 1
            self.workers.add(Worker(self.place / f"worker-{self.hired}", self.events))
        for worker in self.workers:
            if worker.index is None and self.ledger.waiting:
                worker.give(task_of(self.folder, self.ledger.take(), self.pool))

    def _answered(self, worker: Worker, answer: dict | None) -> None:
        if answer is None:
            self._lost(worker)
        elif "ready" in answer:
            worker.is_ready()
            self.false_starts = 0
        elif "error" in answer:
            if answer["stop"]:
                raise DestinationTrouble(answer["error"])
            # What an error leaves behind in a process is not trusted.
            self._give_up(worker, answer["error"], answer["bad_input"])
        elif "index" in answer:
            worker.index, worker.done = None, worker.done + 1
            self.ledger.finished(answer | worker.account())
            if self.ledger.waiting and worker.grown():
                self._dismiss(worker)

    def _lost(self, worker: Worker) -> None:
        with contextlib.suppress(processes.TimeoutExpired):
            worker.process.wait(10)
        worker.end_keeping_log()
        words = worker.last_words()
        if not worker.ready:
            self.false_starts += 1
            if self.false_starts >= FALSE_STARTS:
                self.folder.keep_log(worker.log, f"{drawn_name('worker')}.log")
                raise Unfinished(f"workers do not start: {words}")
        self._give_up(worker, words)

    def _end_late(self) -> None:
        for worker in list(self.workers):
            if worker.is_late(self.pool.timeout):
                self._give_up(worker, f"took longer than {self.pool.timeout:g} s")

    def _give_up(self, worker: Worker, reason: str, for_good: bool = False) -> None:
        """End a worker; its sample is tried again, or reported by seed."""
        index, name = worker.index, f"{drawn_name('worker')}.log"
        worker.end_keeping_log()
        if index is not None and self.ledger.failed_once(index, reason, name, for_good):
            self.folder.keep_log(worker.log, name)
        self._dismiss(worker)
        self.folder.sweep()

    def _dismiss(self, worker: Worker) -> None:
        self.workers.discard(worker)
        worker.end()


def run(folder: DatasetFolder, indices: Iterable[int], pool: Pool, tell: Callable[[dict], None]) -> dict[int, dict]:
    """Render samples; ``tell`` gets an event for each finished or failed one.

    Returns the records of the failed ones by index. Raises Unfinished where going on makes no sense: the destination
    takes no more, or workers do not start. However it ends, no worker outlives it and no unfinished sample is left.
    """
    try:
        with stoppable(), temporary() as place:
            return Run(folder, indices, pool, tell, place).go()
    except OSError:
        trouble = folder.trouble()
        if trouble:
            raise DestinationTrouble(trouble) from None
        raise
