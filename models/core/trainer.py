"""Trains any modules by any step function: averaged weights, checkpoints that resume bit for bit, logs and pictures."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ...datagen.errors import BadInput, Unfinished
from .checkpoint import check_shapes, header_json, load_weights, open_tensors, save_weights, weights_of, write_tensors
from .training_log import TrainingLog
from .workers import Workers

__all__ = ["Trainer", "TrainerConfig", "average_decay", "load_weights", "save_weights"]
CHECKPOINT = "training.safetensors"
FREE = ("steps", "save_every", "picture_every")  # what may differ between the runs of one training
PICTURES = 1 << 32  # the stream of random numbers that pictures draw from, apart from those of all processes


@dataclass(frozen=True)
class TrainerConfig:
    """How to train; ``steps`` in all, of which one is ``accumulate`` calls of the step function."""

    steps: int = 1000
    learning_rate: float = 2e-4
    weight_decay: float = 0.0
    betas: tuple[float, float] = (0.9, 0.99)
    warmup: int = 50  # steps over which the learning rate rises from 0
    clip: float = 1.0  # largest norm of all gradients together; 0 clips nothing
    ema: float = 0.999  # share of the average that a step keeps; 0 makes it the weights themselves
    accumulate: int = 1
    precision: str = "fp32"  # or bf16, which GPUs and newer processors know and others imitate slowly
    save_every: int = 200
    picture_every: int = 200  # 0 draws none
    seed: int = 0

    def __post_init__(self):
        for name, least in (("steps", 0), ("warmup", 0), ("accumulate", 1), ("save_every", 1), ("picture_every", 0),
                            ("seed", 0)):  # fmt: skip
            if getattr(self, name) < least:
                raise BadInput(f"{name}: {getattr(self, name)} is not allowed; allowed is {least} or more")
        if not 0 <= self.ema < 1:
            raise BadInput(f"ema: {self.ema} is not allowed; allowed is 0 up to below 1")
        if self.precision not in ("fp32", "bf16"):
            raise BadInput(f"precision: {self.precision} is not allowed; allowed are fp32, bf16")


def average_decay(limit: float, number: int) -> float:
    """The share that the averaged weights keep in step ``number`` from 0: min(limit, (1 + n) / (10 + n))."""
    return min(limit, (1 + number) / (10 + number))


class Trainer:
    """Minimises the loss that a step function returns, by AdamW.

    ``step(number, generator)`` returns scalars by name, of which "loss" is differentiated and the rest is logged. All its
    randomness comes from the generator, which is seeded by (config.seed, number) and lives on ``device``, or from torch's
    own generators (dropout), which are seeded too; so a training that was stopped goes on as if it had not been. With
    accumulation the calls of one step share one stream of random numbers and their gradients are averaged.
    ``pictures(number)`` returns pictures (3, H, W) in 0…1 by name, drawn with the averaged weights in the modules.
    ``progress`` is told of each step as a dict. ``learning_rates`` gives modules their own.

    The modules are moved to ``device`` in place; tensors made in a step are there unless they say otherwise.
    """

    def __init__(
        self,
        folder: Path,
        modules: dict[str, nn.Module],
        step: Callable[[int, torch.Generator], dict[str, Tensor]],
        config: TrainerConfig,
        pictures: Callable[[int], dict[str, Tensor]] | None = None,
        progress: Callable[[dict], None] | None = None,
        learning_rates: dict[str, float] | None = None,
    ):
        self.folder, self.config = Path(folder), config
        self.step, self.pictures, self.progress = step, pictures, progress
        self.workers = Workers(config.precision)
        self.device = self.workers.device
        self.modules = nn.ModuleDict(modules).to(self.device)
        self.workers.same_start(self.modules)
        self.average = copy.deepcopy(self.modules).requires_grad_(False).eval()
        rates = learning_rates or {}
        if rates.keys() - modules.keys():
            raise BadInput(
                f"learning rate of {min(rates.keys() - modules.keys())}: is no module; allowed are {', '.join(modules)}"
            )
        self.rates = {name: rates.get(name, config.learning_rate) for name in modules}
        # A parameter that modules share is trained once, at the rate of the first of them.
        self.parameters = {name: p for name, p in self.modules.named_parameters() if p.requires_grad}
        groups = [
            {"params": [p for key, p in self.parameters.items() if key.split(".")[0] == name], "lr": rate, "rate": rate}
            for name, rate in self.rates.items()
        ]
        self.optimiser = torch.optim.AdamW(
            [group for group in groups if group["params"]], betas=config.betas, weight_decay=config.weight_decay
        )
        self.done = 0  # steps
        self.saved: int | None = None  # the step of the last good checkpoint

    def run(self) -> None:
        """Train up to ``config.steps``, from the folder's checkpoint if it has one.

        Raises Unfinished where the loss or a gradient is not finite, with the last good checkpoint left as it is, and
        BadInput where the folder's checkpoint is of other modules or of another config.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if (self.folder / CHECKPOINT).is_file():
            self._resume()
        if self.done >= self.config.steps:
            return
        self.modules.train()
        with TrainingLog(self.folder, self.done, self.config.steps, self.progress, self.workers.rank == 0) as log:
            while self.done < self.config.steps:
                log.tell(self.done, self._advance())
                self.done += 1
                last = self.done == self.config.steps
                if self.pictures and self.config.picture_every and (last or not self.done % self.config.picture_every):
                    self._draw(log)
                if last or not self.done % self.config.save_every:
                    self._save()

    def ema_modules(self) -> dict[str, nn.Module]:
        """The modules with averaged weights, to be used and not to be trained."""
        return dict(self.average.items())

    def _advance(self) -> dict[str, float]:
        number, config = self.done, self.config
        told: dict[str, Tensor] = {}
        with self._randomness(self.workers.rank) as generator:
            for _ in range(config.accumulate):
                with self.workers.autocast():
                    values = self.step(number, generator)
                (values["loss"] / config.accumulate).backward()
                for name, value in values.items():
                    told[name] = told.get(name, 0) + value.detach().float() / config.accumulate
        parameters = list(self.parameters.values())
        self.workers.average_gradients(parameters)
        norm = nn.utils.clip_grad_norm_(parameters, config.clip or math.inf)
        means = self.workers.mean(torch.stack([value.to(self.device) for value in told.values()]))
        numbers = dict(zip(told, means.tolist(), strict=True)) | {"gradient": norm.item()}
        for name, words in (("loss", "loss"), ("gradient", "norm of the gradient")):
            if not math.isfinite(numbers[name]):
                kept = f"the checkpoint of step {self.saved} is kept" if self.saved else "there is no checkpoint yet"
                raise Unfinished(f"{self.folder}: the {words} is {numbers[name]} in step {number + 1}; {kept}")
        warm = min(1.0, (number + 1) / max(config.warmup, 1))
        for group in self.optimiser.param_groups:
            group["lr"] = group["rate"] * warm
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self._update_average(average_decay(config.ema, number))
        return numbers | {"learning_rate": self.optimiser.param_groups[0]["lr"]}

    @contextmanager
    def _randomness(self, stream: int):
        """A generator for this step and stream; torch's own ones are seeded too and given back as they were."""
        seeds = np.random.SeedSequence([self.config.seed, self.done, stream]).generate_state(2, np.uint64) >> 1
        gpu = self.device.type == "cuda"
        with torch.random.fork_rng([self.device] if gpu else []), self.device if gpu else nullcontext():
            torch.manual_seed(int(seeds[0]))
            yield torch.Generator(self.device).manual_seed(int(seeds[1]))

    @torch.no_grad()
    def _update_average(self, decay: float) -> None:
        for value, average in zip(self.modules.parameters(), self.average.parameters(), strict=True):
            average.lerp_(value, 1 - decay)
        for value, average in zip(self.modules.buffers(), self.average.buffers(), strict=True):
            average.copy_(value)  # running statistics are averages already

    def _draw(self, log: TrainingLog) -> None:
        training = {module: module.training for module in self.modules.modules()}
        self._swap()
        self.modules.eval()
        try:
            with torch.no_grad(), self._randomness(PICTURES):
                log.show(self.done, self.pictures(self.done))
        finally:
            self._swap()
            for module, flag in training.items():
                module.training = flag

    def _swap(self) -> None:
        """Exchange the memory of weights and averages; the parameters stay the ones that the optimiser knows."""
        for mine, theirs in ((self.modules.parameters(), self.average.parameters()),
                             (self.modules.buffers(), self.average.buffers())):  # fmt: skip
            for value, average in zip(mine, theirs, strict=True):
                value.data, average.data = average.data, value.data

    def _state(self) -> dict[str, Tensor]:
        moments = {
            f"optimiser/{name}/{key}": value
            for name, p in self.parameters.items()
            for key, value in self.optimiser.state.get(p, {}).items()
        }
        return self._weights() | moments

    def _weights(self) -> dict[str, Tensor]:
        return {f"weights/{name}": value for name, value in weights_of(dict(self.modules)).items()} | {
            f"average/{name}": value for name, value in weights_of(dict(self.average)).items()
        }

    def _settings(self) -> dict:
        settings = {name: value for name, value in asdict(self.config).items() if name not in FREE}
        return json.loads(json.dumps(settings | {"learning_rates": self.rates, "processes": self.workers.count}))

    def _save(self) -> None:
        if self.workers.rank == 0:
            about = {"step": self.done, "settings": self._settings()}
            write_tensors(self.folder / CHECKPOINT, self._state(), {"training": json.dumps(about)})
        self.workers.wait()
        self.saved = self.done

    def _resume(self) -> None:
        path = self.folder / CHECKPOINT
        with open_tensors(path) as file:
            about = header_json(path, file, "training")
            step, before = about.get("step"), about.get("settings")
            if not isinstance(step, int) or not isinstance(before, dict):
                raise BadInput(f"{path}: names no step and settings; allowed is a checkpoint of a training")
            wanted = {name: tuple(value.shape) for name, value in self._weights().items()}
            for name, parameter in self.parameters.items():  # one that no loss has used has no moments yet
                if f"optimiser/{name}/step" in file.keys():
                    shapes = {"step": (), "exp_avg": tuple(parameter.shape), "exp_avg_sq": tuple(parameter.shape)}
                    wanted |= {f"optimiser/{name}/{key}": shape for key, shape in shapes.items()}
            check_shapes(path, file, wanted)
            for name, value in self._settings().items():
                if before.get(name) != value:
                    raise BadInput(f"{path}: was trained with {name} {before.get(name)}, not {value}; allowed is the same, or "
                                   "another folder")  # fmt: skip
            for name, value in self._weights().items():
                value.copy_(file.get_tensor(name))
            for name, parameter in self.parameters.items():
                keys = [key for key in wanted if key.startswith(f"optimiser/{name}/")]
                if keys:  # AdamW counts its steps on the CPU
                    tensors = {key.rsplit("/", 1)[1]: file.get_tensor(key) for key in keys}
                    self.optimiser.state[parameter] = {
                        key: value if key == "step" else value.to(parameter.device) for key, value in tensors.items()
                    }
        self.done = self.saved = step
