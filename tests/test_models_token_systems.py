"""Systems of picture tokens: trained, stopped and resumed bit for bit, sampled and written; on cartoon faces."""

import dataclasses
import json

import pytest

torch = pytest.importorskip("torch")

from model_commands import failed  # noqa: E402
from shot_stage import make_faces  # noqa: E402

from simulacra.__main__ import main  # noqa: E402
from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.datagen.formats.png import read_png  # noqa: E402
from simulacra.models.core.settings import configured  # noqa: E402
from simulacra.models.core.shots import Shots  # noqa: E402
from simulacra.models.core.trainer import TrainerConfig  # noqa: E402
from simulacra.models.diffusion.autoencoder import AutoencoderConfig  # noqa: E402
from simulacra.models.systems.pictures import dataset  # noqa: E402
from simulacra.models.systems.pictures.config import TextConfig  # noqa: E402
from simulacra.models.systems.pictures.model import Known  # noqa: E402
from simulacra.models.systems.request import Request  # noqa: E402
from simulacra.models.systems.tokens import maskgit, taming, vq_diffusion  # noqa: E402

SHORT = TrainerConfig(steps=2, warmup=1, ema=0.5, save_every=1, picture_every=2)
SMALL = {"size": 16, "batch": 2, "text": TextConfig(6, 8, 1, 2), "autoencoder": AutoencoderConfig(8, (1, 1), 1, 4), "codes": 6, "perceptual": 0.0,
         "adversarial_from": 1, "judging": 8, "tokeniser": SHORT, "width": 8, "depth": 1, "heads": 2, "prior": SHORT}  # fmt: skip
CONFIGS = {
    taming: taming.Config(**SMALL, condition="class", label="eyes", wide=24),
    maskgit: maskgit.Config(**SMALL, condition="text", steps=2, nearby=1),
    vq_diffusion: vq_diffusion.Config(**SMALL, condition="text", process_steps=10, steps=2),
}


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    """Five cartoon faces of 24 px."""
    return make_faces(tmp_path_factory.mktemp("tokens") / "faces", 5, 24)


def stopping(stage):
    """A progress that stops a training in the second step of a stage, as a signal would: one step was saved."""

    def told(event):
        if event.get("stage") == stage and event.get("step") == 2:
            raise KeyboardInterrupt

    return told


@pytest.mark.parametrize("system", CONFIGS, ids=lambda system: system.__name__.rpartition(".")[2])
def test_tokens_are_learned_stopped_resumed_and_drawn(system, faces, tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "class_of", lambda sample, label: ("blue", "brown")[int(sample.name) % 2])
    shots, config, told = Shots(faces, ("rgb",)), CONFIGS[system], []
    system.train(shots, tmp_path / "whole", config)
    for name in ("tokeniser", "prior"):  # each stage is stopped after a step
        with pytest.raises(KeyboardInterrupt):
            system.train(shots, tmp_path / "parts", config, stopping(name))
    longer = dataclasses.replace(config, tokeniser=dataclasses.replace(SHORT, steps=9))
    system.train(shots, tmp_path / "parts", longer, told.append)  # a tokeniser whose tokens are learned from stays
    first, second = system.load(tmp_path / "whole"), system.load(tmp_path / "parts")
    states = zip(first.state_dict().items(), second.state_dict().items(), strict=True)
    assert all(torch.equal(a, b) for (_, a), (_, b) in states) and {row["stage"] for row in told} == {"prior"}
    log = [json.loads(line) for line in (tmp_path / "whole" / "tokeniser" / "log.jsonl").read_text().splitlines()]
    assert log[0]["discriminator_loss"] == 0 < log[1]["discriminator_loss"] and 1 <= log[1]["tokeniser_perplexity"] <= 6
    assert all((tmp_path / "whole" / name / "pictures").is_dir() for name in ("tokeniser", "prior"))
    generator = torch.Generator().manual_seed(0)
    for value in first.prior.parameters():  # two steps draw nothing yet
        value.data = torch.randn(value.shape, generator=generator)
    first.tokeniser.quantiser.codebook.normal_(generator=generator)
    prompt, other = ("blue", "brown") if system is taming else ("cartoon 2", "cartoon")
    made = first.generate(Request(prompt, seed=4), told.append).pictures
    assert (
        made.shape == ((1, 3, 16, 24) if system is taming else (1, 3, 16, 16)) and told[-1]["done"] == told[-1]["total"]
    )
    assert torch.equal(made, first.generate(Request(prompt, seed=4)).pictures)
    asked = [Request(prompt, seed=5), Request(seed=4)]
    asked += [Request(prompt, seed=4, guidance=6.0)] if system is vq_diffusion else []
    assert not any(torch.equal(made, first.generate(request).pictures) for request in asked)
    seen = torch.zeros(1, 64, dtype=torch.long)
    one, two = (first.prior(seen, first.prior.told.asked(text)) for text in (prompt, other))
    assert (one - two).abs().max() > 1e-2
    with pytest.raises(BadInput, match=r"names no class|holds no word"):
        first.generate(Request("purple"))


def test_every_picture_has_its_tokens_and_those_of_its_mirror_image(faces):
    pictures = dataset.read_pictures(Shots(faces, ("rgb",)).of("train"), 16, "nothing")
    tokeniser = taming.Taming(taming.Config(**SMALL), Known()).tokeniser.eval()
    shown = pictures.shown(torch.arange(len(pictures)))
    turned = tokeniser.all_tokens(pictures)
    assert turned.shape == (2, len(pictures), 64) and torch.equal(turned[0], tokeniser.encode(shown).flatten(1))
    assert torch.equal(turned[1], tokeniser.encode(shown.flip(3)).flatten(1))


def test_what_is_known_of_a_picture_stays_while_maskgit_completes_it():
    model = maskgit.MaskGIT(CONFIGS[maskgit], Known(vocabulary=("cartoon",))).eval()
    known = torch.full((1, 8, 8), 6)
    known[:, :2] = torch.arange(16).reshape(2, 8) % 6
    made = model.completed(known, model.prior.told.nothing(1), 3, torch.Generator().manual_seed(0))
    assert torch.equal(made[:, :2], known[:, :2]) and made.max() < 6


def test_the_command_line_trains_and_writes_a_sheet_with_its_pictures(faces, tmp_path, capsys):
    run, out = tmp_path / "run", tmp_path / "sheet.png"
    small = ["size=16", "batch=2", "autoencoder.width=8", "autoencoder.multipliers=1,1", "codes=6", "perceptual=0", "judging=4", "width=8", "depth=1",
             "heads=2", "tokeniser.steps=1", "prior.steps=1", "process_steps=10", "steps=2", "condition=text", "inference=purity",
             "tokeniser.picture_every=0", "prior.picture_every=0"]  # fmt: skip
    told = [word for one in small for word in ("--set", one)]
    assert main(["train", "vq_diffusion", "--data", str(faces), "--out", str(run), *told]) == 0
    capsys.readouterr()
    asked = ["generate", "vq_diffusion", str(run), "--out", str(out), "--seed", "3", "--json"]
    assert main([*asked, "--prompt", "cartoon 1", "--count", "3", "--steps", "3"]) == 0
    made = json.loads(capsys.readouterr().out.splitlines()[-1])["files"]
    assert made == [str(tmp_path / f"{name}.png") for name in ("sheet-3", "sheet-4", "sheet-5", "sheet")]
    assert read_png(out).shape == (32, 32, 3) and (read_png(out)[16:, 16:] == 255).all()
    assert "is a checkpoint of vq_diffusion; allowed is one of maskgit" in failed(
        capsys, ["generate", "maskgit", str(run), "--out", str(out)]
    )
    line = failed(capsys, ["train", "taming", "--data", faces, "--out", tmp_path / "no", "--set", "wide=33"])
    assert (
        "wide: 33 is not allowed; allowed are multiples of 4 from size, which is 32" in line
        and not (tmp_path / "no").exists()
    )
    assert "label: none is not allowed with condition class" in failed(
        capsys, ["train", "maskgit", "--data", faces, "--out", tmp_path / "no", "--set", "condition=class"]
    )
    for config, settings in ((taming.Config(), ("top=-1", "codes=1", "nearby=65")), (maskgit.Config(), ("least=2", "steps=0", "condition=x")),
                             (vq_diffusion.Config(), ("truncation=0", "inference=x", "process_steps=1"))):  # fmt: skip
        for setting in settings:
            with pytest.raises(BadInput, match=rf"{setting.partition('=')[0]}: .*; ?allowed"):
                configured(config, [setting])
