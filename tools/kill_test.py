"""Kills a run, or one of its workers, at random moments, then finishes it: python tools/kill_test.py OUT [--times 20]."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import click
import numpy as np
import psutil


def broken(out: Path) -> list[str]:
    """What is wrong with the samples that exist: each must be whole."""
    found = []
    for folder in sorted(entry for entry in out.glob("[0-9]*") if entry.is_dir()):
        record = folder / "sample.json"
        if not record.is_file():
            found.append(f"{folder}: no sample.json")
            continue
        for name, facts in json.loads(record.read_text())["files"].items():
            if not (folder / name).is_file() or (folder / name).stat().st_size != facts["bytes"]:
                found.append(f"{folder / name}: not whole")
    described = out / "dataset.json"
    if described.is_file():
        json.loads(described.read_text())
    return found


def _children(run: subprocess.Popen) -> list[psutil.Process]:
    try:
        return psutil.Process(run.pid).children()
    except psutil.Error:
        return []


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--times", default=20, show_default=True, help="kills")
@click.option("--count", default=12, show_default=True, help="samples of the dataset")
@click.option("--seed", default=0, show_default=True, help="of the moments and the victims")
@click.option("--lines", default=3, show_default=True, help="events to wait for before a kill, at most")
@click.option("--pause", default=15.0, show_default=True, help="seconds to wait after them, at most")
@click.option("--size", default=96, show_default=True)
@click.option("--samples", default=4, show_default=True)
@click.option("--workers", default=2, show_default=True)
@click.option("--renderer", default="", help="module:function in place of the real one")
def main(out, times, count, seed, lines, pause, size, samples, workers, renderer):
    """Render into OUT under fire; exit code 0 if nothing was lost or broken and the last run finished."""
    command = [
        sys.executable,
        "-m",
        "simulacra",
        "render",
        "faces",
        out,
        "--count",
        count,
        "--size",
        size,
        "--samples",
        samples,
    ]
    command = [str(word) for word in (*command, "--workers", workers, "--json")]
    command += ["--renderer", renderer] if renderer else []
    rng = np.random.Generator(np.random.PCG64(seed))
    kills, wrong, kept = [], [], {}
    while len(kills) < times:
        run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for _ in range(int(rng.integers(lines + 1))):
            run.stdout.readline()
        time.sleep(pause * rng.random())
        workers = _children(run)
        if workers and rng.random() < 0.5:
            workers[int(rng.integers(len(workers)))].kill()
            kills.append("worker")
            time.sleep(pause * rng.random())
            workers += _children(run)
        run.kill()  # of one that has finished it is no kill, and counts so that this ends
        kills.append("run")
        run.wait()
        if psutil.wait_procs(workers, timeout=10)[1]:
            wrong.append("a worker outlived its run")
        wrong += broken(out) if out.exists() else []
        now = {path.parent.name: path.stat().st_mtime_ns for path in out.glob("[0-9]*/sample.json")}
        wrong += [f"{name}: lost or rendered again" for name, when in kept.items() if now.get(name) != when]
        kept = now
        click.echo(f"{len(kills):3d} kills, {len(kept)} of {count} samples")
        if wrong:
            sys.exit("\n".join(wrong))
    last = subprocess.run(command, stdout=subprocess.DEVNULL)
    wrong += broken(out)
    left = [name for name in os.listdir(out) if name.startswith((".partial", ".dataset.json"))]
    finished = len(list(out.glob("[0-9]*/sample.json")))
    click.echo(
        f"killed {kills.count('run')} runs and {kills.count('worker')} workers; then {finished} of {count} finished"
    )
    if last.returncode or wrong or left or finished != count:
        sys.exit("\n".join([f"the last run ended with {last.returncode} and left {left}", *wrong]))


if __name__ == "__main__":
    main()
