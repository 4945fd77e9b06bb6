"""Every field of every record of a dataset, removed or replaced by odd values one at a time: it reads, or is refused in one line.

Nothing is drawn: each place of each document is tried with each value, the first and last entry of a list for all of them. A
quick run takes every so many of these cases, the same each time.
"""

import json
import shutil
import warnings

import pytest
from documents import at, paths, with_at, without
from loading_stage import hashes
from proven_stage import make_proven

from simulacra.datagen import gallery
from simulacra.datagen.check import check_dataset
from simulacra.datagen.errors import BadInput
from simulacra.datagen.gallery import write_gallery
from simulacra.datagen.readers import Dataset

GONE = object()
ODD = (
    GONE,
    None,
    True,
    -1,
    0,
    0.5,
    2**70,
    1e308,
    -1e9,
    "",
    "x",
    "../../etc/passwd",
    "\ud800",
    [],
    [0],
    [[]],
    {},
    {"x": 1},
    "9" * 5000,
)
RECORDS = ("../dataset.json", "sample.json", "camera.json", "objects.json", "landmarks.json", "spec.json")
QUICK = {"spec.json": 120}  # of how many cases a quick run takes one: of a spec, which one function reads, the fewest


def ends(value):
    """Every place, of lists the first and the last entry alone."""
    for where in paths(value):
        holders = [at(value, where[:depth]) for depth in range(len(where))]
        if all(
            not isinstance(each, list) or key in (0, len(each) - 1) for each, key in zip(holders, where, strict=True)
        ):
            yield where


def spoilt(document):
    """Each document that differs in one place, with words for it."""
    for where in ends(document):
        for value in ODD:
            if where and value is GONE:
                yield f"{where} removed", without(document, where)
            elif value is not GONE:
                yield f"{where} = {value!r}", with_at(document, where, value)


def read(path):
    """All that a dataset's reader gives."""
    dataset = Dataset(path)
    for split in dataset.description["splits"]:
        dataset.split(split)
    for sample in dataset:
        for frame in sample.frames:
            camera = sample.camera(frame)
            sample.objects(frame), sample.landmarks(frame)
            for name in ("rgb", "depth"):
                sample.label(name, frame, camera)
        assert sample.spec and sample.caption


USES = {"read": read, "check": check_dataset, "view": lambda path: write_gallery(path, path.with_suffix(".html"))}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Of few labels, and of dataset.json a row of each kind."""
    path = make_proven(
        tmp_path_factory.mktemp("every") / "walls",
        1,
        1,
        1,
        (16, 24),
        names=("rgb", "depth", "position", "instance", "parts"),
    )
    told = json.loads((path / "dataset.json").read_text())
    told["labels"] = told["labels"][:1]
    told["taxonomy"] = {name: dict(list(classes.items())[:3]) for name, classes in told["taxonomy"].items()}
    (path / "dataset.json").write_text(json.dumps(told))
    (path / "record").write_text((path / "000000" / "sample.json").read_text())
    return path


@pytest.fixture
def quick_pictures(monkeypatch):
    """What pictures cost is another's test."""
    monkeypatch.setattr(gallery, "_embed", lambda *_: "data:image/png;base64,")


@pytest.mark.parametrize("all_of_them", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["quick", "all"])
@pytest.mark.parametrize(
    "file, use", [(file, use) for file in RECORDS for use in USES if file != "spec.json" or use == "read"]
)
def test_every_field(dataset, tmp_path, quick_pictures, file, use, all_of_them):
    copied = tmp_path / "walls"
    shutil.copytree(dataset, copied)
    record = json.loads((copied / "record").read_text())
    path = (copied / "000000" / file).resolve()
    tried = refused = 0
    for words, document in list(spoilt(json.loads(path.read_text())))[:: 1 if all_of_them else QUICK.get(file, 24)]:
        path.write_bytes(json.dumps(document).encode())
        if file not in ("../dataset.json", "sample.json"):
            (copied / "000000" / "sample.json").unlink()
            told = record | {"files": record["files"] | {path.name: hashes(copied / "000000")[path.name]}}
            (copied / "000000" / "sample.json").write_text(json.dumps(told))
        tried += 1
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # numbers at the end of their range
                found = USES[use](copied)
        except BadInput as error:
            lines, refused = [str(error)], refused + 1
        except Exception as error:
            raise AssertionError(f"{file} {words}: {type(error).__name__}: {error}") from error
        else:
            lines = [*found.problems, found.summary()] if use == "check" else []
            refused += use == "check" and not found.ok
        for line in lines:
            assert "\n" not in line
            line.encode()
    assert tried > 10 and (refused > tried / 10 or use == "view")  # which needs neither boxes nor a camera
