"""Each system that learns from posed pictures, end to end: it trains, stops, goes on, samples, and reads itself back."""

import dataclasses
import json
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.models.core.cameras import orbit  # noqa: E402
from simulacra.models.systems import auto_encoder, eg3d  # noqa: E402
from simulacra.models.systems.gan_baselines import giraffe, pi_gan  # noqa: E402
from simulacra.models.vision.toypeople import toy_people  # noqa: E402

pytestmark = pytest.mark.slow

SMALL = {"size": 16, "batch": 4, "narrowest": 8, "widest": 16, "samples": 8, "save_every": 2, "picture_every": 3}
SYSTEMS = {
    "eg3d": (eg3d, {"raw": 8, "planes": 16, "channels": 4, "features": 8, "decoder": 16}),
    "pi_gan": (pi_gan, {"start": 8, "width": 8, "depth": 2, "grow": 8}),
    "giraffe": (giraffe, {"raw": 8, "objects": 2, "width": 16, "features": 8}),
    "auto_encoder": (
        auto_encoder,
        {"planes": 16, "channels": 4, "decoder": 16, "perceptual": 0.05, "perceptual_every": 3},
    ),
}


@pytest.fixture(scope="module")
def crowd():
    return toy_people(3, 0, views=4, size=32)


def settings(system: str) -> tuple[SimpleNamespace, object]:
    if system == "auto_encoder":
        pytest.importorskip("efficientnet_lite_pytorch")
    entry, changes = SYSTEMS[system]
    return entry, entry.Config(**SMALL | changes)


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_system_trains_stops_resumes_samples_and_reloads(system, crowd, tmp_path):
    entry, config = settings(system)
    short, long = (dataclasses.replace(config, images=4 * steps) for steps in (3, 6))
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    entry.train(crowd, whole, long)
    entry.train(crowd, parts, short)
    told = []
    entry.train(crowd, parts, long, told.append)
    assert [row["step"] for row in told] == [4, 5, 6]
    cameras = orbit(torch.tensor([-30.0, 0.0, 30.0]), torch.zeros(3), 6.65, 20.0)
    pictures = []
    for folder in (whole, parts, parts):
        model = entry.load(folder)
        assert model.half == crowd.half and not model.training
        pictures.append(model.sample_views(2, cameras, 16, torch.Generator().manual_seed(5)))
    assert pictures[0].shape == (2, 3, 3, 16, 16) and pictures[0].isfinite().all()
    assert pictures[0].min() >= -1.001 and pictures[0].max() <= 1.001
    assert torch.equal(pictures[0], pictures[1]) and torch.equal(pictures[1], pictures[2])
    assert not torch.equal(pictures[0][0], pictures[0][1])  # two people
    assert model.sample_views(1, cameras, 24, torch.Generator().manual_seed(5)).shape == (1, 3, 3, 24, 24)
    assert len(list((parts / "pictures").glob("*.png"))) == 2
    about = json.loads((parts / "config.json").read_text())
    assert about["system"] == system and about["images"] == 24 and about["data"] == crowd.digest


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_system_stops_when_its_time_is_up(system, crowd, tmp_path):
    entry, config = settings(system)
    told = []
    limited = dataclasses.replace(config, images=10**6, seconds=0.5)
    entry.train(crowd, tmp_path, limited, told.append)
    assert 0 < told[-1]["step"] < 2000
    images = json.loads((tmp_path / "config.json").read_text())["images"]
    assert images == told[-1]["step"] * 4
    entry.train(crowd, tmp_path, limited)
    assert json.loads((tmp_path / "config.json").read_text())["images"] == images


def test_one_systems_folder_is_not_anothers(crowd, tmp_path):
    entry, config = settings("giraffe")
    entry.train(crowd, tmp_path, dataclasses.replace(config, images=4))
    for other in (eg3d, pi_gan, auto_encoder):
        with pytest.raises(BadInput, match="giraffe"):
            other.load(tmp_path)
