"""What the systems that learn from posed pictures share: training on people, and checkpoints of their generators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from ..core.cameras import Cameras
from ..core.checkpoint import load_weights, read_about, save_weights
from ..core.data import People, frontal
from .discriminators import Discriminator, DiscriminatorConfig
from .generators import ViewGenerator
from .regularizers import Regularizer
from .trainer import AdversarialConfig, AdversarialTrainer
from .views import PosedViews

Progress = Callable[[dict], None]
Model = TypeVar("Model", bound=ViewGenerator)


def seeded(make: Callable[[], Model], seed: int) -> Model:
    """Make a network whose first weights depend on the seed alone."""
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        return make()


def front_camera(people: People) -> Cameras:
    """The camera (1) of the first person's picture that is nearest to straight ahead."""
    person = people[0]
    nearest = frontal(person, limit=360.0)[:1]
    return person.cameras.pick(nearest)


def sheet(model: ViewGenerator, cameras: Cameras, size: int, generator: torch.Generator, people: int = 6) -> Tensor:
    """People side by side, each view a row: a picture (3, V * size, people * size) in 0…1."""
    views = model.sample_views(people, cameras, size, generator)
    return (views.permute(2, 1, 3, 0, 4).flatten(3).flatten(1, 2) / 2 + 0.5).clamp(0, 1)


def train_posed(
    system: str,
    people: People,
    folder: Path,
    config: AdversarialConfig,
    generator: ViewGenerator,
    judge: DiscriminatorConfig,
    regularizers: Sequence[Regularizer],
    progress: Progress | None,
) -> None:
    """Train a generator on single posed pictures of people; its folder can be loaded after every checkpoint.

    ``config`` also has the ``size`` of the pictures.
    """
    people = people.training
    discriminator = seeded(lambda: Discriminator(judge), config.seed + 1)
    views = PosedViews(people, config.size)
    some = people[0].cameras.pick(torch.linspace(0, len(people[0].rgba) - 1, 3).long())

    def kept(average: ViewGenerator, shown: int) -> None:
        about = {"system": system, "config": asdict(config), "half": people.half, "data": people.digest, "shown": shown}
        save_weights(folder, {"model": average}, about)

    def pictures(average: ViewGenerator, rng: torch.Generator) -> dict[str, Tensor]:
        cameras = Cameras(*(part.to(rng.device) for part in some))
        return {"people": sheet(average, cameras, config.size, rng)}

    AdversarialTrainer(folder, generator, discriminator, views, config, regularizers, kept, pictures, progress,
                       people.digest).run()  # fmt: skip


def load_posed(system: str, folder: Path, config: Callable, make: Callable[..., Model]) -> Model:
    """The averaged generator of a folder, in evaluation mode; ``half`` is its box's half side in metres.

    Raises BadInput where the folder is of another system.
    """
    about = read_about(folder)
    if about["system"] == system:
        model = make(config(**about["config"]))
    else:
        model = make(config())  # refused below, with the name of what it is
    load_weights(folder, {"model": model}, system)
    model.half = about["half"]
    return model.requires_grad_(False).eval()
