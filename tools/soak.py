"""Soak one long job: python tools/soak.py OUT [--count 300]: is a worker's memory flat, and the last third as fast as the first?"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import click
import psutil

# People who cost about the same: of others a third of a job is dearer than another by chance.
ALIKE = ("hair.groom=crew_cut", "beard.style=none", "beard.moustache=none", "wear.headwear.kind=none", "wear.glasses=none",
         "wear.mask=none", "wear.garment.kind=crew_tee")  # fmt: skip


def _held(run: subprocess.Popen) -> float:
    """The memory of all workers of a run, in MiB."""
    total = 0
    for process in psutil.Process(run.pid).children():
        try:
            total += process.memory_info().rss if "jobs.worker" in " ".join(process.cmdline()) else 0
        except psutil.Error:
            continue  # it was just renewed
    return total / 2**20


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--count", default=300, show_default=True)
@click.option("--size", default=64, show_default=True)
@click.option("--samples", default=2, show_default=True)
@click.option("--workers", default=1, show_default=True)
@click.option("--set", "settings", multiple=True, default=ALIKE, show_default=True, help="as of simulacra render")
@click.option("--renderer", default="", help="module:function in place of the real one")
def main(out, count, size, samples, workers, settings, renderer):
    """Render COUNT samples and print both ratios; exit code 0 if memory is within 5 % and pace at least 95 %."""
    words = [
        out,
        "--count",
        count,
        "--size",
        size,
        "--samples",
        samples,
        "--workers",
        workers,
        "--threads",
        1,
        "--json",
    ]
    words += [word for setting in settings for word in ("--set", setting)]
    words += ["--renderer", renderer] if renderer else []
    command = [sys.executable, "-m", "simulacra", "render", "faces", *map(str, words)]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    moments, memory = [time.perf_counter()], []
    for line in run.stdout:
        event = json.loads(line)
        if event["event"] == "finished":
            moments.append(time.perf_counter())
            memory.append(_held(run))
            if len(memory) % 20 == 0:
                click.echo(f"{len(memory):4d}: {memory[-1]:.0f} MiB, {moments[-1] - moments[0]:.0f} s", err=True)
    if run.wait() or len(memory) != count:
        sys.exit(f"the run ended with {run.returncode} after {len(memory)} of {count}")
    third = count // 3
    held = {"first": statistics.median(memory[:third]), "last": statistics.median(memory[-third:]), "most": max(memory)}
    pace = {"first": third / (moments[third] - moments[0]), "last": third / (moments[-1] - moments[-1 - third])}
    found = {
        "count": count, "memory_mib": held, "memory_ratio": held["last"] / held["first"], "samples_per_second": pace,
        "pace_ratio": pace["last"] / pace["first"],
    }  # fmt: skip
    click.echo(json.dumps(found, indent=1))
    sys.exit(0 if abs(found["memory_ratio"] - 1) <= 0.05 and found["pace_ratio"] >= 0.95 else 1)


if __name__ == "__main__":
    main()
