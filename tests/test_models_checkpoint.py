"""Weights in files: as they were saved, or refused with what is wrong with them, before any is read."""

import json

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from trainer_stage import network  # noqa: E402

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.models.core.checkpoint import load_weights, read_about, save_weights  # noqa: E402


def test_weights_round_trip_and_other_ones_are_refused(tmp_path):
    modules, about = network(), {"system": "toy", "config": {"width": 8}}
    save_weights(tmp_path, modules, about)
    other = network(seed=1)
    assert load_weights(tmp_path, other, "toy") == about == read_about(tmp_path)
    for name, module in modules.items():
        assert all(torch.equal(value, other[name].state_dict()[key]) for key, value in module.state_dict().items())
    assert other["net"][4].weight is other["net"][3].weight
    assert not list(tmp_path.glob(".*"))  # nothing half written

    wide = {"net": network(seed=2)["net"], "head": torch.nn.Linear(9, 1)}
    before = wide["net"][0].weight.clone()
    with pytest.raises(
        BadInput, match=r"model\.safetensors: holds head\.weight of shape \(1, 8\); allowed is \(1, 9\)"
    ):
        load_weights(tmp_path, wide, "toy")
    assert torch.equal(wide["net"][0].weight, before)
    with pytest.raises(BadInput, match="is a checkpoint of toy; allowed is one of rodin"):
        load_weights(tmp_path, other, "rodin")
    with pytest.raises(BadInput, match="is missing"):
        load_weights(tmp_path / "nowhere", other, "toy")
    path = tmp_path / "model.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:-3] + bytes([whole[-3] ^ 4]) + whole[-2:])  # a bit of a weight
    before = other["head"].weight.clone()
    with pytest.raises(BadInput, match=r"model\.safetensors: is damaged: its SHA-256 is not the one it was saved with"):
        load_weights(tmp_path, other, "toy")
    assert torch.equal(other["head"].weight, before)
    path.write_bytes(whole)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(BadInput, match="is not a JSON file"):
        load_weights(tmp_path, other, "toy")


def test_a_header_that_promises_too_much_is_refused_before_memory_is_used(tmp_path):
    modules = {"net": torch.nn.Linear(2, 2, bias=False)}
    save_weights(tmp_path, modules, {"system": "toy"})
    header = json.dumps({"net.weight": {"dtype": "F32", "shape": [1 << 20, 1 << 20], "data_offsets": [0, 1 << 42]}})
    (tmp_path / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header.encode())
    with pytest.raises(BadInput, match="is not a whole safetensors file"):
        load_weights(tmp_path, modules, "toy")
