"""A place through the command line: a stereo sequence with all its labels, checked, exported, and the same twice."""

import hashlib
import json

import numpy as np
import pytest

from simulacra.__main__ import main
from simulacra.datagen.check import check_dataset
from simulacra.datagen.export import export
from simulacra.datagen.formats.png import read_png
from simulacra.datagen.readers import Dataset

pytestmark = pytest.mark.blender
KIND = ["--seed", "5", "--set", "kind=desert", "--set", "weather.clouds=none", "--set", "weather.precipitation=leaves",
        "--set", "camera.motion=walk"]  # fmt: skip


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A dataset of one stereo sequence."""
    pytest.importorskip("bpy")
    out = tmp_path_factory.mktemp("places") / "set"
    assert (
        main(
            ["render", "places", str(out), "--size", "96x64", "--frames", "3", "--views", "2", "--samples", "1", *KIND]
        )
        == 0
    )
    return out


def test_every_check_holds(places):
    report = check_dataset(places)
    assert report.ok, report.summary()
    assert {"disparity agrees", "scene flow projects to flow", "flow leads back"} <= {
        figure.name for figure in report.figures
    }


def test_all_labels_and_records_are_there(places):
    sample = Dataset(places)[0]
    assert sample.frames == list(range(6)) and sample.record["eyes"] == 2
    for frame in sample.frames:
        for name in ("rgb", "depth", "normal", "position", "instance", "semantic", "albedo", "flow", "flow_back", "occlusion",
                     "occlusion_back", "scene_flow", "disparity"):  # fmt: skip
            assert sample.label(name, frame).shape[:2] == (64, 96), name
        assert not sample.has("parts", frame)
    tracks = np.load(sample.path / "tracks.npz", allow_pickle=False)
    assert tracks["points_3d"].shape[1] == 3 and len(tracks["query"]) > 100
    left, right = sample.camera(0), sample.camera(1)
    assert (left["eye"], right["eye"], sample.camera(2)["moment"]) == ("left", "right", 1)
    assert "desert" in sample.caption
    classes = {sample.taxonomy["semantic"][str(number)] for number in np.unique(sample.label("semantic"))}
    assert "terrain" in classes


@pytest.mark.slow  # those of a face are held against one thread in every run, and pairs of floating things drawn twice
def test_labels_are_the_same_twice_and_on_one_thread(places, tmp_path):
    again = tmp_path / "again"
    arguments = ["--size", "96x64", "--frames", "3", "--views", "2", "--samples", "1", "--threads", "1", *KIND]
    assert main(["render", "places", str(again), *arguments]) == 0
    for path in sorted((places / "000000").glob("*")):
        if path.suffix in (".exr", ".png", ".npz") and ".rgb." not in path.name:
            other = again / "000000" / path.name
            assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(other.read_bytes()).digest(), path.name


def test_sintel_reads_what_was_rendered(places, tmp_path):
    export(places, "sintel", tmp_path / "out")
    root, sample = tmp_path / "out" / "training", Dataset(places)[0]
    flow = np.fromfile(root / "flow" / "scene_000000" / "frame_0002.flo", "<f4")
    assert flow[0] == np.float32(202021.25) and flow[1:3].view("<i4").tolist() == [96, 64]
    assert np.array_equal(flow[3:].reshape(64, 96, 2), np.nan_to_num(sample.label("flow", 2)))
    depth = np.fromfile(root / "depth" / "scene_000000" / "frame_0001.dpt", "<f4")[3:].reshape(64, 96)
    expected = sample.label("depth", 0)
    assert np.array_equal(depth, np.where(np.isfinite(expected), expected, 0))
    coded = read_png(root / "disparities" / "scene_000000" / "frame_0001.png").astype(float)
    assert np.abs(coded @ [4, 1 / 64, 1 / 16384] - sample.label("disparity", 0)).max() < 1 / 16384
    numbers = np.frombuffer((root / "camdata_left" / "scene_000000" / "frame_0001.cam").read_bytes()[4:], "<f8")
    assert np.allclose(numbers[:9].reshape(3, 3), sample.camera(0)["K"])
    world = np.vstack([numbers[9:].reshape(3, 4), [0, 0, 0, 1]])
    assert np.allclose(np.linalg.inv(world), sample.camera(0)["cam2world"])
    assert len(list((root / "final_right" / "scene_000000").glob("*.png"))) == 3
    assert len(list((root / "flow" / "scene_000000").glob("*.flo"))) == 2


def test_kitti_reads_what_was_rendered(places, tmp_path):
    import cv2

    export(places, "kitti", tmp_path / "out")
    root, sample = tmp_path / "out" / "training", Dataset(places)[0]
    stored = cv2.imread(str(root / "flow_occ" / "000000_10.png"), cv2.IMREAD_UNCHANGED)[..., ::-1].astype(float)
    flow = sample.label("flow", 0)
    known = stored[..., 2] > 0
    assert np.array_equal(known, np.isfinite(flow).all(-1) & (np.abs(np.nan_to_num(flow)) < 511.9).all(-1))
    assert np.abs((stored[..., :2] - 2**15) / 64 - np.nan_to_num(flow))[known].max() <= 1 / 128 + 1e-6
    seen = cv2.imread(str(root / "flow_noc" / "000000_10.png"), cv2.IMREAD_UNCHANGED)[..., 0] > 0
    assert np.array_equal(seen, known & (sample.label("occlusion", 0) == 0))
    disparity = cv2.imread(str(root / "disp_occ_0" / "000000_10.png"), cv2.IMREAD_UNCHANGED) / 256
    assert np.abs(disparity - sample.label("disparity", 0)).max() <= 1 / 512 + 1e-6
    lines = dict(line.split(": ") for line in (root / "calib_cam_to_cam" / "000000.txt").read_text().splitlines())
    right = np.array(lines["P_rect_03"].split(), float).reshape(3, 4)
    baseline = -right[0, 3] / right[0, 0]
    apart = np.array(sample.camera(1)["cam2world"])[:3, 3] - np.array(sample.camera(0)["cam2world"])[:3, 3]
    assert baseline == pytest.approx(np.linalg.norm(apart), rel=1e-5)
    assert len(list((root / "image_2").glob("*_10.png"))) == len(list((root / "image_3").glob("*_11.png"))) == 2


@pytest.mark.parametrize("to", ["webdataset", "coco", "yolo", "nerf", "pictures"])
def test_other_exporters_take_places(places, tmp_path, to):
    export(places, to, tmp_path / "out")
    if to == "coco":
        (path,) = (tmp_path / "out" / "annotations").iterdir()
        document = json.loads(path.read_text())
        assert {"terrain"} <= {row["name"] for row in document["categories"]} and len(document["images"]) == 6
    assert any((tmp_path / "out").iterdir())


@pytest.mark.parametrize("arguments, told", [
    (["--views", "3"], "views: 3 is not allowed of places"),
    (["--labels", "parts"], "labels: parts is not a label of places"),
    (["--labels", "disparity"], "disparity needs a stereo pair"),
    (["--size", "0x64"], "size"),
    (["--set", "kind=moon"], "kind"),
    (["--hdri", "."], "hdri"),
])  # fmt: skip
def test_bad_input_is_one_line(tmp_path, capsys, arguments, told):
    assert main(["render", "places", str(tmp_path / "out"), *arguments]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1 and told in lines[0]
    assert not (tmp_path / "out").exists()


def test_a_generator_of_things_makes_no_picture(tmp_path, capsys):
    assert main(["render", "tree", str(tmp_path / "out")]) == 2
    assert "tree makes no picture of its own; allowed are faces, places" in capsys.readouterr().err
