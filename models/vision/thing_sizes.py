"""How large a thing that is made anew is: as its prompt says, else as those of its family were."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from ..core.thing_attributes import EXTENT, THING_ATTRIBUTES, within
from .thing_prompts import Reading

FAMILIES = THING_ATTRIBUTES["family"]


class Sizes(nn.Module):
    """The median half side in metres of each family's boxes, and of all things'; 0 of families that were not learned from."""

    def __init__(self):
        super().__init__()
        self.register_buffer("metres", torch.zeros(len(FAMILIES)))

    def measure(self, things: Sequence) -> None:
        """Take them from things."""
        for number, family in enumerate(FAMILIES):
            metres = [thing.metres for thing in things if thing.family == family]
            self.metres[number] = float(np.median(metres)) if metres else 0.0

    def of(self, reading: Reading, otherwise: float) -> float:
        """The half side that a prompt asks for: its length, or what its family is like, as near to that as its size allows."""
        if reading.metres:
            return reading.metres / EXTENT
        family, size = (reading.attributes.get(name) for name in ("family", "size"))
        half = (float(self.metres[FAMILIES.index(family)]) if family else 0.0) or otherwise
        return within(EXTENT * half, size) / EXTENT if size else half
