"""A compact RAFT: features, what is alike around a guess, and a recurrent unit that mends the guess again and again."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ....datagen.errors import BadInput
from ...core.settings import require, setting
from .correlation import Correlation, pixel_places

COARSE = (4, 8)


@dataclass(frozen=True)
class MatcherConfig:
    """The net's shape; the published one has 5 million weights, the small one 1 million."""

    coarse: int = setting(8, "pixels a side for one of the features: 4 or 8")
    features: int = setting(64, "channels of what is compared")
    hidden: int = setting(64, "channels of the recurrent unit")
    levels: int = setting(4, "scales of the comparison, each half the one before")
    radius: int = setting(3, "features around a guess that are looked at")

    def __post_init__(self):
        if self.coarse not in COARSE:
            raise BadInput(f"coarse: is {self.coarse}; allowed are 4 and 8")
        require(self, features=(1, 4096), hidden=(1, 4096), levels=(1, 8), radius=(0, 32))


class Residual(nn.Module):
    """Two convolutions with instance normalisation, added to what goes in."""

    def __init__(self, a: int, b: int, stride: int):
        super().__init__()
        self.first, self.second = nn.Conv2d(a, b, 3, stride, 1), nn.Conv2d(b, b, 3, 1, 1)
        self.skip = nn.Conv2d(a, b, 1, stride) if stride > 1 or a != b else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(F.instance_norm(self.first(x)))
        return F.relu(self.skip(x) + F.instance_norm(self.second(y)))


def encoder(width: int, coarse: int) -> nn.Sequential:
    """Pictures to features (B, width, H / coarse, W / coarse)."""
    last = 2 if coarse == 8 else 1
    return nn.Sequential(nn.Conv2d(3, 32, 5, 2, 2), nn.ReLU(), Residual(32, 32, 1), Residual(32, 48, 2), Residual(48, 64, last),
                         nn.Conv2d(64, width, 1))  # fmt: skip


class Recurrent(nn.Module):
    """A gated recurrent unit whose maps are convolutions (arXiv 1511.06432)."""

    def __init__(self, hidden: int, given: int):
        super().__init__()
        self.gates = nn.Conv2d(hidden + given, 2 * hidden, 3, 1, 1)
        self.candidate = nn.Conv2d(hidden + given, hidden, 3, 1, 1)

    def forward(self, state: Tensor, given: Tensor) -> Tensor:
        update, reset = self.gates(torch.cat([state, given], 1)).sigmoid().chunk(2, 1)
        candidate = torch.tanh(self.candidate(torch.cat([reset * state, given], 1)))
        return (1 - update) * state + update * candidate


class Matcher(nn.Module):
    """Pictures (B, 3, H, W) in 0…1 and others to where each pixel of the first is in the second.

    With ``rows`` it is disparity (B, 1, H, W), positive, of rectified pairs whose left picture is the first; else flow
    (B, 2, H, W), x to the right and y down; in pixels. Edges may have any length.
    """

    def __init__(self, config: MatcherConfig | None = None, rows: bool = False):
        super().__init__()
        self.config, self.rows = config or MatcherConfig(), rows
        c, self.axes = self.config, 1 if rows else 2
        side = 2 * c.radius + 1
        seen = c.levels * (side if rows else side * side)
        self.features = encoder(c.features, c.coarse)
        self.context = encoder(2 * c.hidden, c.coarse)
        self.look = nn.Sequential(nn.Conv2d(seen, 64, 1), nn.ReLU(), nn.Conv2d(64, 48, 3, 1, 1), nn.ReLU())
        self.guess = nn.Sequential(nn.Conv2d(self.axes, 32, 5, 1, 2), nn.ReLU(), nn.Conv2d(32, 16, 3, 1, 1), nn.ReLU())
        self.recurrent = Recurrent(c.hidden, c.hidden + 48 + 16 + self.axes)
        self.mend = nn.Sequential(nn.Conv2d(c.hidden, 64, 3, 1, 1), nn.ReLU(), nn.Conv2d(64, self.axes + 1, 3, 1, 1))
        self.shares = nn.Sequential(nn.Conv2d(c.hidden, 64, 3, 1, 1), nn.ReLU(), nn.Conv2d(64, 9 * c.coarse**2, 1))

    def forward(self, first: Tensor, second: Tensor, steps: int = 8) -> tuple[list[Tensor], Tensor]:
        """The guess after each step, and the logit (B, 1, H, W) of what is hidden or out of the second picture."""
        height, width = first.shape[2:]
        first, second = (self._padded((picture - 0.5) * 4) for picture in (first, second))
        alike = Correlation(
            self.features(first), self.features(second), self.config.levels, self.config.radius, self.rows
        )
        state, context = self.context(first).chunk(2, 1)
        state, context = torch.tanh(state), F.relu(context)
        places = pixel_places(*alike.shape, like=state)
        moved = torch.zeros_like(places[:, : self.axes])
        found = []
        for _ in range(steps):
            moved = moved.detach()
            seen = self.look(alike.look(places + self._vectors(moved)))
            state = self.recurrent(state, torch.cat([context, seen, self.guess(moved), moved], 1))
            change, hidden = self.mend(state).split([self.axes, 1], 1)
            moved = moved + change
            shares = self.shares(state)
            larger = enlarged(moved * self.config.coarse, shares, self.config.coarse)
            found.append(self._sign() * larger[:, :, :height, :width])
        return found, enlarged(hidden, shares, self.config.coarse)[:, :, :height, :width]

    def _sign(self) -> int:
        return -1 if self.rows else 1  # what the left eye sees at x, the right one sees at x less the disparity

    def _vectors(self, moved: Tensor) -> Tensor:
        return torch.cat([moved, torch.zeros_like(moved)], 1) if self.rows else moved

    def _padded(self, picture: Tensor) -> Tensor:
        least = self.config.coarse * 2 ** (self.config.levels - 1)
        edges = [max(-(-edge // self.config.coarse) * self.config.coarse, least) for edge in picture.shape[2:]]
        return F.pad(picture, (0, edges[1] - picture.shape[3], 0, edges[0] - picture.shape[2]), mode="replicate")


def enlarged(values: Tensor, shares: Tensor, factor: int) -> Tensor:
    """Values (B, C, H, W) at ``factor`` times the resolution: each fine one a mean of the 3×3 coarse ones around it.

    ``shares`` (B, 9 factor², H, W) are the logits of its weights.
    """
    batch, channels, height, width = values.shape
    weights = shares.reshape(batch, 1, 9, factor, factor, height, width).softmax(2)
    around = F.unfold(F.pad(values, (1, 1, 1, 1), mode="replicate"), 3).reshape(batch, channels, 9, 1, 1, height, width)
    fine = (weights * around).sum(2)
    return fine.permute(0, 1, 4, 2, 5, 3).reshape(batch, channels, height * factor, width * factor)
