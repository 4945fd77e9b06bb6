"""Measure what backends cost: python tools/bench_backends.py OUT [--count 40]: bare renders, the local pool and Ray, side by side.

Bare is one process that renders all samples one after another into a dataset, as any script would. The pool and Ray get
one worker with as many threads. Rounds alternate, and each backend's ratio is that of the fastest rounds.
"""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import click

BARE = """
import sys
from pathlib import Path
from simulacra.datagen.jobs.worker import load_renderer
from simulacra.datagen.recipe import Recipe
from simulacra.datagen.storage.dataset import DatasetFolder
out, count, size, samples, renderer = sys.argv[1:]
folder = DatasetFolder.open(Path(out), Recipe(generator="faces", count=int(count), size=int(size), samples=int(samples)))
render = load_renderer(renderer)
for index in range(int(count)):
    folder.write_sample(index, render, 1)
folder.describe({})
"""


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--count", default=40, show_default=True)
@click.option("--size", default=96, show_default=True)
@click.option("--samples", default=4, show_default=True)
@click.option("--rounds", default=2, show_default=True)
@click.option("--renderer", default="datagen.rendering.render:render_sample", show_default=True)
def main(out, count, size, samples, rounds, renderer):
    """Render the same samples each way and print seconds and ratios as JSON."""
    python = [sys.executable]
    words = ["--count", count, "--size", size, "--samples", samples, "--threads", 1, "--renderer", renderer]
    render = lambda *more: [*python, "-m", "simulacra", "render", "faces", str(out), *map(str, [*words, *more])]  # noqa: E731
    ways = {
        "bare": [*python, "-c", BARE, str(out), *map(str, [count, size, samples, renderer])],
        "local": render("--workers", 1),
        "ray": render("--backend", "ray"),
    }
    seconds = {way: [] for way in ways}
    for _ in range(rounds):
        for way, command in ways.items():
            shutil.rmtree(out, ignore_errors=True)
            started = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            seconds[way].append(time.perf_counter() - started)
            assert len(list(out.glob("*/sample.json"))) == count
            click.echo(f"{way}: {seconds[way][-1]:.1f} s", err=True)
    shutil.rmtree(out, ignore_errors=True)
    ratios = {way: min(seconds[way]) / min(seconds["bare"]) - 1 for way in ("local", "ray")}
    click.echo(json.dumps({"seconds": seconds, "overhead": ratios}, indent=1))


if __name__ == "__main__":
    main()
