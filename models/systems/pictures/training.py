"""A step of training a denoiser of pictures, the pictures that it draws, and what is saved."""

from __future__ import annotations

import copy
from pathlib import Path

import torch
from torch import Tensor

from ....datagen.errors import BadInput
from ...core.checkpoint import save_weights
from ...core.pictures import all_to_bytes, contact_sheet
from ...core.settings import plain
from ...core.shots import Shots
from ...diffusion.conditioning import Cond, drop
from .config import DiffusionConfig
from .dataset import Pictures, read_pictures
from .model import Known, PictureDiffusion, first_noise

SHOWN = 8  # pictures that are drawn while a network is trained
FEWEST = 2  # pictures to learn from


def learned(shots: Shots, config: DiffusionConfig, layout: str = "") -> Pictures:
    """The pictures of the split train; raises BadInput where they lack what a configuration wants told."""
    pictures = read_pictures(shots.of("train"), config.size, config.condition, config.label, layout)
    if len(pictures) < FEWEST:
        raise BadInput(f"data: holds {len(pictures)} pictures to learn from; allowed are {FEWEST} or more")
    return pictures


def known_of(pictures: Pictures, config: DiffusionConfig) -> Known:
    """What a run learns of its data."""
    names = pictures.names if config.condition == "class" else ()
    return Known(names, pictures.vocabulary if config.condition == "text" else (), pictures.layout_classes)


class DenoiserStep:
    """A training step: random pictures, mirrored at random, and their conditions, some dropped; words and maps apart."""

    def __init__(self, model: PictureDiffusion, pictures: Pictures):
        self.model, self.pictures, self.config = model, pictures, model.config
        self.numbers = model.denoiser.told.numbers(pictures.captions)

    def condition(self, index: Tensor, layouts: Tensor | None, device: torch.device) -> Cond:
        """What is told of pictures of these numbers."""
        numbers, classes = self.numbers[index].to(device), self.pictures.classes[index].to(device)
        return self.model.denoiser.told(classes, numbers, layouts)

    def __call__(self, number: int, generator: torch.Generator) -> dict[str, Tensor]:
        config = self.config
        index, pictures, layouts = self.pictures.draw(config.batch, config.flip, generator)
        cond = self.condition(index, layouts, generator.device)
        for parts in (("vec", "tokens"), ("spatial",)):
            if any(getattr(cond, name) is not None for name in parts):
                cond = drop(cond, config.drop, generator, parts)
        return self.model.denoiser.loss(self.encoded(pictures, generator), cond, generator)

    def encoded(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Pictures in the space that is diffused."""
        return self.model.encoded(pictures)

    def draw(self, number: int) -> dict[str, Tensor]:
        """Pictures of the first conditions of the data, above the pictures that had them where there are conditions."""
        model, device = self.model, next(self.model.denoiser.parameters()).device
        index = torch.arange(min(SHOWN, len(self.pictures)))
        layouts = None if self.pictures.layouts is None else self.pictures.layouts[index].long().to(device)
        cond = self.condition(index, layouts, device)
        noise = first_noise(model.shape, len(index), device)
        generator = torch.Generator(device).manual_seed(number)
        guidance = self.config.guidance if len(cond) else 1.0
        made = model.decoded(model.denoiser.sample(cond, noise, guidance, None, generator, clip=model.clip)).cpu()
        return {"samples": sheet(torch.cat([made, self.pictures.shown(index)]) if len(cond) else made)}


def sheet(pictures: Tensor, columns: int = SHOWN) -> Tensor:
    """Pictures (N, 3, S, S) in [-1, 1], up to ``columns`` in a row, as one (3, H, W) in 0…1."""
    rows = contact_sheet(all_to_bytes(pictures), min(columns, len(pictures)))
    return torch.from_numpy(rows).permute(2, 0, 1).float() / 255


def save(model: PictureDiffusion, folder: Path, digest: str, count: int, **more: float) -> None:
    """Save a model in half precision with its configuration and what it knows."""
    known = model.known
    about = {"system": model.system, "config": plain(model.config), "data": digest, "pictures": count, "names": list(known.names),
             "vocabulary": list(known.vocabulary), "layouts": known.layouts, **more}  # fmt: skip
    save_weights(folder, {name: copy.deepcopy(part).half() for name, part in model.parts().items()}, about)
