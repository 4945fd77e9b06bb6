"""Kills a run, its workers and Ray's processes at random moments, then finishes it: python tools/kill_test.py OUT [--times 20]."""

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
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


def _offspring(run: subprocess.Popen) -> list[psutil.Process]:
    try:
        return psutil.Process(run.pid).children(recursive=True)
    except psutil.Error:
        return []


def _kind(process: psutil.Process) -> str:
    """Whether a process is a worker or one of Ray's, or neither, as helpers of Python's are."""
    try:
        words = " ".join(process.cmdline())
    except psutil.Error:
        return ""
    if "jobs.worker" in words:
        return "worker"
    return "ray" if "ray" in words else ""


def _ended(run: subprocess.Popen, offspring: list[psutil.Process], patience: float) -> list[str]:
    """What still runs some seconds after its run has ended."""
    run.wait()
    left = [process for process in psutil.wait_procs(offspring, timeout=patience)[1] if _kind(process)]
    found = [f"{_kind(process)} {process.pid} outlived its run" for process in left]
    for process in left:
        process.kill()
    return found


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--times", default=20, show_default=True, help="kills")
@click.option(
    "--count", default=12, show_default=True, help="samples of a dataset; a new one is begun when one is done"
)
@click.option("--seed", default=0, show_default=True, help="of the moments and the victims")
@click.option("--lines", default=3, show_default=True, help="events to wait for before a kill, at most")
@click.option("--pause", default=15.0, show_default=True, help="seconds to wait after them, at most")
@click.option("--size", default=96, show_default=True)
@click.option("--samples", default=4, show_default=True)
@click.option("--workers", default=2, show_default=True)
@click.option("--backend", default="local", show_default=True, help="local or ray; Ray's processes are killed too")
@click.option("--patience", default=300.0, show_default=True, help="seconds that a run may take to notice and end")
@click.option("--renderer", default="", help="module:function in place of the real one")
def main(out, times, count, seed, lines, pause, size, samples, workers, backend, patience, renderer):
    """Render into OUT under fire; exit code 0 if nothing was lost or broken and every last run finished."""
    words = ["--count", count, "--size", size, "--samples", samples, "--json", "--backend", backend]
    words += ["--threads", 1] if backend == "ray" else ["--workers", workers]
    words += ["--renderer", renderer] if renderer else []
    rng = np.random.Generator(np.random.PCG64(seed))
    kills, datasets, kept = Counter(), 0, {}
    while sum(kills.values()) < times:
        folder = out / f"{datasets:03d}"
        command = [sys.executable, "-m", "simulacra", "render", "faces", *map(str, [folder, *words])]
        run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for _ in range(int(rng.integers(lines + 1))):
            run.stdout.readline()
        wrong, offspring, before = [], [], sum(kills.values())
        while run.poll() is None:
            time.sleep(pause * rng.random())
            offspring = list({*offspring, *_offspring(run)})
            kind = str(rng.choice(["run", "worker", "ray"] if backend == "ray" else ["run", "worker"]))
            victims = [process for process in offspring if _kind(process) == kind and process.is_running()]
            if kind == "run" and run.poll() is None:
                run.kill()
            elif victims:
                victims[int(rng.integers(len(victims)))].kill()
            else:
                continue
            kills[kind] += 1
            if kind == "ray":  # the run may go on or give up, and must do one of them
                threading.Thread(target=_drain, args=(run,), daemon=True).start()
                try:
                    run.wait(patience)
                except subprocess.TimeoutExpired:
                    wrong.append("the run hung")
                    run.kill()
        wrong += _ended(run, offspring, 90.0)
        wrong += broken(folder) if folder.exists() else []
        now = {path.parent.name: path.stat().st_mtime_ns for path in folder.glob("[0-9]*/sample.json")}
        wrong += [f"{name}: lost or rendered again" for name, when in kept.items() if now.get(name) != when]
        kept = now
        if sum(kills.values()) == before and len(kept) < count:
            wrong.append(f"the run ended with {run.returncode} unharmed, and unfinished")
        click.echo(f"{sum(kills.values()):3d} kills, {len(kept)} of {count} samples of dataset {datasets}")
        if len(kept) == count:
            wrong += _finish(command, folder, count)
            kept, datasets = {}, datasets + 1
        if wrong:
            sys.exit("\n".join(wrong))
    wrong = _finish(command, folder, count) if kept else []
    click.echo(
        f"killed {', '.join(f'{number} times a {kind}' for kind, number in kills.items())}; {datasets + 1} datasets finished"
    )
    if wrong:
        sys.exit("\n".join(wrong))


def _drain(run: subprocess.Popen) -> None:
    for _ in run.stdout:
        pass


def _finish(command: list[str], folder: Path, count: int) -> list[str]:
    """Run once more in peace; what is wrong then."""
    last = subprocess.run(command, stdout=subprocess.DEVNULL)
    left = [name for name in os.listdir(folder) if name.startswith((".partial", ".swept", ".writing"))]
    finished = len(list(folder.glob("[0-9]*/sample.json")))
    wrong = [f"the last run ended with {last.returncode}"] * bool(last.returncode)
    wrong += [f"it left {left}"] * bool(left) + [f"{finished} of {count} finished"] * (finished != count)
    return broken(folder) + wrong


if __name__ == "__main__":
    main()
