"""Rodin's base is packed, trained within a budget of time, and taken back, as three commands of one tool do it."""

import dataclasses
import json
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")

from test_tools import ENVIRONMENT, TOOLS, loaded  # noqa: E402

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.models.core import timed  # noqa: E402
from simulacra.models.core.settings import plain  # noqa: E402
from simulacra.models.core.timed import TimedTrainer, timed_share  # noqa: E402
from simulacra.models.core.trainer import TrainerConfig  # noqa: E402
from simulacra.models.fields.fit import FitConfig  # noqa: E402
from simulacra.models.systems import catalogue  # noqa: E402
from simulacra.models.systems.request import Request  # noqa: E402
from simulacra.models.systems.rodin import Config, elsewhere, load, train, training  # noqa: E402

STAGES = {name: TrainerConfig(steps=1, save_every=1, picture_every=0) for name in ("prior", "upsampler", "refiner")}
SMALL = Config(
    fit=FitConfig(channels=4, resolution=16, width=8, depth=1, samples=4, importance=2, people=2, rays=16, steps=2, lowest=0, picture_every=0,
                  emptiness=0.0),
    vlm_steps=1, shared=2, single_steps=1, resolution=8, base_width=8, base_multipliers=(1, 2), base_attention=(), batch=2, prior_width=8,
    prior_depth=1, prior_batch=2, upsampler_width=8, upsampler_multipliers=(1, 2), upsampler_batch=1, refiner_width=8,
    refiner_blocks=1, refiner_batch=1, steps=2, upsampler_sampling=1, candidates=1, drawn=2,
    base=TrainerConfig(steps=0, picture_every=0), **STAGES,
)  # fmt: skip


@pytest.fixture(scope="module")
def crowd():
    from simulacra.models.vision.toypeople import toy_people

    return dataclasses.replace(toy_people(3, 0, views=4, size=16), splits=("train",) * 3)


@pytest.fixture(scope="module")
def finished(crowd, tmp_path_factory):
    """A run whose base was left out."""
    run = tmp_path_factory.mktemp("elsewhere") / "run"
    train(crowd, run, SMALL)
    record = {"system": "rodin", "data": ["nowhere"], "digest": crowd.digest, "config": plain(SMALL)}
    (run / "run.json").write_text(json.dumps(record))
    return run


def asked(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["train_base.py", *map(str, words)])
    return loaded("train_base").main()


def test_a_base_is_packed_trained_and_taken_back(finished, crowd, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(catalogue.Data, "read", lambda *_: crowd)
    packed, out = tmp_path / "pack.safetensors", tmp_path / "out"
    assert asked(monkeypatch, "pack", finished, packed) == 0
    assert "3 people, 0.0 MB" in capsys.readouterr().out
    # What the base learns from there is what it learns from here, but for rounding.
    fitted = training.fit_all(crowd, finished, SMALL)
    from simulacra.models.vision import vlm

    here, stages, _ = training.stages_of(crowd, fitted, vlm.load(finished / "vlm"), SMALL)
    step = stages["base"]()
    steps = []
    real = elsewhere.train_base
    with monkeypatch.context() as looking:
        looking.setattr(elsewhere, "BaseStep", lambda *made: steps.append(made) or training.BaseStep(*made))
        looking.setattr(
            elsewhere, "train_base", lambda *given: real(*given[:3], 0.5, given[4])
        )  # seconds, however slow loading was
        words = ("--minutes", 10, "--set", "base_width=16", "--set", "batch=4")
        assert asked(monkeypatch, "train", packed, out, *words) == 0
    _, rolled, latents, views, config = steps[0]
    assert torch.allclose(rolled, step.rolled, atol=4e-3) and torch.allclose(latents, step.latents, atol=8e-3)
    assert torch.equal(views, step.views) and (config.base_width, config.batch) == (16, 4)
    said = capsys.readouterr().out
    assert "samples/s" in said and "loss" in said and "3 people" in said
    weights = out / "base.safetensors"
    # Into the finished run, which is as it was but for its base, and is asked.
    before = load(finished)
    assert asked(monkeypatch, "take", finished, weights) == 0
    after = load(finished)
    assert after.config.base_width == 16 and before.config.base_width == 8
    trained = elsewhere._read(weights)[1]
    for name, value in after.base.state_dict().items():
        assert torch.equal(value.half(), trained[f"base.{name}"])
    for name, part in before.parts().items():
        if name != "base":
            assert all(
                torch.equal(a, b)
                for a, b in zip(part.state_dict().values(), getattr(after, name).state_dict().values(), strict=True)
            )
    assert torch.isfinite(after.generate(Request(seed=1)).planes).all()
    # Going on with the run keeps them.
    from simulacra.models.core.settings import restored

    now = restored(Config(), json.loads((finished / "run.json").read_text())["config"])
    train(crowd, finished, now)
    assert all(
        torch.equal(a, b) for a, b in zip(load(finished).base.parameters(), after.base.parameters(), strict=True)
    )
    # What is of other planes is refused, and so is what has changed on its way.
    with torch.no_grad():
        here.small.scale.mul_(1.1)
    wide = dataclasses.replace(now)
    other = type(here)(wide, here.vlm, 0.24, 6.7, 16.0)
    with pytest.raises(BadInput, match="was trained on other people or planes"):
        elsewhere.adopt(other, weights)
    with pytest.raises(BadInput, match="was trained with base_width 16, not 8"):
        elsewhere.adopt(here, weights)
    data = bytearray(weights.read_bytes())
    data[-5] ^= 1
    weights.write_bytes(data)
    assert asked(monkeypatch, "take", finished, weights) == 2
    assert "is damaged: its SHA-256" in capsys.readouterr().err


def test_a_pack_and_weights_are_measured_before_they_are_made(finished, crowd, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(catalogue.Data, "read", lambda *_: crowd)
    packed = tmp_path / "pack.safetensors"
    assert asked(monkeypatch, "pack", finished, packed) == 0
    capsys.readouterr()
    size = sum(value.numel() * value.element_size() for value in elsewhere._read(packed)[1].values())
    monkeypatch.setattr(elsewhere, "MOST", size - 1)
    (tmp_path / "small").mkdir()
    assert asked(monkeypatch, "pack", finished, tmp_path / "small" / "p") == 2
    assert capsys.readouterr().err.endswith("allowed are 0 MB, 2 people\n") and not list((tmp_path / "small").iterdir())
    assert asked(monkeypatch, "pack", finished, tmp_path / "small" / "p", "--people", 2) == 0
    assert asked(monkeypatch, "pack", finished, tmp_path / "small" / "q", "--people", 3) == 2
    monkeypatch.undo()
    found = elsewhere.read_pack(packed)
    with pytest.raises(
        BadInput,
        match=r"base_width: 800 makes weights of .* MB; allowed are 60 MB, with these blocks a width of at most",
    ) as told:
        elsewhere.widened(found, ["base_width=800"])
    widest = int(str(told.value).split()[-1])
    assert elsewhere.widened(found, [f"base_width={widest}"]).base_width == widest
    with pytest.raises(BadInput, match="base_width"):
        elsewhere.widened(found, [f"base_width={widest + 4}"])
    with pytest.raises(BadInput, match="resolution=16 is not allowed here; allowed are base_width"):
        elsewhere.widened(found, ["resolution=16"])


class Clock:
    """A clock that goes on by what is done."""

    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now


@pytest.mark.parametrize("stops", [(), (17, 40)])
def test_a_timed_training_ends_within_its_budget_with_its_rate_down_and_saved(tmp_path, monkeypatch, stops):
    clock, rates, net = Clock(), [], torch.nn.Linear(2, 1)
    monkeypatch.setattr(timed, "time", clock)

    def step(number, generator):
        clock.now += 0.5
        trainer.spent += 0.5  # as the real clock would say
        if len(rates) in stops and not stopped.count(len(rates)):
            stopped.append(len(rates))
            raise KeyboardInterrupt
        return {"loss": net(torch.ones(1, 2)).square().mean()}

    saved = timed.Trainer._save
    monkeypatch.setattr(timed.Trainer, "_save", lambda own: (saved(own), setattr(clock, "now", clock.now + 0.3)))
    stopped, started = [], clock.now
    for _ in range(len(stops) + 1):
        config = TrainerConfig(steps=10**9, save_every=1, picture_every=0)
        monkeypatch.setattr(timed, "BETWEEN", 0.0 if stops else 5.0)
        trainer = TimedTrainer(tmp_path, {"net": net}, step, config, budget=30.0,
                               progress=lambda event: rates.append(event["learning_rate"]))  # fmt: skip
        try:
            trainer.run()
        except KeyboardInterrupt:
            clock.now += 3600.0  # nobody is there for an hour, which does not count
            started += 3600.0
    assert clock.now - started <= 30.0 or stops
    assert (tmp_path / "training.safetensors").is_file() and trainer.kept == trainer.done
    assert max(rates) > 0.95 * config.learning_rate and rates[-1] < 0.01 * config.learning_rate
    # Once more nothing is left to be done.
    again = TimedTrainer(tmp_path, {"net": net}, step, config, budget=trainer.spent)
    again.run()
    assert again.done == trainer.done


def test_the_rate_of_a_timed_training_rises_and_falls_as_half_a_cosine():
    assert timed_share(0.0) == 0 and timed_share(0.01) == pytest.approx(0.5) and timed_share(0.02) == 1
    assert timed_share(0.51) == pytest.approx(0.5) and timed_share(1.0) == 0 and timed_share(7.0) == 0


def test_it_trains_where_there_is_nothing_but_torch_numpy_and_safetensors(finished, crowd, tmp_path):
    """In a process that finds no other package, as on a machine that has no more."""
    from simulacra.models.vision import vlm

    script = """
import sys
from importlib.abc import MetaPathFinder

class Nothing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"click", "PIL", "cv2", "scipy", "accelerate", "rich", "skimage", "trimesh", "tensorboard", "bpy"}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Nothing())
from simulacra.models.systems.rodin import elsewhere
packed = elsewhere.read_pack(sys.argv[1])
print(elsewhere.train_base(packed, elsewhere.widened(packed, ["batch=1", "base.precision=bf16"]), sys.argv[2], 0.2))
"""
    packed, seen = tmp_path / "pack.safetensors", vlm.load(finished / "vlm")
    here, stages, _ = training.stages_of(crowd, training.fit_all(crowd, finished, SMALL), seen, SMALL)
    elsewhere.pack(here, stages["base"](), ["a person"] * 3, packed)
    environment = ENVIRONMENT | {"PYTHONPATH": str(TOOLS.parents[1])}
    command = [sys.executable, "-c", script, str(packed), str(tmp_path / "out")]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=600)
    assert result.returncode == 0 and result.stdout.endswith("base.safetensors\n"), result.stdout + result.stderr
    assert elsewhere.adopted_config(SMALL, tmp_path / "out" / "base.safetensors") == SMALL
    weights = elsewhere._read(tmp_path / "out" / "base.safetensors")[1]
    assert all(torch.isfinite(value).all() for value in weights.values())
