"""Visits: one decoder for many people, a few of whom are fitted at a time, without forgetting those before (arXiv 2407.06938)."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import cast

import torch
from torch import Tensor, nn

from ..core.settings import require, setting

MEASURED = 16  # last steps of a visit by whose gradients it is told which weights matter to who is visited
HELD = 0.5  # share of what earlier rounds hold that is left when a round begins: who is visited again is held anew


@dataclass(frozen=True)
class ReplayConfig:
    """How people are visited; one round is the order that lets the decoder forget."""

    rounds: int = setting(10, "in which everybody is visited once; the paper's are 30")
    slowing: float = setting(0.5, "the planes' rate in round r is divided by 1 + slowing r; the paper's is 10")
    within: float = setting(0.1, "share of the planes' rate at which a visit ends")
    weight: float = setting(
        0.1, "of the consolidation of the decoder's weights, a mean over what is held; 0 leaves it out"
    )

    def __post_init__(self):
        require(self, rounds=(1, math.inf), slowing=(0, math.inf), within=(0, 1), weight=(0, math.inf))


class Consolidation:
    """Holds a network's weights where they matter to people: sum over people k of F_k (theta - theta_k)^2, weight by weight.

    F_k is a diagonal of the Fisher information and theta_k the weights when k was left (arXiv 1612.00796, and 2407.06938 for
    people). Its gradient, 2 (theta sum F_k - sum F_k theta_k), needs the two sums alone and is exact, so memory does not grow
    with the number of people.
    """

    def __init__(self, network: nn.Module):
        self.matters = {name: torch.zeros_like(weight) for name, weight in network.named_parameters()}  # sum F_k
        self.pull = {name: torch.zeros_like(weight) for name, weight in network.named_parameters()}  # sum F_k theta_k

    @torch.no_grad()
    def add(self, network: nn.Module, fisher: dict[str, Tensor]) -> None:
        """Hold the weights as they are now for one more, to whom they matter by ``fisher``."""
        for name, weight in network.named_parameters():
            self.matters[name] += fisher[name]
            self.pull[name] += fisher[name] * weight

    def fade(self, share: float) -> None:
        """Leave a share of what is held."""
        for held in (*self.matters.values(), *self.pull.values()):
            held *= share

    @torch.no_grad()
    def gradient(self, network: nn.Module) -> dict[str, Tensor]:
        """The gradient of the sum at the network's weights."""
        return {
            name: 2 * (self.matters[name] * weight - self.pull[name]) for name, weight in network.named_parameters()
        }

    def state(self) -> dict[str, Tensor]:
        """The tensors that a checkpoint needs."""
        rows = {"matters": self.matters, "pull": self.pull}
        return {f"held.{kind}.{name}": value for kind, held in rows.items() for name, value in held.items()}


class Together:
    """The order in which everybody is fitted at once: random people in each step, rates that fall as a cosine."""

    about = ""

    def __init__(self, count: int, at_once: int, steps: int):
        self.count, self.at_once, self.steps = count, at_once, steps

    def who(self, number: int, generator: torch.Generator) -> Tensor:
        """The people of a step."""
        return torch.randperm(self.count, generator=generator)[: self.at_once]

    def rates(self, number: int) -> tuple[float, float]:
        """The shares of the planes' and of the decoder's rate in a step."""
        fade = 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * number / self.steps))
        return fade, fade

    def before(self, number: int, decoder: nn.Module) -> None:
        """Change the gradients of a step before the decoder moves."""

    def after(self, number: int, decoder: nn.Module) -> None:
        """Take note of a step that the decoder has taken."""

    def state(self) -> dict[str, Tensor]:
        """The tensors that a checkpoint needs."""
        return {}


class Replay(Together):
    """Task replay: people are left long before their planes have converged, and visited again round after round.

    A visit is of ``at_once`` people and as long as ``steps`` allow for all visits of all rounds; each round has an order of
    its own. The Fisher information of a visit is the mean squared gradient of its last steps, scaled to a mean of 1 over all
    weights, so that ``weight`` means the same whatever the size of the loss. It is that of the mean over the visits that are held,
    and divided by the rounds: a short visit knows little of where the weights should be (see ``strength``).
    """

    def __init__(self, count: int, at_once: int, steps: int, seed: int, config: ReplayConfig, decoder: nn.Module):
        super().__init__(count, at_once, steps)
        self.seed, self.config, self.about = seed, config, json.dumps(asdict(config))
        self.groups = -(-count // at_once)
        self.visit = max(steps // (config.rounds * self.groups), 1)  # steps
        self.held = Consolidation(decoder)
        self.squares = {name: torch.zeros_like(weight) for name, weight in decoder.named_parameters()}

    def who(self, number: int, generator: torch.Generator) -> Tensor:
        round_, group = divmod(number // self.visit, self.groups)
        order = torch.randperm(self.count, generator=torch.Generator().manual_seed(self.seed * 1_000_003 + round_))
        return order[group * self.at_once : (group + 1) * self.at_once]

    def rates(self, number: int) -> tuple[float, float]:
        visit, step = divmod(number, self.visit)
        slowed = 1 + self.config.slowing * (visit // self.groups)
        return self.config.within ** (step / self.visit) / slowed, 1.0

    def strength(self, number: int) -> float:
        """By what the gradient of the held sum is multiplied in a step: weight / (rounds * visits that are held).

        Of r rounds that are done, groups * (HELD + … + HELD^r) visits are left, and those of this round count whole. The sum
        itself grows with the people, up to groups / (1 - HELD) visits in a round, and would hold the decoder where the
        first, short visits left it.
        """
        rounds, own = divmod(number // self.visit, self.groups)
        visits = own + self.groups * HELD * (1 - HELD**rounds) / (1 - HELD)
        return self.config.weight / (self.config.rounds * visits) if visits else 0.0

    @torch.no_grad()
    def before(self, number: int, decoder: nn.Module) -> None:
        visit, step = divmod(number, self.visit)
        if not self.config.weight:
            return
        if step == 0:
            for square in self.squares.values():
                square.zero_()
            if visit and visit % self.groups == 0:
                self.held.fade(HELD)
        gradient, strength = self.held.gradient(decoder), self.strength(number)
        for name, weight in decoder.named_parameters():
            own = cast(Tensor, weight.grad)
            if step >= self.visit - MEASURED:
                self.squares[name] += own.square()
            own += strength * gradient[name]

    def after(self, number: int, decoder: nn.Module) -> None:
        if self.config.weight and (number + 1) % self.visit == 0:
            mean = torch.cat([square.flatten() for square in self.squares.values()]).mean().clamp(min=1e-30)
            self.held.add(decoder, {name: square / mean for name, square in self.squares.items()})

    def state(self) -> dict[str, Tensor]:
        return self.held.state() | {f"squares.{name}": square for name, square in self.squares.items()}
