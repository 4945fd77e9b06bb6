"""Runs on a Ray cluster: the same bytes as on one machine, whatever happens to its nodes; with renderers that need no Blender."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ray = pytest.importorskip("ray")

from simulacra.datagen.errors import DestinationTrouble, Unfinished  # noqa: E402
from simulacra.datagen.jobs import cluster, worker_process  # noqa: E402
from simulacra.datagen.jobs import pool as jobs  # noqa: E402
from simulacra.datagen.recipe import Recipe  # noqa: E402
from simulacra.datagen.storage.dataset import DatasetFolder  # noqa: E402

HERE = Path(__file__).parent
NODE = {"num_cpus": 1, "memory": (4 * 2**30), "object_store_memory": cluster.OBJECT_STORE}


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """A cluster of three nodes of one processor each, on this machine."""
    from ray.cluster_utils import Cluster

    before = {name: os.environ.get(name) for name in ("PYTHONPATH", "SIMULACRA_TEST_COUNT")}
    count = tmp_path_factory.mktemp("count") / "count.txt"
    os.environ |= {"PYTHONPATH": str(HERE), "SIMULACRA_TEST_COUNT": str(count)}
    for attempt in (1, 2, 3):  # Ray gives a node 30 s to start, which a busy machine may need more of
        try:
            made = Cluster(initialize_head=True, head_node_args={**NODE, "num_cpus": 0, "include_dashboard": False})
            workers = [made.add_node(**NODE) for _ in range(3)]
            break
        except Exception:
            if attempt == 3:
                raise
    ray.init(made.address, log_to_driver=False, logging_level="error")
    yield made, workers, count
    ray.shutdown()
    made.shutdown()
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


def pool(renderer, **options):
    return jobs.Pool(
        **{"workers": 1, "threads": 1, "timeout": 60.0, "retries": 0, "renderer": f"fake_renderer:{renderer}"} | options
    )


def labels(path):
    return {file.relative_to(path): file.read_bytes() for file in path.glob("0*/*") if file.name != "sample.json"}


def test_a_cluster_that_loses_a_node_and_gains_one_makes_what_one_machine_makes(nodes, tmp_path):
    made, workers, count = nodes
    recipe = Recipe(generator="things", count=24)
    folder = DatasetFolder.open(tmp_path / "cluster", recipe)
    before, events = {}, []

    def tell(event):
        events.append(event)
        if len(events) == 5:
            before.update({index: (folder.path / f"{index:06d}").stat().st_ino for index in folder.finished()})
            made.remove_node(workers.pop(), allow_graceful=False)
            workers.append(made.add_node(**NODE))

    assert cluster.run_on_ray(folder, range(24), pool("settled"), tell) == {}
    assert folder.finished() == list(range(24)) and not list(folder.path.glob(".partial-*"))
    assert {event["index"] for event in events} == set(range(24))
    started = [int(line) for line in count.read_text().split()]
    assert all((folder.path / f"{i:06d}").stat().st_ino == inode for i, inode in before.items())
    assert all(started.count(i) == 1 for i in before)  # what was done was not begun again
    assert len(started) <= 24 + 2  # and no more was than what the lost node had in hand
    here = DatasetFolder.open(tmp_path / "here", recipe)
    jobs.run(here, range(24), pool("settled"), lambda event: None)
    assert labels(folder.path) == labels(here.path)


@pytest.mark.slow  # test_jobs.py has them on one machine
def test_crashes_and_hangs_are_told_as_on_one_machine(nodes, tmp_path, monkeypatch):
    found = {}
    # What hangs here does not need to be waited for as long: the fifth sample does, in whatever worker.
    monkeypatch.setattr(worker_process.Worker, "is_late", lambda worker, timeout: worker.index == 5 and worker.ready)
    for name, run in (("cluster", cluster.run_on_ray), ("here", jobs.run)):
        folder = DatasetFolder.open(tmp_path / name / "d", Recipe(generator="things", count=11))
        failed = run(folder, range(11), pool("troubled", timeout=25.0), lambda event: None)
        found[name] = {index: (record["reason"], record["attempts"]) for index, record in failed.items()}
        assert json.loads((folder.path / "dataset.json").read_text())["counts"]["failed"] == 4
    assert found["cluster"] == found["here"] and sorted(found["here"]) == [3, 5, 7, 9]


def test_a_worker_is_kept_from_sample_to_sample_and_renewed(nodes, tmp_path):
    folder = DatasetFolder.open(tmp_path / "d", Recipe(generator="things", count=12))
    cluster.run_on_ray(folder, range(12), pool("process"), lambda event: None)
    told = [(folder.path / f"{index:06d}" / "process.txt").read_text().split() for index in range(12)]
    assert len({process for process, _ in told}) <= 6 and {threads for _, threads in told} == {"1"}


def test_a_worker_that_saw_other_cards_is_renewed(tmp_path, monkeypatch):
    """Ray gives its processes cards by the task, and a worker sees those of its start."""
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    folder, seat, used = (
        DatasetFolder.open(tmp_path / "d", Recipe(generator="things", count=3)),
        cluster.Seat(tmp_path / "seat"),
        [],
    )
    seat.place.mkdir()
    for index, card in enumerate(("0", "0", "1")):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", card)
        assert "error" not in seat.render(jobs.task_of(folder, index, pool("process")), 60.0)
        used.append((folder.path / f"{index:06d}" / "process.txt").read_text())
    seat.worker.end()
    assert used[0] == used[1] != used[2]


def test_a_node_with_another_version_is_told(nodes, tmp_path, monkeypatch):
    """Its labels would be others."""
    here = jobs.versions()
    monkeypatch.setattr(jobs, "versions", lambda: here | {"simulacra": "0.0.7"})
    folder = DatasetFolder.open(tmp_path / "d", Recipe(generator="things", count=2))
    with pytest.raises(
        Unfinished, match=r"version of simulacra is .*, and 0\.0\.7 where the run was started; install the same"
    ):
        cluster.run_on_ray(folder, range(2), pool("small"), lambda event: None)
    assert folder.finished() == []


def test_a_worker_that_no_node_can_hold_is_told(nodes, tmp_path):
    folder = DatasetFolder.open(tmp_path / "d", Recipe(generator="things", count=2))
    with pytest.raises(Unfinished, match="no node of the cluster has 64 CPU, 3 GiB for a worker"):
        cluster.run_on_ray(folder, range(2), pool("small", threads=64), lambda event: None)


def test_a_destination_that_vanishes_ends_the_run_in_one_line_and_can_come_back(nodes, tmp_path):
    folder = DatasetFolder.open(tmp_path / "d", Recipe(generator="things", count=12))

    def tell(event):
        if event["index"] == 3:
            folder.path.rename(tmp_path / "away")

    with pytest.raises(DestinationTrouble, match="is gone; bring it back, and run the same command again"):
        cluster.run_on_ray(folder, range(12), pool("settled"), tell)
    (tmp_path / "away").rename(folder.path)
    left = sorted(set(range(12)) - set(folder.finished()))
    assert 0 < len(left) < 12
    assert cluster.run_on_ray(folder, left, pool("settled"), lambda event: None) == {}
    assert folder.finished() == list(range(12))


def test_ray_is_not_imported_unless_it_is_asked_for(tmp_path):
    code = (
        "import sys; from simulacra.__main__ import main;"
        f"code = main(['render', 'things', {str(tmp_path / 'd')!r}, '--renderer', 'fake_renderer:small']);"
        "sys.exit(code or 10 * ('ray' in sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(HERE)}, timeout=60)
    assert run.returncode == 0


@pytest.mark.parametrize(
    "told", ["option", *(pytest.param(way, marks=pytest.mark.slow) for way in ("environment", "nowhere"))]
)
def test_a_cluster_is_joined_where_its_address_is_told_and_only_then(nodes, tmp_path, told):
    """Only what the cluster's own nodes render is counted: a Ray of this command's own would know no file to count in."""
    made, _, count = nodes
    before, out = count.read_text() if count.exists() else "", tmp_path / "d"
    words = [sys.executable, "-m", "simulacra", "render", "things", str(out), "--count", "3", "--backend", "ray", "--threads", "1",
             "--renderer", "fake_renderer:settled", *(("--address", made.address) if told == "option" else ())]  # fmt: skip
    environment = {
        name: value for name, value in os.environ.items() if name not in ("SIMULACRA_TEST_COUNT", "RAY_ADDRESS")
    }
    environment |= {"RAY_ADDRESS": made.address} if told == "environment" else {}
    run = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    rendered = count.read_text().removeprefix(before) if count.exists() else ""
    assert sorted(rendered.split()) == ([] if told == "nowhere" else ["0", "1", "2"])
    assert len(list(out.glob("00000?/sample.json"))) == 3


def test_an_address_where_nobody_answers_is_told(tmp_path):
    words = [sys.executable, "-m", "simulacra", "render", "things", str(tmp_path / "d"), "--renderer", "fake_renderer:small",
             "--backend", "ray", "--address", "127.0.0.1:1"]  # fmt: skip
    run = subprocess.run(words, env=os.environ | {"PYTHONPATH": str(HERE)}, capture_output=True, text=True, timeout=120)
    assert run.returncode == 1 and run.stderr.count("\n") == 1
    assert "ray: no cluster answers at 127.0.0.1:1 (" in run.stderr


WATCH = """
import json, os, sys, threading, time
import psutil
from simulacra.__main__ import main

seen = {"listening": set(), "folders": set(), "modes": set()}
def look():
    while True:
        for process in psutil.Process().children(recursive=True) + [psutil.Process()]:
            try:
                seen["listening"] |= {c.laddr.ip for c in process.net_connections("inet") if c.status == "LISTEN"}
            except psutil.Error:
                pass
        seen["folders"] |= {entry.name for entry in os.scandir(sys.argv[1])}
        seen["modes"] |= {oct(entry.stat().st_mode & 0o777) for entry in os.scandir(sys.argv[1]) if entry.is_dir()}
        time.sleep(0.1)
threading.Thread(target=look, daemon=True).start()
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
code = main(["render", "things", sys.argv[2], "--count", "3", "--backend", "ray", "--renderer", "fake_renderer:settled"])
print("seen:" + json.dumps({name: sorted(values) for name, values in seen.items()}))
sys.exit(code)
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be taken away here")
def test_a_ray_of_ones_own_runs_on_two_cores_and_is_nobody_elses(tmp_path):
    """By default: no option but the backend. Nobody outside reaches it, and nobody can prepare a folder for it."""
    temporary = tmp_path / "t"
    temporary.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    environment |= {"PYTHONPATH": str(HERE), "TMPDIR": str(temporary)}
    words = [sys.executable, "-P", "-c", WATCH, str(temporary), str(tmp_path / "d")]
    run = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=180)
    assert run.returncode == 0, run.stderr
    assert len(list((tmp_path / "d").glob("00000?/sample.json"))) == 3
    seen = json.loads(run.stdout.rpartition("seen:")[2])
    assert seen["listening"] and set(seen["listening"]) <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}, seen
    assert seen["modes"] == ["0o700"] and all(
        re.fullmatch(r"simulacra-[0-9a-f]{16}(\.lock)?", name) for name in seen["folders"]
    )
    assert not list(temporary.iterdir())


def test_threads_are_those_that_the_largest_node_has():
    class Ray:
        def __init__(self, *cpus):
            self.cpus = cpus

        def nodes(self):
            return [{"Alive": True, "Resources": {"CPU": number} if number else {}} for number in self.cpus]

    def threads(*cpus):
        run = cluster.ClusterRun.__new__(cluster.ClusterRun)
        run.ray = Ray(*cpus)
        return run._threads_that_fit()

    assert [threads(1), threads(2), threads(0, 3, 2), threads(64, 2), threads(0), threads()] == [1, 2, 3, 4, 4, 4]
