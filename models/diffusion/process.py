"""The Gaussian process: noising, what a network predicts of it and how one prediction gives another, the loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ...datagen.errors import BadInput
from .schedules import alphas_cumprod

if TYPE_CHECKING:
    from .conditioning import Cond

PREDICTIONS = ("eps", "x0", "v")
GAMMA = 5.0  # the signal-to-noise ratio from which on min-SNR weighs all steps alike
Denoiser = Callable[[Tensor, Tensor, "Cond | None"], Tensor]  # (x_t, t, cond) to what is predicted


def noise_like(x: Tensor, generator: torch.Generator | None) -> Tensor:
    """Standard normal noise of x's shape, drawn where the generator lives."""
    device = generator.device if generator is not None else x.device
    return torch.randn(x.shape, generator=generator, dtype=x.dtype, device=device).to(x.device)


class Gaussian:
    """x_t = a x0 + s noise with a^2 = alphas_cumprod[t] = 1 - s^2, t of 0…T-1, and a network that predicts one of
    the noise ("eps"), the signal ("x0") or a noise - s x0 ("v", arXiv 2202.00512)."""

    def __init__(self, name: str, steps: int, prediction: str = "eps"):
        if prediction not in PREDICTIONS:
            raise BadInput(f"prediction {prediction!r}: allowed are {', '.join(PREDICTIONS)}")
        self.name, self.steps, self.prediction = name, steps, prediction
        with torch.device("cpu"):  # also where a model is made without memory
            self.alphas_cumprod = alphas_cumprod(name, steps)
        self.levels: list[float] = self.alphas_cumprod.tolist()
        self._tables: dict[torch.device, Tensor] = {}

    def left(self, step: int) -> float:
        """The share of the signal's variance left at a step; step -1 is the clean signal."""
        return 1.0 if step < 0 else self.levels[step]

    def sigma(self, step: int) -> float:
        """Noise over signal at a step."""
        return ((1 - self.left(step)) / self.left(step)) ** 0.5

    def step_of(self, sigma: float) -> float:
        """The step, between whole ones, whose noise over signal is sigma: linear in the logarithm."""
        sigmas = ((1 - self.alphas_cumprod) / self.alphas_cumprod).sqrt().log()
        wanted = torch.tensor(sigma, dtype=torch.float64, device="cpu").log()
        upper = int(torch.searchsorted(sigmas, wanted).clamp(1, max(self.steps - 1, 1)))
        if upper >= self.steps:
            return 0.0
        part = float((wanted - sigmas[upper - 1]) / (sigmas[upper] - sigmas[upper - 1]))
        return min(max(upper - 1 + part, 0.0), self.steps - 1.0)

    def scales(self, x: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        """a and s of whole steps t (B,), to be multiplied with x (B, ...)."""
        if x.device not in self._tables:
            self._tables[x.device] = self.alphas_cumprod.to(x.device)
        left = self._tables[x.device][t].reshape(-1, *[1] * (x.dim() - 1))
        return left.sqrt().to(x.dtype), (1 - left).sqrt().to(x.dtype)

    def q_sample(self, x0: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """The signal (B, ...) with the noise of steps t (B,)."""
        a, s = self.scales(x0, t)
        return a * x0 + s * noise

    def target(self, x0: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """What the network ought to predict."""
        if self.prediction == "v":
            a, s = self.scales(x0, t)
            return a * noise - s * x0
        return noise if self.prediction == "eps" else x0

    def to_x0(self, output: Tensor, x_t: Tensor, t: Tensor) -> Tensor:
        """The signal that a prediction at steps t (B,) means."""
        return self.signal(output, x_t, *self.scales(x_t, t))

    def to_eps(self, output: Tensor, x_t: Tensor, t: Tensor) -> Tensor:
        """The noise that a prediction at steps t (B,) means."""
        return self.noise(output, x_t, *self.scales(x_t, t))

    def signal(self, output: Tensor, x_t: Tensor, a: float | Tensor, s: float | Tensor) -> Tensor:
        """The signal that a prediction means where a and s are the scales of signal and noise."""
        if self.prediction == "eps":
            return (x_t - s * output) / a
        return output if self.prediction == "x0" else a * x_t - s * output

    def noise(self, output: Tensor, x_t: Tensor, a: float | Tensor, s: float | Tensor) -> Tensor:
        """The noise that a prediction means where a and s are the scales of signal and noise."""
        if self.prediction == "x0":
            return (x_t - a * output) / s
        return output if self.prediction == "eps" else s * x_t + a * output

    def posterior(self, x0: Tensor, x_t: Tensor, t: int, s: int) -> tuple[Tensor, float]:
        """Mean and variance of the signal at an earlier step s given x_t and x0 (arXiv 2006.11239, equations 6 and 7)."""
        later, earlier = self.left(t), self.left(s)
        kept = later / earlier
        mean = earlier**0.5 * (1 - kept) / (1 - later) * x0 + kept**0.5 * (1 - earlier) / (1 - later) * x_t
        return mean, (1 - earlier) / (1 - later) * (1 - kept)

    def weights(self, t: Tensor) -> Tensor:
        """Min-SNR weights (B,) of steps t for this prediction's squared error (arXiv 2303.09556)."""
        left = self.alphas_cumprod.to(t.device)[t]
        ratio = left / (1 - left)
        capped = ratio.clamp(max=GAMMA)
        return {"eps": capped / ratio, "x0": capped, "v": capped / (ratio + 1)}[self.prediction].float()

    def draw(self, x0: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Steps (B,), uniform, and noise like x0, from the generator."""
        t = torch.randint(self.steps, (len(x0),), generator=generator, device=generator.device)
        return t.to(x0.device), noise_like(x0, generator)

    def loss(self, denoiser: Denoiser, x0: Tensor, cond: Cond | None, generator: torch.Generator,
             weighting: str | None = None) -> Tensor:  # fmt: skip
        """The mean squared error of the prediction at random steps; weighting is None or "min_snr"."""
        if weighting not in (None, "min_snr"):
            raise BadInput(f"weighting {weighting!r}: allowed are None and 'min_snr'")
        t, noise = self.draw(x0, generator)
        error = (denoiser(self.q_sample(x0, t, noise), t, cond) - self.target(x0, t, noise)).square()
        if weighting is None:
            return error.mean()
        return (error.flatten(1).mean(1) * self.weights(t)).mean()
