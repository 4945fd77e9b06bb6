"""Diffusion of tokens that are replaced and masked: its matrices and posteriors in closed form (VQ-Diffusion, arXiv 2111.14822)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

KEPT = (0.99999, 0.000009)  # probability that a token is still itself after the first and the last step
MASKED = (0.000009, 0.99999)  # that it is masked
TINY = 1e-30


class Rates(NamedTuple):
    """A step's probabilities, each (...): that a token stays, beyond chance; that it becomes a certain one; that it is masked."""

    stay: Tensor
    replace: Tensor
    mask: Tensor


@dataclass(frozen=True)
class MaskAndReplace:
    """The process of ``steps`` steps over ``codes`` tokens and the mask, which is number ``codes`` and stays one.

    Steps are numbered 1…steps; 0 is before the first. Numbers straight between both ends add up over steps.
    """

    codes: int
    steps: int = 100

    @property
    def _levels(self) -> tuple[Tensor, Tensor]:
        """The probabilities (steps + 1,) of being kept and of being masked after each step."""
        ends = []
        for nothing, (first, last) in ((1.0, KEPT), (0.0, MASKED)):
            line = torch.linspace(first, last, self.steps, dtype=torch.float64)
            ends.append(torch.cat([torch.tensor([nothing], dtype=torch.float64), line]))
        return ends[0], ends[1]

    def between(self, before: Tensor, t: Tensor) -> Rates:
        """The rates of all steps after ``before`` up to ``t`` (both (...)) as one; from 0 the cumulative ones."""
        kept, masked = (level.to(t.device) for level in self._levels)
        stay = kept[t] / kept[before]
        mask = 1 - (1 - masked[t]) / (1 - masked[before])
        return Rates(*(rate.float() for rate in (stay, (1 - stay - mask).clamp(min=0) / self.codes, mask)))

    def matrix(self, before: int, t: int) -> Tensor:
        """The transition (codes + 1, codes + 1): in column n what a token n before may be at t."""
        rates = self.between(torch.tensor(before), torch.tensor(t))
        found = torch.zeros(self.codes + 1, self.codes + 1)
        found[:-1, :-1] = rates.stay * torch.eye(self.codes) + rates.replace
        found[-1, :-1], found[-1, -1] = rates.mask, 1.0
        return found

    def noised(self, tokens: Tensor, t: Tensor, generator: torch.Generator) -> Tensor:
        """Tokens (B, n) as they may be after t (B,) steps."""
        stay, _, mask = (rate[:, None] for rate in self.between(torch.zeros_like(t), t))
        lot = torch.rand(tokens.shape, generator=generator, device=tokens.device)
        other = torch.randint(self.codes, tokens.shape, generator=generator, device=tokens.device)
        found = torch.where(lot < stay, tokens, other)
        return torch.where(lot >= 1 - mask, self.codes, found)

    def posterior(self, guess: Tensor, now: Tensor, before: Tensor, t: Tensor) -> Tensor:
        """The probabilities (B, n, codes + 1) of tokens at ``before`` (B,), where ``now`` (B, n) is so at t (B,).

        ``guess`` (B, n, codes) are those of the first token: the sum over first tokens of their probability times the
        posterior that each of them gives.
        """
        first, step, far = (
            Rates(*(rate[:, None, None] for rate in rates))
            for rates in (self.between(torch.zeros_like(before), before), self.between(before, t), self.between(torch.zeros_like(t), t))
        )  # fmt: skip
        hidden = (now == self.codes)[..., None]
        same = torch.nn.functional.one_hot(now.clamp(max=self.codes - 1), self.codes).to(guess) * ~hidden
        share = guess / torch.where(hidden, far.mask, far.stay * same + far.replace).clamp(min=TINY)
        total = share.sum(-1, keepdim=True)
        became = torch.where(hidden, step.mask, step.stay * same + step.replace)  # how likely each becomes what is now
        codes = became * (first.stay * share + first.replace * total)
        mask = torch.where(hidden, first.mask * total, torch.zeros_like(total))
        found = torch.cat([codes, mask], -1)
        return found / found.sum(-1, keepdim=True).clamp(min=TINY)

    def losses(self, logits: Tensor, tokens: Tensor, noised: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        """Of logits (B, n, codes) of the first tokens, in nats a token (B,): the term of the bound of step t, and the cross-entropy.

        The term is the divergence of the true posterior from the predicted one, of the first step the cross-entropy.
        """
        logarithms = logits.float().log_softmax(-1)
        cross = -logarithms.gather(-1, tokens[..., None])[..., 0].mean(1)
        truth = torch.nn.functional.one_hot(tokens, self.codes).to(logarithms)
        true, found = (self.posterior(guess, noised, t - 1, t) for guess in (truth, logarithms.exp()))
        apart = (torch.xlogy(true, true) - true * found.clamp(min=TINY).log()).sum(-1).mean(1)
        return torch.where(t == 1, cross, apart), cross


def truncated(probabilities: Tensor, share: float) -> Tensor:
    """Probabilities (..., K) of the likeliest alone, the fewest that make up ``share``; they sum to 1 again."""
    ordered, index = probabilities.sort(-1, descending=True)
    kept = torch.where(ordered.cumsum(-1) - ordered < share, ordered, torch.zeros_like(ordered))
    found = torch.zeros_like(probabilities).scatter(-1, index, kept)
    return found / found.sum(-1, keepdim=True)


def _drawn(probabilities: Tensor, generator: torch.Generator) -> Tensor:
    """A number (B, n) of each row of (B, n, K)."""
    return torch.multinomial(probabilities.flatten(0, 1), 1, generator=generator).reshape(probabilities.shape[:2])


@torch.no_grad()
def draw(process: MaskAndReplace, guess: Callable[[Tensor, Tensor], Tensor], count: int, places: int, steps: int,
         generator: torch.Generator, purity: float | None = None, callback: Callable[[int, int], None] | None = None) -> Tensor:  # fmt: skip
    """Tokens (count, places) from masks alone, in ``steps`` strides; ``guess`` gives probabilities of the first tokens at t.

    With ``purity`` a stride unmasks as many tokens as the process says, those of peaked guesses more often, drawn of guesses
    to the power of 1 + purity × peak, and replaces none (high-quality inference, arXiv 2205.16007).
    """
    tokens = torch.full((count, places), process.codes)
    times = torch.linspace(process.steps, 0, steps + 1).round().long()
    for done, (now, before) in enumerate(zip(times, times[1:], strict=False), 1):
        t, s = now.expand(count), before.expand(count)
        guesses = guess(tokens, t)
        if purity is None:
            tokens = _drawn(process.posterior(guesses, tokens, s, t), generator)
        else:
            left = int(places * float(process.between(torch.tensor(0), before).mask)) if before else 0
            tokens = _purest(process, tokens, guesses, left, purity, generator)
        if callback:
            callback(done, steps)
    return tokens


def _purest(
    process: MaskAndReplace, tokens: Tensor, guesses: Tensor, left: int, purity: float, generator: torch.Generator
) -> Tensor:
    """Tokens of which all but ``left`` are known, chosen as often as their guesses are peaked."""
    hidden = tokens == process.codes
    reveal = int(hidden[0].sum()) - left
    if reveal <= 0:
        return tokens
    peak = guesses.amax(-1)
    sharp = guesses.clamp(min=TINY).log() * (1 + purity * peak[..., None])
    drawn = _drawn(sharp.softmax(-1), generator)
    shown = torch.multinomial(torch.where(hidden, peak, 0.0), reveal, generator=generator)
    return tokens.scatter(1, shown, drawn.gather(1, shown))
