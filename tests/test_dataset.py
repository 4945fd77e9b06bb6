"""The dataset's folder: what may be opened, what a kill leaves behind, several writers at once."""

import dataclasses
import hashlib
import json
import os
import shutil
import threading
from pathlib import Path

import pytest

from simulacra.datagen.errors import BadInput, DestinationTrouble
from simulacra.datagen.recipe import Recipe
from simulacra.datagen.storage import continuing, dataset
from simulacra.datagen.storage.dataset import DatasetFolder
from simulacra.datagen.storage.naming import SPLITS, split_of

RECIPE = Recipe(generator="faces", count=4, seed=10, size=64)


def described(path):
    return json.loads((path / "dataset.json").read_text())


def write(spec, recipe, folder):
    (folder / "0000.rgb.png").write_bytes(b"picture of " + str(recipe.threads).encode())
    return {"frames": [0], "seconds": {"build": 1.0}}


def test_a_new_folder_is_described_at_once(tmp_path):
    DatasetFolder.open(tmp_path / "a" / "b", RECIPE)
    document = described(tmp_path / "a" / "b")
    assert document["format"] == 1 and Recipe.from_dict(document["recipe"]) == RECIPE
    assert (
        set(document["versions"]) == {"simulacra", "blender", "python", "numpy"} and document["versions"]["simulacra"]
    )
    assert document["counts"] == {"asked": 4, "finished": 0, "failed": 0}
    assert document["splits"] == {"train": [], "validation": [], "test": []}
    assert document["taxonomy"]["parts"]["0"] == "background" and len(document["taxonomy"]["parts"]) == 20
    assert {row["name"] for row in document["labels"]} >= set(document["rendered"]) > {"rgb", "depth", "parts"}


def test_a_sample_is_whole_with_the_hash_of_every_file(tmp_path):
    folder = DatasetFolder.open(tmp_path, RECIPE)
    folder.write_sample(2, write, threads=3)
    record = json.loads((tmp_path / "000002" / "sample.json").read_text())
    assert (record["index"], record["seed"], record["frames"]) == (2, 12, [0])
    digest = hashlib.sha256(b"picture of 3").hexdigest()
    assert record["files"] == {"0000.rgb.png": {"bytes": 12, "sha256": digest}}
    folder.describe({})
    assert described(tmp_path)["splits"][split_of(12)] == ["000002"]


def test_a_sample_that_exists_is_left_alone(tmp_path):
    folder = DatasetFolder.open(tmp_path, RECIPE)
    first = folder.write_sample(0, write)
    assert folder.write_sample(0, lambda *_: pytest.fail("rendered again")) == first


def test_a_sample_that_fails_leaves_nothing(tmp_path):
    def fail(spec, recipe, folder):
        write(spec, recipe, folder)
        raise RuntimeError("no")

    folder = DatasetFolder.open(tmp_path, RECIPE)
    with pytest.raises(RuntimeError, match="no"):
        folder.write_sample(0, fail)
    assert [entry.name for entry in tmp_path.iterdir()] == ["dataset.json"]


def test_another_run_may_finish_the_same_sample_first(tmp_path):
    folder = DatasetFolder.open(tmp_path, RECIPE)

    def overtaken(spec, recipe, partial):
        write(spec, recipe, partial)
        (tmp_path / "000001").mkdir()
        (tmp_path / "000001" / "sample.json").write_text(json.dumps(first))
        return {"frames": [0]}

    first = {"index": 1, "seed": 11, "frames": [0], "files": {}, "first": True}
    assert folder.write_sample(1, overtaken) == first
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["000001", "dataset.json"]


def test_a_broken_sample_is_rendered_again(tmp_path):
    folder = DatasetFolder.open(tmp_path, RECIPE)
    (tmp_path / "000001").mkdir()
    (tmp_path / "000001" / "half.exr").write_text("half")
    assert folder.finished() == []
    folder.write_sample(1, write)
    assert folder.finished() == [1] and not (tmp_path / "000001" / "half.exr").exists()


def test_a_full_disk_is_told_whatever_the_library_says(tmp_path, monkeypatch):
    def fail(spec, recipe, folder):
        raise RuntimeError("EXR: cannot write")

    folder = DatasetFolder.open(tmp_path, RECIPE)
    monkeypatch.setattr(dataset.shutil, "disk_usage", lambda _: dataset.shutil._ntuple_diskusage(10**9, 10**9, 0))
    with pytest.raises(DestinationTrouble, match="the disk is full; free some, and run the same command again"):
        folder.write_sample(0, fail)


def test_a_destination_that_is_gone_is_told_and_can_come_back(tmp_path):
    """A disk that is unmounted leaves an empty folder behind, and a share nothing at all."""
    out = tmp_path / "share"
    folder = DatasetFolder.open(out, RECIPE)

    def vanish(spec, recipe, partial):
        out.rename(tmp_path / "away")
        raise RuntimeError("EXR: cannot write")

    for left_behind in (False, True):
        with pytest.raises(DestinationTrouble, match="is gone; bring it back, and run the same command again"):
            folder.write_sample(0, vanish)
        if left_behind:
            out.mkdir()
            with pytest.raises(DestinationTrouble, match="is gone"):
                folder.write_sample(0, vanish_not)
            shutil.rmtree(out)
        (tmp_path / "away").rename(out)
    assert folder.trouble() == "" and folder.write_sample(0, write)["index"] == 0


def vanish_not(spec, recipe, partial):
    raise RuntimeError("EXR: cannot write")


@pytest.mark.parametrize("content", ["thesis.txt", "000000/sample.json", "dataset.txt"])
def test_a_folder_that_holds_something_else_is_refused_and_kept(tmp_path, content):
    (tmp_path / content).parent.mkdir(exist_ok=True)
    (tmp_path / content).write_text("mine")
    with pytest.raises(BadInput, match="holds something else; allowed is a new or empty folder"):
        DatasetFolder.open(tmp_path, RECIPE)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [content.split("/")[-1]]


def test_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BadInput, match="is a file"):
        DatasetFolder.open(tmp_path / "file", RECIPE)


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"format": 7}', '{"format": 1}', '{"format": 1, "versions": {}, "recipe": {"x": 1}}']
)
def test_a_dataset_that_cannot_be_read_is_refused_and_kept(tmp_path, text):
    (tmp_path / "dataset.json").write_text(text)
    with pytest.raises(BadInput):
        DatasetFolder.open(tmp_path, RECIPE)
    assert (tmp_path / "dataset.json").read_text() == text


DIFFERENT = {
    "seed": 11, "size": 128, "samples": 3, "labels": ("rgb",), "settings": ("identity.age=30",), "frames": 2, "views": 3,
}  # fmt: skip


@pytest.mark.parametrize("field", DIFFERENT)
def test_another_recipe_is_refused_by_field(tmp_path, field):
    DatasetFolder.open(tmp_path, RECIPE)
    with pytest.raises(BadInput, match=f"holds a dataset of another recipe; {field} is "):
        DatasetFolder.open(tmp_path, dataclasses.replace(RECIPE, **{field: DIFFERENT[field]}))


def installed(monkeypatch, versions):
    """Let these be the versions of what is installed."""
    for module in (dataset, continuing):
        monkeypatch.setattr(module, "versions", lambda: versions)


@pytest.mark.parametrize("name, there, allowed", [
    ("simulacra", "0.0.9", False), ("blender", "3.6.1", False), ("python", "3.9.1", True), ("numpy", "1.0.0", True),
])  # fmt: skip
def test_another_version_is_refused_where_it_makes_other_samples(tmp_path, monkeypatch, name, there, allowed):
    now = {"simulacra": "0.1.0", "blender": "4.5.15", "python": "3.11.7", "numpy": "1.26.4"}
    installed(monkeypatch, now | {name: there})
    DatasetFolder.open(tmp_path, RECIPE)
    installed(monkeypatch, now)
    if allowed:
        DatasetFolder.open(tmp_path, RECIPE)
    else:
        with pytest.raises(BadInput, match=f"version of {name} is '{there}' there and '{now[name]}' here"):
            DatasetFolder.open(tmp_path, RECIPE)


def test_a_dataset_grows_and_never_shrinks(tmp_path):
    DatasetFolder.open(tmp_path, RECIPE)
    DatasetFolder.open(tmp_path, dataclasses.replace(RECIPE, count=9))
    assert DatasetFolder.open(tmp_path, dataclasses.replace(RECIPE, count=2, threads=5)).recipe.count == 9
    assert described(tmp_path)["counts"]["asked"] == 9


def test_what_a_killed_run_left_is_removed_before_its_first_description(tmp_path):
    (tmp_path / ".writing-dataset.json-0011223344556677").write_text('{"half')
    (tmp_path / ".swept-0011223344556677").mkdir()
    (tmp_path / ".logs").mkdir()
    DatasetFolder.open(tmp_path, RECIPE)
    assert [entry.name for entry in tmp_path.iterdir()] == ["dataset.json"]


def filled(path, recipe=RECIPE):
    folder = DatasetFolder.open(path, recipe)
    for index in range(4):
        folder.write_sample(index, write)
    folder.describe({})
    return folder


@pytest.mark.parametrize("fault, how", [("gone", "was missing"), ("empty", "was not whole"), ("cut", "was not whole")])
def test_a_lost_description_is_rebuilt_from_the_samples(tmp_path, fault, how):
    filled(tmp_path)
    file = tmp_path / "dataset.json"
    before = file.read_text()
    file.unlink()
    if fault != "gone":
        file.write_text(before[: 0 if fault == "empty" else 200])
    (tmp_path / "notes.txt").write_text("the user's own")
    again = DatasetFolder.open(tmp_path, dataclasses.replace(RECIPE, count=2))
    assert again.notes == [f"{tmp_path}: dataset.json {how}, and is rebuilt from 4 samples"]
    assert file.read_text() == before and again.finished() == [0, 1, 2, 3]
    assert DatasetFolder.open(tmp_path, RECIPE).notes == []


@pytest.mark.parametrize(
    "change, words",
    [({"seed": 11}, "its recipe is "), ({"samples": 3}, "its recipe is "), ({"labels": ("rgb",)}, "its")],
)
def test_samples_of_another_recipe_rebuild_nothing(tmp_path, change, words):
    filled(tmp_path)
    (tmp_path / "dataset.json").unlink()
    with pytest.raises(BadInput, match=f"holds samples of another recipe; {words}.* in 000000 and .* here; allowed is"):
        DatasetFolder.open(tmp_path, dataclasses.replace(RECIPE, **change))
    assert not (tmp_path / "dataset.json").exists()


def test_samples_of_another_version_rebuild_nothing(tmp_path, monkeypatch):
    filled(tmp_path)
    (tmp_path / "dataset.json").unlink()
    now = continuing.versions() | {"blender": "9.9.9"}
    installed(monkeypatch, now)
    with pytest.raises(BadInput, match=r"version of blender is .* in 000000 and 9\.9\.9 here"):
        DatasetFolder.open(tmp_path, RECIPE)


def test_a_torn_description_beside_something_else_is_refused(tmp_path):
    (tmp_path / "dataset.json").write_text('{\n "format": 1,\n "recipe')
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(BadInput, match="holds something else"):
        DatasetFolder.open(tmp_path, RECIPE)
    (tmp_path / "thesis.txt").unlink()
    assert "was not whole, and is written anew" in DatasetFolder.open(tmp_path, RECIPE).notes[0]


@pytest.mark.parametrize("fault", ["empty", "cut", "list", "moved", "link", "seed"])
def test_a_sample_whose_record_is_torn_is_not_finished_and_is_rendered_again(tmp_path, fault):
    folder = filled(tmp_path / "d")
    record = folder.path / "000001" / "sample.json"
    text = record.read_text()
    if fault == "link":
        record.rename(tmp_path / "theirs.json")
        record.symlink_to(tmp_path / "theirs.json")
    else:
        record.write_text({"empty": "", "cut": text[:90], "list": "[]", "moved": text.replace('"index": 1', '"index": 2'),
                           "seed": text.replace('"seed": 11', '"seed": "11"')}[fault])  # fmt: skip
    assert folder.finished() == [0, 2, 3] == DatasetFolder.open(folder.path, RECIPE).finished()
    folder.write_sample(1, write)
    assert folder.finished() == [0, 1, 2, 3] and record.read_text() == text and not record.is_symlink()


def break_file(path, fault):
    data = bytearray(path.read_bytes())
    if fault == "missing":
        path.unlink()
    elif fault == "link":
        path.rename(path.parents[2] / "elsewhere")
        path.symlink_to(path.parents[2] / "elsewhere")
    else:
        data[3] ^= 1
        path.write_bytes(data[:-1] if fault == "cut" else data)


@pytest.mark.parametrize("fault", ["flipped", "cut", "missing", "link"])
def test_a_sample_that_differs_from_its_record_is_rendered_again_on_demand(tmp_path, fault):
    folder = filled(tmp_path / "d")
    before = {file: file.read_bytes() for file in folder.path.rglob("*.png")}
    kept = {index: os.stat(folder.path / f"00000{index}").st_ino for index in (0, 1, 3)}
    break_file(folder.path / "000002" / "0000.rgb.png", fault)
    wrong = {index: line for index in folder.finished() if (line := folder.wrong(index))}
    assert list(wrong) == [2] and "000002/0000.rgb.png: " in wrong[2]
    assert folder.write_sample(2, lambda *_: pytest.fail("rendered unasked"))["index"] == 2
    for index in range(4):
        folder.write_sample(index, write if index == 2 else lambda *_: pytest.fail("was right"), again=True)
    assert {file: file.read_bytes() for file in folder.path.rglob("*.png")} == before
    assert {index: os.stat(folder.path / f"00000{index}").st_ino for index in kept} == kept
    assert not any(name.startswith(".") for name in os.listdir(folder.path))


def test_a_sample_that_cannot_be_rendered_again_stays_as_it_is(tmp_path):
    folder = filled(tmp_path / "d")
    file = folder.path / "000002" / "0000.rgb.png"
    break_file(file, "flipped")
    broken = file.read_bytes()

    def fail(*_):
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        folder.write_sample(2, fail, again=True)
    assert file.read_bytes() == broken


def test_all_of_a_sample_is_on_the_disk_before_it_is_in_its_place(tmp_path, monkeypatch):
    """The order that a loss of power cannot turn round: files, their folder, the rename, the dataset's folder."""
    folder, order = DatasetFolder.open(tmp_path, RECIPE), []

    def flushed(descriptor, fsync=os.fsync):
        order.append(os.readlink(f"/proc/self/fd/{descriptor}").removeprefix(str(tmp_path)))
        fsync(descriptor)

    def renamed(source, target, rename=os.rename):
        order.append(("renamed", Path(target).name))
        rename(source, target)

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("needs /proc")
    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(os, "rename", renamed)
    folder.write_sample(1, write)
    at = order.index(("renamed", "000001"))
    partial = next(path for path in order if path.endswith("/0000.rgb.png")).rpartition("/")[0]
    assert {f"{partial}/0000.rgb.png", f"{partial}/sample.json", partial} <= set(order[:at])
    assert order[at - 1] == partial and order[at + 1 :] == [""]


def test_failures_are_kept_until_the_sample_exists(tmp_path):
    folder = DatasetFolder.open(tmp_path, RECIPE)
    records = {index: {"index": index, "seed": 10 + index, "reason": "x", "attempts": 3} for index in (1, 3)}
    folder.describe({1: records[1]})
    folder.describe({3: records[3]})
    assert described(tmp_path)["failed"] == [records[1], records[3]]
    folder.write_sample(1, write)
    folder.describe({})
    assert described(tmp_path)["failed"] == [records[3]]
    assert described(tmp_path)["counts"] == {"asked": 4, "finished": 1, "failed": 1}


def test_writers_at_the_same_time_lose_nothing(tmp_path):
    folder = DatasetFolder.open(tmp_path, RECIPE)

    def tell(index):
        for _ in range(5):
            folder.describe({index: {"index": index, "seed": 10 + index, "reason": "x", "attempts": 1}})

    writers = [threading.Thread(target=tell, args=(index,)) for index in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [record["index"] for record in described(tmp_path)["failed"]] == list(range(8))
    assert [entry.name for entry in tmp_path.iterdir()] == ["dataset.json"]


def test_splits_go_by_identity_and_never_change():
    drawn = [split_of(seed) for seed in range(4000)]
    assert all(drawn.count(name) / 4000 == pytest.approx(share, abs=0.02) for name, share in SPLITS)
    assert drawn[:8] == [split_of(seed) for seed in range(8)]
    assert [split_of(seed) for seed in range(7)] == FIRST_SPLITS  # for ever: no one trains on what others test


FIRST_SPLITS = ["train", "train", "validation", "train", "train", "test", "test"]
