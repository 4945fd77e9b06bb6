"""Trains a RodinHD stage by stage; every stage goes on where it was stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from ...core.data import People, composite, frontal
from ...core.features import enl0
from ...core.progress import Progress, staged
from ...core.training import seeded
from ...fields.fit import Fitted, RaySource, fit_people
from ...fields.triplane import mirrored, resize
from ..rodin.base import BaseStep
from ..rodin.previews import previews_of
from ..rodin.training import fit_frozen, learners, save
from ..rodin.two_sizes import rig_of
from ..rodin.upsampler import UpsamplerStep
from ..stages import train_stage
from .config import Config
from .model import RodinHD
from .portrait import features, numbers, pooled

VIEWS = 3  # frontal pictures of a person that are told


def train(people: People, folder: Path, config: Config | None = None, progress: Progress | None = None) -> None:
    """Train all stages on people and write what ``load`` reads; raises BadInput where they lack what is needed."""
    config, folder, learn = config or Config(), Path(folder), learners(people)
    folder.mkdir(parents=True, exist_ok=True)
    fitted = fit_all(learn, folder, config, progress)
    model = seeded(lambda: RodinHD(config, learn.half, *rig_of(learn)), config.base.seed)
    model.decoder.load_state_dict(fitted.decoder.state_dict())
    small = resize(fitted.planes, config.resolution)
    model.small.measure(small)
    model.large.measure(fitted.planes)
    portraits, views = portraits_of(learn, config.portrait)
    model.told.measure(portraits, views)
    told = model.told(portraits)
    both = [(model.small, small), (model.large, fitted.planes)]
    low, high = (torch.stack([s.roll(planes), s.roll(mirrored(planes))], 1) for s, planes in both)
    model.requires_grad_(False)
    previews = previews_of(model, learn, low, told)
    train_stage(model, "base", BaseStep(model.base, low, told, views, config), folder, progress, previews["base"])
    sources = [RaySource(person) for person in learn]
    step = UpsamplerStep(model.upsampler, model.decoder, model.large, low, high, pooled(told, config.portrait), views,
                         sources, config)  # fmt: skip
    train_stage(model, "upsampler", step, folder, progress, previews["upsampler"])
    save(model, folder, {"data": people.digest, "people": len(learn)})


def fit_all(people: People, folder: Path, config: Config, progress: Progress | None = None) -> Fitted:
    """Planes of everybody: visits to the first ``config.shared`` train the decoder, then everybody's follow with it frozen.

    Those who were visited go on from their own planes, the others from the mean of these.
    """
    first = people.people[: config.shared]
    visited = fit_people(
        replace(people, people=first), folder / "fit", config.fit, staged(progress, "fit"), config.replay
    )
    mean = visited.planes.mean(0, keepdim=True)
    planes = torch.cat([visited.planes, mean.repeat(len(people) - len(first), 1, 1, 1, 1)])
    fit_frozen(people.people, planes, visited.decoder, folder / "fit-frozen", config, progress)
    return Fitted(planes, visited.decoder, config.fit)


@torch.no_grad()
def portraits_of(people: People, size: int) -> tuple[Tensor, Tensor]:
    """Features (N, 2, K, F) of frontal pictures, as they are and mirrored, and how many of the K each person has (N,)."""
    net = enl0()
    found, counts = torch.zeros(len(people), 2, VIEWS, numbers(size)), []
    for own, person in zip(found, people, strict=True):
        pictures = composite(person.rgba[frontal(person)[:VIEWS]])
        counts.append(len(pictures))
        for side, seen in zip(own, (pictures, pictures.flip(-1)), strict=True):
            side[: len(seen)] = features(seen, size, net)
    return found, torch.tensor(counts)
