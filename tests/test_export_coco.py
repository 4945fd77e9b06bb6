"""COCO and YOLO exports, read by COCO's own library and by the documented rules of the others."""

import copy
import json

import numpy as np
import pytest
from export_stage import HEIGHT, KINDS, WIDTH, landmarks, make_people, masks

from simulacra.datagen.export import export
from simulacra.datagen.export.keypoints import NAMES, mirrored, skeleton
from simulacra.datagen.export.outlines import joined, outlines
from simulacra.datagen.readers import Dataset

coco_mask = pytest.importorskip("pycocotools.mask")


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    return make_people(tmp_path_factory.mktemp("people") / "faces", moments=2)


@pytest.fixture(scope="module")
def coco(people):
    return export(people, "coco", people.with_name("coco"))


def filled(polygons, height, width):
    """The mask that COCO's library fills."""
    rows = [polygon.ravel().tolist() if isinstance(polygon, np.ndarray) else polygon for polygon in polygons]
    return coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects(rows, height, width))).astype(bool)


def test_outlines_fill_to_the_mask_that_they_came_from():
    rng = np.random.default_rng(0)
    for _ in range(300):
        height, width = rng.integers(1, 24, 2)
        mask = rng.random((height, width)) < rng.random()
        mask[rng.integers(height), rng.integers(width)] = True
        polygons = outlines(mask)
        assert np.array_equal(filled(polygons, height, width), mask)
        assert np.array_equal(filled([joined(polygons)], height, width), mask)


def test_an_outline_of_a_ring_is_one_polygon_with_a_cut():
    mask = np.ones((5, 5), bool)
    mask[2, 2] = False
    (polygon,) = outlines(mask)
    places = list(map(tuple, polygon.tolist()))
    assert places == [(0, 0), (5, 0), (5, 5), (0, 5), (0, 2), (2, 2), (2, 3), (3, 3), (3, 2), (0, 2)]  # there and back
    assert len(outlines(np.eye(3, dtype=bool))) == 3, "pixels that touch at a corner are pieces of their own"


@pytest.mark.parametrize("kind", ["bbox", "segm", "keypoints"])
@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_a_perfect_prediction_has_a_precision_of_one(coco, split, kind, capsys):
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    name = "person_keypoints" if kind == "keypoints" else "instances"
    truth = COCO(str(coco / "annotations" / f"{name}_{split}.json"))
    keys = ("image_id", "category_id", "bbox", *(("keypoints",) if kind == "keypoints" else ()))
    found = [{key: row[key] for key in keys} | {"score": 0.9} for row in truth.dataset["annotations"]]
    if kind == "segm":
        for row, source in zip(found, truth.dataset["annotations"], strict=True):
            row["segmentation"] = truth.annToRLE(source)
            del row["bbox"]
    assert len(found) == (2 if kind == "keypoints" else 10)
    judge = COCOeval(truth, truth.loadRes(copy.deepcopy(found)), kind)
    if kind == "keypoints":
        judge.params.kpt_oks_sigmas = np.full(len(NAMES), 0.05)
    judge.evaluate()
    judge.accumulate()
    judge.summarize()
    assert judge.stats[0] == pytest.approx(1, abs=1e-9)
    capsys.readouterr()


def test_instances_are_what_the_labels_say(coco, people):
    numbers = set()
    for split, sample in zip(("train", "val", "test"), Dataset(people), strict=True):
        document = json.loads((coco / f"annotations/instances_{split}.json").read_text())
        assert document["info"]["version"] == "1.2.3" and document["licenses"][0]["id"] == 1
        names = {row["id"]: row["name"] for row in document["categories"]}
        assert list(names.values()) == ["person", "skin", "eye", "hair", "backdrop"]
        for image, frame in zip(document["images"], sample.frames, strict=True):
            assert (image["width"], image["height"]) == (WIDTH, HEIGHT)
            picture = coco / split / image["file_name"]
            assert picture.read_bytes() == (sample.path / f"{frame:04d}.rgb.png").read_bytes()
            instance = sample.label("instance", frame)
            truths = {kind: instance == number for number, kind in KINDS.items()}
            truths["person"] = (instance > 0) & (instance != 4)
            rows = [row for row in document["annotations"] if row["image_id"] == image["id"]]
            assert sorted(names[row["category_id"]] for row in rows) == sorted(truths)
            for row in rows:
                mask = truths[names[row["category_id"]]]
                assert np.array_equal(filled(row["segmentation"], HEIGHT, WIDTH), mask)
                assert row["iscrowd"] == 0 and row["area"] == mask.sum() and type(row["bbox"][0]) is float
                y, x = np.nonzero(mask)
                assert row["bbox"] == [x.min(), y.min(), x.max() + 1 - x.min(), y.max() + 1 - y.min()]
                assert type(row["id"]) is int and row["id"] not in numbers
                numbers.add(row["id"])
                # detectron2 drops polygons of less than three corners and of odd length, and torchvision all crowds.
                assert all(len(polygon) >= 6 and len(polygon) % 2 == 0 for polygon in row["segmentation"])


def test_keypoints_are_the_landmarks(coco):
    document = json.loads((coco / "annotations/person_keypoints_train.json").read_text())
    (category,) = document["categories"]
    assert category["name"] == "person" and category["keypoints"] == list(NAMES)
    assert np.array(category["skeleton"]).min() == 1 and np.array(category["skeleton"]).max() == 68
    truth = landmarks(0)
    for row in document["annotations"]:
        assert row["category_id"] == category["id"] == 1
        points = np.array(row["keypoints"]).reshape(70, 3)
        assert points[0].tolist() == [0, 0, 0], "out of the frame: not labelled"
        assert points[1, 2] == 1 and (points[2:, 2] == 2).all() and row["num_keypoints"] == 69
        # Keypoints are indices of pixels: detectron2 adds the half by which their centres differ.
        assert np.allclose(points[1:, :2] + 0.5, truth["points_2d"][1:])


def test_the_mirrored_face_is_the_face():
    order = mirrored()
    assert [order[index] for index in order] == list(range(70))
    for index, other in enumerate(order):
        swapped = {"right": "left", "left": "right"}
        side = NAMES[index].partition("_")[0]
        assert NAMES[other].partition("_")[0] == swapped.get(side, side)
    assert order[0] == 16 and order[8] == 8 and order[36] == 45 and order[48] == 54 and order[68] == 69
    lines = {frozenset(line) for line in skeleton()}
    assert {frozenset((order[a], order[b])) for a, b in skeleton()} == lines
    assert frozenset((36, 41)) in lines and frozenset((0, 16)) not in lines


@pytest.mark.parametrize("task", ["segment", "detect", "pose"])
def test_yolo_reads_what_the_labels_say(people, tmp_path, task):
    yaml = pytest.importorskip("yaml")
    out = export(people, "yolo", tmp_path / "out", task=task)
    described = yaml.safe_load((out / "data.yaml").read_text())
    names = described["names"]
    assert [described[split] for split in ("train", "val", "test")] == ["images/train", "images/val", "images/test"]
    assert list(names) == list(range(len(names))) and names[0] == "person"
    if task == "pose":
        assert described["kpt_shape"] == [70, 3] and described["flip_idx"] == mirrored() and len(names) == 1
    for split, sample in zip(("train", "val", "test"), Dataset(people), strict=True):
        pictures = sorted((out / "images" / split).iterdir())
        assert len(pictures) == 2
        for picture, frame in zip(pictures, sample.frames, strict=True):
            # Ultralytics finds the labels of a picture by these two words of its path.
            rows = (out / "labels" / split / f"{picture.stem}.txt").read_text().splitlines()
            instance = sample.label("instance", frame)
            truths = {kind: instance == number for number, kind in KINDS.items()}
            truths["person"] = (instance > 0) & (instance != 4)
            assert len(rows) == len(names)
            for row in rows:
                kind, *values = row.split()
                values = np.array(values, float)
                assert values[: 4 if task == "pose" else None].max() <= 1 and values.min() >= 0
                mask = truths[names[int(kind)]]
                if task == "segment":
                    polygon = values.reshape(-1, 2) * [WIDTH, HEIGHT]
                    assert len(values) > 5 and np.array_equal(filled([np.rint(polygon)], HEIGHT, WIDTH), mask)
                    assert np.abs(polygon - np.rint(polygon)).max() < 1e-4
                    continue
                y, x = np.nonzero(mask)
                low, high = np.array([x.min(), y.min()]), np.array([x.max() + 1, y.max() + 1])
                size = np.array([WIDTH, HEIGHT])
                assert np.allclose(values[:4], [*((low + high) / 2 / size), *((high - low) / size)], atol=1e-6)
                assert len(values) == (4 + 210 if task == "pose" else 4)
                if task == "pose":
                    points = values[4:].reshape(70, 3)
                    assert points[0].tolist() == [0, 0, 0] and points[1, 2] == 1 and (points[2:, 2] == 2).all()
                    truth = np.array(landmarks(int(sample.name))["points_2d"])
                    assert np.allclose(points[1:, :2] * size, truth[1:], atol=1e-4)


def test_a_dataset_of_one_split_trains_and_validates_on_it(tmp_path):
    yaml = pytest.importorskip("yaml")
    out = export(make_people(tmp_path / "faces", samples=1), "yolo", tmp_path / "out")
    described = yaml.safe_load((out / "data.yaml").read_text())
    assert described["train"] == described["val"] == "images/train" and "test" not in described
    assert masks(0).any()
