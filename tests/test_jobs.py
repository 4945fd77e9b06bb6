"""Runs in worker processes: faults, retries, kills and resumption, with a renderer that needs no Blender."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from simulacra.datagen.dataset import DatasetFolder, split_of
from simulacra.datagen.recipe import Recipe

HERE = Path(__file__).parent


def command(out, renderer, *more):
    return [sys.executable, "-m", "simulacra", "render", "faces", str(out), "--renderer", f"fake_renderer:{renderer}", *map(str, more)]


def call(out, renderer, *more):
    environment = os.environ | {"PYTHONPATH": str(HERE)}
    return subprocess.run(command(out, renderer, *more), capture_output=True, text=True, env=environment, timeout=300)


def assert_whole(out, indices):
    names = sorted(entry.name for entry in out.iterdir() if not entry.name.startswith(".") and entry.is_dir())
    assert names == [f"{index:06d}" for index in indices]
    for name in names:
        record = json.loads((out / name / "sample.json").read_text())
        for file, facts in record["files"].items():
            assert (out / name / file).stat().st_size == facts["bytes"]
    assert not list(out.glob(".partial*"))


def test_a_run_finishes_and_a_second_one_has_nothing_to_do(tmp_path):
    out = tmp_path / "d"
    assert call(out, "small", "--count", 6, "--workers", 2).returncode == 0
    assert_whole(out, range(6))
    before = {path: path.stat().st_mtime_ns for path in out.rglob("sample.json")}
    assert call(out, "small", "--count", 6).returncode == 0
    assert {path: path.stat().st_mtime_ns for path in out.rglob("sample.json")} == before
    assert call(out, "small", "--count", 9).returncode == 0  # more of the same recipe
    assert_whole(out, range(9))


def test_shards_share_a_folder(tmp_path):
    out = tmp_path / "d"
    for part in (1, 2, 3):
        assert call(out, "small", "--count", 7, "--shard", f"{part}/3").returncode == 0
    assert_whole(out, range(7))
    counts = json.loads((out / "dataset.json").read_text())["counts"]
    assert counts == {"asked": 7, "finished": 7, "failed": 0}


def test_crashes_and_hangs_are_retried_then_told_and_the_rest_goes_on(tmp_path):
    out = tmp_path / "d"
    result = call(out, "troubled", "--count", 11, "--seed", 40, "--workers", 2, "--timeout", 2, "--retries", 1, "--json")
    assert result.returncode == 1
    assert result.stderr.strip().count("\n") == 0 and "seeds" in result.stderr
    assert_whole(out, [0, 1, 2, 4, 6, 8, 9, 10])
    failed = {record["index"]: record for record in json.loads((out / "dataset.json").read_text())["failed"]}
    assert sorted(failed) == [3, 5, 7]
    assert failed[3]["seed"] == 43 and "ended with -9" in failed[3]["reason"] and failed[3]["attempts"] == 2
    assert "took longer" in failed[5]["reason"]
    assert "a reason" in failed[7]["reason"]


def test_a_full_disk_ends_the_run_in_one_line(tmp_path):
    result = call(tmp_path / "d", "full_disk", "--count", 2, "--json")
    assert result.returncode == 1 and "disk is full" in result.stderr and result.stderr.strip().count("\n") == 0
    assert_whole(tmp_path / "d", [])


def test_killing_anything_at_any_moment_loses_nothing(tmp_path):
    out = tmp_path / "d"
    environment = os.environ | {"PYTHONPATH": str(HERE)}
    rng = np.random.Generator(np.random.PCG64(0))
    import psutil

    for attempt in range(6):
        run = subprocess.Popen(command(out, "small", "--count", 60, "--workers", 2, "--json"), env=environment,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        time.sleep(0.8 + rng.random() * 1.2)
        if run.poll() is not None:
            break
        workers = psutil.Process(run.pid).children()
        if attempt % 2 and workers:
            os.kill(workers[int(rng.integers(len(workers)))].pid, signal.SIGKILL)
            time.sleep(0.3)
        run.kill()
        run.wait()
        _, alive = psutil.wait_procs(workers, timeout=10)
        assert not alive, "a worker outlived its parent"
        done = [path for path in out.glob("[0-9]*") if path.is_dir()]
        assert all((path / "sample.json").is_file() for path in done)
    assert call(out, "small", "--count", 60, "--workers", 2).returncode == 0
    assert_whole(out, range(60))


def test_splits_go_by_identity_and_never_change():
    shares = [split_of(seed) for seed in range(4000)]
    assert shares == [split_of(seed) for seed in range(4000)]
    assert shares.count("train") / 4000 == pytest.approx(0.8, abs=0.02)


def test_another_recipe_is_refused_by_field(tmp_path):
    DatasetFolder.open(tmp_path / "d", Recipe(generator="faces", size=64))
    result = call(tmp_path / "d", "small", "--size", 128)
    assert result.returncode == 2 and "size is 64 there and 128 here" in result.stderr
