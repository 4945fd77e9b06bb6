"""People as posed single pictures, a random view of a random person each."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ...datagen.errors import BadInput
from .cameras import Cameras
from .data import Person, composite, shrink
from .things import Thing


class PosedViews:
    """All views of all people, as uint8, at one size; with ``masks`` what is covered is a fourth channel."""

    def __init__(self, people: Sequence[Person] | Sequence[Thing], size: int, masks: bool = False):
        if not len(people):
            raise BadInput("people: there are none to train on; allowed are one or more")
        self.masks = masks
        self.rgba = torch.cat([_at(person, size) for person in people])
        self.cameras = Cameras(
            *(torch.cat(parts) for parts in zip(*(person.cameras for person in people), strict=True))
        )
        counts = torch.tensor([len(person.rgba) for person in people])
        self.counts, self.starts = counts, counts.cumsum(0) - counts

    def to(self, device: torch.device) -> PosedViews:
        """Move everything to a device."""
        self.rgba, self.counts, self.starts = self.rgba.to(device), self.counts.to(device), self.starts.to(device)
        self.cameras = Cameras(*(part.to(device) for part in self.cameras))
        return self

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Cameras]:
        """``count`` pictures (count, 3 or 4, H, W) in [-1, 1] on white and their cameras; every person is as likely."""
        person = torch.randint(len(self.counts), (count,), generator=generator, device=generator.device)
        view = (torch.rand(count, generator=generator, device=generator.device) * self.counts[person]).long()
        index = self.starts[person] + view.clamp(max=self.counts[person] - 1)
        pictures = composite(self.rgba[index])
        if self.masks:
            pictures = torch.cat([pictures, self.rgba[index, 3:].float() / 127.5 - 1], 1)
        return pictures, self.cameras.pick(index)


def _at(person: Person | Thing, size: int) -> Tensor:
    return person.rgba if person.rgba.shape[-1] == size else shrink(person.rgba, size, person.name)
