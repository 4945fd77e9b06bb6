"""Kills a run, or one of its workers, at random moments, then finishes it: python tools/kill_test.py OUT [--times 20]."""

import json
import os
import signal
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


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--times", default=20, show_default=True, help="kills")
@click.option("--count", default=12, show_default=True, help="samples of the dataset")
@click.option("--seed", default=0, show_default=True, help="of the moments and the victims")
@click.option("--pause", default=20.0, show_default=True, help="seconds from a start to a kill, at most")
@click.option("--size", default=96, show_default=True)
@click.option("--samples", default=4, show_default=True)
@click.option("--workers", default=2, show_default=True)
@click.option("--renderer", default="", help="module:function in place of the real one")
def main(out, times, count, seed, pause, size, samples, workers, renderer):
    """Render into OUT under fire; exit code 0 if nothing was lost or broken and the last run finished."""
    command = [sys.executable, "-m", "simulacra", "render", "faces", out, "--count", count, "--size", size, "--samples", samples]
    command = [str(word) for word in (*command, "--workers", workers, "--json")]
    command += ["--renderer", renderer] if renderer else []
    rng = np.random.Generator(np.random.PCG64(seed))
    killed, wrong, kept = {"run": 0, "worker": 0}, [], {}
    while sum(killed.values()) < times:
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        victim = "worker" if rng.random() < 0.5 else "run"
        time.sleep(pause * rng.random())
        children = psutil.Process(run.pid).children() if run.poll() is None else []
        if victim == "worker" and children:
            psutil.Process(children[int(rng.integers(len(children)))].pid).send_signal(signal.SIGKILL)
            killed["worker"] += 1
            time.sleep(0.3 * pause * rng.random())
            children = psutil.Process(run.pid).children() if run.poll() is None else []
        if run.poll() is None:
            run.kill()
            killed["run"] += 1
        elif not children and victim == "run":
            killed["run"] += 1  # it had finished: a kill of nothing, so that this ends
        run.wait()
        if psutil.wait_procs(children, timeout=10)[1]:
            wrong.append("a worker outlived its run")
        wrong += broken(out) if out.exists() else []
        now = {path.parent.name: path.stat().st_mtime_ns for path in out.glob("[0-9]*/sample.json")}
        wrong += [f"{name}: lost or rendered again" for name, when in kept.items() if now.get(name) != when]
        kept = now
        click.echo(f"{sum(killed.values()):3d} kills, {len(kept)} of {count} samples")
        wrong and sys.exit("\n".join(wrong))
    last = subprocess.run(command, stdout=subprocess.DEVNULL)
    wrong += broken(out)
    left = [name for name in os.listdir(out) if name.startswith((".partial", ".dataset.json"))]
    finished = len(list(out.glob("[0-9]*/sample.json")))
    click.echo(f"killed {killed['run']} runs and {killed['worker']} workers; then {finished} of {count} finished, left behind: {left}")
    if last.returncode or wrong or left or finished != count:
        sys.exit("\n".join([f"the last run ended with {last.returncode}", *wrong]))


if __name__ == "__main__":
    main()
