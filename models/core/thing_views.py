"""All views of things, or of people, at one size, with whose they are, their cameras, and depth where that is wanted."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ...datagen.errors import BadInput
from .cameras import Cameras
from .data import Person, composite, shrink, shrink_depth
from .things import Thing


class ThingViews:
    """Pictures uint8 (N, 4, size, size) of things and their cameras, the first of each thing (T,) and how many each has (T,)."""

    def __init__(self, things: Sequence[Thing] | Sequence[Person], size: int):
        self.rgba = torch.cat([
            thing.rgba if thing.rgba.shape[-1] == size else shrink(thing.rgba, size, thing.name) for thing in things
        ])  # fmt: skip
        self.cameras = Cameras(*(torch.cat(parts) for parts in zip(*(thing.cameras for thing in things), strict=True)))
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


class DepthViews(ThingViews):
    """The same with depth (N, size, size) along the optical axis in box units, 0 where nothing is."""

    def __init__(self, things: Sequence[Thing] | Sequence[Person], size: int):
        super().__init__(things, size)
        for thing in things:
            if thing.depth is None:
                raise BadInput(f"{thing.name}: has no depth; allowed is what was rendered with --labels alpha,depth")
        self.depth = torch.cat([shrink_depth(thing.depth, size) for thing in things if thing.depth is not None])


def rig_of(things: Sequence[Thing] | Sequence[Person]) -> tuple[float, float]:
    """The median distance in box units and field of view in degrees of things' cameras."""
    distance = torch.cat([thing.cameras.c2w[:, :3, 3].norm(dim=-1) for thing in things]).median()
    focal = torch.stack([thing.cameras.intrinsics[0, 0, 0] for thing in things]).median()
    return float(distance), float(2 * torch.rad2deg(torch.atan(0.5 / focal)))
