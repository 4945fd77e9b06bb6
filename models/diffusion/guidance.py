"""Guidance without a classifier: away from what is predicted unconditionally (arXiv 2207.12598)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import torch
from torch import Tensor

from .conditioning import Cond, unconditional
from .process import Denoiser


def guide(with_cond: Tensor, without: Tensor, scale: float, normalise: bool = False) -> Tensor:
    """``without + scale * (with_cond - without)``: 0 is unconditional, 1 is no guidance, of any prediction.

    Normalised, each sample gets the mean and deviation of its conditional prediction back (arXiv 2205.12952).
    """
    if scale == 1:
        return with_cond
    guided = without + scale * (with_cond - without)
    if not normalise:
        return guided
    over = tuple(range(1, guided.dim()))
    deviation, mean = torch.std_mean(guided, over, keepdim=True)
    wanted_deviation, wanted_mean = torch.std_mean(with_cond, over, keepdim=True)
    return (guided - mean) * (wanted_deviation / deviation.clamp(min=1e-12)) + wanted_mean


def guided(denoiser: Denoiser, cond: Cond | None, uncond: Cond | None = None, scale: float = 1.0,
           normalise: bool = False) -> Callable[[Tensor, Tensor], Tensor]:  # fmt: skip
    """The ``denoise(x_t, t)`` that samplers take; without ``uncond`` that is ``cond`` with all dropped.

    Both predictions are made in one call of twice the samples; at scale 1 or 0 only one of them is made.
    """
    if cond is None or not len(cond) or scale == 1:
        return lambda x, t: denoiser(x, t, cond)
    uncond = unconditional(cond) if uncond is None else uncond
    if scale == 0 and not normalise:
        return lambda x, t: denoiser(x, t, uncond)
    both = stacked(cond, uncond)

    def denoise(x: Tensor, t: Tensor) -> Tensor:
        with_cond, without = denoiser(torch.cat([x, x]), torch.cat([t, t]), both).chunk(2)
        return guide(with_cond, without, scale, normalise)

    return denoise


def stacked(first: Cond, second: Cond) -> Cond:
    """The samples of one after those of the other; both have the same parts."""
    parts = {}
    for field in fields(Cond):
        one, other = getattr(first, field.name), getattr(second, field.name)
        if one is None and other is None:
            continue
        if field.name == "keep":
            one, other = (torch.ones_like(b) if a is None else a for a, b in ((one, other), (other, one)))
        if field.name == "level":
            one, other = (torch.zeros_like(b) if a is None else a for a, b in ((one, other), (other, one)))
        parts[field.name] = torch.cat([one, other])
    return Cond(**parts)
