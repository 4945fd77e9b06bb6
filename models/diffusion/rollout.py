"""Roll-out: three planes side by side as one picture, and the convolution that lets planes see each other in 3D.

A rolled picture is (B, C, R, 3R) with the planes (x, y), (x, z), (y, z); the first axis of each runs along the width.
Networks work on the planes stacked in the batch, plane first, (3B, C, R, R), so that no convolution reads across a
seam. A picture whose width is not three times its height is one plane.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core.layers import zero_module

XY, XZ, YZ = range(3)


def split(x: Tensor) -> tuple[Tensor, int]:
    """A rolled picture (B, C, R, P*R) as its planes (P*B, C, R, R), plane first, and P: 3, or 1 of a plain picture."""
    batch, channels, height, width = x.shape
    if width != 3 * height:
        return x, 1
    return x.reshape(batch, channels, height, 3, height).permute(3, 0, 1, 2, 4).flatten(0, 1), 3


def merge(planes: Tensor, count: int) -> Tensor:
    """What ``split`` made of a picture as that picture."""
    if count == 1:
        return planes
    return planes.unflatten(0, (count, -1)).permute(1, 2, 3, 0, 4).flatten(3)


def profiles(planes: Tensor) -> tuple[Tensor, Tensor]:
    """What each of the planes (3, B, C, R, R) is told by the two others: along its width and its height, (3, B, C, R).

    For plane (a, b): the other plane that has a, averaged over its own other axis, and likewise for b (arXiv 2212.06135).
    """
    over_height, over_width = planes.mean(3), planes.mean(4)
    along_width = torch.stack([over_height[XZ], over_height[XY], over_width[XY]])
    along_height = torch.stack([over_height[YZ], over_width[YZ], over_width[XZ]])
    return along_width, along_height


def aggregate(planes: Tensor) -> Tensor:
    """Planes (B, 3, C, R, R), each with both of its profiles spread over it as further channels: (B, 3, 3C, R, R)."""
    stacked = planes.transpose(0, 1)
    along_width, along_height = profiles(stacked)
    parts = [stacked, along_width[..., None, :].expand_as(stacked), along_height[..., None].expand_as(stacked)]
    return torch.cat(parts, 2).transpose(0, 1)


class RolloutConv(nn.Module):
    """The 3D-aware convolution: 3x3 on the aggregated planes, with weights of its own for each plane.

    (3B, C, R, R) to (3B, D, R, R), plane first. It is computed without aggregating: a profile is constant across the
    plane, so what the three lines of the kernel make of it are three lines of numbers, of which the first and the last
    line of the plane lack the one that reaches over the edge. That makes it as cheap as a plain convolution.
    """

    def __init__(self, channels_in: int, channels_out: int):
        super().__init__()
        deviation = (27 * channels_in) ** -0.5
        self.own = nn.Parameter(torch.randn(3, channels_out, channels_in, 3, 3) * deviation)
        # Profiles along the width and the height; plane; line of the kernel across them, output; tap along them, input.
        self.lines = nn.Parameter(torch.randn(2, 3, 3 * channels_out, 3 * channels_in) * deviation)
        self.bias = nn.Parameter(torch.zeros(3, channels_out))

    def forward(self, x: Tensor) -> Tensor:
        size, channels_out = x.shape[2], self.bias.shape[1]
        planes = x.unflatten(0, (3, -1))
        parts = zip(planes, self.own, self.bias, strict=True)
        plain = torch.cat([F.conv2d(plane, weight, bias, padding=1) for plane, weight, bias in parts])
        summaries = F.pad(torch.stack(profiles(planes)).transpose(3, 4), (0, 0, 1, 1))  # (2, 3, B, R + 2, C)
        taps = torch.cat([summaries[..., tap : tap + size, :] for tap in range(3)], -1)
        found = torch.bmm(taps.flatten(2, 3).flatten(0, 1), self.lines.flatten(0, 1).transpose(1, 2))
        rows, columns = found.view(2, len(x), size, 3, channels_out)  # (3B, R, 3, D) each
        within = plain.new_ones(size, 3)  # whether a line of the kernel lies within the plane, for each line of that
        within[0, 0] = within[-1, 2] = 0
        out = plain.permute(0, 2, 3, 1)  # (3B, R, R, D)
        out = torch.baddbmm(out.flatten(2), within.expand(len(x), -1, -1), rows.transpose(1, 2).flatten(2))
        out = out.reshape(-1, size, channels_out)  # (3B*R, R, D)
        out = torch.baddbmm(out, within.expand(len(out), -1, -1), columns.flatten(0, 1))
        return out.view(-1, size, size, channels_out).permute(0, 3, 1, 2)

    def kernels(self) -> Tensor:
        """The same weights as 3x3 convolutions of aggregated planes: (3, D, 3C, 3, 3)."""
        channels = self.own.shape[2]
        across, down = self.lines.unflatten(3, (3, channels)).unflatten(2, (3, -1))  # (3, line, D, tap, C) each
        return torch.cat([self.own, across.permute(0, 2, 4, 1, 3), down.permute(0, 2, 4, 3, 1)], 2)


def closing_conv(channels_in: int, channels_out: int, rollout: bool) -> nn.Module:
    """The 3x3 convolution, zero at first, that closes a residual branch on planes stacked in the batch."""
    return zero_module(RolloutConv(channels_in, channels_out) if rollout else nn.Conv2d(channels_in, channels_out, 3, padding=1))  # fmt: skip
