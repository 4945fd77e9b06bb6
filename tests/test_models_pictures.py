"""Picture diffusions: what they are told, trained, stopped and resumed bit for bit, sampled and written; on cartoon faces."""

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from model_commands import failed  # noqa: E402
from shot_stage import make_faces  # noqa: E402

from simulacra.__main__ import main  # noqa: E402
from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.datagen.formats.png import read_png, write_png  # noqa: E402
from simulacra.models.core.settings import configured  # noqa: E402
from simulacra.models.core.shots import Shots  # noqa: E402
from simulacra.models.core.squares import composed, resized  # noqa: E402
from simulacra.models.core.trainer import TrainerConfig  # noqa: E402
from simulacra.models.diffusion.autoencoder import AutoencoderConfig, drawn  # noqa: E402
from simulacra.models.systems import catalogue  # noqa: E402
from simulacra.models.systems.pictures import dataset, ddpm, first_stage, ldm  # noqa: E402
from simulacra.models.systems.pictures.config import DiTShape, TextConfig, UNetShape  # noqa: E402
from simulacra.models.systems.pictures.model import Known  # noqa: E402
from simulacra.models.systems.request import Request  # noqa: E402

SHORT = TrainerConfig(steps=2, warmup=1, ema=0.5, save_every=1, picture_every=2)
SMALL = {"size": 8, "batch": 2, "process_steps": 20, "sampling": 2, "unet": UNetShape(8, (1, 2), 1, 1),
         "text": TextConfig(6, 8, 1, 2), "denoiser": SHORT}  # fmt: skip
PIXELS = ddpm.Config(
    **SMALL, condition="class", label="eyes", guide="classifier", seeing=UNetShape(8, (1, 2)), classifier=SHORT
)
LATENTS = ldm.Config(**{**SMALL, "size": 16}, condition="text", layout="parts", autoencoder=AutoencoderConfig(8, (1, 1), 1, 2), perceptual=0.0,
                     adversarial_from=1, judging=8, first_stage=SHORT, net="dit", dit=DiTShape(2, 8, 1, 2))  # fmt: skip


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    """Five cartoon faces of 24 px."""
    return make_faces(tmp_path_factory.mktemp("pictures") / "faces", 5, 24)


@pytest.fixture
def classed(monkeypatch):
    """Every second face is of the class "blue", the others of "brown"."""
    monkeypatch.setattr(dataset, "class_of", lambda sample, label: ("blue", "brown")[int(sample.name) % 2])


def stopping(stage):
    """A progress that stops a training in the second step of a stage, as a signal would: one step was saved."""

    def told(event):
        if event.get("stage") == stage and event.get("step") == 2:
            raise KeyboardInterrupt

    return told


def same(a, b) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


def test_pixels_are_learned_stopped_resumed_and_sampled(faces, classed, tmp_path):
    shots, told = Shots(faces, ("rgb",)), []
    ddpm.train(shots, tmp_path / "whole", PIXELS)
    for name in ("classifier", "denoiser"):  # each stage is stopped after a step
        with pytest.raises(KeyboardInterrupt):
            ddpm.train(shots, tmp_path / "parts", PIXELS, stopping(name))
    ddpm.train(shots, tmp_path / "parts", PIXELS, told.append)
    first, second = ddpm.load(tmp_path / "whole"), ddpm.load(tmp_path / "parts")
    assert same(first, second) and first.known.names == ("blue", "brown") and told[-1]["stage"] == "denoiser"
    assert len(list((tmp_path / "whole" / "denoiser" / "pictures").iterdir())) == 1
    for value in first.parameters():  # two steps draw nothing yet
        value.data = torch.randn(value.shape, generator=torch.Generator().manual_seed(value.numel())) * 0.2
    made = first.generate(Request("Blue", seed=4), told.append)
    assert made.pictures.shape == (1, 3, 8, 8) and told[-1] == {"stage": "picture", "done": 2, "total": 2}
    assert torch.equal(made.pictures, first.generate(Request("blue", seed=4)).pictures)
    others = [
        Request("brown", seed=4),
        Request("blue", seed=5),
        Request("blue", seed=4, guidance=8.0),
        Request(seed=4),
        Request("blue", seed=4, steps=5),
    ]
    assert not any(torch.equal(made.pictures, first.generate(other).pictures) for other in others)
    with pytest.raises(BadInput, match="names no class that this run has learned; allowed are blue, brown"):
        first.generate(Request("green"))


def test_latents_are_learned_stopped_resumed_and_sampled(faces, tmp_path):
    shots, told = catalogue.MAPPED.read([faces], None), []
    ldm.train(shots, tmp_path / "whole", LATENTS)
    for name in ("first_stage", "denoiser"):
        with pytest.raises(KeyboardInterrupt):
            ldm.train(shots, tmp_path / "parts", LATENTS, stopping(name))
    longer = dataclasses.replace(LATENTS, first_stage=dataclasses.replace(SHORT, steps=9))
    ldm.train(shots, tmp_path / "parts", longer, told.append)  # an autoencoder whose latents are diffused stays
    first, second = ldm.load(tmp_path / "whole"), ldm.load(tmp_path / "parts")
    assert same(first, second) and first.scale == second.scale and first.known.layouts == second.known.layouts > 10
    assert {row["stage"] for row in told} == {"denoiser"} and "cartoon" in first.known.vocabulary
    log = [json.loads(line) for line in (tmp_path / "whole" / "first_stage" / "log.jsonl").read_text().splitlines()]
    assert log[0]["discriminator_loss"] == 0 < log[1]["discriminator_loss"]  # it waits
    pictures = dataset.read_pictures(shots.of("train"), 16, "nothing")
    generator = torch.Generator().manual_seed(LATENTS.denoiser.seed)
    _, batch, _ = pictures.draw(2, False, generator)
    whole = ldm.train_autoencoder, ldm.LDM(LATENTS, first.known).autoencoder  # its weights before they were halved
    whole[0](whole[1], pictures, tmp_path / "whole", LATENTS)
    latents = drawn(*whole[1].encode(batch), generator) * first.scale
    assert float(latents.std()) == pytest.approx(1, abs=1e-5)
    for value in first.parameters():
        value.data = torch.randn(value.shape, generator=torch.Generator().manual_seed(value.numel())) * 0.2
    write_png(tmp_path / "map.png", read_png(next(faces.glob("0*/0000.parts.png"))))
    requests = [
        Request("cartoon 2", seed=1),
        Request("cartoon", seed=1),
        Request(seed=1),
        Request(photo=tmp_path / "map.png", seed=1),
    ]
    made = [first.generate(request).pictures for request in requests]
    assert all(one.shape == (1, 3, 16, 16) for one in made)
    assert not any(torch.allclose(a, b) for number, a in enumerate(made) for b in made[:number])
    first.generate(Request("a purple cartoon"), told.append)
    assert any(row.get("message") == "prompt: no caption that was learned from has a, purple" for row in told)
    with pytest.raises(BadInput, match="holds no word of the captions"):
        first.generate(Request("purple"))


def test_a_photograph_comes_back_from_its_noise(tmp_path):
    """By a network that knows the best noise of normal data."""
    model = ddpm.DDPM(ddpm.Config(**SMALL, variance="small", loss="simple"), Known())
    process = model.denoiser.process

    def exact(x, t, cond):
        a, s = process.scales(x, t)
        return s * x / (a**2 * 0.09 + s**2)

    model.denoiser.network.forward = exact
    write_png(tmp_path / "photo.png", np.random.default_rng(0).integers(60, 190, (24, 32, 3), np.uint8))
    photo, noise, back = model.generate(Request(photo=tmp_path / "photo.png", steps=20)).pictures
    assert float((photo - back).abs().max()) < 0.02 < float((photo - noise).abs().max())
    with pytest.raises(BadInput, match="guidance: is not allowed with a photo"):
        model.generate(Request(photo=tmp_path / "photo.png", guidance=2.0))


def test_ancestral_samplers_and_the_bound_alone_run_through_the_same_network():
    for changes in (
        {"loss": "vlb", "sampler": "ddpm"},
        {"variance": "large", "loss": "simple", "sampler": "ddpm"},
        {"net": "dit", "dit": DiTShape(2, 8, 1, 2)},
    ):
        model = ddpm.DDPM(ddpm.Config(**{**SMALL, **changes}), Known())
        generator = torch.Generator().manual_seed(0)
        found = model.denoiser.loss(torch.rand(2, 3, 8, 8) - 0.5, model.denoiser.told.nothing(2), generator)
        assert found["loss"].isfinite() and ("bound" in found) == (model.config.loss == "hybrid")
        assert model.denoiser.steps is None or int(model.denoiser.steps.seen.sum()) == 2
        made = [model.generate(Request(seed=seed)).pictures for seed in (1, 1, 2)]
        assert torch.equal(made[0], made[1]) and not torch.equal(made[0], made[2])


def test_words_are_heard_by_their_order_and_none_at_all_is_nothing():
    torch.manual_seed(0)
    model = ddpm.DDPM(ddpm.Config(**SMALL, condition="text"), Known(vocabulary=("a", "beard", "hat", "no")))
    for value in model.parameters():
        value.data = torch.randn(value.shape) * 0.2
    told, x, t = model.denoiser.told, torch.randn(1, 3, 8, 8), torch.tensor([5])
    of = {text: model.denoiser(x, t, told.asked(text)) for text in ("a hat no beard", "a beard no hat", "a hat")}
    assert not any(torch.allclose(a, b) for a in of.values() for b in of.values() if a is not b)
    assert torch.allclose(model.denoiser(x, t, told.nothing(1)), model.denoiser(x, t, None), atol=1e-6)


def test_pictures_are_the_middle_square_on_white_and_mirrored_with_their_maps(faces, monkeypatch):
    shots = Shots(faces, ("rgb",), more=("alpha", "parts"))
    found = dataset.read_pictures(shots, 8, "text", layout="parts")
    assert len(found) == 5 and found.pictures.shape == (5, 3, 8, 8) and found.sided and found.layout_classes > 10
    assert found.vocabulary == ("0", "1", "2", "3", "4", "cartoon") and found.captions[3] == "cartoon 3"
    index, pictures, layouts = found.draw(64, True, torch.Generator().manual_seed(0))
    straight = found.shown(index)
    mirrored = (pictures != straight).flatten(1).any(1)
    assert 16 < int(mirrored.sum()) < 48 and torch.equal(pictures[mirrored], straight[mirrored].flip(3))
    assert torch.equal(layouts[~mirrored], found.layouts[index][~mirrored].long())
    turned, before = layouts[mirrored].flip(2), found.layouts[index][mirrored].long()
    sides = turned != before  # classes of one side became those of the other
    assert sides.any() and torch.equal(dataset.OTHER_SIDE[before[sides]], turned[sides])
    share = dataset.shares(torch.tensor([[[0, 0, 1, 255], [0, 2, 1, 255]]]), 3, (1, 2))
    assert torch.allclose(share[0, :, 0], torch.tensor([[0.75, 0.0], [0.0, 0.5], [0.25, 0.0]]))
    rgb, alpha = torch.full((3, 2, 4), 100, dtype=torch.uint8), torch.tensor([[[0, 255, 51, 0]] * 2], dtype=torch.uint8)
    assert resized(composed({"rgb": rgb, "alpha": alpha}), 2)[0].tolist() == [[100, 224]] * 2


def test_classes_are_attributes_families_and_words_of_the_spec():
    spec = SimpleNamespace(wear=SimpleNamespace(hat="beret", on=True), tall=3.0)
    sample = SimpleNamespace(spec=spec, thing={"family": "shell"}, path=Path("faces/000000"))
    assert dataset.class_of(sample, "family") == "shell" and dataset.class_of(sample, "wear.hat") == "beret"
    assert dataset.class_of(sample, "wear.on") == "true"
    with pytest.raises(BadInput, match=r"label: tall of .* is 3.0; allowed is a field that holds a word"):
        dataset.class_of(sample, "tall")
    for label in ("wear.shoes", "glasses"):
        with pytest.raises(BadInput, match=rf"label: {label} is no field of .*; allowed are age, gender"):
            dataset.class_of(sample, label)


def test_the_command_line_trains_and_writes_a_sheet_with_its_pictures(faces, tmp_path, capsys):
    run, out = tmp_path / "run", tmp_path / "sheet.png"
    small = ["size=8", "batch=2", "unet.width=8", "unet.multipliers=1,2", "process_steps=20", "sampling=2", "denoiser.steps=1", "condition=text",
             "loss=simple", "variance=large", "denoiser.picture_every=0"]  # fmt: skip
    assert (
        main(
            [
                "train",
                "ddpm",
                "--data",
                str(faces),
                "--out",
                str(run),
                *(word for one in small for word in ("--set", one)),
            ]
        )
        == 0
    )
    capsys.readouterr()
    asked = ["generate", "ddpm", str(run), "--out", str(out), "--seed", "3", "--json"]
    assert main([*asked, "--prompt", "cartoon 1", "--count", "3", "--guidance", "2"]) == 0
    made = json.loads(capsys.readouterr().out.splitlines()[-1])["files"]
    assert made == [str(tmp_path / f"{name}.png") for name in ("sheet-3", "sheet-4", "sheet-5", "sheet")]
    sheet = read_png(out)
    assert (
        sheet.shape == (16, 16, 3)
        and np.array_equal(sheet[:8, 8:], read_png(tmp_path / "sheet-4.png"))
        and (sheet[8:, 8:] == 255).all()
    )
    assert main([*asked[:3], "--out", str(tmp_path / "x.png"), "--photo", str(tmp_path / "sheet-3.png")]) == 0
    assert read_png(tmp_path / "x.png").shape == (8, 24, 3) and capsys.readouterr().err
    assert "prompt: 'purple' holds no word of the captions" in failed(capsys, [*asked[:-1], "--prompt", "purple"])
    assert "run: " in failed(capsys, ["generate", "ldm", str(tmp_path / "none"), "--out", str(out)])
    assert "is a checkpoint of ddpm; allowed is one of ldm" in failed(
        capsys, ["generate", "ldm", str(run), "--out", str(out)]
    )


def test_data_and_fields_that_do_not_go_together_are_one_line(faces, tmp_path, capsys, classed, monkeypatch):
    def refused(system, *settings):
        words = [word for one in settings for word in ("--set", one)]
        line = failed(capsys, ["train", system, "--data", faces, "--out", tmp_path / "run", *words])
        assert not (tmp_path / "run").exists()
        return line

    assert "loss: hybrid is not allowed with variance small" in refused("ddpm", "variance=small")
    assert "label: none is not allowed with condition class" in refused("ddpm", "condition=class")
    assert "guide: classifier is not allowed with condition text" in refused(
        "ddpm", "condition=text", "guide=classifier"
    )
    assert "allowed are multiples of 4" in refused("ddpm", "size=18") and "allowed is what divides" in refused(
        "ddpm", "net=dit", "size=18"
    )
    assert "unet.attention: 0 is not allowed" in refused("ddpm", "condition=text", "unet.attention=0")
    assert "has no semantic, which layout names" in refused("ldm", "layout=semantic")
    assert "by which the autoencoder divides it" in refused("ldm", "size=18")
    assert "size: 8 is not allowed; allowed is 16 to 512" in refused("ldm", "size=8")
    monkeypatch.setattr(dataset, "class_of", lambda sample, label: "same")
    assert "label: eyes has 1 values in this data" in refused("ddpm", "condition=class", "label=eyes")
    monkeypatch.setattr(first_stage, "find_spec", lambda name: None)
    assert "perceptual: needs efficientnet-lite-pytorch" in refused("ldm", "size=16")
    for name, value in (("net", "mlp"), ("sampler", "euler"), ("schedule", "none"), ("size", "4"), ("eta", "2"), ("unet.width", "0"),
                        ("dit.heads", "0"), ("text.heads", "3"), ("autoencoder.latent", "0"), ("layout", "hair")):  # fmt: skip
        with pytest.raises(BadInput, match=rf"{name.rpartition('.')[2]}: .*; ?allowed"):
            configured(ldm.Config(), [f"{name}={value}"])


def test_a_map_is_one_of_the_runs(tmp_path):
    write_png(tmp_path / "map.png", np.array([[0, 3], [255, 1]], np.uint8))
    assert dataset.read_layout(tmp_path / "map.png", 4, 4)[0, 0].tolist() == [0, 0, 3, 3]
    with pytest.raises(BadInput, match="holds the class 3; allowed are 0 to 2, which this run has learned, and 255"):
        dataset.read_layout(tmp_path / "map.png", 4, 3)
    write_png(tmp_path / "photo.png", np.zeros((2, 2, 3), np.uint8))
    with pytest.raises(BadInput, match="is no map of classes; allowed is a grey PNG of 8 bits"):
        dataset.read_layout(tmp_path / "photo.png", 4, 3)
