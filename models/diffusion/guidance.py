"""Guidance: away from what is predicted unconditionally (arXiv 2207.12598), or by a classifier's gradient (arXiv 2105.05233)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import torch
from torch import Tensor

from .conditioning import Cond, unconditional
from .process import Denoiser, Gaussian
from .variance import halves


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

    Both predictions are made in one call of twice the samples; at scale 1 or 0 only one of them is made. A learned share
    of the variance beside them is that of the condition.
    """
    if cond is None or not len(cond) or scale == 1:
        return lambda x, t: denoiser(x, t, cond)
    uncond = unconditional(cond) if uncond is None else uncond
    if scale == 0 and not normalise:
        return lambda x, t: denoiser(x, t, uncond)
    both = stacked(cond, uncond)

    def denoise(x: Tensor, t: Tensor) -> Tensor:
        with_cond, without = denoiser(torch.cat([x, x]), torch.cat([t, t]), both).chunk(2)
        (wanted, share), (other, _) = halves(with_cond, x), halves(without, x)
        made = guide(wanted, other, scale, normalise)
        return made if share is None else torch.cat([made, share], 1)

    return denoise


def classifier_gradient(classifier: Callable[[Tensor, Tensor], Tensor], wanted: Tensor,
                        scale: float) -> Callable[[Tensor, Tensor], Tensor]:  # fmt: skip
    """The gradient by x_t of the logarithm of p(wanted | x_t), times a scale (arXiv 2105.05233).

    The classifier gives logits (B, K) of noised samples at steps t (B,); ``wanted`` (B,) are their classes.
    """

    def gradient(x: Tensor, t: Tensor) -> Tensor:
        with torch.enable_grad():
            seen = x.detach().requires_grad_(True)
            likely = torch.log_softmax(classifier(seen, t), 1).gather(1, wanted[:, None]).sum()
            return scale * torch.autograd.grad(likely, seen)[0]

    return gradient


def pushed(denoise: Callable[[Tensor, Tensor], Tensor], process: Gaussian,
           gradient: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:  # fmt: skip
    """A ``denoise(x_t, t)`` at whole steps whose noise is moved against a gradient, for DDIM (arXiv 2105.05233, algorithm 2)."""

    def moved(x: Tensor, t: Tensor) -> Tensor:
        prediction, share = halves(denoise(x, t), x)
        a, s = process.scales(x, t)
        eps = process.noise(prediction, x, a, s) - s * gradient(x, t)
        made = {"eps": eps, "x0": (x - s * eps) / a, "v": (eps - s * x) / a}[process.prediction]
        return made if share is None else torch.cat([made, share], 1)

    return moved


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
