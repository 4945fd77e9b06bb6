"""The refiner: a convolutional network that doubles the edge of rendered pictures; no diffusion."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import Config


class DenseBlock(nn.Module):
    """Three convolutions, each of which reads all before it; the sum is scaled down, as in ESRGAN (arXiv 1809.00219)."""

    def __init__(self, width: int):
        super().__init__()
        growth = width // 2
        self.layers = nn.ModuleList(
            nn.Conv2d(width + i * growth, growth if i < 2 else width, 3, padding=1) for i in range(3)
        )

    def forward(self, x: Tensor) -> Tensor:
        held = x
        for layer in self.layers[:-1]:
            held = torch.cat([held, F.leaky_relu(layer(held), 0.2)], 1)
        return x + 0.2 * self.layers[-1](held)


class Refiner(nn.Module):
    """Pictures (B, 3, H, W) in [-1, 1] at twice the edge, as a correction of bicubic interpolation.

    It works in picture space: each view is refined by itself, so what it adds need not agree between views; RodinHD
    (arXiv 2407.06938) leaves a refiner out for that.
    """

    def __init__(self, width: int, blocks: int):
        super().__init__()
        self.first = nn.Conv2d(3, width, 3, padding=1)
        self.trunk = nn.Sequential(*(DenseBlock(width) for _ in range(blocks)))
        self.last = nn.Sequential(nn.Conv2d(width, 12, 3, padding=1), nn.PixelShuffle(2))
        nn.init.zeros_(self.last[0].weight)
        nn.init.zeros_(self.last[0].bias)

    def forward(self, pictures: Tensor) -> Tensor:
        large = F.interpolate(pictures, scale_factor=2, mode="bicubic", align_corners=False)
        return (large + self.last(self.trunk(self.first(pictures)))).clamp(-1, 1)

    def enlarge(self, pictures: Tensor, size: int) -> Tensor:
        """Pictures doubled until their edge is at least ``size``, then brought to it."""
        while pictures.shape[-1] < size:
            pictures = self(pictures)
        if pictures.shape[-1] > size:
            pictures = F.interpolate(pictures, (size, size), mode="bicubic", align_corners=False, antialias=True)
        return pictures


def refiner_of(config: Config) -> Refiner:
    """The refiner of a configuration."""
    return Refiner(config.refiner_width, config.refiner_blocks)


class RefinerStep:
    """A training step on pairs of what planes render (M, 3, S, S) and what was seen (M, 3, 2S, 2S), in [-1, 1].

    Mean absolute error of the pictures and of their differences between neighbours, which keeps edges.
    """

    def __init__(self, network: Refiner, rendered: Tensor, seen: Tensor, config: Config):
        self.network, self.rendered, self.seen, self.config = network, rendered, seen, config

    def __call__(self, number: int, generator: torch.Generator) -> dict[str, Tensor]:
        device = generator.device
        self.rendered, self.seen = self.rendered.to(device), self.seen.to(device)
        pick = torch.randint(len(self.rendered), (self.config.refiner_batch,), generator=generator, device=device)
        low, high = self.rendered[pick], self.seen[pick]
        if torch.rand(1, generator=generator, device=device) < 0.5:
            low, high = low.flip(-1), high.flip(-1)
        made = self.network(low)
        error = (made - high).abs().mean()
        edges = sum((made.diff(dim=d) - high.diff(dim=d)).abs().mean() for d in (-1, -2))
        return {"loss": error + edges, "l1": error}
