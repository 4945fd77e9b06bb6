"""Trains an iVID: first views, and completion of stills that were warped to another camera and back."""

from __future__ import annotations

import copy
from pathlib import Path

import torch
from torch import Tensor

from ....datagen.errors import BadInput
from ...core.cameras import turned_around
from ...core.checkpoint import save_weights
from ...core.data import People
from ...core.progress import Progress
from ...core.settings import plain
from ...core.thing_views import DepthViews, rig_of
from ...core.things import Things
from ...diffusion.conditioning import Cond, blurred, drop
from ...surfaces.warps import Warped
from ..stages import train_stage
from .config import Config
from .known import there_and_back, told
from .model import IVID, SYSTEM

SHOWN = 4  # views in pictures that stages draw


def train(
    things: Things | People, folder: Path, config: Config | None = None, progress: Progress | None = None
) -> None:
    """Train both networks on single views with depth and write what ``load`` reads; goes on from what the folder holds."""
    config, folder = config or Config(), Path(folder)
    learn = things.training
    if not len(learn):
        raise BadInput("data: holds nothing to learn from; allowed are 1 or more")
    views = DepthViews(learn, config.size)
    families = learn.families if isinstance(learn, Things) else ()
    with torch.random.fork_rng([]):
        torch.manual_seed(config.first.seed)
        model = IVID(config, families, learn.half, *rig_of(learn))
    if isinstance(learn, Things):
        model.sizes.measure(learn)
    if config.estimator:
        views.depth = estimated(views, Path(config.estimator), model.distance)
    owners = [families.index(thing.family) for thing in learn] if isinstance(learn, Things) else [0] * len(learn)
    folder.mkdir(parents=True, exist_ok=True)
    model.requires_grad_(False)
    for name, step in (("first", FirstStep), ("completion", CompletionStep)):
        made = step(model, views, torch.tensor(owners))
        train_stage(model, name, made, folder, progress, made.draw)
    about = {"system": SYSTEM, "config": plain(config), "data": things.digest, "families": list(families)}
    about |= {name: getattr(model, name) for name in ("half", "distance", "field_of_view")}
    halved = {name: copy.deepcopy(part).half() for name, part in model.parts().items() if name != "sizes"}
    save_weights(folder, halved | {"sizes": model.sizes}, about)


def estimated(views: DepthViews, run: Path, distance: float) -> Tensor:
    """The depth (N, S, S) of views that a trained scene_analysis says, 0 where a thing covers less than half.

    That net says depth but for its scale, 1 in the middle of a picture: there the box's centre is taken to be.
    """
    from .. import scene_analysis

    net = scene_analysis.load(run)
    found = []
    for rgba in views.rgba:
        alpha = rgba[3:].float() / 255
        picture = (rgba[:3] * alpha + 255 * (1 - alpha)).round().to(torch.uint8)
        depth = torch.as_tensor(net.predict(picture.permute(1, 2, 0).contiguous().numpy()).maps["depth"])
        found.append(torch.where(alpha[0] >= 0.5, depth.float() * distance, torch.zeros(())))
    return torch.stack(found)


class FirstStep:
    """A training step of first views: colours and depth code of a random view, told its family."""

    def __init__(self, model: IVID, views: DepthViews, owners: Tensor):
        self.model, self.views, self.config, self.owners = model, views, model.config, owners

    def draw_views(self, generator: torch.Generator) -> tuple[Tensor, Tensor, Cond]:
        """Views (B, 4, S, S) with their places in the store and their condition, some of it dropped."""
        device = generator.device
        who = torch.randint(len(self.views.counts), (self.config.batch,), generator=generator, device=device)
        index = self.views.index(who, generator)
        count = len(self.model.families)
        if not count:
            return self.rgbd(index, device), index, Cond()
        vec = torch.nn.functional.one_hot(self.owners.to(device)[who], count).float()
        return self.rgbd(index, device), index, drop(Cond(vec=vec), self.config.drop, generator)

    def rgbd(self, index: Tensor, device: torch.device) -> Tensor:
        """Views (B, 4, S, S) of numbers in the store: colours on white and depth codes in [-1, 1]."""
        depth = self.views.depth[index.to(self.views.depth.device)].to(device)
        return torch.cat([self.views.pictures(index, device), self.model.code.encode(depth)[:, None]], 1)

    def __call__(self, number: int, generator: torch.Generator) -> dict[str, Tensor]:
        wanted, _, cond = self.draw_views(generator)
        return {"loss": self.config.process.loss(self.model.first, wanted, cond, generator, "min_snr")}

    def draw(self, number: int) -> dict[str, Tensor]:
        """First views of no family in particular, their codes below them."""
        model, config = self.model, self.config
        cond = model.family("", SHOWN).each(lambda value: value.to(next(model.first.parameters()).device))
        noise = torch.randn(SHOWN, 4, config.size, config.size, device=next(model.first.parameters()).device)
        return {"first views": sheet(model.started(cond, noise, 1.0, config.first_steps))}


class CompletionStep(FirstStep):
    """A training step of completion: a view from what is left of it after a warp to a random camera and back."""

    def left(self, rgbd: Tensor, index: Tensor, generator: torch.Generator) -> list[Warped]:
        """What is left of views (B, 4, S, S), whose colours were blurred and which had noise before they were warped."""
        config, device, count = self.config, generator.device, len(rgbd)

        def share(*shape: int) -> Tensor:
            return torch.rand(shape, generator=generator, device=device)

        blur, noise, eroded = share(count) * config.blur, share(count) * config.noise, share(count) < config.erosion
        turns = torch.randn(count, 2, generator=generator, device=device)
        yaw, pitch = turns[:, 0] * config.yaw, turns[:, 1] * config.pitch
        rgbd = torch.cat([blurred(rgbd[:, :3], blur), rgbd[:, 3:]], 1)
        rgbd = rgbd + noise[:, None, None, None] * torch.randn(rgbd.shape, generator=generator, device=device)
        own = self.views.cameras.pick(index.to(self.views.cameras.c2w.device))
        own = type(own)(*(part.to(device) for part in own))
        to = turned_around(own, yaw, pitch)
        return [
            there_and_back(rgbd[i], own.pick([i]), self.model.code, to.pick([i]), bool(eroded[i])) for i in range(count)
        ]

    def known(self, rgbd: Tensor, index: Tensor, generator: torch.Generator) -> Tensor:
        """What completion is told (B, 6, S, S) of views (B, 4, S, S)."""
        holes = torch.randn(rgbd.shape, generator=generator, device=generator.device)
        left = self.left(rgbd, index, generator)
        return torch.stack([told(part, self.model.code, hole) for part, hole in zip(left, holes, strict=True)])

    def __call__(self, number: int, generator: torch.Generator) -> dict[str, Tensor]:
        wanted, index, cond = self.draw_views(generator)
        cond = Cond(vec=cond.vec, keep=cond.keep, spatial=self.known(wanted, index, generator))
        return {"loss": self.config.process.loss(self.model.completion, wanted, cond, generator, "min_snr")}

    def draw(self, number: int) -> dict[str, Tensor]:
        """The first views with their holes, and completed, their codes below them."""
        model, config, device = self.model, self.config, next(self.model.completion.parameters()).device
        index = self.views.starts[:SHOWN]
        given = self.rgbd(index, device)
        known = self.known(given, index, torch.Generator(device).manual_seed(number))
        cond = model.family("", len(given)).each(lambda value: value.to(device))
        none = torch.ones_like(known[:, 0])
        made = model.completed(cond, known, none, torch.randn_like(given), 1.0, config.steps)
        return {"known": sheet(known[:, :4]), "completed": sheet(made)}


def sheet(rgbd: Tensor) -> Tensor:
    """Views (N, 4, S, S) side by side, colours above codes, (3, 2 S, N S) in 0…1."""
    colours, codes = rgbd[:, :3], rgbd[:, 3:].expand(-1, 3, -1, -1)
    both = torch.cat([colours, codes], 2).cpu().clamp(-1, 1) / 2 + 0.5
    return torch.cat(list(both), 2)
