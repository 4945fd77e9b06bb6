"""Measure, in one run, the labels' share of the picture's time and Cycles' share of the wall.

python tools/bench_render.py [--count 3] [--size 512] [--samples 64]
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click


@click.command()
@click.option("--count", default=3, show_default=True)
@click.option("--size", default=512, show_default=True)
@click.option("--samples", default=64, show_default=True)
@click.option("--seed", default=500, show_default=True)
def main(count: int, size: int, samples: int, seed: int) -> None:
    """Render COUNT faces with one worker and print the ratios."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "bench")
        arguments = {"count": count, "size": size, "samples": samples, "seed": seed, "workers": 1}
        command = [sys.executable, "-m", "simulacra", "render", "faces", str(out), "--json"]
        for name, value in arguments.items():
            command += [f"--{name}", str(value)]
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        wall = time.perf_counter() - started
        rows = [json.loads(path.read_text())["seconds"] for path in sorted(out.glob("*/sample.json"))]
    picture, labels = sum(row["cycles_rgb"] for row in rows), sum(row["cycles_labels"] for row in rows)
    build, total = sum(row["build"] for row in rows), sum(row["total"] for row in rows)
    click.echo(
        f"{count} faces, {size}² px, {samples} samples a pixel: {wall / count:.1f} s a face, building {build / count:.1f} s"
    )
    click.echo(
        f"labels over picture, everything but building and the picture counted as labels: {(total - build - picture) / picture:.1%}"
    )
    click.echo(f"labels over picture, inside Cycles: {labels / picture:.1%}")
    click.echo(f"Cycles over wall, starting the worker included: {(picture + labels) / wall:.1%}")


if __name__ == "__main__":
    main()
