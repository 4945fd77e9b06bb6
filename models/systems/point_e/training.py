"""Trains a Point-E stage by stage; every stage goes on where it was stopped."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from ....datagen.errors import BadInput
from ...core.checkpoint import save_weights
from ...core.one_thing import fill_of
from ...core.progress import Progress, staged
from ...core.settings import plain
from ...core.thing_views import ThingViews
from ...core.things import Things
from ...diffusion.conditioning import Cond, drop
from ...diffusion.points import distances_of, points_of
from ...fields.turntable import turntable_cameras
from ...vision import fit as vision
from ...vision import vlm as vlms
from ..stages import train_stage
from .config import Config
from .model import SYSTEM, PointE, clouds_of, new, pictured

SHOWN = 4  # things in pictures that stages draw


def train(things: Things, folder: Path, config: Config | None = None, progress: Progress | None = None) -> None:
    """Train all stages on things and write what ``load`` reads; raises BadInput where they lack what is needed."""
    config, folder = config or Config(), Path(folder)
    learn = things.training
    if len(learn) < 2:
        raise BadInput(f"data: holds {len(learn)} things to learn from; allowed are 2 or more")
    if config.dense <= config.points:
        raise BadInput(
            f"dense: {config.dense} is not allowed; allowed is more than the {config.points} points of a coarse cloud"
        )
    if (least := min(len(thing.points) for thing in learn)) < config.dense:
        raise BadInput(f"dense: {config.dense} is not allowed; the things have {least} points, which is the most")
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "vlm" / "config.json").is_file():
        how = vision.FitConfig(model=config.vlm, part=0, steps=config.vlm_steps, seed=config.view.seed)
        vision.fit_vlm(things, folder / "vlm", how, staged(progress, "vlm"))
    model = new(learn, config, vlms.load(folder / "vlm"), fill_of(learn))
    views = ThingViews(learn, config.size)
    stages = {
        "view": ViewStep(model, learn, views),
        "base": BaseStep(model, learn, views),
        "upsampler": UpsamplerStep(model, learn, views),
        "surface": SurfaceStep(model, learn),
    }
    model.requires_grad_(False)
    for name, step in stages.items():
        train_stage(model, name, step, folder, progress, getattr(step, "draw", None))
    save(model, folder, {"data": things.digest, "things": len(learn)})


def save(model: PointE, folder: Path, more: dict) -> None:
    """Save the networks in half precision with their configuration."""
    about = {"system": SYSTEM, "config": plain(model.config), "half": model.half, "fill": model.fill, **more}
    halved = {name: copy.deepcopy(part).half() for name, part in model.parts().items() if name != "sizes"}
    save_weights(folder, halved | {"sizes": model.sizes}, about)


class ViewStep:
    """A training step of what draws a view: from one of a thing's captions to one of its views."""

    def __init__(self, model: PointE, things: Things, views: ThingViews):
        self.model, self.views, self.config = model, views, model.config
        texts = vlms.embedded_captions(model.vlm, things, self.config.view.seed)
        model.told.measure(texts[:, None], torch.full((len(things),), texts.shape[1]))
        self.told = model.told(texts)

    def __call__(self, number: int, generator: torch.Generator) -> dict[str, Tensor]:
        config, device = self.config, generator.device
        self.told = self.told.to(device)
        who, which = (
            torch.randint(n, (config.batch,), generator=generator, device=device) for n in self.told.shape[:2]
        )
        pictures = self.views.pictures(self.views.index(who, generator), device)
        cond = drop(Cond(vec=self.told[who, which]), config.drop, generator)
        return {"loss": config.process("view").loss(self.model.view, pictures, cond, generator, "min_snr")}

    def draw(self, number: int) -> dict[str, Tensor]:
        """Views of what the first things' first captions say."""
        told, size = self.told[:SHOWN, 0].to(next(self.model.view.parameters()).device), self.config.size
        noise = torch.randn(len(told), 3, size, size, device=told.device)
        return {"views": row(self.model.drawn(Cond(vec=told), noise, self.config.guidance))}


class BaseStep:
    """A training step of coarse clouds: from the grid of a view to points of the thing."""

    def __init__(self, model: PointE, things: Things, views: ThingViews):
        self.model, self.things, self.views, self.config = model, things, views, model.config

    def draw_things(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Points (B, 6, count) of random things as they are diffused, and the grids (B, L, D) of a view of each."""
        device = generator.device
        who = torch.randint(len(self.things), (self.config.batch,), generator=generator, device=device)
        pictures = self.views.pictures(self.views.index(who, generator), device)
        vlm = self.model.vlm.to(device)
        with torch.no_grad():
            tokens = vlm.look(pictures)
        return torch.stack([points_of(self.things[i], count, generator) for i in who.tolist()]).to(device), tokens

    def __call__(self, number: int, generator: torch.Generator) -> dict[str, Tensor]:
        clouds, tokens = self.draw_things(self.config.points, generator)
        cond = drop(Cond(tokens=tokens), self.config.drop, generator)
        return {"loss": self.config.process("base").loss(self.model.base, clouds, cond, generator)}

    def draw(self, number: int) -> dict[str, Tensor]:
        """The clouds of the first things' first views, from the front."""
        device = next(self.model.base.parameters()).device
        tokens = self.model.vlm.to(device).look(self.views.pictures(self.views.starts[:SHOWN], device))
        noise = torch.randn(len(tokens), 6, self.config.points, device=device)
        made = clouds_of(self.model.coarse(tokens, noise, self.config.guidance, self.config.steps))
        return {"clouds": row(torch.cat([pictured(cloud, turntable_cameras(1), 64) for cloud in made]))}


class UpsamplerStep(BaseStep):
    """A training step of fine clouds: from the grid of a view and some points of the thing to the others."""

    draw = None  # a fine cloud takes long on a processor

    def __call__(self, number: int, generator: torch.Generator) -> dict[str, Tensor]:
        clouds, tokens = self.draw_things(self.config.dense, generator)
        known, more = clouds.split([self.config.points, self.config.dense - self.config.points], 2)
        cond = drop(Cond(tokens=tokens), self.config.drop, generator)
        cond = replace(cond, spatial=known, keep=None)
        return {"loss": self.config.process("upsampler").loss(self.model.upsampler, more, cond, generator)}


class SurfaceStep:
    """A training step of surfaces: from points of a thing to signed distances at places near it and far from it."""

    def __init__(self, model: PointE, things: Things):
        self.model, self.things, self.config = model, things, model.config

    def __call__(self, number: int, generator: torch.Generator) -> dict[str, Tensor]:
        config, device = self.config, generator.device
        who = torch.randint(len(self.things), (config.batch,), generator=generator, device=device).tolist()
        clouds = torch.stack([points_of(self.things[i], config.surface_points, generator)[:3].T for i in who]).to(
            device
        )
        asked = torch.stack([distances_of(self.things[i], config.asked, generator) for i in who]).to(device)
        found = self.model.surface(clouds, asked[..., :3])
        right = ((found < 0) == (asked[..., 3] < 0)).float().mean()
        return {"loss": (found - asked[..., 3]).abs().mean(), "signs_right": right.detach()}


def row(pictures: Tensor) -> Tensor:
    """Pictures (N, 3, S, S) in [-1, 1] side by side in 0…1, as a log shows them."""
    return torch.cat(list(pictures.cpu().clamp(-1, 1) / 2 + 0.5), 2)
