"""Validity checks without Blender: each fires on a made fault, and samples are drawn again, warned of or given up as asked."""

import hashlib
import json
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from validity_stage import night, picture, sound, write

from simulacra.__main__ import main
from simulacra.datagen.errors import BadInput
from simulacra.datagen.formats.files import write_json
from simulacra.datagen.jobs import pool as jobs
from simulacra.datagen.recipe import Recipe
from simulacra.datagen.storage.dataset import DatasetFolder
from simulacra.datagen.validity.attempts import REDOS, drawn_seed
from simulacra.datagen.validity.files import check_files
from simulacra.datagen.validity.findings import Findings, Invalid
from simulacra.datagen.validity.people import asked
from simulacra.datagen.validity.table import CHECKS, LEVELS, levels
from simulacra.procgen import registry
from simulacra.procgen.params import parse_settings
from simulacra.procgen.people.parts import PART

HERE = Path(__file__).parent
RECIPE = Recipe(generator="faces", count=12, seed=40, size=64, labels=("rgb",))
DRESSED = ("wear.headwear.kind=beanie", "wear.glasses=round", "wear.mask=surgical", "hair.groom=bob")


def described(path):
    return json.loads((path / "dataset.json").read_text())


def spec_of(*settings):
    return registry.sample("faces", 3, parse_settings(settings))


def alarms(folder, spec=None, frames=(0,), **recipe):
    """What the after-checks find, by check: what it is of."""
    recipe = SimpleNamespace(**{"family": "people", "resolution": (64, 64), "frames": 1, "views": 1} | recipe)
    found = Findings(levels(()))
    check_files(folder, spec or spec_of(*DRESSED), recipe, list(frames), found)
    return {(finding.check, finding.of) for finding in found.found.values()}


def spoilt(name, change):
    labels = sound()
    labels[name] = change(labels[name])
    return labels


def stained(value):
    """A change that puts a value into one pixel."""

    def change(array):
        array = array.copy()
        array[32, 32] = value
        return array

    return change


def without(part):
    return lambda parts: np.where(parts == PART[part], PART["neck"], parts)


def test_a_sound_sample_raises_no_alarm(tmp_path):
    write(tmp_path, sound())
    assert alarms(tmp_path) == set()


def test_what_is_not_there_or_no_picture_is_not_checked(tmp_path):
    assert alarms(tmp_path) == set()
    (tmp_path / "0000.rgb.png").write_bytes(os.urandom(100))
    assert alarms(tmp_path, frames=(0, 1)) == set()


FAULTS = {
    "a black picture": ("rgb", lambda a: a // 20, {("black", "")}),
    "a white picture": ("rgb", lambda a: np.full_like(a, 255), {("blown", "")}),
    "NaN in the picture": ("linear", stained(np.nan), {("not_finite", "linear")}),
    "infinity in the picture": ("linear", stained(np.inf), {("not_finite", "linear")}),
    "negative light": ("linear", stained(-0.5), {("out_of_gamut", "linear")}),
    "glaring light": ("linear", stained(1e6), {("out_of_gamut", "linear")}),
    "NaN in the depth": ("depth", stained(np.nan), {("not_finite", "depth")}),
    "depth behind the camera": ("depth", stained(-1.0), {("out_of_gamut", "depth")}),
    "half a place": ("position", lambda a: np.where([True, True, False], a, np.nan), {("not_finite", "position")}),
    "normals too long": ("normal", lambda a: a * 1.1, {("out_of_gamut", "normal")}),
    "shares above one": ("hair_alpha", stained(1.5), {("out_of_gamut", "hair_alpha")}),
    "an unknown class": ("parts", stained(77), {("out_of_gamut", "parts")}),
    "no depth": ("depth", lambda a: np.full_like(a, np.inf), {("empty_label", "depth")}),
    "no ids": ("instance", lambda a: a * 0, {("empty_label", "instance")}),
    "no places": ("position", lambda a: a * np.nan, {("empty_label", "position")}),
    "no skin": ("parts", without("skin"), {("missing_part", "skin")}),
    "no glasses": ("parts", without("glasses"), {("missing_part", "glasses")}),
    "no headwear": ("parts", without("headwear"), {("missing_part", "headwear")}),
    "no mask": ("parts", without("facewear"), {("missing_part", "facewear")}),
}  # fmt: skip


@pytest.mark.parametrize("name, change, expected", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found_and_nothing_else(tmp_path, name, change, expected):
    write(tmp_path, spoilt(name, change))
    assert alarms(tmp_path) == expected


def test_every_check_but_the_scenes_own_has_a_fault():
    assert {check for *_, expected in FAULTS.values() for check, _ in expected} == set(CHECKS) - {"camera_inside"}


def test_the_ground_of_a_cut_out_does_not_count(tmp_path):
    labels = sound()
    for ground in (0, 255):  # what straight colour holds where nothing is covered says nothing
        labels["rgb"] = np.where(labels["alpha"][..., None] > 0, sound()["rgb"], ground).astype(np.uint8)
        write(tmp_path, labels)
        assert alarms(tmp_path) == set()
    labels["rgb"] = np.where(labels["alpha"][..., None] > 0, np.uint8([1, 1, 1]), 255).astype(np.uint8)
    write(tmp_path, labels)
    assert alarms(tmp_path) == {("black", "")}
    labels["alpha"][:] = 0  # the camera sees nobody
    write(tmp_path, {name: labels[name] for name in ("rgb", "alpha")})
    (tmp_path / "0000.parts.png").unlink()
    assert ("empty_label", "alpha") in alarms(tmp_path)


def test_what_cannot_be_seen_is_not_missed(tmp_path):
    labels = spoilt("parts", lambda a: np.where(a > 0, PART["hair"], 0))
    write(tmp_path, labels, yaw=150.0)
    assert alarms(tmp_path) == set()  # from behind
    labels["parts"] = without("hair")(sound()["parts"])
    write(tmp_path, labels)
    assert alarms(tmp_path) == set()  # hair may be all under the beanie
    bare = ("wear.headwear.kind=none", "wear.glasses=none", "wear.mask=none", "hair.groom=bob")
    assert alarms(tmp_path, spec_of(*bare)) == {("missing_part", "hair")}
    assert alarms(tmp_path, spec_of(*bare[:3], "hair.groom=bald")) == set()


def test_places_may_show_nothing_but_not_half_of_it(tmp_path):
    labels = {name: sound()[name] for name in ("rgb", "depth", "normal", "instance")}
    labels["semantic"] = labels["instance"].astype(np.uint8)
    labels["flow"] = np.full((64, 64, 2), np.nan, np.float32)
    write(tmp_path, labels)
    assert alarms(tmp_path, family="places", frames=(0,)) == set()  # the last frame flows nowhere
    recipe = SimpleNamespace(family="places", resolution=(64, 64), frames=2, views=1)
    found = Findings(levels(()))
    check_files(tmp_path, None, recipe, [0], found)
    assert set(found.found) == {("empty_label", "flow")}
    sky = {"rgb": labels["rgb"], "depth": np.full_like(labels["depth"], np.inf), "instance": labels["instance"] * 0}
    (tmp_path / "sky").mkdir()
    write(tmp_path / "sky", sky)
    assert alarms(tmp_path / "sky", family="places") == set()


def test_what_a_spec_asks_for():
    classes = asked(spec_of(*DRESSED, "wear.earrings=hoop", "beard.style=full"))
    assert {"skin", "eye", "headwear", "glasses", "facewear", "earring", "beard"} <= set(
        classes
    ) and "hair" not in classes
    assert "hair" in asked(spec_of("wear.headwear.kind=none", "hair.groom=long"))
    assert "hair" not in asked(spec_of("wear.headwear.kind=none", "hair.groom=bald"))


@pytest.mark.parametrize("text, told", [
    ("dark=warn", "name of black, blown, camera_inside"), ("black=stop", "allowed are ignore, warn, redo, fail"),
    ("black", "allowed are ignore"), ("=warn", "allowed is NAME=LEVEL"),
])  # fmt: skip
def test_a_wrong_name_or_level_is_one_line(tmp_path, capsys, text, told):
    with pytest.raises(BadInput, match=r"^check"):
        Recipe(generator="faces", checks=(text,))
    assert main(["render", "faces", str(tmp_path / "d"), "--renderer", "x:y", "--check", text]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1 and told in lines[0] and not (tmp_path / "d").exists()


def test_checks_are_listed(capsys):
    assert main(["list", "checks", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["name"] for row in rows] == list(CHECKS) and all(row["level"] in LEVELS for row in rows)


def test_a_recipe_keeps_its_checks_and_old_ones_have_none(tmp_path):
    recipe = Recipe(generator="faces", checks=("black=fail", "blown=redo", "black=warn"))
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe
    assert recipe.levels() == levels(()) | {"black": "warn", "blown": "redo"}
    DatasetFolder.open(tmp_path, RECIPE)
    document = described(tmp_path)
    del document["recipe"]["checks"], document["validity"]
    write_json(tmp_path / "dataset.json", document)
    same = Recipe(**RECIPE.to_dict() | {"checks": ("black=redo",)})  # what the table says anyway
    assert DatasetFolder.open(tmp_path, same).recipe.levels() == levels(())
    with pytest.raises(BadInput, match="checks is "):
        DatasetFolder.open(tmp_path, Recipe(**RECIPE.to_dict() | {"checks": ("black=warn",)}))


def of_sample(folder, index):
    """The record of a sample without its times, and the bytes of its files."""
    path = folder.path / f"{index:06d}"
    record = folder.record(index)
    return record, {entry.name: entry.read_bytes() for entry in sorted(path.iterdir()) if entry.name != "sample.json"}


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """Samples that were redone or given up, in one go, and the reasons for those that were given up."""
    folder = DatasetFolder.open(tmp_path_factory.mktemp("reference"), RECIPE)
    given_up = {}
    for index in range(RECIPE.count):
        try:
            folder.write_sample(index, picture)
        except Invalid as error:
            given_up[index] = str(error)
    folder.describe({})
    return folder, given_up


def test_a_black_sample_is_drawn_again_from_a_seed_of_its_own(reference):
    folder, given_up = reference
    attempts = {}
    for index in folder.finished():
        record, files = of_sample(folder, index)
        attempts[index] = attempt = record["validity"]["attempt"]
        seeds = [drawn_seed(record["seed"], number) for number in range(attempt + 1)]
        assert record["seed"] == 40 + index and len(set(seeds)) == attempt + 1
        assert [row["seed"] for row in record["validity"]["redone"]] == seeds[:-1]
        assert record.get("drawn_seed", record["seed"]) == seeds[-1] and ("drawn_seed" in record) == (attempt > 0)
        assert all((row["check"], row["frame"], row["limit"]) == ("black", 0, 0.06) and 0 <= row["value"] < 0.06
                   for row in record["validity"]["redone"])  # fmt: skip
        assert set(files) == {"0000.rgb.png", "spec.json"}  # nothing is left of what was thrown away
        assert files["spec.json"].decode() == repr(RECIPE.draw(seeds[-1]))
    assert {1, 2} & set(attempts.values()) and 0 in attempts.values()
    assert set(given_up) | set(attempts) == set(range(12))
    assert all(f"drawn {REDOS + 1} times" in reason and "black is" in reason for reason in given_up.values())


def test_a_resumed_or_sharded_run_makes_the_same_bytes(reference, tmp_path):
    whole, given_up = reference
    for part in (1, 0):  # shards, the last one first
        folder = DatasetFolder.open(tmp_path, RECIPE)
        for index in range(part, RECIPE.count, 2):
            if index in given_up:
                with pytest.raises(Invalid) as caught:
                    folder.write_sample(index, picture)
                assert str(caught.value) == given_up[index]
                continue

            def interrupted(spec, recipe, path, calls=[]):  # noqa: B006
                calls.append(spec)
                picture(spec, recipe, path)
                if len(calls) == 2:
                    raise KeyboardInterrupt
                return {"frames": [0], "seconds": {}}

            try:
                folder.write_sample(index, interrupted)
            except KeyboardInterrupt:
                folder.write_sample(index, picture)
            assert of_sample(folder, index) == of_sample(whole, index)
    folder.describe({})
    assert described(tmp_path)["validity"] == described(whole.path)["validity"]


def test_dataset_json_tells_what_was_redone_and_reads_only_new_records(reference, tmp_path):
    whole, _ = reference
    told = described(whole.path)["validity"]
    assert {row["name"]: row["level"] for row in told["checks"]} == levels(())
    expected = [index for index in whole.finished() if whole.record(index)["validity"]["redone"]]
    assert [row["index"] for row in told["samples"]] == expected and told["redone"] == len(expected) > 0
    assert all(row["redone"][0]["check"] == "black" and row["seed"] == 40 + row["index"] for row in told["samples"])
    folder = DatasetFolder.open(tmp_path, RECIPE)
    read, plain = [], folder.record
    folder.record = lambda index: read.append(index) or plain(index)
    for index in whole.finished():
        folder.write_sample(index, picture)
        folder.describe({})
    assert read == whole.finished()
    folder.describe({})
    assert read == whole.finished() and described(tmp_path)["validity"] == told
    for entry in (tmp_path / f"{expected[0]:06d}").iterdir():
        entry.unlink()
    folder.describe({})
    assert [row["index"] for row in described(tmp_path)["validity"]["samples"]] == expected[1:]


@pytest.mark.parametrize("broken", [None, 7, [], {}, {"samples": 3}, {"samples": [{"index": "x"}]}])
def test_a_summary_that_says_something_else_is_made_anew(reference, tmp_path, broken):
    whole, _ = reference
    document = described(whole.path)
    again = DatasetFolder(whole.path, RECIPE)
    assert again._document(document | {"validity": broken}, {})["validity"] == document["validity"]


def written(tmp_path, renderer, *checks, **more):
    folder = DatasetFolder.open(tmp_path, Recipe(**RECIPE.to_dict() | {"checks": checks} | more))
    return folder.write_sample(0, renderer)


def test_levels(tmp_path):
    record = written(tmp_path / "warn", night, "black=warn")
    assert record["validity"]["attempt"] == 0 and record["validity"]["redone"] == []
    (row,) = record["validity"]["warned"]
    assert (row["check"], row["frame"], row["limit"]) == ("black", 0, 0.06)
    assert "drawn_seed" not in record
    folder = DatasetFolder.open(tmp_path / "warn", Recipe(**RECIPE.to_dict() | {"checks": ("black=warn",)}))
    assert described(folder.path)["validity"]["warned"] == 1
    assert written(tmp_path / "ignore", night, "black=ignore")["validity"] == {"attempt": 0, "redone": [], "warned": []}
    with pytest.raises(Invalid, match=r"^black is 0.00\d+ in frame 0, allowed is at least 0.06$"):
        written(tmp_path / "fail", night, "black=fail")
    with pytest.raises(Invalid, match=f"drawn {REDOS + 1} times"):
        written(tmp_path / "redo", night)
    assert [entry.name for entry in (tmp_path / "redo").iterdir()] == ["dataset.json"]


def test_a_spec_file_leaves_nothing_to_draw_again(tmp_path):
    write_json(tmp_path / "spec.json", registry.dump("faces", spec_of()))
    calls = []
    with pytest.raises(Invalid, match="a spec file leaves nothing to draw again"):
        written(tmp_path / "d", lambda *a: calls.append(a) or night(*a), spec=str(tmp_path / "spec.json"), count=1)
    assert len(calls) == 1


def test_what_the_built_scene_shows_is_redone_and_warned_too(tmp_path):
    calls = []

    def renderer(spec, recipe, folder):
        calls.append(spec)
        found = Findings(recipe.levels())
        found.add("camera_inside", 0, 1.0 if len(calls) == 1 else 0.0, "Wall")
        found.add("blown", 0, 0.9)
        found.settle()
        return {"frames": [], "warned": [finding.to_dict() for finding in found.of_level("warn")],
                "seconds": (folder / "a").write_text("b") and {}}  # fmt: skip

    record = written(tmp_path, renderer)
    assert [(row["check"], row["of"], row["value"]) for row in record["validity"]["redone"]] == [
        ("camera_inside", "Wall", 1.0)
    ]
    assert [row["check"] for row in record["validity"]["warned"]] == ["blown"] and "warned" not in record


def test_a_run_reports_what_is_invalid_once_and_goes_on(tmp_path, monkeypatch, reference):
    """Through worker processes: the bytes are the same as in one go, and what was given up is not tried again."""
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    whole, given_up = reference
    events = []
    folder = DatasetFolder.open(tmp_path / "d", RECIPE)
    missing = list(range(RECIPE.count))
    failed = jobs.run(folder, missing, jobs.Pool(workers=2, renderer="validity_stage:picture"), events.append)
    assert set(failed) == set(given_up) and folder.finished() == whole.finished()
    assert all(failed[index]["reason"] == given_up[index] and failed[index]["seed"] == 40 + index for index in failed)
    for index in folder.finished():
        mine, theirs = (of_sample(one, index)[1] for one in (folder, whole))
        assert {n: hashlib.sha256(b).digest() for n, b in mine.items()} == {
            n: hashlib.sha256(b).digest() for n, b in theirs.items()
        }
    assert described(folder.path)["validity"] == described(whole.path)["validity"]
    if given_up:
        arguments = ["render", "faces", str(tmp_path / "d"), "--count", "12", "--seed", "40", "--size", "64", "--labels", "rgb",
                     "--renderer", "validity_stage:picture"]  # fmt: skip
        assert main(arguments) == 1
