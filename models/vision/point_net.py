"""A net that looks at coloured point clouds and names their family: its features are the ruler of P-FID (PointNet, 1612.00593)."""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...datagen.errors import BadInput
from ...datagen.formats.files import write_json
from ..core.checkpoint import load_model, read_trained, save_weights
from ..core.progress import Progress
from ..core.settings import require, setting
from ..core.thing_attributes import THING_ATTRIBUTES
from ..core.things import Thing, Things
from ..core.trainer import Trainer, TrainerConfig
from .portraits import learn_and_test

SYSTEM = "point-net"
FAMILIES = THING_ATTRIBUTES["family"]


@dataclass(frozen=True)
class PointNetConfig:
    """The net and its training; Point-E's is a PointNet++ of 256 numbers on 4,096 points without colour."""

    width: int = setting(64, "channels of a point's first layer; four times as many are pooled")
    points: int = setting(512, "points that are looked at")
    steps: int = setting(600, "steps of training in all")
    batch: int = setting(16, "clouds in a step")
    learning_rate: float = setting(1e-3, "learning rate of AdamW")
    seed: int = setting(0, "seed of everything that is drawn")

    def __post_init__(self):
        require(self, width=(8, 1024), points=(8, 1 << 16), steps=(0, 1 << 30), batch=(1, 1 << 16))


class PointNet(nn.Module):
    """Clouds (B, 6, N) as ``diffusion.points.as_cloud`` makes them to features (B, 2 width), which no order of points changes."""

    name = "points"  # of its features in metrics

    def __init__(self, config: PointNetConfig | None = None):
        super().__init__()
        self.config = c = config or PointNetConfig()
        self.each = nn.Sequential(nn.Conv1d(6, c.width, 1), nn.GELU(), nn.Conv1d(c.width, 2 * c.width, 1), nn.GELU(),
                                  nn.Conv1d(2 * c.width, 4 * c.width, 1))  # fmt: skip
        self.pooled = nn.Sequential(nn.LayerNorm(8 * c.width), nn.Linear(8 * c.width, 2 * c.width), nn.GELU())
        self.head = nn.Linear(2 * c.width, len(FAMILIES))

    def forward(self, clouds: Tensor) -> Tensor:
        found = self.each(clouds)
        return self.pooled(torch.cat([found.amax(2), found.mean(2)], 1))

    def logits(self, clouds: Tensor) -> Tensor:
        """Scores (B, families)."""
        return self.head(self(clouds))


def cloud_of(thing: Thing, count: int, generator: torch.Generator) -> Tensor:
    """Points (6, count) of a thing's surface, places and colours in [-1, 1], drawn from a generator."""
    order = torch.randperm(len(thing.points), generator=generator, device=generator.device)
    chosen = order[:count].to(thing.points.device)
    if len(chosen) < count:
        raise BadInput(f"{thing.name}: has {len(chosen)} points; allowed are {count} or more")
    return torch.cat([thing.points[chosen], thing.colours[chosen] * 2 - 1], 1).T


def fit_point_net(
    things: Things, folder: Path, config: PointNetConfig | None = None, progress: Progress | None = None
) -> dict:
    """Train on the things of the split train and save the averaged weights and a report in ``folder``.

    The report holds how often the family is named right on things kept apart, and the share of the commonest one.
    """
    config = config or PointNetConfig()
    learn, test = learn_and_test(things)
    truth = torch.tensor([FAMILIES.index(thing.family) for thing in learn])
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        model = PointNet(config)

    def step(number: int, generator: torch.Generator) -> dict[str, Tensor]:
        chosen = torch.randint(len(learn), (config.batch,), generator=generator, device=generator.device)
        clouds = torch.stack([cloud_of(learn[i], config.points, generator) for i in chosen.tolist()]).to(
            generator.device
        )
        scores = model.logits(clouds + 0.01 * torch.randn(clouds.shape, generator=generator, device=generator.device))
        return {"loss": F.cross_entropy(scores, truth.to(generator.device)[chosen], label_smoothing=0.05)}

    settings = TrainerConfig(steps=config.steps, learning_rate=config.learning_rate, weight_decay=0.05, ema=0.99, save_every=200,
                             picture_every=0, seed=config.seed)  # fmt: skip
    trainer = Trainer(folder, {"points": model}, step, settings, progress=progress)
    trainer.run()
    best = copy.deepcopy(trainer.ema_modules()["points"]).cpu().eval()
    report = {"things": len(learn), "digest": things.digest, "steps": config.steps}
    if test is not None:
        report |= {"test_things": len(test)} | measure(best, test)
    save_weights(
        folder, {"points": copy.deepcopy(best).half()}, {"system": SYSTEM, "config": asdict(config), "report": report}
    )
    write_json(Path(folder) / "report.json", report)
    return report


@torch.no_grad()
def measure(model: PointNet, things) -> dict[str, float]:
    """How often the family of things is named right, and the share of the commonest one."""
    drawn = torch.Generator().manual_seed(0)
    clouds = torch.stack([cloud_of(thing, model.config.points, drawn) for thing in things])
    truth = torch.tensor([FAMILIES.index(thing.family) for thing in things])
    right = (model.logits(clouds).argmax(1) == truth).float().mean()
    return {"accuracy": round(float(right), 4), "commonest": round(float(truth.bincount().max() / len(truth)), 4)}


def load(folder: Path) -> PointNet:
    """The net of a folder that ``fit_point_net`` filled; raises BadInput where it holds another model."""
    config, _ = read_trained(folder, SYSTEM, PointNetConfig())
    return load_model(folder, SYSTEM, lambda: PointNet(config), lambda model: {"points": model})
