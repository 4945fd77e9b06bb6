"""EXR files through other libraries: OpenEXR behind our own functions, and pyexr as users read what we write."""

import sys

import numpy as np
import pytest
from proven_stage import NAMES, make_proven
from test_codecs import assert_same, broken, floats

from simulacra.datagen.errors import BadInput
from simulacra.datagen.formats import exr
from simulacra.datagen.labels import LABELS
from simulacra.datagen.readers import Dataset

OpenEXR = pytest.importorskip("OpenEXR")
SHAPES = [(1, 1), (17, 1), (16, 16), (33, 5), (50, 31)]
PACKED = ("ZIPS", "ZIP")


@pytest.fixture
def alone(monkeypatch):
    """A function that decodes with our codec alone."""

    def decode(data):
        with monkeypatch.context() as without:
            without.setattr(exr, "_library", lambda: None)
            return exr.decode_exr(data, "file")

    return decode


@pytest.fixture
def together(monkeypatch):
    """A function that decodes with the library's help; ``used`` of it tells how often that was taken."""
    real = exr._by_library

    def decode(data):
        return exr.decode_exr(data, "file")

    def counted(*arguments):
        found = real(*arguments)
        decode.used += found is not None
        return found

    decode.used = 0
    monkeypatch.setattr(exr, "_by_library", counted)
    return decode


def by_library(path, channels, packing="ZIP", **header):
    """The bytes of a file that the library writes."""
    header |= {"compression": getattr(OpenEXR, f"{packing}_COMPRESSION"), "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, dict(channels)).write(str(path))
    return path.read_bytes()


@pytest.mark.parametrize("packing", PACKED)
@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.uint32])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_library_gives_the_same_bits(tmp_path, alone, together, packing, dtype, shape):
    rng = np.random.default_rng(0)
    values = [np.clip(floats(shape, index), -6e4, 6e4) for index in range(3)]  # what half precision can hold
    wanted = {name: rng.integers(0, 2**32, shape, np.uint32) if dtype == np.uint32 else values[index].astype(dtype)
              for index, name in enumerate(("B.layer", "A", "Z"))}  # fmt: skip
    data = by_library(tmp_path / "a.exr", wanted, packing)
    found = together(data)
    assert_same(found, alone(data))
    assert_same(found, {name: values.astype(np.float32) for name, values in wanted.items()})
    assert together.used == 1 and all(values.flags.writeable and values.flags.aligned for values in found.values())


@pytest.mark.parametrize("shape", SHAPES)
def test_what_we_write_is_read_the_same(alone, together, shape):
    wanted = {"V": floats(shape)}
    data = exr.encode_exr(wanted)
    assert_same(together(data), wanted)
    assert_same(alone(data), wanted)


def test_windows_and_odd_numbers_are_the_same(tmp_path, alone, together):
    window = np.array([-3, -5], np.int32), np.array([5, 14], np.int32)
    wanted = {"V": floats((20, 9))}
    wanted["V"].view(np.uint32)[0, :2] = 0x7FC00123, 0xFFA00001  # NaN with something to say
    data = by_library(tmp_path / "a.exr", wanted, dataWindow=window)
    assert_same(together(data), wanted)
    assert_same(alone(data), wanted)


@pytest.mark.parametrize("packing", ["RLE", "PIZ", "PXR24", "B44", "B44A", "DWAA", "DWAB"])
def test_a_packing_that_ours_refuses_is_refused_with_the_library_too(tmp_path, alone, together, packing):
    """What a dataset holds is read everywhere or nowhere."""
    data = by_library(tmp_path / "a.exr", {"V": floats((20, 9))}, packing)
    for decode in (alone, together):
        with pytest.raises(BadInput, match="allowed are none, ZIPS and ZIP"):
            decode(data)


@pytest.mark.parametrize("packing", PACKED)
def test_broken_files_are_refused_in_the_same_words(tmp_path, alone, together, packing):
    def outcome(decode, data):
        try:
            return decode(data)
        except BadInput as error:
            return str(error)

    data, refused = (
        by_library(tmp_path / "a.exr", {name: floats((40, 30), index) for index, name in enumerate("XYZ")}, packing),
        0,
    )
    for each in broken(data):
        ours, both = outcome(alone, each), outcome(together, each)
        if isinstance(ours, str):
            assert both == ours
            refused += 1
        else:
            assert_same(both, ours)
    assert refused > 80 and together.used > 5


def test_files_do_not_depend_on_what_is_installed(monkeypatch):
    """Shards of one dataset, rendered on machines with and without the library, must have the same hashes."""
    wanted = {"X": floats((33, 17)), "Y": floats((33, 17), 1)}
    with_it = exr.encode_exr(wanted)
    monkeypatch.setitem(sys.modules, "OpenEXR", None)
    exr._library.cache_clear()
    try:
        assert exr._library() is None and exr.encode_exr(wanted) == with_it
        assert_same(exr.decode_exr(with_it, "file"), wanted)
    finally:
        exr._library.cache_clear()


def test_pyexr_reads_every_label_bit_for_bit(tmp_path):
    """As docs/loading.md shows."""
    pyexr = pytest.importorskip("pyexr")
    sample = Dataset(make_proven(tmp_path / "walls", 1))[0]
    seen = [name for name in NAMES if LABELS[name].suffix == "exr"]
    assert len(seen) == sum(row.suffix == "exr" for row in LABELS.values()) > 8
    for name in seen:
        for frame in sample.frames:
            wanted = sample.label(name, frame)
            file = pyexr.open(str(sample.path / f"{frame:04d}.{name}.exr"))
            channels = {1: ["V"], 2: ["X", "Y"], 3: ["X", "Y", "Z"]}[LABELS[name].channels]
            channels = ["R", "G", "B"] if name in ("linear", "albedo", "shading") else channels
            assert sorted(file.channels) == sorted(channels)
            found = np.concatenate([file.get(channel) for channel in channels], -1).reshape(wanted.shape)
            assert found.dtype == np.float32 and np.array_equal(found.view(np.uint32), wanted.view(np.uint32)), name
