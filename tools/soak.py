"""Soak one long job: python tools/soak.py OUT [--count 300]: is a worker's memory flat, and the last third as fast as the first?

A machine's own speed drifts by more than a tenth within half an hour. So the first sample is rendered again and again beside the
job, each time in a fresh process while the job is paused, and the job's pace is held against what that took in the same third.
"""

import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
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


def _control(run: subprocess.Popen, command: list[str]) -> float:
    """Seconds of the first sample, in a fresh process while the job stands still."""
    paused = [psutil.Process(run.pid), *psutil.Process(run.pid).children(recursive=True)]
    for process in paused:
        with contextlib.suppress(psutil.NoSuchProcess):  # its work may be done in this moment
            process.suspend()
    try:
        with tempfile.TemporaryDirectory(prefix="simulacra-soak-") as beside:
            words = [*command, str(Path(beside, "one")), "--workers", "1"]
            said = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout
    finally:
        for process in paused:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()
    events = [json.loads(line) for line in said.splitlines()]
    return next(event["seconds"]["total"] for event in events if event["event"] == "finished")


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--count", default=300, show_default=True)
@click.option("--size", default=64, show_default=True)
@click.option("--samples", default=2, show_default=True)
@click.option("--workers", default=1, show_default=True)
@click.option("--set", "settings", multiple=True, default=ALIKE, show_default=True, help="as of simulacra render")
@click.option("--renderer", default="", help="module:function in place of the real one")
@click.option(
    "--controls", default=30, show_default=True, help="renders of the first sample in a fresh process, 3 at least"
)
def main(out, count, size, samples, workers, settings, renderer, controls):
    """Render COUNT samples and print the ratios; exit code 0 if memory is within 5 % and pace at least 95 %."""
    command = [sys.executable, "-m", "simulacra", "render", "faces", "--size", str(size), "--samples", str(samples)]
    command += ["--threads", "1", "--json", *(word for setting in settings for word in ("--set", setting))]
    command += ["--renderer", renderer] if renderer else []
    run = subprocess.Popen(
        [*command, str(out), "--count", str(count), "--workers", str(workers)], stdout=subprocess.PIPE, text=True
    )
    moments, memory, control, paused = [time.perf_counter()], [], [], 0.0
    third, every = count // 3, max(1, count // controls)
    for line in run.stdout:
        if json.loads(line)["event"] != "finished":
            continue
        moments.append(time.perf_counter() - paused)
        memory.append(_held(run))
        if len(memory) % every == every // 2:
            control.append(_control(run, command))
            paused += time.perf_counter() - paused - moments[-1]
        if len(memory) % 20 == 0:
            click.echo(f"{len(memory):4d}: {memory[-1]:.0f} MiB, {moments[-1] - moments[0]:.0f} s", err=True)
    if run.wait() or len(memory) != count:
        sys.exit(f"the run ended with {run.returncode} after {len(memory)} of {count}")
    held = {"first": statistics.median(memory[:third]), "last": statistics.median(memory[-third:]), "most": max(memory)}
    pace = {"first": third / (moments[third] - moments[0]), "last": third / (moments[-1] - moments[-1 - third])}
    part = len(control) // 3
    fresh = {"first": statistics.median(control[:part]), "last": statistics.median(control[-part:])}
    found = {
        "count": count, "memory_mib": held, "memory_ratio": held["last"] / held["first"], "samples_per_second": pace,
        "control_seconds": fresh, "raw_pace_ratio": pace["last"] / pace["first"],
        "pace_ratio": pace["last"] / pace["first"] * fresh["last"] / fresh["first"],
    }  # fmt: skip
    click.echo(json.dumps(found, indent=1))
    sys.exit(0 if abs(found["memory_ratio"] - 1) <= 0.05 and found["pace_ratio"] >= 0.95 else 1)


if __name__ == "__main__":
    main()
