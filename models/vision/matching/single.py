"""Learning stereo from single images (arXiv 2008.01484): a picture and its depth become a stereo pair.

Depth may be true or a net's. Its inverse is scaled to a random range of disparities, pixels that fly between surfaces are put
onto one, the picture is warped to the right eye, and what that eye alone sees is filled with another picture's texture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ...core.settings import require, setting
from .warp import seen_from_the_right

# Each direction's smoothing weighs 1 in all, and both have one mean square: what the paper's threshold of 3 is meant for.
SOBEL = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]) / (4 * 2**0.5)
WIDEST = 1.01  # disparities may pass the range by a hundredth


@dataclass(frozen=True)
class SingleConfig:
    """How pairs are made of single pictures; ``sharpen`` and ``fill`` may be left out to see what they are worth."""

    least: float = setting(40.0, "smallest of the largest disparities of pairs in px")
    most: float = setting(192.0, "largest of them")
    sharpen: bool = setting(True, "whether pixels between surfaces are put onto one")
    edge: float = setting(
        3.0, "Sobel response of the disparity above which a pixel flies between surfaces; √2 for a slope of 1"
    )
    fill: bool = setting(True, "whether what the right eye alone sees has another picture's texture; else it is black")

    def __post_init__(self):
        require(self, least=(0, math.inf), most=(0, math.inf), edge=(0, math.inf))


def scaled_disparity(depth: Tensor, largest: float) -> Tensor:
    """Disparity (H, W) in px of planar depth (H, W): its inverse from 0 at the farthest to ``largest`` at the nearest.

    Depth may lack a scale and its inverse an offset, as nets' do; +inf is farthest, and so is what is not above 0.
    """
    known = depth > 0  # NaN is not
    inverse = torch.where(known, 1 / depth.clamp(min=1e-6), torch.zeros(()).to(depth))
    if known.any():
        inverse = (inverse - inverse[known].min()).clamp(min=0)
    return inverse / inverse.max().clamp(min=1e-12) * largest


def sobel_response(disparity: Tensor) -> Tensor:
    """How steep disparity (H, W) is, (H, W): √2 times the slope of a ramp along an axis, 1/√2 of a step at its two pixels."""
    padded = F.pad(disparity[None, None], (1, 1, 1, 1), mode="replicate")
    return F.conv2d(padded, torch.stack([SOBEL, SOBEL.T])[:, None].to(disparity))[0].norm(dim=0)


def sharpened(disparity: Tensor, edge: float) -> Tensor:
    """Disparity (H, W) whose pixels of a Sobel response above ``edge`` have the value of the nearest other pixel."""
    from scipy.ndimage import distance_transform_edt

    flying = sobel_response(disparity) > edge
    if not flying.any() or flying.all():
        return disparity
    _, (y, x) = distance_transform_edt(flying.numpy(), return_indices=True)
    return disparity[torch.from_numpy(y.astype(np.int64)), torch.from_numpy(x.astype(np.int64))]


def recoloured(picture: Tensor, like: Tensor) -> Tensor:
    """A picture (3, H, W) with the mean and deviation of another's channels."""
    mean, deviation = picture.mean((1, 2), keepdim=True), picture.std((1, 2), keepdim=True).clamp(min=1e-4)
    return (picture - mean) / deviation * like.std((1, 2), keepdim=True) + like.mean((1, 2), keepdim=True)


def jittered(picture: Tensor, generator: torch.Generator) -> Tensor:
    """The right eye's own exposure, contrast, colour, noise and, every second time, blur."""
    gain, contrast, saturation, blur = torch.rand(4, generator=generator).tolist()
    grey = picture.mean(0, keepdim=True)
    picture = grey + (picture - grey) * (0.8 + 0.4 * saturation)
    middle = picture.mean()
    picture = (middle + (picture - middle) * (0.8 + 0.4 * contrast)) * (0.8 + 0.4 * gain)
    picture = picture + torch.randn(picture.shape, generator=generator) / 50
    if blur < 0.5:
        kernel = torch.tensor([0.25, 0.5, 0.25])
        kernel = (kernel[:, None] * kernel)[None, None].expand(3, 1, 3, 3)
        picture = F.conv2d(F.pad(picture[None], (1, 1, 1, 1), mode="replicate"), kernel, groups=3)[0]
    return picture.clamp(0, 1)


def pair_of(
    left: Tensor, depth: Tensor, other: Tensor, config: SingleConfig, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """The right picture (3, H, W), the disparity (1, H, W) and what the right eye does not see (1, H, W) of a left picture.

    ``left`` and ``other`` are in 0…1; the pair's largest disparity is drawn, and is at most a third of the width.
    """
    most = min(config.most, left.shape[2] / 3)
    low = min(config.least, most)
    largest = (low + (most - low) * float(torch.rand((), generator=generator))) * WIDEST
    disparity = scaled_disparity(depth, largest)
    if config.sharpen:
        disparity = sharpened(disparity, config.edge)
    seen = seen_from_the_right(left, disparity)
    right = seen.picture
    if config.fill:
        right = torch.where(seen.holes, recoloured(other, left).clamp(0, 1), right)
    return jittered(right, generator), disparity[None], seen.hidden[None]
