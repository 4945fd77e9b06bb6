"""Runs samples in worker processes: renewed before they grow, killed when they hang, each failure retried, then told."""

from __future__ import annotations

import dataclasses
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

from .dataset import DatasetFolder
from .errors import BadInput, Unfinished
from .worker import DEFAULT_RENDERER

MEMORY_PER_WORKER = 3.0  # GiB that a worker may need
RENEW_AFTER = 40  # samples, or
RENEW_ABOVE = 2.5  # GiB of a worker between two samples


@dataclasses.dataclass(frozen=True)
class Pool:
    """How a run uses the machine."""

    workers: int
    timeout: float = 1800.0  # seconds that one sample may take
    retries: int = 2
    renderer: str = DEFAULT_RENDERER


def automatic_workers() -> int:
    """One worker for each pair of cores that has memory; Cycles itself uses both."""
    memory = psutil.virtual_memory().total / 2**30
    return max(1, min((os.cpu_count() or 1) // 2, int(memory / MEMORY_PER_WORKER)))


class _Worker:
    """One worker process and the thread that reads its answers."""

    def __init__(self, log: Path, events: queue.Queue):
        package = __package__.rpartition(".")[0]
        log.parent.mkdir(exist_ok=True)
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", f"{package}.datagen.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=errors, text=True,
            )  # fmt: skip
        self.index: int | None = None
        self.since = time.monotonic()
        self.done = 0
        self.log = log
        threading.Thread(target=self._read, args=(events,), daemon=True).start()

    def _read(self, events: queue.Queue) -> None:
        for line in self.process.stdout:
            try:
                events.put((self, json.loads(line)))
            except json.JSONDecodeError:
                continue
        events.put((self, None))

    def give(self, task: dict) -> None:
        self.index, self.since = task["index"], time.monotonic()
        try:
            self.process.stdin.write(json.dumps(task) + "\n")
            self.process.stdin.flush()
        except OSError:
            pass  # it died: its reader says so

    def grown(self) -> bool:
        try:
            memory = psutil.Process(self.process.pid).memory_info().rss / 2**30
        except psutil.Error:
            return True
        return self.done >= RENEW_AFTER or memory > RENEW_ABOVE

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


def run(folder: DatasetFolder, indices: Iterable[int], pool: Pool, tell: Callable[[dict], None]) -> dict[int, dict]:
    """Render samples; ``tell`` gets an event dict for each finished or failed one.

    Returns the records of the failed ones. Raises Unfinished where going on makes no sense (a full disk).
    """
    waiting = list(indices)[::-1]
    attempts: dict[int, int] = {}
    failed: dict[int, dict] = {}
    events: queue.Queue = queue.Queue()
    workers: set[_Worker] = set()
    described = time.monotonic()
    started = 0

    def hire() -> None:
        nonlocal started
        started += 1
        workers.add(_Worker(folder.path / ".logs" / f"worker-{os.getpid()}-{started}.log", events))

    def settle(worker: _Worker, reason: str) -> None:
        """A sample did not finish: try again, or report it by seed."""
        index, worker.index = worker.index, None
        if index is None:
            return
        attempts[index] = attempts.get(index, 0) + 1
        if attempts[index] <= pool.retries:
            waiting.append(index)
            return
        failed[index] = {"index": index, "seed": folder.recipe.seed + index, "reason": reason, "attempts": attempts[index]}
        tell({"event": "failed", **failed[index]})

    def task(index: int) -> dict:
        return {"index": index, "out": str(folder.path), "recipe": folder.recipe.to_dict(), "renderer": pool.renderer}

    try:
        while waiting or any(worker.index is not None for worker in workers):
            while len(workers) < min(pool.workers, len(waiting) + sum(w.index is not None for w in workers)):
                hire()
            for worker in workers:
                if worker.index is None and waiting:
                    worker.give(task(waiting.pop()))
            try:
                worker, answer = events.get(timeout=0.5)
            except queue.Empty:
                worker = None
            if worker in workers:
                if answer is None:
                    workers.discard(worker)
                    worker.end()
                    settle(worker, f"the worker ended with {worker.process.returncode}; see {worker.log.name}")
                    folder.sweep()
                elif "error" in answer:
                    if answer["full_disk"]:
                        raise Unfinished(f"{folder.path}: the disk is full; free some and run the same command again")
                    if answer["bad_input"]:
                        attempts[answer["index"]] = pool.retries  # it would fail the same way again
                    settle(worker, answer["error"])
                elif "index" in answer:
                    worker.index, worker.done = None, worker.done + 1
                    tell({"event": "finished", **answer})
                    if waiting and worker.grown():
                        workers.discard(worker)
                        worker.end()
            for worker in list(workers):
                if worker.index is not None and time.monotonic() - worker.since > pool.timeout:
                    workers.discard(worker)
                    worker.end()
                    settle(worker, f"took longer than {pool.timeout:g} s")
                    folder.sweep()
            if time.monotonic() - described > 10:
                folder.describe(failed)
                described = time.monotonic()
    except OSError as error:
        if error.errno == 28:
            raise Unfinished(f"{folder.path}: the disk is full; free some and run the same command again") from None
        raise
    finally:
        for worker in workers:
            worker.end()
        folder.sweep()
    folder.describe(failed)
    return failed


def run_on_ray(folder: DatasetFolder, indices: Iterable[int], pool: Pool, tell: Callable[[dict], None]) -> dict[int, dict]:
    """The same on a Ray cluster: one task a sample, each in a process of its own that is not used twice."""
    try:
        import ray
    except ImportError:
        raise BadInput("backend: ray is not installed; allowed is local, or pip install 'simulacra[ray]'") from None
    ray.init(ignore_reinit_error=True, log_to_driver=False)

    @ray.remote(num_cpus=2, max_calls=1, max_retries=pool.retries)
    def render(path: str, recipe: dict, index: int, renderer: str) -> dict:
        from .recipe import Recipe
        from .worker import load_renderer

        record = DatasetFolder(Path(path), Recipe.from_dict(recipe)).write_sample(index, load_renderer(renderer))
        return {"index": index, "seconds": record.get("seconds", {})}

    waiting = {render.remote(str(folder.path), folder.recipe.to_dict(), index, pool.renderer): index for index in indices}
    failed = {}
    while waiting:
        (ready,), _ = ray.wait(list(waiting), num_returns=1)
        index = waiting.pop(ready)
        try:
            tell({"event": "finished", **ray.get(ready)})
        except Exception as error:
            reason = str(error).splitlines()[0]
            failed[index] = {"index": index, "seed": folder.recipe.seed + index, "reason": reason, "attempts": pool.retries + 1}
            tell({"event": "failed", **failed[index]})
    folder.describe(failed)
    return failed
