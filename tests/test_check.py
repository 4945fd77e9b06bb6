"""``simulacra check``: each check holds of a scene in closed form and sees what is spoiled; each claim of a dataset is held."""

import json
import shutil

import numpy as np
import pytest
from documents import at, with_at
from export_stage import make_people
from proven_stage import make_proven, record_sample
from spoiled import SPOILED, SPOILED_THINGS, spoil

from simulacra.__main__ import main
from simulacra.datagen import check, checks, readers
from simulacra.datagen.check import check_dataset
from simulacra.datagen.checks import CHECKS, flow_agrees
from simulacra.datagen.formats.files import read_label, write_label
from simulacra.datagen.readers import Dataset


@pytest.fixture(scope="module")
def proven(tmp_path_factory):
    """Three samples of a stereo pair in two moments, with a few labels."""
    names = ("rgb", "depth", "position", "instance", "uv")
    return make_proven(tmp_path_factory.mktemp("proven") / "walls", 3, 2, 2, (16, 24), names=names)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    return make_proven(tmp_path_factory.mktemp("large") / "walls", 1)


@pytest.fixture
def copied(proven, tmp_path):
    shutil.copytree(proven, tmp_path / "walls")
    return tmp_path / "walls"


def test_every_check_has_a_spoiled_case():
    assert set(SPOILED) | set(SPOILED_THINGS) == set(CHECKS)


def test_every_check_has_ground_and_holds(large):
    report = check_dataset(large)
    assert report.ok, report.summary()
    assert {figure.name for figure in report.figures} == set(CHECKS) - set(SPOILED_THINGS)


@pytest.mark.parametrize("name", SPOILED)
def test_each_check_sees_what_is_spoiled(name, large):
    spoil(name, Dataset(large)[0])


def test_samples_that_are_as_they_were_made_hold(proven):
    assert check_dataset(proven).ok and main(["check", str(proven)]) == 0


def test_a_box_of_another_state_is_seen(copied):
    """As of a cloth that has fallen on when its picture is rendered: its box is a quarter lower than its points."""
    folder = copied / "000000"
    change(folder, "objects.json", ("frames", 0, "objects", 0, "box_3d", "size"), [0.9, 0.8, 0.0])
    assert check_dataset(copied).failed() == ["points lie in their boxes"]


def test_the_flow_of_a_view_leads_to_the_next_moment_of_that_view(tmp_path, monkeypatch):
    """Shots run through the views first: the next frame's number is that of another camera."""
    sample = Dataset(make_people(tmp_path / "orbit", samples=1, moments=2, views=3))[0]
    assert sample.cameras == 3 and Dataset(make_people(tmp_path / "pair", samples=1, moments=2, eyes=2))[0].cameras == 2
    ones = np.ones((4, 6), np.uint16)
    there = {"flow": np.zeros((4, 6, 2), np.float32), "flow_back": np.zeros((4, 6, 2), np.float32), "instance": ones,
             "occlusion": np.zeros((4, 6), np.uint8)}  # fmt: skip
    asked = []
    monkeypatch.setattr(readers.Sample, "has", lambda self, name, frame: asked.append(frame) or frame in self.frames)
    monkeypatch.setattr(readers.Sample, "label", lambda self, name, frame, camera: there[name])
    camera = sample.camera(1) | {"width": 6, "height": 4}
    assert flow_agrees(there, camera, sample, 1) == 0 and set(asked) == {4}
    assert flow_agrees(there, camera, sample, 4) is None


def test_a_ray_that_grazes_may_end_a_little_further_off(monkeypatch):
    """One pixel of ten thousand by up to five times the limit; no more of them, and none by more."""
    bar = CHECKS["position re-projects"][1]
    for share, factor, holds in ((1, 4.5, True), (1, 5.5, False), (40, 1.5, False)):
        error = np.zeros((200, 200))
        error.flat[:share] = factor * bar
        monkeypatch.setattr(checks, "miss", lambda camera, position, error=error: error)
        assert (checks.reprojection({"position": np.zeros((200, 200, 3))}, None, None, 0) <= bar) is holds


def test_boxes_that_are_turned_and_leaning_hold_their_points(copied):
    """A box whose axes are not at right angles, as of a thing that is turned and stretched by two parents."""
    folder = copied / "000000"
    objects = json.loads((folder / "objects.json").read_text())
    box = objects["frames"][0]["objects"][2]["box_3d"]
    axes = np.array([[0.8, 0.3, 0.0], [0.6, 0.954, 0.0], [0.0, 0.0, 1.0]])
    reach = np.abs(
        np.linalg.inv(axes)
        @ (np.array(box["size"])[:, None] / 2 * np.array([[1, 1, -1, -1], [1, -1, 1, -1], [0, 0, 0, 0]]))
    )
    box |= {"rotation": axes.tolist(), "size": (2 * reach.max(1)).tolist()}
    (folder / "objects.json").write_text(json.dumps(objects))
    again(folder)
    assert check_dataset(copied).ok


def test_what_moves_in_a_place_may_leave_the_box_that_it_has_at_rest(copied):
    folder = copied / "000000"
    change(folder, "objects.json", ("frames", 0, "objects", 0, "box_3d", "size"), [0.9, 0.8, 0.0])
    change(folder, "objects.json", ("merged",), 0)
    assert check_dataset(copied).ok
    change(folder, "objects.json", ("frames", 0, "objects", 0, "class"), "boulder")
    assert check_dataset(copied).failed() == ["points lie in their boxes"]


def change(folder, file, where, value):
    """Change one place of a record, and let the sample's record agree with its files."""
    document = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps(with_at(document, where, value)))
    if file not in ("sample.json", "dataset.json"):
        again(folder)


def again(folder):
    """Record the files that are there now."""
    told = json.loads((folder / "sample.json").read_text())
    record_sample(folder, told["index"], told["seed"], told["frames"], told["eyes"])


def swap(copied):
    for one, other in (("000000", "held"), ("000001", "000000"), ("held", "000001")):
        (copied / one).rename(copied / other)


def renumber(copied):
    """Two swapped folders whose records were made to fit."""
    swap(copied)
    for index in (0, 1):
        change(copied / f"00000{index}", "sample.json", ("index",), index)
        change(copied / f"00000{index}", "sample.json", ("seed",), 7 + index)


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def move_split(copied):
    told = json.loads((copied / "dataset.json").read_text())
    split = next(name for name, names in told["splits"].items() if "000002" in names)
    other = next(name for name in told["splits"] if name != split)
    told["splits"][split].remove("000002")
    told["splits"][other].append("000002")
    (copied / "dataset.json").write_text(json.dumps(told))


def twice(copied):
    told = json.loads((copied / "dataset.json").read_text())
    for names in told["splits"].values():
        names[:] = sorted({*names, "000001"})
    (copied / "dataset.json").write_text(json.dumps(told))


def narrower(copied):
    for name in ("rgb", "depth"):
        path = copied / "000001" / f"0002.{name}.{'png' if name == 'rgb' else 'exr'}"
        write_label(path, name, read_label(path, name)[:, :10])
    again(copied / "000001")


CLAIMS = {
    "a deleted sample": (lambda d: shutil.rmtree(d / "000001"), "000001 is in its splits, and not in the folder"),
    "a sample without its record": (lambda d: (d / "000001" / "sample.json").unlink(), "000001 is in its splits"),
    "a sample too many": (lambda d: shutil.copytree(d / "000002", d / "000007"), "000007 is in the folder, and in none of its splits"),
    "a sample's copy": (lambda d: shutil.copytree(d / "000002", d / "000003"), "is that of sample 2, in the folder of 3"),
    "two swapped folders": (swap, "000000/sample.json: is that of sample 1, in the folder of 0"),
    "two swapped folders that look right": (renumber, "000000/spec.json: is not the spec that seed 7 draws"),
    "another seed": (lambda d: change(d / "000001", "sample.json", ("seed",), 9), "its seed is 9; that of sample 1 is 8"),
    "another spec": (lambda d: change(d / "000001", "spec.json", ("spec", "identity", "age"), 33.25), "is not the spec that seed 8 draws"),
    "another attempt": (lambda d: change(d / "000001", "sample.json", ("validity", "attempt"), 1), "was not drawn from the seed of attempt 1"),
    "another recipe": (lambda d: change(d, "dataset.json", ("recipe", "seed"), 8), "its seed is 7; that of sample 0 is 8"),
    "a recipe of nothing": (lambda d: change(d, "dataset.json", ("recipe", "seed"), "x"), "seed: 'x' is not allowed"),
    "another split": (move_split, "its identity is of"),
    "a sample in two splits": (twice, "a sample is in two splits"),
    "another count": (lambda d: change(d, "dataset.json", ("counts", "finished"), 4), "counts 4 finished samples, and its splits name 3"),
    "a frame too few": (lambda d: change(d / "000001", "sample.json", ("frames",), [0, 1, 2]), "has 3 frames; the recipe has 4"),
    "a flipped bit": (lambda d: flip(d / "000001" / "0001.depth.exr"), "0001.depth.exr: differs from what was written"),
    "a cut file": (lambda d: (d / "000001" / "0001.rgb.png").write_bytes(b"half"), "0001.rgb.png: differs from what was written (it holds 4 bytes"),
    "a missing file": (lambda d: (d / "000001" / "0001.rgb.png").unlink(), "0001.rgb.png: is missing"),
    "a missing file that nobody recorded": (
        lambda d: ((d / "000001" / "0001.uv.exr").unlink(), again(d / "000001")), "frame 1 has no uv, which dataset.json says is rendered"),
    "labels of another size": (narrower, "0002.rgb.png: is 10×24 px; its camera has 16×24 px"),
    "a camera of another size": (lambda d: change(d / "000001", "camera.json", ("frames", 1, "width"), 17), "is 16×24 px; its camera has 17×24 px"),
    "a giant camera": (lambda d: change(d / "000001", "camera.json", ("frames", 1, "width"), 10**6), "1000000×24 px; allowed are"),
    "half a character": (lambda d: change(d / "000001", "objects.json", ("frames", 0, "objects", 0, "class"), "\ud800"), "is not a JSON file"),
    "a broken record": (lambda d: (d / "000001" / "sample.json").write_text("{"), "000001/sample.json: is not a JSON file"),
    "a landmark in the camera's plane": (
        lambda d: change(d / "000001", "landmarks.json", ("frames", 0, "points_3d", 0), [0.5, 0.5, 0.0]), "landmarks lie on the surface is inf"),
}  # fmt: skip


@pytest.mark.parametrize("spoil, words", CLAIMS.values(), ids=CLAIMS)
def test_each_claim_is_held_against_what_is_there(copied, spoil, words, capsys):
    spoil(copied)
    report = check_dataset(copied)
    assert not report.ok and words in "\n".join(
        [*report.problems, report.summary() if not report.problems else "", *named(report)]
    )
    assert main(["check", str(copied)]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def named(report):
    """The checks that fail, in words."""
    return [f"{figure.name} is {figure.worst:.3g}" for figure in report.figures if not figure.ok]


def test_a_finding_is_told_once_and_the_rest_is_checked_all_the_same(copied):
    change(copied / "000001", "objects.json", ("frames",), 7)
    (copied / "000002" / "sample.json").write_text("{")
    report = check_dataset(copied)
    assert len(report.problems) == 5  # four frames, and the record
    assert {figure.count for figure in report.figures if figure.name == "depth is planar"} == {8}


@pytest.mark.parametrize("name, value, silent", [("simulacra", "0.0.1", True), ("numpy", "0.1", False)])
def test_a_dataset_of_another_version_is_not_held_against_this_ones_draws(copied, name, value, silent):
    change(copied, "dataset.json", ("versions", name), value)
    change(copied / "000001", "spec.json", ("spec", "identity", "age"), 33.25)
    assert check_dataset(copied).ok == silent


def test_each_record_is_read_once_however_many_frames_there_are(tmp_path, monkeypatch):
    """What check does grows with the frames, not with their square."""
    counts = {}
    for frames in (2, 6):
        parsed, read = [], []
        monkeypatch.setattr(readers, "decode_json", spy(parsed, readers_json))
        monkeypatch.setattr(readers, "check_objects", spy(read, readers_objects))
        assert check_dataset(
            make_proven(tmp_path / str(frames), 1, frames, 1, (16, 16), names=("rgb", "depth", "position", "instance"))
        ).ok
        counts[frames] = sorted(str(where).rpartition("/")[2] for _, where in parsed), len(read)
    files = sorted(
        ["camera.json", "dataset.json", "landmarks.json", "objects.json", "sample.json", "spec.json", "spec.json"]
    )
    assert counts == {2: (files, 2), 6: (files, 6)}


readers_json, readers_objects = readers.decode_json, readers.check_objects


def spy(calls, function):
    """The function, which keeps what it is called with."""
    return lambda *arguments: calls.append(arguments) or function(*arguments)


def test_a_figure_that_is_not_a_number_fails():
    figure = check.Figure("any", 1.0, "px")
    for value in (0.5, float("nan"), 0.25):
        figure.add(value, "here")
    assert not figure.ok and figure.count == 3 and at([figure], (0,)).where == "here"
