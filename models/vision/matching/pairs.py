"""Pairs of pictures with where what the first shows is in the second: of datasets, or made of single pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from ...core.settings import require, setting
from ...core.shots import Shot, Shots
from ...core.window import Window, whole
from .single import SingleConfig, pair_of
from .warp import seen_from_the_right


@dataclass(frozen=True)
class CropConfig:
    """How parts of pairs are drawn in training."""

    height: int = setting(192, "px of a part")
    width: int = setting(256, "px of a part")
    scale: float = setting(1.4, "largest factor by which a part is enlarged or made smaller")
    colour: float = setting(
        0.25, "largest logarithm of the change of both pictures' exposure, and of a third of it for one"
    )

    def __post_init__(self):
        require(self, height=(16, 4096), width=(16, 4096), scale=(1, 16), colour=(0, 4))


class Pairs(NamedTuple):
    """B pairs (B, 3, H, W) in 0…1, flow (B, 2, H, W) or disparity (B, 1, H, W) in px, NaN where there is none, and what is hidden
    (B, 1, H, W): 1, 0, or NaN where that is not known."""

    first: Tensor
    second: Tensor
    moved: Tensor
    hidden: Tensor

    def to(self, device: torch.device) -> Pairs:
        """Everything on a device."""
        return Pairs(*(part.to(device) for part in self))


def draw_crop(size: tuple[int, int], config: CropConfig, mirrors: bool, generator: torch.Generator) -> Window:
    """A window of a picture (height, width), inside it where it is large enough, mirrored every second time if that is allowed."""
    height, width = size
    factor, across, down, flip = torch.rand(4, generator=generator).tolist()
    wide = config.width * config.scale ** (2 * factor - 1)
    wide = min(wide, width, height * config.width / config.height)
    high = wide * config.height / config.width
    x, y = wide / 2 + across * (width - wide), high / 2 + down * (height - high)
    return Window((x, y), wide, (config.height, config.width), 0.0, mirrors and flip < 0.5)


def exposed(first: Tensor, second: Tensor, config: CropConfig, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Both pictures darker or brighter, one a little more than the other."""
    both, one = (torch.rand(2, generator=generator) * 2 - 1).mul(config.colour).tolist()
    return (first * math.exp(both)).clamp(0, 1), (second * math.exp(both + one / 3)).clamp(0, 1)


class PairSource:
    """Pairs that a training draws; ``rows`` for disparity, ``single`` for pairs that are made of one picture and its depth."""

    def __init__(self, shots: Shots, crops: CropConfig, rows: bool, single: SingleConfig | None = None):
        self.shots, self.crops, self.rows, self.single = shots, crops, rows, single

    def draw(self, count: int, generator: torch.Generator) -> Pairs:
        """``count`` pairs; every frame is as likely."""
        chosen = torch.randint(len(self.shots), (count,), generator=generator).tolist()
        return joined([self._one(self.shots[index], generator) for index in chosen])

    def _one(self, shot: Shot, generator: torch.Generator) -> Pairs:
        part = shot.moved(draw_crop(shot.size, self.crops, not self.rows and self.single is None, generator))
        if self.single is not None:
            first, second, moved, hidden = self._made(part, generator)
        else:
            first, second, moved, hidden = read_pair(part, self.rows)
        first, second = exposed(first, second, self.crops, generator)
        return Pairs(first[None], second[None], moved[None], hidden[None])

    def _made(self, part: Shot, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        left, depth = part["rgb"].float() / 255, part["depth"][0]
        index = int(torch.randint(len(self.shots), (), generator=generator))
        filler = self.shots[index]
        other = filler.moved(whole(*filler.size, part.size))["rgb"].float() / 255
        assert self.single is not None
        right, disparity, hidden = pair_of(left, depth, other, self.single, generator)
        return left, right, disparity, hidden.float()

    def straight(self, count: int) -> Pairs:
        """The first pairs as they are, from the middle of their pictures."""
        rows = []
        for index in range(min(count, len(self.shots))):
            shot = self.shots[index]
            part = shot.moved(whole(*shot.size, (self.crops.height, self.crops.width)))
            made = (
                read_pair(part, self.rows)
                if self.single is None
                else self._made(part, torch.Generator().manual_seed(index))
            )
            rows.append(Pairs(*(value[None] for value in made)))
        return joined(rows)


def read_pair(shot: Shot, rows: bool) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The pictures, flow or disparity and hidden pixels of a frame that has them."""
    first = shot["rgb"].float() / 255
    if rows:
        disparity = shot["disparity"]
        disparity = torch.where(disparity > 0, disparity, torch.nan)  # 0 is where nothing is
        # What is hidden from the right eye is no label, but follows from what is nearer and falls there; what is nowhere is far.
        known = disparity.isfinite()
        covered = seen_from_the_right(first, disparity[0].nan_to_num())
        hidden = torch.where(known, covered.hidden[None].float(), torch.nan)
        return first, shot.partners["right"].float() / 255, disparity, hidden
    flow = shot["flow"]
    known = flow.isfinite().all(0, keepdim=True)
    hidden = torch.where(known, (shot["occlusion"] > 127).float(), torch.nan)
    return first, shot.partners["next"].float() / 255, flow, hidden


def joined(rows: Sequence[Pairs]) -> Pairs:
    """Several batches as one."""
    return Pairs(*(torch.cat(parts) for parts in zip(*rows, strict=True)))
