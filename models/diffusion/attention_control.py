"""Prompt-to-prompt: a picture of another sentence that stays where both sentences say the same (arXiv 2208.01626)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core.layers import Attention

FIRST, OTHER = 0, 1  # the rows of a batch that begins with both sentences; what follows is what is told nothing


@dataclass(frozen=True, eq=False)
class Edit:
    """What becomes of attention to L tokens of another sentence.

    ``aligned`` (L,) is for each of them the token of the first sentence whose maps it gets, -1 where it keeps its own;
    ``new`` (L,) are those that differ, ``old`` (L,) those of the first sentence; ``weights`` (L,) multiply its maps.
    ``cross`` and ``own`` are the shares of the steps, from the noisiest on, in which maps of tokens and of places on
    each other are held; ``blend`` is the share of the largest attention to what differs below which a place stays the
    first picture's, 0 where all may change.
    """

    aligned: Tensor
    new: Tensor
    old: Tensor
    weights: Tensor
    cross: float = 0.8
    own: float = 0.4
    blend: float = 0.0


def alignment(first: Sequence[int], other: Sequence[int]) -> tuple[Tensor, Tensor, Tensor]:
    """``aligned``, ``new`` and ``old`` of two sentences of as many tokens.

    Tokens that both have get the first one's maps (refine), and so do those that stand for as many others (replace).
    """
    aligned = torch.full((len(other),), -1)
    new, old = torch.ones(len(other), dtype=torch.bool), torch.ones(len(first), dtype=torch.bool)
    for kind, a, b, c, d in SequenceMatcher(None, first, other, autojunk=False).get_opcodes():
        if kind == "equal" or (kind == "replace" and b - a == d - c):
            aligned[c:d] = torch.arange(a, b)
        if kind == "equal":
            new[c:d] = old[a:b] = False
    return aligned, new, old


class AttentionControl:
    """Holds an edit over all attention of a network while it is sampled, and keeps what was attended to.

    Used as a context, in which the network is asked of batches whose first two samples are told the first and the other
    sentence, both from the same noise. ``step`` is a sampler's callback and ``correct`` its correction.
    """

    def __init__(self, network: nn.Module, edit: Edit, steps: int):
        self.network, self.edit, self.steps, self.done = network, edit, steps, 0
        self.layers = [module for module in network.modules() if isinstance(module, Attention)]
        self.sums: dict[int, Tensor] = {}  # by the number of places: maps (2, N, L) of all layers and steps
        self.counts: dict[int, int] = {}

    def __enter__(self) -> AttentionControl:
        for layer in self.layers:
            layer.control = self._cross if layer.crosses else self._own
        return self

    def __exit__(self, *_) -> None:
        for layer in self.layers:
            layer.control = None

    def step(self, done: int, *_) -> None:
        """Count the steps that are done."""
        self.done = done

    def _held(self, share: float) -> bool:
        return self.done < share * self.steps

    def _own(self, maps: Tensor) -> Tensor:
        if not self._held(self.edit.own):
            return maps
        held = maps.clone()
        held[OTHER] = maps[FIRST]
        return held

    def _cross(self, maps: Tensor) -> Tensor:
        edit, used = self.edit, maps.clone()
        if self._held(edit.cross):
            known = edit.aligned >= 0
            used[OTHER][..., known] = maps[FIRST][..., edit.aligned[known]]
        used[OTHER] = used[OTHER] * edit.weights.to(maps)
        places = maps.shape[2]
        self.sums[places] = self.sums.get(places, 0) + used[:2].mean(1).detach()
        self.counts[places] = self.counts.get(places, 0) + 1
        return used

    def maps(self, side: int) -> Tensor:
        """How much each place of side × side attends to each token, on the mean over layers and steps: (2, L, side, side)."""
        found = [self._square(places, side) * self.counts[places] for places in self.sums]
        return torch.stack(found).sum(0) / sum(self.counts.values())

    def _square(self, places: int, side: int) -> Tensor:
        own = round(places**0.5)
        mean = (self.sums[places] / self.counts[places]).transpose(1, 2).unflatten(2, (own, own))
        return F.interpolate(mean, (side, side), mode="bilinear", align_corners=False)

    def correct(self, x0: Tensor, last: bool) -> Tensor:
        """Predicted signals (B, C, S, S) whose other picture is the first where neither attends to what differs."""
        if not self.edit.blend or not self.sums:
            return x0
        maps = self.maps(x0.shape[-1])
        differs = torch.stack([maps[FIRST, self.edit.old].sum(0), maps[OTHER, self.edit.new].sum(0)])
        largest = differs.amax((1, 2), keepdim=True).clamp(min=1e-9)
        changes = F.max_pool2d((differs / largest)[:, None], 3, 1, 1) > self.edit.blend
        blended = x0.clone()
        blended[OTHER] = torch.where(changes.any(0), x0[OTHER], x0[FIRST])
        return blended
