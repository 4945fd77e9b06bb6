"""Label adaptation: from where renders put landmarks to where one data set's people put them, learned from few of theirs.

Annotators follow conventions that differ from ours and from each other's. A net of two layers learns the difference, so that
the face net never sees a photograph (arXiv 2109.15102, section 4).
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ....datagen.errors import BadInput
from ....datagen.export.keypoints import mirrored
from ...core.checkpoint import load_model, read_about, save_weights
from ...core.layers import zero_module
from ...core.training import seeded

SYSTEM = "label-adaptation"
OUTER = 36, 45  # the outer corners of the right and the left eye
WIDTH = 80


def eye_distance(points: Tensor) -> Tensor:
    """The distance (..., 1, 1) between the outer corners of the eyes of landmarks (..., K, 2)."""
    return (points[..., OUTER[0], :] - points[..., OUTER[1], :]).norm(dim=-1)[..., None, None]


class Adaptation(nn.Module):
    """Landmarks (B, K, 2) in any pixels, of which K are 68 or 70, to those of another convention.

    It sees the shape alone: where, how large and how turned a face is does not matter, nor which of two mirror images it
    is. As it begins it changes nothing.
    """

    def __init__(self, count: int = 68, width: int = WIDTH):
        super().__init__()
        if count not in (68, 70):
            raise BadInput(f"landmarks: are {count}; allowed are 68 or 70")
        self.count = count
        self.layers = nn.Sequential(nn.Linear(2 * count, width), nn.ReLU(), zero_module(nn.Linear(width, 2 * count)))
        self.order = mirrored()[:count]

    def forward(self, points: Tensor) -> Tensor:
        right, left = points[:, OUTER[0]], points[:, OUTER[1]]
        centre, size = points.mean(1, keepdim=True), eye_distance(points)
        x = F.normalize(left - right, dim=-1)
        frame = torch.stack([x, torch.stack([-x[:, 1], x[:, 0]], -1)], 1)  # rows: along the eyes, down
        local = (points - centre) @ frame.transpose(1, 2) / size
        flip = torch.tensor([-1.0, 1.0]).to(local)
        moved = self._offsets(local) + self._offsets(local[:, self.order] * flip)[:, self.order] * flip
        return points + moved / 2 @ frame * size

    def _offsets(self, local: Tensor) -> Tensor:
        return self.layers(local.flatten(1)).unflatten(1, (self.count, 2))


def fit_adaptation(found: Tensor, wanted: Tensor, steps: int = 300, rate: float = 1e-3, decay: float = 0.1,
                   seed: int = 0) -> Adaptation:  # fmt: skip
    """Learn what takes landmarks (N, K, 2) as a net finds them to those of annotators (N, K, 2), by L1 in eye distances."""
    if found.shape != wanted.shape or found.ndim != 3:
        raise BadInput(
            f"landmarks: have the shapes {tuple(found.shape)} and {tuple(wanted.shape)}; allowed is one (N, K, 2)"
        )
    net = seeded(lambda: Adaptation(found.shape[1]), seed)
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        loss = ((net(found) - wanted) / eye_distance(wanted)).abs().mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
    return net.eval().requires_grad_(False)


def save_adaptation(folder: Path, net: Adaptation, about: dict) -> None:
    """Write a net and what it was learned from."""
    save_weights(folder, {"adaptation": net}, {"system": SYSTEM, "count": net.count, **about})


def load_adaptation(folder: Path) -> Adaptation:
    """A net that was written."""
    count = read_about(folder).get("count")
    if count not in (68, 70):
        raise BadInput(f"{folder}: is of {count} landmarks; allowed are 68 or 70")
    return load_model(folder, SYSTEM, lambda: Adaptation(count), lambda net: {"adaptation": net})
