"""Triplanes: three feature planes in a box, how points read them, and the decoder that all avatars share."""

from __future__ import annotations

import copy
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core.layers import FourierFeatures

AXES = ((0, 1), (0, 2), (1, 2))  # width and height of each plane: (x, y), (x, z), (y, z)
DENSEST = 7.0  # of the logarithm of density per box unit: opaque within a thousandth of the box


def sample_planes(planes: Tensor, points: Tensor) -> Tensor:
    """The sum (B, N, C) of what points (B, N, 3) in [-1, 1] read bilinearly from planes (B, 3, C, R, R).

    The planes are (x, y), (x, z), (y, z), the first axis along the width: the axis table that EG3D published repeats a
    plane instead (arXiv 2112.07945).
    """
    batch, three, channels, height, width = planes.shape
    assert three == 3, f"planes {tuple(planes.shape)} are not (B, 3, C, R, R)"
    grids = torch.stack([points[..., axes] for axes in AXES], 1)  # (B, 3, N, 2)
    read = F.grid_sample(planes.reshape(batch * 3, channels, height, width), grids.reshape(batch * 3, 1, -1, 2),
                         mode="bilinear", padding_mode="border", align_corners=False)  # fmt: skip
    return read.reshape(batch, 3, channels, -1).sum(1).transpose(1, 2)


def roll_out(planes: Tensor) -> Tensor:
    """Planes (B, 3, C, R, R) side by side along the width: (B, C, R, 3R)."""
    return planes.permute(0, 2, 3, 1, 4).flatten(3)


def roll_in(rolled: Tensor) -> Tensor:
    """What ``roll_out`` laid side by side, (B, C, R, 3R), as planes (B, 3, C, R, R)."""
    return rolled.unflatten(3, (3, -1)).permute(0, 3, 1, 2, 4)


def resize(planes: Tensor, resolution: int) -> Tensor:
    """Planes (B, 3, C, R, R) at another resolution, bicubic, with averaging where they shrink."""
    if planes.shape[-1] == resolution:
        return planes
    flat = planes.flatten(0, 1)
    shrinks = resolution < planes.shape[-1]
    flat = F.interpolate(flat, (resolution, resolution), mode="bicubic", align_corners=False, antialias=shrinks)
    return flat.unflatten(0, planes.shape[:2])


def mirrored(planes: Tensor) -> Tensor:
    """The planes (..., 3, C, R, R) of the mirror image, left for right.

    Exact, as the decoder reads their sum: x is the width of the planes (x, y) and (x, z), and (y, z) does not hold it.
    """
    xy, xz, yz = planes.unbind(-4)
    return torch.stack([xy.flip(-1), xz.flip(-1), yz], -4)


class Decoder(nn.Module):
    """Features (..., C) to density (...) per box unit and colour (..., 3) in 0…1; one for all avatars.

    The features go in with their Fourier features, as in Rodin (arXiv 2212.06135); density is a clamped exponential, as
    in RodinHD (arXiv 2407.06938). Colour does not depend on the direction of view: the people are lit evenly.
    """

    def __init__(self, channels: int, width: int = 64, depth: int = 2, fourier: int = 1):
        super().__init__()
        self.channels, self.width, self.depth, self.fourier = channels, width, depth, fourier
        self.embed = FourierFeatures(channels, fourier)
        sizes = [self.embed.width] + [width] * depth
        hidden = [
            part for pair in zip(sizes, sizes[1:], strict=False) for part in (nn.Linear(*pair), nn.ReLU(inplace=True))
        ]
        self.net = nn.Sequential(*hidden, nn.Linear(sizes[-1], 4))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        raw = self.outputs(features)
        return raw[..., 0].clamp(max=DENSEST).exp(), raw[..., 1:].sigmoid()

    def outputs(self, features: Tensor) -> Tensor:
        """The last layer's outputs (..., 4): the logarithm of the density, and the colour before its sigmoid."""
        return self.net(self.embed(features))

    def crisp(self, level: float, by: float) -> Decoder:
        """A decoder whose density is this one's over ``level``, to the power ``by``, times it: its surface stays, its fog goes."""
        made = copy.deepcopy(self)
        weight, bias = made.layers()[-1]
        with torch.no_grad():
            weight[0] *= by
            bias[0] = by * bias[0] + (1 - by) * math.log(level)
        return made

    def layers(self) -> list[tuple[Tensor, Tensor]]:
        """Weight and bias of each layer, in order."""
        return [(layer.weight, layer.bias) for layer in self.net if isinstance(layer, nn.Linear)]

    def config(self) -> dict:
        """What ``Decoder(**config)`` takes."""
        return {"channels": self.channels, "width": self.width, "depth": self.depth, "fourier": self.fourier}


class TriplaneField:
    """The field of planes (B, 3, C, R, R) read by a decoder: points (B, N, 3) to density (B, N) and colour (B, N, 3)."""

    def __init__(self, planes: Tensor, decoder: nn.Module):
        self.planes, self.decoder = planes, decoder

    def __call__(self, points: Tensor) -> tuple[Tensor, Tensor]:
        return self.decoder(sample_planes(self.planes, points))
