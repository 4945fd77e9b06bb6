"""Exports: what each needs, whose files they read, cameras and times of NeRF scenes, whole folders or none."""

import hashlib
import json
import math
import os
import shutil
from importlib import import_module

import numpy as np
import pytest
from export_stage import LABELS, make_people
from loading_stage import RECORDS

from simulacra.__main__ import main
from simulacra.datagen.errors import BadInput
from simulacra.datagen.export import EXPORTERS, export
from simulacra.datagen.formats.png import read_png
from simulacra.datagen.formats.records import check_camera
from simulacra.datagen.labels import LABELS as ALL
from simulacra.datagen.readers import Dataset

NEEDY = [(to, name) for to, exporter in EXPORTERS.items() for name in exporter.needs.names]


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    return make_people(tmp_path_factory.mktemp("people") / "faces", moments=3, eyes=2)


def without(people, path, name):
    """A copy of a dataset that was rendered without a label or record."""
    shutil.copytree(people, path)
    for file in path.glob(f"*/*{name}.{ALL[name].suffix}" if name in ALL else f"*/{name}.json"):
        file.unlink()
    described = json.loads((path / "dataset.json").read_text())
    described["rendered"] = [label for label in described["rendered"] if label != name]
    (path / "dataset.json").write_text(json.dumps(described))
    return path


def rewrite(folder, name, text):
    """Put another text into a file of a sample, and into its record."""
    (folder / name).write_text(text)
    record = json.loads((folder / "sample.json").read_text())
    record["files"][name] = {"bytes": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()}
    (folder / "sample.json").write_text(json.dumps(record))


@pytest.mark.parametrize("to, name", NEEDY)
def test_an_exporter_names_what_is_missing_and_how_to_get_it(people, tmp_path, capsys, to, name):
    source = without(people, tmp_path / "faces", name)
    assert main(["export", str(source), "--to", to, "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and f"{to}: needs {name}, which sample 000000 lacks" in error
    assert not (tmp_path / "out").exists()
    if name == "rgb":  # it always is
        assert "it was rendered and is gone" in error
        return
    options = error.rpartition("--labels ")[2].strip().split(",")
    assert "simulacra render makes it with " in error and (
        name in options or name in ("objects", "landmarks", "camera")
    )
    assert set(LABELS) - {name, "rgb"} <= set(options), "what was rendered is rendered again"


@pytest.mark.parametrize("to", EXPORTERS)
def test_what_an_exporter_declares_is_enough(people, tmp_path, to):
    source = tmp_path / "faces"
    shutil.copytree(people, source)
    declared = EXPORTERS[to].needs.names
    for file in source.glob("*/*.*.*"):
        if file.name.split(".")[1] not in declared:
            file.unlink()
    for name in {"objects", "landmarks", "camera"} - set(declared):
        if name != "camera" or to not in ("webdataset", "pictures"):
            for file in source.glob(f"*/{name}.json"):
                file.unlink()
    out = export(source, to, tmp_path / "out")
    assert sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) > 0


@pytest.mark.parametrize("to, missing, recipe, told", [
    ("facesynthetics", "parts", {"generator": "places"}, "only people and things have parts"),
    ("facesynthetics", "landmarks", {"source": "a.blend"}, "only people have landmarks"),
    ("coco", "instance", {"source": "a.blend"}, "simulacra label makes it with --labels alpha,depth,parts,instance,flow,occlusion"),
    ("sintel", "flow", {"generator": "faces"}, "simulacra render makes it with --frames 2 --labels "),
])  # fmt: skip
def test_why_something_cannot_be_had(people, tmp_path, to, missing, recipe, told):
    source = without(people, tmp_path / "faces", missing)
    described = json.loads((source / "dataset.json").read_text())
    (source / "dataset.json").write_text(json.dumps(described | {"recipe": recipe}))
    with pytest.raises(BadInput) as error:
        export(source, to, tmp_path / "out")
    assert told in str(error.value)


def test_what_was_rendered_and_is_gone_is_not_asked_for_again(people, tmp_path):
    source = tmp_path / "faces"
    shutil.copytree(people, source)
    (source / "000001" / "0002.parts.png").unlink()
    with pytest.raises(BadInput, match="needs parts, which sample 000001 lacks; it was rendered and is gone"):
        export(source, "facesynthetics", tmp_path / "out")


@pytest.mark.parametrize("to", EXPORTERS)
@pytest.mark.parametrize("file", ["0000.rgb.png", "caption.txt", "camera.json"])
@pytest.mark.parametrize("how", ["link", "pipe"])
def test_no_file_outside_the_dataset_is_exported(people, tmp_path, to, file, how):
    source, secret = tmp_path / "faces", tmp_path / "secret"
    shutil.copytree(people, source)
    secret.write_bytes((source / "000000" / file).read_bytes() + b"SECRET")
    (source / "000000" / file).unlink()
    if how == "link":
        (source / "000000" / file).symlink_to(secret)
    else:
        os.mkfifo(source / "000000" / file)
    try:
        out = export(source, to, tmp_path / "out")
    except BadInput as error:
        assert file in str(error) or how == "pipe"
        assert not (tmp_path / "out").exists()
    else:
        assert not any(b"SECRET" in path.read_bytes() for path in out.rglob("*") if path.is_file())
        assert file != "0000.rgb.png"
    assert not list(tmp_path.glob(".partial*"))


@pytest.mark.parametrize("to", [to for to, exporter in EXPORTERS.items() if exporter.needs.pinhole])
def test_cameras_that_are_no_pinholes_are_refused(people, tmp_path, to):
    source = tmp_path / "faces"
    shutil.copytree(people, source)
    cameras = json.loads((source / "000001" / "camera.json").read_text())
    cameras["frames"][3]["model"] = "orthographic"
    rewrite(source / "000001", "camera.json", json.dumps(cameras))
    with pytest.raises(
        BadInput, match=f"^{to}: frame 3 of sample 000001 is of a camera of model orthographic; allowed are pinholes$"
    ):
        export(source, to, tmp_path / "out")
    assert {"nerf", "sintel", "kitti"} <= {to for to, exporter in EXPORTERS.items() if exporter.needs.pinhole}


@pytest.mark.parametrize("to", EXPORTERS)
def test_options_that_a_format_does_not_use_are_refused(people, tmp_path, to):
    for option, users in (("task", {"yolo"}), ("workers", {"webdataset"}), ("per_shard", {"webdataset"})):
        if to not in users:
            with pytest.raises(BadInput, match=f"is no option of {to}; allowed with {users.copy().pop()}"):
                export(people, to, tmp_path / "out", **{option: 1})
    with pytest.raises(BadInput, match="is no option of"):
        export(people, to, tmp_path / "out", colour=3)


def test_a_task_that_yolo_does_not_know_is_refused(people, tmp_path):
    with pytest.raises(BadInput, match="task: classify is not allowed; allowed are segment, detect, pose"):
        export(people, "yolo", tmp_path / "out", task="classify")


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="tells files by their descriptors")
def test_an_export_is_on_the_disk_before_it_gets_its_name(people, tmp_path, monkeypatch):
    flushed, real = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (flushed.append(os.readlink(f"/proc/self/fd/{file}")), real(file)))
    out = export(people, "coco", tmp_path / "out")
    inside = {path.split("/", path.count("/"))[-1] for path in flushed}
    assert {path.name for path in out.rglob("*")} <= inside
    assert flushed[-1] == str(tmp_path), "the name itself comes last"


def straight(sample, frame):
    """The RGBA picture that the labels mean."""
    return np.concatenate([sample.label("rgb", frame), sample.label("alpha", frame)[..., None]], -1)


def read_blender(folder, split):
    """As the synthetic Blender scenes of NeRF and D-NeRF are read: pictures, cam2world, focal length, times."""
    meta = json.loads((folder / f"transforms_{split}.json").read_text())
    pictures = [read_png(folder / (row["file_path"].replace("./", "") + ".png")) for row in meta["frames"]]
    focal = 0.5 * pictures[0].shape[1] / math.tan(0.5 * float(meta["camera_angle_x"]))
    return (
        pictures,
        np.array([row["transform_matrix"] for row in meta["frames"]]),
        focal,
        [row["time"] for row in meta["frames"]],
    )


def read_nerfstudio(folder):
    """As nerfstudio's parser reads a scene: one lens above or one in each frame, frames by name, splits by file name."""
    meta = json.loads((folder / "transforms.json").read_text())
    frames = sorted(meta["frames"], key=lambda row: row["file_path"])
    lens = [[float({**row, **meta}[name]) for name in ("fl_x", "fl_y", "cx", "cy", "h", "w")] for row in frames]
    names = [row["file_path"] for row in frames]
    kept = {split: [names.index(name) for name in meta[f"{split}_filenames"]] for split in ("train", "val", "test")}
    return frames, np.array(lens), kept


def test_a_stereo_sequence_is_a_scene_with_time(people, tmp_path):
    out = export(people, "nerf", tmp_path / "out")
    for sample in Dataset(people):
        folder = out / sample.name
        frames, lenses, kept = read_nerfstudio(folder)
        assert [row["time"] for row in frames] == [0, 0, 0.5, 0.5, 1, 1]
        assert [row["eye"] for row in frames] == ["left", "right"] * 3
        assert sorted(kept["train"] + kept["val"] + kept["test"]) == list(range(6)) and all(kept.values())
        assert (lenses == [50, 50, 19, 17.5, 32, 40]).all()
        for number, row in enumerate(frames):
            truth = np.array(sample.camera(number)["cam2world"])
            found = np.array(row["transform_matrix"])
            assert np.allclose(found[:3, :3], truth[:3, :3] @ np.diag([1, -1, -1])) and np.allclose(
                found[:, 3], truth[:, 3]
            )
            depth = read_png(folder / row["depth_file_path"])
            known = np.isfinite(sample.label("depth", number))
            assert np.abs(depth / 1000 - np.where(known, sample.label("depth", number), 0))[known].max() <= 5.01e-4
            assert (depth[~known] == 0).all()
        for split, indices in kept.items():
            pictures, matrices, focal, times = read_blender(folder, split)
            assert focal == pytest.approx(50) and times == [frames[index]["time"] for index in indices]
            for picture, matrix, index in zip(pictures, matrices, indices, strict=True):
                assert picture.shape == (32, 40, 4) and np.array_equal(picture, straight(sample, index))
                assert np.allclose(matrix, frames[index]["transform_matrix"])


@pytest.mark.parametrize("time", ["x", None, [0.0], math.inf])
def test_a_time_that_is_no_number_is_refused_by_its_name(time, tmp_path):
    """Of whatever is read from a camera, in every format."""
    with pytest.raises(BadInput, match="frame 0: time is not a number of seconds"):
        check_camera({"frame": 0, **RECORDS["camera"], "time": time}, tmp_path / "camera.json")


def test_an_orbit_without_alpha_is_the_pictures_themselves(people, tmp_path):
    source = make_people(tmp_path / "faces", samples=1, views=24, labels=("rgb",))
    folder = export(source, "nerf", tmp_path / "out") / "000000"
    frames, _, kept = read_nerfstudio(folder)
    assert {row["time"] for row in frames} == {0.0} and "eye" not in frames[0]
    assert [len(kept[split]) for split in ("train", "val", "test")] == [18, 3, 3]
    assert (folder / "0007.png").read_bytes() == (source / "000000" / "0007.rgb.png").read_bytes()


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 8, 16, 100])
def test_every_split_of_a_scene_holds_pictures_that_no_other_holds(count):
    kept = import_module("simulacra.datagen.export.nerf").splits(list(range(count)))
    assert all(kept.values())
    if count > 2:
        assert sorted(number for rows in kept.values() for number in rows) == list(range(count))
        assert len(kept["val"]) == len(kept["test"]) == max(count // 8, 1)


def test_the_sidebar_reads_the_scene(people, tmp_path):
    from simulacra.addon.importing.transforms import read

    views = read(export(people, "nerf", tmp_path / "out") / "000000" / "transforms.json")
    assert (
        len(views) == 6
        and {view.focal for view in views} == {(50, 50)}
        and {view.centre for view in views} == {(19, 17.5)}
    )
    assert not any(view.distorted for view in views)


def test_views_of_one_moment_are_no_pairs_in_time(tmp_path):
    source = make_people(tmp_path / "orbit", samples=1, views=3, labels=("rgb",))
    root = export(source, "kitti", tmp_path / "orbit-kitti") / "training"
    assert len(list((root / "image_2").glob("*_10.png"))) == 3 and not list((root / "image_2").glob("*_11.png"))
    source = make_people(tmp_path / "both", samples=1, moments=3, views=2)
    root = export(source, "kitti", tmp_path / "both-kitti") / "training"
    for number, (first, second) in enumerate([(0, 2), (2, 4), (1, 3), (3, 5)]):
        for moment, frame in ((10, first), (11, second)):
            there = (root / "image_2" / f"{number:06d}_{moment}.png").read_bytes()
            assert there == (source / "000000" / f"{frame:04d}.rgb.png").read_bytes()
    root = export(source, "sintel", tmp_path / "both-sintel") / "training"
    for view, scene in enumerate(["scene_000000", "scene_000000_view_02"]):
        for place in range(3):
            there = (root / "final" / scene / f"frame_{place + 1:04d}.png").read_bytes()
            assert there == (source / "000000" / f"{2 * place + view:04d}.rgb.png").read_bytes()
        assert len(list((root / "flow" / scene).iterdir())) == 2
