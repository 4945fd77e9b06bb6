"""Trains a generator of posed pictures on people, as the adversarial systems do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

from ..core.cameras import Cameras
from ..core.checkpoint import save_weights
from ..core.data import People
from ..core.posed_views import PosedViews
from ..core.progress import Progress
from ..core.things import Things
from ..core.training import seeded
from ..fields.view_generator import ViewGenerator, sheet
from .discriminators import Discriminator, DiscriminatorConfig, Discriminators
from .regularizers import Regularizer
from .trainer import AdversarialConfig, AdversarialTrainer


def train_posed(
    system: str,
    people: People | Things,
    folder: Path,
    config: AdversarialConfig,
    generator: ViewGenerator,
    discriminator: DiscriminatorConfig | Sequence[DiscriminatorConfig],
    regularizers: Sequence[Regularizer],
    progress: Progress | None,
) -> None:
    """Train a generator on single posed pictures of people or things; its folder can be loaded after every checkpoint.

    ``config`` also has the ``size`` of the pictures. Several discriminators share out the pictures' channels.
    """
    people = people.training
    some = people[0].cameras.pick(torch.linspace(0, len(people[0].rgba) - 1, 3).long())

    def saved(average: dict[str, nn.Module]) -> None:
        about = {"system": system, "config": asdict(config), "half": people.half, "data": people.digest,
                 "images": trainer.images}  # fmt: skip
        save_weights(folder, {"model": average["generator"]}, about)

    def pictures(_: int) -> dict[str, Tensor]:
        cameras = Cameras(*(part.to(trainer.device) for part in some))
        rng = torch.Generator(trainer.device).manual_seed(config.seed)  # of the same people each time
        return {"people": sheet(generator, cameras, config.size, rng)}

    one = isinstance(discriminator, DiscriminatorConfig)
    network = seeded(lambda: Discriminator(discriminator) if one else Discriminators(discriminator), config.seed + 1)
    views = PosedViews(people, config.size, generator.masks)
    trainer = AdversarialTrainer(folder, generator, network, views, config, regularizers, saved, pictures, progress,
                                 people.digest)  # fmt: skip
    trainer.run()
    if trainer.done and trainer.workers.rank == 0:
        saved(trainer.ema_modules())  # also where a run that is over is asked in another way from now on
