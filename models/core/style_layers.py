"""Layers whose weights are scaled when they are used, and the convolution that a style modulates."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

GAIN = math.sqrt(2)  # keeps the variance through a leaky ReLU


def leaky(values: Tensor) -> Tensor:
    """Leaky ReLU of slope 0.2 that keeps the second moment of a normal input near one."""
    return F.leaky_relu(values, 0.2) * GAIN


def normalise(values: Tensor) -> Tensor:
    """Vectors (B, D) whose elements' mean square is one."""
    return values * (values.square().mean(-1, keepdim=True) + 1e-8).rsqrt()


class EqualLinear(nn.Module):
    """A linear layer with weights of unit variance, scaled by 1 / sqrt(fan in) in use (arXiv 1710.10196)."""

    def __init__(self, inputs: int, outputs: int, bias: float = 0.0, rate: float = 1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias / rate))
        self.scale, self.rate = rate / math.sqrt(inputs), rate

    def forward(self, values: Tensor) -> Tensor:
        return F.linear(values, self.weight * self.scale, self.bias * self.rate)


class EqualConv(nn.Module):
    """A convolution with weights of unit variance, scaled by 1 / sqrt(fan in) in use (arXiv 1710.10196)."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.scale = 1 / math.sqrt(inputs * kernel**2)

    def forward(self, values: Tensor) -> Tensor:
        return F.conv2d(values, self.weight * self.scale, self.bias, padding=self.weight.shape[-1] // 2)


class ModulatedConv(nn.Module):
    """A convolution whose input channels are scaled by a style (StyleGAN2, arXiv 1912.04958).

    With demodulation every output channel is divided by the norm of its modulated weights, so that an input of unit
    variance gives an output of unit variance. Scaling the input and the output instead of the weights is the same
    sum, and leaves one weight for the whole batch.
    """

    def __init__(self, inputs: int, outputs: int, style: int, kernel: int = 3, demodulate: bool = True):
        super().__init__()
        self.affine = EqualLinear(style, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.scale, self.demodulate = 1 / math.sqrt(inputs * kernel**2), demodulate

    def forward(self, values: Tensor, style: Tensor) -> Tensor:  # (B, C, H, W), (B, S) -> (B, C', H, W)
        factors = self.affine(style)
        weight = self.weight * self.scale
        values = F.conv2d(values * factors[:, :, None, None], weight, padding=weight.shape[-1] // 2)
        if self.demodulate:
            power = factors.square() @ weight.square().sum((2, 3)).T
            values = values * (power + 1e-8).rsqrt()[:, :, None, None]
        return values + self.bias[:, None, None]


def upsample(values: Tensor) -> Tensor:
    """Twice the size, by the filter (1, 3, 3, 1)."""
    return F.interpolate(values, scale_factor=2, mode="bilinear", align_corners=False)


def resize(pictures: Tensor, size: int) -> Tensor:
    """Pictures (B, C, H, W) at another size: averaged where they shrink, bilinear where they grow."""
    if pictures.shape[-1] == size:
        return pictures
    return F.interpolate(pictures, (size, size), mode="bilinear", align_corners=False,
                         antialias=size < pictures.shape[-1])  # fmt: skip


def blur(pictures: Tensor, sigma: float) -> Tensor:
    """Pictures (B, C, H, W) under a Gaussian of ``sigma`` pixels; 0 gives the very same pictures."""
    if sigma <= 0:
        return pictures
    radius = min(math.ceil(3 * sigma), pictures.shape[-1] - 1)
    at = torch.arange(-radius, radius + 1, dtype=pictures.dtype, device=pictures.device)
    kernel = torch.exp(-0.5 * (at / sigma).square())
    kernel = (kernel / kernel.sum()).expand(pictures.shape[1], 1, -1)
    padded = F.pad(pictures, (radius,) * 4, mode="replicate")
    rows = F.conv2d(padded, kernel[:, :, None], groups=pictures.shape[1])
    return F.conv2d(rows, kernel[:, :, :, None], groups=pictures.shape[1])
