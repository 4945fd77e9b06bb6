"""Tar shards: written the same by any number of workers, and read as data from outside."""

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import time
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from loading_stage import NAMES, make_dataset

from simulacra.__main__ import main
from simulacra.datagen.errors import BadInput, Unfinished
from simulacra.datagen.export import export
from simulacra.datagen.formats.files import decode_label, read_label
from simulacra.datagen.labels import LABELS
from simulacra.datagen.readers import Dataset
from simulacra.datagen.storage.held import machine
from simulacra.datagen.storage.naming import split_of
from simulacra.datagen.storage.shards import INDEX, read_shard, write_shard


def folder_bytes(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def tree(folder):
    return sorted(path.relative_to(folder) for path in folder.rglob("*"))


def test_bytes_do_not_depend_on_the_number_of_workers(drawn_dataset, drawn_shards, tmp_path):
    export(drawn_dataset, "webdataset", tmp_path / "three", workers=3, per_shard=5)
    assert folder_bytes(tmp_path / "three") == folder_bytes(drawn_shards)
    index = json.loads((drawn_shards / INDEX).read_text())
    assert {row["name"] for row in index["shards"]} == {path.name for path in drawn_shards.glob("*.tar")}
    assert index["splits"] == {
        name: 2 * len(found) for name, found in Dataset(drawn_dataset).description["splits"].items()
    }
    assert index["labels"] == Dataset(drawn_dataset).description["labels"] and len(index["recipe_sha256"]) == 64
    for row in index["shards"]:
        data = (drawn_shards / row["name"]).read_bytes()
        assert (row["bytes"], row["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
        with tarfile.open(drawn_shards / row["name"]) as tar:
            members = tar.getmembers()
        assert {(m.mtime, m.uid, m.gid, m.uname, m.mode) for m in members} == {(0, 0, 0, "", 0o644)}
        names = [member.name for member in members]
        assert names == sorted(names)
        keys = list(dict.fromkeys(name.partition(".")[0] for name in names))
        assert len(keys) == row["samples"] <= 5
        assert {split_of(int(key[:6])) for key in keys} == {row["split"]} == {row["name"].partition("-")[0]}


def test_every_file_of_a_frame_is_in_the_shards(drawn_dataset, drawn_shards):
    webdataset = pytest.importorskip("webdataset")
    found = {}
    for path in sorted(drawn_shards.glob("*.tar")):
        found |= {row["__key__"]: row for row in webdataset.WebDataset([str(path)], shardshuffle=False)}
        with tarfile.open(path) as tar:
            told = {m.name: tar.extractfile(m).read() for m in tar}
        ours = {
            f"{key}.{name}": data for key, row in read_shard(path, ["rgb.png", "uv.exr"]) for name, data in row.items()
        }
        assert ours == {name: data for name, data in told.items() if name.endswith(("rgb.png", "uv.exr"))}
    assert len(found) == 24
    for sample in Dataset(drawn_dataset):
        for frame in sample.frames:
            row = found[f"{sample.name}_{frame:04d}"]
            assert all(
                row[f"{n}.{LABELS[n].suffix}"] == (sample.path / f"{frame:04d}.{n}.{LABELS[n].suffix}").read_bytes()
                for n in NAMES
            )
            assert json.loads(row["camera.json"]) == sample.camera(frame)
            assert json.loads(row["objects.json"]) == sample.objects(frame)
            assert json.loads(row["landmarks.json"]) == sample.landmarks(frame)
            assert json.loads(row["spec.json"])["spec"] == {"age": int(sample.name) + 0.5}
            assert row["caption.txt"].decode() == sample.caption


def test_samples_with_a_camera_alone_are_exported(tmp_path):
    source = make_dataset(tmp_path / "orbits", 2, frames=3, records=())
    out = export(source, "webdataset", tmp_path / "out")
    fields = {name.partition(".")[2] for path in out.glob("*.tar") for name in tarfile.open(path).getnames()}
    assert "camera.json" in fields and not fields & {"objects.json", "landmarks.json"}


def test_a_sample_that_dataset_json_does_not_tell_of_goes_where_its_identity_belongs(
    drawn_dataset, drawn_shards, tmp_path
):
    source = make_dataset(tmp_path / "faces", 12, frames=2)
    described = json.loads((source / "dataset.json").read_text())
    described["splits"] = {name: [] for name in described["splits"]}
    (source / "dataset.json").write_text(json.dumps(described))
    again = export(source, "webdataset", tmp_path / "out", per_shard=5)
    assert folder_bytes(again) == folder_bytes(drawn_shards)


def test_an_export_that_fails_leaves_nothing(tmp_path, capsys):
    source = make_dataset(tmp_path / "faces", 4)
    (source / "000003" / "camera.json").write_text('{"frames": [3]}')
    before = tree(tmp_path)
    for workers in ("1", "2"):
        words = ["export", str(source), "--to", "webdataset", "--out", str(tmp_path / "out"), "--per-shard", "1"]
        assert main([*words, "--workers", workers]) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1 and "000003/camera.json: differs from what was written" in error
        assert tree(tmp_path) == before


def test_what_a_killed_export_left_is_removed_by_the_next(drawn_dataset, tmp_path):
    left = {f".partial-{name}-0011223344556677": name != "out" for name in ("out", "out-two", "two-out")}
    for name in left:
        (tmp_path / name).mkdir()
        (tmp_path / name / "half.tar").write_text("")
        (tmp_path / f"{name}.lock").write_text(machine())
    export(drawn_dataset, "webdataset", tmp_path / "out")
    assert {name: (tmp_path / name).exists() for name in left} == left


@pytest.mark.parametrize("to, option, value, told", [
    ("webdataset", "--workers", "0", "workers: 0 is not allowed; allowed is a whole number in 1..61"),
    ("webdataset", "--per-shard", "-5", "per-shard: -5 is not allowed"),
    ("webdataset", "--per-shard", "many", "many is not allowed; allowed is a whole number"),
    ("coco", "--workers", "2", "workers: is no option of coco; allowed with webdataset"),
    ("nerf", "--per-shard", "2", "per-shard: is no option of nerf; allowed with webdataset"),
])  # fmt: skip
def test_bad_options_are_one_line(drawn_dataset, tmp_path, capsys, to, option, value, told):
    assert main(["export", str(drawn_dataset), "--to", to, "--out", str(tmp_path / "out"), option, value]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and told in error and not list(tmp_path.iterdir())


def test_a_writer_of_shards_imports_neither_blender_nor_torch():
    code = "import simulacra.datagen.export.webdataset, sys; print(sorted({'bpy', 'torch', 'cv2'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_workers_end_with_the_process_that_started_them():
    code = """
import multiprocessing, os, sys
from concurrent.futures import ProcessPoolExecutor
from simulacra.datagen.export.webdataset import _begin
pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _begin)
print(pool.submit(os.getpid).result(), flush=True)
os.kill(os.getpid(), 9)
"""
    worker = int(subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=False).stdout)
    for _ in range(3000):
        if not alive(worker):
            break
        time.sleep(0.02)
    assert not alive(worker)


def alive(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_worker_that_is_killed_is_told(monkeypatch):
    webdataset = import_module("simulacra.datagen.export.webdataset")
    monkeypatch.setattr(webdataset, "_shard", os._exit)
    with pytest.raises(Unfinished, match="export: a worker was killed; fewer --workers need less memory"):
        webdataset._in_parallel([(3,), (3,)], 2)


def test_labels_are_decoded_from_bytes_as_from_files(drawn_dataset):
    for sample in Dataset(drawn_dataset):
        for name in NAMES:
            path = sample.path / f"0000.{name}.{LABELS[name].suffix}"
            values, wanted = decode_label(name, path.read_bytes(), "there"), read_label(path, name)
            assert values.dtype == wanted.dtype and np.array_equal(values, wanted)
    with pytest.raises(BadInput, match=r"^there: is not a whole PNG file"):
        decode_label("rgb", b"", "there")
    with pytest.raises(BadInput, match=r"^there: is not a whole EXR file"):
        decode_label("depth", path.read_bytes()[:-1], "there")
    with pytest.raises(BadInput, match=r"^there: holds channels X, Y; allowed are V"):
        decode_label("depth", path.read_bytes(), "there")


# ---- a shard is data from outside


def test_a_shard_cut_off_anywhere_is_told(drawn_shards, tmp_path):
    data, cut = (drawn_shards / "train-000000.tar").read_bytes(), tmp_path / "cut.tar"
    end = len(data.rstrip(b"\0"))
    for length in [*range(0, end, 509), end]:
        cut.write_bytes(data[:length])
        with pytest.raises(BadInput, match="is not a whole shard"):
            list(read_shard(cut, ["rgb.png"]))


def test_a_broken_header_does_not_end_a_shard(drawn_shards, tmp_path):
    data, broken = (drawn_shards / "train-000000.tar").read_bytes(), tmp_path / "broken.tar"
    with tarfile.open(drawn_shards / "train-000000.tar") as tar:
        headers = [member.offset for member in tar]
    for at in headers:
        for lost in (bytes(512), data[at : at + 20] + b"?" + data[at + 21 : at + 512]):
            broken.write_bytes(data[:at] + lost + data[at + 512 :])
            with pytest.raises(BadInput, match=r"goes on after its end|header in it is broken"):
                list(read_shard(broken, ["rgb.png"]))


def member(name, size, kind=tarfile.REGTYPE, data=b"", layout=tarfile.GNU_FORMAT, **headers):
    info = tarfile.TarInfo(name)
    info.size, info.type, info.pax_headers = size, kind, headers
    return info.tobuf(layout) + data + bytes(-len(data) % 512)


@pytest.mark.parametrize("members, told", [
    ([member("a.rgb.png", 10**9)], "it ends within a.rgb.png"),
    ([member("a.rgb.png", 1 << 50)], "broken"),
    ([member("a.rgb.png", 0, tarfile.SYMTYPE)], "a.rgb.png is not a plain file"),
    ([member("a.rgb.png", 1, data=b"1"), member("a.rgb.png", 1, data=b"2")], "holds a.rgb.png twice"),
    ([member("a.rgb.png", 1, data=b"1"), member("b.rgb.png", 1, data=b"2"), member("a.uv.exr", 1, data=b"3")],
     "the members of a do not follow one another"),
    ([member("a.uv.exr", 1, data=b"1")], "a has no rgb.png; it has uv.exr$"),
    ([member("n" * 120 + ".rgb.png", 1, data=b"1", layout=tarfile.PAX_FORMAT)], "is too long"),
])  # fmt: skip
def test_what_no_exporter_writes_is_refused(tmp_path, members, told):
    path = tmp_path / "a.tar"
    path.write_bytes(b"".join(members) + bytes(10240))
    with pytest.raises(BadInput, match=f"^{re.escape(str(path))}: .*{told}"):
        list(read_shard(path, ["rgb.png"]))


@pytest.mark.parametrize(
    "layout, folder", [(tarfile.PAX_FORMAT, "d"), (tarfile.USTAR_FORMAT, "d" * 60 + "/" + "e" * 60)]
)
def test_shards_that_other_programs_pack_are_read(tmp_path, layout, folder):
    """With folders, prefixes, and the extended headers that tell fractions of seconds."""
    names = [f"{folder}/{key}.{field}" for key in "ab" for field in ("rgb.png", "txt")]
    with tarfile.open(tmp_path / "a.tar", "w", format=layout) as tar:
        top = tarfile.TarInfo("d")
        top.type = tarfile.DIRTYPE
        tar.addfile(top)
        for name in names:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(name), 1.5
            tar.addfile(info, io.BytesIO(name.encode()))
    wanted = [(name[:-8], {"rgb.png": name.encode()}) for name in names if name.endswith("png")]
    assert list(read_shard(tmp_path / "a.tar", ["rgb.png"])) == wanted


def test_mutated_shards_are_read_or_told(tmp_path):
    data = [(f"{key}.{name}", bytes(range(60))) for key in "abc" for name in ("caption.txt", "rgb.png", "spec.json")]
    write_shard(tmp_path / "a.tar", data)
    whole, rng, told = (tmp_path / "a.tar").read_bytes(), np.random.default_rng(0), 0
    for _ in range(400):
        changed = bytearray(whole[: rng.integers(len(whole))] if rng.random() < 0.2 else whole)
        for at in rng.integers(0, max(1, len(changed)), rng.integers(1, 4)):
            changed[at : at + 1] = bytes([rng.choice([0, 48, 55, 255, rng.integers(256)])])
        (tmp_path / "b.tar").write_bytes(changed)
        try:
            for key, found in read_shard(tmp_path / "b.tar", ["rgb.png", "caption.txt"]):
                decode_label("rgb", found["rgb.png"], key)
        except BadInput as error:
            told += "\n" not in str(error)
    assert told == 400  # these pictures are none


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "huge"])
def test_what_is_no_plain_shard_is_refused_at_once(drawn_shards, tmp_path, kind):
    path = tmp_path / "train-000000.tar"
    if kind == "link":
        path.symlink_to(next(drawn_shards.glob("*.tar")))
    elif kind == "pipe":
        os.mkfifo(path)  # nobody writes into it: reading would wait for ever
    elif kind == "folder":
        path.mkdir()
    else:
        path.touch()
        os.truncate(path, 2**38 + 1)  # of nothing
    with pytest.raises(BadInput, match=r"is a link|no regular file|allowed are 274877906944"):
        list(read_shard(path, ["rgb.png"]))
