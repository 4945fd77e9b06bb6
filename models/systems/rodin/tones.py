"""Tones of skin: how light the faces of frontal pictures are, and how near that is to what a prompt asks for."""

from __future__ import annotations

import torch
from torch import Tensor

LIGHTNESS = {"light": 72.0, "medium": 58.0, "dark": 40.0}  # CIE L* of a lit face in a light tent
SPREAD = 10.0  # of L* within a tone
CHEEKS = ((0.46, 0.62), (0.38, 0.62))  # rows and columns of a frontal picture, in shares of its edge, where skin is


def lightness(pictures: Tensor) -> Tensor:
    """The median CIE L* (B,) of the skin of faces in frontal pictures (B, 3, s, s) in [-1, 1], sRGB."""
    size = pictures.shape[-1]
    rows, columns = (slice(round(low * size), round(high * size)) for low, high in CHEEKS)
    colour = (pictures[:, :, rows, columns].clamp(-1, 1) + 1) / 2
    linear = torch.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    luminance = (linear * linear.new_tensor([0.2126, 0.7152, 0.0722])[:, None, None]).sum(1)
    return 116 * luminance.flatten(1).median(1).values.clamp(min=0.008856) ** (1 / 3) - 16


def toned(pictures: Tensor, tone: str) -> Tensor:
    """The logarithms (B,), but for a constant, of how probable frontal pictures (B, 3, s, s) are of a tone of skin."""
    away = (lightness(pictures) - LIGHTNESS[tone]) / SPREAD
    if tone != "medium":  # nothing is too light for light, or too dark for dark skin
        away = away.clamp(max=0) if tone == "light" else away.clamp(min=0)
    return -0.5 * away**2
