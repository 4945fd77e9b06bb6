"""What every training shares: seeds, averaged weights, checkpoints that resume bit for bit, logs, pictures, its end."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, fields
from pathlib import Path
from typing import ClassVar, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from ...datagen.errors import BadInput, Unfinished
from .checkpoint import check_shapes, header_json, open_tensors, weights_of, write_tensors
from .progress import Progress
from .settings import LARGEST, LATER
from .training_log import TrainingLog
from .workers import Workers

CHECKPOINT = "training.safetensors"
PICTURES = 1 << 32  # the stream of random numbers that pictures draw from, apart from those of all processes
Net = TypeVar("Net", bound=nn.Module)


class TrainingConfig(Protocol):
    """What a frozen dataclass must say for a training of it; see TrainerConfig."""

    steps: int  # in all
    seconds: float  # of training in all runs together; 0 is no limit
    save_every: int  # steps
    picture_every: int  # steps; 0 draws none
    seed: int


class Stateful(Protocol):
    """What has tensors that a checkpoint must hold, but no weights to be trained or averaged."""

    def state_dict(self) -> dict[str, Tensor]:
        """The tensors by name."""

    def load_state_dict(self, state: dict[str, Tensor]) -> object:
        """Take them back."""


def seeded(make: Callable[[], Net], seed: int) -> Net:
    """Make a network whose first weights depend on the seed alone."""
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        return make()


class Training:
    """Advances modules step by step until its steps or seconds are used up; a subclass says what a step is.

    A subclass makes ``optimisers`` and has ``advance``. All randomness of a step comes from (config.seed, its number),
    so a training that was stopped goes on as if it had not been. Modules named in ``averaged`` (all by default) have
    averaged weights. ``pictures(number)`` returns pictures (3, H, W) in 0…1 by name, drawn with the averaged weights in
    the modules; ``saved(ema modules)`` is called after each checkpoint; ``progress`` is told of each step.

    The modules are moved to ``device`` in place; tensors made in a step are there unless they say otherwise.
    """

    free: ClassVar[set[str]] = {
        "steps",
        "seconds",
        "save_every",
        "picture_every",
    }  # may differ between runs of a training
    optimisers: Sequence[torch.optim.Optimizer]

    def __init__(
        self,
        folder: Path,
        modules: dict[str, nn.Module],
        config: TrainingConfig,
        averaged: Sequence[str] | None = None,
        stateful: dict[str, Stateful] | None = None,
        pictures: Callable[[int], dict[str, Tensor]] | None = None,
        saved: Callable[[dict[str, nn.Module]], None] | None = None,
        progress: Progress | None = None,
        precision: str = "fp32",
    ):
        self.folder, self.config = Path(folder), config
        self.pictures, self.saved, self.progress = pictures, saved, progress
        self.stateful = stateful or {}
        self.workers = Workers(precision)
        self.device = self.workers.device
        self.modules = nn.ModuleDict(modules).to(self.device)
        self.workers.same_start(self.modules)
        names = list(modules) if averaged is None else averaged
        # One copy of all of them, so that what they share is shared by the averages too.
        self.average = copy.deepcopy(nn.ModuleDict({name: modules[name] for name in names}))
        self.average.requires_grad_(False).eval()
        self.parameters = {name: p for name, p in self.modules.named_parameters() if p.requires_grad}
        self.done, self.spent = 0, 0.0  # steps, seconds
        self.kept: int | None = None  # the step of the last good checkpoint

    def advance(self) -> dict[str, float]:
        """Take one step; what is logged, of which "loss" is one."""
        raise NotImplementedError

    def settings(self) -> dict:
        """What must be the same in all runs of a training, as JSON values."""
        later = {row.name for row in fields(self.config) if row.metadata.get(LATER)}  # type: ignore[arg-type]
        return {name: value for name, value in asdict(self.config).items() if name not in self.free | later}

    @property
    def over(self) -> bool:
        """Whether the steps or the time that the config allows are used up."""
        return self.done >= self.config.steps or 0 < self.config.seconds <= self.spent

    def run(self) -> None:
        """Train until it is over, from the folder's checkpoint if it has one.

        Raises Unfinished where a loss or a gradient is not finite, with the last good checkpoint left as it is, and
        BadInput where the folder's checkpoint is of other modules or of another config.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if (self.folder / CHECKPOINT).is_file():
            self._resume()
        if self.over:
            return
        self.modules.train()
        with TrainingLog(self.folder, self.done, self.config.steps, self.progress, self.workers.rank == 0) as log:
            while not self.over:
                started = time.monotonic()
                log.tell(self.done, self.advance())
                self.done += 1
                self.spent += time.monotonic() - started
                if self.config.seconds:  # all processes end in the same step
                    self.spent = self.workers.mean(torch.tensor(self.spent, device=self.device)).item()
                every = self.config.picture_every
                if self.pictures and every and (self.over or not self.done % every):
                    self._draw(log)
                if self.over or not self.done % self.config.save_every:
                    self._save()

    def ema_modules(self) -> dict[str, nn.Module]:
        """The modules with averaged weights, to be used and not to be trained."""
        return dict(self.average.items())

    @contextmanager
    def randomness(self, stream: int) -> Iterator[torch.Generator]:
        """A generator for this step and stream; torch's own ones are seeded too and given back as they were."""
        seeds = np.random.SeedSequence([self.config.seed, self.done, stream]).generate_state(2, np.uint64) >> 1
        gpu = self.device.type == "cuda"
        with torch.random.fork_rng([self.device] if gpu else []), self.device if gpu else nullcontext():
            torch.manual_seed(int(seeds[0]))
            yield torch.Generator(self.device).manual_seed(int(seeds[1]))

    def descend(self, optimiser: torch.optim.Optimizer, loss: float, clip: float = 0.0, whose: str = "") -> float:
        """Take a step of an optimiser by the gradients that a backward pass left, averaged over processes; their norm.

        ``clip`` is their largest norm, 0 clips nothing. Raises Unfinished before the step where ``loss``, which they are of,
        or the norm is not finite; ``whose`` stands before their names.
        """
        parameters = [p for group in optimiser.param_groups for p in group["params"]]
        self.workers.average_gradients(parameters)
        norm = nn.utils.clip_grad_norm_(parameters, clip or math.inf).item()
        self.require_finite({f"{whose}loss": loss, f"norm of the {whose}gradient": norm})
        optimiser.step()
        return norm

    def require_finite(self, numbers: dict[str, float]) -> None:
        """Raise Unfinished, which tells of the last checkpoint, unless all numbers are finite."""
        for words, value in numbers.items():
            if not math.isfinite(value):
                kept = f"the checkpoint of step {self.kept} is kept" if self.kept else "there is no checkpoint yet"
                raise Unfinished(f"{self.folder}: the {words} is {value} in step {self.done + 1}; {kept}")

    @torch.no_grad()
    def update_average(self, decay: float) -> None:
        """Move the averaged weights towards those that are trained; ``decay`` is what they keep of themselves."""
        for value, average in self._pairs("parameters"):
            average.lerp_(value, 1 - decay)
        for value, average in self._pairs("buffers"):
            average.copy_(value)  # running statistics are averages already

    def _pairs(self, kind: str) -> Iterator[tuple[Tensor, Tensor]]:
        trained = nn.ModuleDict({name: self.modules[name] for name in self.average})
        return zip(getattr(trained, kind)(), getattr(self.average, kind)(), strict=True)

    def _draw(self, log: TrainingLog) -> None:
        training = {module: module.training for module in self.modules.modules()}
        self._swap()
        self.modules.eval()
        try:
            with torch.no_grad(), self.randomness(PICTURES):
                log.show(self.done, self.pictures(self.done))
        finally:
            self._swap()
            for module, flag in training.items():
                module.training = flag

    def _swap(self) -> None:
        """Exchange the memory of weights and averages; the parameters stay the ones that the optimisers know."""
        for kind in ("parameters", "buffers"):
            for value, average in self._pairs(kind):
                value.data, average.data = average.data, value.data

    def _optimiser_states(self) -> dict[str, dict]:
        """By a parameter's name, the optimiser's state of it; the one that knows it."""
        of = {
            p: optimiser for optimiser in self.optimisers for group in optimiser.param_groups for p in group["params"]
        }
        return {name: of[p].state for name, p in self.parameters.items() if p in of}

    def _state(self) -> dict[str, Tensor]:
        moments = {
            f"optimiser/{name}/{key}": value
            for name, states in self._optimiser_states().items()
            for key, value in states.get(self.parameters[name], {}).items()
        }
        return self._weights() | self._other() | moments

    def _weights(self) -> dict[str, Tensor]:
        return {f"weights/{name}": value for name, value in weights_of(dict(self.modules)).items()} | {
            f"average/{name}": value for name, value in weights_of(dict(self.average)).items()
        }

    def _other(self) -> dict[str, Tensor]:
        return {f"state/{part}/{n}": v for part, one in self.stateful.items() for n, v in one.state_dict().items()}

    def _settings(self) -> dict:
        return json.loads(json.dumps(self.settings() | {"processes": self.workers.count}))

    def _save(self) -> None:
        if self.workers.rank == 0:
            about = {"step": self.done, "seconds": self.spent, "settings": self._settings()}
            write_tensors(self.folder / CHECKPOINT, self._state(), {"training": json.dumps(about)})
            if self.saved:
                self.saved(self.ema_modules())
        self.workers.wait()
        self.kept = self.done

    @torch.no_grad()
    def _resume(self) -> None:
        path = self.folder / CHECKPOINT
        states = self._optimiser_states()
        with open_tensors(path) as file:
            about = header_json(path, file, "training")
            step, before, spent = about.get("step"), about.get("settings"), about.get("seconds", 0.0)
            whole = type(step) is int and 0 <= step <= LARGEST and type(spent) in (int, float) and 0 <= spent <= LARGEST
            if not whole or not isinstance(before, dict):
                raise BadInput(f"{path}: names no step, seconds and settings; allowed is a checkpoint of a training")
            held = self._weights() | self._other()
            wanted = {name: tuple(value.shape) for name, value in held.items()}
            for name in states:  # a parameter that no loss has used has no moments yet
                if f"optimiser/{name}/step" in file.keys():
                    shape = tuple(self.parameters[name].shape)
                    shapes = {"step": (), "exp_avg": shape, "exp_avg_sq": shape}
                    wanted |= {f"optimiser/{name}/{key}": shape for key, shape in shapes.items()}
            check_shapes(path, file, wanted)
            known = {row.name: row.default for row in fields(self.config)}  # type: ignore[arg-type]
            for name, value in self._settings().items():
                if before.get(name, known.get(name)) != value:  # an older version had no such field
                    raise BadInput(f"{path}: was trained with {name} {str(before.get(name))[:300]}, not {value}; allowed is the same, or "
                                   "another folder")  # fmt: skip
            for name, value in self._weights().items():
                value.copy_(file.get_tensor(name))
            for part, one in self.stateful.items():
                one.load_state_dict(
                    {n: file.get_tensor(f"state/{part}/{n}").to(v) for n, v in one.state_dict().items()}
                )
            for name, state in states.items():
                keys = [key for key in ("step", "exp_avg", "exp_avg_sq") if f"optimiser/{name}/{key}" in wanted]
                if keys:  # Adam counts its steps on the CPU
                    tensors = {key: file.get_tensor(f"optimiser/{name}/{key}") for key in keys}
                    device = self.parameters[name].device
                    state[self.parameters[name]] = {k: v if k == "step" else v.to(device) for k, v in tensors.items()}
        self.done = self.kept = step
        self.spent = float(spent)
