"""The trainer of models/core: stopped and gone on with, averages, rates, what it tells and what it refuses."""

import json
import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from trainer_stage import network  # noqa: E402

from simulacra.datagen.errors import BadInput, Unfinished  # noqa: E402
from simulacra.datagen.formats.png import read_png  # noqa: E402
from simulacra.models.core.checkpoint import open_tensors, write_tensors  # noqa: E402
from simulacra.models.core.trainer import Phase, Trainer, TrainerConfig, average_decay, share_of_rate  # noqa: E402
from simulacra.models.core.training import CHECKPOINT  # noqa: E402

pytest.importorskip("safetensors")
CONFIG = TrainerConfig(
    steps=20, learning_rate=1e-2, weight_decay=0.1, warmup=5, ema=0.9, save_every=10, picture_every=0
)


def trainer(folder, config=CONFIG, modules=None, batch=16, spoil=None, **options):
    """Fits a plane to noisy points; ``spoil(step, loss)`` may change a loss."""
    modules = modules or network()

    def step(number, generator):
        x = torch.randn(batch, 3, generator=generator)
        found = modules["head"](modules["net"](x))[:, 0]
        loss = (found - x.sum(1)).square().mean()
        return {"loss": spoil(number, loss) if spoil else loss, "size": found.detach().abs().mean()}

    return Trainer(folder, modules, step, config, **options)


def state(folder):
    """Every tensor of a training's checkpoint as bytes."""
    with open_tensors(folder / CHECKPOINT) as file:
        return {name: file.get_tensor(name).numpy().tobytes() for name in file.keys()}


def lines(folder):
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def test_a_training_goes_on_as_if_it_had_not_stopped(tmp_path):
    trainer(tmp_path / "whole").run()
    trainer(tmp_path / "parts", replace(CONFIG, steps=10)).run()
    torch.randn(5)  # the process's own random numbers are another story
    trainer(tmp_path / "parts", modules=network(seed=7)).run()
    whole, parts = state(tmp_path / "whole"), state(tmp_path / "parts")
    kinds = {name.split("/")[0] for name in whole}
    assert kinds == {"weights", "average", "optimiser"} and whole == parts
    assert lines(tmp_path / "whole") == lines(tmp_path / "parts") and len(lines(tmp_path / "parts")) == 20


def test_a_stopped_training_goes_on_from_its_checkpoint(tmp_path):
    def stop(number, loss):
        if number == 17:
            raise KeyboardInterrupt
        return loss

    with pytest.raises(KeyboardInterrupt):
        trainer(tmp_path / "parts", spoil=stop).run()
    assert [line["step"] for line in lines(tmp_path / "parts")] == list(range(1, 18))
    trainer(tmp_path / "parts").run()
    trainer(tmp_path / "whole").run()
    assert state(tmp_path / "whole") == state(tmp_path / "parts")
    assert [line["step"] for line in lines(tmp_path / "parts")] == list(range(1, 21))


def test_bfloat16_rounds_losses_and_not_weights(tmp_path):
    """Products keep 8 of 24 bits of mantissa, so losses differ by about 2^-8 and the trained weights stay float32."""
    seen = {}
    for precision in ("fp32", "bf16"):
        rows = []
        made = trainer(tmp_path / precision, replace(CONFIG, precision=precision), progress=rows.append)
        made.run()
        assert {p.dtype for p in made.modules.parameters()} == {torch.float32}
        seen[precision] = np.array([row["loss"] for row in rows])
    assert (seen["fp32"] != seen["bf16"]).all()
    assert np.allclose(seen["fp32"][0], seen["bf16"][0], rtol=2**-6)


def test_random_numbers_differ_by_step_and_seed_and_leave_the_process_alone(tmp_path):
    drawn, modules = [], {"net": torch.nn.Linear(1, 1)}

    def run(seed):
        def step(number, generator):
            drawn.append((torch.rand(1, generator=generator).item(), torch.rand(1).item()))
            return {"loss": modules["net"].weight.sum()}

        Trainer(tmp_path / str(seed), modules, step, TrainerConfig(steps=3, seed=seed)).run()

    torch.manual_seed(5)
    wanted = torch.rand(4)
    torch.manual_seed(5)
    run(1), run(2)
    assert len({value for pair in drawn for value in pair}) == 12
    assert torch.equal(torch.rand(4), wanted)


def test_two_half_batches_are_one_batch(tmp_path):
    def run(name, batch, accumulate):
        modules = {"net": torch.nn.Linear(3, 1)}
        torch.nn.init.zeros_(modules["net"].weight), torch.nn.init.zeros_(modules["net"].bias)

        def step(number, generator):
            x = torch.rand(batch, 3, generator=generator)  # calls of one step read one stream
            return {"loss": (modules["net"](x) - x.sum(1, keepdim=True)).square().mean()}

        Trainer(tmp_path / name, modules, step, replace(CONFIG, accumulate=accumulate)).run()
        return torch.cat([p.detach().flatten() for p in modules["net"].parameters()]), lines(tmp_path / name)

    whole, whole_log = run("whole", 32, 1)
    halves, halves_log = run("halves", 16, 2)
    assert torch.allclose(whole, halves, atol=1e-6) and whole.abs().max() > 0.05
    assert len(halves_log) == 20
    for a, b in zip(whole_log, halves_log, strict=True):
        assert a["loss"] == pytest.approx(b["loss"], rel=1e-4) and a["gradient"] == pytest.approx(
            b["gradient"], rel=1e-4
        )


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_and_keeps_the_checkpoint(tmp_path, value):
    with pytest.raises(Unfinished, match=r"loss is (nan|inf) in step 14; the checkpoint of step 10 is kept"):
        trainer(tmp_path / "a", spoil=lambda number, loss: loss * value if number == 13 else loss).run()
    trainer(tmp_path / "b", replace(CONFIG, steps=10)).run()
    assert state(tmp_path / "a") == state(tmp_path / "b")
    with pytest.raises(Unfinished, match="there is no checkpoint yet"):
        trainer(tmp_path / "c", spoil=lambda number, loss: loss * value).run()
    assert not (tmp_path / "c" / CHECKPOINT).exists()


def test_a_gradient_that_is_not_finite_stops_before_the_weights_change(tmp_path):
    modules = network()
    before = {name: value.clone() for name, value in modules["net"].state_dict().items() if "running" not in name}
    # The root's slope at 0 is infinite, the loss is finite.
    spoilt = trainer(tmp_path, modules=modules, spoil=lambda number, loss: loss + (loss * 0).sqrt())
    with pytest.raises(Unfinished, match="norm of the gradient is nan in step 1"):
        spoilt.run()
    after = modules["net"].state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items() if "num_batches" not in name)


def test_the_averaged_weights_have_their_closed_form(tmp_path):
    modules, seen = {"net": torch.nn.Linear(2, 1)}, []

    def step(number, generator):
        seen.append(modules["net"].weight.detach().double().clone())
        return {"loss": (modules["net"].weight * torch.rand(1, 2, generator=generator)).sum()}

    made = Trainer(tmp_path, modules, step, replace(CONFIG, steps=40, ema=0.7))
    made.run()
    weights = [*seen[1:], modules["net"].weight.detach().double()]
    decays = [min(0.7, (1 + n) / (10 + n)) for n in range(40)]
    assert decays == [average_decay(0.7, n) for n in range(40)] and decays[0] == 0.1 and decays[-1] == 0.7
    # The start keeps the product of all decays; step n gives its weights times (1 - d_n) and all later decays.
    wanted = seen[0] * math.prod(decays)
    wanted += sum(w * (1 - decays[n]) * math.prod(decays[n + 1 :]) for n, w in enumerate(weights))
    average = made.ema_modules()["net"]
    assert torch.allclose(average.weight.double(), wanted, atol=1e-6)
    assert not torch.allclose(average.weight, modules["net"].weight, atol=1e-3)
    assert not average.weight.requires_grad and not average.training


def test_averages_of_tied_weights_and_of_running_statistics(tmp_path):
    modules = network()
    made = trainer(tmp_path, replace(CONFIG, ema=0.99), modules)
    made.run()
    average = made.ema_modules()["net"]
    assert average[4].weight is average[3].weight
    assert (average[3].weight - modules["net"][3].weight).abs().max() > 1e-3
    assert torch.equal(average[1].running_mean, modules["net"][1].running_mean)


def test_warm_up_clipping_and_rates_of_modules(tmp_path):
    modules = {"slow": torch.nn.Linear(1, 1, bias=False), "fast": torch.nn.Linear(1, 1, bias=False)}
    values = {name: [] for name in modules}

    def step(number, generator):
        for name, module in modules.items():
            values[name].append(module.weight.item())
        return {"loss": 1000 * sum(module.weight.sum() for module in modules.values())}

    config = TrainerConfig(steps=9, learning_rate=1e-2, warmup=4, clip=0.5)
    Trainer(tmp_path, modules, step, config, learning_rates={"fast": 1e-1}).run()
    # Adam moves by the learning rate along a constant gradient.
    for name, rate in (("slow", 1e-2), ("fast", 1e-1)):
        moves = -np.diff(values[name])
        assert moves == pytest.approx(rate * np.minimum(1, np.arange(1, 9) / 4), rel=1e-3)
    assert lines(tmp_path)[0]["gradient"] == pytest.approx(1000 * math.sqrt(2), rel=1e-5)  # before it is clipped
    with pytest.raises(BadInput, match="learning rate of none"):
        Trainer(tmp_path, modules, step, config, learning_rates={"none": 1.0})


def test_a_cosine_falls_to_its_end_and_goes_on_bit_for_bit(tmp_path):
    config = replace(CONFIG, schedule="cosine", final=0.1)
    rates = np.array([share_of_rate(config, number) for number in range(20)])
    assert rates[:5] == pytest.approx(np.arange(1, 6) / 5) and rates[-1] == pytest.approx(0.1)
    assert rates[4:] == pytest.approx(0.1 + 0.45 * (1 + np.cos(np.pi * np.arange(16) / 15)))

    def stop(number, loss):
        if number == 13:
            raise KeyboardInterrupt
        return loss

    with pytest.raises(KeyboardInterrupt):
        trainer(tmp_path / "parts", config, spoil=stop).run()
    trainer(tmp_path / "parts", config, modules=network(seed=3)).run()
    trainer(tmp_path / "whole", config).run()
    assert state(tmp_path / "whole") == state(tmp_path / "parts")
    assert [line["learning_rate"] for line in lines(tmp_path / "parts")] == pytest.approx(1e-2 * rates)
    with pytest.raises(BadInput, match="was trained with steps 20, not 40"):  # another end is another schedule
        trainer(tmp_path / "parts", replace(config, steps=40)).run()


def test_a_run_from_before_a_field_was_there_goes_on(tmp_path):
    trainer(tmp_path, replace(CONFIG, steps=10)).run()
    with open_tensors(tmp_path / CHECKPOINT) as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        about = json.loads(file.metadata()["training"])
    del about["settings"]["schedule"], about["settings"]["final"]
    write_tensors(tmp_path / CHECKPOINT, tensors, {"training": json.dumps(about)})
    trainer(tmp_path).run()
    assert len(lines(tmp_path)) == 20


def test_losses_that_take_turns_teach_their_own_modules(tmp_path):
    """Two players of x y: each phase moves one of them, sees the other as it now is, and leaves its gradient alone."""

    def run(folder, steps, seed=0):
        modules = {name: torch.nn.Linear(1, 1, bias=False) for name in ("x", "y")}
        torch.manual_seed(seed)
        with torch.no_grad():
            modules["x"].weight.fill_(1.0 + seed), modules["y"].weight.fill_(1.0 + seed)
        seen = []

        def phase(name, sign):
            def step(number, generator):
                seen.append((number, name, modules["x"].weight.item(), torch.rand(1, generator=generator).item()))
                other = "y" if name == "x" else "x"
                assert modules[name].weight.requires_grad and not modules[other].weight.requires_grad
                return {"loss": sign * (modules["x"].weight * modules["y"].weight).sum()}

            return step

        phases = [Phase("min", phase("x", 1.0), ("x",)), Phase("max", phase("y", -1.0), ("y",), (0.0, 0.9), every=2)]
        Trainer(folder, modules, phases, replace(CONFIG, steps=steps, warmup=0, weight_decay=0.0)).run()
        assert all(module.weight.requires_grad and module.weight.grad is None for module in modules.values())
        return seen

    seen = run(tmp_path / "whole", 20)
    assert [row[:2] for row in seen[:4]] == [(0, "x"), (0, "y"), (1, "x"), (2, "x")]
    assert seen[1][2] == pytest.approx(0.99, abs=1e-4) and len({row[3] for row in seen}) == 30
    log = lines(tmp_path / "whole")
    assert log[0]["loss"] == pytest.approx(log[0]["min_loss"] + log[0]["max_loss"]) and "max_loss" not in log[1]
    run(tmp_path / "parts", 10), run(tmp_path / "parts", 20, seed=4)
    assert state(tmp_path / "whole") == state(tmp_path / "parts")
    with pytest.raises(ValueError, match="phases teach net, net"):
        Trainer(tmp_path, network(), [Phase("a", None, ("net",)), Phase("b", None, ("net",))], CONFIG)


def test_clipping_shortens_the_gradient(tmp_path):
    modules = {"net": torch.nn.Linear(2, 1, bias=False)}
    config = TrainerConfig(steps=1, clip=0.5)
    Trainer(tmp_path, modules, lambda number, generator: {"loss": 7 * modules["net"].weight.sum()}, config).run()
    with open_tensors(tmp_path / CHECKPOINT) as file:
        first = file.get_tensor("optimiser/net.weight/exp_avg") / (1 - config.betas[0])
    assert first.norm().item() == pytest.approx(0.5, rel=1e-4)


def test_pictures_are_drawn_with_the_averaged_weights(tmp_path):
    modules, drawn = network(), {}

    def pictures(number):
        drawn[number] = {name: value.clone() for name, value in modules["net"].state_dict().items()}
        assert not modules["net"].training and not torch.is_grad_enabled()
        return {"plane": torch.tensor([1.0, 0.5, -3.0])[:, None, None].expand(3, 4, 5)}

    made = trainer(tmp_path / "with", replace(CONFIG, picture_every=8), modules, pictures=pictures)
    made.run()
    assert sorted(drawn) == [8, 16, 20]
    average = made.ema_modules()["net"].state_dict()
    assert all(torch.equal(value, average[name]) for name, value in drawn[20].items())
    assert modules["net"].training and modules["net"][3].weight.requires_grad
    picture = read_png(tmp_path / "with" / "pictures" / "plane_000008.png")
    assert picture.shape == (4, 5, 3) and (picture == [255, 128, 0]).all()
    trainer(tmp_path / "without").run()
    assert state(tmp_path / "with") == state(tmp_path / "without")


def test_what_a_training_tells(tmp_path):
    told = []
    trainer(tmp_path, progress=told.append).run()
    assert [event["step"] for event in told] == list(range(1, 21)) and all(event["steps"] == 20 for event in told)
    log = lines(tmp_path)
    assert {"step", "loss", "size", "gradient", "learning_rate"} == log[0].keys()
    assert [line["loss"] for line in log] == [event["loss"] for event in told]
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [event.value for event in events.Scalars("loss")] == pytest.approx([line["loss"] for line in log])


def test_a_training_of_something_else_is_refused(tmp_path):
    trainer(tmp_path, replace(CONFIG, steps=10)).run()
    kept = state(tmp_path)
    wider = network() | {"head": torch.nn.Linear(8, 2)}
    for modules, words in ((wider, r"head\.weight of shape \(1, 8\); allowed is \(2, 8\)"),
                           (network() | {"more": torch.nn.Linear(2, 2)}, r"lacks average/more\.bias and 3 more"),
                           ({"net": network()["net"]}, "also holds average/head.bias")):  # fmt: skip
        with pytest.raises(BadInput, match=words):
            Trainer(tmp_path, modules, None, CONFIG).run()
    with pytest.raises(BadInput, match=r"was trained with learning_rate 0\.01, not 0\.5"):
        trainer(tmp_path, replace(CONFIG, learning_rate=0.5)).run()
    assert state(tmp_path) == kept
    path = tmp_path / CHECKPOINT
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(BadInput, match="is not a whole safetensors file"):
        trainer(tmp_path).run()


def test_configs_say_what_is_allowed():
    for bad in (
        {"accumulate": 0},
        {"ema": 1.0},
        {"precision": "fp16"},
        {"seed": -1},
        {"save_every": 0},
        {"schedule": "step"},
        {"final": 2.0},
    ):
        with pytest.raises(BadInput, match=f"{next(iter(bad))}: .* is not allowed; allowed"):
            TrainerConfig(**bad)


@pytest.mark.slow
def test_two_processes_train_as_one(tmp_path):
    pytest.importorskip("accelerate")
    script = tmp_path / "train.py"
    script.write_text(TWO_PROCESSES)
    command = [
        "-m",
        "torch.distributed.run",
        "--nproc-per-node",
        "2",
        "--master-port",
        "29517",
        script,
        tmp_path / "two",
    ]
    subprocess.run([sys.executable, *command], check=True, timeout=120)
    weights = [torch.tensor(json.loads((tmp_path / f"two-{rank}.json").read_text())) for rank in range(2)]
    assert torch.equal(weights[0], weights[1])
    # Alone, with both processes' data and the first one's start.
    net = torch.nn.Linear(3, 1)
    torch.nn.init.constant_(net.weight, 0), torch.nn.init.zeros_(net.bias)
    data = torch.stack([torch.full((4, 3), 0.5 + rank) * torch.arange(1, 5)[:, None] for rank in range(2)]).flatten(
        0, 1
    )
    alone = Trainer(tmp_path / "one", {"net": net}, lambda number, generator: {"loss": (net(data) - 1).square().mean()},
                    TrainerConfig(steps=10, learning_rate=1e-2, warmup=0))  # fmt: skip
    alone.run()
    assert torch.allclose(torch.cat([net.weight.flatten(), net.bias]).detach(), weights[0], atol=1e-6)
    assert [a["loss"] for a in lines(tmp_path / "one")] == pytest.approx(
        [b["loss"] for b in lines(tmp_path / "two")], rel=1e-4
    )


TWO_PROCESSES = """
import json, os, sys
from pathlib import Path
import torch
from simulacra.models.core.trainer import Trainer, TrainerConfig  # noqa: E402
torch.set_num_threads(1)
rank = int(os.environ["RANK"])
net = torch.nn.Linear(3, 1)
torch.nn.init.constant_(net.weight, rank), torch.nn.init.zeros_(net.bias)
data = torch.full((4, 3), 0.5 + rank) * torch.arange(1, 5)[:, None]
folder = Path(sys.argv[1])
Trainer(folder, {"net": net}, lambda number, generator: {"loss": (net(data) - 1).square().mean()},
        TrainerConfig(steps=10, learning_rate=1e-2, warmup=0)).run()
weights = torch.cat([net.weight.flatten(), net.bias]).tolist()
folder.with_name(f"two-{rank}.json").write_text(json.dumps(weights))
"""
