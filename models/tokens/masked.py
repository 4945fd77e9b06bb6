"""Tokens many at a time, the surest first: how MaskGIT learns and draws (arXiv 2202.04200)."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from .autoregressive import chosen


def left_masked(count: int, steps: int) -> list[int]:
    """How many of ``count`` tokens are unknown after each step, by the cosine: fewer each time, and none after the last."""
    found, left = [], count
    for step in range(1, steps + 1):
        wanted = math.floor(count * math.cos(math.pi / 2 * step / steps))
        left = 0 if step == steps else max(min(wanted, left - 1), 0)
        found.append(left)
    return found


def masked_at_random(tokens: Tensor, mask: int, least: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Tokens (B, n) with some replaced by ``mask``, and which: a share of cos(π u / 2), at least ``least`` and one token."""
    count, device = tokens.shape[1], tokens.device
    share = torch.cos(torch.rand(len(tokens), 1, generator=generator, device=device) * math.pi / 2).clamp(min=least)
    order = torch.rand(tokens.shape, generator=generator, device=device).argsort(1).argsort(1)
    hidden = order < (share * count).floor().clamp(min=1)
    return torch.where(hidden, mask, tokens), hidden


def masked_loss(logits: Tensor, tokens: Tensor, hidden: Tensor, smoothing: float) -> Tensor:
    """The mean cross-entropy of the tokens that were hidden."""
    return F.cross_entropy(logits[hidden], tokens[hidden], label_smoothing=smoothing)


def _gumbel(like: Tensor, generator: torch.Generator) -> Tensor:
    uniform = torch.rand(like.shape, generator=generator, device=like.device).clamp(1e-20, 1 - 1e-7)
    return -torch.log(-torch.log(uniform))


@torch.no_grad()
def draw(told: Callable[[Tensor], Tensor], known: Tensor, mask: int, steps: int, generator: torch.Generator, temperature: float = 4.5,
         callback: Callable[[int, int], None] | None = None) -> Tensor:  # fmt: skip
    """Tokens (B, n) in place of those of ``known`` that are ``mask``; all others stay. As many in each sample are unknown.

    In each step every unknown token is drawn of ``told``'s logits, and those that are the surest stay: by their logarithms
    of probability with Gumbel noise of ``temperature``, which falls to nothing in a straight line.
    """
    tokens, count = known.clone(), int((known[0] == mask).sum())
    for step, left in enumerate(left_masked(count, steps), 1):
        unknown = tokens == mask
        logits = told(tokens)
        drawn = chosen(logits.flatten(0, 1), generator).reshape(tokens.shape)
        sure = logits.log_softmax(-1).gather(-1, drawn[..., None])[..., 0]
        sure = sure + temperature * (1 - step / steps) * _gumbel(sure, generator)
        sure = sure.masked_fill(~unknown, torch.inf)
        tokens = torch.where(unknown, drawn, tokens)
        if left:
            tokens.scatter_(1, sure.topk(left, largest=False).indices, mask)
        if callback:
            callback(step, steps)
    return tokens
