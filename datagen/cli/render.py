"""simulacra render: a labelled dataset."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from ..errors import BadInput, Unfinished


def parse_shard(text: str) -> tuple[int, int]:
    """Read ``3/16`` as the third of sixteen."""
    first, _, second = text.partition("/")
    if not first.isdigit() or not second.isdigit() or not 1 <= int(first) <= int(second):
        raise BadInput(f"shard: {text} is not allowed; allowed is K/N with K from 1 to N")
    return int(first), int(second)


@click.command("render")
@click.argument("generator")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--count", default=1, show_default=True, help="number of samples")
@click.option("--seed", default=0, show_default=True, help="seed of the first sample; the next ones follow")
@click.option("--size", default=512, show_default=True, help="edge of the picture in pixels")
@click.option("--samples", default=64, show_default=True, help="Cycles samples a pixel")
@click.option("--set", "settings", multiple=True, metavar="PATH=VALUE", help="narrow a field: value, low..high or a,b")
@click.option("--spec", default="", help="render this spec file in place of drawing")
@click.option("--labels", default="", help="comma-separated; all that apply by default")
@click.option("--frames", default=1, show_default=True, help="frames of a sequence, expression and head moving")
@click.option("--views", default=1, show_default=True, help="views around the same person")
@click.option("--hdri", default="", help="folder of environment pictures to use in place of the procedural ones")
@click.option("--workers", default="auto", show_default=True, help="number of worker processes")
@click.option("--threads", default=0, help="threads of one worker; 0 shares the cores out")
@click.option("--backend", type=click.Choice(["local", "ray"]), default="local", show_default=True)
@click.option("--shard", default="1/1", show_default=True, help="render only every N-th sample, starting with the K-th: K/N")
@click.option("--resume", is_flag=True, help="go on with a dataset (always done; kept for scripts that say so)")
@click.option("--timeout", default=1800.0, show_default=True, help="seconds that one sample may take")
@click.option("--retries", default=2, show_default=True, help="further attempts at a sample that failed")
@click.option("--json", "as_json", is_flag=True, help="print JSON lines")
@click.option("--renderer", default="", hidden=True)
def command(generator, out, count, seed, size, samples, settings, spec, labels, frames, views, hdri, workers, threads,
            backend, shard, resume, timeout, retries, as_json, renderer):  # fmt: skip
    """Render a dataset of GENERATOR into OUT. Running the same command again finishes what is missing."""
    from ..dataset import DatasetFolder
    from ..jobs import Pool, automatic_workers, run, run_on_ray
    from ..recipe import Recipe
    from ..worker import DEFAULT_RENDERER

    recipe = Recipe(
        generator=generator, count=count, seed=seed, size=size, samples=samples, settings=settings, frames=frames,
        labels=tuple(name.strip() for name in labels.split(",") if name.strip()), views=views,
        hdri=str(Path(hdri).resolve()) if hdri else "", spec=str(Path(spec).resolve()) if spec else "", threads=threads,
    )  # fmt: skip
    part, parts = parse_shard(shard)
    if not renderer:
        _require_blender()
    recipe.sample(0)  # a wrong field is told before anything is made
    if workers != "auto" and not (workers.isdigit() and int(workers) > 0):
        raise BadInput(f"workers: {workers} is not allowed; allowed is auto or a number from 1")
    number = automatic_workers() if workers == "auto" else int(workers)
    try:
        folder = DatasetFolder.open(out, recipe)
    except OSError as error:
        raise Unfinished(f"{out}: {error.strerror or error}") from None
    done = set(folder.finished())
    wanted = [index for index in range(count) if index % parts == part - 1]
    missing = [index for index in wanted if index not in done]
    pool = Pool(min(number, max(len(missing), 1)), timeout, retries, renderer or DEFAULT_RENDERER)
    if recipe.threads == 0 and pool.workers > 1:
        import dataclasses

        folder.recipe = dataclasses.replace(recipe, threads=max(1, (os.cpu_count() or 1) // pool.workers))
    with _reporter(as_json, len(wanted), len(wanted) - len(missing)) as tell:
        failed = (run_on_ray if backend == "ray" else run)(folder, missing, pool, tell)
    folder.recipe = recipe
    folder.describe(failed)
    if failed:
        seeds = ", ".join(str(record["seed"]) for record in failed.values())
        first = next(iter(failed.values()))["reason"]
        raise Unfinished(f"{len(failed)} of {len(wanted)} samples failed (seeds {seeds}): {first}")
    if not as_json:
        click.echo(f"{len(wanted)} samples in {out}")


def _require_blender() -> None:
    try:
        from ...procgen.blender import UnsupportedBlender, require_supported_blender
    except ImportError:
        raise BadInput("bpy: is not installed; allowed is bpy 4.5 (Python 3.11) or 5.2 (Python 3.13)") from None
    try:
        require_supported_blender()
    except UnsupportedBlender as error:
        raise BadInput(str(error)) from None


class _reporter:
    """Progress as a bar with rate and time left on a terminal, or as JSON lines."""

    def __init__(self, as_json: bool, total: int, done: int):
        self.as_json, self.total, self.done = as_json, total, done

    def __enter__(self):
        if not self.as_json:
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

            self.progress = Progress(
                TextColumn("render"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeElapsedColumn(),
                TextColumn("left"), TimeRemainingColumn(),
            )  # fmt: skip
            self.progress.start()
            self.bar = self.progress.add_task("render", total=self.total, completed=self.done, rate="")
            import time

            self.started, self.before = time.monotonic(), self.done
            self.clock = time.monotonic
        return self.tell

    def tell(self, event: dict) -> None:
        self.done += event["event"] == "finished"
        if self.as_json:
            click.echo(json.dumps(event | {"done": self.done, "total": self.total}))
            return
        if event["event"] == "failed":
            self.progress.console.print(f"seed {event['seed']} failed: {event['reason']}")
        else:
            rate = (self.clock() - self.started) / max(self.done - self.before, 1)
            self.progress.update(self.bar, completed=self.done, rate=f"{rate:.1f} s/sample")

    def __exit__(self, *_):
        if not self.as_json:
            self.progress.stop()
