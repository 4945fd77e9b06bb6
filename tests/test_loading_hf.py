"""Hugging Face datasets reads the shards by the lines of docs/loading.md."""

import re
from pathlib import Path

import numpy as np
import pytest
from loading_stage import NAMES, make_dataset

from simulacra.datagen.export import export
from simulacra.datagen.formats.files import decode_label
from simulacra.datagen.labels import LABELS
from simulacra.datagen.readers import Dataset

DOCS = Path(__file__).parents[1] / "docs/loading.md"


@pytest.fixture
def datasets(tmp_path, monkeypatch):
    """The library, which may neither reach out nor write anywhere else."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))  # for processes that it starts
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    library = pytest.importorskip("datasets")
    for name in (
        "HF_CACHE_HOME",
        "HF_DATASETS_CACHE",
        "HF_MODULES_CACHE",
        "DOWNLOADED_DATASETS_PATH",
        "EXTRACTED_DATASETS_PATH",
    ):
        if hasattr(library.config, name):  # read when it was imported, maybe by another test
            monkeypatch.setattr(
                library.config, name, type(getattr(library.config, name))(str(tmp_path / "home" / name))
            )
    monkeypatch.setattr(library.config, "HF_HUB_OFFLINE", True)
    monkeypatch.chdir(tmp_path)
    return library


@pytest.mark.parametrize("streaming", [True, False])
def test_all_is_loaded(datasets, tmp_path, streaming):
    source = make_dataset(tmp_path / "faces", 12, frames=2)
    export(source, "webdataset", tmp_path / "faces-webdataset", per_shard=5)
    files = {"train": "faces-webdataset/train-*.tar"}
    rows = {
        row["__key__"]: row
        for row in datasets.load_dataset("webdataset", data_files=files, streaming=streaming)["train"]
    }
    samples = Dataset(source).split("train")
    assert len(rows) == 2 * len(samples) > 8
    for sample in samples:
        for frame in sample.frames:
            row = rows[f"{sample.name}_{frame:04d}"]
            for name in NAMES:
                held = row[f"{name}.{LABELS[name].suffix}"]
                values = np.asarray(held) if LABELS[name].suffix == "png" else decode_label(name, held, sample.name)
                assert values.dtype == LABELS[name].dtype and np.array_equal(values, sample.label(name, frame))
            assert row["camera.json"] == sample.camera(frame) and row["caption.txt"] == sample.caption


def test_the_lines_of_the_docs_run(datasets, tmp_path):
    source = make_dataset(tmp_path / "faces", 12)
    export(source, "webdataset", tmp_path / "faces-webdataset")
    blocks = [code for code in re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.S) if "load_dataset" in code]
    names = {}
    for code in blocks:
        exec(compile(code, str(DOCS), "exec"), names)
    sample = Dataset(source).split("train")[0]
    assert len(blocks) == 2 and np.array_equal(names["depth"], sample.label("depth"))
    assert np.array_equal(names["parts"], sample.label("parts"))
