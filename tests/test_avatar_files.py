"""Avatar files: what is written is read bit for bit, and a broken file ends in one clear line."""

import json
import math
import os
import time
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from avatars import noise, same

from simulacra.addon.avatar import decode, format
from simulacra.addon.avatar.format import Avatar, AvatarError, read_avatar, write_avatar


@pytest.mark.parametrize("half, fourier", [(False, 0), (True, 3)])
def test_what_is_written_is_read_bit_for_bit(tmp_path, half, fourier):
    avatar = noise(fourier=fourier, background=(0.0, 0.5, 1.0), prompt="né\n", planes=("yx", "zy", "xz"))
    planes = avatar.planes.copy()
    planes[0, 0, 0, :3] = -0.0, 0.0, 6e-8
    avatar = replace(avatar, planes=planes.astype(np.float16).astype(np.float32) if half else planes)
    path = tmp_path / "a.avatar.safetensors"
    write_avatar(path, avatar)
    same(read_avatar(path), avatar)
    assert read_avatar(path).source == str(path) and [p.name for p in tmp_path.iterdir()] == [path.name]
    assert (b'"F16"' in path.read_bytes()) == half
    before = path.read_bytes()
    write_avatar(path, read_avatar(path))
    assert path.read_bytes() == before


def test_safetensors_reads_ours_and_we_read_its(tmp_path):
    library = pytest.importorskip("safetensors.numpy")
    avatar = noise(aggregate="concat")
    path, other = tmp_path / "a.avatar.safetensors", tmp_path / "b.avatar.safetensors"
    write_avatar(path, avatar)
    arrays = library.load_file(path)
    assert set(arrays) == set(avatar.arrays()) and np.array_equal(arrays["planes"], avatar.planes)
    notes = header(path.read_bytes())[0]["__metadata__"]
    library.save_file(arrays, other, metadata=notes | {"format": "pt"})
    same(read_avatar(other), avatar)


def test_octaves_are_named_only_where_there_are_some(tmp_path):
    """So a reader from before there were any reads all that it can."""
    path = tmp_path / "a.avatar.safetensors"
    for octaves in (0, 4):
        write_avatar(path, noise(fourier=octaves))
        found = json.loads(header(path.read_bytes())[0]["__metadata__"]["avatar"])
        assert found.get("fourier", 0) == octaves == read_avatar(path).meta.fourier and ("fourier" in found) == (
            octaves > 0
        )


def with_kept(head, body, shape, dtype="U8"):
    """A header with a tensor behind the body that says what is kept."""
    end = len(body) + math.prod(shape) * (2 if dtype == "F16" else 1)
    return head | {"kept": {"dtype": dtype, "shape": shape, "data_offsets": [len(body), end]}}


def header(data):
    """A file's header as JSON, and its bytes."""
    length = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def packed(head, body):
    """The bytes of a file from its parts."""
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return len(text).to_bytes(8, "little") + text + body


def mutations(data):
    """200 files that are not what they should be, or barely."""
    rng = np.random.default_rng(5)
    head, body = header(data)

    def tensor(name="planes", **changes):
        return packed(head | {name: head[name] | changes}, body)

    def meta(**changes):
        return packed(about(head, **changes), body)

    deep = "[" * 100000 + "]" * 100000
    yield from (
        b"",
        data[:7],
        data[:8],
        b"\xff" * 8,
        b"\0" * 8,
        (1 << 63).to_bytes(8, "little") + data[8:],
        data + b"\0",
    )
    yield from (
        packed(deep.encode(), body),
        packed(b'{"planes":' + b'{"a":' * 9000, body),
        packed(b"[]", body),
        packed({}, body),
    )
    yield from (packed(json.dumps(head).replace("{", '{"planes": 1, ', 1).encode(), body), packed(b"{" * 2000, body))
    yield packed({"x" * 900000: 1}, body)
    yield from (
        packed(head | {"__metadata__": value}, body)
        for value in ([], {}, {"avatar": 1}, {"avatar": deep}, {"avatar": "[" * 900})
    )
    nested = json.loads("[" * 400 + "]" * 400)
    odd = (None, True, -1, 0, 1e999, 10**400, "x", [], {}, [1, 2], [1e308] * 3, nested)
    yield from (
        meta(**{name: value})
        for name in ("version", "box", "center", "planes", "level", "prompt", "density", "fourier")
        for value in odd
    )
    yield from (
        meta(unknown=1),
        meta(version=2),
        meta(channels={"density": 4}),
        meta(planes=["xy", "xz", "zx"]),
        meta(sampling="nearest"),
    )
    for shape in (
        [3, 4, 8, 9],
        [3, 4, 8],
        [0],
        [3, 257, 8, 8],
        [3, 1 << 35, 1 << 35, 1],
        [3, -4, 8, 8],
        [3, 4.0, 8, 8],
        nested,
        "3",
        [],
    ):
        yield tensor(shape=shape)
        yield tensor("decoder.0.weight", shape=shape)
    yield from (tensor(dtype=dtype) for dtype in ("F64", "BF16", "F16", "I64", 3, None, [], nested))
    spans = (
        [0, 1 << 60],
        [1 << 60, 1 << 61],
        [-8, 8],
        [8, 0],
        [0, 1],
        [0],
        "no",
        [0.0, 1.0],
        [10**4000, 10**4000],
        nested,
    )
    yield from (tensor(data_offsets=offsets) for offsets in spans)
    claimed = {"dtype": "F32", "shape": [3, 4, 2048, 2048], "data_offsets": [0, 3 * 4 * 2048 * 2048 * 4]}
    yield from (packed(head | {"planes": claimed}, body), packed(head | {"more": head["planes"]}, body))
    yield packed({name: entry for name, entry in head.items() if name != "decoder.1.bias"}, body)
    yield from (
        packed(head, np.full(len(body) // 4, value, "<f4").tobytes()) for value in (np.nan, np.inf, 3e38, -3e38)
    )
    for _ in range(30):
        yield data[: rng.integers(0, len(data))]
    while True:
        changed = bytearray(data)
        for place in rng.integers(0, len(data) - len(body), rng.integers(1, 6)):
            changed[place] ^= 1 << rng.integers(0, 8)
        yield bytes(changed)


def test_broken_files_end_in_one_clear_line(tmp_path):
    path = tmp_path / "a.avatar.safetensors"
    write_avatar(path, noise(channels=4, edge=8))
    files = [file for file, _ in zip(mutations(path.read_bytes()), range(240), strict=False)]
    refused = 0
    for index, file in enumerate(files):
        path.write_bytes(file)
        tracemalloc.start()
        started = time.perf_counter()
        try:
            avatar = read_avatar(path)
        except AvatarError as error:
            refused += 1
            assert str(error).startswith(path.name) and len(str(error)) < 500 and "\n" not in str(error), index
        else:
            assert isinstance(avatar, Avatar) and np.isfinite(decode.field(avatar, np.zeros((2, 3)))[0]).all()
            decode.surface_grid(avatar, 8)
        seconds, peak = time.perf_counter() - started, tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert seconds < 1 and peak < 4 * len(file) + (32 << 20), (index, seconds, peak)
    assert refused > 180


@pytest.mark.parametrize("change, says", [
    (lambda head, body: packed(head, body[:-4]), "cut short"), (lambda head, body: packed(head, body + b"1234"), "left over"),
    (lambda head, body: packed(moved(head, 4), body + b"1234"), "gap or overlap at byte 0"),
    (lambda head, body: packed(moved(head, -4, "planes"), body[:-4]), "gap or overlap"),
    (lambda head, body: packed(head | {"planes": head["planes"] | {"dtype": "BF16"}}, body), "BF16; allowed are F16, F32"),
    (lambda head, body: packed(json.dumps(head).replace("{", '{"planes": 1, ', 1).encode(), body), "twice"),
    (lambda head, body: packed(head, np.full(len(body) // 4, np.nan, "<f4").tobytes()), "NaN"),
    (lambda head, body: packed(about(head, version=2), body), "version is 2; allowed is 1"),
    (lambda head, body: packed(about(head, fourier=5), body), r"fourier is 5; allowed are 0\.\.4"),
    (lambda head, body: packed(about(head, fourier=True), body), "fourier is True"),
    (lambda head, body: packed(about(head, fourier=1), body), "allowed are 15 inputs"),
    (lambda head, body: packed(about(head, glow=2), body), "avatar.glow is not known"),
    (lambda head, body: packed(about(head, planes=["xy", "xz", "zx"]), body), "xy, xz, yz in any order"),
    (lambda head, body: packed(about(head, level=math.nan), body), "NaN; allowed are finite"),
    (lambda head, body: packed(with_kept(head, body, [8, 8, 2]), body + bytes(128)), r"kept has the shape \(8, 8, 2\)"),
    (lambda head, body: packed(with_kept(head, body, [8, 8, 1], "F16"), body + bytes(128)), "has the dtype F16; allowed are U8"),
    (lambda head, body: packed(about(with_kept(head, body, [8, 8, 1]), density="sdf"), body + bytes(64)), "kept is there with sdf"),
    (lambda head, body: b"\xff" * 8 + body, "its header claims"),
])  # fmt: skip
def test_each_fault_is_named(tmp_path, change, says):
    path = tmp_path / "a.avatar.safetensors"
    write_avatar(path, noise())
    path.write_bytes(change(*header(path.read_bytes())))
    with pytest.raises(AvatarError, match=rf"^a\.avatar\.safetensors: .*{says}"):
        read_avatar(path)


def moved(head, step, only=None):
    """A header whose tensors lie elsewhere."""

    def place(name, entry):
        there = name != "__metadata__" and only in (None, name)
        return entry | {"data_offsets": [end + step for end in entry["data_offsets"]]} if there else entry

    return {name: place(name, entry) for name, entry in head.items()}


def about(head, **changes):
    """A header that says something else of the avatar."""
    return head | {"__metadata__": {"avatar": json.dumps(json.loads(head["__metadata__"]["avatar"]) | changes)}}


def test_no_file_a_folder_and_a_pipe_are_told_apart(tmp_path):
    with pytest.raises(AvatarError, match=r"none.avatar.safetensors: No such file"):
        read_avatar(tmp_path / "none.avatar.safetensors")
    os.mkfifo(tmp_path / "pipe")
    for name in (".", "pipe"):
        with pytest.raises(AvatarError, match="is not a file"):
            read_avatar(tmp_path / name)


@pytest.mark.parametrize("changes, says", [
    ({"planes": np.zeros((3, 5, 9, 8), np.float32)}, "planes has the shape"), ({"planes": np.zeros((3, 5, 9, 9))}, "float64"),
    ({"planes": np.full((3, 5, 9, 9), np.nan, np.float32)}, "NaN"), ({"decoder": ()}, "decoder.0.weight"),
    ({"decoder": ((np.zeros((3, 5), np.float32), np.zeros(3, np.float32)),)}, "4 outputs"),
])  # fmt: skip
def test_an_avatar_that_is_none_cannot_be_made(changes, says):
    with pytest.raises(AvatarError, match=says):
        replace(noise(), **changes)


def test_a_failed_write_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "a.avatar.safetensors"
    write_avatar(path, noise())
    before = path.read_bytes()
    monkeypatch.setattr(format.os, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError):
        write_avatar(path, noise(seed=1))
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == [path.name]
