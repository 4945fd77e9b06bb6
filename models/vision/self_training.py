"""FST: self-training that learns from the future (arXiv 2209.06993). A teacher is averaged from steps that the student has not taken.

Each step the student goes ahead, the teacher is moved towards where it got, the student is put back exactly as it was, and
then takes its real step with the labels that this teacher gives to pictures without any.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ...datagen.errors import BadInput
from ...datagen.labels import IGNORE
from ..core.settings import require, setting
from ..core.trainer import Trainer

WAYS = ("deep", "wide", "past")
AHEAD = 1 << 41  # the streams of random numbers of steps ahead, apart from those of real ones


@dataclass(frozen=True)
class SelfTrainingConfig:
    """Learning from photographs without labels; without a folder of them nothing of it is done."""

    photographs: str = setting("", "folder of photographs of faces that it learns from too; empty for none")
    way: str = setting(
        "deep", "deep: steps ahead one after another; wide: several apart from each other; past: none, a mean teacher"
    )
    ahead: int = setting(1, "steps ahead")
    keep: float = setting(0.99, "share of the teacher that a step keeps")
    sure: float = setting(0.968, "probability from which a pixel's label counts as sure")
    weight: float = setting(1.0, "weight of the teacher's labels")
    batch: int = setting(8, "photographs in a step")

    def __post_init__(self):
        if self.way not in WAYS:
            raise BadInput(f"way: {self.way} is not allowed; allowed are {', '.join(WAYS)}")
        require(self, ahead=(1, 1000), batch=(1, math.inf), sure=(0, 1), weight=(0, math.inf))
        if not 0 <= self.keep < 1:
            raise BadInput(f"keep: {self.keep} is not allowed; allowed is 0 up to below 1")


class Snapshot:
    """All of a training that a step changes, but for its average: weights, running statistics, the optimisers' states."""

    def __init__(self, trainer: Trainer):
        self.trainer = trainer
        self.weights = {name: value.clone() for name, value in trainer.modules.state_dict().items()}
        self.states = [copy.deepcopy(optimiser.state_dict()) for optimiser in trainer.optimisers]

    @torch.no_grad()
    def put_back(self) -> None:
        """Give the training back as it was, bit for bit; parameters stay the tensors that optimisers know."""
        for name, value in self.trainer.modules.state_dict().items():
            value.copy_(self.weights[name])
        for optimiser, state in zip(self.trainer.optimisers, self.states, strict=True):
            optimiser.load_state_dict(copy.deepcopy(state))


class FutureTrainer(Trainer):
    """A trainer whose teacher is averaged from steps ahead of the student's.

    ``teacher`` begins as the student, the module named "net", and is part of the checkpoint as one of ``stateful``. Step
    functions may ask it for labels at any time: in a real step it knows of the steps ahead.
    """

    def __init__(self, *arguments, teaching: SelfTrainingConfig, teacher: nn.Module, **options):
        super().__init__(*arguments, **options)
        self.teaching, self.teacher = teaching, teacher.to(self.device).requires_grad_(False)
        self.stateful = {**self.stateful, "teacher": teacher}

    def settings(self) -> dict:
        """The trainer's, and how it teaches itself."""
        return super().settings() | {"self_training": [self.teaching.way, self.teaching.ahead, self.teaching.keep]}

    def advance(self) -> dict[str, float]:
        """Look ahead, come back, take the real step."""
        way, keep = self.teaching.way, min(1 - 1 / (self.done + 1), self.teaching.keep)
        if way == "past":
            found = super().advance()
            self.average_teacher(dict(self.modules["net"].state_dict()), keep)
            return found
        before = Snapshot(self)
        reached: list[dict[str, Tensor]] = []
        for number in range(self.teaching.ahead):
            self.descend_all(AHEAD + (number << 42))
            if way == "deep":
                self.average_teacher(dict(self.modules["net"].state_dict()), keep)
            else:
                reached.append({name: value.clone() for name, value in self.modules["net"].state_dict().items()})
                before.put_back()
        before.put_back()
        if reached:  # the mean of all places that were reached
            mean = {n: torch.stack([each[n] for each in reached]).float().mean(0).to(v) for n, v in reached[0].items()}
            self.average_teacher(mean, keep)
        return super().advance()

    @torch.no_grad()
    def average_teacher(self, weights: dict[str, Tensor], keep: float) -> None:
        """Move the teacher towards weights; numbers that count are taken over."""
        for name, value in self.teacher.state_dict().items():
            value.lerp_(weights[name], 1 - keep) if value.is_floating_point() else value.copy_(weights[name])


def pseudo_labels(logits: Tensor, sure: float) -> tuple[Tensor, Tensor]:
    """The classes uint8 (B, h, w) that a teacher gives to pictures, and the share (B,) of their pixels that it is sure of."""
    best, classes = logits.softmax(1).max(1)
    return classes.to(torch.uint8), (best >= sure).float().mean((1, 2))


def class_mixed(
    pictures: Tensor, parts: Tensor, others: Tensor, other_parts: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Half of the classes of each labelled picture laid over another one, with their labels (ClassMix, arXiv 2007.07936).

    Pictures (B, 3, H, W), parts uint8 (B, h, w) of an edge that divides theirs; the pictures, the parts, and which pixels (B, h,
    w) are of the labelled ones.
    """
    taken = []
    for part in parts:
        there = [int(number) for number in part.unique() if number != IGNORE]
        order = torch.randperm(len(there), generator=generator, device=generator.device).tolist()
        chosen = torch.tensor([there[i] for i in order[: (len(there) + 1) // 2]], dtype=torch.uint8, device=part.device)
        taken.append(torch.isin(part, chosen))
    mask = torch.stack(taken)
    factor = pictures.shape[-1] // parts.shape[-1]
    large = mask.repeat_interleave(factor, 1).repeat_interleave(factor, 2)[:, None]
    return torch.where(large, pictures, others), torch.where(mask, parts, other_parts), mask
