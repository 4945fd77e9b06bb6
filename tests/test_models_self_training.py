"""FST: the student is put back bit for bit, the teacher is one step ahead of a mean teacher, photographs are learned from."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

import shot_stage  # noqa: E402

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.datagen.formats.png import write_png  # noqa: E402
from simulacra.models.core.checkpoint import open_tensors  # noqa: E402
from simulacra.models.core.shots import Shots  # noqa: E402
from simulacra.models.core.trainer import Trainer, TrainerConfig  # noqa: E402
from simulacra.models.core.training import CHECKPOINT  # noqa: E402
from simulacra.models.systems import face_analysis  # noqa: E402
from simulacra.models.systems.catalogue import FACES  # noqa: E402
from simulacra.models.vision.faces.net import NetConfig  # noqa: E402
from simulacra.models.vision.lite import Lite  # noqa: E402
from simulacra.models.vision.self_training import (  # noqa: E402
    WAYS,
    FutureTrainer,
    SelfTrainingConfig,
    class_mixed,
    pseudo_labels,
)

CONFIG = TrainerConfig(steps=6, learning_rate=1e-2, weight_decay=0.1, warmup=3, ema=0.9, save_every=3, picture_every=0)


def layers(seed=0):
    """Weights, dropout and running statistics."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return torch.nn.Sequential(
            torch.nn.Linear(3, 8), torch.nn.BatchNorm1d(8), torch.nn.Dropout(0.3), torch.nn.Linear(8, 1)
        )


def fitting(net):
    """A step that fits a plane to drawn points, and asks no teacher."""

    def step(number, generator):
        x = torch.randn(16, 3, generator=generator)
        return {"loss": (net(x)[:, 0] - x.sum(1)).square().mean()}

    return step


def tensors(folder, *kinds):
    with open_tensors(folder / CHECKPOINT) as file:
        return {name: file.get_tensor(name).numpy().tobytes() for name in file.keys() if name.startswith(kinds)}


def future(folder, net, step, way="deep", ahead=1, config=CONFIG, teacher=None):
    teaching = SelfTrainingConfig("x", way, ahead, keep=0.6)
    return FutureTrainer(folder, {"net": net}, step, config, teaching=teaching, teacher=teacher or layers())


@pytest.mark.parametrize("way, ahead", [("deep", 1), ("deep", 3), ("wide", 2), ("past", 1)])
def test_a_student_that_looked_ahead_is_as_if_it_had_not(tmp_path, way, ahead):
    """Weights, averages, running statistics and moments of a training whose step asks no teacher."""
    net = layers()
    Trainer(tmp_path / "plain", {"net": net}, fitting(net), CONFIG).run()
    net = layers()
    future(tmp_path / "future", net, fitting(net), way, ahead).run()
    kinds = ("weights/", "average/", "optimiser/")
    assert tensors(tmp_path / "plain", *kinds) == tensors(tmp_path / "future", *kinds)
    assert tensors(tmp_path / "future", "state/teacher/")
    net = layers(seed=2)  # three steps, then the rest
    future(tmp_path / "parts", net, fitting(net), way, ahead, replace(CONFIG, steps=3)).run()
    net = layers(seed=3)
    future(tmp_path / "parts", net, fitting(net), way, ahead, teacher=layers(seed=4)).run()
    net = layers(seed=2)
    future(tmp_path / "whole", net, fitting(net), way, ahead).run()
    assert tensors(tmp_path / "parts", "") == tensors(tmp_path / "whole", "")


def seen_by_the_teacher(folder, way, ahead=1, rate=0.1):
    """The teacher's weight at each real step of a student that goes down a slope, a learning rate a step."""
    net, teacher = (torch.nn.Linear(1, 1, bias=False) for _ in range(2))
    for each in (net, teacher):
        torch.nn.init.ones_(each.weight)
    calls = []

    def step(number, generator):
        calls.append((number, teacher.weight.item()))
        return {"loss": net.weight.sum()}

    config = replace(CONFIG, learning_rate=rate, weight_decay=0.0, warmup=0)
    future(folder, net, step, way, ahead, config, teacher).run()
    return [[value for number, value in calls if number == n][-1] for n in range(6)], len(calls)


def test_the_teacher_is_one_step_ahead_of_a_mean_teacher(tmp_path):
    past, count = seen_by_the_teacher(tmp_path / "past", "past")
    deep, twice = seen_by_the_teacher(tmp_path / "deep", "deep")
    wide, thrice = seen_by_the_teacher(tmp_path / "wide", "wide", 2)
    assert (count, twice, thrice) == (6, 12, 18)
    assert deep[:-1] == pytest.approx(past[1:], abs=1e-6) and deep[0] < past[0] == 1.0
    assert wide == pytest.approx(deep, abs=1e-6)  # where steps are not drawn, several places are one
    further = seen_by_the_teacher(tmp_path / "further", "deep", 3)[0]
    assert all(a < b for a, b in zip(further[1:], deep[1:], strict=True))
    still = {way: seen_by_the_teacher(tmp_path / f"still-{way}", way, rate=0.0)[0] for way in WAYS}
    assert all(values == pytest.approx([1.0] * 6) for values in still.values())  # at rest all are one


def test_pseudo_labels_and_mixed_classes():
    logits = torch.zeros(1, 19, 2, 2)
    logits[0, 3, 0], logits[0, 5, 1, 0] = 20.0, 1.0
    classes, share = pseudo_labels(logits, 0.968)
    assert classes[0].tolist() == [[3, 3], [5, 0]] and share.tolist() == [0.5]
    generator = torch.Generator().manual_seed(0)
    parts = torch.tensor([[[1, 1], [2, 255]]], dtype=torch.uint8)
    others = torch.full_like(parts, 9)
    pictures, empty = torch.ones(1, 3, 4, 4), torch.zeros(1, 3, 4, 4)
    found, labels, own = class_mixed(pictures, parts, empty, others, generator)
    assert torch.equal(torch.where(own, parts, others), labels) and 1 <= own.sum() <= 2 and not own[0, 1, 1]
    assert torch.equal(found[0, 0], torch.kron(own[0].float(), torch.ones(2, 2)))
    for bad in ({"way": "up"}, {"ahead": 0}, {"keep": 1.0}):
        with pytest.raises(BadInput, match="is not allowed; allowed"):
            SelfTrainingConfig(**bad)


def test_faces_are_learned_from_photographs_too(tmp_path, monkeypatch):
    data = pytest.importorskip("skimage.data")
    (tmp_path / "photographs").mkdir()
    write_png(tmp_path / "photographs" / "a.png", np.ascontiguousarray(data.astronaut()[:256, 100:356]))
    write_png(tmp_path / "photographs" / "b.png", np.zeros((40, 40, 3), np.uint8))  # no face, so left out
    shots = Shots(shot_stage.make_faces(tmp_path / "faces", 3, 48), FACES.labels, more=FACES.more)
    lite = NetConfig(32, paint=(8, 8, 12, 16), encoder="lite")
    net = NetConfig(32, (8, 16, 16, 24, 32), (0, 1, 1, 1, 1), (16, 16, 16, 24))
    teaching = SelfTrainingConfig(str(tmp_path / "photographs"), batch=2, sure=0.06)
    config = face_analysis.Config(net, self_training=teaching, steps=4, batch=2, save_every=2, picture_every=0)
    told = []
    face_analysis.train(shots, tmp_path / "whole", config, told.append)
    steps = [event for event in told if "step" in event]
    assert len(steps) == 4 and all(event["taught"] > 0 for event in steps) and steps[-1]["sure"] > 0

    def stop(event):
        if event.get("step") == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        face_analysis.train(shots, tmp_path / "parts", config, stop)
    face_analysis.train(shots, tmp_path / "parts", config)
    whole, parts = (open_tensors(tmp_path / name / "model.safetensors") for name in ("whole", "parts"))
    with whole as first, parts as second:  # the hash of all weights; the header's order is not fixed
        assert first.metadata() == second.metadata()
    assert str(tmp_path) not in (tmp_path / "parts" / "config.json").read_text()
    monkeypatch.setattr(Lite, "take_imagenet", lambda self: torch.nn.init.ones_(self.painter.up[0][0].weight))
    made = []
    monkeypatch.setattr(FutureTrainer, "run", lambda self: made.append(self))
    slow = replace(config, net=lite, encoder_rate=0.25, learning_rate=0.02)
    face_analysis.train(shots, tmp_path / "slow", slow)
    assert made[0].rates == {"encoder": 0.005, "net": 0.02}
    own = made[0].modules["net"].state_dict()  # the teacher begins as the student
    assert all(torch.equal(value, own[name]) for name, value in made[0].teacher.state_dict().items())
    (tmp_path / "photographs" / "a.png").unlink()
    with pytest.raises(BadInput, match="holds 1 pictures and no face"):
        face_analysis.train(shots, tmp_path / "other", config)
