"""Trains any modules by any step function: one loss, AdamW, a warm-up, clipping, accumulation."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from ...datagen.errors import BadInput
from .progress import Progress
from .training import Training


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
    seconds: float = 0.0  # of training in all runs together; 0 is no limit

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


class Trainer(Training):
    """Minimises the loss that a step function returns, by AdamW (arXiv 1711.05101).

    ``step(number, generator)`` returns scalars by name, of which "loss" is differentiated and the rest is logged. All its
    randomness comes from the generator, which lives on ``device``, or from torch's own generators (dropout), which are
    seeded too. With accumulation the calls of one step share one stream of random numbers and their gradients are
    averaged. ``learning_rates`` gives modules their own.
    """

    def __init__(
        self,
        folder: Path,
        modules: dict[str, nn.Module],
        step: Callable[[int, torch.Generator], dict[str, Tensor]],
        config: TrainerConfig,
        pictures: Callable[[int], dict[str, Tensor]] | None = None,
        progress: Progress | None = None,
        learning_rates: dict[str, float] | None = None,
    ):
        rates = learning_rates or {}
        if rates.keys() - modules.keys():
            raise BadInput(
                f"learning rate of {min(rates.keys() - modules.keys())}: is no module; allowed are {', '.join(modules)}"
            )
        super().__init__(folder, modules, config, pictures=pictures, progress=progress, precision=config.precision)
        self.step = step
        self.rates = {name: rates.get(name, config.learning_rate) for name in modules}
        # A parameter that modules share is trained once, at the rate of the first of them.
        groups = [
            {"params": [p for key, p in self.parameters.items() if key.split(".")[0] == name], "lr": rate, "rate": rate}
            for name, rate in self.rates.items()
        ]
        self.optimiser = torch.optim.AdamW(
            [group for group in groups if group["params"]], betas=config.betas, weight_decay=config.weight_decay
        )
        self.optimisers = (self.optimiser,)

    def settings(self) -> dict:
        """The config, and the modules' rates."""
        return super().settings() | {"learning_rates": self.rates}

    def advance(self) -> dict[str, float]:
        """Take one step of the optimiser; the step function's scalars, the gradient's norm and the rate."""
        number, config = self.done, self.config
        totals: dict[str, Tensor] = {}
        with self.randomness(self.workers.rank) as generator:
            for _ in range(config.accumulate):
                with self.workers.autocast():
                    values = self.step(number, generator)
                (values["loss"] / config.accumulate).backward()
                for name, value in values.items():
                    totals[name] = totals.get(name, 0) + value.detach().float() / config.accumulate
        parameters = list(self.parameters.values())
        self.workers.average_gradients(parameters)
        norm = nn.utils.clip_grad_norm_(parameters, config.clip or math.inf)
        means = self.workers.mean(torch.stack([value.to(self.device) for value in totals.values()]))
        numbers = dict(zip(totals, means.tolist(), strict=True)) | {"gradient": norm.item()}
        self.require_finite({"loss": numbers["loss"], "norm of the gradient": numbers["gradient"]})
        warm = min(1.0, (number + 1) / max(config.warmup, 1))
        for group in self.optimiser.param_groups:
            group["lr"] = group["rate"] * warm
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.update_average(average_decay(config.ema, number))
        return numbers | {"learning_rate": self.optimiser.param_groups[0]["lr"]}
