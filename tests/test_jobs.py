"""Runs in worker processes: faults, retries, kills and resumption, with renderers that need no Blender."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from simulacra.datagen.errors import Unfinished
from simulacra.datagen.jobs import pool as jobs
from simulacra.datagen.jobs import worker_process
from simulacra.datagen.jobs.machine import automatic_workers, memory, resident, worker_command
from simulacra.datagen.recipe import Recipe
from simulacra.datagen.storage.dataset import DatasetFolder

HERE = Path(__file__).parent
KILL_TEST = HERE.parent / "tools" / "kill_test.py"
ENVIRONMENT = os.environ | {"PYTHONPATH": str(HERE)}


def command(out, renderer, *more):
    start = [sys.executable, "-m", "simulacra", "render", "things", str(out)]
    return [*start, "--renderer", f"fake_renderer:{renderer}", *map(str, more)]


def call(out, renderer, *more):
    return subprocess.run(command(out, renderer, *more), capture_output=True, text=True, env=ENVIRONMENT, timeout=120)


def assert_whole(out, indices):
    """The samples of these indices are there, whole, and nothing half-written is."""
    names = sorted(entry.name for entry in out.iterdir() if not entry.name.startswith(".") and entry.is_dir())
    assert names == [f"{index:06d}" for index in indices]
    for name in names:
        files = json.loads((out / name / "sample.json").read_text())["files"]
        assert {path.name for path in (out / name).iterdir()} == {*files, "sample.json"}
        assert all((out / name / file).stat().st_size == facts["bytes"] for file, facts in files.items())
    assert not [name for name in os.listdir(out) if name.startswith((".partial", ".swept", ".writing"))]


def one_line(text):
    return text.strip() and "\n" not in text.strip()


@pytest.fixture
def run_here(monkeypatch, tmp_path):
    """Run samples from this process with a fake renderer; returns the events."""
    monkeypatch.setenv("PYTHONPATH", str(HERE))

    def go(renderer, count, **options):
        folder = DatasetFolder.open(tmp_path / "d", Recipe(generator="things", count=count))
        events = []
        jobs.run(
            folder,
            range(count),
            jobs.Pool(**{"workers": 1, "renderer": f"fake_renderer:{renderer}"} | options),
            events.append,
        )
        return events

    return go


def test_a_run_finishes_a_second_has_nothing_to_do_and_a_third_makes_more(tmp_path):
    out = tmp_path / "d"
    assert call(out, "small", "--count", 6, "--workers", 2).returncode == 0
    assert_whole(out, range(6))
    before = {path: path.stat().st_mtime_ns for path in out.rglob("sample.json")}
    assert call(out, "small", "--count", 6, "--resume").returncode == 0
    assert {path: path.stat().st_mtime_ns for path in out.rglob("sample.json")} == before
    assert call(out, "small", "--count", 9).returncode == 0
    assert_whole(out, range(9))
    assert not (out / ".logs").exists()  # nobody has anything to read there


def test_events_are_json_lines_with_the_time_left(tmp_path):
    result = call(tmp_path / "d", "small", "--count", 3, "--seed", 9, "--json")
    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert [event["event"] for event in events] == ["started", "finished", "finished", "finished", "done"]
    assert [event["done"] for event in events] == [0, 1, 2, 3, 3] and all(event["total"] == 3 for event in events)
    assert {event["seed"] for event in events[1:4]} == {9, 10, 11}
    assert events[3]["seconds_left"] == 0 < events[1]["seconds_left"]


def test_shards_at_the_same_time_share_a_folder(tmp_path):
    out = tmp_path / "d"
    parts = [
        subprocess.Popen(
            command(out, "small", "--count", 10, "--shard", f"{part}/3"), env=ENVIRONMENT, stdout=subprocess.DEVNULL
        )
        for part in (1, 2, 3)
    ]
    assert [part.wait(60) for part in parts] == [0, 0, 0]
    assert_whole(out, range(10))
    assert json.loads((out / "dataset.json").read_text())["counts"] == {"asked": 10, "finished": 10, "failed": 0}


def test_a_shard_renders_its_own_samples(tmp_path):
    assert call(tmp_path / "d", "small", "--count", 8, "--shard", "2/3").returncode == 0
    assert_whole(tmp_path / "d", [1, 4, 7])


def test_crashes_and_hangs_are_retried_then_told_and_the_rest_goes_on(tmp_path):
    out = tmp_path / "d"
    result = call(
        out, "troubled", "--count", 11, "--seed", 40, "--workers", 2, "--timeout", 8, "--retries", 1, "--json"
    )
    assert result.returncode == 1
    assert one_line(result.stderr) and "3 of 11 samples failed" in result.stderr and "43" in result.stderr
    assert_whole(out, [0, 1, 2, 4, 6, 8, 9, 10])
    described = json.loads((out / "dataset.json").read_text())
    assert described["counts"] == {"asked": 11, "finished": 8, "failed": 3}
    failed = {record["index"]: record for record in described["failed"]}
    assert {index: (record["seed"], record["attempts"]) for index, record in failed.items()} == {
        3: (43, 2),
        5: (45, 2),
        7: (47, 2),
    }
    assert "ended by SIGKILL" in failed[3]["reason"]
    assert "took longer than 8 s" in failed[5]["reason"]
    assert failed[7]["reason"] == "RuntimeError: a reason of two lines"
    assert "RuntimeError: a reason" in (out / ".logs" / failed[7]["log"]).read_text()
    assert call(out, "small", "--count", 11, "--seed", 40).returncode == 0  # the same command finishes the job
    assert_whole(out, range(11))
    assert json.loads((out / "dataset.json").read_text())["failed"] == []


def test_a_sample_without_files_is_a_failure(run_here, tmp_path):
    events = run_here("nothing", 1, retries=0)
    assert [event["event"] for event in events] == ["failed"] and "wrote nothing" in events[0]["reason"]
    assert_whole(tmp_path / "d", [])


def test_workers_are_renewed_and_get_their_threads(run_here, tmp_path, monkeypatch):
    monkeypatch.setattr(worker_process, "RENEW_AFTER", 3)
    assert len(run_here("process", 7, threads=2)) == 7
    told = [path.read_text().split() for path in sorted((tmp_path / "d").rglob("process.txt"))]
    assert sorted(Counter(process for process, _ in told).values()) == [1, 3, 3]
    assert {threads for _, threads in told} == {"2"}
    assert json.loads((tmp_path / "d" / "dataset.json").read_text())["recipe"]["threads"] == 0


def test_a_worker_that_grew_is_renewed(run_here, tmp_path, monkeypatch):
    monkeypatch.setattr(worker_process, "RENEW_ABOVE", 0.001)
    run_here("process", 3)
    assert len({path.read_text() for path in (tmp_path / "d").rglob("process.txt")}) == 3


def test_workers_that_cannot_start_end_the_run(run_here, monkeypatch):
    monkeypatch.setattr(
        worker_process, "worker_command", lambda: [sys.executable, "-c", "raise SystemExit('no such library')"]
    )
    with pytest.raises(Unfinished, match="workers do not start: the worker ended with code 1: no such library"):
        run_here("small", 50, retries=100)


def test_a_full_disk_ends_the_run_in_one_line(tmp_path):
    result = call(tmp_path / "d", "full_disk", "--count", 2, "--json")
    assert result.returncode == 1 and one_line(result.stderr) and "the disk is full" in result.stderr
    assert_whole(tmp_path / "d", [])


@pytest.fixture
def disk(tmp_path):
    """A disk of 50 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("needs the right to mount a small disk")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=50m", "tmpfs", place], capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_disk_that_runs_full_leaves_nothing_half_written(disk):
    result = call(disk / "d", "heavy", "--count", 4)
    assert result.returncode == 1 and "the disk is full" in result.stderr
    assert one_line(result.stderr.replace("1 of 4", "").splitlines()[-1])
    assert_whole(disk / "d", [0, 1])
    (disk / "rest").write_bytes(bytes(os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize))
    result = call(disk / "e", "small")
    assert result.returncode == 1 and one_line(result.stderr) and "the disk is full" in result.stderr


def test_a_destination_that_becomes_read_only_or_is_unmounted_is_told_and_comes_back(disk):
    assert call(disk / "d", "small", "--count", 2).returncode == 0
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    result = call(disk / "d", "small", "--count", 4)
    assert result.returncode == 1 and one_line(result.stderr) and "cannot be written to; allow it" in result.stderr
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    assert call(disk / "d", "small", "--count", 4).returncode == 0
    assert_whole(disk / "d", range(4))
    run = subprocess.Popen(
        command(disk / "d", "settled", "--count", 24), env=ENVIRONMENT, stderr=subprocess.PIPE, text=True
    )
    while len(list((disk / "d").glob("0*"))) < 7:
        time.sleep(0.05)
    (disk / "d").rename(disk / "away")  # as a share that is gone: nothing is left at its path
    _, words = run.communicate(timeout=60)
    assert run.returncode == 1 and "is gone; bring it back, and run the same command again" in words.splitlines()[-1]
    (disk / "away").rename(disk / "d")
    assert call(disk / "d", "small", "--count", 24).returncode == 0
    assert_whole(disk / "d", range(24))


@pytest.mark.parametrize("request_to_stop", [signal.SIGINT, signal.SIGTERM])
def test_a_request_to_stop_ends_workers_and_removes_what_is_half_written(tmp_path, request_to_stop):
    out = tmp_path / "d"
    run = subprocess.Popen(
        command(out, "slow", "--count", 4, "--workers", 2),
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
        # A shell starts background jobs deaf to SIGINT, and the run would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 30
    while len(list(out.glob(".partial-*/half.bin"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    workers = psutil.Process(run.pid).children()
    assert len(workers) == 2
    run.send_signal(request_to_stop)
    _, said = run.communicate(timeout=20)
    assert run.returncode == 1 and "run the same command again" in said and one_line(said)
    assert not any(worker.is_running() for worker in workers)
    assert_whole(out, [])


def test_a_worker_ends_with_its_parent_in_the_middle_of_a_sample(tmp_path):
    out = tmp_path / "d"
    run = subprocess.Popen(command(out, "slow"), env=ENVIRONMENT, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not list(out.glob(".partial-*/half.bin")) and time.monotonic() < deadline:
        time.sleep(0.05)
    workers = psutil.Process(run.pid).children()
    run.kill()
    run.wait()
    assert workers and psutil.wait_procs(workers, timeout=5)[1] == []


@pytest.mark.parametrize("times", [5, pytest.param(20, marks=pytest.mark.slow)])
def test_killing_anything_at_any_moment_loses_nothing(tmp_path, times):
    words = f"--times {times} --count 90 --renderer fake_renderer:small --lines 10 --pause 0.2"
    result = subprocess.run(
        [sys.executable, KILL_TEST, tmp_path / "d", *words.split()], capture_output=True, text=True, env=ENVIRONMENT
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert_whole(tmp_path / "d" / "000", range(90))


def test_a_missing_ray_is_named(tmp_path, capsys, monkeypatch):
    from simulacra.__main__ import main

    monkeypatch.setitem(sys.modules, "ray", None)  # as if it were not installed
    assert main(["render", "faces", str(tmp_path / "d"), "--backend", "ray", "--renderer", "fake_renderer:small"]) == 2
    assert "ray is not installed; allowed is local" in capsys.readouterr().err


def test_the_machine_gives_at_least_one_worker_and_a_way_to_start_it():
    assert automatic_workers() >= 1
    assert worker_command() == [sys.executable, "-P", "-m", "simulacra.datagen.jobs.worker"]


def test_the_memory_is_what_another_library_finds():
    assert 0 < memory() <= psutil.virtual_memory().total / 2**30
    sleeper = subprocess.Popen([sys.executable, "-c", "x = bytes(1 << 26); print(flush=True); input()"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    sleeper.stdout.readline()
    assert resident(sleeper.pid) == pytest.approx(psutil.Process(sleeper.pid).memory_info().rss / 2**30, rel=0.02)
    sleeper.kill()
    while psutil.Process(sleeper.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    assert resident(sleeper.pid) is None  # ended, not yet waited for
    sleeper.communicate()
    assert resident(sleeper.pid) is None


def test_the_structures_are_as_wide_as_windows_has_them():
    from simulacra.datagen.jobs import machine

    assert ctypes.sizeof(machine._MemoryStatus) == 64
    assert ctypes.sizeof(machine._MemoryCounters) == 8 + 8 * ctypes.sizeof(ctypes.c_size_t)


def test_repair_renders_what_differs_from_its_record_and_nothing_else(tmp_path):
    out = tmp_path / "d"
    assert call(out, "settled", "--count", 5).returncode == 0
    kept = {index: (out / f"{index:06d}").stat().st_ino for index in (4,)}
    text = {file.relative_to(out): file.read_bytes() for file in out.glob("0*/*")}
    (out / "000001" / "0000.depth.exr").write_bytes(b"half")
    (out / "000002" / "spec.json").unlink()
    (out / "000003" / "sample.json").write_text('{"index": 3, "fi')
    first = out / "000000" / "sample.json"
    first.write_text(first.read_text().replace('"seed": 0', '"seed": 77'))
    result = call(out, "settled", "--count", 5, "--repair")
    assert result.returncode == 0 and f"{out}: 3 of 4 finished samples differ from their records" in result.stderr
    assert_whole(out, range(5))
    assert {file.relative_to(out): file.read_bytes() for file in out.glob("0*/*")} == text
    assert {index: (out / f"{index:06d}").stat().st_ino for index in kept} == kept
    again = call(out, "slow", "--count", 5, "--repair", "--json")
    events = [json.loads(line) for line in again.stdout.splitlines()]
    assert again.returncode == 0 and {event["event"] for event in events} == {"warning", "started", "done"}
    assert "0 of 5 finished samples differ" in events[0]["message"]


def test_the_same_command_finishes_where_dataset_json_is_lost(tmp_path):
    out = tmp_path / "d"
    assert call(out, "small", "--count", 3).returncode == 0
    before = (out / "dataset.json").read_text()
    (out / "dataset.json").write_text("")
    result = call(out, "small", "--count", 3)
    assert result.returncode == 0 and "dataset.json was not whole, and is rebuilt from 3 samples" in result.stderr
    assert (out / "dataset.json").read_text() == before


def test_what_killed_workers_and_runs_leave_is_swept(tmp_path):
    """Logs, and what Blender and others put into the temporary folder."""
    out, place = tmp_path / "d", tmp_path / "t"
    place.mkdir()
    environment = ENVIRONMENT | {"TMPDIR": str(place)}
    run = subprocess.Popen(command(out, "slow"), env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not list(out.glob(".partial-*/half.bin")) and time.monotonic() < deadline:
        time.sleep(0.05)
    workers = psutil.Process(run.pid).children()
    logs = list(place.glob("**/log.txt"))
    run.kill()
    run.wait()
    psutil.wait_procs(workers, timeout=5)
    assert len(logs) == 1 and logs[0].is_file() and not (out / ".logs").exists()
    result = subprocess.run(command(out, "littering"), env=environment, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    assert_whole(out, [0])
    assert list(place.iterdir()) == []


def test_old_logs_that_nothing_names_are_swept_and_those_of_failed_samples_kept(tmp_path):
    out = tmp_path / "d"
    call(out, "troubled", "--count", 8, "--retries", 0, "--timeout", 20, "--shard", "8/8")
    logs = out / ".logs"
    logs.mkdir(exist_ok=True)
    (logs / "worker-0011223344556677.log").write_text("old")
    (logs / "worker-8899aabbccddeeff.log").write_text("young")
    os.utime(logs / "worker-0011223344556677.log", (time.time() - 1e5,) * 2)
    call(out, "troubled", "--count", 8, "--retries", 0, "--timeout", 20, "--shard", "8/8")
    assert [log.name for log in logs.iterdir() if log.read_text() in ("old", "young")] == [
        "worker-8899aabbccddeeff.log"
    ]
    assert len(list(logs.iterdir())) >= 2
