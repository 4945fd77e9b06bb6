"""Samplers: from noise to a signal by DDPM, DDIM or Heun's method, and by DDIM's inversion from a signal to noise.

``denoise(x_t, t)`` gives what the process's network predicts, with t (B,); bind conditions and guidance before
(``guidance.guided``); beside it, it may give a learned share of the variance (``variance.halves``). A shape draws the first noise from the generator; a tensor is that noise. ``clip`` holds the
predicted signal within -clip…clip. ``correct(x0, last)`` gives what is taken in place of the signal that a step, which may be
the last one, predicts. ``callback(done, total, x0)`` is told of every step and the signal predicted there;
where it returns True the run ends with Unfinished.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ...datagen.errors import Unfinished
from .process import Gaussian, noise_like
from .schedules import karras_sigmas, respaced
from .variance import halves, step_variance

Denoise = Callable[[Tensor, Tensor], Tensor]
Callback = Callable[[int, int, Tensor], bool | None]
Correct = Callable[[Tensor, bool], Tensor]
HIGHEST = 80.0  # noise over signal where Heun's method begins, at most (arXiv 2206.00364)


def _first(start: Sequence[int] | Tensor, generator: torch.Generator | None) -> Tensor:
    if isinstance(start, Tensor):
        return start
    return torch.randn(tuple(start), generator=generator, device=generator.device if generator is not None else None)


def _report(callback: Callback | None, done: int, total: int, x0: Tensor) -> None:
    if callback is not None and callback(done, total, x0):
        raise Unfinished(f"sampling was cancelled after step {done} of {total}")


def _pairs(process: Gaussian, steps: int) -> list[tuple[int, int]]:
    """Each step and the one after it; -1 is the clean signal."""
    taken = respaced(process.steps, steps)
    return list(zip(taken, [*taken[1:], -1], strict=True))


def _estimate(denoise: Denoise, process: Gaussian, x: Tensor, t: float, left: float, clip: float | None,
              correct: Callable[[Tensor], Tensor] | None = None):  # fmt: skip
    """The signal and the noise that the network sees in x, where ``left`` of the variance is signal."""
    a, s = left**0.5, (1 - left) ** 0.5
    output, _ = halves(denoise(x, torch.full((len(x),), t, device=x.device)), x)
    return _estimated(output, process, x, a, s, clip, correct)


def _estimated(output: Tensor, process: Gaussian, x: Tensor, a: float, s: float, clip: float | None,
               correct: Callable[[Tensor], Tensor] | None) -> tuple[Tensor, Tensor]:  # fmt: skip
    x0 = process.signal(output, x, a, s)
    if clip is None and correct is None:
        return x0, process.noise(output, x, a, s)
    x0 = x0 if clip is None else x0.clamp(-clip, clip)
    x0 = x0 if correct is None else correct(x0)
    return x0, (x - a * x0) / s


def _bound(correct: Correct | None, s: int) -> Callable[[Tensor], Tensor] | None:
    return correct and (lambda x0: correct(x0, s < 0))


@torch.no_grad()
def ddpm(denoise: Denoise, process: Gaussian, shape_or_noise, steps: int, generator: torch.Generator | None = None,
         callback: Callback | None = None, clip: float | None = None, correct: Correct | None = None, variance: str = "small",
         push: Denoise | None = None) -> Tensor:  # fmt: skip
    """Ancestral sampling (arXiv 2006.11239) with one of ``VARIANCES``, the posterior's by default.

    ``push(x_t, t)`` is a gradient, times the variance of which each mean is moved (arXiv 2105.05233, algorithm 1).
    """
    x = _first(shape_or_noise, generator)
    for done, (t, s) in enumerate(_pairs(process, steps), 1):
        times, left = torch.full((len(x),), t, device=x.device), process.left(t)
        output, share = halves(denoise(x, times), x)
        x0, _ = _estimated(output, process, x, left**0.5, (1 - left) ** 0.5, clip, _bound(correct, s))
        mean, _ = process.posterior(x0, x, t, s)
        if s >= 0:
            spread = step_variance(process, variance, share, t, s)
            mean = mean if push is None else mean + spread * push(x, times)
            mean = mean + spread**0.5 * noise_like(x, generator)
        x = mean
        _report(callback, done, steps, x0)
    return x


@torch.no_grad()
def ddim(denoise: Denoise, process: Gaussian, shape_or_noise, steps: int, generator: torch.Generator | None = None,
         callback: Callback | None = None, eta: float = 0.0, clip: float | None = None,
         correct: Correct | None = None) -> Tensor:  # fmt: skip
    """DDIM: without noise at eta 0, as noisy as DDPM at eta 1 (arXiv 2010.02502)."""
    x = _first(shape_or_noise, generator)
    for done, (t, s) in enumerate(_pairs(process, steps), 1):
        later, earlier = process.left(t), process.left(s)
        x0, eps = _estimate(denoise, process, x, t, later, clip, _bound(correct, s))
        variance = eta**2 * (1 - earlier) / (1 - later) * (1 - later / earlier)
        x = earlier**0.5 * x0 + max(1 - earlier - variance, 0.0) ** 0.5 * eps
        if variance > 0:
            x = x + variance**0.5 * noise_like(x, generator)
        _report(callback, done, steps, x0)
    return x


@torch.no_grad()
def ddim_inverse(denoise: Denoise, process: Gaussian, x0: Tensor, steps: int, callback: Callback | None = None,
                 iterations: int = 1) -> Tensor:  # fmt: skip
    """The noise from which ``ddim`` of as many steps makes x0.

    A step wants the prediction at a point that is only found by it. One iteration predicts where the step begins, with
    an error of the order of a step; more of them solve for the fixed point and invert the sampler itself.
    """
    x = x0
    for done, (t, s) in enumerate(reversed(_pairs(process, steps)), 1):
        later, earlier = process.left(t), process.left(s)
        there = x
        for _ in range(iterations):
            signal, eps = _estimate(denoise, process, there, t, later, None)
            there = (later / earlier) ** 0.5 * (x - (1 - earlier) ** 0.5 * eps) + (1 - later) ** 0.5 * eps
        x = there
        _report(callback, done, steps, signal)
    return x


@torch.no_grad()
def heun(denoise: Denoise, process: Gaussian, shape_or_noise, steps: int, generator: torch.Generator | None = None,
         callback: Callback | None = None, clip: float | None = None) -> Tensor:  # fmt: skip
    """Heun's method, of second order, on the probability-flow equation (arXiv 2206.00364): 2 steps - 1 predictions.

    The noise levels are those of that paper within the process's own, so ``denoise`` sees steps between whole ones.
    """
    highest = min(process.sigma(process.steps - 1), HIGHEST)
    sigmas = [*karras_sigmas(process.sigma(0), highest, steps), 0.0]
    x = _first(shape_or_noise, generator) * (1 + highest**2) ** 0.5  # in units in which the signal does not shrink

    def slope(x: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
        left = 1 / (1 + sigma**2)
        x0, _ = _estimate(denoise, process, x * left**0.5, process.step_of(sigma), left, clip)
        return x0, (x - x0) / sigma

    for done, (sigma, lower) in enumerate(zip(sigmas, sigmas[1:], strict=False), 1):
        x0, here = slope(x, sigma)
        ahead = x + (lower - sigma) * here
        if lower > 0:
            ahead = x + (lower - sigma) / 2 * (here + slope(ahead, lower)[1])
        x = ahead
        _report(callback, done, steps, x0)
    return x
