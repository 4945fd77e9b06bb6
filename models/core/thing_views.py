"""All views of things at one size, with whose they are, for trainings that draw pictures and not cameras."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .data import composite, shrink
from .things import Thing


class ThingViews:
    """Pictures uint8 (N, 4, size, size) of things, the first of each (T,) and how many each has (T,)."""

    def __init__(self, things: Sequence[Thing], size: int):
        self.rgba = torch.cat([
            thing.rgba if thing.rgba.shape[-1] == size else shrink(thing.rgba, size, thing.name) for thing in things
        ])  # fmt: skip
        self.counts = torch.tensor([len(thing.rgba) for thing in things])
        self.starts = self.counts.cumsum(0) - self.counts

    def index(self, chosen: Tensor, generator: torch.Generator) -> Tensor:
        """The place (B,) of a random view of each thing in ``chosen`` (B,), which may be on any device; it is where the views are."""
        chosen = chosen.to(self.counts.device)
        share = torch.rand(len(chosen), generator=generator, device=generator.device).to(self.counts.device)
        return self.starts[chosen] + (share * self.counts[chosen]).long().clamp(max=self.counts[chosen] - 1)

    def pictures(self, index: Tensor, device: torch.device) -> Tensor:
        """Pictures (B, 3, size, size) in [-1, 1] on white."""
        return composite(self.rgba[index.to(self.rgba.device)].to(device))

    def covered(self, index: Tensor, device: torch.device) -> Tensor:
        """Pictures (B, 4, size, size) in [-1, 1] on white, with coverage as the last channel."""
        rgba = self.rgba[index.to(self.rgba.device)].to(device)
        return torch.cat([composite(rgba), rgba[:, 3:].float() / 127.5 - 1], 1)
