"""Trains any modules by step functions: AdamW, schedules, clipping, accumulation, and losses that alternate."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from ...datagen.errors import BadInput
from .progress import Progress
from .settings import require, setting
from .training import Training

SCHEDULES = ("constant", "cosine")
PHASES = 1 << 40  # the stream of random numbers of the second phase; the first one's is the process's own
Step = Callable[[int, torch.Generator], dict[str, Tensor]]


@dataclass(frozen=True)
class TrainerConfig:
    """How to train; ``steps`` in all, of which one is ``accumulate`` calls of the step function."""

    steps: int = setting(1000, "steps in all, of which one is accumulate calls of the step function")
    learning_rate: float = setting(2e-4, "learning rate of AdamW")
    weight_decay: float = setting(0.0, "weight decay of AdamW")
    betas: tuple[float, float] = setting((0.9, 0.99), "decay of AdamW's moments")
    warmup: int = setting(50, "steps over which the learning rate rises from 0")
    schedule: str = setting(
        "constant", "of the learning rate after its rise: constant, or cosine, which falls to the end"
    )
    final: float = setting(0.0, "share of the learning rate at which a cosine ends")
    clip: float = setting(1.0, "largest norm of all gradients together; 0 clips nothing")
    ema: float = setting(0.999, "share of the average that a step keeps; 0 makes it the weights themselves")
    accumulate: int = setting(1, "calls of the step function in a step, whose gradients are averaged")
    precision: str = setting("fp32", "fp32, or bf16, which GPUs and newer processors know and others imitate slowly")
    save_every: int = setting(200, "steps between checkpoints")
    picture_every: int = setting(200, "steps between pictures; 0 draws none")
    seed: int = setting(0, "seed of everything that is drawn")
    seconds: float = setting(0.0, "of training in all runs together; 0 is no limit")

    @property
    def follows_steps(self) -> bool:
        """Whether the rate depends on how many steps there will be."""
        return self.schedule == "cosine"

    def __post_init__(self):
        least = {"steps": 0, "learning_rate": 0, "weight_decay": 0, "warmup": 0, "clip": 0, "accumulate": 1, "save_every": 1,
                 "picture_every": 0, "seed": 0, "seconds": 0}  # fmt: skip
        require(self, **{name: (low, math.inf) for name, low in least.items()})
        if not 0 <= self.ema < 1:
            raise BadInput(f"ema: {self.ema} is not allowed; allowed is 0 up to below 1")
        if not 0 <= self.final <= 1:
            raise BadInput(f"final: {self.final} is not allowed; allowed is 0 to 1")
        if self.schedule not in SCHEDULES:
            raise BadInput(f"schedule: {self.schedule} is not allowed; allowed are {', '.join(SCHEDULES)}")
        if self.precision not in ("fp32", "bf16"):
            raise BadInput(f"precision: {self.precision} is not allowed; allowed are fp32, bf16")


def average_decay(limit: float, number: int) -> float:
    """The share that the averaged weights keep in step ``number`` from 0: min(limit, (1 + n) / (10 + n))."""
    return min(limit, (1 + number) / (10 + number))


def share_of_rate(config: TrainerConfig, number: int) -> float:
    """The share of the learning rate in step ``number`` from 0: a linear rise, then level or half a cosine to the last step."""
    warm = min(1.0, (number + 1) / max(config.warmup, 1))
    if config.schedule == "constant":
        return warm
    gone = (number + 1 - config.warmup) / max(config.steps - config.warmup, 1)
    fall = 0.5 * (1 + math.cos(math.pi * min(max(gone, 0.0), 1.0)))
    return warm * (config.final + (1 - config.final) * fall)


@dataclass(frozen=True)
class Phase:
    """One of the losses that a training alternates: it teaches ``modules`` alone, at every ``every``-th step."""

    name: str
    step: Step
    modules: tuple[str, ...]
    betas: tuple[float, float] | None = None  # of its AdamW; the config's where they are not given
    every: int = 1


class Trainer(Training):
    """Minimises the losses that step functions return, by AdamW (arXiv 1711.05101).

    ``step(number, generator)`` returns scalars by name, of which "loss" is differentiated and the rest is logged. All its
    randomness comes from the generator, which lives on ``device``, or from torch's own generators (dropout), which are
    seeded too. With accumulation the calls of one step share one stream of random numbers and their gradients are
    averaged. ``learning_rates`` gives modules their own.

    In place of one step function there may be several phases, which take turns in every step, each with an optimiser, a
    clipped gradient and a stream of random numbers of its own; what they log has their names before it.
    """

    def __init__(
        self,
        folder: Path,
        modules: dict[str, nn.Module],
        step: Step | Sequence[Phase],
        config: TrainerConfig,
        pictures: Callable[[int], dict[str, Tensor]] | None = None,
        progress: Progress | None = None,
        learning_rates: dict[str, float] | None = None,
        saved: Callable[[dict[str, nn.Module]], None] | None = None,
    ):
        rates = learning_rates or {}
        if rates.keys() - modules.keys():
            raise BadInput(
                f"learning rate of {min(rates.keys() - modules.keys())}: is no module; allowed are {', '.join(modules)}"
            )
        super().__init__(
            folder, modules, config, pictures=pictures, saved=saved, progress=progress, precision=config.precision
        )
        self.alternates = isinstance(step, Sequence)
        self.phases = tuple(step) if isinstance(step, Sequence) else (Phase("", step, tuple(modules)),)
        taught = [name for phase in self.phases for name in phase.modules]
        if set(taught) - modules.keys() or len(taught) != len(set(taught)):
            raise ValueError(f"phases teach {', '.join(taught)}; allowed is each of {', '.join(modules)} once at most")
        self.rates = {name: rates.get(name, config.learning_rate) for name in modules}
        self.optimisers = tuple(map(self._optimiser, self.phases))

    def _optimiser(self, phase: Phase) -> torch.optim.AdamW:
        # A parameter that modules share is trained once, at the rate of the first of them.
        groups = [
            {"params": [p for key, p in self.parameters.items() if key.split(".")[0] == name], "lr": rate, "rate": rate}
            for name, rate in self.rates.items()
            if name in phase.modules
        ]
        return torch.optim.AdamW([group for group in groups if group["params"]], betas=phase.betas or self.config.betas,
                                 weight_decay=self.config.weight_decay)  # fmt: skip

    def settings(self) -> dict:
        """The config, the modules' rates, the steps where the rate depends on them, and the phases where they alternate."""
        found = super().settings() | {"learning_rates": self.rates}
        if self.config.follows_steps:
            found |= {"steps": self.config.steps}
        if self.alternates:
            found |= {"phases": [[p.name, list(p.modules), p.every, list(p.betas or ())] for p in self.phases]}
        return found

    def advance(self) -> dict[str, float]:
        """Take one step of the optimisers; the step functions' scalars, the gradients' norms and the rate."""
        numbers = self.descend_all()
        if self.alternates:
            numbers["loss"] = sum(value for name, value in numbers.items() if name.endswith("_loss"))
        self.update_average(average_decay(self.config.ema, self.done))
        return numbers | {"learning_rate": self.optimisers[0].param_groups[0]["lr"]}

    def share(self) -> float:
        """The share of the learning rates in the step that is next."""
        return share_of_rate(self.config, self.done)

    def descend_all(self, stream: int = 0) -> dict[str, float]:
        """Let every phase that is due take its step; ``stream`` sets its random numbers apart from those of others."""
        numbers: dict[str, float] = {}
        share = self.share()
        for index, (phase, optimiser) in enumerate(zip(self.phases, self.optimisers, strict=True)):
            if self.done % phase.every == 0:
                found = self._descend(phase, optimiser, stream + self.workers.rank + index * PHASES, share)
                numbers |= (
                    {f"{phase.name}_{name}": value for name, value in found.items()} if self.alternates else found
                )
        return numbers

    def _descend(self, phase: Phase, optimiser: torch.optim.Optimizer, stream: int, share: float) -> dict[str, float]:
        """One step of a phase; its scalars and the norm of its gradient."""
        config, totals = self.config, dict[str, Tensor]()
        own = {p for group in optimiser.param_groups for p in group["params"]}
        others = [p for p in self.parameters.values() if p not in own]
        for parameter in others:
            parameter.requires_grad_(False)
        try:
            with self.randomness(stream) as generator:
                for _ in range(config.accumulate):
                    with self.workers.autocast():
                        values = phase.step(self.done, generator)
                    (values["loss"] / config.accumulate).backward()
                    for name, value in values.items():
                        totals[name] = totals.get(name, 0) + value.detach().float() / config.accumulate
        finally:
            for parameter in others:
                parameter.requires_grad_(True)
        means = self.workers.mean(torch.stack([value.to(self.device) for value in totals.values()]))
        numbers = dict(zip(totals, means.tolist(), strict=True))
        for group in optimiser.param_groups:
            group["lr"] = group["rate"] * share
        numbers["gradient"] = self.descend(optimiser, numbers["loss"], config.clip)
        optimiser.zero_grad(set_to_none=True)
        return numbers
