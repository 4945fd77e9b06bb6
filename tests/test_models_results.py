"""The page of figures is what the records give, and a record says everything."""

import json
import re
from copy import deepcopy
from pathlib import Path

import pytest

from simulacra.datagen.errors import BadInput, Unfinished
from simulacra.models import page
from simulacra.models.cli import results
from simulacra.models.records import FOLDER, METRIC, PUBLISHED, figure, file_name, read_records, validate, write_record
from simulacra.models.records import MEASURED as FIELDS

README = Path(FOLDER.parent, "README.md")


def record(seed: int = 0, without: str = "", value: float = 41.25, system: str = "rodin", **changes) -> dict:
    """A measured record."""
    trivial = {"mean picture of each view": 211.0, "nearest training picture": 9.5}
    return {
        "version": 1, "kind": "measured", "system": system, "without": without,
        "protocol": "80 pictures of each set against 80 of other people, 64 px",
        "data": {"digest": "0f3a", "says": "40 people to train on and 8 others"}, "feature_net": "ENL0",
        "config": {"width": 64}, "seed": seed, "steps": 2000, "seconds": 1234.5, "device": "one GPU",
        "metrics": {"FD-ENL0": figure(value, "lower", 3.75 + seed / 100, "real people", trivial)},
    } | changes  # fmt: skip


PAPER = {"version": 1, "kind": "published", "arxiv": "2212.06135", "metric": "FID on CLIP features", "better": "lower",
         "values": {"pi-GAN": 78.3, "EG3D": 40.5}}  # fmt: skip


def run(folder: Path, readme: Path, *words: str) -> None:
    with results.command.make_context("results", ["--records", str(folder), "--page", str(readme), *words]) as context:
        results.command.invoke(context)


@pytest.fixture
def folder(tmp_path):
    """Records of a system with and without a part, over three seeds, of another with one seed, and of a paper."""
    for seed, whole, bare in ((0, 41.25, 55.5), (1, 42.75, 54.25), (2, 40.125, 57.75)):
        write_record(record(seed, value=whole), tmp_path)
        write_record(record(seed, "random scaling", bare), tmp_path)
    write_record(record(0, value=61.5, system="eg3d"), tmp_path)
    write_record(PAPER, tmp_path)
    return tmp_path


@pytest.fixture
def readme(tmp_path):
    path = tmp_path / "README.md"
    path.write_text(f"# Before\n\n{page.BEGIN}\nold 12345\n{page.END}\n\nAfter, 7.\n")
    return path


def test_the_models_page_is_what_the_records_give():
    text = README.read_text(encoding="utf-8")
    assert page.replaced(text, read_records()) == text, "run simulacra results"


def test_every_figure_stands_on_the_page_once_and_no_other_number_does(folder):
    records = read_records(folder)
    text = page.results(records)
    linked = re.findall(r"\[([\d.]+)\]\(results/(\S+?)\)", text)
    measured = {name: row for name, row in records.items() if row["kind"] == "measured"}
    assert sorted(name for _, name in linked) == sorted(measured)
    for value, name in linked:
        assert float(value) == pytest.approx(measured[name]["metrics"]["FD-ENL0"]["value"], rel=5e-3)
    # Each number that is no link is one of these: what the records hold, or means and deviations of it.
    rest = re.sub(r"\[[\d.]+\]\(results/\S+?\)|\[arXiv.*?\)", "", text.replace(page.RULES, ""))
    rest = re.sub(r"FD-ENL0|EG3D|eg3d", "", rest)
    allowed = (
        "80 80 64 40 8 2000 2000 2000 21 21 21 3.76 0.01 211 0 9.50 0.00 41.4 1.3 55.8 1.8 61.5 14.5 3.1 3 78.3 40.5"
    )
    assert "| **eg3d** | 61.5 ± ? |" in text
    assert sorted(re.findall(r"\d[\d.]*\d|\d", rest)) == sorted([*allowed.split(), "80", "80", "64"])


def test_figures_stand_beside_floor_and_trivial_answers(folder):
    text = page.results(read_records(folder))
    (table,) = [part for part in text.split("\n\n") if part.startswith("| FD-ENL0")]
    first = [line.split(" | ")[0].strip("|* ") for line in table.splitlines()]
    trivial = ["trivial: mean picture of each view", "trivial: nearest training picture"]
    systems = ["eg3d", "rodin", "rodin without random scaling"]
    assert first == ["FD-ENL0 (lower is better)", "-", "floor: real people", *trivial, *systems]
    assert "FID" not in table
    (papers,) = [part for part in text.split("\n\n") if part.startswith("| FID")]
    assert "rodin" not in papers and "2212.06135" in papers
    assert text.index("### Published figures: not comparable") > text.index(table)


def test_other_data_or_another_measurement_shares_no_table(folder):
    write_record(record(7, protocol="80 pictures at 128 px"), folder)
    write_record(record(7, data={"digest": "77", "says": "40 people to train on and 8 others"}), folder)
    text = page.results(read_records(folder))
    assert text.count("| FD-ENL0 (lower is better) |") == 3


def test_what_a_part_gives_needs_three_seeds_that_agree(folder, tmp_path):
    text = page.results(read_records(folder))
    assert "| rodin | random scaling | FD-ENL0 | 14.5 ± 3.1 | 3 | the part helps |" in text
    (folder / file_name(record(2, "random scaling"))).unlink()
    assert "| 2 | fewer than 3 seeds: no finding |" in page.results(read_records(folder))
    write_record(record(2, "random scaling", 30.0), folder)  # one seed says the opposite
    assert "| 3 | within the spread: no finding |" in page.results(read_records(folder))
    write_record(record(2, "random scaling", 30.0, steps=1), folder)
    (folder / file_name(record(2, "random scaling"))).unlink()
    assert "| 2 | fewer than 3 seeds" in page.results(read_records(folder))  # other steps are no pair
    for seed, bare in enumerate((69.0, 69.0, 40.0)):  # more than the spread on average, but not all one way
        write_record(record(seed, "random scaling", bare), folder)
    assert "| 18.0 ± 15.7 | 3 | within the spread: no finding |" in page.results(read_records(folder))
    higher = [record(seed, part, 0.9 if part else 0.5 + seed / 100) for seed in range(3) for part in ("", "x")]
    for row in higher:
        row["metrics"] = {"recall": row["metrics"]["FD-ENL0"] | {"better": "higher"}}
    assert "the part hurts" in page.results({f"{index}.json": row for index, row in enumerate(higher)})


def test_running_again_changes_nothing(folder, readme):
    with pytest.raises(Unfinished, match="run simulacra results"):
        run(folder, readme, "--check")
    assert "old 12345" in readme.read_text()
    run(folder, readme)
    text = readme.read_text()
    assert text.startswith("# Before\n\n") and text.endswith("\n\nAfter, 7.\n") and "12345" not in text
    before = readme.stat().st_mtime_ns
    run(folder, readme)
    run(folder, readme, "--check")
    assert readme.read_text() == text and readme.stat().st_mtime_ns == before
    assert sorted(path.suffix for path in folder.iterdir()) == [".json"] * 8 + [".md"]


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_a_folder_without_records_leaves_the_page_as_it_is(name, readme, tmp_path):
    (tmp_path / "empty").mkdir()
    before = readme.read_bytes()
    with pytest.raises(BadInput, match="holds no records"):
        run(tmp_path / name, readme)
    assert readme.read_bytes() == before


def test_a_page_without_its_marker_lines_is_refused(folder, readme):
    for text in ("nothing", f"{page.END}\n{page.BEGIN}", f"{page.BEGIN}\n{page.BEGIN}\n{page.END}"):
        readme.write_text(text)
        with pytest.raises(BadInput, match="once each"):
            run(folder, readme)
        assert readme.read_text() == text


@pytest.mark.parametrize("field", FIELDS)
def test_a_record_that_lacks_a_field_is_refused_by_its_name(field, tmp_path):
    short = record()
    del short[field]
    (tmp_path / "short.json").write_text(json.dumps(short))
    with pytest.raises(BadInput, match=rf"short\.json: {field} is missing"):
        read_records(tmp_path)
    with pytest.raises(BadInput, match=f"{field} is missing"):
        write_record(short, tmp_path)


def test_a_metric_that_lacks_a_field_is_refused_by_its_name():
    for field in METRIC:
        short = record()
        del short["metrics"]["FD-ENL0"][field]
        with pytest.raises(BadInput, match=rf"x: metrics\.FD-ENL0\.{field} is missing"):
            validate(short, "x")
    for field in ("value", "is"):
        short = record()
        del short["metrics"]["FD-ENL0"]["floor"][field]
        with pytest.raises(BadInput, match=rf"metrics\.FD-ENL0\.floor\.{field} is missing"):
            validate(short, "x")
    for field in PUBLISHED:
        with pytest.raises(BadInput, match=f"x: {field} is missing"):
            validate({name: value for name, value in PAPER.items() if name != field}, "x")


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("seed", True, "seed True is not allowed; allowed is a whole number"),
        ("seconds", float("nan"), "seconds nan is not allowed; allowed is a finite number"),
        ("version", 2, "version 2 is not allowed"),
        ("hostname", "x", "hostname is not known"),
        ("metrics", {}, "metrics is empty"),
        ("feature_net", "gen", "does not name its feature net"),
        ("metrics.FD-ENL0.better", "up", "better up is not allowed"),
        ("metrics.FD-ENL0.value", float("inf"), "value inf is not allowed"),
        ("metrics.FD-ENL0.baselines", {}, "baselines is empty"),
        ("metrics.FID", record()["metrics"]["FD-ENL0"], "FID is measured on InceptionV3"),
    ],
)
def test_a_record_that_is_wrong_is_refused_by_name(path, value, says):
    wrong = deepcopy(record())
    *parents, last = path.split(".")
    place = wrong
    for name in parents:
        place = place[name]
    place[last] = value
    with pytest.raises(BadInput, match=re.escape(says)):
        validate(wrong, "x")


def test_two_records_of_one_measurement_are_refused(folder):
    (folder / "copy.json").write_text(json.dumps(record(0, value=1.0)))
    with pytest.raises(BadInput, match=r"copy\.json and rodin-seed0-\w+\.json are of the same measurement"):
        read_records(folder)


def test_measuring_again_replaces_the_record(folder):
    assert write_record(record(0, value=9.0), folder).is_file()
    records = read_records(folder)
    assert len(records) == 8 and records[file_name(record())]["metrics"]["FD-ENL0"]["value"] == 9
