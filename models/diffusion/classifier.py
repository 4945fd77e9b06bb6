"""The classifier of noised pictures: the way down of the U-Net, and attention that pools (arXiv 2105.05233)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core.layers import Attention, divisor, timestep_embedding, xavier_module
from .process import Gaussian
from .unet import Norm, UNetConfig, new_stage, run_stage, stages


class NoisyClassifier(nn.Module):
    """Logits (B, K) of noised pictures (B, C, S, S) at steps t (B,); of the U-Net's configuration the way down counts."""

    def __init__(self, config: UNetConfig, classes: int):
        super().__init__()
        self.config, wide = config, 4 * config.base
        self.time = nn.Sequential(nn.Linear(config.base, wide), nn.SiLU(), nn.Linear(wide, wide))
        width = config.base * config.multipliers[0]
        self.open, self.down = nn.Conv2d(config.channels_in, width, 3, padding=1), nn.ModuleList()
        for level, (multiplier, height) in enumerate(zip(config.multipliers, config.heights, strict=True)):
            for _ in range(config.blocks):
                self.down.append(new_stage(width, config.base * multiplier, config, height in config.attention))
                width = config.base * multiplier
            if level < len(config.multipliers) - 1:
                self.down.append(new_stage(width, width, config, False, "half"))
        self.norm, places = Norm(width), config.heights[-1] ** 2 + 1
        self.position = nn.Parameter(torch.randn(places, width) / width**0.5)
        self.pool = Attention(width, divisor(width, max(1, width // config.head)), width)
        xavier_module(self.pool.close)  # what it closes is no residual branch: zero would hide it from what reads it
        self.close = nn.Linear(width, classes)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        embedding = F.silu(self.time(timestep_embedding(t, self.config.base).to(x)))
        h = self.open(x)
        for stage in stages(self.down):
            h = run_stage(stage, h, embedding)
        values = self.norm(h).flatten(2).transpose(1, 2)
        values = torch.cat([values.mean(1, keepdim=True), values], 1) + self.position
        return self.close(self.pool(values[:, :1], values)[:, 0])


def classifier_loss(process: Gaussian, classifier: NoisyClassifier, x0: Tensor, classes: Tensor,
                    generator: torch.Generator) -> dict[str, Tensor]:  # fmt: skip
    """The cross-entropy in nats of classes (B,), of x0 (B, ...) noised at random steps, and the share that is right."""
    t, noise = process.draw(x0, generator)
    logits = classifier(process.q_sample(x0, t, noise), t)
    right = (logits.argmax(1) == classes).float().mean()
    return {"loss": F.cross_entropy(logits, classes), "right": right.detach()}
