"""Streaming frames from shards and folders into a DataLoader."""

import copy
import re
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from loading_stage import NAMES, make_dataset

from simulacra.datagen.errors import BadInput
from simulacra.datagen.export import export
from simulacra.datagen.labels import LABELS
from simulacra.datagen.readers import Dataset
from simulacra.datagen.storage.shards import INDEX

DOCS = Path(__file__).parents[1] / "docs/loading.md"
OPENED = []  # by this process, while a list stands here
sys.addaudithook(lambda event, args: OPENED and event == "open" and OPENED[0].append(str(args[0])))


@pytest.fixture
def streams():
    pytest.importorskip("torch")
    from simulacra.models.core import streams

    return streams


def test_both_streams_give_what_the_reader_gives(streams, drawn_dataset, drawn_shards):
    asked = [*NAMES, "caption", "camera", "landmarks", "objects", "spec"]
    folder = {row["key"]: row for row in streams.FolderStream(drawn_dataset, asked)}
    packed = {row["key"]: row for row in streams.ShardStream(drawn_shards, asked)}
    assert list(folder) == [f"{s.name}_{f:04d}" for s in Dataset(drawn_dataset) for f in s.frames]
    assert sorted(packed) == sorted(folder)
    for sample in Dataset(drawn_dataset):
        for frame in sample.frames:
            for row in (folder[f"{sample.name}_{frame:04d}"], packed[f"{sample.name}_{frame:04d}"]):
                assert list(row) == ["key", *asked]
                for name in NAMES:
                    wanted = sample.label(name, frame)
                    assert row[name].dtype == LABELS[name].dtype and np.array_equal(row[name], wanted)
                assert row["camera"] == sample.camera(frame) and row["objects"] == sample.objects(frame)
                assert row["landmarks"] == sample.landmarks(frame) and row["caption"] == sample.caption
                assert row["spec"]["spec"]["age"] == int(sample.name) + 0.5


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_a_split_is_the_same_in_both(streams, drawn_dataset, drawn_shards, split):
    wanted = {f"{name}_{f:04d}" for name in Dataset(drawn_dataset).description["splits"][split] for f in (0, 1)}
    if not wanted:
        with pytest.raises(BadInput, match=f"holds no shard of the split {split}"):
            streams.ShardStream(drawn_shards, ["rgb"], split)
        return
    assert {row["key"] for row in streams.FolderStream(drawn_dataset, ["caption"], split)} == wanted
    assert {row["key"] for row in streams.ShardStream(drawn_shards, ["caption"], split)} == wanted
    assert {row["key"] for row in streams.ShardStream(sorted(drawn_shards.glob("*.tar")), ["caption"], split)} == wanted


def test_only_what_was_asked_is_read_and_decoded(streams, drawn_dataset, drawn_shards, monkeypatch):
    decoded = []
    for module in ("simulacra.datagen.readers", "simulacra.models.core.streams"):
        monkeypatch.setattr(f"{module}.decode_label", lambda label, data, where: decoded.append((label, data)))
    opened = []
    OPENED.append(opened)
    try:
        list(streams.FolderStream(drawn_dataset, ["parts", "depth"]))
    finally:
        OPENED.clear()
    names = {Path(path).name for path in opened if str(drawn_dataset) in path}
    wanted = {f"{frame:04d}.{label}" for frame in (0, 1) for label in ("parts.png", "depth.exr")}
    assert names == {"dataset.json", "sample.json", *wanted}
    assert {label for label, _ in decoded} == {"parts", "depth"} and len(decoded) == 48
    decoded.clear()
    held = {}
    for path in drawn_shards.glob("*.tar"):
        with tarfile.open(path) as tar:
            held |= {m.name: tar.extractfile(m).read() for m in tar}
    list(streams.ShardStream(drawn_shards, ["parts"]))
    assert sorted(decoded) == sorted(("parts", data) for name, data in held.items() if name.endswith("parts.png"))


@pytest.mark.filterwarnings("ignore:This DataLoader will create")
@pytest.mark.parametrize("workers", [0, 1, 3])
def test_an_epoch_sees_each_frame_once(streams, drawn_dataset, drawn_shards, monkeypatch, workers):
    from torch.utils.data import DataLoader

    wanted = sorted(f"{s.name}_{f:04d}" for s in Dataset(drawn_dataset) for f in s.frames)
    for kind, place in ((streams.ShardStream, drawn_shards), (streams.FolderStream, drawn_dataset)):
        for ranks in (1, 2):
            monkeypatch.setenv("WORLD_SIZE", str(ranks))
            seen = []
            for rank in range(ranks):
                monkeypatch.setenv("RANK", str(rank))
                loader = DataLoader(kind(place, ["parts"], seed=7, buffer=4), batch_size=None, num_workers=workers)
                seen.append([row["key"] for row in loader])
            assert sorted(key for keys in seen for key in keys) == wanted and all(seen)


def test_loaders_started_afresh_know_their_rank(streams, drawn_dataset, monkeypatch):
    """As torch.distributed tells it, which a loader's own process cannot ask."""
    import torch

    with monkeypatch.context() as told:
        told.setattr(torch.distributed, "is_initialized", lambda: True)
        told.setattr(torch.distributed, "get_world_size", lambda: 2)
        told.setattr(torch.distributed, "get_rank", lambda: 1)
        stream = streams.FolderStream(drawn_dataset, ["caption"])
        second = [row["key"] for row in stream]
        sent = copy.copy(stream)  # as a process that is started is sent it
    assert [row["key"] for row in sent] == second and len(second) == 12


def test_orders_are_drawn_from_seed_and_epoch(streams, drawn_dataset, drawn_shards):
    from torch.utils.data import DataLoader

    def keys(stream):
        return [row["key"] for row in stream]

    for kind, place in ((streams.ShardStream, drawn_shards), (streams.FolderStream, drawn_dataset)):
        ordered = keys(kind(place, ["caption"]))
        stream = kind(place, ["caption"], seed=1, buffer=6)
        first = keys(stream)
        assert first == keys(stream) == keys(kind(place, ["caption"], seed=1, buffer=6))
        stream.set_epoch(1)
        second = keys(stream)
        other = keys(kind(place, ["caption"], seed=2, buffer=6))
        assert sorted(first) == sorted(second) == sorted(other) == sorted(ordered)
        assert len({tuple(order) for order in (ordered, first, second, other)}) == 4
        stream.set_epoch(0)
        loader = DataLoader(stream, None, num_workers=1, persistent_workers=True)
        assert keys(loader) == first
        stream.set_epoch(1)
        assert keys(loader) == second


def test_frames_make_batches_of_tensors(streams, drawn_shards):
    torch = pytest.importorskip("torch")
    batch = next(
        iter(torch.utils.data.DataLoader(streams.ShardStream(drawn_shards, [*NAMES, "caption"]), batch_size=4))
    )
    assert {name: (batch[name].dtype, batch[name].shape) for name in NAMES} == {
        "rgb": (torch.uint8, (4, 6, 8, 3)), "depth": (torch.float32, (4, 6, 8)), "parts": (torch.uint8, (4, 6, 8)),
        "instance": (torch.uint16, (4, 6, 8)), "uv": (torch.float32, (4, 6, 8, 2)),
    }  # fmt: skip
    assert len(batch["key"]) == len(batch["caption"]) == 4


def test_bad_input_of_streams_is_one_line(streams, drawn_dataset, drawn_shards, tmp_path, monkeypatch):
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / INDEX).write_text('{"shards": [{"name": "../train-000000.tar"}]}')
    copy = export(drawn_dataset, "webdataset", tmp_path / "lost", per_shard=5)
    (copy / "train-000001.tar").unlink()
    spoilt = make_dataset(tmp_path / "spoilt", 1)
    (spoilt / "000000" / "camera.json").write_text('{"frames": 7}')
    (spoilt / "000000" / "0000.depth.exr").unlink()
    for make, told in (
        (lambda: streams.FolderStream(tmp_path / "none", ["rgb"]), "none/dataset.json: is missing"),
        (lambda: streams.FolderStream(drawn_shards, ["rgb"]), "dataset.json: is missing"),
        (
            lambda: streams.FolderStream(drawn_dataset, ["rgb"], "all"),
            "all is not a split; allowed are train, validation, test",
        ),
        (lambda: streams.FolderStream(drawn_dataset, ["normal"]), "was rendered without normal; it has rgb, depth"),
        (lambda: streams.FolderStream(drawn_dataset, ["colour"]), "labels: .* allowed is a list of rgb"),
        (lambda: streams.FolderStream(drawn_dataset, "rgb"), "labels: rgb is not allowed; allowed is a list"),
        (lambda: streams.FolderStream(drawn_dataset, ["rgb"], seed=-1), "seed -1"),
        (lambda: list(streams.FolderStream(spoilt, ["depth"])), "0000.depth.exr: is missing"),
        (
            lambda: list(streams.FolderStream(spoilt, ["camera"])),
            r"camera.json: differs from what was written \(it holds 13 bytes, its record says",
        ),
        (lambda: streams.ShardStream(drawn_dataset, ["rgb"]), "holds no shards.json; allowed is what simulacra export"),
        (lambda: streams.ShardStream(tmp_path / "index", ["rgb"]), "is no list of shards"),
        (lambda: streams.ShardStream(copy, ["rgb"]), "train-000001.tar: is missing"),
        (lambda: streams.ShardStream(drawn_shards, ["normal"]), "was rendered without normal"),
        (lambda: streams.ShardStream(tmp_path / "a.tar", ["rgb"]), "a.tar: is missing"),
        (lambda: streams.ShardStream([], ["rgb"]), "holds no shard"),
        (
            lambda: list(streams.ShardStream(sorted(drawn_shards.glob("*.tar")), ["normal"])),
            "has no normal.exr; it has camera.json",
        ),
    ):
        with pytest.raises(BadInput, match=told) as caught:
            make()
        assert "\n" not in str(caught.value)
    monkeypatch.setenv("WORLD_SIZE", "99")
    with pytest.raises(BadInput, match="too few for 99 processes"):
        iter(streams.ShardStream(drawn_shards, ["rgb"]))
    monkeypatch.setenv("RANK", "99")
    with pytest.raises(BadInput, match="RANK 99, WORLD_SIZE 99"):
        iter(streams.ShardStream(drawn_shards, ["rgb"]))


def test_the_recipe_of_the_docs_runs(streams, drawn_dataset, drawn_shards, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("faces").symlink_to(drawn_dataset)
    Path("faces-webdataset").symlink_to(drawn_shards)
    blocks = [code for code in re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.S) if "DataLoader" in code]
    assert blocks
    for code in blocks:
        exec(compile(code.replace("num_workers=4", "num_workers=1"), str(DOCS), "exec"), {"train": lambda *_: None})
