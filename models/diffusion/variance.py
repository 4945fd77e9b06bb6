"""The variance of a step back: fixed, or learned between its bounds by the variational bound (arXiv 2102.09672)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ...datagen.errors import BadInput
from .conditioning import Cond
from .process import Denoiser, Gaussian

VARIANCES = ("small", "large", "learned")
LOSSES = ("simple", "hybrid", "vlb")
BOUND_WEIGHT = 1e-3  # of the bound, which is a sum over steps, beside the simple loss
BIN = 1 / 255  # half the width of a level of 8 bits in [-1, 1]
HISTORY = 10  # losses of each step that its share of draws is made from
UNIFORM = 1e-3  # share of draws that are uniform, so that no step is never seen
TINY = 1e-12  # probability below which a bin's is not told


def halves(output: Tensor, x: Tensor) -> tuple[Tensor, Tensor | None]:
    """A prediction like x and, where the network learns it, the share of the variance's range in [-1, 1]; else None."""
    if output.shape[1] == x.shape[1]:
        return output, None
    prediction, share = output.split(x.shape[1], 1)
    return prediction, share


def step_variance(process: Gaussian, kind: str, share: Tensor | None, t: int, s: int) -> float | Tensor:
    """The variance of the step from t to an earlier s of 0 and above.

    "small" is that of the posterior, "large" that of the step forth; "learned" lies between, a share from -1, the small
    one, to 1, the large one, of their logarithms.
    """
    later, earlier = process.left(t), process.left(s)
    large = 1 - later / earlier
    small = (1 - earlier) / (1 - later) * large
    if kind != "learned":
        return small if kind == "small" else large
    if share is None:
        raise BadInput(f"variance: the network learned none; allowed are {', '.join(VARIANCES[:2])}")
    return torch.exp(
        torch.lerp(torch.full_like(share, math.log(small)), share.new_tensor(math.log(large)), share / 2 + 0.5)
    )


def bound_terms(process: Gaussian, output: Tensor, x0: Tensor, x_t: Tensor, t: Tensor) -> Tensor:
    """The terms (B,) of the variational bound at steps t (B,), in bits a number of x0.

    Of ``output`` (B, 2C, ...), what is predicted beside the share of the variance. At step 0 it is the code length of
    x0 as 8 bits in [-1, 1], elsewhere the divergence of the model's step from the posterior. The prior's term is left out.
    """
    prediction, share = halves(output, x_t)
    if share is None:
        raise BadInput("loss: the bound needs a network that learns its variance; allowed with variance learned")
    left = process.alphas_cumprod
    earlier = torch.cat([left.new_ones(1), left[:-1]])
    large = 1 - left / earlier
    small = (1 - earlier) / (1 - left) * large
    small = torch.cat([small[1:2] if len(small) > 1 else large[:1], small[1:]])  # at step 0 the posterior has none

    def at(table: Tensor) -> Tensor:
        return table.to(t.device)[t].reshape(-1, *[1] * (x0.dim() - 1)).to(x0.dtype)

    of_signal = at(earlier.sqrt() * large / (1 - left))
    of_noised = at((1 - large).sqrt() * (1 - earlier) / (1 - left))
    guess = process.to_x0(prediction, x_t, t)
    mean, wanted = (of_signal * signal + of_noised * x_t for signal in (guess, x0))
    wanted_log = at(small.log())
    found_log = torch.lerp(wanted_log.expand_as(x0), at(large.log()).expand_as(x0), share / 2 + 0.5)
    apart = gaussian_divergence(wanted, wanted_log, mean, found_log)
    first = -discretised_likelihood(x0, mean, found_log / 2)
    term = torch.where((t == 0).reshape(-1, *[1] * (x0.dim() - 1)), first, apart)
    return term.flatten(1).mean(1) / math.log(2)


def gaussian_divergence(mean: Tensor, log_variance: Tensor, other: Tensor, other_log: Tensor) -> Tensor:
    """The Kullback-Leibler divergence in nats of a normal distribution from another, of each number."""
    ratio, apart = log_variance - other_log, (mean - other).square() * torch.exp(-other_log)
    return 0.5 * (ratio.exp() - 1 - ratio + apart)


def discretised_likelihood(x: Tensor, mean: Tensor, log_deviation: Tensor) -> Tensor:
    """The logarithm of the probability of the level of 8 bits around x in [-1, 1]; the outer ones reach to infinity."""
    inverse = torch.exp(-log_deviation)
    upper, lower = (torch.special.ndtr((x - mean + side) * inverse) for side in (BIN, -BIN))
    upper = torch.where(x > 1 - BIN, torch.ones_like(upper), upper)
    lower = torch.where(x < BIN - 1, torch.zeros_like(lower), lower)
    return (upper - lower).clamp(min=TINY).log()


class StepSampler(nn.Module):
    """Draws steps as often as the root of the mean square of their last losses, once each has enough of them."""

    losses: Tensor  # (T, HISTORY)
    seen: Tensor  # (T,)

    def __init__(self, steps: int):
        super().__init__()
        self.register_buffer("losses", torch.zeros(steps, HISTORY))
        self.register_buffer("seen", torch.zeros(steps, dtype=torch.long))

    def shares(self) -> Tensor:
        """The probability (T,) of each step."""
        steps = len(self.seen)
        if (self.seen < HISTORY).any():
            return torch.full_like(self.losses[:, 0], 1 / steps)
        root = self.losses.square().mean(1).sqrt()
        return (1 - UNIFORM) * root / root.sum() + UNIFORM / steps

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Steps (B,) and the weights (B,) by which their losses count as if they were drawn evenly."""
        shares = self.shares()
        t = torch.multinomial(shares, count, replacement=True, generator=generator)
        return t, 1 / (shares[t] * len(shares))

    @torch.no_grad()
    def tell(self, t: Tensor, losses: Tensor) -> None:
        """Remember losses (B,) of steps (B,)."""
        for step, loss in zip(t.tolist(), losses.detach().float(), strict=True):
            self.losses[step, int(self.seen[step]) % HISTORY] = loss
            self.seen[step] += 1


def denoising_loss(process: Gaussian, denoiser: Denoiser, x0: Tensor, cond: Cond | None, generator: torch.Generator,
                   kind: str = "simple", sampler: StepSampler | None = None) -> dict[str, Tensor]:  # fmt: skip
    """The "loss" of a random step of each sample, and its parts.

    "simple" is the squared error of the prediction alone, "hybrid" also teaches the variance by the bound, which does not
    reach the prediction; "vlb" is the bound alone, whose steps the sampler draws (arXiv 2102.09672, equations 15 and 18).
    """
    if kind == "simple":
        return {"loss": process.loss(denoiser, x0, cond, generator)}
    t, noise = process.draw(x0, generator)
    weights = torch.ones_like(t, dtype=x0.dtype)
    if kind == "vlb" and sampler is not None:
        t, weights = sampler.draw(len(x0), generator)
    x_t = process.q_sample(x0, t, noise)
    output = denoiser(x_t, t, cond)
    prediction, share = halves(output, x_t)
    if kind == "hybrid" and share is not None:
        output = torch.cat([prediction.detach(), share], 1)
    terms = bound_terms(process, output, x0, x_t, t) * process.steps
    if kind == "vlb":
        if sampler is not None:
            sampler.tell(t, terms)
        return {"loss": (terms * weights).mean()}
    simple = (prediction - process.target(x0, t, noise)).square().mean()
    bound = terms.mean()
    return {"loss": simple + BOUND_WEIGHT * bound, "simple": simple, "bound": bound}
