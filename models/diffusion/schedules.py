"""Noise schedules: how much of the signal is left after each step, and which steps a shorter run takes."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ...datagen.errors import BadInput

MOST = 0.999  # of a signal's variance that one step may take away


def _straight(first: float, last: float, count: int) -> Callable[[int], Tensor]:
    """Betas along a line that was chosen for ``count`` steps."""
    return lambda steps: torch.linspace(first, last, steps, dtype=torch.float64) * (count / steps)


def _scaled_linear(steps: int) -> Tensor:
    """Betas linear in their square root, as for latents (arXiv 2112.10752)."""
    return torch.linspace(0.00085**0.5, 0.012**0.5, steps, dtype=torch.float64) ** 2 * (1000 / steps)


def _of_curve(curve: Callable[[float], float]) -> Callable[[int], Tensor]:
    """Betas that follow a curve from 0…1 to what is left of the signal's variance."""

    def betas(steps: int) -> Tensor:
        left = torch.tensor([curve(step / steps) for step in range(steps + 1)], dtype=torch.float64)
        return 1 - left[1:] / left[:-1]

    return betas


def _cosine(u: float) -> float:
    """Of improved DDPM (arXiv 2102.09672)."""
    return math.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2


def _between(shape: Callable[[float], float], start: float, end: float) -> Callable[[float], float]:
    """A falling shape cut to start…end and stretched to 1…0, as in arXiv 2301.10972."""
    first, last = shape(start), shape(end)
    return lambda u: max((shape(start + u * (end - start)) - last) / (first - last), 1e-9)


SCHEDULES: dict[str, Callable[[int], Tensor]] = {
    "linear": _straight(1e-4, 0.02, 1000),  # of DDPM (arXiv 2006.11239)
    "scaled_linear": _scaled_linear,
    "cosine": _of_curve(_cosine),
    "palette": _straight(1e-6, 0.01, 2000),  # of Palette's training and of its sampling (arXiv 2111.05826)
    "palette_sampling": _straight(1e-4, 0.09, 1000),
    # Noisier than the cosine, for planes (arXiv 2407.06938): neighbours on a plane agree, and give much away.
    "cosine_triplane": _of_curve(_between(lambda u: math.cos(u * math.pi / 2) ** 6, 0.2, 1.0)),
    "sigmoid_triplane": _of_curve(_between(lambda u: 1 / (1 + math.exp(u / 0.1)), 0.0, 3.0)),
}


def alphas_cumprod(name: str, steps: int) -> Tensor:
    """The share of the signal's variance that is left after each of T steps: (T,) float64, falling within (0, 1)."""
    if name not in SCHEDULES:
        raise BadInput(f"schedule {name!r}: allowed are {', '.join(SCHEDULES)}")
    if steps < 1:
        raise BadInput(f"schedule of {steps} steps: allowed is at least 1")
    return torch.cumprod(1 - SCHEDULES[name](steps).clamp(max=MOST), 0)


def respaced(steps: int, count: int) -> list[int]:
    """``count`` evenly spaced of the steps 0…T-1, the noisiest first: 50 of 1000 are 980, 960 … 0."""
    if not 1 <= count <= steps:
        raise BadInput(f"{count} sampling steps: allowed are 1 to {steps}")
    return [index * steps // count for index in reversed(range(count))]


def karras_sigmas(lowest: float, highest: float, count: int, rho: float = 7.0) -> list[float]:
    """``count`` noise levels from the highest down to the lowest, evenly spaced in their rho-th root (arXiv 2206.00364)."""
    top, bottom = highest ** (1 / rho), lowest ** (1 / rho)
    return [(top + index / max(count - 1, 1) * (bottom - top)) ** rho for index in range(count)]
