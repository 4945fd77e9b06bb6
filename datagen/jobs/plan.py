"""Forecasts a run's time, storage and memory on other machines from a few samples that are rendered here."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev

from ..errors import BadInput, Unfinished
from ..formats.files import read_json
from ..recipe import Recipe
from ..storage.dataset import DatasetFolder
from ..storage.held import temporary
from .machine import MEMORY_PER_WORKER, cores, memory
from .pool import Pool, run
from .stopping import stoppable
from .worker import DEFAULT_RENDERER
from .worker_process import RENEW_AFTER

PROBED = 8  # samples, and no fewer than two of each worker: the first one tells of its start
CONFIDENCE = 0.9
NORMAL_95 = 1.6448536269514722  # the normal distribution's quantile of 95 %
BEYOND = (
    "what the error does not cover: other processors (their speed against this machine's is given as speed=), "
    "slower disks and networks, other work on the nodes, waiting for them, and samples that are tried again"
)


@dataclass(frozen=True)
class Machines:
    """Where the run shall take place: nodes alike, and their speed against this machine."""

    cores: int
    nodes: int = 1
    speed: float = 1.0

    @classmethod
    def parse(cls, text: str) -> Machines:
        """Read ``cores=64,nodes=20,speed=1.3``; one node like this machine where nothing is said."""
        given: dict[str, float] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, equals, value = part.partition("=")
            if name not in ("cores", "nodes", "speed"):
                raise BadInput(f"on: {name} is no such key; allowed are cores, nodes, speed")
            if name in given or not equals:
                raise BadInput(f"on: {part} is not allowed; allowed is {name}=NUMBER, once")
            given[name] = _speed(value) if name == "speed" else _amount(name, value)
        return cls(**{"cores": cores()} | given)


@dataclass(frozen=True)
class Layout:
    """How a node shares its cores out, and which samples are probed with how many workers here."""

    workers: int  # of a node
    threads: int  # of a worker
    here: int  # workers of the probe
    indices: tuple[int, ...]


@dataclass(frozen=True)
class Probe:
    """What a few samples cost here."""

    fresh: tuple[float, ...]  # seconds of samples that a worker started with, its start among them
    steady: tuple[float, ...]  # seconds of all others
    sizes: tuple[int, ...]  # bytes
    memory: float | None = None  # GiB that the largest worker held at most
    workers: int = 1
    failed: tuple[int, ...] = ()  # seeds
    device: dict | None = None

    @property
    def start(self) -> float:
        """Seconds that a worker takes to start."""
        return max(0.0, fmean(self.fresh or self.steady) - self.each)

    @property
    def each(self) -> float:
        """Seconds that a worker takes for a sample."""
        return fmean(self.steady or self.fresh)

    @property
    def renewed_after(self) -> int:
        """Samples after which a worker is renewed: those that grow past their memory are so earlier."""
        if len(self.fresh) <= self.workers + len(self.failed):
            return RENEW_AFTER
        return max(1, round((len(self.fresh) + len(self.steady)) / len(self.fresh)))


@dataclass(frozen=True)
class Estimate:
    """A value, and where it lies with the stated confidence; bounds are None where too few samples tell of a spread."""

    value: float
    low: float | None = None
    high: float | None = None

    def times(self, factor: float) -> Estimate:
        """The same of ``factor`` times as much."""
        return Estimate(*(None if value is None else value * factor for value in (self.value, self.low, self.high)))


@dataclass(frozen=True)
class Forecast:
    """What a run takes; the core-hours are those of all cores of the nodes from the first start to the last end."""

    seconds: Estimate
    core_hours: Estimate
    bytes: Estimate
    memory: float | None  # GiB of a node


def read_recipe(path: Path, given: dict) -> Recipe:
    """The recipe of a dataset.json, or of a file that holds the recipe alone, with the fields of ``given`` in it."""
    data = read_json(path)
    data = data["recipe"] if isinstance(data, dict) and "recipe" in data else data
    if isinstance(data, dict) and "source" in data:
        raise BadInput(f"{path}: is of a labelled Blender file; allowed is a recipe of simulacra render")
    try:
        return Recipe.from_dict(data | given if isinstance(data, dict) else data)
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from None


def share(available: int, threads: int = 0) -> tuple[int, int]:
    """The workers of a node and the threads of each: as many as have ``threads`` cores, or two where that is 0."""
    workers = max(1, available // (threads or 2))
    return workers, threads or max(1, available // workers)


def lay_out(recipe: Recipe, machines: Machines, probed: int = 0) -> Layout:
    """Choose the samples of the probe, evenly over all, and its workers: as many beside each other as a node has or fit here.

    ``probed`` 0 takes ``PROBED`` samples or two for each worker.
    """
    workers, threads = share(machines.cores, recipe.threads)
    here = max(1, min(workers, cores() // threads, int(memory() / MEMORY_PER_WORKER)))
    number = min(probed or max(PROBED, 2 * here), recipe.count)
    indices = tuple((2 * step + 1) * recipe.count // (2 * number) for step in range(number))
    return Layout(workers, threads, min(here, max(1, number // 2)), indices)


def measure(recipe: Recipe, layout: Layout, tell: Callable[[dict], None], renderer: str = DEFAULT_RENDERER) -> Probe:
    """Render the samples of the probe as a run does, into a folder that is removed; ``tell`` gets the events.

    Raises Unfinished where none of them can be rendered.
    """
    events: list[dict] = []

    def hear(event: dict) -> None:
        events.append(event)
        tell(event)

    with stoppable(), temporary() as place:
        folder = DatasetFolder.open(place / "probe", recipe)
        pool = Pool(layout.here, layout.threads, retries=0, renderer=renderer)
        failed = run(folder, layout.indices, pool, hear)
        samples = [entry for entry in folder.path.iterdir() if (entry / "sample.json").is_file()]
        sizes = tuple(sum(file.stat().st_size for file in sample.iterdir()) for sample in samples)
    finished = [event for event in events if event["event"] == "finished"]
    if not finished:
        record = next(iter(failed.values()))
        raise Unfinished(f"no sample of the probe could be rendered; seed {record['seed']}: {record['reason']}")
    return Probe(
        fresh=tuple(event["took"] for event in finished if event["fresh"]),
        steady=tuple(event["took"] for event in finished if not event["fresh"]),
        sizes=sizes,
        memory=max((event["memory"] for event in finished if event["memory"]), default=None),
        workers=layout.here,
        failed=tuple(record["seed"] for record in failed.values()),
        device=finished[-1].get("device"),
    )


def forecast(count: int, machines: Machines, workers: int, probe: Probe) -> Forecast:
    """What ``count`` samples take on nodes of so many workers each.

    Nodes share the samples evenly, as shards do, and a node's workers take theirs one by one, so the longest has
    ``rounds`` of them; with each start of a worker one of these is a fresh one. The error of the two means is Student's t
    of the probe's spread, on a logarithmic scale as times are positive and have a long upper tail; the last samples of
    many workers may take as long as the longest probed.
    """
    nodes = min(machines.nodes, count)
    on_node = math.ceil(count / nodes)
    rounds = math.ceil(on_node / workers)
    starts = math.ceil(rounds / probe.renewed_after)
    fresh, steady = probe.fresh or probe.steady, probe.steady or probe.fresh
    value = (rounds - starts) * fmean(steady) + starts * fmean(fresh)
    seconds = _estimate(value, steady, math.sqrt((rounds - starts) ** 2 / len(steady) + starts**2 / len(fresh)))
    if seconds.high is not None and min(on_node, workers) * nodes > 1:
        seconds = Estimate(seconds.value, seconds.low, seconds.high + max(steady) - fmean(steady))
    seconds = seconds.times(1 / machines.speed)
    return Forecast(
        seconds=seconds,
        core_hours=seconds.times(nodes * machines.cores / 3600),
        bytes=_estimate(count * fmean(probe.sizes), probe.sizes, count / math.sqrt(len(probe.sizes))),
        memory=None if probe.memory is None else probe.memory * min(workers, on_node),
    )


def remarks(layout: Layout, probe: Probe) -> list[str]:
    """What a reader of the forecast should know, a sentence each."""
    found = [BEYOND]
    if probe.workers < layout.workers:
        found.append(f"a node has {layout.workers} workers beside each other, and the probe had {probe.workers}")
    if cores() < layout.threads:
        found.append(f"a worker of the probe had {cores()} cores for its {layout.threads} threads")
    if probe.device and probe.device["type"] != "CPU":
        found.append("a node's workers are taken to share as many cards as those of the probe did")
    if probe.failed:
        seeds = ", ".join(map(str, probe.failed[:8]))
        found.append(f"{len(probe.failed)} samples of the probe could not be rendered and are left out (seeds {seeds})")
    if len(probe.steady or probe.fresh) < 2:
        found.append("the probe is too small to tell an error")
    return found


def student_95(freedom: int) -> float:
    """The quantile of 95 % of Student's t distribution, to 0.2 %: exact below 3, then its expansion by Cornish and Fisher.

    Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5.
    """
    if freedom == 1:
        return math.tan(math.pi * 0.45)
    if freedom == 2:
        return 0.9 * math.sqrt(2 / (1 - 0.9**2))
    z = NORMAL_95
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return sum(term / freedom**power for power, term in enumerate(terms))


def _estimate(value: float, values: tuple[float, ...], weight: float) -> Estimate:
    """A value whose standard error is ``weight`` times the spread of values."""
    if len(values) < 2 or not value > 0:
        return Estimate(value)
    factor = math.exp(min(student_95(len(values) - 1) * stdev(values) * weight / value, 100.0))
    return Estimate(value, value / factor, value * factor)


def _amount(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 8 and int(text)):
        raise BadInput(f"on: {name}={text} is not allowed; allowed is a whole number from 1 to 9999999")
    return int(text)


def _speed(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 1e-3 <= value <= 1e3:
        raise BadInput(f"on: speed={text} is not allowed; allowed is a number from 0.001 to 1000")
    return value
