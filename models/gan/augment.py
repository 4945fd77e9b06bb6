"""Adaptive discriminator augmentation (arXiv 2006.06676): what both networks' losses see is moved and recoloured."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from .regularizers import Context, Regularizer

SHIFT = 0.125  # of the side: largest of whole pixels, deviation of fractions
SCALE = 0.2  # deviation of the binary logarithm of a scale
LUMA = 1 / math.sqrt(3)  # each colour's share of the grey axis


class Augment(Regularizer):
    """Augments real and fake pictures with a probability that follows how sure the discriminator is of real ones.

    Every ``interval`` steps the probability moves by as many pictures as were seen since, divided by ``images``: up where
    the mean sign of the logits of real pictures (r_t) was above ``target``, else down; it stays in 0…1.
    """

    name = "augment"

    def __init__(self, target: float = 0.6, images: int = 500_000, interval: int = 4):
        super().__init__(target=target, images=images, interval=interval)
        self.register_buffer("probability", torch.zeros(()))
        self.register_buffer("signs", torch.zeros(()))  # their sum since the last move
        self.register_buffer("count", torch.zeros(()))  # of logits since then

    def shown(self, pictures: Tensor, context: Context, rng: torch.Generator) -> Tensor:
        return recoloured(moved(pictures, self.probability.item(), rng), self.probability.item(), rng)

    def discriminator_loss(self, context: Context, rng: torch.Generator) -> None:
        logits = context.real_outputs["logit"].detach()
        self.signs += logits.sign().sum()
        self.count += len(logits)
        if context.step % self.interval == self.interval - 1:
            move = torch.sign(self.signs / self.count - self.target) * self.count / self.images
            self.probability.add_(move).clamp_(0, 1)
            self.signs.zero_(), self.count.zero_()


def moved(pictures: Tensor, probability: float, rng: torch.Generator) -> Tensor:
    """Pictures (B, C, S, S) after blits and geometric changes, mirrored beyond their edges; bilinear.

    Those of which nothing was drawn are the very same.
    """
    matrix = movements(len(pictures), pictures.shape[-1], probability, rng)
    same = (matrix == torch.eye(3, device=matrix.device)).flatten(1).all(1)
    return torch.where(same[:, None, None, None], pictures, warped(pictures, matrix))


def warped(pictures: Tensor, matrix: Tensor) -> Tensor:
    """Pictures (B, C, S, S) at places (B, 3, 3) of their own, in -1…1, that each place of the result is taken from.

    Written out, since torch cannot differentiate grid_sample twice, as R1 does.
    """
    size = pictures.shape[-1]
    at = ((F.affine_grid(matrix[:, :2], list(pictures.shape), align_corners=False) + 1) * size - 1) / 2
    first, flat = at.floor(), pictures.flatten(2)
    share, total = at - first, torch.zeros_like(pictures)
    for right, below in ((0, 0), (1, 0), (0, 1), (1, 1)):
        x, y = (_reflected(first[..., axis].long() + step, size) for axis, step in ((0, right), (1, below)))
        weight = (1 - right - share[..., 0]).abs() * (1 - below - share[..., 1]).abs()
        index = (y * size + x).flatten(1)[:, None].expand(-1, flat.shape[1], -1)
        total = total + weight[:, None] * flat.gather(2, index).view_as(pictures)
    return total


def _reflected(index: Tensor, size: int) -> Tensor:
    """Numbers of pixels, mirrored at both edges as often as they lie beyond."""
    index = index.remainder(2 * size)
    return torch.where(index < size, index, 2 * size - 1 - index)


def movements(count: int, size: int, probability: float, rng: torch.Generator) -> Tensor:
    """Matrices (count, 3, 3) in the order of the paper, each change with its probability, else the identity."""
    draws = _Draws(count, probability, rng)
    eye = torch.eye(3, device=rng.device).expand(count, 3, 3)
    mirror = draws.where(draws.uniform().mul(2).floor(), 0.0)
    quarter = draws.where(draws.uniform().mul(4).floor(), 0.0)
    whole = [draws.where(((draws.uniform() * 2 - 1) * SHIFT * size).round(), 0.0) for _ in "xy"]
    matrix = eye @ _scaled(1 - 2 * mirror, torch.ones_like(mirror)) @ _quarters(quarter)
    matrix = matrix @ _shifted(*(each * 2 / size for each in whole))
    scale = draws.where(torch.exp2(draws.normal() * SCALE), 1.0)
    matrix = matrix @ _scaled(scale, scale)
    once = draws.at(1 - math.sqrt(1 - probability))  # two turns together happen with the probability
    matrix = matrix @ _turned(once.where((once.uniform() * 2 - 1) * math.pi, 0.0))
    stretch = draws.where(torch.exp2(draws.normal() * SCALE), 1.0)
    matrix = matrix @ _scaled(stretch, 1 / stretch)
    matrix = matrix @ _turned(once.where((once.uniform() * 2 - 1) * math.pi, 0.0))
    return matrix @ _shifted(*(draws.where(draws.normal() * SHIFT, 0.0) * 2 for _ in "xy"))


def recoloured(pictures: Tensor, probability: float, rng: torch.Generator) -> Tensor:
    """Pictures (B, 3, S, S) under affine maps of their colours; those of which nothing was drawn are the very same."""
    matrix = colours(len(pictures), probability, rng)
    same = (matrix - torch.eye(4, device=matrix.device)).abs().flatten(1).amax(1) < 1e-6  # but for rounding
    changed = torch.einsum("bij,bjhw->bihw", matrix[:, :3, :3], pictures) + matrix[:, :3, 3:, None]
    return torch.where(same[:, None, None, None], pictures, changed)


def colours(count: int, probability: float, rng: torch.Generator) -> Tensor:
    """Matrices (count, 4, 4): brightness, contrast, a flip of luma, hue and saturation, each with its probability."""
    draws = _Draws(count, probability, rng)
    eye = torch.eye(4, device=rng.device)
    axis = torch.tensor([LUMA, LUMA, LUMA, 0.0], device=rng.device)
    grey = torch.outer(axis, axis)
    solid = torch.diag(torch.tensor([1.0, 1.0, 1.0, 0.0], device=rng.device))
    last = eye - solid
    bright = torch.zeros_like(eye)
    bright[:3, 3] = 1
    cross = torch.tensor(
        [[0, -LUMA, LUMA, 0], [LUMA, 0, -LUMA, 0], [-LUMA, LUMA, 0, 0], [0, 0, 0, 0]], device=rng.device
    )

    def of(values: Tensor) -> Tensor:
        return values[:, None, None]

    matrix = eye + of(draws.where(draws.normal() * 0.2, 0.0)) * bright
    matrix = (of(draws.where(torch.exp2(draws.normal() * 0.5), 1.0)) * solid + last) @ matrix
    matrix = (eye - 2 * of(draws.where(draws.uniform().mul(2).floor(), 0.0)) * grey) @ matrix
    angle = of(draws.where((draws.uniform() * 2 - 1) * math.pi, 0.0))
    matrix = (grey + angle.cos() * (solid - grey) + angle.sin() * cross + last) @ matrix
    saturation = of(draws.where(torch.exp2(draws.normal()), 1.0))
    return (grey + saturation * (solid - grey) + last) @ matrix


class _Draws:
    """Numbers for each of a batch, and who is changed."""

    def __init__(self, count: int, probability: float, rng: torch.Generator):
        self.count, self.probability, self.rng = count, probability, rng

    def at(self, probability: float) -> _Draws:
        return _Draws(self.count, probability, self.rng)

    def uniform(self) -> Tensor:
        return torch.rand(self.count, generator=self.rng, device=self.rng.device)

    def normal(self) -> Tensor:
        return torch.randn(self.count, generator=self.rng, device=self.rng.device)

    def where(self, drawn: Tensor, else_: float) -> Tensor:
        return torch.where(self.uniform() < self.probability, drawn, else_)


def _matrix(*rows: tuple[Tensor | float, ...], like: Tensor) -> Tensor:
    return torch.stack([torch.stack([torch.as_tensor(v).to(like).expand_as(like) for v in row], -1) for row in rows], 1)


def _scaled(x: Tensor, y: Tensor) -> Tensor:
    return _matrix((x, 0.0, 0.0), (0.0, y, 0.0), (0.0, 0.0, 1.0), like=x)


def _shifted(x: Tensor, y: Tensor) -> Tensor:
    return _matrix((1.0, 0.0, x), (0.0, 1.0, y), (0.0, 0.0, 1.0), like=x)


def _turned(angle: Tensor) -> Tensor:
    cos, sin = angle.cos(), angle.sin()
    return _matrix((cos, -sin, 0.0), (sin, cos, 0.0), (0.0, 0.0, 1.0), like=angle)


def _quarters(turns: Tensor) -> Tensor:
    """Turns by whole quarters, free of rounding."""
    cos, sin = ((turns == 0).float() - (turns == 2).float()), ((turns == 1).float() - (turns == 3).float())
    return _matrix((cos, -sin, 0.0), (sin, cos, 0.0), (0.0, 0.0, 1.0), like=turns)
