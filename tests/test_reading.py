"""A dataset of somebody else's: what is no file of its own, or larger than it may be, is refused before it is read."""

import io
import json
import os
import shutil
import struct
import tarfile
import threading

import numpy as np
import pytest
from loading_stage import hashes, make_dataset
from test_codecs import png_of

from simulacra.datagen.errors import BadInput
from simulacra.datagen.formats.dense import MOST_POINTS
from simulacra.datagen.formats.exr import encode_exr
from simulacra.datagen.formats.files import decode_json, read_json, read_label, read_text
from simulacra.datagen.formats.limits import MAX_PIXELS, RECORDS, most_of
from simulacra.datagen.formats.whole import differing
from simulacra.datagen.labels import LABELS, file_name
from simulacra.datagen.readers import Dataset, Sample
from simulacra.datagen.storage.shards import read_shard

FILES = ["0000.rgb.png", "0000.depth.exr", "camera.json", "objects.json", "landmarks.json", "spec.json", "caption.txt"]
SECRET = "a secret that lies elsewhere"


@pytest.fixture
def dataset(tmp_path):
    return make_dataset(tmp_path / "faces", 2)


def read_all(path):
    """Everything that a dataset's reader gives."""
    for sample in Dataset(path):
        for name in LABELS:
            if sample.has(name):
                sample.label(name)
        found = sample.camera(), sample.objects(), sample.landmarks(), sample.caption, sample.document("spec.json")
        assert all(found)


def refused(path, words):
    """The message with which reading a dataset is refused, in time."""
    found = []

    def read():
        try:
            read_all(path)
        except BadInput as error:
            found.append(str(error))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(30)
    assert found and words in found[0] and SECRET not in found[0], found


def test_what_is_whole_is_read(dataset):
    read_all(dataset)


@pytest.mark.parametrize("name", [*FILES, "sample.json", "../dataset.json"])
@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_links_pipes_and_folders_are_no_files_of_a_dataset(dataset, tmp_path, name, kind):
    path = (dataset / "000001" / name).resolve()
    secret = tmp_path / "secret"
    shutil.copyfile(path, secret)  # of the size that the record says, so only where it lies is wrong
    path.unlink()
    {"link": lambda: path.symlink_to(secret), "pipe": lambda: os.mkfifo(path), "folder": path.mkdir}[kind]()
    refused(dataset, f"{path}: is " + ("a link" if kind == "link" else "no regular file"))


def test_a_sample_that_is_a_link_is_refused(dataset, tmp_path):
    (dataset / "000001").rename(tmp_path / "elsewhere")
    (dataset / "000001").symlink_to(tmp_path / "elsewhere")
    refused(dataset, "000001: is a link")
    with pytest.raises(BadInput, match="000001: is a link"):
        Sample(dataset / "000001")


def test_the_dataset_itself_may_be_a_link(dataset, tmp_path):
    (tmp_path / "link").symlink_to(dataset)
    read_all(tmp_path / "link")


@pytest.mark.parametrize("name", ["../secret", "a/b", "..", "", "a\0b"])
def test_a_file_outside_is_not_read(dataset, name):
    with pytest.raises(BadInput, match="is no name of a file of a sample"):
        Sample(dataset / "000000").bytes(name)


@pytest.mark.parametrize("name", [*FILES, "sample.json", "../dataset.json"])
def test_a_sparse_giant_is_refused_before_it_is_read(dataset, name):
    path = dataset / "000001" / name
    if name in FILES:
        record = json.loads((path.parent / "sample.json").read_text())
        record["files"][name]["bytes"] = 20 * 2**30  # its record agrees
        (path.parent / "sample.json").write_text(json.dumps(record))
    with path.open("wb") as file:
        file.truncate(20 * 2**30)
    refused(dataset, f"holds 21474836480 bytes; allowed are {most_of(path.name)}")


@pytest.mark.parametrize("name", FILES)
def test_the_recorded_size_is_compared_before_anything_is_read(dataset, name, monkeypatch):
    sample = Sample(dataset / "000001")
    size = (sample.path / name).stat().st_size
    with (sample.path / name).open("ab") as file:
        file.write(b" ")
    opened = []
    monkeypatch.setattr(os, "fdopen", lambda *_: opened.append(Unread(size + 1)) or opened[-1])
    with pytest.raises(
        BadInput, match=rf"differs from what was written \(it holds {size + 1} bytes, its record says {size}\)"
    ):
        sample.bytes(name)
    assert len(opened) == 1 and opened[0].closed


class Unread(io.RawIOBase):
    """A file of a size that nobody may read."""

    def __init__(self, size):
        self.size = size

    def seek(self, at, whence=0):
        return self.size + at if whence == 2 else at

    def read(self, *_):
        raise AssertionError("was read")


def test_every_record_has_a_limit_and_every_label_the_one_of_its_pixels():
    assert all(reason and most >= 2**16 for most, reason in RECORDS.values())
    for name, row in LABELS.items():
        most = MOST_POINTS if row.suffix == "npz" else MAX_PIXELS
        pixels = most * row.channels * np.dtype(row.dtype).itemsize
        assert pixels < most_of(file_name(0, name)) == most_of(f"{name}.{row.suffix}") < 1.2 * pixels + 2**21


def test_a_small_picture_that_claims_a_large_one_is_refused(tmp_path):
    """Of zeros that deflate packs a thousandfold: a file of 0.3 MB would become 256 MiB."""
    edge = 2**14
    (tmp_path / "a.png").write_bytes(
        png_of(struct.pack(">IIBBBBB", edge, edge, 8, 0, 0, 0, 0), bytes(edge * (edge + 1)))
    )
    assert (tmp_path / "a.png").stat().st_size < 2**19
    with pytest.raises(BadInput, match=f"{edge}×{edge} px; allowed are {MAX_PIXELS} in all"):
        read_label(tmp_path / "a.png", "parts")
    small, window = encode_exr({"V": np.zeros((16, 16))}), struct.pack("<4i", 0, 0, 15, 15)
    (tmp_path / "a.exr").write_bytes(small.replace(window, struct.pack("<4i", 0, 0, edge - 1, edge - 1)))
    with pytest.raises(BadInput, match=f"{edge}×{edge} px; allowed are {MAX_PIXELS} in all"):
        read_label(tmp_path / "a.exr", "depth")


def test_channels_that_a_label_has_not_are_not_unpacked(tmp_path):
    """Each within its limit, and many of them."""
    small, window = encode_exr({f"c{i:03d}": np.zeros((16, 16)) for i in range(200)}), struct.pack("<4i", 0, 0, 15, 15)
    (tmp_path / "a.exr").write_bytes(small.replace(window, struct.pack("<4i", 0, 0, 8191, 8191)))
    with pytest.raises(BadInput, match="or more than 256 MiB of pixels"):
        read_label(tmp_path / "a.exr", "depth")


@pytest.mark.parametrize("size", [(10**6, 10**6), (16384, 16384), (0, 6), (16385, 1), (8, -1), (8.0, 6)])
def test_a_camera_of_a_size_that_no_picture_has_is_refused(dataset, size):
    folder = dataset / "000001"
    document = json.loads((folder / "camera.json").read_text())
    document["frames"][0] |= {"width": size[0], "height": size[1]}
    (folder / "camera.json").write_text(json.dumps(document))
    record = json.loads((folder / "sample.json").read_text())
    (folder / "sample.json").write_text(json.dumps(record | {"files": hashes(folder)}))
    with pytest.raises(BadInput, match=r"camera\.json: frame 0: "):
        Sample(folder).camera()


def test_a_label_of_another_size_than_its_camera_is_refused(dataset):
    sample = Sample(dataset / "000001")
    with pytest.raises(BadInput, match=r"0000\.rgb\.png: is 8×6 px; its camera has 8×7 px"):
        sample.label("rgb", 0, sample.camera() | {"height": 7})


def test_a_shard_with_a_member_of_seven_gibibytes_is_refused(tmp_path):
    info = tarfile.TarInfo("000000_0000.caption.txt")
    info.size = 7 * 2**30
    with (tmp_path / "a.tar").open("wb") as file:
        file.write(info.tobuf(tarfile.USTAR_FORMAT))
        file.truncate(info.size + 4 * tarfile.BLOCKSIZE)
    with pytest.raises(BadInput, match=f"holds {7 * 2**30} bytes; allowed are {most_of('caption.txt')}"):
        list(read_shard(tmp_path / "a.tar", ["caption.txt"]))


@pytest.mark.parametrize(
    "text", ['"\\ud800"', '{"a": ["\\uDFFF"]}', '{"\\udc00": 1}', "NaN", "[Infinity]", "-Infinity", "1" * 5000]
)
def test_json_that_cannot_be_written_again_is_refused(text):
    with pytest.raises(BadInput, match="here: is not a JSON file"):
        decode_json(text.encode(), "here")


def test_whole_characters_are_read_however_they_are_written():
    assert decode_json(b'["\\ud83d\\ude00"]', "here") == ["😀"] == decode_json('["😀"]'.encode(), "here")


def test_what_differs_from_its_record_is_named(dataset):
    sample = Sample(dataset / "000000")
    files = sample.record["files"]
    assert list(differing(sample.path, files)) == []
    flipped = bytearray((sample.path / "0000.depth.exr").read_bytes())
    flipped[-1] ^= 1
    (sample.path / "0000.depth.exr").write_bytes(flipped)
    (sample.path / "0000.rgb.png").unlink()
    (sample.path / "caption.txt").write_bytes(b"cut")
    found = dict(differing(sample.path, files))
    assert found["0000.depth.exr"].endswith("0000.depth.exr: differs from what was written")
    assert found["0000.rgb.png"].endswith("0000.rgb.png: is missing")
    assert "it holds 3 bytes, its record says" in found["caption.txt"] and len(found) == 3


def test_files_beside_a_dataset_have_limits_too(tmp_path):
    for name, read in (("any.json", read_json), ("any.txt", read_text)):
        with (tmp_path / name).open("wb") as file:
            file.truncate(20 * 2**30)
        with pytest.raises(BadInput, match=f"holds 21474836480 bytes; allowed are {most_of(name)}"):
            read(tmp_path / name)
