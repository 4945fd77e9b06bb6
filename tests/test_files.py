"""Files of others are opened with care, and our own are written whole."""

import os
import threading

import pytest

from simulacra.datagen.errors import BadInput
from simulacra.datagen.formats.reading import read_regular
from simulacra.datagen.formats.writing import BESIDE, replacing, write_whole


def test_a_regular_file_is_read_and_nothing_else(tmp_path):
    (tmp_path / "data").mkdir()
    there = tmp_path / "data" / "some.txt"
    there.write_bytes(b"words")
    assert read_regular(there, 5) == b"words"
    with pytest.raises(BadInput, match="holds 5 bytes; allowed are 4"):
        read_regular(there, 4)
    with pytest.raises(BadInput, match="is missing"):
        read_regular(tmp_path / "none", 4)
    with pytest.raises(BadInput, match="no regular file"):
        read_regular(tmp_path / "data", 4)
    (tmp_path / "link.txt").symlink_to(there)
    with pytest.raises(BadInput, match="is a link"):
        read_regular(tmp_path / "link.txt", 5)
    (tmp_path / "linked").symlink_to(tmp_path / "data")
    with pytest.raises(BadInput, match="linked: is a link"):
        read_regular(tmp_path / "linked" / "some.txt", 5, root=tmp_path)
    assert read_regular(tmp_path / "linked" / "some.txt", 5, root=tmp_path / "linked") == b"words"


def test_a_sparse_giant_and_a_pipe_are_refused_at_once(tmp_path):
    giant, pipe = tmp_path / "giant.json", tmp_path / "pipe.json"
    with giant.open("wb") as file:
        file.truncate(20 * 2**30)
    os.mkfifo(pipe)
    found = []

    def read():
        for path in (giant, pipe):
            with pytest.raises(BadInput) as caught:
                read_regular(path, 2**20)
            found.append(str(caught.value))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(20)
    assert len(found) == 2 and "21474836480 bytes" in found[0] and "regular" in found[1]


def test_what_is_written_is_whole_or_as_before(tmp_path):
    path = tmp_path / "page.html"
    write_whole(path, b"first")
    with pytest.raises(KeyboardInterrupt), replacing(path) as temporary:
        temporary.write_bytes(b"half")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"first" and [entry.name for entry in tmp_path.iterdir()] == ["page.html"]
    write_whole(path, b"second")
    assert path.read_bytes() == b"second" and not list(tmp_path.glob(f"{BESIDE}*"))


def test_devices_pipes_and_folders_are_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, "/dev/full"):
        with pytest.raises(BadInput, match="no regular file"):
            write_whole(path, b"data")
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_whole(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_bytes() == b"new"


def test_data_reaches_the_disk_before_its_name_does(tmp_path, monkeypatch):
    order = []
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: order.append(os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")))
    )
    real = os.replace
    monkeypatch.setattr(os, "replace", lambda *names: (order.append("rename"), real(*names)))
    write_whole(tmp_path / "a", b"data")
    assert order[0].startswith(BESIDE) and order[1:] == ["rename", tmp_path.name]
