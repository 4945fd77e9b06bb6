"""The forecast of a run: its arithmetic in closed form, its error, and its word against real runs of a fake renderer."""

import json
import math
import time
from pathlib import Path
from statistics import fmean, stdev

import pytest

from simulacra.__main__ import main
from simulacra.datagen.cli.plan import duration, size
from simulacra.datagen.errors import BadInput, Unfinished
from simulacra.datagen.jobs import plan, worker_process
from simulacra.datagen.jobs.plan import (
    Estimate,
    Layout,
    Machines,
    Probe,
    forecast,
    lay_out,
    measure,
    read_recipe,
    share,
)
from simulacra.datagen.jobs.pool import Pool, run
from simulacra.datagen.recipe import Recipe
from simulacra.datagen.storage.dataset import DatasetFolder

HERE = Path(__file__).parent


def even(**more):
    """A probe without any spread: 2 s a sample, 5 s with a start, 1 MB."""
    return Probe(
        **{"fresh": (5.0, 5.0), "steady": (2.0,) * 6, "sizes": (1_000_000,) * 8, "memory": 1.5, "workers": 2} | more
    )


@pytest.mark.parametrize(
    "count, nodes, workers, seconds",
    [
        (1, 1, 1, 5.0),
        (40, 1, 1, 39 * 2 + 5),
        (41, 1, 1, 39 * 2 + 2 * 5),  # the forty-first waits for a fresh worker
        (80, 1, 2, 39 * 2 + 5),
        (81, 1, 2, 39 * 2 + 2 * 5),
        (8, 4, 2, 5.0),
        (9, 4, 2, 2 + 5.0),  # a node gets three, a worker of it two
        (3, 20, 32, 5.0),
        (100_000, 20, 32, 153 * 2 + 4 * 5),  # 5,000 a node, 157 a worker
    ],
)
def test_time_is_that_of_the_worker_with_most_samples(count, nodes, workers, seconds):
    found = forecast(count, Machines(64, nodes), workers, even())
    assert found.seconds == Estimate(*[pytest.approx(seconds)] * 3)
    busy = min(nodes, count)
    assert found.core_hours.value == pytest.approx(busy * 64 * seconds / 3600)
    assert found.bytes == Estimate(*[pytest.approx(count * 1e6)] * 3)
    assert found.memory == 1.5 * min(workers, math.ceil(count / busy))


def test_faster_machines_take_less_time_and_as_much_room():
    slow, fast = (forecast(500, Machines(8, 2, speed), 4, even(steady=(1.0, 2.0, 3.0))) for speed in (1.0, 1.25))
    for bound in ("value", "low", "high"):
        assert getattr(slow.seconds, bound) == pytest.approx(1.25 * getattr(fast.seconds, bound))
    assert slow.bytes == fast.bytes and slow.memory == fast.memory


def test_workers_that_grow_are_started_more_often():
    assert even().renewed_after == worker_process.RENEW_AFTER and even().start == 3.0
    growing = even(fresh=(5.0,) * 4, steady=(2.0,) * 4)
    assert growing.renewed_after == 2
    assert forecast(10, Machines(2), 1, growing).seconds.value == pytest.approx(5 * 2 + 5 * 5)
    always = even(fresh=(5.0,) * 8, steady=())
    assert always.renewed_after == 1 and always.start == 0.0
    assert forecast(10, Machines(2), 1, always).seconds.value == pytest.approx(50)
    failures = even(fresh=(5.0,) * 4, steady=(2.0,) * 4, failed=(3, 8))  # each cost a worker
    assert failures.renewed_after == worker_process.RENEW_AFTER


def test_the_error_is_students_of_the_probes_spread():
    stats = pytest.importorskip("scipy.stats")
    steady, sizes = (1.0, 1.5, 1.2, 4.0, 1.1, 1.6), (900, 1100, 1000, 1000, 4000, 700, 900)
    probe = Probe(fresh=(3.0,), steady=steady, sizes=sizes)
    found = forecast(100, Machines(2), 1, probe)
    value = 97 * fmean(steady) + 3 * 3.0
    error = stats.t.ppf(0.95, 5) * stdev(steady) * math.sqrt(97**2 / 6 + 3**2 / 1) / value
    assert found.seconds.value == pytest.approx(value)
    assert found.seconds.low == pytest.approx(value * math.exp(-error), rel=1e-3)
    assert found.seconds.high == pytest.approx(value * math.exp(error), rel=1e-3)
    room = stats.t.ppf(0.95, 6) * stdev(sizes) / math.sqrt(7) / fmean(sizes)
    assert found.bytes.value == pytest.approx(100 * fmean(sizes))
    assert found.bytes.high == pytest.approx(100 * fmean(sizes) * math.exp(room), rel=1e-3)
    many = forecast(100, Machines(2), 2, probe)  # one of them may end with the longest sample
    single = forecast(50, Machines(2), 1, probe)
    assert many.seconds.low == single.seconds.low
    assert many.seconds.high == pytest.approx(single.seconds.high + 4.0 - fmean(steady))


def test_the_quantile_is_students():
    stats = pytest.importorskip("scipy.stats")
    for freedom in (*range(1, 40), 1000):
        assert plan.student_95(freedom) == pytest.approx(stats.t.ppf(0.95, freedom), rel=2e-3)


def test_the_interval_holds_as_often_as_it_says():
    """Of times with a long upper tail, whose mean is known."""
    numpy = pytest.importorskip("numpy")
    rng, held, tries = numpy.random.default_rng(5), 0, 2000
    for times in rng.lognormal(0, 0.4, (tries, 8)):
        found = forecast(40, Machines(2), 1, Probe((times[0],), tuple(times[1:]), (1,))).seconds
        held += found.low <= 40 * math.exp(0.08) <= found.high
    assert 0.85 < held / tries < 0.95


def test_too_few_samples_tell_no_error():
    found = forecast(9, Machines(2), 1, Probe(fresh=(3.0,), steady=(2.0,), sizes=(10,)))
    assert found.seconds == Estimate(19.0) and found.bytes == Estimate(90) and found.memory is None
    assert found.seconds.times(2) == Estimate(38.0)
    found = plan.remarks(Layout(1, 1, 1, (0,)), Probe(fresh=(3.0,), steady=(2.0,), sizes=(10,)))
    assert found[-1] == "the probe is too small to tell an error"


@pytest.mark.parametrize(
    "available, threads, expected",
    [(64, 0, (32, 2)), (64, 4, (16, 4)), (3, 0, (1, 3)), (1, 0, (1, 1)), (7, 0, (3, 2)), (2, 8, (1, 8))],
)
def test_a_node_shares_its_cores_out(available, threads, expected):
    assert share(available, threads) == expected


def test_the_probe_is_spread_over_all_samples_with_two_for_each_worker(monkeypatch):
    monkeypatch.setattr(plan, "cores", lambda: 2)
    monkeypatch.setattr(plan, "memory", lambda: 1000.0)
    assert lay_out(Recipe("faces", 80), Machines(64)) == Layout(32, 2, 1, (5, 15, 25, 35, 45, 55, 65, 75))
    assert lay_out(Recipe("faces", 3), Machines(64)).indices == (0, 1, 2)
    assert lay_out(Recipe("faces", 100_000), Machines(64), 3).indices == (16_666, 50_000, 83_333)
    monkeypatch.setattr(plan, "cores", lambda: 40)
    found = lay_out(Recipe("faces", 1000), Machines(64))
    assert found.here == 20 and len(found.indices) == len(set(found.indices)) == 40
    assert lay_out(Recipe("faces", 1000), Machines(8)).here == 4  # as the nodes have
    assert lay_out(Recipe("faces", 1000, threads=10), Machines(64)).here == 4
    assert lay_out(Recipe("faces", 1000), Machines(64), 9).here == 4
    monkeypatch.setattr(plan, "memory", lambda: 16.0)
    assert lay_out(Recipe("faces", 1000), Machines(64)).here == 5


def test_what_the_error_leaves_out_is_told(monkeypatch):
    monkeypatch.setattr(plan, "cores", lambda: 4)
    probe = even(failed=(17,), device={"type": "OPTIX", "names": ["a card"]})
    told = plan.remarks(Layout(workers=32, threads=8, here=2, indices=(0,)), probe)
    assert told[0] == plan.BEYOND and "speed=" in told[0]
    assert told[1] == "a node has 32 workers beside each other, and the probe had 2"
    assert told[2] == "a worker of the probe had 4 cores for its 8 threads"
    assert "cards" in told[3] and "(seeds 17)" in told[4]
    assert plan.remarks(Layout(2, 2, 2, (0,)), even()) == [plan.BEYOND]


@pytest.fixture
def fake(monkeypatch, tmp_path):
    """Let workers find the fake renderers, and probes lie where they can be seen."""
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_a_probe_measures_and_leaves_nothing_behind(fake):
    events = []
    found = measure(Recipe("faces", 60), Layout(4, 1, 2, (7, 22, 37, 52)), events.append, "fake_renderer:small")
    assert len(found.fresh) + len(found.steady) == 4 and 1 <= len(found.fresh) <= 2
    assert min(found.steady) >= 0.02 and found.start > 0.05  # a Python starts
    assert 0.01 < found.memory < 2 and all(2000 < room < 20_000 for room in found.sizes)
    assert {event["index"] for event in events} == {7, 22, 37, 52}
    assert list(fake.iterdir()) == []


def test_samples_that_fail_are_left_out_and_a_probe_of_none_is_an_end(fake):
    found = measure(
        Recipe("faces", 10, seed=30), Layout(1, 1, 1, (6, 7, 8)), lambda event: None, "fake_renderer:troubled"
    )
    assert found.failed == (37,) and len(found.sizes) == 2
    with pytest.raises(
        Unfinished, match="no sample of the probe could be rendered; seed 37: RuntimeError: a reason of"
    ):
        measure(Recipe("faces", 10, seed=30), Layout(1, 1, 1, (7,)), lambda event: None, "fake_renderer:troubled")
    assert list(fake.iterdir()) == []


def test_the_command_prints_a_table_and_the_same_as_json(fake, capsys, monkeypatch):
    words = ["plan", "faces", "--count", "1000", "--on", "cores=8,nodes=3,speed=2", "--probe", "3",
             "--price-per-core-hour", "0.25", "--currency", "EUR", "--renderer", "fake_renderer:small"]  # fmt: skip
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["generator"], told["count"], told["confidence"]) == ("faces", 1000, 0.9)
    assert told["on"] == {"cores": 8, "nodes": 3, "speed": 2.0}
    assert (told["workers_of_a_node"], told["threads_of_a_worker"]) == (4, 2)
    probe = Probe(**{name: told["probe"][name] for name in ("fresh", "steady", "sizes", "memory", "workers", "failed")})
    found = forecast(1000, Machines(8, 3, 2.0), 4, probe)
    assert told["seconds"] == vars(found.seconds) and told["bytes"] == vars(found.bytes)
    assert told["core_hours"] == vars(found.core_hours) and told["memory_gib_of_a_node"] == found.memory
    assert told["cost"] == vars(found.core_hours.times(0.25)) | {"currency": "EUR"}
    assert told["remarks"][0] == plan.BEYOND
    monkeypatch.setattr(plan, "measure", lambda *_: probe)
    assert main(words) == 0
    table = capsys.readouterr().out
    assert all(
        word in table for word in ("faces: 1,000 samples", "core-hours", "EUR", "--workers 4 --threads 2", "90%")
    )
    assert list(fake.iterdir()) == []


def test_a_recipe_comes_from_a_dataset_or_alone_and_options_change_it(fake, capsys, monkeypatch):
    recipe = Recipe("faces", 20, seed=5, size=64, samples=3, labels=("depth",), threads=1)
    DatasetFolder.open(fake / "d", recipe)
    described = fake / "d" / "dataset.json"
    alone = fake / "alone.json"
    alone.write_text(json.dumps(recipe.to_dict()))
    assert read_recipe(described, {}) == read_recipe(alone, {}) == recipe
    assert read_recipe(alone, {"count": 7, "size": 128}).resolution == (128, 128)
    before = sorted(fake.rglob("*"))
    monkeypatch.setattr(plan, "measure", lambda *_: even())
    words = ["plan", str(described), "--probe", "3", "--on", "cores=2", "--renderer", "fake_renderer:small", "--json"]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["count"] == 20
    assert main([*words, "--count", "30", "--threads", "2"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["count"], told["workers_of_a_node"], told["cost"]) == (30, 1, None)
    assert sorted(fake.rglob("*")) == before


@pytest.mark.parametrize(
    "words, told",
    [
        (["faces", "--count", "0"], "count: 0 is not allowed; allowed is a whole number in 1..10000000"),
        (["faces", "--on", "cores=64,gpus=2"], "on: gpus is no such key; allowed are cores, nodes, speed"),
        (["faces", "--on", "64"], "on: 64 is no such key"),
        (["faces", "--on", "cores"], "on: cores is not allowed; allowed is cores=NUMBER, once"),
        (["faces", "--on", "cores=2,cores=3"], "on: cores=3 is not allowed; allowed is cores=NUMBER, once"),
        (["faces", "--on", "nodes=0"], "on: nodes=0 is not allowed; allowed is a whole number from 1 to 9999999"),
        (["faces", "--on", "nodes=1.5"], "on: nodes=1.5 is not allowed"),
        (["faces", "--on", "cores=" + "9" * 5000], "is not allowed; allowed is a whole number from 1"),
        (["faces", "--on", "speed=0"], "on: speed=0 is not allowed; allowed is a number from 0.001 to 1000"),
        (["faces", "--on", "speed=nan"], "on: speed=nan is not allowed"),
        (["faces", "--on", "speed=fast"], "on: speed=fast is not allowed"),
        (["faces", "--probe", "2"], "probe: 2 is not allowed; allowed is a whole number from 3 to 10000"),
        (
            ["faces", "--price-per-core-hour", "-1"],
            "--price-per-core-hour: -1 is not allowed; allowed is a number from 0",
        ),
        (["faces", "--price-per-core-hour", "nan"], "price-per-core-hour: nan is not allowed"),
        (["faces", "--set", "identity.age=300"], "age: 300..300 is not allowed; allowed is 18..88"),
        (["faces", "--size", "big"], "size: big is not allowed"),
        (["faces", "--device", "gpu"], "gpu is not allowed; allowed are auto, cpu"),
        (["dragons"], "dragons: no such generator"),
        ([], "RECIPE: is required"),
        (["nowhere.json"], "nowhere.json: is missing"),
        (["LIST"], "allowed is an object of generator, count"),
        (["OTHER"], "weights is no such field"),
        (["SCENE"], "is of a labelled Blender file; allowed is a recipe of simulacra render"),
        (["WRONG"], "samples: 'many' is not allowed"),
        (["TEXT"], "is not a JSON file"),
    ],
)
def test_bad_input_is_one_line(words, told, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    contents = {
        "LIST": "[1, 2]", "OTHER": '{"generator": "faces", "weights": 3}', "TEXT": "faces",
        "SCENE": '{"format": 1, "recipe": {"source": "a.blend"}}', "WRONG": '{"generator": "faces", "samples": "many"}',
    }  # fmt: skip
    for name, text in contents.items():
        Path(name).write_text(text)
    assert main(["plan", *words, "--renderer", "fake_renderer:small"]) == 2
    captured = capsys.readouterr()
    assert told in captured.err and captured.err.count("\n") == 1 and not captured.out
    assert {entry.name for entry in tmp_path.iterdir()} == set(contents)


def test_a_spec_file_is_one_sample():
    with pytest.raises(BadInput, match="allowed is 1"):
        Recipe.from_dict({"generator": "faces", "spec": "a.json", "count": 100})


def test_times_and_sizes_are_told_as_a_person_tells_them():
    times = [0.04, 119.9, 120, 7170, 7230, 47 * 3600, 50 * 3600, 1e8]
    told = ["0.0 s", "119.9 s", "2 min", "2 h 0 min", "2 h 0 min", "47 h 0 min", "2 d 2 h", "1,157 d 10 h"]
    assert [duration(seconds) for seconds in times] == told
    assert [size(amount) for amount in (0, 999, 1500, 999_600, 2.5e12, 4e16)] == [
        "0 B", "999 B", "1.5 kB", "1 MB", "2.5 TB", "40.0 PB",
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_forecast_comes_within_a_fifth_of_the_run(fake, workers):
    recipe, renderer = Recipe("faces", 40, threads=1), "fake_renderer:drawn"
    layout = lay_out(recipe, Machines(workers))
    assert len(layout.indices) == 8
    probe = measure(recipe, layout, lambda event: None, renderer)
    found = forecast(40, Machines(workers), layout.workers, probe)
    folder, started = DatasetFolder.open(fake / "d", recipe), time.monotonic()
    assert run(folder, range(40), Pool(workers, 1, renderer=renderer), lambda event: None) == {}
    took = time.monotonic() - started
    room = sum(file.stat().st_size for sample in (fake / "d").glob("0*") for file in sample.iterdir())
    assert 0.8 < found.seconds.value / took < 1.2
    assert 0.8 < found.bytes.value / room < 1.2
    assert found.seconds.low < took < found.seconds.high
