"""The same runs on a Ray cluster: each task renders a few samples with a worker process of its own node."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path

from .dataset import DatasetFolder
from .errors import BadInput, Unfinished
from .jobs import Pool, run
from .recipe import Recipe

BATCH = 8  # samples of one task: a worker's start is paid once for them
THREADS = 4  # cores of one task where the user does not say


def run_on_ray(
    folder: DatasetFolder, indices: Iterable[int], pool: Pool, tell: Callable[[dict], None]
) -> dict[int, dict]:
    """As ``jobs.run``, over a cluster whose nodes share the dataset's folder and have this package installed."""
    try:
        import ray
    except ImportError:
        raise BadInput("backend: ray is not installed; allowed is local, or pip install 'simulacra[ray]'") from None
    ray.init(ignore_reinit_error=True, log_to_driver=False)
    threads = pool.threads or THREADS
    alone = dataclasses.replace(pool, workers=1, threads=threads)
    path, recipe, waiting = str(folder.path.resolve()), folder.recipe.to_dict(), list(indices)
    batches = [waiting[start : start + BATCH] for start in range(0, len(waiting), BATCH)]
    remote = ray.remote(num_cpus=threads, max_retries=pool.retries)(render_batch)
    tasks = {remote.remote(path, recipe, batch, dataclasses.asdict(alone)): batch for batch in batches}
    failed = {}
    while tasks:
        (ready, *_), _ = ray.wait(list(tasks), num_returns=1)
        batch = tasks.pop(ready)
        try:
            events = ray.get(ready)
        except Exception as error:
            if isinstance(error, Unfinished) or isinstance(getattr(error, "cause", None), Unfinished):
                raise Unfinished(str(getattr(error, "cause", None) or error)) from None
            reason = " ".join(str(error).split())[:300]  # a node was lost more often than retries allow
            events = [
                {"event": "failed", "index": index, "seed": folder.recipe.seed + index, "reason": reason, "attempts": 1}
                for index in sorted(set(batch) - set(folder.finished()))
            ]
        for event in events:
            if event["event"] == "failed":
                failed[event["index"]] = {name: value for name, value in event.items() if name != "event"}
            tell(event)
    folder.describe(failed)
    return failed


def render_batch(path: str, recipe: dict, indices: list[int], pool: dict) -> list[dict]:
    """One task: the events of its samples."""
    events: list[dict] = []
    run(DatasetFolder(Path(path), Recipe.from_dict(recipe)), indices, Pool(**pool), events.append)
    return events
