"""The encoder that begins with ImageNet weights: its maps are the ruler's, it is taught in part, and a run begins with another's."""

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

import shot_stage  # noqa: E402

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.models.core.shots import Shots  # noqa: E402
from simulacra.models.core.training import CHECKPOINT  # noqa: E402
from simulacra.models.systems import face_analysis  # noqa: E402
from simulacra.models.systems.catalogue import FACES  # noqa: E402
from simulacra.models.vision import lite  # noqa: E402
from simulacra.models.vision.faces.net import NetConfig  # noqa: E402
from simulacra.models.vision.faces.targets import Faces  # noqa: E402

PAINT = (8, 8, 12, 16)


def test_its_maps_are_those_of_the_ruler():
    pytest.importorskip("efficientnet_lite_pytorch")
    from simulacra.models.core.features import enl0

    net, ruler = lite.Lite(PAINT), enl0()
    net.take_imagenet()
    pictures = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    found = []
    for number, row in enumerate(net.rows):
        row.register_forward_hook(lambda *given, at=number: found.append(given[2]) if at in lite.SEEN else None)
    with torch.no_grad():
        deepest, painted = net(pictures)
        wanted = ruler._stages((pictures * 255 - 127) / 128)
    for there, other in zip(found, wanted, strict=True):
        assert torch.allclose(there, other, atol=1e-4 * float(other.abs().max()))
    assert deepest.shape == (1, 320, 2, 3) and [tuple(map.shape[1:]) for map in painted] == [
        (8, 32, 48), (8, 16, 24), (12, 8, 12), (16, 4, 6)]  # fmt: skip


def test_a_run_begins_with_anothers_weights_and_faces_may_lack_depth(tmp_path, monkeypatch):
    monkeypatch.setattr(lite.Lite, "take_imagenet", lambda self: None)
    dataset = shot_stage.make_faces(tmp_path / "faces", 3, 48)
    poor = Shots(dataset, FACES.labels)
    assert set(poor[0].maps) == {"rgb", "parts"} and set(Shots(dataset, FACES.labels, more=FACES.more)[0].maps) == {
        "rgb", "parts", "depth", "normal"}  # fmt: skip
    told = Faces(poor, 32).straight([0, 1], 32)
    assert told.depth.isnan().all() and not told.normal.any()  # what is not known is not zero
    net = NetConfig(32, paint=PAINT, encoder="lite")
    config = face_analysis.Config(net, steps=2, batch=2, warmup=1, picture_every=0, ema=0.0, precision="bf16")
    face_analysis.train(poor, tmp_path / "first", config)
    first = face_analysis.load(tmp_path / "first").net.state_dict()
    again = face_analysis.Config(NetConfig(64, paint=PAINT, encoder="lite"), start=str(tmp_path / "first"), steps=0)
    face_analysis.train(poor, tmp_path / "second", again)
    second = face_analysis.load(tmp_path / "second").net.state_dict()
    assert all(torch.equal(value, second[name]) for name, value in first.items())
    later = replace(config, start=str(tmp_path / "first"))
    face_analysis.train(poor, tmp_path / "third", later)
    told = (tmp_path / "third" / "config.json").read_text()
    assert (tmp_path / "third" / CHECKPOINT).is_file() and str(tmp_path) not in told
    assert face_analysis.load(tmp_path / "third").config.start == "first"
    (tmp_path / "first").rename(tmp_path / "gone")
    face_analysis.train(poor, tmp_path / "third", later)  # goes on without it
    with pytest.raises(BadInput, match="first"):
        face_analysis.train(poor, tmp_path / "fourth", later)
    begun = face_analysis._begun(config, tmp_path / "none").state_dict()
    begun = {name: value.half().to(value) for name, value in begun.items()}
    moved = {name for name, value in first.items() if not torch.equal(value, begun[name])}
    assert "body.rows.2.0.join.weight" in moved and "body.painter.up.0.0.weight" in moved
    assert not [
        n for n in moved if n.startswith(("body.stem", "body.rows.0", "body.rows.1")) or "filter" in n or "scale" in n
    ]
    with pytest.raises(BadInput, match="encoder: big is not allowed; allowed are own, lite"):
        NetConfig(encoder="big")
