"""The same runs on a Ray cluster: a task is a sample, rendered by a worker process that its node keeps and renews."""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import secrets
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

from ...procgen import processes
from ..errors import BadInput, DestinationTrouble, Unfinished
from ..storage.dataset import DatasetFolder
from ..storage.held import TEMPORARY, hold, sweep, temporary
from .ledger import Ledger
from .machine import MEMORY_PER_WORKER, cores, memory
from .pool import FALSE_STARTS, Pool, task_of
from .stopping import stoppable
from .worker_process import Worker

THREADS = 4  # cores of one worker where the user does not say
AHEAD = 2  # tasks in flight for each that can run at once: no worker waits for the driver
LOSSES = 20  # times that a sample may be lost with its node before it is given up
PATIENCE = 10.0  # seconds to wait for a cluster to answer
NODES_PATIENCE = 60.0  # seconds to wait for a node after all were lost
# What Ray sets for the cards that a task was given, and a worker process reads once, when it starts.
CARDS = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "ONEAPI_DEVICE_SELECTOR")
# Ray's nodes take the loopback address where clusters of several are off, and refuse whoever has no token (from 2.52 on).
OWN = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_MODE": "token"}
LONGEST_PLACE = 41  # characters; Ray adds 65 for its sockets, whose paths have 107 at most
OBJECT_STORE = 80 * 2**20  # bytes of Ray's own memory: answers are short and pictures never pass through it


def run_on_ray(
    folder: DatasetFolder, indices: Iterable[int], pool: Pool, tell: Callable[[dict], None], address: str = ""
) -> dict[int, dict]:
    """As ``pool.run``, over a cluster whose nodes reach the dataset's destination and have this package installed.

    Without an address the cluster of the environment variable RAY_ADDRESS is joined, or one of this machine's own is started.
    A worker asks Ray for ``pool.threads`` processors, memory, and a GPU where the recipe's device is a kind of them.
    """
    address = address or os.environ.get("RAY_ADDRESS", "")
    loaded = sys.modules.get("ray")
    joined = loaded is not None and loaded.is_initialized()
    try:
        with stoppable(), contextlib.ExitStack() as stack:
            ray = loaded if joined else stack.enter_context(_joined(address) if address else _of_its_own())
            return ClusterRun(ray, folder, indices, pool, tell).go()
    except OSError:
        trouble = folder.trouble()
        if trouble:
            raise DestinationTrouble(trouble) from None
        raise


@contextlib.contextmanager
def _joined(address: str) -> Iterator:
    """Ray, in the cluster at an address."""
    ray = _import_ray()
    _begin(ray, address, os.path.dirname(os.__file__), address=address)  # Python's own, the same on all nodes
    try:
        yield ray
    finally:
        ray.shutdown()  # which ends what is still under way


@contextlib.contextmanager
def _of_its_own() -> Iterator:
    """Ray, in a cluster of this machine's own that nobody else reaches: on loopback, by a token, in a private folder."""
    before = dict(os.environ)
    with temporary() as temporaries, _near(temporaries) as place:
        os.environ |= OWN | {"RAY_AUTH_TOKEN": _token()}
        os.environ.setdefault("RAY_gcs_rpc_server_reconnect_timeout_s", "15")  # else a lost head ends us after a minute
        try:
            ray = _import_ray()
            _begin(
                ray, "this machine", str(place),
                address="local",  # Ray would join whatever cluster was last started on this machine
                num_cpus=cores(), _memory=int(max(memory(), MEMORY_PER_WORKER) * 2**30),
                object_store_memory=OBJECT_STORE, include_dashboard=False, _temp_dir=str(place),
            )  # fmt: skip
            try:
                yield ray
            finally:
                ray.shutdown()
        finally:
            os.environ.clear()
            os.environ.update(before)


@contextlib.contextmanager
def _near(place: Path) -> Iterator[Path]:
    """A private folder whose path is short enough for Ray's sockets: the given one, or one in /tmp."""
    if os.name != "posix" or len(str(place)) <= LONGEST_PLACE:
        yield place
        return
    sweep(Path("/tmp"), TEMPORARY)
    with hold(Path("/tmp"), TEMPORARY, 0o700) as short:
        yield short


@cache
def _token() -> str:
    """The token of the clusters that this process starts; Ray reads it once."""
    return secrets.token_hex(32)


def _import_ray():
    try:
        import ray
    except ImportError:
        raise BadInput("backend: ray is not installed; allowed is local, or pip install 'simulacra[cluster]'") from None
    return ray


def _begin(ray, where: str, trusted: str, **options) -> None:
    """Start or join a cluster, from a trusted folder: Ray has all its processes import from where this one stands."""
    here = os.getcwd()
    try:
        host, colon, port = where.removeprefix("ray://").rpartition(":")
        if colon and port.isdecimal():  # Ray itself would wait for minutes
            socket.create_connection((host.strip("[]"), int(port)), PATIENCE).close()
        os.chdir(trusted)
        ray.init(log_to_driver=False, logging_level="error", **options)
    except Exception as error:  # Ray raises many kinds, plain Exception among them
        reason = " ".join(str(error).split())[:200]
        raise Unfinished(f"ray: no cluster answers at {where} ({reason})") from None
    finally:
        os.chdir(here)


class ClusterRun:
    """Samples on their way through a cluster, whose size may change at any moment."""

    def __init__(self, ray, folder: DatasetFolder, indices: Iterable[int], pool: Pool, tell: Callable[[dict], None]):
        self.ray, self.folder, self.pool = ray, folder, pool
        self.threads = pool.threads or self._threads_that_fit()
        self.ledger = Ledger(folder, indices, pool.retries, tell)
        gpus = 0 if folder.recipe.device in ("auto", "cpu") else 1
        needs = {
            "num_cpus": self.threads,
            "memory": int(MEMORY_PER_WORKER * 2**30),
            **({"num_gpus": gpus} if gpus else {}),
        }
        self.needs = {"CPU": self.threads, "memory": needs["memory"], **({"GPU": gpus} if gpus else {})}
        # Ray's own retries cannot tell a lost node from a sample that crashes; the ledger can.
        self.submit = ray.remote(max_retries=0, max_calls=0, **needs)(render_one).remote
        self.tasks: dict = {}
        self.losses: dict[int, int] = {}
        self.false_starts = 0
        self.held = 0.0  # when the cluster last had a node that can hold a worker

    def go(self) -> dict[int, dict]:
        """Render everything; the records of the samples that failed."""
        try:
            while self.ledger.waiting or self.tasks:
                self._hand_out()
                if not self.tasks:
                    self._await_nodes()
                    continue
                ready, _ = self.ray.wait(list(self.tasks), num_returns=1, timeout=1.0)
                for task in ready:
                    self._answered(task)
                self.ledger.describe()
        finally:
            for task in self.tasks:
                with contextlib.suppress(Exception):  # the cluster may be gone
                    self.ray.cancel(task, force=True)
            self.folder.sweep()
        return self.ledger.close()

    def _threads_that_fit(self) -> int:
        """As many processors for a worker as the largest node has, up to ``THREADS``, which are waited for without one."""
        largest = max((node["Resources"].get("CPU", 0) for node in self.ray.nodes() if node["Alive"]), default=0)
        return min(THREADS, int(largest)) or THREADS

    def _slots(self) -> int:
        """How many samples the cluster renders at once, as it is now."""
        total = 0
        for node in self.ray.nodes():
            if node["Alive"]:
                has = node["Resources"]
                total += int(min(has.get(name, 0) // amount for name, amount in self.needs.items()))
        return total

    def _await_nodes(self) -> None:
        """Wait a little for nodes that are replaced; raises Unfinished where none can hold a worker, or none comes."""
        if not self.held:
            raise Unfinished(self._too_small())
        if time.monotonic() - self.held > NODES_PATIENCE:
            raise Unfinished("ray: the cluster has lost all nodes that could hold a worker; run the same command again")
        time.sleep(1.0)

    def _too_small(self) -> str:
        needed = ", ".join(
            f"{amount / 2**30:g} GiB" if name == "memory" else f"{amount:g} {name}"
            for name, amount in self.needs.items()
        )
        return f"ray: no node of the cluster has {needed} for a worker; allowed are fewer --threads or larger nodes"

    def _hand_out(self) -> None:
        slots = self._slots() if self.ledger.waiting else 0
        self.held = time.monotonic() if slots else self.held
        while self.ledger.waiting and len(self.tasks) < AHEAD * slots:
            index = self.ledger.take()
            task = task_of(self.folder, index, self.pool) | {"threads": self.threads}
            self.tasks[self.submit(task, self.pool.timeout)] = index

    def _answered(self, task) -> None:
        index = self.tasks.pop(task)
        try:
            answer = self.ray.get(task)
        except self.ray.exceptions.RayError as error:  # its node, or Ray's process there
            self._lost(index, error)
            return
        if "error" not in answer:
            self.false_starts = 0
            self.ledger.finished(answer)
            return
        if answer["stop"]:
            raise DestinationTrouble(answer["error"])
        self.false_starts = self.false_starts + 1 if answer.get("false_start") else 0
        if self.false_starts >= FALSE_STARTS:
            raise Unfinished(f"workers do not start: {answer['error']}")
        self.folder.sweep()
        self.ledger.failed_once(index, answer["error"], for_good=answer["bad_input"])

    def _lost(self, index: int, error: Exception) -> None:
        self.folder.sweep()
        self.losses[index] = self.losses.get(index, 0) + 1
        if self.losses[index] < LOSSES:
            self.ledger.put_back(index)
        else:
            words = f"was lost with its node {LOSSES} times: {' '.join(str(error).split())[:200]}"
            self.ledger.failed_once(index, words, for_good=True)


class Seat:
    """The worker process that a process of Ray's keeps between samples: what a sample does to it, Ray never feels."""

    def __init__(self, place: Path):
        self.place = place  # a folder that only this user can read
        self.worker: Worker | None = None
        self.events: queue.Queue = queue.Queue()
        self.hired = 0
        self.cards: list[str | None] = []

    def render(self, task: dict, timeout: float) -> dict:
        """The answer to a task, as ``worker.render`` gives it, also where the worker crashes or takes too long."""
        cards = [os.environ.get(name) for name in CARDS]
        if self.worker is not None and cards != self.cards:
            self.worker.end()
            self.worker = None
        if self.worker is None:
            self.cards = cards
            self.hired += 1
            self.worker = Worker(self.place / f"worker-{self.hired}", self.events)
        worker = self.worker
        worker.give(task)
        while True:
            try:
                said, answer = self.events.get(timeout=1.0)
            except queue.Empty:
                if worker.is_late(timeout):
                    return self._dismissed(task, f"took longer than {timeout:g} s")
                continue
            if said is not worker:
                continue  # the last words of one that is gone
            if answer is None:
                with contextlib.suppress(processes.TimeoutExpired):
                    worker.process.wait(10)
                worker.end_keeping_log()
                return self._dismissed(task, worker.last_words(), not worker.ready)
            if "ready" in answer:
                worker.is_ready()
            elif "error" in answer:
                worker.end()
                self.worker = None  # what an error leaves behind in a process is not trusted
                return answer
            elif "index" in answer:
                worker.index, worker.done = None, worker.done + 1
                answer |= worker.account()
                if worker.grown():
                    worker.end()
                    self.worker = None
                return answer

    def _dismissed(self, task: dict, reason: str, false_start: bool = False) -> dict:
        self.worker.end()
        self.worker = None
        return {"index": task["index"], "error": reason, "stop": False, "bad_input": False, "false_start": false_start}


_seat: Seat | None = None
_place = contextlib.ExitStack()
atexit.register(_place.close)


def render_one(task: dict, timeout: float) -> dict:
    """A task of Ray's: the answer of the worker process that this process keeps."""
    global _seat
    if _seat is None:  # Ray ends this process by a signal, or lets Python end it; what it leaves is swept by the next
        _seat = Seat(_place.enter_context(temporary()))
    return _seat.render(task, timeout)
