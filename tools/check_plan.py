"""Hold the forecast of a run against the run: plan with 8 samples, render 40, print forecast over truth.

python tools/check_plan.py [--generator faces] [--count 40] [--probe 8] [--size 96] [--samples 8]
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

BAR = 0.2


@click.command()
@click.option("--generator", default="faces", show_default=True)
@click.option("--count", default=40, show_default=True)
@click.option("--probe", default=8, show_default=True)
@click.option("--size", default=96, show_default=True)
@click.option("--samples", default=8, show_default=True)
@click.option("--seed", default=700, show_default=True)
@click.option("--renderer", default="", help="module:function in place of the real one")
def main(generator: str, count: int, probe: int, size: int, samples: int, seed: int, renderer: str) -> None:
    """Forecast COUNT samples on this machine from PROBE, render them, and end with 1 where time or storage is off by a fifth."""
    simulacra = [sys.executable, "-m", "simulacra"]
    wanted = ["--count", count, "--size", size, "--samples", samples, "--seed", seed]
    wanted += ["--renderer", renderer] if renderer else []
    command = [*simulacra, "plan", generator, *wanted, "--probe", probe, "--json"]
    found = json.loads(subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout)
    shared = ["--workers", found["workers_of_a_node"], "--threads", found["threads_of_a_worker"]]
    with tempfile.TemporaryDirectory() as folder:
        command = [*simulacra, "render", generator, Path(folder, "run"), *wanted, *shared]
        started = time.perf_counter()
        subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL)
        took = time.perf_counter() - started
        room = sum(path.stat().st_size for path in Path(folder, "run").glob("[0-9]*/*"))
    off = False
    for name, unit, truth in (("seconds", "s", took), ("bytes", "B", room)):
        value, low, high = (found[name][bound] for bound in ("value", "low", "high"))
        ratio = value / truth
        off = off or abs(ratio - 1) > BAR
        click.echo(
            f"{name}: forecast {value:.4g} ({low:.4g}..{high:.4g}), truth {truth:.4g} {unit}: ratio {ratio:.3f}"
            f"{'' if low <= truth <= high else ', outside of the error that was told'}"
        )
    sys.exit(int(off))


if __name__ == "__main__":
    main()
