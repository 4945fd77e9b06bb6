"""Scene analysis: depth has no scale, flips commute, a few frames are learned by heart, photographs of any size are answered."""

import json
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

import shot_stage  # noqa: E402

from simulacra.__main__ import main  # noqa: E402
from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.datagen.formats.files import read_json, read_label, write_json, write_label  # noqa: E402
from simulacra.datagen.formats.png import write_png  # noqa: E402
from simulacra.models.core.shots import Shots  # noqa: E402
from simulacra.models.core.training import seeded  # noqa: E402
from simulacra.models.core.window import Window  # noqa: E402
from simulacra.models.systems import scene_analysis  # noqa: E402
from simulacra.models.systems.catalogue import PLACES  # noqa: E402
from simulacra.models.vision.faces.appearance import AppearanceConfig  # noqa: E402
from simulacra.models.vision.matching.pairs import CropConfig  # noqa: E402
from simulacra.models.vision.scenes import SceneNet, SceneNetConfig, Scenes, depth_losses, see, view_of  # noqa: E402

SMALL = SceneNetConfig((8, 16, 24, 32, 48), (0, 1, 1, 1, 1), (16, 16, 24, 32))
PLAIN = AppearanceConfig(**{name: 0.0 for name in AppearanceConfig.__dataclass_fields__})
CONFIG = scene_analysis.Config(SMALL, CropConfig(64, 64, 1.0, 0.0), PLAIN, steps=60, batch=4, learning_rate=4e-3, warmup=5, ema=0.9,
                               picture_every=60)  # fmt: skip


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Cartoons as places: what is a head is of one class, what is clothes of another."""
    path = shot_stage.make_faces(tmp_path_factory.mktemp("scenes") / "places", 4, 64)
    for folder in path.glob("0*"):
        parts = read_label(folder / "0000.parts.png", "parts")
        write_label(folder / "0000.semantic.png", "semantic", np.where(parts == 15, 2, np.minimum(parts, 1)))
        write_json(folder / "sample.json", read_json(folder / "sample.json") | {"files": shot_stage.hashes(folder)})
    return path


def test_depth_has_no_scale():
    generator = torch.Generator().manual_seed(0)
    truth = torch.rand(2, 16, 24, generator=generator)
    truth[0, :4] = torch.nan
    assert [
        value.item() for value in depth_losses(truth.nan_to_num() + torch.tensor([[[0.7]], [[-2.0]]]), truth)
    ] == pytest.approx([0, 0], abs=1e-6)
    half = torch.zeros(1, 16, 16)
    half[:, :, 8:] = 1.0  # off by a step: a half from the mean everywhere, and one column of sixteen has an edge
    apart, edges = depth_losses(half, torch.zeros(1, 16, 16))
    assert apart.item() == pytest.approx(0.5) and edges.item() == pytest.approx((1 / 15 + 1 / 7 + 1 / 3 + 1) / 8)


def test_flips_commute_and_labels_follow(places):
    net = seeded(lambda: SceneNet(SMALL), 0).eval()
    pictures = torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        depth, normal, semantic = net.both_ways(pictures)
        other = net.both_ways(pictures.flip(-1))
    assert depth.shape == (2, 32, 48) and torch.allclose(depth, other[0].flip(-1), atol=1e-5)
    flip = torch.tensor([-1.0, 1, 1])[:, None, None]
    assert torch.allclose(normal, other[1].flip(-1) * flip, atol=1e-5) and torch.allclose(
        semantic, other[2].flip(-1), atol=1e-5
    )
    shot = Shots(places, PLACES.labels)[0]
    window = Window((30.0, 30.0), 32.0, (64, 64))
    straight, mirrored = view_of(shot, window), view_of(shot, replace(window, mirror=True))
    assert torch.equal(straight.semantic, mirrored.semantic.flip(-1))
    assert torch.equal(straight.depth.nan_to_num(), mirrored.depth.flip(-1).nan_to_num())
    assert torch.equal(straight.normal, mirrored.normal.flip(-1) * flip)
    assert torch.equal(
        straight.depth.exp()[0].nan_to_num(), shot["depth"][0, 14:46, 14:46].log().exp().nan_to_num(posinf=0)
    )


@pytest.mark.slow
def test_a_few_frames_are_learned_by_heart(places, tmp_path):
    """The backbone is the face net's, whose own test comes with every run."""
    scene_analysis.train(Shots(places, PLACES.labels), tmp_path, CONFIG)
    truth = Scenes(Shots(places, PLACES.labels).of("train"), CONFIG.crops).straight(3)
    with torch.no_grad():
        depth, _, semantic = scene_analysis.load(tmp_path).net(truth.pictures)
    apart = depth_losses(depth, truth.depth)[0].item()
    flat = depth_losses(torch.zeros_like(depth), truth.depth)[0].item()
    right = (semantic.argmax(1) == truth.semantic)[truth.semantic != 255].float().mean().item()
    assert apart < 0.7 * flat and right > 0.93, (apart, flat, right)


def test_scenes_are_trained_and_photographs_answered(places, tmp_path, capsys):
    run = tmp_path / "run"
    scene_analysis.train(Shots(places, PLACES.labels), run, replace(CONFIG, steps=2, batch=2, picture_every=2))
    assert (run / "pictures" / "scenes_000002.png").is_file()
    model = scene_analysis.load(run)
    photo = np.zeros((50, 90, 3), np.uint8)
    photo[:, :, 1] = np.arange(90)
    found, normal, classes = see(model.net, photo, CONFIG.longest)
    there = classes > 0
    assert found.shape == classes.shape == (50, 90) and (np.isfinite(found) == there).all() and not normal[~there].any()
    assert not there.any() or np.median(found[there]) == pytest.approx(1.0, rel=0.05)
    for bad in (photo[..., 0], photo / 255, np.dstack([photo, photo[..., 0]]), photo[:0]):
        with pytest.raises(BadInput, match=r"photo: is .* allowed is uint8 \(h, w, 3\)"):
            model.predict(bad)
    write_png(tmp_path / "a.png", photo)
    assert (
        main(["predict", "scene", str(tmp_path / "a.png"), "--out", str(tmp_path / "out"), "--run", str(run), "--json"])
        == 0
    )
    assert len(json.loads(capsys.readouterr().out.splitlines()[-1])["files"]) == 6
    assert np.array_equal(read_label(tmp_path / "out" / "a.semantic.png", "semantic"), classes)
