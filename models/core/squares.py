"""The middle squares of frames at a size, as nets of pictures learn from them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from .style_layers import resize


def composed(maps: Mapping[str, Tensor]) -> Tensor:
    """The colours (3, h, w) of a frame's maps in 0…1, on white where coverage is known: colours are those of what is covered alone."""
    colours = maps["rgb"][:3].float() / 255
    if "alpha" not in maps:
        return colours
    alpha = maps["alpha"].float() / 255
    return colours * alpha + 1 - alpha


def square(values: Tensor) -> Tensor:
    """The middle square of (..., h, w)."""
    height, width = values.shape[-2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return values[..., top : top + side, left : left + side]


def resized(colours: Tensor, size: int) -> Tensor:
    """The middle square of colours (3, h, w) in 0…1 as uint8 (3, size, size), every pixel counted."""
    return (resize(square(colours)[None], size)[0].clamp(0, 1) * 255).round().to(torch.uint8)
