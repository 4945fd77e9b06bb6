"""Shards: disjoint, complete, and joined into what one run makes; with a renderer that needs no Blender."""

import json
import shutil

import pytest

from simulacra.__main__ import main
from simulacra.datagen.cli.render import parse_shard
from simulacra.datagen.errors import BadInput, Unfinished
from simulacra.datagen.formats.files import read_json, write_json
from simulacra.datagen.readers import Dataset
from simulacra.datagen.recipe import Recipe
from simulacra.datagen.storage.dataset import DatasetFolder
from simulacra.datagen.storage.merge import Merge, share_of
from simulacra.datagen.storage.naming import sample_name

RECIPE = Recipe(generator="things", count=10, seed=3)


def write(spec, recipe, folder):
    (folder / "0000.depth.exr").write_bytes(repr(spec).encode())
    (folder / "0000.rgb.png").write_bytes(b"picture")
    return {"frames": [0], "seconds": {}}


def shard(path, part, parts, recipe=RECIPE, renderer=write):
    folder = DatasetFolder.open(path, recipe)
    for index in range(part - 1, recipe.count, parts):
        folder.write_sample(index, renderer)
    folder.describe({})
    return path


@pytest.fixture
def shards(tmp_path):
    return [shard(tmp_path / f"shard{part}", part, 3) for part in (1, 2, 3)]


def content(path):
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in path.glob("0*/*")}


@pytest.mark.parametrize("parts", [1, 2, 3, 16, 97])
def test_shards_are_disjoint_and_complete(parts):
    drawn = [index for k in range(1, parts + 1) for index in range(parse_shard(f"{k}/{parts}")[0] - 1, 100, parts)]
    assert sorted(drawn) == list(range(100))


def test_merged_shards_are_what_one_run_makes(tmp_path, shards):
    one = shard(tmp_path / "one", 1, 1)
    assert main(["merge", str(tmp_path / "all"), *map(str, shards)]) == 0
    assert content(tmp_path / "all") == content(one)
    assert read_json(tmp_path / "all" / "dataset.json") == read_json(one / "dataset.json")
    assert len(Dataset(tmp_path / "all")) == 10
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "all").glob("0*/*")}
    assert main(["merge", str(tmp_path / "all"), *map(str, shards)]) == 0  # again: nothing is copied twice
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "all").glob("0*/*")} == before


def test_a_merge_says_when_it_is_done(tmp_path, shards, capsys):
    assert main(["merge", str(tmp_path / "all"), *map(str, shards), "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[0]["event"] == "started"
    assert events[-1] == {"event": "done", "done": 10, "total": 10, "out": str(tmp_path / "all")}


def test_a_merge_that_was_stopped_goes_on(tmp_path, shards):
    class Stop(Exception):
        pass

    def stop(event):
        if event["index"] == 4:
            raise Stop

    with pytest.raises(Stop):
        Merge(tmp_path / "all", shards).go(stop)
    folder = Merge(tmp_path / "all", shards).go()
    assert folder.finished() == list(range(10)) and not list((tmp_path / "all").glob(".partial*"))


def test_a_missing_shard_is_named_and_what_is_there_is_joined(tmp_path, shards, capsys):
    assert main(["merge", str(tmp_path / "all"), str(shards[0]), str(shards[2])]) == 1
    assert "3 of 10 samples are in no shard (numbers 1, 4, 7); they are the shard 2/3" in capsys.readouterr().err
    assert len(Dataset(tmp_path / "all")) == 7
    assert Merge(tmp_path / "all", [shards[1]]).go().finished() == list(range(10))


def test_the_missing_share_is_that_of_the_command_line():
    for parts in (2, 3, 7):
        for part in range(parts):
            assert share_of(list(range(part, 50, parts)), 50) == f"; they are the shard {part + 1}/{parts}"
    assert share_of([0, 1, 5], 10) == ""


def test_shards_of_another_recipe_are_refused_before_anything_is_made(tmp_path, shards):
    other = shard(tmp_path / "other", 1, 3, Recipe(generator="things", count=10, seed=4))
    with pytest.raises(BadInput, match="other: holds a dataset of another recipe; seed is 4 there and 3 here"):
        Merge(tmp_path / "all", [*shards, other])
    with pytest.raises(BadInput, match=r"dataset.json: is missing"):
        Merge(tmp_path / "all", [*shards, tmp_path])
    with pytest.raises(BadInput, match="is the target itself"):
        Merge(shards[0], shards)
    assert not (tmp_path / "all").exists()


def test_two_different_samples_of_one_number_are_refused(tmp_path, shards):
    """Labels are the same on every machine; a picture's noise may differ."""
    twin = tmp_path / "twin"
    shutil.copytree(shards[0], twin)
    record = read_json(twin / "000003" / "sample.json")
    record["files"]["0000.rgb.png"]["sha256"] = "0" * 64
    write_json(twin / "000003" / "sample.json", record)
    assert Merge(tmp_path / "all", [*shards, twin]).go().finished() == list(range(10))
    record["files"]["0000.depth.exr"]["sha256"] = "0" * 64
    write_json(twin / "000003" / "sample.json", record)
    with pytest.raises(BadInput, match=r"differs in 0000.depth.exr from the sample of that number"):
        Merge(tmp_path / "all", [*shards, twin]).go()


@pytest.mark.parametrize("fault", ["cut", "gone", "path", "index", "text"])
def test_a_broken_sample_is_told_and_the_rest_is_joined(tmp_path, shards, fault):
    sample = shards[0] / sample_name(6)
    record = read_json(sample / "sample.json")
    if fault == "cut":
        (sample / "0000.depth.exr").write_bytes(b"half")
    elif fault == "gone":
        (sample / "0000.depth.exr").unlink()
    elif fault == "path":
        (tmp_path / "victim").write_text("mine")
        record["files"]["../victim"] = record["files"]["0000.rgb.png"]
    elif fault == "index":
        record["index"] = 5
    else:
        record["files"] = "all"
    write_json(sample / "sample.json", record)
    events = []
    with pytest.raises(Unfinished, match=r"000006.*render the shard again"):
        Merge(tmp_path / "all", shards).go(events.append)
    assert [event["index"] for event in events if event["event"] == "failed"] == [6]
    described = json.loads((tmp_path / "all" / "dataset.json").read_text())
    assert described["counts"]["finished"] == 9 and not (tmp_path / "all" / sample_name(6)).exists()


@pytest.mark.parametrize(
    "validity", [[], "odd", 7, None, {"redone": 1}, {"redone": [1], "warned": []}, {"warned": {"a": 1}}]
)
def test_odd_validity_is_told_in_one_line(tmp_path, shards, capsys, validity):
    path = shards[0] / sample_name(6) / "sample.json"
    write_json(path, read_json(path) | {"validity": validity})
    assert main(["merge", str(tmp_path / "all"), *map(str, shards)]) == 1
    line = capsys.readouterr().err.splitlines()[-1]
    assert "validity is not what was redone and warned of" in line and "render the shard again" in line
    assert Merge(tmp_path / "all", shards[1:]).samples and len(Dataset(tmp_path / "all")) == 9


def test_half_a_validity_is_taken(tmp_path, shards):
    path = shards[0] / sample_name(6) / "sample.json"
    write_json(path, read_json(path) | {"validity": {"redone": [{"seed": 1}]}})
    assert Merge(tmp_path / "all", shards).go().finished() == list(range(10))
    rows = read_json(tmp_path / "all" / "dataset.json")["validity"]["samples"]
    assert rows == [{"index": 6, "seed": 9, "redone": [{"seed": 1}], "warned": []}]


@pytest.mark.parametrize("what", ["file", "record", "sample", "description"])
def test_a_merge_follows_no_link_out_of_a_shard(tmp_path, shards, capsys, what):
    secret = tmp_path / "secret"
    name = {
        "file": "000006/0000.depth.exr",
        "record": "000006/sample.json",
        "sample": "000006",
        "description": "dataset.json",
    }[what]
    (shards[0] / name).rename(secret)
    (shards[0] / name).symlink_to(secret)
    assert main(["merge", str(tmp_path / "all"), *map(str, shards)]) == (2 if what == "description" else 1)
    assert "is a link; allowed is what lies in the dataset itself" in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "all" / "000006").exists()


def test_a_file_of_another_size_is_refused_before_it_is_read(tmp_path, shards, capsys):
    with open(shards[0] / sample_name(6) / "0000.depth.exr", "r+b") as file:
        file.truncate(8 << 30)  # sparse: reading it would take minutes and all memory
    assert main(["merge", str(tmp_path / "all"), *map(str, shards)]) == 1
    error = capsys.readouterr().err
    assert "000006/0000.depth.exr: holds 8589934592 bytes; allowed are" in error
    assert not list((tmp_path / "all").glob(".partial*"))


def test_a_sample_of_another_recipe_in_a_shard_is_told(tmp_path, shards, capsys):
    other = shard(tmp_path / "other", 1, 3, Recipe(generator="things", count=10, seed=3, samples=7))
    shutil.rmtree(shards[0] / sample_name(6))
    shutil.copytree(other / sample_name(6), shards[0] / sample_name(6))
    assert main(["merge", str(tmp_path / "all"), *map(str, shards)]) == 1
    assert "000006: says that it is of another recipe; render the shard again" in capsys.readouterr().err
