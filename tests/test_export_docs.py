"""docs/exports.md: its table of needs is what exporters declare, and its lines run on the datasets that it tells of."""

import re
from pathlib import Path

import pytest
from export_stage import LABELS, make_people

from simulacra.datagen.export import EXPORTERS, export
from simulacra.datagen.export.keypoints import NAMES
from simulacra.datagen.formats.topology import TOPOLOGY, encode_topology, topology

PAGE = (Path(__file__).parents[1] / "docs/exports.md").read_text(encoding="utf-8")
CODE = re.findall(r"```python\n(.*?)```", PAGE, re.S)


def test_the_table_says_what_exporters_declare():
    rows = re.findall(
        r"^\| (\w+) \| ([\w, ]+) \| [^|]*(?:`[^`]*`[^|]*)* \|$", PAGE.partition("## Coordinates")[0], re.M
    )
    told = {name: tuple(needs.split(", ")) for name, needs in rows if name != "format"}
    assert told == {name: exporter.needs.names for name, exporter in EXPORTERS.items()}
    (line,) = re.findall(r"^(.*) know pinhole cameras alone", PAGE, re.M)
    pinholes = {name for name, exporter in EXPORTERS.items() if exporter.needs.pinhole}
    assert set(re.findall(r"\w+", line)) - {"and"} == pinholes


def test_the_figures_are_those_of_the_head():
    assert f"{len(topology().template):,} vertices" in PAGE and f"with {len(NAMES)} named keypoints" in PAGE


def test_cocos_lines_give_a_precision_of_one(tmp_path, monkeypatch, capsys):
    pytest.importorskip("pycocotools")
    monkeypatch.chdir(tmp_path)
    export(make_people(tmp_path / "faces"), "coco", tmp_path / "coco")
    names = {}
    exec(CODE[0], names)
    assert names["judge"].stats[0] == pytest.approx(1, abs=1e-9)
    capsys.readouterr()


def test_the_lines_that_read_dense_landmarks_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    dense = make_people(tmp_path / "dense", samples=1, labels=(*LABELS, "dense_landmarks"))
    (dense / TOPOLOGY).write_bytes(encode_topology())
    exec(CODE[1], {})
    assert capsys.readouterr().out.startswith("000000 (50, 2) 0.")
