"""Datasets in stores of objects behind fsspec URLs: whole or not at all, gone on with, refused where something else is."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

fsspec = pytest.importorskip("fsspec")

from simulacra.__main__ import main  # noqa: E402
from simulacra.datagen.errors import BadInput, DestinationTrouble  # noqa: E402
from simulacra.datagen.recipe import Recipe  # noqa: E402
from simulacra.datagen.storage.dataset import DatasetFolder  # noqa: E402
from simulacra.datagen.storage.destinations import destination, is_url, open_destination  # noqa: E402

HERE = Path(__file__).parent
RECIPE = Recipe(generator="things", count=3)
URL = "memory://lab/faces"


def write(spec, recipe, folder):
    (folder / "0000.depth.exr").write_bytes(repr(spec).encode())
    (folder / "spec.json").write_text(repr(spec))
    return {"frames": [0], "seconds": {}}


@pytest.fixture
def store():
    """The file system of memory:// URLs, empty."""
    files = fsspec.filesystem("memory")
    files.store.clear()
    files.pseudo_dirs[:] = [""]
    yield files
    files.store.clear()


def content(files, root="/lab/faces"):
    return {path.removeprefix(root + "/"): files.cat_file(path) for path in files.find(root)}


def test_what_is_a_url():
    assert [is_url(out) for out in ("s3://bucket/name", "memory://a", "out", "/a/b", "file:///a", "C:\\out")] == [
        True, True, False, False, False, False,
    ]  # fmt: skip
    assert isinstance(destination("file:///tmp/a", RECIPE), DatasetFolder)
    assert destination("file:///tmp/a", RECIPE).path == Path("/tmp/a")


def test_a_store_holds_what_a_folder_does(store, tmp_path):
    here, there = DatasetFolder.open(tmp_path / "d", RECIPE), open_destination(URL, RECIPE)
    for folder in (here, there):
        for index in range(3):
            folder.write_sample(index, write)
        folder.describe({})
    assert content(store) == {
        file.relative_to(here.path).as_posix(): file.read_bytes() for file in here.path.rglob("*") if file.is_file()
    }
    assert there.finished() == [0, 1, 2] and there.record(1) == here.record(1)


def test_sample_json_is_sent_last_and_what_was_cut_short_is_sent_again(store, monkeypatch):
    folder = open_destination(URL, RECIPE)
    sent = []

    def cut(path, data, *_, pipe=store.pipe_file, **options):
        sent.append(path)
        if len(sent) == 2:
            raise ConnectionResetError("the line was cut")
        pipe(path, data)

    with monkeypatch.context() as cutting:
        cutting.setattr(type(store), "pipe_file", lambda self, path, data, **options: cut(path, data))
        with pytest.raises(ConnectionError, match="the line was cut"):
            folder.write_sample(0, write)
    assert folder.finished() == []
    sent.clear()
    monkeypatch.setattr(type(store), "pipe_file", lambda self, path, data, pipe=store.pipe_file, **options: (sent.append(path), pipe(path, data)))  # fmt: skip
    folder.write_sample(0, write)
    assert sent[-1].endswith("000000/sample.json") and len(sent) == 3 and folder.finished() == [0]
    folder.write_sample(0, lambda *_: pytest.fail("rendered twice"))


def test_a_store_is_gone_on_with_or_refused(store):
    open_destination(URL, RECIPE).write_sample(1, write)
    again = open_destination(URL, Recipe(generator="things", count=5))
    assert again.finished() == [1] and again.recipe.count == 5
    with pytest.raises(
        BadInput, match="memory://lab/faces: holds a dataset of another recipe; seed is 0 there and 4 here"
    ):
        open_destination(URL, Recipe(generator="things", seed=4))
    store.pipe_file("/lab/thesis/text.txt", b"mine")
    with pytest.raises(BadInput, match="holds something else"):
        open_destination("memory://lab/thesis", RECIPE)
    assert content(store, "/lab/thesis") == {"text.txt": b"mine"}


def test_a_store_that_takes_no_more_is_told(store, monkeypatch):
    folder = open_destination(URL, RECIPE)

    def refuse(self, path, data, **options):
        raise PermissionError("Access Denied")

    with monkeypatch.context() as refusing:
        refusing.setattr(type(store), "pipe_file", refuse)
        with pytest.raises(
            DestinationTrouble, match=r"memory://lab/faces: cannot be reached or written to \(Access Denied\)"
        ):
            folder.write_sample(0, write)
    assert folder.write_sample(0, write)["index"] == 0
    store.rm("/lab/faces", recursive=True)
    assert "is gone; bring it back" in folder.trouble()


def test_bad_urls_are_told_in_one_line(capsys):
    for url, words in (("nowhere://a/b", "nowhere"), ("memory://lab/other", "thesis")):
        fsspec.filesystem("memory").pipe_file("/lab/other/thesis.txt", b"mine")
        assert main(["render", "faces", url, "--renderer", "fake_renderer:small"]) == 2
        line = capsys.readouterr().err
        assert line.count("\n") == 1 and (words in line or "holds something else" in line)


@pytest.mark.slow
def test_workers_write_straight_into_an_object_store(tmp_path):
    """A real S3 server on this machine, worker processes of its own, and a second run that has nothing to do."""
    server_module = pytest.importorskip("moto.server")
    s3fs = pytest.importorskip("s3fs")
    server = server_module.ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    options = {"FSSPEC_S3_ENDPOINT_URL": f"http://{host}:{port}", "FSSPEC_S3_KEY": "key", "FSSPEC_S3_SECRET": "secret"}
    files = s3fs.S3FileSystem(key="key", secret="secret", endpoint_url=options["FSSPEC_S3_ENDPOINT_URL"])
    files.mkdir("bucket")
    words = [sys.executable, "-m", "simulacra", "render", "faces", "s3://bucket/faces", "--count", "6", "--workers", "2",
             "--renderer", "fake_renderer:settled"]  # fmt: skip
    environment = os.environ | options | {"PYTHONPATH": str(HERE)}
    try:
        for _ in range(2):
            run = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120)
            assert run.returncode == 0, run.stderr
        names = {path.removeprefix("bucket/faces/") for path in files.find("bucket/faces")}
        assert names == {"dataset.json"} | {
            f"{index:06d}/{file}" for index in range(6) for file in ("0000.depth.exr", "spec.json", "sample.json")
        }
        assert json.loads(files.cat_file("bucket/faces/dataset.json"))["counts"]["finished"] == 6
        stopped = threading.Timer(1.5, server.stop)
        stopped.start()
        run = subprocess.run([*words, "--count", "40"], env=environment, capture_output=True, text=True, timeout=300)
        assert run.returncode == 1 and run.stderr.splitlines()[-1].startswith("simulacra: s3://bucket/faces: cannot be")
    finally:
        server.stop()


ODD = ("reference://", "reference://a", "jupyter://", "jupyter://a/b", "dbfs://", "dbfs://a", "s3://", "memory://", "://", "a://b://c", "zip://x::y",
       "simplecache::memory://a", "http://[::1", "http://a:b:c", "memory://\0", "file://\0", "github://a:b@c/d", "s3://" + "a" * 5000, "data:,x", "data://x")  # fmt: skip


def every_protocol():
    import fsspec

    return [f"{name}://host/place" for name in sorted(fsspec.available_protocols()) if name not in ("file", "local")]


@pytest.mark.parametrize("url", [*ODD, *every_protocol()])
def test_any_url_is_taken_or_told_in_one_line(url, capsys, monkeypatch, tmp_path):
    """Every protocol that fsspec knows, with its library installed or not, and nobody answering anywhere."""
    import socket

    def refuse(*_, **__):
        raise ConnectionRefusedError(111, "nobody answers")

    monkeypatch.chdir(tmp_path)
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    monkeypatch.setattr("fsspec.asyn.sync", lambda *_, **__: refuse())
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    code = main(["render", "things", url, "--renderer", "fake_renderer:small", "--retries", "0"])
    error = capsys.readouterr().err
    fsspec.filesystem("memory").store.clear()
    assert code in (0, 1, 2) and "Traceback" not in error and "not foreseen" not in error
    assert code == 0 or error.splitlines()[-1].startswith("simulacra: ")


def test_a_store_rebuilds_a_lost_description_and_repairs(store):
    folder = open_destination(URL, RECIPE)
    for index in range(3):
        folder.write_sample(index, write)
    folder.describe({})
    before = content(store)
    store.pipe_file("/lab/faces/dataset.json", b"")
    again = open_destination(URL, RECIPE)
    assert (
        again.notes == [f"{URL}: dataset.json was not whole, and is rebuilt from 3 samples"]
        and content(store) == before
    )
    store.pipe_file("/lab/faces/000001/spec.json", b"half")
    store.pipe_file("/lab/faces/000002/sample.json", b"")
    assert again.finished() == [0, 1] and "holds 4 bytes, its record says" in again.wrong(1) and not again.wrong(0)
    again.write_sample(0, lambda *_: pytest.fail("was right"), again=True)
    again.write_sample(1, write, again=True)
    record = store.cat_file("/lab/faces/000000/sample.json")
    store.pipe_file("/lab/faces/000000/sample.json", record.replace(b'"seed": 0', b'"seed": 7'))
    assert again.wrong(0) == "its seed is 7; that of sample 0 is 0"
    again.write_sample(0, write, again=True)
    again.write_sample(2, write)
    assert content(store) == before


def test_an_object_that_is_too_large_is_not_read(store, monkeypatch):
    open_destination(URL, RECIPE).write_sample(0, write)
    monkeypatch.setattr(type(store), "info", lambda self, path, **_: {"size": 1 << 40, "type": "file"})
    monkeypatch.setattr(type(store), "cat_file", lambda *_, **__: pytest.fail("read"))
    with pytest.raises(BadInput, match=r"000000/sample.json: holds more than \d+ bytes, which is what is allowed"):
        destination(URL, RECIPE).record(0)
